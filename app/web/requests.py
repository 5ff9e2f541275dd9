"""The pictures in a request, in each form in which clients send them.

    multipart/form-data    any field name, one file or several
    the body itself        image/*, application/octet-stream, no type, or what curl --data-binary claims
    JSON                   {"image": "<base64 or data URL>"} or {"images": [...]}
    a data URL, base64     as the whole body or the value of a field, under any text or form type: the classic Flask
                           digit pages, and what curl -d sends; JSON too, whatever its type says

Knows forms, not pictures: what comes out is bytes. Nothing here makes a Python object for each few bytes that a client
sends, since 16 MiB of them would be a gigabyte.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from flask import Request, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from ..errors import BadRequest, TooLarge, UnsupportedFormat
from ..preprocessing.decoding import find_conversion, has_signature
from .json_bodies import List, parse_object, quote

MAX_DECOMPRESSED = 16 * 2**20  # bytes; where the app sets no limit
MAX_PART_HEAD = 4096  # bytes of the headers of a part of multipart/form-data: a long file name and room
MAX_BOUNDARY = 200  # bytes of the line between parts; RFC 2046 allows 70
FORM_STEP = 4096  # bytes of multipart/form-data that are parsed at a time
FORMS_TEXT = (
    'Send the picture as the body, as a file in multipart/form-data, or as JSON {"image": "<base64 or data URL>"}.'
)
FORM = "application/x-www-form-urlencoded"  # what curl -d and many libraries say unless they are told otherwise
OCTETS = "application/octet-stream"
FIELD = re.compile(rb"[\w.%\[\]-]{1,64}=(?=[^=&])")  # the name of a form's field, before its value
# What curl -d @FILE takes out. Each picture that we read holds a 0: in a PNG's and a JPEG's lengths, after a GIF's
# pixels, in the heads of BMP and TIFF, in the length of a WebP below 16 MiB.
LOST = b"\0\r\n"
STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*", b"MM*", b"RIFF")  # of pictures without them
BLANKS = b" \t\r\n\v\f"
URL_SAFE = bytes.maketrans(b"-_", b"+/")
NO_HEX = 255
HEX = bytes(int(chr(code), 16) if chr(code) in "0123456789abcdefABCDEF" else NO_HEX for code in range(256))


@dataclass(frozen=True)
class Pictures:
    """The pictures of a request as bytes, and whether the client expects a list of answers."""

    bodies: list[bytes]
    several: bool


def read_pictures(request: Request, max_pictures: int) -> Pictures:
    """Read the pictures of a request, in the order sent.

    Args:
        max_pictures: that a request may hold.

    Raises:
        BadRequest: the request holds no picture, or its form is broken.
        TooLarge: it holds more than `max_pictures`.
    """
    kind = request.mimetype
    if kind == "multipart/form-data":
        pictures = _from_multipart(read_body(request), request.mimetype_params.get("boundary", ""), max_pictures)
    elif kind == "application/json" or kind.endswith("+json"):
        pictures = _from_json(read_body(request), max_pictures)
    else:
        pictures = _from_body(read_body(request), kind, max_pictures)
    if not any(pictures.bodies):
        raise BadRequest(f"The request holds no picture. {FORMS_TEXT}")
    return pictures


def take_in_time(bodies: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the pictures of a request one by one, as long as it has not taken too much time.

    Raises:
        TooLarge: the request has taken more than MAX_SECONDS.
        Overloaded: too many such requests are being answered.
    """
    max_seconds = current_app.config["MAX_SECONDS"]
    with step_aside():
        started = perf_counter()
        for number, body in enumerate(bodies):
            if perf_counter() - started > max_seconds:
                raise TooLarge(
                    f"{number} of the {len(bodies)} pictures took more than {max_seconds} seconds. Send fewer at once."
                )
            yield body


def step_aside() -> AbstractContextManager[None]:
    """Let the server answer other requests meanwhile, where it can: what follows takes long.

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
    max_bytes = request.max_content_length or MAX_DECOMPRESSED
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 32)  # detects gzip or deflate
    try:
        decompressed = decompressor.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise BadRequest(f"The body is not {encoding}, though its Content-Encoding says so.") from error
    if len(decompressed) > max_bytes:
        raise TooLarge(f"The request is too large; at most {max_bytes:,} bytes are read, decompressed.")
    if not decompressor.eof or decompressor.unused_data:
        raise BadRequest(f"The body is not one whole {encoding} stream. Send it again.")
    return decompressed


def _from_multipart(body: bytes, boundary: str, max_pictures: int) -> Pictures:
    if not boundary.isascii() or not 0 < len(boundary) <= MAX_BOUNDARY:
        raise BadRequest(f"Expected multipart/form-data with a boundary of 1 to {MAX_BOUNDARY} ASCII characters.")
    try:
        files, fields = _split_parts(body, boundary.encode("ascii"), max_pictures)
    except RequestEntityTooLarge as error:
        heads = f"each with at most {MAX_PART_HEAD:,} bytes of headers"
        raise TooLarge(f"The form is too large; at most {max_pictures:,} parts are read, {heads}.") from error
    except ValueError as error:
        raise BadRequest(f"The body is not whole multipart/form-data. {FORMS_TEXT}") from error
    bodies = files or [field if has_signature(field) else decode_base64(field) for field in fields]
    return Pictures(bodies, several=len(bodies) > 1)


def _split_parts(body: bytes, boundary: bytes, max_parts: int) -> tuple[list[bytes], list[bytes]]:
    """Return the contents of the files and of the other fields of a form.

    Raises:
        ValueError: it is not a form, or ends too early.
        RequestEntityTooLarge: more parts than `max_parts`, or the head of one is longer than MAX_PART_HEAD.
    """
    # A decoder keeps what is not whole yet: a head, or as much of a content as could be a boundary.
    decoder = MultipartDecoder(boundary, FORM_STEP + max(MAX_PART_HEAD, MAX_BOUNDARY), max_parts=max_parts)
    files: list[bytes] = []
    fields: list[bytes] = []
    contents, content = fields, bytearray()
    for start in range(0, len(body) + FORM_STEP, FORM_STEP):
        decoder.receive_data(body[start : start + FORM_STEP] or None)
        while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
            if isinstance(event, File | Field):
                contents, content = files if _is_file(event) else fields, bytearray()
            elif isinstance(event, Data):
                content += event.data
                if not event.more_data:
                    contents.append(bytes(content))
                    content.clear()
    return files, fields


def _is_file(part: File | Field) -> bool:
    """Say whether a part of a form is a file, also where its client names none, as Java's do."""
    return isinstance(part, File) or part.headers.get("Content-Type", "").startswith(("image/", OCTETS))


def _from_json(body: bytes, max_pictures: int) -> Pictures:
    try:
        message = parse_object(body)
    except BadRequest as error:
        raise BadRequest(f"{error} {FORMS_TEXT}") from error
    if ("image" in message) == ("images" in message):
        raise BadRequest('Expected JSON with either "image", one picture, or "images", a list of pictures.')
    several = "images" in message
    texts = message["images"] if several else [message["image"]]
    if not isinstance(texts, List | list):
        raise BadRequest('Expected "images" as a list of strings: base64 or data URLs.')
    if not texts:
        raise BadRequest('"images" is empty. Send at least one picture.')
    if len(texts) > max_pictures:
        raise TooLarge(f"The request holds {len(texts):,} pictures; at most {max_pictures:,} are read at once.")
    return Pictures([decode_base64(text) for text in texts], several)


def _from_body(body: bytes, kind: str, max_pictures: int) -> Pictures:
    """Return the picture that the body is, or holds as text; text may be percent-encoded, or the value of a field."""
    start = body[:64].lstrip().lower()
    if start.startswith(b"{"):  # `curl -d` and others do not say that it is JSON
        return _from_json(body, max_pictures)
    if start.startswith(b"data:"):
        return Pictures([decode_base64(body.strip())], several=False)
    if b"=data:" in start or b"=data%3a" in start:
        return Pictures([decode_base64(_unquote(body.partition(b"=")[2]))], several=False)
    if kind == FORM or kind.startswith("text/"):
        return Pictures([_from_text(body, kind)], several=False)
    return Pictures([body], several=False)


def _from_text(body: bytes, kind: str) -> bytes:
    """Return the picture that is base64 as text, or as the value of a form's field; anything else as it is.

    Raises:
        BadRequest: curl has taken bytes out of it.
    """
    if kind == FORM and body.startswith(STARTS) and not any(lost in body for lost in LOST):
        raise BadRequest(f"`curl -d` takes bytes out of pictures: use --data-binary. {FORMS_TEXT}")
    if has_signature(body):
        return body
    named = FIELD.match(body)
    text = body[named.end() :].partition(b"&")[0] if named else body
    try:
        picture = decode_base64(text)
    except BadRequest:
        return body
    return picture if has_signature(picture) or find_conversion(picture) else body


def decode_base64(text: object) -> bytes:
    """Decode base64 or a data URL, with or without line breaks, padding or the URL-safe alphabet.

    Args:
        text: what a client sent as a picture; str or bytes are expected.

    Raises:
        BadRequest: it is something else, or not base64.
    """
    if not isinstance(text, str | bytes):
        raise BadRequest(f"Expected every picture as a string, base64 or a data URL, not {quote(text)}.")
    encoded = text.encode() if isinstance(text, str) else text
    if encoded[:5].lower() == b"data:":
        head, comma, encoded = encoded.partition(b",")
        if not comma:
            raise BadRequest("The data URL has no comma, so no picture in it.")
        if b"base64" not in head.lower():
            return _unquote(encoded)
    compact = _unquote(encoded).translate(URL_SAFE, BLANKS).rstrip(b"=")
    try:
        return base64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"The picture is not base64 ({error}). {FORMS_TEXT}") from error


def _unquote(text: bytes) -> bytes:
    """Decode %41 and the like; urllib makes an object for each of them, 3 GB for 16 MiB."""
    if b"%" not in text[:-2]:
        return text
    codes = np.frombuffer(text, np.uint8)
    digits = np.frombuffer(text.translate(HEX), np.uint8)
    escapes = (codes[:-2] == ord("%")) & (digits[1:-1] != NO_HEX) & (digits[2:] != NO_HEX)
    decoded = codes.copy()
    decoded[:-2][escapes] = (digits[1:-1] << 4 | digits[2:])[escapes]
    kept = np.ones(len(codes), np.bool_)
    kept[1:-1] &= ~escapes
    kept[2:] &= ~escapes
    return decoded[kept].tobytes()
