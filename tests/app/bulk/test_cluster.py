"""Pictures read on a real Ray cluster of two nodes, one of which is killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from pyarrow import fs

from app.bulk.command import main
from app.bulk.connection import HOW_TO_GET_TOKEN, LOOPBACK
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


@contextmanager
def start_head(home: Path, folder: Path) -> Iterator[str]:
    """Run a cluster of one node as `ray start --head` does; yields its address."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("ray")),
        *("start", "--head", "--block", "--port", str(port), "--node-ip-address", LOOPBACK),
        *("--num-cpus", "1", "--object-store-memory", str(2**27), "--include-dashboard", "false"),
        *("--disable-usage-stats", "--temp-dir", str(folder)),
    ]
    environment = {**os.environ, "HOME": str(home), "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as head:
        assert head.stdout
        try:
            said = ""
            while "Ray runtime started" not in said:
                line = head.stdout.readline()
                assert line, said
                said += line
            assert "Token authentication is enabled" in said
            yield f"{LOOPBACK}:{port}"
        finally:
            head.terminate()
            head.communicate(timeout=60)


def test_a_head_that_ray_start_started_is_reached_by_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, stranger = tmp_path / "home", tmp_path / "stranger"
    stranger.mkdir()
    (home / ".ray").mkdir(parents=True)
    (home / ".ray" / "auth_token").write_text("5" * 32)  # as `ray get-auth-token --generate` and ray.init() write it
    folder, parts = fill(tmp_path / "scans", 20), tmp_path / "parts"
    with tempfile.TemporaryDirectory(prefix="ray") as short, start_head(home, Path(short)) as address:
        monkeypatch.setenv("HOME", str(home))
        code, _, said = run(str(folder), "--ray", address, "--output", str(parts))
        assert code == 1, said
        assert len(read_parts(parts)) == 20
        monkeypatch.setenv("HOME", str(stranger))
        code, _, said = run(str(folder), "--ray", address, "--output", str(tmp_path / "others"))
        assert code == 2, said
        assert said == f"The Ray cluster at {address} asks for a token. {HOW_TO_GET_TOKEN}\n"


def test_pictures_in_a_store_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 as moto's server speaks it, with the endpoint set as docs/scale.md says."""
    from moto.server import ThreadedMotoServer  # which takes long to import

    server = ThreadedMotoServer(LOOPBACK, 0, verbose=False)
    server.start()
    try:
        address, port = server.get_host_and_port()
        endpoint = {"AWS_ENDPOINT_URL": f"http://{address}:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
        for name, value in {**endpoint, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
            monkeypatch.setenv(name, value)
        override = endpoint["AWS_ENDPOINT_URL"]  # in this process, the SDK may have read the environment before
        store = fs.S3FileSystem(access_key="a", secret_key="b", endpoint_override=override, allow_bucket_creation=True)
        store.create_dir("scans")
        folder = fill(tmp_path / "scans", 22)
        for path in folder.iterdir():
            with store.open_output_stream(f"scans/in/{path.name}") as stream:
                stream.write(path.read_bytes())
        options = ("--ray", "local", "--processes", "1", "--output", "s3://scans/out")
        code, _, said = run("s3://scans/in", *options)
        assert code == 1, said
        rows = ds.dataset("scans/out", filesystem=store, format="parquet").to_table().to_pylist()
        expected = read_on_one_machine(folder, tmp_path / "alone.parquet")
        assert sorted((row["path"].rpartition("/")[2], row["digit"], row["code"]) for row in rows) == [
            (Path(row["path"]).name, row["digit"], row["code"]) for row in expected
        ]
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    (
        (("{folder}", "--ray", "local"), "With --ray, --output names the folder of Parquet parts to write."),
        (("{folder}", "--ray", "local", "--output", "a.csv"), "With --ray, --output names the folder of Parquet parts"),
        (("{folder}", "--ray", "local", "--output", "{folder}"), "{folder} already exists. Add --resume"),
        (
            ("{folder}", "--ray", "local", "--output", "{folder}", "--resume"),
            "{folder} holds {folder}/7.png, which this program did not write. Choose another.",
        ),
        (
            ("{folder}/none", "--ray", "local", "--output", "{folder}/parts"),
            "There is no file or folder {folder}/none.",
        ),
        (("nosuch://scans", "--ray", "local", "--output", "{folder}/parts"), "nosuch://scans cannot be opened: "),
        (("file:///none", "--ray", "local", "--output", "{folder}/parts"), "file:///none "),
        (
            ("{folder}", "--ray", "127.0.0.1:1", "--output", "{folder}/parts"),
            "There is no Ray cluster at 127.0.0.1:1: ",
        ),
    ),
)
def test_a_wrong_request_to_a_cluster_is_answered_in_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    for name in ("RAY_USAGE_STATS_ENABLED", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"):  # which it sets
        monkeypatch.setenv(name, "0")
    (tmp_path / "7.png").write_bytes(to_png(draw_digit(7)))
    code = main([argument.format(folder=tmp_path) for argument in arguments])
    written, said = capfd.readouterr()
    assert (code, written) == (2, "")
    assert said.startswith(sentence.format(folder=tmp_path))
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("missing", "arguments", "sentence"),
    (
        ("ray", ("--ray", "local", "--output", "parts"), "--ray needs Ray and pyarrow, here and on the cluster: `pip"),
        ("pyarrow", ("--output", "{folder}/read.parquet"), "Parquet is written with pyarrow: `pip install -r "),
    ),
)
def test_without_the_packages_a_sentence_says_how_to_get_them(
    tmp_path: Path, missing: str, arguments: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "7.png").write_bytes(to_png(draw_digit(7)))
    program = (
        f"import sys; sys.modules[{missing!r}] = None; from app.bulk.command import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path), *(one.format(folder=tmp_path) for one in arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1


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


def test_a_node_that_dies_loses_and_duplicates_no_picture(nodes: Nodes, tmp_path: Path) -> None:
    folder, parts = fill(tmp_path / "scans", ENOUGH), tmp_path / "parts"
    with start(str(folder), "--ray", nodes.address, "--output", str(parts), stderr=subprocess.PIPE) as process:
        wait_for(lambda: any(parts.glob("*.parquet")), 240)
        nodes.kill_one()
        assert len(list(parts.glob("*.parquet"))) < 8
        _, said = process.communicate(timeout=300)
    assert process.returncode == 1, said.decode()
    rows = read_parts(parts)
    assert [row["path"] for row in rows] == sorted(map(str, folder.iterdir()))
    assert [row["code"] == "unsupported_format" for row in rows] == [
        int(Path(row["path"]).stem[2:]) % 11 == 10 for row in rows
    ]
    assert not (parts / "_unfinished").exists()
