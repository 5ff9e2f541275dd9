"""Tell which requests are quick: they take a millisecond, and wait for nothing.

    path, query and body -> a drawing to be read as one digit? -> with a hand: is all that it is read with at hand?

What is found for a hand goes with the request, so that it is looked up once and the answer asks no database.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..memory.names import HAND
from ..preprocessing.inspection import read_plain_png
from .served import EXTENSION, MEMORY, READER

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from ..memory.opening import Corrections
    from ..models.registry import Registry

PATH = "/predict"
QUERY = re.compile(rf"hand=({HAND.pattern})", re.ASCII)
MAX_SIDE = 512  # pixels of a picture that is read quickly, whatever is in it
MAX_BYTES = 64 * 1024


def is_quick(app: object, environ: WSGIEnvironment, body: bytes) -> bool:
    """Tell whether a request is one of the commonest: a drawing as PNG, to be read as one digit, perhaps with a hand.

    Answering it takes a millisecond, and one of nothing but dots or noise 50. Other forms of PNG, which may
    hold compressed chunks or eight pixels a byte, take up to 200, and are answered by a thread.

    Args:
        app: the app that answers, or anything else that does.
        environ: of the request; the model as a hand taught it is put into it.
        body: the whole of it.
    """
    if environ["PATH_INFO"] != PATH or len(body) > MAX_BYTES or not read_plain_png(body, MAX_SIDE):
        return False
    query: str = environ["QUERY_STRING"]
    return not query or _has_reader(app, environ, query)


def _has_reader(app: object, environ: WSGIEnvironment, query: str) -> bool:
    """Return whether a request asks for nothing but a hand that is ready to be read with, and note with what."""
    named = QUERY.fullmatch(query)
    extensions = getattr(app, "extensions", {})
    if named is None or MEMORY not in extensions:
        return False
    corrections: Corrections = extensions[MEMORY]
    models: Registry = extensions[EXTENSION]
    environ[READER] = corrections.find_reader(models.get(), named[1])
    return environ[READER] is not None
