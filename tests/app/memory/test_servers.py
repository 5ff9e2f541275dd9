"""Real servers with corrections: what one worker or server learns all know soon, and no acknowledged one is lost."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.memory import corrections
from app.memory.database import Database
from tests.app.memory.conftest import HAND, draw_odd_digit
from tests.support.drawings import to_png
from tests.support.postgres import Postgres, running_postgres
from tests.support.servers import START, Server, running, wait_until

ODD = to_png(draw_odd_digit(7))
AGREEING = to_png(np.roll(draw_odd_digit(7), 2))
WRITERS = 3  # clients that correct at once


@pytest.fixture
def cluster() -> Iterator[Postgres]:
    """A running PostgreSQL that a test may break."""
    with running_postgres() as cluster:
        yield cluster


def ask(server: Server, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    """Return the status and the JSON of an answer, over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=START)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def has_loaded(server: Server, library: str) -> bool:
    return any(library in Path(f"/proc/{each}/maps").read_text() for each in (server.process.pid, *server.workers()))


def test_what_reaches_a_database_in_a_file_is_loaded_when_it_is_asked(tiny_models: Path, tmp_path: Path) -> None:
    models = tmp_path / "site" / "models"
    shutil.copytree(tiny_models, models)
    for _ in range(2):  # the first start makes the tables
        with running(tmp_path / "log", models=models, database="sqlite", workers=1) as server:
            assert ask(server, "GET", "/health/ready")[1]["corrections"] == "on"
            assert ask(server, "POST", "/predict", ODD)[0] == 200
            assert not has_loaded(server, "sqlalchemy")
            assert ask(server, "GET", f"/hands/{HAND}")[1]["corrections"] == 0
            assert has_loaded(server, "sqlalchemy")


class Writers:
    """Clients that correct until they are stopped, and remember what was acknowledged."""

    def __init__(self, server: Server) -> None:
        """Start with nothing sent."""
        self.server = server
        self.acknowledged: list[int] = []
        self.statuses: list[int] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        wanted = len(self.acknowledged) + more
        wait_until(
            lambda: len(self.acknowledged) >= wanted, f"{len(self.acknowledged)} of {wanted}, {self.statuses[-9:]}"
        )

    def _write(self, writer: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            hand = f"writer-{writer}-of-the-tests-{turn // 50}"  # a hand gets so many a minute
            try:
                status, answer = ask(self.server, "POST", f"/corrections?digit={turn % 10}&hand={hand}", ODD)
            except (OSError, http.client.HTTPException, ValueError):
                status = 0
            self.statuses.append(status)
            if status == 201:
                self.acknowledged.append(answer["id"])
            else:
                time.sleep(0.05)


def numbers(url: str) -> set[int]:
    database = Database(url)
    try:
        return database.read(lambda connection: {each.number for each in corrections.read_all(connection)}, 60)
    finally:
        database.close()


def teach(server: Server) -> int:
    """Correct an odd digit twice, and return what it was."""
    was = 0
    for body in (ODD, AGREEING):
        status, answer = ask(server, "POST", f"/corrections?digit=2&hand={HAND}", body)
        assert status == 201, answer
        was = was or answer["was"]
    return was


def read_odd(server: Server) -> int:
    status, answer = ask(server, "POST", f"/predict?hand={HAND}", ODD)
    assert status == 200, answer
    return int(answer["digit"])


def wait_until_learned(server: Server) -> None:
    """Wait until each worker reads the odd digit as it was taught: a database that answers late is done without."""
    wait_until(lambda: {read_odd(server) for _ in range(10)} == {2}, "it is learned")


def test_all_workers_of_all_servers_know_within_a_second(url: str, tmp_path: Path) -> None:
    with (
        running(tmp_path / "one", database=url, workers=2) as one,
        running(tmp_path / "two", database=url, workers=2) as two,
    ):
        before = {read_odd(server) for server in (one, two) for _ in range(10)}
        was = teach(one)
        assert before == {was} != {2}
        assert {read_odd(one) for _ in range(20)} == {2}  # the same machine's at once
        time.sleep(1)
        assert {read_odd(two) for _ in range(20)} == {2}
        assert ask(two, "DELETE", f"/hands/{HAND}")[0] == 204
        assert {read_odd(two) for _ in range(20)} == {was}
        time.sleep(1)
        assert {read_odd(one) for _ in range(20)} == {was}


def test_no_acknowledged_correction_is_lost_when_postgresql_dies_under_load(cluster: Postgres, tmp_path: Path) -> None:
    with running(tmp_path / "log", database=cluster.url, workers=2) as server:
        teach(server)
        wait_until_learned(server)
        with Writers(server) as writers:
            for _ in range(2):
                writers.wait_for(15)
                cluster.kill()
                wait_until(lambda: 503 in writers.statuses, "a refused correction")
                readings = [ask(server, "POST", "/predict?hand=" + HAND, ODD) for _ in range(10)]
                assert {status for status, _ in readings} == {200}
                wait_until(lambda: ask(server, "GET", "/health/ready")[1]["corrections"] == "unreachable", "it is said")
                assert ask(server, "GET", "/health/ready")[0] == 200
                status, answer = ask(server, "POST", f"/corrections?digit=1&hand={HAND}", ODD)
                assert (status, answer["code"]) == (503, "not_ready")
                writers.statuses.clear()
                cluster.start()
            writers.wait_for(15)
        assert set(writers.statuses) <= {201, 503}
        kept = numbers(cluster.url)
        assert len(writers.acknowledged) == len({*writers.acknowledged}) >= 45
        assert {*writers.acknowledged} <= kept
        wait_until(lambda: ask(server, "GET", "/health/ready")[1]["corrections"] == "on", "it is back")
        server.wait_for("The database of corrections is away, so digits are read without it")
        server.wait_for("The database of corrections answers again")
        wait_until_learned(server)


def test_reading_goes_on_beside_a_database_that_hangs(cluster: Postgres, tmp_path: Path) -> None:
    with running(tmp_path / "log", database=cluster.url, workers=1) as server:
        teach(server)
        wait_until_learned(server)
        cluster.freeze()
        try:
            time.sleep(1)  # what is known of the hand is no longer fresh
            began = time.monotonic()
            assert [read_odd(server) for _ in range(20)][-1] == 2
            assert time.monotonic() - began < 10
            began = time.monotonic()
            assert {ask(server, "POST", "/predict?hand=a-hand-that-is-new-now", ODD)[0] for _ in range(20)} == {200}
            assert time.monotonic() - began < 5
        finally:
            cluster.thaw()
        wait_until(lambda: ask(server, "POST", f"/corrections?digit=2&hand={HAND}", ODD)[0] == 201, "it is back")


def test_a_server_starts_without_its_database_and_finds_it_later(cluster: Postgres, tmp_path: Path) -> None:
    cluster.kill()
    with running(tmp_path / "log", database=cluster.url, workers=1) as server:
        read_odd(server)
        assert ask(server, "POST", f"/corrections?digit=2&hand={HAND}", ODD)[0] == 503
        cluster.start()
        wait_until(lambda: ask(server, "POST", f"/corrections?digit=2&hand={HAND}", ODD)[0] == 201, "it is found")


def test_no_acknowledged_correction_is_lost_when_workers_die(url: str, tmp_path: Path) -> None:
    with running(tmp_path / "log", database=url, workers=2, log_level="debug") as server:
        server.wait_for_workers(2)
        with Writers(server) as writers:
            for _ in range(3):
                writers.wait_for(10)
                for worker in server.workers():
                    with contextlib.suppress(ProcessLookupError):  # the one before, which has only now ended
                        os.kill(worker, signal.SIGKILL)
            writers.wait_for(10)
        assert {*writers.acknowledged} <= numbers(url)
        assert len(writers.acknowledged) == len({*writers.acknowledged})
