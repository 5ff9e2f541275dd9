"""A real PostgreSQL server of our own, in a folder of its own: started, killed, frozen and started again by tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from .processes import list_children

ACCOUNT = "postgres"  # PostgreSQL refuses to run as root
START = 60.0  # seconds it may take to start on a busy machine
PROGRAMS = ("postgres", "initdb")


def find_program(name: str) -> str | None:
    """Return where one of PostgreSQL's programs is; Debian keeps them out of the way."""
    packaged = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(packaged[-1]) if packaged else None)


class Postgres:
    """A cluster on a port of this machine, whose server runs or does not."""

    def __init__(self) -> None:
        """Make an empty cluster; its server does not run yet."""
        self.programs = {name: find_program(name) for name in PROGRAMS}
        if not all(self.programs.values()):
            pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
        self.folder = Path(tempfile.mkdtemp(prefix="digits-postgres-", dir="/tmp"))
        self.account = ACCOUNT if os.geteuid() == 0 else None
        if self.account:
            entry = pwd.getpwnam(self.account)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self._run(str(self.programs["initdb"]), "-A", "trust", "-U", "digits", "-N", "-D", str(self.folder / "data"))

    @property
    def url(self) -> str:
        """The URL of the database."""
        return f"postgresql://digits@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        command = [
            str(self.programs["postgres"]), "-D", str(self.folder / "data"), "-p", str(self.port),
            "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=16MB",
        ]  # fmt: skip
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=self.folder,
            user=self.account,
            group=self.account,
            extra_groups=[] if self.account else None,
        )
        log.close()
        import psycopg

        deadline = time.monotonic() + START
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """Let the server die at once, as when the power fails: nothing is written any more."""
        assert self.process
        self._signal(signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        """Let the server stop answering, with its connections open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        """End the server and remove its folder."""
        if self.process and self.process.poll() is None:
            self.thaw()
            self.process.send_signal(signal.SIGINT)
            self.process.wait(START)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: int) -> None:
        assert self.process
        for each in (self.process.pid, *list_children(self.process.pid)):
            with suppress(ProcessLookupError):  # what served a connection, or cleans up, ends when it likes
                os.kill(each, number)

    def _run(self, *command: str) -> None:
        subprocess.run(
            command, check=True, capture_output=True, cwd=self.folder, user=self.account, group=self.account,
            extra_groups=[] if self.account else None,
        )  # fmt: skip


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server, and remove it in the end, whatever a test has done to it."""
    cluster = Postgres()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()
