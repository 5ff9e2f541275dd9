"""TensorFlow Serving's REST API, its answers parsed by TensorFlow Serving's own messages."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from app.models.classifier import Classifier
from tests.support.drawings import draw_digit, to_png

from ..conftest import FEW

ZEROS = np.zeros((28, 28, 1)).tolist()
B64 = {"b64": base64.b64encode(to_png(draw_digit(7))).decode()}


@pytest.fixture
def plain(tiny_client: FlaskClient) -> Classifier:
    classifier: Classifier = tiny_client.application.extensions["digits"].get("plain")
    return classifier


def parse(message: dict[str, Any], into: Any) -> Any:
    from google.protobuf import json_format

    return json_format.ParseDict(message, into, ignore_unknown_fields=True)


@pytest.mark.parametrize("path", ("/v1/models/plain", "/v1/models/plain/versions/1"))
def test_status_is_their_message_and_what_kserve_reads(tiny_client: FlaskClient, path: str) -> None:
    from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusResponse, ModelVersionStatus

    body = tiny_client.get(path).get_json()
    (status,) = parse(body, GetModelStatusResponse()).model_version_status
    assert (status.version, status.state) == (1, ModelVersionStatus.AVAILABLE)
    assert status.status.error_code == 0
    assert (body["name"], body["ready"], body["model_version_status"][0]["version"]) == ("plain", True, "1")


def test_models_are_listed_as_kserve_does(tiny_client: FlaskClient) -> None:
    assert tiny_client.get("/v1/models").get_json() == {"models": ["plain", "unsure"]}


@pytest.mark.parametrize("path", ("/v1/models/plain/metadata", "/v1/models/plain/versions/1/metadata"))
def test_metadata_is_their_message(tiny_client: FlaskClient, path: str) -> None:
    from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataResponse, SignatureDefMap

    answer = parse(tiny_client.get(path).get_json(), GetModelMetadataResponse())
    assert (answer.model_spec.name, answer.model_spec.version.value) == ("plain", 1)
    signatures = SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(signatures)
    default = signatures.signature_def["serving_default"]
    assert default.method_name == "tensorflow/serving/predict"
    assert [dim.size for dim in default.inputs["tensor"].tensor_shape.dim] == [-1, 28, 28, 1]
    assert [dim.size for dim in default.outputs["probabilities"].tensor_shape.dim] == [-1, 10]


@pytest.mark.parametrize("path", ("/v1/models/plain:predict", "/v1/models/plain/versions/1:predict"))
def test_rows_and_columns_answer_what_the_network_does(tiny_client: FlaskClient, plain: Classifier, path: str) -> None:
    tensor = np.random.default_rng(1).random((3, 28, 28, 1), np.float32)
    expected = plain.predict(tensor).probabilities
    rows, columns = tensor.tolist(), {"tensor": tensor.tolist()}
    named = [{"tensor": row} for row in rows]
    for message, key in (
        ({"instances": rows}, "predictions"),
        ({"instances": named}, "predictions"),
        ({"signature_name": "serving_default", "instances": rows}, "predictions"),
        ({"inputs": rows}, "outputs"),
        ({"inputs": columns}, "outputs"),
    ):
        answer = tiny_client.post(path, json=message).get_json()
        assert list(answer) == [key]
        np.testing.assert_allclose(answer[key], expected, atol=1e-6)


def test_several_outputs_are_named(tiny_client: FlaskClient, plain: Classifier) -> None:
    prediction = plain.predict(np.zeros((2, 28, 28, 1), np.float32))
    asked = {"signature_name": "certainty"}
    rows = tiny_client.post("/v1/models/plain:predict", json={**asked, "instances": [ZEROS] * 2}).get_json()
    columns = tiny_client.post("/v1/models/plain:predict", json={**asked, "inputs": [ZEROS] * 2}).get_json()
    for index, row in enumerate(rows["predictions"]):
        np.testing.assert_allclose(row["probabilities"], prediction.probabilities[index], atol=1e-6)
        assert row["certainty"] == pytest.approx(float(prediction.certainty[index]))
    assert set(columns["outputs"]) == {"probabilities", "certainty"}
    np.testing.assert_allclose(columns["outputs"]["certainty"], prediction.certainty, atol=1e-6)


@pytest.mark.parametrize(
    "message",
    (
        {"instances": [B64]},
        {"instances": [{"picture": B64}]},
        {"instances": [{"tensor": B64}]},
        {"inputs": {"picture": [B64]}},
        {"signature_name": "pictures", "inputs": [B64]},
    ),
)
def test_pictures_read_as_by_predict(tiny_client: FlaskClient, message: dict[str, Any]) -> None:
    (row,) = tiny_client.post("/v1/models/plain:predict", json=message).get_json().popitem()[1]
    alone = tiny_client.post("/predict?model=plain", data=to_png(draw_digit(7))).get_json()
    np.testing.assert_allclose(row, alone["probabilities"], atol=1e-5)


def test_the_type_of_the_body_does_not_matter(tiny_client: FlaskClient) -> None:
    body = b'{"instances": [{"b64": "%b"}]}' % base64.b64encode(to_png(draw_digit(7)))
    for kind in (None, "application/x-www-form-urlencoded", "text/plain"):
        assert tiny_client.post("/v1/models/plain:predict", data=body, content_type=kind).status_code == 200


EMPTY = '{"b64": ""}'
WRONG: dict[str, tuple[str, int, str, str]] = {
    "neither key": ("{}", 400, "bad_request", '"instances"'),
    "both keys": ('{"instances": [], "inputs": []}', 400, "bad_request", "either"),
    "no rows": ('{"instances": []}', 400, "bad_request", "not empty"),
    "rows that are none": ('{"instances": 1}', 400, "bad_request", "list"),
    "columns that are none": ('{"inputs": "x"}', 400, "bad_request", "list"),
    "an unknown input": ('{"inputs": {"x": [1]}}', 400, "bad_request", '"tensor" or "picture"'),
    "two inputs": ('{"inputs": {"tensor": [1], "picture": [1]}}', 400, "bad_request", "one input"),
    "rows of two kinds": ('{"instances": [{"tensor": 1}, {"picture": 1}]}', 400, "bad_request", "the same"),
    "a row without its name": ('{"instances": [{"tensor": 1}, 2]}', 400, "bad_request", "the same"),
    "another shape": ('{"instances": [[1, 2, 3]]}', 400, "bad_request", "[1, 3]; expected [n, 28, 28, 1]"),
    "ragged": ('{"instances": [[1, 2], [3]]}', 400, "bad_request", "differ in length"),
    "text": ('{"instances": ["seven"]}', 400, "bad_request", "no number"),
    "numbers as text": ('{"instances": [["1", "2"]]}', 400, "bad_request", "no number"),
    "null": ('{"instances": [null]}', 400, "bad_request", "no number"),
    "NaN": ('{"instances": [[[' + ",".join(["[NaN]"] * 28) + "]" + "]]}", 400, "bad_request", "NaN"),
    "a huge number": (f'{{"instances": [1{"0" * 400}]}}', 400, "bad_request", "beyond 64 bits"),
    "an endless number": (f'{{"instances": [1{"0" * 3900}]}}', 400, "bad_request", "beyond 64 bits"),
    "deep": ('{"instances": ' + "[" * 1500 + "]" * 1500 + "}", 400, "bad_request", ""),
    "not JSON": ("{", 400, "bad_request", "not JSON"),
    "not UTF-8": ("\udcff", 400, "bad_request", "not JSON"),
    "a list": ("[]", 400, "bad_request", "object"),
    "an unknown signature": ('{"signature_name": "x", "instances": []}', 400, "bad_request", "serving_default"),
    "a signature that is a list": ('{"signature_name": [1], "instances": []}', 400, "bad_request", "serving_default"),
    "a broken picture": ('{"instances": [{"b64": "AAAA"}]}', 415, "unsupported_format", "PNG"),
    "a picture that is a number": ('{"instances": [{"b64": 7}]}', 400, "bad_request", "base64"),
    "pictures and numbers": ('{"instances": [{"b64": "AAAA"}, 1]}', 400, "bad_request", "every picture"),
    "too many pictures": (f'{{"instances": [{",".join([EMPTY] * (FEW + 1))}]}}', 413, "too_large", "at most 3"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "code", "sentence"), WRONG.values(), ids=WRONG)
def test_a_wrong_request_is_refused_with_what_was_expected(
    small_client: FlaskClient, body: str, status: int, code: str, sentence: str
) -> None:
    answer = small_client.post("/v1/models/plain:predict", data=body.encode("utf-8", "surrogateescape"))
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text
    assert sentence in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    (
        *((value, "NaN, Infinity, numbers beyond 64 bits") for value in ("NaN", "Infinity", "-Infinity", "1e999")),
        *((value, "0.0 (paper) to 1.0 (ink)") for value in ("255", "1e300", "-11", str(-(2**63)), str(2**64 - 1))),
    ),
)
def test_values_out_of_range_are_refused(tiny_client: FlaskClient, value: str, sentence: str) -> None:
    row = "[" + ",".join(["[" + ",".join(["[0.5]"] * 28) + "]"] * 28) + "]"
    body = f'{{"instances": [{row}, {row.replace("0.5", value, 1)}]}}'
    answer = tiny_client.post("/v1/models/plain:predict", data=body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
    assert sentence in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    (
        ("GET", "/v1/models/none", 404, "Servable not found for request: Latest(none)"),
        ("GET", "/v1/models/plain/versions/2", 404, "Specific(plain, 2)"),
        ("GET", "/v1/models/none/metadata", 404, "Latest(none)"),
        ("POST", "/v1/models/none:predict", 404, "Served here: plain version 1"),
        ("POST", "/v1/models/plain/versions/x:predict", 404, "Specific(plain, x)"),
        ("POST", "/v1/models/plain:classify", 400, ":predict"),
        ("GET", "/v1/models/plain:predict", 405, "Use POST"),
        ("GET", "/v1/nothing", 404, "nothing at"),
    ),
)
def test_what_is_not_there_says_so(
    tiny_client: FlaskClient, method: str, path: str, status: int, sentence: str
) -> None:
    answer = tiny_client.open(path, method=method, json={"instances": [ZEROS]})
    assert answer.status_code == status
    assert sentence in answer.get_json()["error"]
