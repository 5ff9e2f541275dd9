"""What is counted, and that what clients send cannot make the labels more."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from prometheus_client import values
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from app.web.metrics import FILE_SIZE, FOLDER, PLACE, forget_worker, reserve_files, use_files
from tests.support.drawings import draw_digit, to_png

SEVEN = to_png(draw_digit(7))
BLANK = to_png(np.full((100, 100), 255, np.uint8))


@pytest.fixture
def client(tiny_models: Path) -> FlaskClient:
    return create_app({"models": tiny_models}).test_client()


def samples(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its labels' values, in the order of the labels' names."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_digits_are_counted_by_model(client: FlaskClient) -> None:
    digits = [client.post("/predict?model=plain", data=SEVEN).get_json()["digit"] for _ in range(2)]
    zeros = np.zeros((3, 28, 28, 1)).tolist()
    rows = client.post("/v1/models/plain:predict", json={"instances": zeros}).get_json()["predictions"]
    digits += [int(np.argmax(row)) for row in rows]
    shape = {"name": "tensor", "shape": [3, 28, 28, 1], "datatype": "FP32", "data": zeros}
    client.post("/v2/models/plain/infer", json={"inputs": [shape]})
    counted = samples(client)
    assert counted["digits_read_total", str(digits[0]), "plain"] >= 2
    assert sum(value for key, value in counted.items() if key[0] == "digits_read_total") == 8
    certain = client.post("/predict?model=unsure", data=SEVEN).get_json()["certain"]
    assert samples(client).get(("digits_uncertain_total", "unsure"), 0) == (not certain)


def test_requests_are_counted_by_route_and_status(client: FlaskClient) -> None:
    client.post("/predict", data=SEVEN)
    client.post("/predict", data=BLANK)
    client.get("/models/plain")
    counted = samples(client)
    assert counted["digits_requests_total", "POST", "/predict", "200"] == 1
    assert counted["digits_requests_total", "POST", "/predict", "422"] == 1
    assert counted["digits_requests_total", "GET", "/models/<name>", "200"] == 1
    assert counted["digits_request_seconds_count", "/predict"] == 2
    assert counted["digits_rejected_total", "no_ink"] == 1
    assert counted["digits_requests_in_flight",] == 1  # the one that asks


def test_every_picture_that_is_refused_is_counted(client: FlaskClient) -> None:
    files = [(io.BytesIO(body), "x.png") for body in (SEVEN, BLANK, b"hello", b"hello")]
    assert client.post("/predict", data={"file": files}).status_code == 200
    counted = samples(client)
    assert counted["digits_rejected_total", "no_ink"] == 1
    assert counted["digits_rejected_total", "unsupported_format"] == 2


@pytest.mark.parametrize("path", ("/metrics/", "//metrics", "/metrics//", "/METRICS", "/metrics/x"))
def test_counts_are_shown_at_one_path_only(client: FlaskClient, path: str) -> None:
    assert client.get("/metrics").mimetype == "text/plain"
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_models_are_described(client: FlaskClient) -> None:
    information = {key[1:] for key in samples(client) if key[0] == "digits_model_info"}
    assert information == {("true", "plain", "LiteRT", "1"), ("false", "unsure", "LiteRT", "1")}


def test_labels_do_not_grow_with_what_clients_send(client: FlaskClient) -> None:
    client.get("/nowhere")
    before = len(samples(client))
    for number in range(50):
        client.get(f"/nowhere/{number}")
        client.open(f"/{number}", method=f"WORD{number}")
        client.open("/predict", method=f"WORD{number}")
        client.get(f"/models/{number}")
        client.post(f"/v1/models/{number}:predict", headers={"X-Request-ID": str(number)})
    assert len(samples(client)) < before + 120


def test_workers_count_together_and_a_successor_continues_the_count(
    tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setenv(PLACE, "0")  # what use_files() sets is undone with it, and with the next line
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    clients = []
    for place in (0, 1, 0):  # the third is the first one's successor
        reserve_files(tmp_path, place)
        use_files(place)
        clients.append(create_app({"models": tiny_models}).test_client())
        clients[-1].post("/predict", data=SEVEN)
    counted = samples(clients[-1])
    assert counted["digits_requests_total", "POST", "/predict", "200"] == 3
    assert counted["digits_request_seconds_count", "/predict"] == 3
    forget_worker(1)
    assert samples(clients[-1])["digits_requests_total", "POST", "/predict", "200"] == 3
    assert {path.stat().st_size for path in tmp_path.iterdir()} == {FILE_SIZE}
