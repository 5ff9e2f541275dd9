"""What tests of every kind share: the data sets, a tiny model folder and a real server."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
MODELS = ROOT / "models"
START = 60.0  # seconds a server may take to be ready on a busy machine


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="a skipped test fails the run (CI)")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--fail-on-skip") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder with mnist.npz and fashion_mnist.npz."""
    folder = os.environ.get("DIGITS_DATA")
    if not folder:
        pytest.skip("DIGITS_DATA names no folder with mnist.npz")
    return Path(folder)


@pytest.fixture(scope="session")
def mnist_test(data: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The 10,000 test digits (n, 28, 28) and their labels (n,)."""
    with np.load(data / "mnist.npz") as arrays:
        return arrays["x_test"], arrays["y_test"]


@contextmanager
def serve(**settings: object) -> Iterator[str]:
    """Run the real server on a free port; settings by their lower-case names. Yields its address."""
    environment = {**os.environ, **{f"DIGITS_{name.upper()}": str(value) for name, value in settings.items()}}
    process = start_server({**environment, "DIGITS_PORT": "0"})
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("Digits on http"), line
        address = line.split()[2]
        wait_until_ready(address)
        yield address
    finally:
        process.terminate()
        process.wait(START)
        assert process.stdout
        process.stdout.close()


def start_server(environment: Mapping[str, str], stderr: int | None = None, before: str = "") -> subprocess.Popen[str]:
    """Start `python -m app`, its output to be read from the process; `before` is a shell's command."""
    command = [sys.executable, "-m", "app"]
    if before:
        command = ["sh", "-c", f"{before} && exec {shlex.join(command)}"]
    return subprocess.Popen(command, cwd=ROOT, env=dict(environment), text=True, stdout=subprocess.PIPE, stderr=stderr)


def wait_until_ready(address: str) -> None:
    """Wait until a server answers that it is ready."""
    deadline = time.monotonic() + START
    while True:
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=START):
                return
        except OSError:
            assert time.monotonic() < deadline, f"{address} is not ready after {START} s"
            time.sleep(0.05)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a real server with 2 workers and the committed models."""
    with serve(workers=2) as address:
        yield address
