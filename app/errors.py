"""Every failure becomes one JSON shape: ``{"error": <a sentence to act on>, "code": <a stable word>}``.

Owns the failures a person or a program can cause and how they are answered. Whoever finds one raises it with
a sentence that says what was expected and what came; nobody else needs to know about HTTP.
"""

from __future__ import annotations

import logging
from typing import ClassVar

from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.exceptions import MethodNotAllowed as HTTPMethodNotAllowed
from werkzeug.exceptions import NotFound as HTTPNotFound

from .metrics import count_rejected

log = logging.getLogger(__name__)


class DigitsError(Exception):
    """Carry a sentence for the person who can act on it, and the status and code it is answered with."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    retry_after = 1  # seconds that a client should wait, where the status is 429 or 503


class BadRequest(DigitsError):
    """The request does not say what it should."""

    status = 400
    code = "bad_request"


class NotFound(DigitsError):
    """The path or the model named does not exist."""

    status = 404
    code = "not_found"


class MethodNotAllowed(DigitsError):
    """The path exists, the method does not."""

    status = 405
    code = "method_not_allowed"


class TooLarge(DigitsError):
    """Too many bytes, pixels or pictures."""

    status = 413
    code = "too_large"


class UnsupportedFormat(DigitsError):
    """The bytes are not a picture in a format that we read."""

    status = 415
    code = "unsupported_format"


class NoInk(DigitsError):
    """The picture is blank."""

    status = 422
    code = "no_ink"


class Unreadable(DigitsError):
    """The picture is truncated or damaged."""

    status = 422
    code = "unreadable"


class TooManyRequests(DigitsError):
    """One client asks more often than the server allows."""

    status = 429
    code = "too_many_requests"


class Overloaded(DigitsError):
    """The server has more to do than it can answer in time."""

    status = 503
    code = "overloaded"


class NotReady(DigitsError):
    """The models are not loaded yet, or the server is going away."""

    status = 503
    code = "not_ready"


def init_app(app: Flask) -> None:
    """Answer every failure of the app as JSON."""
    app.register_error_handler(DigitsError, _answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def describe(error: DigitsError) -> dict[str, str]:
    """Return the JSON object that tells a client what went wrong, and count it."""
    count_rejected(error.code)
    return {"error": str(error), "code": error.code}


def _headers(error: DigitsError) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after)} if error.status in (429, 503) else {}


def _answer(error: DigitsError) -> tuple[dict[str, str], int, dict[str, str]]:
    return describe(error), error.status, _headers(error)


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    """Answer a failure that Flask found, in our words."""
    if error.response is not None:  # a redirect
        return error.response
    body, status, headers = _answer(_translate(error))
    if isinstance(error, HTTPMethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return body, status, headers


def _translate(error: HTTPException) -> DigitsError:
    if isinstance(error, HTTPNotFound):
        return NotFound(f"There is nothing at {request.path}. Digits are read by POST /predict; the page is at /.")
    if isinstance(error, HTTPMethodNotAllowed):
        allowed = ", ".join(sorted({*(error.valid_methods or ())} - {"OPTIONS", "HEAD"}))
        return MethodNotAllowed(f"{request.method} is not possible at {request.path}. Use {allowed}.")
    if isinstance(error, RequestEntityTooLarge):
        most = f"{request.max_content_length or 0:,} bytes in {request.max_form_parts or 0:,} parts"
        return TooLarge(f"The request is too large; at most {most} are read.")
    if error.code is not None and error.code >= 500:
        return DigitsError("The server could not answer. Try again.")
    return BadRequest(f"The request cannot be understood: {error.description}")


def _answer_unexpected(error: Exception) -> tuple[dict[str, str], int, dict[str, str]]:
    """Log what nobody expected; the client never sees the traceback."""
    log.exception("Failed to answer %s %s", request.method, request.path, exc_info=error)
    return _answer(
        DigitsError("Something went wrong on our side. Try again; if it stays, tell whoever runs the server.")
    )
