"""Every failure becomes one JSON shape: ``{"error": <a sentence to act on>, "code": <a stable word>}``.

A browser that asks for a page gets a page that says the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.exceptions import MethodNotAllowed as HTTPMethodNotAllowed
from werkzeug.exceptions import NotFound as HTTPNotFound

from ..errors import (
    BadRequest,
    DigitsError,
    MethodNotAllowed,
    NotFound,
    OutOfMemory,
    TooLarge,
    describe,
    is_out_of_memory,
)
from .metrics import count_rejected

log = logging.getLogger(__name__)


Page = Callable[[DigitsError], str]
PAGE = "failure page"  # under which the factory's page is kept


def init_app(app: Flask, page: Page) -> None:
    """Answer every failure of the app.

    Args:
        app: the server.
        page: makes the page that a browser is shown.
    """
    app.extensions[PAGE] = page
    app.register_error_handler(DigitsError, _answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(MemoryError, _answer_out_of_memory)
    app.register_error_handler(Exception, _answer_unexpected)


def _headers(error: DigitsError) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after)} if error.status in (429, 503) else {}


def _answer(error: DigitsError) -> tuple[dict[str, str] | str, int, dict[str, str]]:
    count_rejected(error.code)
    if wants_page():
        page: Page = current_app.extensions[PAGE]
        return page(error), error.status, _headers(error)
    return describe(error), error.status, {"Vary": "Accept", **_headers(error)}


def wants_page() -> bool:
    """Return whether a browser shows the answer to a person; programs that take anything get JSON."""
    return request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html"


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    """Answer an HTTP error of Flask in our own words."""
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
        limits = f"{request.max_content_length or 0:,} bytes in {request.max_form_parts or 0:,} parts"
        return TooLarge(f"The request is too large; at most {limits} are read.")
    if error.code is not None and error.code >= 500:
        return DigitsError("The server could not answer. Try again.")
    return BadRequest(f"The request cannot be understood: {error.description}")


def _answer_unexpected(error: Exception) -> tuple[dict[str, str] | str, int, dict[str, str]]:
    """Log an unexpected exception; the client never sees the traceback."""
    if is_out_of_memory(error):
        return _answer_out_of_memory(error)
    log.exception("Failed to answer %s %s", request.method, request.path, exc_info=error)
    return _answer(
        DigitsError("Something went wrong on our side. Try again; if it stays, tell whoever runs the server.")
    )


def _answer_out_of_memory(error: Exception) -> tuple[dict[str, str] | str, int, dict[str, str]]:
    """Answer a request that needs more than DIGITS_MEMORY; what it took is free again."""
    log.error("Out of memory while answering %s %s", request.method, request.path, exc_info=error)
    return _answer(OutOfMemory())
