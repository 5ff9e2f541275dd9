"""A Ray cluster is reached by its address and token; what stands in the way is said in one sentence."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.bulk.command import main
from app.bulk.connection import HOW_TO_GET_TOKEN, LOOPBACK
from tests.conftest import ROOT
from tests.support.drawings import draw_digit, to_png

from .test_cluster import fill, read_parts
from .test_command import run


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


CONNECTED = """
import signal, sys
from app.bulk import command
from app.bulk.connection import LOCAL, connect, prepare

def read_paths(**_):
    prepare(LOCAL)
    with connect(LOCAL):
        signal.raise_signal(signal.SIGTERM)

command.read_paths = read_paths
sys.exit(command.main(["scans", "--ray", "local", "--output", "parts"]))
"""


def test_sigterm_ends_a_run_on_a_cluster_as_any_other() -> None:
    done = subprocess.run([sys.executable, "-c", CONNECTED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.endswith("resume with: python -m app read scans --ray local --output parts --resume\n")
    assert done.returncode == 143


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
