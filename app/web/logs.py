"""What the server writes to its log: lines for a person at a terminal, else one JSON object a line.

Every request has an id: the one that the client or a proxy sent in X-Request-ID, or a new one. It goes back in the
answer and into every line written meanwhile. What a client sends is never written, except its address, method and
path, without the name of a hand; and whatever is written, unprintable characters are written as their code, so that no
line can be forged and no terminal be controlled.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from functools import lru_cache
from typing import Any

from flask import Flask, Response, has_request_context

from ..escaping import escape_unprintable
from .clock import elapsed
from .synchronous import Asked, asked

REQUEST_ID = "X-Request-ID"
SENT_ID = "HTTP_X_REQUEST_ID"  # the same header, as WSGI names it
SENT_TRACE = "HTTP_TRACEPARENT"  # header of W3C's Trace Context
TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")  # characters that cannot break a line or imitate another field
MAX_PATH = 200  # characters of a path that are written
MAX_METHOD = 20  # characters of a method
# Paths of what costs little and is asked for often: answered in the loop without waiting, logged at debug level only
LIGHT_PATHS = ("/health/", "/v2/health/", "/metrics", "/static/")

HAND = re.compile(r"\A(/hands/)[^/]+")  # in a path; whoever knows a hand's name reads what it corrected

# What no line says need not be found out: where in the code it is, and of which thread and process.
# Source: Python's logging HOWTO, "Optimization"
logging._srcfile = None
logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False

access = logging.getLogger("digits.access")
encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would create an encoder for every line


@lru_cache(maxsize=2)
def format_second(seconds: int) -> str:
    """Return a time of day, as all lines of one second begin."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


class JSONFormatter(logging.Formatter):
    """Write a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: time, level, logger and message, the request's id, and what a record has besides."""
        line: dict[str, Any] = {
            "time": f"{format_second(int(record.created))}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context() and isinstance(answered := asked(), Asked) and answered.identity:
            line["request_id"] = answered.identity
            if answered.trace:
                line["trace_id"], line["span_id"] = answered.trace
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return escape_unprintable(encode(line))


class TerminalFormatter(logging.Formatter):
    """Write a record as a line for a person, and a traceback below it."""

    def __init__(self) -> None:
        """Begin a line with time and level."""
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  as logging names it
        """Return the line."""
        return escape_unprintable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """Return the traceback, whose own lines stay."""
        return "\n".join(map(escape_unprintable, super().formatException(ei).split("\n")))


def configure(level: str, as_json: bool | None = None) -> dict[str, Any]:
    """Return the configuration of logging, as logging.config takes it.

    Args:
        level: the lowest level that is written, e.g. "info".
        as_json: one JSON object a line; None means where stderr is no terminal.
    """
    as_json = not sys.stderr.isatty() if as_json is None else as_json
    formatter = "app.web.logs.JSONFormatter" if as_json else "app.web.logs.TerminalFormatter"
    level = level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            # gunicorn's own messages (workers starting and stopping) are for debugging
            "gunicorn.error": {
                "level": "DEBUG" if level == "DEBUG" else "WARNING",
                "handlers": [],
                "propagate": True,
            },
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }


def init_app(app: Flask) -> None:
    """Give every request of an app an id, and log it."""
    app.before_request(start_request)
    app.after_request(log_request)


def start_request() -> None:
    """Take the request's id from the client, or make one; and the trace that the request is part of."""
    request = asked()
    sent = request.environ.get(SENT_ID, "")
    request.identity = sent if ACCEPTED_ID.fullmatch(sent) else secrets.token_hex(8)
    sent = request.environ.get(SENT_TRACE, "")
    request.trace = read_trace(sent) if sent else None


def read_trace(sent: str) -> tuple[str, str] | None:
    """Return the ids of the trace and of the caller's span that a traceparent names; None where it names none.

    Source: W3C Trace Context, 3.2.
    """
    found = TRACEPARENT.fullmatch(sent)
    return (found[1], found[2]) if found else None


def log_request(response: Response) -> Response:
    """Put the request's id into the answer, and write a line."""
    request = asked()
    response.headers[REQUEST_ID] = request.identity
    level = logging.DEBUG if request.path.startswith(LIGHT_PATHS) else logging.INFO
    if access.isEnabledFor(level):
        _write_line(level, request, response.status_code)
    return response


def _write_line(level: int, request: Asked, status: int) -> None:
    milliseconds = round(1000 * elapsed(), 1)
    path = HAND.sub(r"\1*", request.path)[:MAX_PATH].encode("unicode_escape").decode("ascii")
    method = escape_unprintable(request.method[:MAX_METHOD])
    fields = {
        "client": request.remote_addr,
        "method": method,
        "path": path,
        "status": status,
        "milliseconds": milliseconds,
    }
    access.log(level, "%s %s %s, %s ms", method, path, status, milliseconds, extra={"fields": fields})
