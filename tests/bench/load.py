"""Put servers under load with wrk, in turns, so that what slows the machine down slows all of them down."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .posts import Post
from .servers import Server, sum_seconds, wait_until_idle

SCRIPT = Path(__file__).with_name("post.lua")
WARM_UP = 1  # seconds before the first turn of each server


@dataclass(frozen=True)
class Load:
    """What a server did under load."""

    requests_per_second: float
    microseconds: float  # of a core that its workers spend on a request
    p50: float  # milliseconds to answer
    p99: float


def require_wrk() -> None:
    """Stop where the load generator is missing."""
    if shutil.which("wrk") is None:
        sys.exit("The benchmark needs wrk: apt-get install wrk (Debian, Ubuntu) or brew install wrk (macOS).")


def compare(servers: Sequence[Server], post: Post, connections: int, seconds: int, turns: int) -> Mapping[str, Load]:
    """Measure servers with the same post in turns, A B A B; return the medians of each."""
    measured: dict[str, list[Load]] = {server.name: [] for server in servers}
    with write_body(post) as file:
        for server in servers:
            _check_answer(server, post)
            run_wrk(server, file, post, connections, WARM_UP)
        for _ in range(turns):
            for server in servers:
                measured[server.name].append(run_wrk(server, file, post, connections, seconds))
    return {name: _take_medians(loads) for name, loads in measured.items()}


@contextmanager
def write_body(post: Post) -> Iterator[Path]:
    """Write what is posted where wrk can read it, until the block ends."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(post.body)
        file.flush()
        yield Path(file.name)


def run_wrk(server: Server, file: Path, post: Post, connections: int, seconds: int) -> Load:
    """Put a server under load, and wait until it has forgotten what was still asked at the end.

    Raises:
        RuntimeError: a request failed.
    """
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", str(SCRIPT)]
    command += [f"{server.address}/predict", "--", str(file), post.content_type]
    before = sum_seconds(server)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    spent = sum_seconds(server) - before
    counted = json.loads(done.stdout.strip().splitlines()[-1])
    if counted["failed"]:
        raise RuntimeError(f"{server.name} failed under load: {counted}, {post.name}, {connections} connections")
    wait_until_idle(server)
    rate = counted["requests"] / counted["microseconds"] * 1e6
    return Load(rate, 1e6 * spent / max(1, counted["requests"]), counted["p50"] / 1e3, counted["p99"] / 1e3)


def _check_answer(server: Server, post: Post) -> None:
    """Stop where a server does not read what is posted."""
    request = urllib.request.Request(f"{server.address}/predict", post.body, {"Content-Type": post.content_type})
    with urllib.request.urlopen(request, timeout=60) as answer:
        reading = json.load(answer)
    readings = reading.get("predictions", [reading])
    if server.name == "Digits" and [one.get("digit") for one in readings] != post.labels:
        raise RuntimeError(f"{server.name} read {readings} instead of {post.labels}")


def _take_medians(loads: list[Load]) -> Load:
    return Load(
        median(load.requests_per_second for load in loads),
        median(load.microseconds for load in loads),
        median(load.p50 for load in loads),
        median(load.p99 for load in loads),
    )
