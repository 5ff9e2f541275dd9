"""The description of the API: true to the routes, valid, and what a real server does when it is taken at its word."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from app import create_app
from app.openapi.views import PAGES
from tests.conftest import ROOT
from tests.support.servers import serve

METHODS = ("get", "put", "post", "delete", "patch")


@pytest.fixture
def keeping_client(tiny_models: Path, tmp_path: Path) -> FlaskClient:
    """A client of an app with tiny networks that keeps corrections."""
    return create_app({"models": tiny_models, "database": f"sqlite:///{tmp_path / 'd.sqlite3'}"}).test_client()


def test_it_is_valid_openapi(tiny_client: FlaskClient) -> None:
    document = tiny_client.get("/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_it_describes_every_route_and_nothing_else(tiny_client: FlaskClient) -> None:
    described = {
        (path, method.upper())
        for path, methods in tiny_client.get("/openapi.json").get_json()["paths"].items()
        for method in methods
    }
    served = {
        (re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in tiny_client.application.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) & {method.upper() for method in METHODS}
    }
    assert described == served


def test_every_example_is_answered(keeping_client: FlaskClient) -> None:
    document = keeping_client.get("/openapi.json").get_json()
    sent = 0
    for path, methods in document["paths"].items():
        address = path.replace("{name}", "plain").replace("{version}", "1")
        for method, operation in methods.items():
            for kind, media in operation.get("requestBody", {}).get("content", {}).items():
                values = [media["example"]] if "example" in media else []
                values += [example["value"] for example in media.get("examples", {}).values()]
                for value in values:
                    body = {"json": value} if kind == "application/json" else {"data": value, "content_type": kind}
                    query = {"digit": "4"} if path == "/corrections" else {}
                    answer = keeping_client.open(address, method=method.upper(), query_string=query, **body)
                    assert answer.status_code in (200, 201), (address, answer.text)
                    sent += 1
    assert sent >= 15


def test_the_page_shows_every_operation_for_programs(tiny_client: FlaskClient) -> None:
    page = tiny_client.get("/docs").text
    for methods in tiny_client.get("/openapi.json").get_json()["paths"].values():
        for operation in methods.values():
            shown = f'id="{operation["operationId"]}"' in page
            assert shown == (operation["operationId"] not in PAGES)
    assert "One of <code>plain</code>, <code>unsure</code>." in page


def test_schemathesis_finds_nothing(tiny_models: Path, tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(ROOT / "schemathesis.toml"), "run", "--checks", "all"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--seed", "1", "--no-color"),
    ]
    with serve(models=tiny_models, workers=2, database=f"sqlite:///{tmp_path / 'd.sqlite3'}") as address:
        done = subprocess.run(
            [*command, f"{address}/openapi.json"], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
