"""Pictures read on a real Ray cluster of two nodes, one of which is killed."""

from __future__ import annotations

import fcntl
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from app.bulk.command import main
from app.bulk.rows import read_body
from app.bulk.sources import BadPath, name_source
from tests.conftest import ROOT
from tests.support.drawings import draw_digit, to_png

from .test_command import read_rows, run, start, wait_for

FEW = 200  # pictures
ENOUGH = 4000  # pictures: a node can be killed before they are read


class Nodes:
    """A running cluster."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until it runs."""
        self._process = process
        assert process.stdout
        self.address = process.stdout.readline().strip()
        assert self.address.startswith("127.0.0.1:"), self.address

    def kill_one(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("kill\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "killed\n"


@contextmanager
def run_nodes() -> Iterator[Nodes]:
    """Run a cluster of two nodes."""
    command = [sys.executable, "-m", "tests.support.cluster"]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        yield Nodes(process)
        assert process.stdin
        process.stdin.close()
        process.wait(60)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Two nodes, for the last two tests: they use a processor also while nobody uses them. The last kills one."""
    with run_nodes() as nodes:
        yield nodes


def fill(folder: Path, count: int) -> Path:
    """Fill a folder with pictures of digits, every eleventh of them bad."""
    folder.mkdir()
    bodies = [to_png(draw_digit(label, shape=(64, 64), height=40, pen=5)) for label in range(10)] + [b"a letter"]
    for number in range(count):
        (folder / f"{number % 10}-{number:05d}.png").write_bytes(bodies[number % len(bodies)])
    return folder


def read_parts(folder: Path) -> list[dict[str, Any]]:
    """Read the parts as any program does, by path."""
    rows: list[dict[str, Any]] = ds.dataset(folder, format="parquet").to_table().to_pylist()
    return sorted(rows, key=lambda row: str(row["path"]))


def read_on_one_machine(folder: Path, output: Path, *options: str) -> list[dict[str, Any]]:
    assert main([str(folder), "--output", str(output), *options]) == 1
    return sorted(read_rows(output), key=lambda row: str(row["path"]))


def test_a_cluster_reads_as_one_machine_does_and_adds_what_is_new(nodes: Nodes, tmp_path: Path) -> None:
    folder, parts = fill(tmp_path / "scans", FEW), tmp_path / "parts"
    code, written, said = run(
        str(folder), "--ray", nodes.address, "--output", str(parts), "--label-from", "name", "--wrong", "/dev/null"
    )
    assert code == 1, said
    assert said.splitlines()[-1].startswith(f"{FEW} pictures, {FEW // 11} failures, ")
    alone = read_on_one_machine(folder, tmp_path / "alone.parquet")
    assert read_parts(parts) == alone
    right = sum(row["text"] == Path(row["path"]).name[0] for row in alone)
    assert written.startswith(f"{right} of {FEW} right: accuracy ")
    (parts / "_unfinished").write_text('{"model": "robust", "many": false}\n')
    torn = parts / "torn.parquet"
    torn.write_bytes(next(parts.glob("*.parquet")).read_bytes()[:-9])
    new = fill(tmp_path / "new", 22)
    places = (str(folder), f"file://{new}", f"local://{new}")
    code, _, said = run(*places, "--ray", nodes.address, "--output", str(parts), "--resume")
    assert code == 1, said
    added = [row for row in read_parts(parts) if row not in alone]
    assert len(read_parts(parts)) == FEW + 2 * 22
    expected = read_on_one_machine(new, tmp_path / "new.parquet")
    for scheme, rows in (("file", added[:22]), ("local", added[22:])):
        assert rows == [{**row, "path": f"{scheme}://{row['path']}"} for row in expected]


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """A named pipe in which more is written than is read of a file: to read it would not end the test."""
    path = tmp_path / "pipe.png"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    os.write(writer, b"more")
    yield path
    os.close(writer)


@pytest.mark.parametrize("name", ("{pipe}", "file://{pipe}", "/dev/zero", "/", "/nowhere.png", "/\0.png"))
def test_what_is_no_file_is_the_error_that_one_machine_says(
    pipe: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    from app.bulk.cluster import read_place

    place = name.format(pipe=pipe)
    assert read_place(place, 3) == read_body(name_source(place.removeprefix("file://")), 3)


def test_a_pipe_that_is_named_as_an_archive_is_refused_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    from app.bulk.cluster import find_places

    archive = tmp_path / "pipe.tar"
    os.mkfifo(archive)
    with pytest.raises(BadPath, match="An archive is read on this machine"):
        next(find_places([str(archive)], io.BytesIO()))


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Let who opens a file wait, for 45 seconds at most. Source: fcntl(2), "Leases"."""
    former = signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        with path.open("rb") as file:
            with suppress(OSError):  # this file system has no leases
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            yield
    finally:
        signal.signal(signal.SIGIO, former)


def test_a_node_that_dies_loses_and_duplicates_no_picture(nodes: Nodes, tmp_path: Path) -> None:
    folder, parts = fill(tmp_path / "scans", ENOUGH), tmp_path / "parts"
    last = ExitStack()
    last.enter_context(held(max(folder.iterdir())))  # however slow this machine is, a node dies before all is read
    with last, start(str(folder), "--ray", nodes.address, "--output", str(parts), stderr=subprocess.PIPE) as process:
        wait_for(lambda: any(parts.glob("*.parquet")), 240)
        nodes.kill_one()
        assert len(list(parts.glob("*.parquet"))) < 8
        last.close()
        _, said = process.communicate(timeout=300)
    assert process.returncode == 1, said.decode()
    rows = read_parts(parts)
    assert [row["path"] for row in rows] == sorted(map(str, folder.iterdir()))
    assert [row["code"] == "unsupported_format" for row in rows] == [
        int(Path(row["path"]).stem[2:]) % 11 == 10 for row in rows
    ]
    assert not (parts / "_unfinished").exists()
