"""The one clock of a request: when it came, and how long it has taken. It does not jump."""

from __future__ import annotations

from time import perf_counter

from flask import Flask

from .synchronous import asked


def init_app(app: Flask) -> None:
    """Start the clock of every request; to be called before anything that reads it."""
    app.before_request(start)


def start() -> None:
    """Remember when a request came."""
    asked().received = perf_counter()


def elapsed() -> float:
    """Return the seconds since the request came."""
    return perf_counter() - asked().received
