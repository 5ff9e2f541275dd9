"""The Dockerfile, as far as it can be checked without an engine: what it copies is all that serving needs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

LINES = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
SERVED = ("app", "static", "templates", "models")


def instructions(name: str) -> list[str]:
    return [line.split(maxsplit=1)[1] for line in LINES if line.startswith(f"{name} ")]


def test_only_what_serving_needs_is_copied() -> None:
    assert [copied.split()[0] for copied in instructions("COPY")] == ["app/requirements.lock", *SERVED]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    assert set(ignored[1:]) - {"**/__pycache__"} == {f"!{name}" for name in SERVED}


def test_it_does_not_run_as_root() -> None:
    assert re.fullmatch(r"[1-9]\d+", instructions("USER")[-1])


def test_its_commands_are_json() -> None:
    for command in (*instructions("CMD"), *(check.split("CMD", 1)[1] for check in instructions("HEALTHCHECK"))):
        assert all(isinstance(word, str) for word in json.loads(command))


def test_the_copied_tree_serves_without_the_rest(tmp_path: Path) -> None:
    for name in SERVED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "report"))
    program = "import app; print(app.create_app().test_client().get('/health/ready').status_code)"
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, '.'); {program}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "200\n"), done.stderr


def test_the_server_does_not_compile_itself_at_each_start() -> None:
    assert LINES.index("RUN python -m compileall -q app") == LINES.index("COPY app app") + 1


def test_what_is_installed_is_what_the_lock_names() -> None:
    (install,) = [command for command in instructions("RUN") if "pip install" in command]
    assert "--require-hashes -r app/requirements.lock" in install
