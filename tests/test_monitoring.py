"""What watches the server: the rules and the dashboard ask for what /metrics counts, by labels that it has."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from app.openapi.schemas import CODES
from tests.conftest import ROOT
from tests.promtool import find_promtool
from tests.support.drawings import draw_digit, to_png

MONITORING = ROOT / "deploy" / "monitoring"
ALERTS = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
BOARD = json.loads((MONITORING / "dashboard.json").read_text())
RULES: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
TARGETS: list[dict[str, Any]] = [target for panel in BOARD["panels"] for target in panel["targets"]]
EXPRESSIONS = [each["expr"] for each in (*RULES, *TARGETS)]
SELECTOR = re.compile(r"\b(digits_\w+|up)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!=|!~|=)"([^"]*)"')
OF_SCRAPES = {"job", "instance"}  # labels that Prometheus adds
BY = re.compile(r"\bby \(([^)]*)\)")
LEGEND = re.compile(r"\{\{\s*\$?(?:labels\.)?(\w+)\s*\}\}")


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app().test_client()


@pytest.fixture(scope="module")
def counted(client: FlaskClient) -> dict[str, list[dict[str, str]]]:
    """The labels of every sample, by its name, after a picture that is read and one that is not."""
    cross = np.maximum(np.eye(100, dtype=np.uint8), np.eye(100, dtype=np.uint8)[::-1]) * 255
    for body in (to_png(draw_digit(7)), b"a letter", to_png(255 - cv2.dilate(cross, np.ones((7, 7))))):
        client.post("/predict", data=body)
    samples: dict[str, list[dict[str, str]]] = {"up": [{}]}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append(dict(sample.labels))
    return samples


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_for_what_is_counted(counted: dict[str, list[dict[str, str]]], expression: str) -> None:
    found = SELECTOR.findall(expression)
    assert found
    for name, matchers in found:
        assert name in counted
        known = {label for labels in counted[name] for label in labels} | OF_SCRAPES
        asked = MATCHER.findall(matchers)
        assert {label for label, _, _ in asked} <= known
        assert any(label == "job" for label, _, _ in asked)
        for label in (each.strip() for group in BY.findall(expression) for each in group.split(",")):
            assert label in known
    assert expression.count("(") == expression.count(")")


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "action"}


def test_codes_and_routes_that_are_asked_for_exist(client: FlaskClient) -> None:
    routes = {rule.rule for rule in client.application.url_map.iter_rules()}
    for expression in EXPRESSIONS:
        for label, _, value in MATCHER.findall(expression):
            assert label != "code" or value in CODES
            assert label != "route" or set(value.split("|")) <= routes


def test_the_dashboard_is_whole() -> None:
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in BOARD["panels"]}
    assert len(places) == len(BOARD["panels"])
    variables = {"$" + variable["name"] for variable in BOARD["templating"]["list"]} | {"$__rate_interval"}
    for target in TARGETS:
        assert set(re.findall(r"\$\w+", target["expr"])) <= variables
        grouped = {each.strip() for group in BY.findall(target["expr"]) for each in group.split(",")}
        assert set(LEGEND.findall(target["legendFormat"])) <= grouped


def test_promtool_takes_the_rules() -> None:
    promtool = find_promtool()
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    command = [promtool, "check", "rules", str(MONITORING / "alerts.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {len(RULES)} rules found" in done.stdout
