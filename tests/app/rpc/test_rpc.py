"""The Open Inference Protocol over gRPC: Triton's own client, as it is, against the process that people start."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

from app.framing import to_tensor
from app.models.samples import LABELS, load_samples
from app.rpc.messages import METHODS, PACKAGE, POOL, SERVICE
from app.version import VERSION
from tests.conftest import ROOT
from tests.support.drawings import draw_digit, to_png

MAX_BYTES = 4_000_000


def start(port: int = 0, **settings: str) -> tuple[subprocess.Popen[str], int]:
    """Start the process as people do, and return it with its port once it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "grpc", "--port", str(port)],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", **settings}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    for line in process.stderr:
        if found := re.search(r"Listening for gRPC on [\d.]+:(\d+)", line):
            return process, int(found[1])
    raise AssertionError("It did not start.")


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Leave no process behind, whatever fails."""
    with process:
        try:
            yield
        finally:
            process.kill()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    process, number = start(DIGITS_MAX_BYTES=str(MAX_BYTES), DIGITS_LOG_LEVEL="info")
    with ended(process):
        yield number
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.fixture
def client(port: int) -> Iterator[Any]:
    with triton.InferenceServerClient(f"127.0.0.1:{port}") as made:
        yield made


def make_input(name: str, values: np.ndarray[Any, Any], kind: str) -> Any:
    entry = triton.InferInput(name, list(values.shape), kind)
    entry.set_data_from_numpy(values)
    return entry


def test_the_messages_are_those_of_the_protocol() -> None:
    """Triton's has the same, and more of its own."""
    ours, theirs = POOL.FindFileByName("open_inference.proto"), service_pb2.DESCRIPTOR
    assert theirs.services_by_name["GRPCInferenceService"].full_name == SERVICE
    assert {*METHODS} <= {*theirs.services_by_name["GRPCInferenceService"].methods_by_name}

    def describe(message: Any) -> set[tuple[Any, ...]]:
        own = {
            (field.name, field.number, field.type, field.is_repeated, field.message_type and field.message_type.name)
            for field in message.fields
        }
        return own.union(*(describe(nested) for nested in message.nested_types))

    for name, message in ours.message_types_by_name.items():
        assert message.full_name == f"{PACKAGE}.{name}"
        assert describe(message) <= describe(theirs.message_types_by_name[name])


def test_it_says_what_is_served(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("robust")
    assert not client.is_model_ready("nothing")
    assert client.get_server_metadata(as_json=True) == {
        "name": "digits", "version": VERSION, "extensions": ["classification"]
    }  # fmt: skip
    described = client.get_model_metadata("lenet5", as_json=True)
    assert [entry["name"] for entry in described["inputs"]] == ["tensor", "picture"]
    assert described["inputs"][0] == {"name": "tensor", "datatype": "FP32", "shape": ["-1", "28", "28", "1"]}


@pytest.mark.parametrize(("kind", "factor"), (("FP32", 1), ("FP16", 1), ("FP64", 1), ("UINT8", 255), ("INT32", 255)))
def test_digits_are_read_as_numbers_of_every_type(client: Any, kind: str, factor: int) -> None:
    tensor = (to_tensor(load_samples()) * factor).round(4).astype(triton_to_np_dtype(kind))
    found = client.infer("lenet5", [make_input("tensor", tensor, kind)], request_id="seven")
    assert found.get_response().id == "seven"
    probabilities = found.as_numpy("probabilities")
    assert probabilities.shape == (20, 10)
    assert (probabilities.argmax(axis=1) == LABELS).mean() >= 0.9
    assert found.as_numpy("certainty").shape == (20,)


def test_pictures_are_read_and_the_best_classes_named(client: Any) -> None:
    pictures = np.array([to_png(draw_digit(digit)) for digit in (3, 7)], dtype=object)
    wanted = [triton.InferRequestedOutput("probabilities", class_count=2)]
    found = client.infer("robust", [make_input("picture", pictures, "BYTES")], outputs=wanted)
    best = found.as_numpy("probabilities")
    assert best.shape == (2, 2)
    assert [text.decode().split(":")[2] for text in best[:, 0]] == ["3", "7"]
    assert found.as_numpy("certainty") is None


def test_typed_contents_are_answered_with_typed_contents(port: int) -> None:
    digits = load_samples()[:2]
    request = service_pb2.ModelInferRequest(model_name="lenet5")
    entry = request.inputs.add(name="tensor", datatype="UINT8", shape=[2, 784])
    entry.contents.uint_contents.extend(digits.ravel().tolist())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary(
            f"/{SERVICE}/ModelInfer",
            request_serializer=service_pb2.ModelInferRequest.SerializeToString,
            response_deserializer=service_pb2.ModelInferResponse.FromString,
        )
        answer = call(request)
        entry.contents.uint_contents[0] = 256
        with pytest.raises(grpc.RpcError) as refused:
            call(request)
        assert refused.value.details() == '"tensor" holds numbers that are no UINT8.'
        request.raw_input_contents.append(b"x")
        with pytest.raises(grpc.RpcError) as refused:
            call(request)
        assert "expected one of them" in refused.value.details()
    assert not answer.raw_output_contents
    found = np.array(answer.outputs[0].contents.fp32_contents).reshape(2, 10)
    assert (found.argmax(axis=1) == LABELS[:2]).all()


ONE = to_tensor(load_samples())[:1]
BLANK = np.array([to_png(np.full((40, 40), 255, np.uint8))], dtype=object)


@pytest.mark.parametrize(
    ("model", "name", "values", "kind", "status", "sentence"),
    (
        ("nothing", "tensor", ONE, "FP32", "NOT_FOUND", "There is no model 'nothing'"),
        ("lenet5", "image", ONE, "FP32", "INVALID_ARGUMENT", "There is no input 'image'"),
        ("lenet5", "tensor", ONE[:, :5], "FP32", "INVALID_ARGUMENT", "expected [n, 28, 28, 1]"),
        ("lenet5", "tensor", ONE * 300, "FP32", "INVALID_ARGUMENT", "values that are no picture's"),
        ("lenet5", "picture", BLANK, "BYTES", "INVALID_ARGUMENT", ""),
        ("lenet5", "tensor", ONE.repeat(1276, 0), "FP32", "RESOURCE_EXHAUSTED", ""),  # less than gRPC's own limit
        ("lenet5", "tensor", ONE.repeat(1300, 0), "FP32", "RESOURCE_EXHAUSTED", "Received message larger than max"),
    ),
)
def test_errors_have_a_status_and_a_sentence(
    client: Any, model: str, name: str, values: Any, kind: str, status: str, sentence: str
) -> None:
    with pytest.raises(InferenceServerException) as refused:
        client.infer(model, [make_input(name, values, kind)])
    assert refused.value.status() == f"StatusCode.{status}"
    assert sentence in refused.value.message()
    assert refused.value.message()


def test_a_deadline_ends_a_call(client: Any) -> None:
    many = np.array([to_png(draw_digit(3))] * 500, dtype=object)
    with pytest.raises(InferenceServerException) as late:
        client.infer("robust", [make_input("picture", many, "BYTES")], client_timeout=0.05)
    assert late.value.status() == "StatusCode.DEADLINE_EXCEEDED"
    assert client.is_server_live()


def test_it_finishes_what_it_has_begun_and_ends() -> None:
    process, number = start(DIGITS_DRAIN="8")
    with ended(process), triton.InferenceServerClient(f"127.0.0.1:{number}") as client, ThreadPoolExecutor() as beside:
        many = np.array([to_png(draw_digit(3))] * 200, dtype=object)
        pending = beside.submit(client.infer, "robust", [make_input("picture", many, "BYTES")])
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and client.is_server_ready():
            time.sleep(0.02)
        assert not client.is_server_ready()  # and answers still
        assert pending.result(timeout=30).as_numpy("probabilities").shape == (200, 10)
        assert process.wait(30) == 0


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "app", "grpc", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Digits cannot start: It cannot listen on 127.0.0.1:" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_grpcio_it_says_how_to_get_it() -> None:
    program = "import sys; sys.modules['grpc'] = None; from app.__main__ import main; sys.exit(main(['grpc']))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is not installed: pip install -r requirements-grpc.txt" in done.stderr
