"""Flask for this app: its views are plain functions, it has one host, and what a request needs is looked up once.

Flask looks ten times a request whether a function is asynchronous, takes its host apart to match the path, and finds
the request anew at each use of its proxies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, cast
from urllib.parse import parse_qsl

from flask import Flask, Request, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import MapAdapter

MAX_KEPT, MAX_KEPT_BYTES = 256, 256  # queries that are kept, and the length of each


class Asked(Request):
    """A request, with what the clock and the log note of it."""

    received: float  # seconds of the clock, when it came
    identity: str = ""  # its id in the log
    trace: tuple[str, str] | None = None  # ids of the trace and of the caller's span, where it is part of one

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """What the query asks for. Clients ask the same again and again, so short queries are taken apart once."""
        query: bytes = self.query_string
        return parse_query(query) if len(query) <= MAX_KEPT_BYTES else parse_query.__wrapped__(query)


@lru_cache(maxsize=MAX_KEPT)
def parse_query(query: bytes) -> ImmutableMultiDict[str, str]:
    """Take a query apart as werkzeug does."""
    return ImmutableMultiDict(parse_qsl(query.decode(), keep_blank_values=True, errors="werkzeug.url_quote"))


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
