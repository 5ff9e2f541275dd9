"""The Open Inference Protocol, spoken by Triton's own client with real gunicorn, and its edges through the app."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from numpy.typing import NDArray

from app import create_app
from app.framing import to_tensor
from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from tests.support.drawings import draw_digit, to_png
from tests.support.servers import serve

from ..conftest import FEW

SEVEN = to_png(draw_digit(7))
RANDOM = np.random.default_rng(3).random((5, 28, 28, 1), np.float32)
GREY = (RANDOM * 255).astype(np.uint8)
INFER = "/v2/models/plain/infer"


@pytest.fixture(scope="module")
def address(tiny_models: Path) -> Iterator[str]:
    with serve(models=tiny_models, workers=1) as address:
        yield address


@pytest.fixture
def triton(address: str) -> Iterator[Any]:
    from tritonclient.http import InferenceServerClient

    with InferenceServerClient(address.removeprefix("http://"), connection_timeout=60, network_timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def plain(tiny_models: Path) -> Classifier:
    return load_classifier(load(tiny_models / "plain"))


def to_input(tensor: NDArray[Any], kind: str = "FP32", name: str = "tensor", binary: bool = True) -> Any:
    from tritonclient.http import InferInput

    given = InferInput(name, list(tensor.shape), kind)
    given.set_data_from_numpy(tensor, binary_data=binary)
    return given


def test_triton_reads_what_is_served(triton: Any) -> None:
    assert triton.is_server_live()
    assert triton.is_server_ready()
    assert triton.is_model_ready("plain")
    assert triton.is_model_ready("plain", "1")
    assert not triton.is_model_ready("plain", "2")
    assert triton.get_server_metadata()["extensions"] == ["binary_tensor_data", "classification", "model_configuration"]
    metadata = triton.get_model_metadata("plain")
    assert metadata["versions"] == ["1"]
    assert metadata["inputs"][0] == {"name": "tensor", "datatype": "FP32", "shape": [-1, 28, 28, 1]}
    assert metadata["outputs"][0] == {"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]}


@pytest.mark.parametrize("compression", (None, "gzip", "deflate"))
@pytest.mark.parametrize("binary", (True, False), ids=("binary", "JSON"))
def test_triton_infers(triton: Any, plain: Classifier, binary: bool, compression: str | None) -> None:
    result = triton.infer(
        "plain",
        [to_input(RANDOM, binary=binary)],
        request_id="42",
        request_compression_algorithm=compression,
        response_compression_algorithm=compression,
    )
    expected = plain.predict(RANDOM)
    np.testing.assert_allclose(result.as_numpy("probabilities"), expected.probabilities, atol=1e-6)
    np.testing.assert_allclose(result.as_numpy("certainty"), expected.certainty, atol=1e-6)
    answer = result.get_response()
    assert (answer["id"], answer["model_name"], answer["model_version"]) == ("42", "plain", "1")


@pytest.mark.parametrize("binary", (True, False), ids=("binary", "JSON"))
def test_triton_chooses_outputs_and_their_form(triton: Any, plain: Classifier, binary: bool) -> None:
    from tritonclient.http import InferRequestedOutput

    outputs = [
        InferRequestedOutput("certainty", binary_data=not binary),
        InferRequestedOutput("probabilities", binary_data=binary, class_count=3),
    ]
    result = triton.infer("plain", [to_input(RANDOM)], outputs=outputs)
    assert [output["name"] for output in result.get_response()["outputs"]] == ["certainty", "probabilities"]
    probabilities = plain.predict(RANDOM).probabilities
    classes = result.as_numpy("probabilities")
    assert classes.shape == (5, 3)
    for row, named in zip(probabilities, classes, strict=True):
        texts = [name.decode() if isinstance(name, bytes) else name for name in named]
        assert [int(text.split(":")[1]) for text in texts] == np.argsort(-row)[:3].tolist()
        assert float(texts[0].split(":")[0]) == pytest.approx(float(row.max()), abs=1e-6)


@pytest.mark.parametrize("binary", (True, False), ids=("binary", "base64"))
def test_triton_sends_pictures(triton: Any, tiny_client: FlaskClient, binary: bool) -> None:
    bodies = [to_png(draw_digit(label)) for label in (1, 2, 3)]
    elements = bodies if binary else [base64.b64encode(body) for body in bodies]
    given = to_input(np.array(elements, np.object_), "BYTES", "picture", binary)
    probabilities = triton.infer("plain", [given]).as_numpy("probabilities")
    for row, body in zip(probabilities, bodies, strict=True):
        alone = tiny_client.post("/predict?model=plain", data=body).get_json()
        np.testing.assert_allclose(row, alone["probabilities"], atol=1e-5)


@pytest.mark.parametrize("binary", (True, False), ids=("binary", "base64"))
def test_triton_sends_pictures_with_an_axis_for_each(triton: Any, binary: bool) -> None:
    bodies = [to_png(draw_digit(label)) for label in (1, 2)]
    elements = np.array(bodies if binary else [base64.b64encode(body) for body in bodies], np.object_)
    flat, nested = (
        triton.infer("plain", [to_input(shaped, "BYTES", "picture", binary)]).as_numpy("probabilities")
        for shaped in (elements, elements.reshape(2, 1))
    )
    np.testing.assert_array_equal(nested, flat)


@pytest.mark.parametrize(
    "shape", ((5, 28, 28, 1), (5, 1, 28, 28), (5, 28, 28), (5, 784), (1, 28, 28), (28, 28, 1), (28, 28), (784,))
)
@pytest.mark.parametrize("binary", (True, False), ids=("binary", "JSON"))
def test_triton_sends_a_tensor_in_every_layout(
    triton: Any, plain: Classifier, binary: bool, shape: tuple[int, ...]
) -> None:
    digits = RANDOM[: np.prod(shape) // 784]
    probabilities = triton.infer("plain", [to_input(digits.reshape(shape), binary=binary)]).as_numpy("probabilities")
    np.testing.assert_allclose(probabilities, plain.predict(digits).probabilities, atol=1e-6)


@pytest.mark.parametrize("kind", ("FP16", "FP64", "UINT8", "UINT16", "INT16", "UINT32", "INT32", "UINT64", "INT64"))
@pytest.mark.parametrize("binary", (True, False), ids=("binary", "JSON"))
def test_triton_sends_a_tensor_of_every_type(triton: Any, plain: Classifier, kind: str, binary: bool) -> None:
    from tritonclient.utils import triton_to_np_dtype

    if kind == "FP16" and not binary:  # their client refuses to write it as JSON
        binary = True
    given = (GREY / 255 if kind.startswith("FP") else GREY).astype(triton_to_np_dtype(kind))
    probabilities = triton.infer("plain", [to_input(given, kind, binary=binary)]).as_numpy("probabilities")
    expected = plain.predict(to_tensor(GREY[..., 0])).probabilities
    np.testing.assert_allclose(probabilities, expected, atol=1e-3)


def test_triton_reads_the_configuration_and_the_index(triton: Any) -> None:
    config = triton.get_model_config("plain")
    assert (config["name"], config["backend"], config["max_batch_size"]) == ("plain", "litert", 10_000)
    assert [(each["name"], each["data_type"], each["dims"]) for each in config["input"] + config["output"]] == [
        ("tensor", "TYPE_FP32", [28, 28, 1]), ("picture", "TYPE_STRING", [1]),
        ("probabilities", "TYPE_FP32", [10]), ("certainty", "TYPE_FP32", [1]),
    ]  # fmt: skip
    assert triton.get_model_config("plain", "1") == config
    assert triton.get_model_repository_index() == [
        {"name": name, "version": "1", "state": "READY", "reason": ""} for name in ("plain", "unsure")
    ]


def test_the_index_says_which_models_are_refused_and_why(tiny_models: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(tiny_models, models)
    (models / "broken").mkdir()
    (models / "broken" / "model.json").write_text("{}")
    client = create_app({"models": models}).test_client()
    index = client.post("/v2/repository/index").get_json()
    assert [(one["name"], one["state"]) for one in index] == [
        ("plain", "READY"), ("unsure", "READY"), ("broken", "UNAVAILABLE"),
    ]  # fmt: skip
    assert index[2]["reason"]
    assert client.post("/v2/repository/index", json={"ready": True}).get_json() == index[:2]
    assert client.post("/v2/repository/index", json={"ready": 1}).status_code == 400


def test_triton_sends_a_large_batch(triton: Any, plain: Classifier) -> None:
    many = np.random.default_rng(5).random((2000, 28, 28, 1), np.float32)
    result = triton.infer("plain", [to_input(many)])
    np.testing.assert_allclose(result.as_numpy("probabilities"), plain.predict(many).probabilities, atol=1e-6)


@pytest.mark.parametrize(
    ("model", "given", "sentence"),
    (
        ("plain", lambda: to_input(RANDOM.reshape(5, 28, 28, 1, 1)), "expected [n, 28, 28, 1]"),
        ("plain", lambda: to_input(RANDOM[:, :27]), "expected [n, 28, 28, 1]"),
        ("plain", lambda: to_input(RANDOM[:, :27], binary=False), "expected [n, 28, 28, 1]"),
        ("plain", lambda: to_input(RANDOM > 0.5, "BOOL"), "expected FP32, FP16"),
        ("plain", lambda: to_input((RANDOM * 1000).astype(np.int32), "INT32"), "0 (paper) to 255 (ink)"),
        ("plain", lambda: to_input(-GREY.astype(np.int64), "INT64", binary=False), "0 (paper) to 255 (ink)"),
        ("plain", lambda: to_input(RANDOM, name="input_1"), '"tensor" or "picture"'),
        ("plain", lambda: to_input(RANDOM * 255), "0.0 (paper) to 1.0 (ink)"),
        ("plain", lambda: to_input(RANDOM * np.float32(np.nan)), "0.0 (paper) to 1.0 (ink)"),
        ("none", lambda: to_input(RANDOM), "Served here: plain, unsure"),
    ),
)
def test_tritons_client_gets_the_reason(triton: Any, model: str, given: Any, sentence: str) -> None:
    from tritonclient.utils import InferenceServerException

    with pytest.raises(InferenceServerException) as caught:
        triton.infer(model, [given()])
    assert sentence in caught.value.message()


def test_triton_reads_the_error_of_an_unknown_path(triton: Any) -> None:
    from tritonclient.utils import InferenceServerException

    with pytest.raises(InferenceServerException, match="nothing at /v2/repository/models/plain/load"):
        triton.load_model("plain")


def to_json(tensor: NDArray[np.float32], **more: Any) -> dict[str, Any]:
    given = {"name": "tensor", "shape": list(tensor.shape), "datatype": "FP32", "data": tensor.ravel().tolist()}
    return {"inputs": [{**given, **more}]}


def test_health_says_live_and_ready(tiny_client: FlaskClient) -> None:
    for path in ("/v2/health/live", "/v2/health/ready"):
        assert tiny_client.get(path).get_json() == {"live": True, "ready": True}


@pytest.mark.parametrize("path", (INFER, "/v2/models/plain/versions/1/infer"))
def test_data_may_be_flat_or_nested(tiny_client: FlaskClient, plain: Classifier, path: str) -> None:
    expected = plain.predict(RANDOM).probabilities
    for message in (to_json(RANDOM), to_json(RANDOM, data=RANDOM.tolist())):
        answer = tiny_client.post(path, data=json.dumps(message)).get_json()  # no Content-Type
        assert "id" not in answer
        probabilities, certainty = answer["outputs"]
        assert (probabilities["name"], probabilities["datatype"], probabilities["shape"]) == (
            "probabilities", "FP32", [5, 10],
        )  # fmt: skip
        np.testing.assert_allclose(np.reshape(probabilities["data"], (5, 10)), expected, atol=1e-6)
        assert (certainty["name"], certainty["shape"]) == ("certainty", [5])


def test_a_label_is_named(tiny_client: FlaskClient) -> None:
    outputs = [{"name": "probabilities", "parameters": {"classification": 12}}]
    answer = tiny_client.post("/v2/models/unsure/infer", json={**to_json(RANDOM), "outputs": outputs}).get_json()
    (named,) = answer["outputs"]
    assert (named["datatype"], named["shape"]) == ("BYTES", [5, 10])
    value, index, label = named["data"][0].split(":")
    assert 0 < float(value) < 1
    assert label == f"garment {index}"


def test_a_large_answer_is_compressed_where_asked(tiny_client: FlaskClient) -> None:
    message = to_json(np.zeros((50, 28, 28, 1), np.float32))
    plain = tiny_client.post(INFER, json=message)
    assert "Content-Encoding" not in plain.headers
    for name, decompress in (("gzip", gzip.decompress), ("deflate", zlib.decompress)):
        answer = tiny_client.post(INFER, json=message, headers={"Accept-Encoding": name})
        assert answer.headers["Content-Encoding"] == name
        assert decompress(answer.data) == plain.data


IN = {"name": "tensor", "shape": [1, 28, 28, 1], "datatype": "FP32", "data": [0.5] * 784}
PICTURE = {"name": "picture", "shape": [1], "datatype": "BYTES", "data": ["AAAA"]}
WRONG: dict[str, tuple[Any, int, str, str]] = {
    "no inputs": ({}, 400, "bad_request", "list of one tensor"),
    "two inputs": ({"inputs": [IN, PICTURE]}, 400, "bad_request", "list of one tensor"),
    "an input that is text": ({"inputs": ["x"]}, 400, "bad_request", "list of one tensor"),
    "an id that is a number": ({"id": 7, "inputs": [IN]}, 400, "bad_request", '"id"'),
    "no shape": ({"inputs": [{**IN, "shape": None}]}, 400, "bad_request", '"shape"'),
    "a size of 0": ({"inputs": [{**IN, "shape": [0, 28, 28, 1], "data": []}]}, 400, "bad_request", "at least 1"),
    "a size that is true": ({"inputs": [{**IN, "shape": [True, 28, 28, 1]}]}, 400, "bad_request", "at least 1"),
    "a huge size": ({"inputs": [{**IN, "shape": [2**63, 28, 28, 1]}]}, 413, "too_large", "digits"),
    "a size beyond 64 bits": ({"inputs": [{**IN, "shape": [10**30, 28, 28, 1]}]}, 400, "bad_request", "64 bits"),
    "another size": ({"inputs": [{**IN, "shape": [2, 28, 28, 1]}]}, 400, "bad_request", '"shape" says'),
    "no data": ({"inputs": [{**IN, "data": None}]}, 400, "bad_request", "no number"),
    "neither data nor binary": ({"inputs": [{"name": "tensor", "shape": [1, 28, 28, 1], "datatype": "FP32"}]},
                                400, "bad_request", "neither"),
    "shared memory": ({"inputs": [{"name": "tensor", "shape": [1, 28, 28, 1], "datatype": "FP32",
                                   "parameters": {"shared_memory_region": "x", "shared_memory_byte_size": 8}}]},
                      400, "bad_request", "neither"),
    "too few numbers": ({"inputs": [{**IN, "data": [0.5] * 783}]}, 400, "bad_request", "[783]"),
    "ragged data": ({"inputs": [{**IN, "data": [[1], [1, 2]]}]}, 400, "bad_request", "differ in length"),
    "binary that is not there": ({"inputs": [{**IN, "parameters": {"binary_data_size": 3136}}]},
                                 400, "bad_request", "0 bytes follow"),
    "parameters that are a list": ({"inputs": [IN], "parameters": [1]}, 400, "bad_request", '"parameters"'),
    "an unknown output": ({"inputs": [IN], "outputs": [{"name": "x"}]}, 400, "bad_request", "no output 'x'"),
    "an output twice": ({"inputs": [IN], "outputs": [{"name": "certainty"}] * 2}, 400, "bad_request", "twice"),
    "outputs without end": ({"inputs": [IN], "outputs": [{"name": "certainty"}] * 9}, 400, "bad_request", "9 outputs"),
    "a long id": ({"id": "x" * 2000, "inputs": []}, 400, "bad_request", "at most 1,024"),
    "outputs that are text": ({"inputs": [IN], "outputs": ["x"]}, 400, "bad_request", '"outputs"'),
    "classes of certainty": ({"inputs": [IN], "outputs": [{"name": "certainty", "parameters": {"classification": 1}}]},
                             400, "bad_request", '"classification"'),
    "classes as text": ({"inputs": [IN], "outputs": [{"name": "certainty", "parameters": {"classification": "2"}}],
                               }, 400, "bad_request", '"classification"'),
    "binary that is text": ({"inputs": [IN], "parameters": {"binary_data_output": "yes"}},
                            400, "bad_request", "true or false"),
    "a picture that cannot be read": ({"inputs": [PICTURE]}, 415, "unsupported_format", "PNG"),
    "a picture that is not base64": ({"inputs": [{**PICTURE, "data": ["!"]}]}, 400, "bad_request", "base64"),
    "a picture that is a number": ({"inputs": [{**PICTURE, "data": [7]}]}, 400, "bad_request", "as a string"),
    "pictures in another shape": ({"inputs": [{**PICTURE, "shape": [2]}]}, 400, "bad_request", "expected [1]"),
    "too many pictures": ({"inputs": [{**PICTURE, "shape": [FEW + 1], "data": ["AAAA"] * (FEW + 1)}]},
                          413, "too_large", "at most 3"),
    "pictures in lists and not": ({"inputs": [{**PICTURE, "shape": [2], "data": [["AAAA"], "AAAA"]}]},
                                  400, "bad_request", "lists of strings"),
    "too many lists of pictures": ({"inputs": [{**PICTURE, "shape": [FEW + 1, 1], "data": [["AAAA"]] * (FEW + 1)}]},
                                   413, "too_large", "at most 3"),
    "fractions of grey": ({"inputs": [{**IN, "datatype": "UINT8"}]}, 400, "bad_request", "whole numbers"),
    "text": ("x", 400, "bad_request", "not JSON"),
    "a list": ([], 400, "bad_request", "object"),
}  # fmt: skip


@pytest.mark.parametrize(("message", "status", "code", "sentence"), WRONG.values(), ids=WRONG)
def test_a_wrong_request_is_refused_with_what_was_expected(
    small_client: FlaskClient, message: Any, status: int, code: str, sentence: str
) -> None:
    body = message if isinstance(message, str) else json.dumps(message, separators=(",", ":"))
    answer = small_client.post(INFER, data=body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text
    assert sentence in answer.get_json()["error"]


BINARY = json.dumps({"inputs": [{**PICTURE, "data": None, "parameters": {"binary_data_size": 9}}]}).encode()


@pytest.mark.parametrize(
    ("length", "binary", "sentence"),
    (
        ("x", bytes(9), "Inference-Header-Content-Length"),
        ("-1", bytes(9), "Inference-Header-Content-Length"),
        ("9" * 5000, bytes(9), "Inference-Header-Content-Length"),
        ("0" * 5000, bytes(9), "Inference-Header-Content-Length"),
        ("²", bytes(9), "Inference-Header-Content-Length"),
        ("1000000", bytes(9), "Inference-Header-Content-Length"),
        (str(len(BINARY)), bytes(8), "8 bytes follow"),
        (str(len(BINARY)), b"\x06\0\0\0hello", "end within an element"),
        (str(len(BINARY)), b"\xff\xff\xff\xffhello", "end within an element"),
        (str(len(BINARY)), bytes(9), "end within an element"),
    ),
)
def test_a_wrong_binary_part_is_refused_with_what_was_expected(
    tiny_client: FlaskClient, length: str, binary: bytes, sentence: str
) -> None:
    answer = tiny_client.post(INFER, data=BINARY + binary, headers={"Inference-Header-Content-Length": length})
    assert answer.status_code == 400
    assert sentence in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("body", "encoding", "status", "code", "sentence"),
    (
        (b"{}", "br", 415, "unsupported_format", "gzip, deflate"),
        (b"{}", "gzip", 400, "bad_request", "not gzip"),
        (gzip.compress(b"{}", mtime=0)[:-1], "gzip", 400, "bad_request", "one whole"),
        (gzip.compress(b"{}", mtime=0) * 2, "gzip", 400, "bad_request", "one whole"),
        (gzip.compress(bytes(10**6)), "gzip", 413, "too_large", "decompressed"),
        (zlib.compress(bytes(10**6)), "deflate", 413, "too_large", "decompressed"),
        (gzip.compress(b"{}", mtime=0), "gzip", 400, "bad_request", "list of one tensor"),
    ),
)
def test_a_wrong_compression_is_refused_with_what_was_expected(
    small_client: FlaskClient, body: bytes, encoding: str, status: int, code: str, sentence: str
) -> None:
    answer = small_client.post(INFER, data=body, headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert sentence in answer.get_json()["error"]


@pytest.mark.parametrize(
    "path", ("/v2/models/none", "/v2/models/plain/versions/2", "/v2/x", "/v2/models", "/v2/models/plain/x")
)
def test_unknown_paths_answer_json(tiny_client: FlaskClient, path: str) -> None:
    answer = tiny_client.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
