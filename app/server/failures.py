"""Answers to requests that do not reach the app: the same JSON as everywhere, as a whole HTTP response."""

from __future__ import annotations

import json
from http import HTTPStatus

from ..errors import DigitsError


def describe_plainly(error: DigitsError, identity: str) -> bytes:
    """Return a whole answer in HTTP, which ends the connection; `identity` is the request's id in the log."""
    body = json.dumps({"error": str(error), "code": error.code})
    lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}", "Content-Type: application/json"]
    lines += ["X-Content-Type-Options: nosniff", f"X-Request-ID: {identity}"]
    if error.status in (429, 503):
        lines.append(f"Retry-After: {error.retry_after}")
    return "\r\n".join((*lines, f"Content-Length: {len(body)}", "Connection: close", "", body)).encode("ascii")
