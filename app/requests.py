"""The pictures in a request, in each form in which clients send them.

    multipart/form-data    any field name, one file or several
    the body itself        image/*, application/octet-stream, no type, or what curl --data-binary claims
    JSON                   {"image": "<base64 or data URL>"} or {"images": [...]}
    a data URL             as the whole body, under any text or form type: the classic Flask digit pages

Knows forms, not pictures: what comes out is bytes.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from time import perf_counter
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from flask import Request, current_app, request

from .errors import BadRequest, TooLarge, UnsupportedFormat

MOST_DECOMPRESSED = 16 * 2**20  # bytes; where the app sets no limit
FORMS_TEXT = (
    'Send the picture as the body, as a file in multipart/form-data, or as JSON {"image": "<base64 or data URL>"}.'
)


class PictureRequest(Request):
    """A request whose uploads stay in memory: nothing that a client sends is written to disk."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return io.BytesIO()


@dataclass(frozen=True)
class Pictures:
    """The pictures of a request as bytes, and whether the client expects a list of answers."""

    bodies: list[bytes]
    several: bool


def read_pictures(request: Request, most: int) -> Pictures:
    """Read the pictures of a request, in the order sent.

    Args:
        most: pictures that a request may hold.

    Raises:
        BadRequest: there is none, or the form is broken.
        TooLarge: more than `most`.
    """
    kind = request.mimetype
    if kind == "multipart/form-data":
        pictures = _from_multipart(request)
    elif kind == "application/json" or kind.endswith("+json"):
        pictures = _from_json(read_body(request))
    else:
        pictures = Pictures([_from_body(read_body(request))], several=False)
    if len(pictures.bodies) > most:
        raise TooLarge(f"The request holds {len(pictures.bodies)} pictures; at most {most} are read at once.")
    if not any(pictures.bodies):
        raise BadRequest(f"The request holds no picture. {FORMS_TEXT}")
    return pictures


def take_in_time(bodies: Sequence[bytes]) -> Iterator[bytes]:
    """Give the pictures of a request one by one, as long as it has not taken too much time.

    Raises:
        TooLarge: it has.
        Overloaded: too many such requests are being answered.
    """
    most = current_app.config["MOST_SECONDS"]
    with step_aside():
        started = perf_counter()
        for number, body in enumerate(bodies):
            if perf_counter() - started > most:
                raise TooLarge(
                    f"{number} of the {len(bodies)} pictures took more than {most} seconds. Send fewer at once."
                )
            yield body


def step_aside() -> AbstractContextManager[None]:
    """Let the server answer others meanwhile, where it can: what follows takes long.

    Raises:
        Overloaded: too many requests take long.
    """
    aside: Callable[[], AbstractContextManager[None]] = request.environ.get("digits.aside", nullcontext)
    return aside()


def read_body(request: Request) -> bytes:
    """Read the body of a request, decompressed where its Content-Encoding is gzip or deflate.

    Raises:
        UnsupportedFormat: another Content-Encoding.
        BadRequest: the body is not compressed as it says.
        TooLarge: it holds more than a request may, compressed or not.
    """
    body = request.get_data(cache=False)
    encoding = (request.content_encoding or "identity").lower()
    if encoding == "identity":
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise UnsupportedFormat(f"Content-Encoding {encoding[:40]!r} is not read. Send gzip, deflate or neither.")
    most = request.max_content_length or MOST_DECOMPRESSED
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 32)  # finds out by itself whether it is gzip or deflate
    try:
        decompressed = decompressor.decompress(body, most + 1)
    except zlib.error as error:
        raise BadRequest(f"The body is not {encoding}, though its Content-Encoding says so.") from error
    if len(decompressed) > most:
        raise TooLarge(f"The request is too large; at most {most:,} bytes are read, decompressed.")
    if not decompressor.eof or decompressor.unused_data:
        raise BadRequest(f"The body is not one whole {encoding} stream. Send it again.")
    return decompressed


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        BadRequest: it is not JSON, or not an object.
    """
    try:
        message: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not JSON: {error}.") from error
    if not isinstance(message, dict):
        raise BadRequest("Expected a JSON object.")
    return message


def _from_multipart(request: Request) -> Pictures:
    bodies = [file.stream.read() for _, file in request.files.items(multi=True)]
    bodies = bodies or [decode_base64(text) for _, text in request.form.items(multi=True)]
    return Pictures(bodies, several=len(bodies) > 1)


def _from_json(body: bytes) -> Pictures:
    try:
        message: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not JSON, though its type says so. {FORMS_TEXT}") from error
    if not isinstance(message, dict) or ("image" in message) == ("images" in message):
        raise BadRequest('Expected JSON with either "image", one picture, or "images", a list of pictures.')
    texts = message["images"] if "images" in message else [message["image"]]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise BadRequest('Expected every picture in "image" or "images" as a string: base64 or a data URL.')
    if not texts:
        raise BadRequest('"images" is empty. Send at least one picture.')
    return Pictures([decode_base64(text) for text in texts], several="images" in message)


def _from_body(body: bytes) -> bytes:
    """Return the picture that the body is; a data URL may be percent-encoded or the value of a form field."""
    start = body[:64].lstrip().lower()
    if start.startswith(b"data:"):
        return decode_base64(body.decode("latin-1").strip())
    if b"=data:" in start or b"=data%3a" in start:
        return decode_base64(unquote_to_bytes(body.partition(b"=")[2]).decode("latin-1"))
    return body


def decode_base64(text: str) -> bytes:
    """Decode base64 or a data URL, with or without line breaks, padding or the URL-safe alphabet.

    Raises:
        BadRequest: it is not base64.
    """
    if text[:5].lower() == "data:":
        head, comma, text = text.partition(",")
        if not comma:
            raise BadRequest("The data URL has no comma, so no picture in it.")
        if "base64" not in head.lower():
            return unquote_to_bytes(text)
    compact = "".join(text.split()).replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    compact = compact.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"The picture is not base64 ({error}). {FORMS_TEXT}") from error
