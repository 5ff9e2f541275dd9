"""The package that pip installs: it serves without anything beside it, and its papers are valid."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from app.settings import NOT_OURS, PREFIX
from app.version import VERSION
from tests.conftest import ROOT
from tests.test_requirements import read_pins

SERVED = ("models", "static", "templates")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOW = ROOT / ".github" / "workflows" / "test.yml"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The package as it is built."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.iterdir()
    assert path.name == f"digits-{VERSION}-py3-none-any.whl"
    return zipfile.Path(path)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.Path) -> Message:
    return message_from_bytes((wheel / f"digits-{VERSION}.dist-info" / "METADATA").read_bytes())


@pytest.fixture(scope="module")
def installed(wheel: zipfile.Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the package."""
    folder = tmp_path_factory.mktemp("installed")
    wheel.root.extractall(folder)
    return folder


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the package and what it depends on, but not with this folder."""
    ours = {name for name in os.environ if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in NOT_OURS}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=installed.parent,
        env={**environment, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("folder", SERVED)
def test_the_package_holds_all_that_is_served(wheel: zipfile.Path, folder: str) -> None:
    held = {name for name in wheel.root.namelist() if name.startswith(f"app/served/{folder}/") and name[-1] != "/"}
    there = {f"app/served/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert held == there


def test_the_package_holds_nothing_else(wheel: zipfile.Path) -> None:
    tops = {name.split("/")[0] for name in wheel.root.namelist()}
    assert tops == {"app", "train", "digits.py", f"digits-{VERSION}.dist-info"}
    packed = [name for name in wheel.root.namelist() if name.endswith((".pyc", ".lock", ".txt")) and "app/" in name]
    assert packed == ["app/served/static/robots.txt"]


PAGES = ("/health/ready", "/", "/models", "/docs", "/service-worker.js", "/static/page.js")


def test_the_installed_package_serves(installed: Path) -> None:
    program = f"""if True:
        import app
        assert app.__file__.startswith({str(installed)!r}), app.__file__
        client = app.create_app().test_client()
        for path in {PAGES!r}:
            print(path, client.get(path, headers={{"Accept": "text/html"}}).status_code)
        """
    done = run(installed, "-c", program)
    assert (done.returncode, done.stdout) == (0, "".join(f"{path} 200\n" for path in PAGES)), done.stderr


def test_the_command_runs_the_program_that_it_names(installed: Path) -> None:
    assert PROJECT["scripts"] == {"digits": "digits:main"}
    checked = run(installed, "-m", "digits", "--check")
    assert (checked.returncode, checked.stdout.split(",")[0]) == (0, "robust"), checked.stderr
    assert "python -m app read" in run(installed, "-m", "digits", "read", "--help").stdout
    assert "python -m train" in run(installed, "-m", "digits", "train", "--help").stdout


def test_training_without_keras_is_refused_in_one_sentence(installed: Path) -> None:
    program = """if True:
        import importlib.util
        import sys
        find = importlib.util.find_spec
        importlib.util.find_spec = lambda name: None if name == "keras" else find(name)
        sys.argv = ["digits", "train", "lenet5"]
        import digits
        digits.main()
        """
    done = run(installed, "-c", program)
    assert done.returncode == 1
    assert done.stderr == "Training needs TensorFlow and Keras, which are not installed: pip install 'digits[train]'\n"


def test_dependencies_are_those_of_the_files_of_pins(metadata: Message) -> None:
    required = metadata.get_all("Requires-Dist", [])
    for extra, name in ((None, "app/requirements.txt"), ("train", "requirements.txt")):
        marker = f"extra == '{extra}'" if extra else ""
        found = {
            re.sub(r"\[.*\]", "", line.split(";")[0].strip())  # psycopg[binary] is pinned as psycopg
            for line in required
            if line.partition(";")[2].strip() == marker
        }
        pins = {f"{package}=={version}" for package, version in read_pins(name).items()}
        base = {f"{package}=={version}" for package, version in read_pins("app/requirements.txt").items()}
        assert found == (pins - base if extra else base)
    assert set(metadata.get_all("Provides-Extra", [])) == {"train", "cluster", "pdf", "heic", "mlflow", "grpc"}
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"


def load_schema(name: str) -> dict[str, Any]:
    folder = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return schema


def test_the_citation_is_valid_and_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    jsonschema.validate(citation, load_schema("citation-file-format"))
    assert (citation["version"], citation["license"]) == (VERSION, PROJECT["license"])


def test_the_workflow_is_valid_and_runs_the_whole_check() -> None:
    workflow = {{True: "on"}.get(key, key): value for key, value in yaml.safe_load(WORKFLOW.read_text()).items()}
    jsonschema.validate(workflow, load_schema("github-workflows"))
    assert workflow["permissions"] == {"contents": "read"}
    commands = [step.get("run") for step in workflow["jobs"]["test"]["steps"]]
    assert "make test" in commands
    tried = set(workflow["jobs"]["serve"]["strategy"]["matrix"]["python"])
    named = {line.split(" :: ")[-1] for line in PROJECT["classifiers"] if "Python :: 3." in line}
    assert tried == named


def test_what_runs_before_a_commit_is_what_make_lint_runs() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert lint
    programs = {line.split()[0].rpartition("/")[2] for line in lint[1].splitlines()}
    hooks = {hook["entry"].split()[0].rpartition("/")[2] for hook in repository["hooks"]}
    assert {"ruff", "mypy"} <= hooks <= programs


@pytest.mark.parametrize(
    "name",
    ("LICENSE", "SECURITY.md", "CONTRIBUTING.md", "CITATION.cff", "docs/licences.md", ".github/workflows/test.yml"),
)
def test_the_papers_are_there_and_link_to_what_is_there(name: str) -> None:
    text = (ROOT / name).read_text()
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / name).parent / link).exists(), link


def test_every_data_set_s_licence_is_named() -> None:
    text = (ROOT / "docs" / "licences.md").read_text()
    assert "CC BY-SA 3.0" in text
    for card in (ROOT / "models").glob("*/card.json"):
        fields = json.loads(card.read_text())
        assert fields["dataset_title"] in text
        if fields["dataset"] == "fashion_mnist":
            assert f"`{card.parent.name}`" in text
