"""What the loop gives to the threads: requests wait for so long, and what takes long steps aside."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import gevent
import pytest
from flask import Flask

from app import create_app
from app.errors import Overloaded
from app.memory.changes import announce_change
from app.server.answering import LONG, Answering, Environ
from app.server.connections import Connection
from app.settings import read_settings
from app.web.served import MEMORY
from tests.app.memory.conftest import SETTLING
from tests.support.drawings import draw_digit, to_png


class Client:
    """As much of a connection as the answering of a request looks at."""

    arrived, held = 1, 0
    busy = False


def answer(
    answering: Answering, path: str = "/predict", body: bytes = b"", query: str = "", client: Client | None = None
) -> list[bytes]:
    environ: Environ = {
        "gunicorn.socket": client or Client(),
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": "POST",
    }
    return list(answering(environ, lambda *_: None))


def make(app: Callable[[Environ, Callable[..., Any]], Iterable[bytes]], **settings: object) -> Answering:
    return Answering(app, read_settings(settings, {}), cast(set[Connection], set()))


def tell_thread(_environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [])
    return [str(threading.get_ident()).encode()]


def make_with_hold(path: str) -> tuple[Answering, threading.Event, threading.Event]:
    """Make what answers, but what is sent to one path only when the second event is set; the first says it has come."""
    begun, end = threading.Event(), threading.Event()

    def app(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == path:
            begun.set()
            end.wait()
        return tell_thread(environ, start)

    return make(app), begun, end


def wait_for(event: threading.Event) -> None:
    """Wait for a thread, while the loop goes on."""
    deadline = time.monotonic() + 60
    while not event.is_set():
        assert time.monotonic() < deadline
        gevent.sleep(0.001)


HERE = [str(threading.get_ident()).encode()]
DRAWING = to_png(draw_digit(7))
HAND = "a-hand-of-the-tests-0"


def test_a_drawing_is_answered_without_a_thread() -> None:
    answering = make(tell_thread)
    gevent.sleep(0.001)
    assert answer(answering, body=DRAWING) == HERE


class Keeping:
    """An app that keeps corrections, and answers with the thread that it is asked in."""

    def __init__(self, app: Flask) -> None:
        """Read with what another app remembers of hands."""
        self.extensions = app.extensions

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer with the number of the thread."""
        return tell_thread(environ, start)


def test_a_drawing_to_be_read_with_a_hand_needs_a_thread_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.memory.database.MAX_READING", 30.0)  # the machine may be busy
    app = create_app({"database": f"sqlite:///{tmp_path / 'digits.sqlite3'}"})
    app.extensions[MEMORY].open().database.write(lambda _: None, 30)  # makes the tables
    time.sleep(SETTLING)
    answering = make(Keeping(app))
    gevent.sleep(0.001)
    query = f"hand={HAND}"
    assert answer(answering, body=DRAWING, query=query) != HERE
    assert app.test_client().post(f"/predict?{query}", data=DRAWING).status_code == 200
    assert answer(answering, body=DRAWING, query=query) == HERE
    assert answer(answering, body=DRAWING, query=f"{query}&explain=1") != HERE
    announce_change(HAND)
    assert answer(answering, body=DRAWING, query=query) != HERE


@pytest.mark.parametrize(
    ("path", "query", "body"),
    (
        ("/read", "", DRAWING),
        ("/predict", "explain=1", DRAWING),
        ("/predict", "", to_png(draw_digit(7, shape=(513, 513)))),
        ("/predict", "", DRAWING + bytes(64 * 1024)),
        ("/predict", "", DRAWING[:20]),
        ("/predict", "", b"hello"),
    ),
)
def test_what_may_take_longer_is_answered_in_a_thread(path: str, query: str, body: bytes) -> None:
    answering = make(tell_thread)
    gevent.sleep(0.001)
    assert answer(answering, path, body, query) != HERE


def test_a_drawing_is_answered_in_a_thread_where_it_would_delay_many() -> None:
    answering = make(tell_thread, queue=2)
    gevent.sleep(0.001)
    answering.connections.update(cast(set[Connection], {Client() for _ in range(3)}))
    assert answer(answering, body=DRAWING) != HERE


def test_a_drawing_waits_for_a_thread_that_works_on_something_long() -> None:
    answering, begun, end = make_with_hold("/long")
    long = gevent.spawn(answer, answering, "/long")
    wait_for(begun)
    gevent.sleep(2 * LONG)
    drawing = gevent.spawn(answer, answering, body=DRAWING)
    gevent.sleep(2 * LONG)
    assert not drawing.ready()
    end.set()
    gevent.joinall((long, drawing), timeout=10)
    assert drawing.value == long.value != HERE


def test_reading_does_not_wait_behind_a_correction_whose_database_is_locked() -> None:
    answering, begun, end = make_with_hold("/corrections")
    correction = gevent.spawn(answer, answering, "/corrections", DRAWING, "digit=7")
    wait_for(begun)
    gevent.sleep(2 * LONG)
    drawing = gevent.spawn(answer, answering, body=DRAWING)
    drawing.join(timeout=10)
    assert drawing.ready()
    assert not correction.ready()
    end.set()
    correction.join(timeout=10)
    assert correction.value not in (HERE, drawing.value)


def test_a_client_that_does_not_wait_for_answers_delays_no_other() -> None:
    answering, client = make(tell_thread), Client()

    def ask_on() -> None:
        for _ in range(100):
            answer(answering, body=DRAWING, client=client)

    asking = gevent.spawn(ask_on)
    gevent.sleep(0.001)
    assert answer(answering, body=DRAWING) == HERE
    assert not asking.ready()
    asking.join(timeout=10)
    assert asking.successful()


def test_a_thread_that_never_ends_is_noticed_and_its_client_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()

    def never(_environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        end.wait()
        start("200 OK", [])
        return [b""]

    now = 0.0
    monkeypatch.setattr("app.server.answering.monotonic", lambda: now)
    answering = make(never, timeout=1)
    try:
        with pytest.raises(Overloaded, match="took too long"):
            answer(answering)
        now = 3.0
        assert not answering.has_hung()
        now = 3.1
        assert answering.has_hung()
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
