"""Text from outside (names of files and folders, requests), made safe to print.

A folder's or a file's name may hold line ends that forge lines of a log, the ESC and CSI that a terminal obeys, and the
marks that turn its writing around.

Two notations: Python's for names that people read, in which e.g. a Chinese space stays as it is; JSON's for lines of a
log, which have to stay valid JSON.
"""

from __future__ import annotations

import json
import re

# C0 and C1 controls; marks that change the direction of writing; ends of lines and paragraphs; halves of characters,
# as which Python keeps the bytes of a name that is no UTF-8
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def escape_controls(text: str) -> str:
    r"""Write every control character of a text as Python does, e.g. ESC as \x1b; all other text stays as it is."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def escape_unprintable(text: str) -> str:
    r"""Write everything in a text that cannot be seen as JSON does, e.g. \u001b or \u202e.

    That is control characters, those that turn the direction of writing, separators of lines and lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text)


def is_plain(text: str) -> bool:
    """Return whether a text holds no control character."""
    return CONTROLS.search(text) is None
