"""Clients that programs write from the description: they answer as the server does."""

from __future__ import annotations

import base64
import importlib
import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.drawings import draw_digit, to_png
from tests.support.servers import serve

BIN = Path(sys.executable).parent
CLIENTS = ROOT / "tests" / "clients"
NODE_MODULES = CLIENTS / "node_modules"
SEVEN = to_png(draw_digit(7))
TEXT = base64.b64encode(SEVEN).decode()
OMITTED = {"image/*", "text/plain", "image/png"}  # contents that openapi-python-client does not write clients for


@pytest.fixture(scope="module")
def address(tiny_models: Path) -> Iterator[str]:
    with serve(models=tiny_models, workers=2) as address:
        yield address


@pytest.fixture(scope="module")
def description(address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("description") / "openapi.json"
    with urllib.request.urlopen(f"{address}/openapi.json") as answer:
        path.write_bytes(answer.read())
    return path


@pytest.fixture(scope="module")
def python_client(description: Path) -> Iterator[tuple[Path, str]]:
    """The folder of a generated client, and what its generator said."""
    folder, config = description.with_name("client"), description.with_name("config.json")
    config.write_text('{"post_hooks": []}')
    command: list[str | Path] = [BIN / "openapi-python-client", "generate", "--path", description, "--config", config]
    command += ["--output-path", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield folder, done.stdout
    sys.path.remove(str(folder))


def test_openapi_python_client_understands_every_operation(python_client: tuple[Path, str], description: Path) -> None:
    folder, said = python_client
    operations = [each for path in json.loads(description.read_text())["paths"].values() for each in path.values()]
    modules = [path for path in (folder / "digits_client" / "api").rglob("*.py") if path.name != "__init__.py"]
    assert len(modules) == len(operations)
    complaints = [line for line in said.splitlines() if line.startswith(("Unable", "Cannot", "Unsupported", "type "))]
    assert [line for line in complaints if not any(omitted in line for omitted in OMITTED)] == []
    assert "Failure to process" not in said


def test_a_client_in_python_is_answered(python_client: tuple[Path, str], address: str) -> None:
    def load(name: str) -> Any:
        return importlib.import_module(f"digits_client.{name}")

    models, types = load("models"), load("types")
    predict, read = load("api.reading.predict"), load("api.reading.read")
    with load("client").Client(base_url=address) as client:
        named = models.ServedModel.PLAIN
        one = predict.sync(client=client, body=models.OnePicture(image=TEXT), model=named)
        assert (one.digit in range(10), one.model, len(one.probabilities)) == (True, "plain", 10)
        several = predict.sync(client=client, body=models.SeveralPictures(images=[TEXT, "AAAA"]))
        assert [type(answer).__name__ for answer in several.predictions] == ["Reading", "Error"]
        file = types.File(payload=SEVEN, file_name="7.png", mime_type="image/png")
        form = models.PredictFilesBody(file=[file])
        assert predict.sync(client=client, body=form).digit == one.digit
        assert predict.sync(client=client, body=types.File(payload=SEVEN)).digit == one.digit
        assert read.sync(client=client, body=models.OnePicture(image=TEXT)).text
        refused = predict.sync(client=client, body=models.OnePicture(image="AAAA"))
        assert (refused.code.value, refused.error[:9]) == ("unsupported_format", "This is n")
        metadata = load("api.open_inference_protocol.v_2_metadata").sync(name=named, client=client)
        assert [tensor.name for tensor in metadata.inputs] == ["tensor", "picture"]
        tensor = {"name": "picture", "datatype": "BYTES", "shape": [1], "data": [TEXT]}
        body = models.V2InferJsonBody.from_dict({"inputs": [tensor]})
        inferred = load("api.open_inference_protocol.v_2_infer").sync(name=named, client=client, body=body)
        assert [output.shape for output in inferred.outputs] == [[1, 10], [1]]
        rows = models.V1PredictPredictInstances.from_dict({"instances": [{"b64": TEXT}]})
        assert len(load("api.tensor_flow_serving.v_1_predict").sync(name=named, client=client, body=rows).predictions)
        assert load("api.operation.ready").sync(client=client).ready


def test_a_client_in_typescript_is_answered_and_its_types_hold(address: str, description: Path) -> None:
    if not NODE_MODULES.is_dir():
        pytest.skip("tests/clients has no node_modules: make test installs them")
    folder = description.with_name("typescript")
    shutil.copytree(CLIENTS, folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(NODE_MODULES)
    node = BIN / "node"
    commands: tuple[list[str | Path], ...] = (
        [node, "node_modules/openapi-typescript/bin/cli.js", description, "--output", "schema.d.ts"],
        [node, "node_modules/typescript/bin/tsc", "--project", "tsconfig.json"],
        [node, "client.ts", address, TEXT],
    )
    for command in commands:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    answers = json.loads(done.stdout)
    assert answers.pop("digit") in range(10)
    assert answers.pop("text")
    inferred = {"inferred": [1, 10], "inputs": ["tensor", "picture"]}
    assert answers == {"several": 2, "rows": 1, "refused": "bad_request", **inferred}
