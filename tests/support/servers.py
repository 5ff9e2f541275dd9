"""Real servers for tests and benchmarks: their start, a load on them, and requests by the byte."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_connection, socket
from typing import Any

from tests.support.processes import list_children, read_status

from .drawings import draw_digit, to_png

ROOT = Path(__file__).parents[2]
SEVEN = to_png(draw_digit(7))
START = 120.0  # seconds a server may take to be ready, or to end, on a busy machine
PAUSE = 0.05  # seconds between two looks


@dataclass
class Server:
    """A real server: gunicorn's master, where it listens, and the file of its log."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket:
        return create_connection(("127.0.0.1", self.port), timeout=START)

    def workers(self) -> list[int]:
        """The process ids of the workers; a process that checks new models is not among them."""
        return [child for child in list_children(self.process.pid) if _is_worker(child)]

    def send(self, number: int) -> None:
        os.kill(self.process.pid, number)

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Let the one worker stand still: it finds at once what is sent meanwhile, however slowly it is sent."""
        (worker,) = self.workers()
        os.kill(worker, signal.SIGSTOP)
        try:
            while read_status(worker).state != "T":
                time.sleep(0.001)
            yield
        finally:
            os.kill(worker, signal.SIGCONT)

    def wait_for(self, words: str) -> None:
        """Wait until the log says something."""
        deadline = time.monotonic() + START
        while words not in self.log.read_text():
            assert time.monotonic() < deadline, f"{words!r} is not in {self.log.read_text()}"
            time.sleep(0.05)

    def wait_for_workers(self, count: int) -> list[int]:
        """Wait until so many workers have loaded their models; the log has to show its debug lines."""
        deadline = time.monotonic() + START
        while len(workers := self.workers()) < count or self.log.read_text().count("has loaded its models") < count:
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return workers


def _is_worker(child: int) -> bool:
    """Return whether a child of gunicorn's master was forked, and runs what the master does."""
    try:
        command = Path(f"/proc/{child}/cmdline").read_bytes()  # empty where it has ended and was not waited for
    except OSError:  # it has ended
        return False
    return b"\0app\0" in command and b"--check" not in command


def set_up(settings: Mapping[str, object]) -> dict[str, str]:
    """Return the environment of a server on a free port, with settings by their lower-case names."""
    named = {f"DIGITS_{name.upper()}": str(value) for name, value in {"port": 0, **settings}.items()}
    return {**os.environ, **named}


def start_server(
    environment: Mapping[str, str], stderr: int | None = None, before: str = "", program: Sequence[str] = ("app",)
) -> subprocess.Popen[str]:
    """Start `python -m app`, its output to be read from the process.

    Args:
        before: a shell's command that comes first.
        program: another module that serves as app does, and its arguments.
    """
    command = [sys.executable, "-m", *program]
    if before:
        command = ["sh", "-c", f"{before} && exec {shlex.join(command)}"]
    return subprocess.Popen(command, cwd=ROOT, env=dict(environment), text=True, stdout=subprocess.PIPE, stderr=stderr)


def wait_until(holds: Callable[[], bool], what: str, max_seconds: float = START) -> float:
    """Wait until something holds, and return the seconds that it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < max_seconds, what
        time.sleep(0.02)
    return time.monotonic() - began


def wait_until_ready(address: str, pause: float = PAUSE) -> None:
    """Wait until a server answers that it is ready, with a pause in seconds between two looks."""
    deadline = time.monotonic() + START
    while True:
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=START):
                return
        except OSError:
            assert time.monotonic() < deadline, f"{address} is not ready after {START} s"
            time.sleep(pause)


@contextmanager
def await_server(process: subprocess.Popen[str], pause: float = PAUSE, log: Path | None = None) -> Iterator[str]:
    """Yield the address of a server that was started, as soon as it is ready; stop it at the end.

    Args:
        pause: seconds between two looks whether it is ready.
        log: what the failure shows where it does not start.
    """
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert line.startswith("Digits on http"), line + (log.read_text() if log else "")
        address = line.split()[2]
        wait_until_ready(address, pause)
        yield address
    finally:
        process.terminate()
        process.wait(START)
        process.stdout.close()


@contextmanager
def serve(**settings: object) -> Iterator[str]:
    """Run the real server, settings by their lower-case names; yields its address."""
    with await_server(start_server(set_up(settings))) as address:
        yield address


@contextmanager
def running(log: Path, before: str = "", **settings: object) -> Iterator[Server]:
    """Run the real server, settings by their lower-case names, its log in a file; `before` is a shell's command."""
    with log.open("w") as stream:
        process = start_server(set_up(settings), stderr=stream.fileno(), before=before)
    with await_server(process, log=log) as address:
        yield Server(process, int(address.rpartition(":")[2]), log)


def ask(
    port: int, body: bytes = SEVEN, path: str = "/predict", method: str = "POST", **headers: str
) -> tuple[int, Any, http.client.HTTPMessage]:
    """Send one request on a connection of its own; return status, body from JSON and headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), answer.headers
    finally:
        connection.close()


def receive(connection: socket) -> tuple[int, Any]:
    """Read one answer from a connection; return status and body from JSON."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status, json.loads(answer.read())


@dataclass
class Load:
    """Clients that send requests until they are stopped, each on a new connection."""

    port: int
    clients: int = 4
    statuses: list[int] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)  # a connection that was accepted and not answered
    refused: int = 0  # connections that were not accepted

    def __enter__(self) -> Load:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answers: int) -> None:
        """Wait until so many more requests are answered."""
        wanted, deadline = len(self.statuses) + answers, time.monotonic() + START
        while len(self.statuses) < wanted:
            assert time.monotonic() < deadline, self
            time.sleep(0.01)

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                self.statuses.append(ask(self.port)[0])
            except ConnectionRefusedError:
                self.refused += 1
                time.sleep(0.01)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(error)
