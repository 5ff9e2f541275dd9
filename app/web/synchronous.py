"""Flask for this app: its views are plain functions, it has one host, and what a request needs is looked up once.

Flask looks ten times a request whether a function is asynchronous, takes its host apart to match the path, and finds
the request anew at each use of its proxies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import Flask, Request, request
from werkzeug.routing import MapAdapter


class Asked(Request):
    """A request, with what the clock and the log note of it."""

    received: float  # seconds of the clock, when it came
    identity: str = ""  # its id in the log
    trace: tuple[str, str] | None = None  # ids of the trace and of the caller's span, where it is part of one


class SynchronousFlask(Flask):
    """An app without asynchronous views, and without functions that are asynchronous before or after them."""

    request_class = Asked

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what matches a request's path; no route depends on the host."""
        if request is None:
            return super().create_url_adapter(None)
        place = (request.host, request.root_path, "", request.scheme)
        return MapAdapter(self.url_map, *place, request.path, request.method)


def asked() -> Asked:
    """Return the request that is being answered: the same one that Flask's proxy looks for at each use."""
    return cast(Asked, request._get_current_object())  # type: ignore[attr-defined]
