"""Connect to a Ray cluster, or start one on this machine. Ray is imported only when a cluster is used.

Ray reads some settings on import, so call prepare() before anything imports it.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..models.files import NETWORK
from ..settings import ROOT

LOCAL = "local"
LOOPBACK = "127.0.0.1"
CONNECT_TIMEOUT = 5.0  # seconds to connect to the head of a cluster
IDLE_PROCESSES = 4  # a processor, that Ray keeps on a cluster started here
NEEDED = ("ray", "pyarrow", "pandas", "fsspec")
TOKEN = Path("~/.ray/auth_token")  # where Ray keeps the token of clusters
HOW_TO_GET_TOKEN = f"Copy {TOKEN} from its head to here, or set RAY_AUTH_TOKEN."
REFUSAL = "InvalidAuthToken"  # in what Ray writes when a cluster asks for a token and gets none
ASK_TIMEOUT = 30.0  # seconds that a cluster has to say whether it asks for a token; it needs one or two
HOW_TO_GET_RAY = "--ray needs Ray and pyarrow, here and on the cluster: `pip install -r requirements-cluster.txt`."


class BadCluster(Exception):
    """A cluster that cannot be used, with a sentence that says what to do."""


def prepare(address: str) -> None:
    """Check that Ray is installed and that a server listens at the address, and set what Ray reads on import.

    Args:
        address: host:port of the head, or local.

    Raises:
        BadCluster: Ray is not installed, no server listens, or it asks for a token and there is none.
    """
    if not all(map(_is_installed, NEEDED)):
        raise BadCluster(HOW_TO_GET_RAY)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # otherwise Ray sends usage statistics
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address == LOCAL or host in (LOOPBACK, "localhost"):
        os.environ.setdefault(
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0"
        )  # as on Windows and macOS, 127.0.0.1 stays the node's address
    if address == LOCAL:
        return
    if not host or not port.isdecimal():
        raise BadCluster(f"--ray is {address!r}, expected the address of a cluster's head, HOST:PORT, or {LOCAL}.")
    try:
        socket.create_connection((host, int(port)), CONNECT_TIMEOUT).close()
    except OSError as error:
        raise BadCluster(f"There is no Ray cluster at {address}: {error.strerror or error}.") from error
    if "RAY_AUTH_MODE" not in os.environ and asks_for_token(f"{host}:{port}"):
        if not has_token():  # Ray itself would try for 40 seconds
            raise BadCluster(f"The Ray cluster at {address} asks for a token. {HOW_TO_GET_TOKEN}")
        os.environ["RAY_AUTH_MODE"] = "token"  # Ray does so only for a cluster that it finds by itself


def has_token() -> bool:
    """Return whether there is a token for clusters that ask for one: `ray start --head` asks where it finds one.

    Source: Ray 2.60, ray/_private/authentication/authentication_token_setup.py.
    """
    names = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
    return any(os.environ.get(name) for name in names) or TOKEN.expanduser().is_file()


def asks_for_token(address: str) -> bool:
    """Return whether a cluster asks for a token. One that does not cannot be used with one, so it has to be known.

    Asked in a process of its own, as Ray reads its settings when it is imported.
    """
    command = [sys.executable, "-c", "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1])"]
    environment = {**os.environ, "RAY_AUTH_MODE": "disabled"}
    with suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            [*command, address], env=environment, capture_output=True, text=True, timeout=ASK_TIMEOUT, check=False
        )
        return REFUSAL in done.stderr
    return False


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ValueError:  # taken out of sys.modules
        return False


@contextmanager
def connect(address: str, *models: Path) -> Iterator[int]:
    """Connect to a cluster and send it this program; yields the number of its processors.

    Args:
        address: as given to prepare().
        models: model folders to send along; find_sent() returns where they are.

    Raises:
        BadCluster: it refuses the connection.
    """
    import ray

    # Ray stops idle processes beyond one a processor after a second, and would start them again for every batch
    system = {"num_workers_soft_limit": IDLE_PROCESSES * (os.cpu_count() or 1)}
    local = {"include_dashboard": False, "_node_ip_address": LOOPBACK, "_system_config": system}
    options: dict[str, Any] = local if address == LOCAL else {}
    sent = [str(folder) for folder in (ROOT / "app", *models)]
    runtime = {"py_modules": sent, "excludes": ["__pycache__", "report"]}
    former = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address, runtime_env=runtime, log_to_driver=False, logging_level="error", **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise BadCluster(f"The Ray cluster at {address} cannot be used: {error}.") from error
    try:
        signal.signal(signal.SIGTERM, former)  # Ray's own would end the program with a code and lines of Ray's
        yield max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        ray.shutdown()


def find_sent(name: str) -> Path:
    """Return where connect() put a model folder on this machine of the cluster."""
    return next(Path(place) / name for place in sys.path if (Path(place) / name / NETWORK).is_file())
