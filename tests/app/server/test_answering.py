"""What the loop gives to the threads: requests wait for so long, and what takes long steps aside."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

import gevent
import pytest

from app.errors import Overloaded
from app.server.answering import Answering, Environ
from app.server.connections import Connection
from app.settings import read_settings


class Client:
    """As much of a connection as the answering of a request looks at."""

    arrived, held = 1, 0
    busy = False


def answer(answering: Answering, path: str = "/predict") -> list[bytes]:
    environ: Environ = {
        "gunicorn.socket": Client(),
        "wsgi.input": io.BytesIO(),
        "CONTENT_LENGTH": "0",
        "PATH_INFO": path,
        "REQUEST_METHOD": "POST",
    }
    return list(answering(environ, lambda *_: None))


def make(app: Callable[[Environ, Callable[..., Any]], Iterable[bytes]], **settings: object) -> Answering:
    return Answering(app, read_settings(settings, {}), cast(set[Connection], set()))


def test_a_thread_that_never_ends_is_noticed_and_its_client_answered() -> None:
    end = threading.Event()

    def never(_environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        end.wait()
        start("200 OK", [])
        return [b""]

    answering = make(never, timeout=1)
    try:
        with pytest.raises(Overloaded, match="took too long"):
            answer(answering)
        assert not answering.has_hung()
        deadline = time.monotonic() + 10
        while not answering.has_hung():
            assert time.monotonic() < deadline
            gevent.sleep(0.05)
    finally:
        end.set()


def test_what_fails_in_a_thread_fails_where_it_was_asked() -> None:
    def fail(_environ: Environ, _start: Callable[..., Any]) -> Iterable[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer(make(fail))


def test_a_request_aside_lets_others_be_answered_and_only_one_runs_at_a_time() -> None:
    begun, together = threading.Semaphore(0), []
    go_on = threading.Event()
    inside = 0

    def app(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        nonlocal inside
        if environ["PATH_INFO"] == "/long":
            begun.release()
            with environ["digits.aside"]():
                inside += 1
                together.append(inside)
                go_on.wait()
                inside -= 1
        start("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    answering = make(app)
    long = [gevent.spawn(answer, answering, "/long") for _ in range(3)]
    gevent.sleep(0.1)
    assert answer(answering, "/short") == [b"/short"]
    assert not any(greenlet.ready() for greenlet in long)
    go_on.set()
    gevent.joinall(long, timeout=10)
    assert [greenlet.value for greenlet in long] == [[b"/long"]] * 3
    assert together == [1, 1, 1]
    assert answering.is_idle()
