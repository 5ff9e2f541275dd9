"""What tests of every kind share: the data sets and a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.servers import serve

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

os.environ.setdefault("DIGITS_DATABASE", "")  # no test leaves corrections beside models/; those about them name a file
ROOT = Path(__file__).parents[1]
MODELS = ROOT / "models"

# The files that take longest, with the longest first: begun first, so that no worker is left alone with one at the end.
# Those that start a cluster are not beside each other: a cluster's processes are as busy as the tests
LONGEST = (
    "app/bulk/test_cluster.py",
    "train/test_main.py",
    "fuzz/test_fuzz.py",
    "app/server/test_faults.py",
    "train/test_runs.py",
    "app/bulk/test_connection.py",
    "train/recipes/test_adapting.py",
    "train/test_cluster.py",
    "app/models/test_importing.py",
    "browser/test_draw.py",
    "train/test_adaptation.py",
    "app/server/test_worker.py",
    "app/memory/test_servers.py",
    "app/bulk/test_stores.py",
    "app/openapi/test_openapi.py",
    "app/bulk/test_command.py",
    "browser/test_everyone.py",
    "browser/test_inside.py",
    "browser/test_pictures.py",
    "browser/test_why.py",
    "app/preprocessing/test_inspection.py",
    "app/server/test_server.py",
    "app/openapi/test_clients.py",
    "browser/test_corrections.py",
    "browser/test_understand.py",
    "browser/test_keeping.py",
    "browser/test_challenge.py",
    "app/memory/test_database.py",
    "train/learning/test_loops.py",
    "app/models/test_former_keras.py",
)

# Files that go to one worker, as if they were one file: what both train is trained once.
TOGETHER = {"train/reports/test_rebuilding.py": "train/test_runs.py"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="a skipped test fails the run (CI)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder, places = ROOT / "tests", {name: place for place, name in enumerate(LONGEST)}
    if gone := [name for name in (*LONGEST, *TOGETHER, *TOGETHER.values()) if not (folder / name).is_file()]:
        raise pytest.UsageError(f"tests/conftest.py names files that are not there: {', '.join(gone)}")

    def place(item: pytest.Item) -> int:
        name = item.path.relative_to(folder).as_posix()
        return places.get(TOGETHER.get(name, name), len(places))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Keep together what TOGETHER names, where files are kept together."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            name = nodeid.partition("::")[0].removeprefix("tests/")
            return TOGETHER.get(name, name)

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


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
