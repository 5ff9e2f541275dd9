"""What tests of every kind share: the data sets and a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.servers import serve

os.environ.setdefault("DIGITS_DATABASE", "")  # no test leaves corrections beside models/; those about them name a file
ROOT = Path(__file__).parents[1]
MODELS = ROOT / "models"


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


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a real server with 2 workers and the committed models."""
    with serve(workers=2) as address:
        yield address
