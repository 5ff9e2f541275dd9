"""Start what is compared, each with as many workers, and weigh them.

All but the bare server run on the same gunicorn worker with the same settings.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import list_children, read_status
from tests.support.servers import await_server, set_up, start_server

ROOT = Path(__file__).parents[2]
CLASSIC_WEIGHTS = ROOT / "models" / "keras_flask" / "model.h5"
BARE_NETWORK = ROOT / "models" / "robust" / "model.tflite"
COMMANDS = {  # what python -m runs
    "Digits": ("app",),
    "bare": ("tests.bench.bare",),  # FastAPI and uvicorn
    "constant": ("tests.bench.peer", "tests.bench.constant"),
    "classic": ("tests.bench.peer", "tests.bench.classic"),
}
PAUSE = 0.005  # seconds between two looks whether a server is ready
PATIENCE = 120.0  # seconds until a server must have come to rest
REST = 0.2  # seconds that a server is looked at before it counts as idle
BUSY = 0.1  # of a core that it may use meanwhile
KIBI = 1024


@dataclass(frozen=True)
class Server:
    """A running server."""

    name: str
    address: str
    pid: int  # of gunicorn's master
    seconds: float  # from its start until it was ready


@dataclass(frozen=True)
class Weight:
    """Memory of one worker in MiB."""

    resident: float
    own: float  # of it, what no other process shares: what one more worker costs
    tensorflow: bool  # whether TensorFlow is loaded


@contextmanager
def serve(name: str, **settings: object) -> Iterator[Server]:
    """Run one of COMMANDS on a free port until the block ends; settings by their lower-case names."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    quiet["PYTHONDONTWRITEBYTECODE"] = ""  # only the first start compiles the code, as where it is installed
    quiet |= {"BENCH_CLASSIC": str(CLASSIC_WEIGHTS), "BENCH_BARE": str(BARE_NETWORK), "OPENBLAS_NUM_THREADS": "1"}
    started = time.perf_counter()
    process = start_server({**set_up(settings), **quiet}, stderr=subprocess.DEVNULL, program=COMMANDS[name])
    with await_server(process, PAUSE) as address:
        yield Server(name, address, process.pid, time.perf_counter() - started)


def wait_until_idle(server: Server) -> None:
    """Wait until a server has finished the requests of clients that are gone, so that they do not slow the next run.

    Raises:
        TimeoutError: it does not come to rest.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        before = sum_seconds(server)
        time.sleep(REST)
        if sum_seconds(server) - before < BUSY * REST:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{server.name} is still busy after {PATIENCE} seconds")


def sum_seconds(server: Server) -> float:
    """Return the processor time of all workers so far."""
    return sum(read_status(worker).seconds for worker in list_children(server.pid))


def weigh_workers(server: Server) -> list[Weight]:
    """Return the memory of each worker."""
    return [_weigh(Path(f"/proc/{worker}")) for worker in list_children(server.pid)]


def _weigh(process: Path) -> Weight:
    sizes: dict[str, int] = {}
    for line in (process / "smaps_rollup").read_text().splitlines()[1:]:
        name, size = line.split()[:2]
        sizes[name.rstrip(":")] = int(size)
    own = sizes["Private_Clean"] + sizes["Private_Dirty"]
    return Weight(sizes["Rss"] / KIBI, own / KIBI, "libtensorflow" in (process / "maps").read_text())
