"""The Open Inference Protocol, version 2: what KServe, Triton and their clients speak, at /v2.

With the extensions for binary tensors (after the JSON, its length in Inference-Header-Content-Length) and for
classification ("value:index:label" instead of probabilities).
Source: https://github.com/kserve/open-inference-protocol
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from flask import Blueprint, Response, current_app, request
from numpy.typing import NDArray

from ..errors import BadRequest, NotFound
from ..framing import Framing
from ..lifecycle import is_stopping
from ..models.classifier import Classifier
from ..version import VERSION
from ..web.json_bodies import List, Object, parse_object, quote, read_members
from ..web.metrics import count_prediction
from ..web.requests import read_body
from ..web.served import check_ready, served_models
from .tensors import (
    CERTAINTY,
    PICTURE,
    PROBABILITIES,
    SHAPE,
    TENSOR,
    WHITE,
    check_digits,
    check_pictures,
    check_tensor,
    count_digits,
    decode_pictures,
    describe_shape,
    name_outputs,
    parse_numbers,
    predict_aside,
    read_digits,
    version_of,
)

JSON_LENGTH = "Inference-Header-Content-Length"
OUTPUTS = (PROBABILITIES, CERTAINTY)
EXTENSIONS = ("binary_tensor_data", "classification", "model_configuration")
DATATYPES = {  # of TENSOR, and how they come in binary; whole numbers are 0 to 255. The first is what the networks take
    "FP32": "<f4", "FP16": "<f2", "FP64": "<f8", "UINT8": "u1", "UINT16": "<u2", "INT16": "<i2",
    "UINT32": "<u4", "INT32": "<i4", "UINT64": "<u8", "INT64": "<i8",
}  # fmt: skip
BYTES = "BYTES"  # datatype of PICTURE
MAX_LENGTH_DIGITS = 10  # digits of JSON_LENGTH: bodies are not larger than 2 GiB
MAX_IDENTITY = 1024  # characters of the "id" that a client gets back
MAX_RANK = 8  # sizes in a shape

bp = Blueprint("open_inference", __name__, url_prefix="/v2")


@dataclass(frozen=True)
class Output:
    """A tensor that a client requests, and its format."""

    name: str
    binary: bool
    classes: int  # number of the highest classes to return; 0 returns all values


@bp.get("")
def server() -> dict[str, Any]:
    """Describe the server."""
    return {"name": "digits", "version": VERSION, "extensions": EXTENSIONS}


@bp.get("/health/live")
def live() -> dict[str, bool]:
    """Answer that the server is alive."""
    return {"live": True, "ready": not is_stopping()}


@bp.get("/health/ready")
def ready() -> dict[str, bool]:
    """Answer that the models work, until the server goes away."""
    check_ready()
    return {"live": True, "ready": True}


@bp.get("/models/<model:name>")
@bp.get("/models/<model:name>/versions/<model:version>")
def metadata(name: str, version: str | None = None) -> dict[str, Any]:
    """Describe a model: its inputs, of which a request holds one, and its outputs."""
    classifier = _find_model(name, version)
    return {
        "name": classifier.name,
        "versions": [version_of(classifier)],
        "platform": "tensorflow_lite" if classifier.runtime == "LiteRT" else "tensorflow_savedmodel",
        "inputs": [
            {"name": TENSOR, "datatype": "FP32", "shape": [-1, *SHAPE]},
            {"name": PICTURE, "datatype": "BYTES", "shape": [-1]},
        ],
        "outputs": [
            {"name": PROBABILITIES, "datatype": "FP32", "shape": [-1, len(classifier.classes)]},
            {"name": CERTAINTY, "datatype": "FP32", "shape": [-1]},
        ],
    }


@bp.get("/models/<model:name>/config")
@bp.get("/models/<model:name>/versions/<model:version>/config")
def config(name: str, version: str | None = None) -> dict[str, Any]:
    """Describe how a model is served, as Triton's clients ask. Source: Triton, extension_model_configuration.md."""
    classifier = _find_model(name, version)
    outputs = {PROBABILITIES: [len(classifier.classes)], CERTAINTY: [1]}
    return {
        "name": classifier.name,
        "platform": "",
        "backend": "litert" if classifier.runtime == "LiteRT" else "tensorflow",
        "version_policy": {"specific": {"versions": [version_of(classifier)]}},
        "max_batch_size": current_app.config["MAX_DIGITS"],
        "input": [
            {"name": TENSOR, "data_type": "TYPE_FP32", "dims": list(SHAPE), "optional": True},
            {"name": PICTURE, "data_type": "TYPE_STRING", "dims": [1], "optional": True},
        ],
        "output": [{"name": name, "data_type": "TYPE_FP32", "dims": dims} for name, dims in outputs.items()],
    }


@bp.post("/repository/index")
def repository() -> Response:
    """List the models, as Triton's clients ask; those that are refused too, unless only ready ones are wanted.

    Source: Triton, extension_model_repository.md, Index.
    """
    body = read_body(request)
    only_ready = _flag(parse_object(body) if body.strip() else {}, "ready", default=False)
    models = served_models()
    listed = [
        {"name": name, "version": version_of(models.get(name)), "state": "READY", "reason": ""} for name in models.names
    ]
    if not only_ready:
        listed += [
            {"name": one.name, "version": "", "state": "UNAVAILABLE", "reason": one.error} for one in models.refused
        ]
    return Response(json.dumps(listed, separators=(",", ":")), mimetype="application/json")


@bp.get("/models/<model:name>/ready")
@bp.get("/models/<model:name>/versions/<model:version>/ready")
def model_ready(name: str, version: str | None = None) -> dict[str, Any]:
    """Answer that a model is ready."""
    return {"name": _find_model(name, version).name, "ready": True}


@bp.post("/models/<model:name>/infer")
@bp.post("/models/<model:name>/versions/<model:version>/infer")
def infer(name: str, version: str | None = None) -> Response:
    """Classify the digits of one input tensor."""
    classifier = _find_model(name, version)
    message, binary = _split_body(read_body(request))
    outputs = _wanted_outputs(message)
    identity = message.get("id")
    if identity is not None and (not isinstance(identity, str) or len(identity) > MAX_IDENTITY):
        raise BadRequest(f'Expected "id" as a string of at most {MAX_IDENTITY:,} characters.')
    prediction = predict_aside(classifier, _read_input(message, binary, classifier.framing))
    count_prediction(classifier, prediction)
    named = name_outputs(prediction)
    parts = [_describe_output(classifier, output, named[output.name]) for output in outputs]
    answer: dict[str, Any] = {"model_name": classifier.name, "model_version": version_of(classifier)}
    if identity is not None:
        answer["id"] = identity
    answer["outputs"] = [description for description, _ in parts]
    return _answer(answer, [data for _, data in parts if data is not None])


def _find_model(name: str, version: str | None) -> Classifier:
    """Return a model.

    Raises:
        NotFound: it is not served, or not in that version.
    """
    classifier = served_models().get(name)
    if version not in (None, version_of(classifier)):
        raise NotFound(f"There is no version {version!r} of {name}. Served here: {version_of(classifier)}.")
    return classifier


def _split_body(body: bytes) -> tuple[dict[str, Any], bytes]:
    """Split a body into its JSON and the binary tensors after it."""
    text = request.headers.get(JSON_LENGTH)
    if text is None:
        return parse_object(body), b""
    length = int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_LENGTH_DIGITS else len(body) + 1
    if length > len(body):
        raise BadRequest(f"{JSON_LENGTH} is {quote(text)}; expected a number of bytes up to {len(body)}.")
    return parse_object(body[:length]), body[length:]


def _wanted_outputs(message: dict[str, Any]) -> list[Output]:
    """Return the outputs that a request asks for; all of them by default.

    Raises:
        BadRequest: an output that does not exist, or a wrong parameter.
    """
    binary = _flag(_parameters(message), "binary_data_output", default=False)
    asked = message.get("outputs")
    if asked is None or (isinstance(asked, List) and not asked):
        return [Output(name, binary, 0) for name in OUTPUTS]
    if not isinstance(asked, List):
        raise BadRequest('Expected "outputs" as a list of objects with a "name".')
    if len(asked) > len(OUTPUTS):
        raise BadRequest(f"{len(asked):,} outputs are asked for; there are {len(OUTPUTS)}, each at most once.")
    outputs: list[Output] = []
    for one in asked:
        output = _wanted_output(one, binary)
        if any(output.name == other.name for other in outputs):
            raise BadRequest(f'The output "{output.name}" is asked for twice.')
        outputs.append(output)
    return outputs


def _wanted_output(asked: Any, binary: bool) -> Output:
    if not isinstance(asked, Object):
        raise BadRequest('Expected "outputs" as a list of objects with a "name".')
    members = read_members(asked)
    parameters, name = _parameters(members), members.get("name")
    if name not in OUTPUTS:
        raise BadRequest(f'There is no output {quote(name)}; expected "{PROBABILITIES}" or "{CERTAINTY}".')
    classes = parameters.get("classification", 0)
    if type(classes) is not int or classes < 0 or (classes and name != PROBABILITIES):
        raise BadRequest(f'Expected "classification" as a number of classes, of "{PROBABILITIES}".')
    return Output(name, _flag(parameters, "binary_data", default=binary), classes)


def _parameters(part: dict[str, Any]) -> dict[str, Any]:
    parameters = part.get("parameters")
    if parameters is None:  # clients that write out every field send null
        return {}
    if not isinstance(parameters, Object):
        raise BadRequest('Expected "parameters" as an object.')
    return read_members(parameters)


def _flag(parameters: dict[str, Any], name: str, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise BadRequest(f'Expected "{name}" as true or false.')
    return value


def _read_input(message: dict[str, Any], binary: bytes, framing: Framing) -> NDArray[np.float32]:
    """Return the tensor of the one input of a request.

    Raises:
        DigitsError: the input differs from the metadata.
    """
    inputs: Any = message.get("inputs")
    if not isinstance(inputs, List) or len(inputs) != 1 or not isinstance(inputs[0], Object):
        raise BadRequest(f'Expected "inputs" as a list of one tensor: "{TENSOR}" or "{PICTURE}".')
    given = read_members(inputs[0])
    name, kind = given.get("name"), given.get("datatype")
    if name not in (TENSOR, PICTURE):
        raise BadRequest(f'There is no input {quote(name)}; expected "{TENSOR}" or "{PICTURE}".')
    if kind not in (DATATYPES if name == TENSOR else (BYTES,)):
        expected = ", ".join(DATATYPES) if name == TENSOR else BYTES
        raise BadRequest(f'The datatype of "{name}" is {quote(kind)}; expected {expected}.')
    shape = _parse_shape(given.get("shape"))
    size = _parameters(given).get("binary_data_size")
    if size is None and "data" not in given:
        raise BadRequest(f'"{name}" holds neither "data" nor "binary_data_size".')
    if size is not None and (type(size) is not int or size != len(binary)):
        raise BadRequest(f'"binary_data_size" of "{name}" is {quote(size)}; {len(binary)} bytes follow the JSON.')
    if name == PICTURE:
        return read_digits(_take_pictures(shape, given.get("data"), None if size is None else binary), framing)
    count = count_digits(shape, alone=True)
    if count is None:
        raise BadRequest(f'The shape of "{name}" is {list(shape)}; expected {describe_shape()}.')
    check_digits(count)
    if size is not None:
        return _read_binary(shape, kind, binary)
    return _read_flat(shape, kind, parse_numbers(given["data"]))


def _read_binary(shape: tuple[int, ...], kind: str, binary: bytes) -> NDArray[np.float32]:
    expected = np.dtype(DATATYPES[kind]).itemsize * math.prod(shape)
    if len(binary) != expected:
        raise BadRequest(f"A tensor of the shape {list(shape)} has {expected} bytes; {len(binary)} came.")
    return check_tensor(np.frombuffer(binary, DATATYPES[kind]).reshape(shape), alone=True)


def _read_flat(shape: tuple[int, ...], kind: str, numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return numbers that came flat or nested in their shape."""
    if numbers.ndim == 1 and numbers.size == math.prod(shape):
        numbers = numbers.reshape(shape)
    if numbers.shape != shape:
        raise BadRequest(f'"data" has the shape {list(numbers.shape)}; "shape" says {list(shape)}.')
    if np.dtype(DATATYPES[kind]).kind == "f":
        return check_tensor(numbers, alone=True)
    if not np.array_equal(numbers, np.rint(numbers)):
        raise BadRequest(f'"data" holds fractions; expected whole numbers, as the datatype is {kind}.')
    return check_tensor(np.clip(numbers, -1, WHITE + 1).astype(np.int16), alone=True)


def _take_pictures(shape: tuple[int, ...], texts: Any, binary: bytes | None) -> list[bytes]:
    """Return picture files: base64 in JSON, or each after its length in the binary part."""
    if binary is not None:
        bodies = _split_bytes(binary)
    elif isinstance(texts, List):
        bodies = [body for row in _flatten(texts) for body in decode_pictures(row, len(row))]
        check_pictures(len(bodies))
    else:
        raise BadRequest(f'Expected "data" of "{PICTURE}" as a list of strings: base64 or data URLs.')
    if math.prod(shape) != len(bodies) or max(shape) != len(bodies):
        raise BadRequest(f'The shape of "{PICTURE}" is {list(shape)}; {len(bodies)} came, so expected [{len(bodies)}].')
    return bodies


def _flatten(texts: List) -> Iterator[List]:
    """Give the rows of pictures, which come in one list or in a list for each: of the shape [n] or [n, 1]."""
    if len(texts) and isinstance(texts[0], List):
        check_pictures(len(texts))
        for row in texts:
            if not isinstance(row, List):
                raise BadRequest(f'Expected "data" of "{PICTURE}" as a list of strings, or of lists of strings.')
            yield row
    else:
        yield texts


def _split_bytes(binary: bytes) -> list[bytes]:
    """Split the binary form of a BYTES tensor: each element after its length, a little-endian uint32."""
    elements, at = [], 0
    while at < len(binary):
        length = int.from_bytes(binary[at : at + 4], "little")
        element = binary[at + 4 : at + 4 + length]
        if at + 4 + length > len(binary):
            raise BadRequest(f'The bytes of "{PICTURE}" end within an element.')
        elements.append(element)
        check_pictures(len(elements))
        at += 4 + length
    return elements


def _parse_shape(shape: Any) -> tuple[int, ...]:
    if isinstance(shape, List) and 0 < len(shape) <= MAX_RANK:
        sizes = tuple(size for size in shape if type(size) is int and size > 0)
        if len(sizes) == len(shape):
            return sizes
    raise BadRequest(f'Expected "shape" as a list of 1 to {MAX_RANK} sizes, each at least 1.')


def _describe_output(
    classifier: Classifier, output: Output, values: NDArray[np.float32]
) -> tuple[dict[str, Any], bytes | None]:
    """Return how an output is described in the JSON, and its bytes where it is binary."""
    names = _name_classes(classifier, values, output.classes) if output.classes else None
    shape = [len(names), len(names[0])] if names else list(values.shape)
    description: dict[str, Any] = {"name": output.name, "datatype": "BYTES" if names else "FP32", "shape": shape}
    if not output.binary:
        description["data"] = [name for row in names for name in row] if names else values.ravel().tolist()
        return description, None
    data = _join_bytes(names) if names else values.astype("<f4").tobytes()
    description["parameters"] = {"binary_data_size": len(data)}
    return description, data


def _name_classes(classifier: Classifier, probabilities: NDArray[np.float32], count: int) -> list[list[str]]:
    """Return the most probable classes of each digit as "value:index:label", the highest first."""
    highest = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
    return [
        [f"{row[index]:f}:{index}:{classifier.classes[index]}" for index in best]
        for row, best in zip(probabilities, highest, strict=True)
    ]


def _join_bytes(names: list[list[str]]) -> bytes:
    encoded = [name.encode() for row in names for name in row]
    return b"".join(len(name).to_bytes(4, "little") + name for name in encoded)


def _answer(answer: dict[str, Any], binary: list[bytes]) -> Response:
    """Answer with JSON, or with JSON and the binary tensors after it."""
    text = json.dumps(answer, separators=(",", ":")).encode()
    kind = "application/octet-stream" if binary else "application/json"
    response = Response(b"".join((text, *binary)), mimetype=kind)
    if binary:
        response.headers[JSON_LENGTH] = str(len(text))
    return response
