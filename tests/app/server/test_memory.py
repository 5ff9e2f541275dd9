"""The memory of a worker: what requests may take, and that it comes back."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import pytest

from tests.support.drawings import draw_digit, to_bytes, to_png
from tests.support.servers import SEVEN, START, Server, ask, running

MAX_KEPT = 50  # MB that a worker may keep after a large request
LARGE = {
    "JSON of numbers": ("/v1/models/plain:predict", b'{"instances":[' + b"1," * 8_000_000 + b"1]}"),
    "JSON of empty lists": ("/v1/models/plain:predict", b'{"instances":[' + b"[]," * 5_500_000 + b"[]]}"),
    "a body that is no picture": ("/predict", bytes(16_000_000)),
}


def read_status(worker: int, field: str) -> int:
    """Return a field of a process's status in MB."""
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 // 10**6 for line in lines if line.startswith(f"{field}:"))


def wait_until_small(server: Server, limit: int) -> None:
    """Wait until the one worker, or its successor, takes no more than so many MB."""
    deadline = time.monotonic() + START
    taken: list[int] = []
    while len(taken) != 1 or taken[0] > limit:
        assert time.monotonic() < deadline, (taken, limit)
        time.sleep(0.2)
        with contextlib.suppress(OSError, StopIteration):  # one has just ended
            taken = [read_status(worker, "VmRSS") for worker in server.workers()]


def test_the_memory_of_large_requests_is_returned(tiny_models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=tiny_models, workers=1) as server:
        ask(server.port)
        before = read_status(server.workers()[0], "VmRSS")
        for path, body in LARGE.values():
            status, _, _ = ask(server.port, body, path, Content_Type="application/json")
            assert status in (400, 413)
            wait_until_small(server, before + MAX_KEPT)
        page = to_bytes(draw_digit(7, shape=(5000, 5000), height=3000, pen=300), "PNG", compress_level=1)
        assert ask(server.port, page)[0] == 200
        wait_until_small(server, before + MAX_KEPT)
        assert ask(server.port)[0] == 200


def test_a_request_that_needs_more_than_it_may_take_is_refused_and_the_next_is_answered(
    tiny_models: Path, tmp_path: Path
) -> None:
    page = to_bytes(draw_digit(7, shape=(6000, 6000), height=3000, pen=300), "PNG", compress_level=1)
    with running(tmp_path / "log", models=tiny_models, workers=1, memory=30) as server:
        worker = server.workers()
        status, body, _ = ask(server.port, page)
        assert (status, body["code"]) == (503, "overloaded")
        assert ask(server.port)[0] == 200
        assert server.workers() == worker


@pytest.mark.parametrize(("memory", "limited"), ((0, False), (500, True)))
def test_the_limit_is_set_once_the_models_are_loaded(
    tiny_models: Path, tmp_path: Path, memory: int, limited: bool
) -> None:
    with running(tmp_path / "log", models=tiny_models, workers=1, memory=memory) as server:
        (worker,) = server.workers()
        line = next(
            line for line in Path(f"/proc/{worker}/limits").read_text().splitlines() if line.startswith("Max data size")
        )
        soft = line.split()[3]
        assert (soft != "unlimited") == limited
        if limited:
            assert 400 < int(soft) // 10**6 - read_status(worker, "VmData") <= memory


def test_a_digit_is_answered_beside_the_largest_bodies(tiny_models: Path, tmp_path: Path) -> None:
    body = json.dumps({"instances": [[0] * 784] * 5000}).encode()
    with running(tmp_path / "log", models=tiny_models, workers=1) as server:
        assert ask(server.port, body, "/v1/models/plain:predict")[0] in (200, 400, 413)
        assert ask(server.port, SEVEN)[0] == 200
        assert ask(server.port, to_png(draw_digit(4)))[0] == 200
