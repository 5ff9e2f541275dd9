"""TensorFlow Serving's REST API: GET /v1/models/M, .../metadata and POST .../M:predict, with or without a version.

Also what KServe's v1 clients read: the list of models, and "name" and "ready" in a model's status.
Source: https://www.tensorflow.org/tfx/serving/api_rest
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from flask import Blueprint, Response, request
from numpy.typing import NDArray

from ..errors import BadRequest, NotFound
from ..framing import Framing
from ..models.classifier import Classifier
from ..web.json_bodies import List, Object, parse_object, quote, read_members
from ..web.metrics import count_prediction
from ..web.requests import read_body
from ..web.served import served_models
from .tensors import (
    CERTAINTY,
    LAYOUTS,
    PICTURE,
    PROBABILITIES,
    SHAPE,
    TENSOR,
    check_digits,
    check_tensor,
    decode_pictures,
    name_outputs,
    parse_numbers,
    predict_aside,
    read_digits,
    version_of,
)

SERVING_DEFAULT = "serving_default"
SIGNATURES = {  # name: (input, outputs)
    SERVING_DEFAULT: (TENSOR, (PROBABILITIES,)),
    "certainty": (TENSOR, (PROBABILITIES, CERTAINTY)),
    "pictures": (PICTURE, (PROBABILITIES,)),
}
INPUTS = (TENSOR, PICTURE)
B64 = "b64"

bp = Blueprint("tf_serving", __name__, url_prefix="/v1")


@bp.get("/models")
def models() -> dict[str, Any]:
    """List the models."""
    return {"models": served_models().names}


@bp.get("/models/<model:name>")
@bp.get("/models/<model:name>/versions/<model:version>")
def status(name: str, version: str | None = None) -> dict[str, Any]:
    """Return the status of a model, as GetModelStatusResponse."""
    classifier = _find_model(name, version)
    available = {"error_code": "OK", "error_message": ""}
    state = {"version": version_of(classifier), "state": "AVAILABLE", "status": available}
    return {"model_version_status": [state], "name": classifier.name, "ready": True}


@bp.get("/models/<model:name>/metadata")
@bp.get("/models/<model:name>/versions/<model:version>/metadata")
def metadata(name: str, version: str | None = None) -> dict[str, Any]:
    """Describe a model's signatures, as GetModelMetadataResponse."""
    classifier = _find_model(name, version)
    signatures = {name: _describe_signature(classifier, name) for name in SIGNATURES}
    definition = {"@type": "type.googleapis.com/tensorflow.serving.SignatureDefMap", "signature_def": signatures}
    specification = {"name": classifier.name, "signature_name": "", "version": version_of(classifier)}
    return {"model_spec": specification, "metadata": {"signature_def": definition}}


@bp.post("/models/<model:name>:predict")
@bp.post("/models/<model:name>/versions/<model:version>:predict")
def predict(name: str, version: str | None = None) -> Response:
    """Classify the digits of a request, in row form ("instances") or column form ("inputs")."""
    classifier = _find_model(name, version)
    message = parse_object(read_body(request))
    outputs = _chosen_outputs(message)
    if ("instances" in message) == ("inputs" in message):
        raise BadRequest('Expected JSON with either "instances", the row form, or "inputs", the column form.')
    in_rows = "instances" in message
    read = _read_rows if in_rows else _read_columns
    prediction = predict_aside(classifier, read(message.pop("instances" if in_rows else "inputs"), classifier.framing))
    count_prediction(classifier, prediction)
    named = name_outputs(prediction)
    columns = {name: named[name].tolist() for name in outputs}
    if len(outputs) == 1:
        answer: Any = columns[outputs[0]]
    elif in_rows:
        answer = [dict(zip(outputs, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    else:
        answer = columns
    return Response(json.dumps({"predictions" if in_rows else "outputs": answer}), mimetype="application/json")


@bp.post("/models/<model:name>:<any(classify, regress):method>")
@bp.post("/models/<model:name>/versions/<model:version>:<any(classify, regress):method>")
def classify(name: str, method: str, version: str | None = None) -> Response:
    """Refuse what needs a signature over tf.Example, as a server does for a model without one."""
    _find_model(name, version)
    raise BadRequest(f"No signature of {name} answers :{method}. Use :predict.")


def _find_model(name: str, version: str | None) -> Classifier:
    """Return a model.

    Raises:
        NotFound: it is not served, or not in that version.
    """
    if name in served_models().names:
        classifier = served_models().get(name)
        if version is None or version == version_of(classifier):
            return classifier
    wanted = f"Latest({name})" if version is None else f"Specific({name}, {version})"
    served = ", ".join(f"{name} version {version_of(served_models().get(name))}" for name in served_models().names)
    raise NotFound(f"Servable not found for request: {wanted}. Served here: {served}.")


def _chosen_outputs(message: dict[str, Any]) -> tuple[str, ...]:
    name = message.get("signature_name", SERVING_DEFAULT)
    if name == "":
        name = SERVING_DEFAULT
    if not isinstance(name, str) or name not in SIGNATURES:
        raise BadRequest(f"Serving signature name {quote(name)} is not known; expected one of {', '.join(SIGNATURES)}.")
    return SIGNATURES[name][1]


def _read_rows(rows: Any, framing: Framing) -> NDArray[np.float32]:
    """Return the tensor of "instances", each bare or named by its input.

    Raises:
        DigitsError: it is not a list, or the rows name no input or several.
    """
    if not isinstance(rows, List) or not rows:
        raise BadRequest('Expected "instances" as a list of digits that is not empty.')
    first: Any = rows[0]
    if not isinstance(first, Object) or B64 in first:
        return _read_values(rows, framing)
    check_digits(len(rows))
    name = next((name for name in INPUTS if name in first), None)
    values = [row[name] for row in rows if name and isinstance(row, Object) and len(row) == 1 and name in row]
    if len(values) != len(rows):
        raise BadRequest(f'Expected every instance to name one input, the same: "{TENSOR}" or "{PICTURE}".')
    if isinstance(values[0], Object):
        return _read_pictures(values, framing)
    tensor = np.empty((len(values), *SHAPE))
    for number, value in enumerate(values):  # only numbers in one list can be taken out of JSON together
        row = parse_numbers(value)
        if row.shape not in LAYOUTS:
            raise BadRequest(f"An instance has the shape {list(row.shape)}; expected {list(SHAPE)}.")
        tensor[number] = row.reshape(SHAPE)
    return check_tensor(tensor)


def _read_columns(columns: Any, framing: Framing) -> NDArray[np.float32]:
    """Return the tensor of "inputs", bare or named by their input.

    Raises:
        DigitsError: there are no values, or they name no input or several.
    """
    if isinstance(columns, Object):
        members = read_members(columns)
        if len(members) != 1 or not members.keys() <= set(INPUTS):
            raise BadRequest(f'Expected "inputs" to name one input: "{TENSOR}" or "{PICTURE}".')
        (columns,) = members.values()
    if not isinstance(columns, List) or not columns:
        raise BadRequest('Expected "inputs" as a list of digits that is not empty.')
    return _read_values(columns, framing)


def _read_values(values: List, framing: Framing) -> NDArray[np.float32]:
    """Return the tensor of numbers, or of pictures written as {"b64": "..."}."""
    if isinstance(values[0], Object):
        return _read_pictures(values, framing)
    return check_tensor(parse_numbers(values))


def _read_pictures(values: Sequence[Any], framing: Framing) -> NDArray[np.float32]:
    return read_digits(decode_pictures(map(_take_base64, values), len(values)), framing)


def _take_base64(value: Any) -> Any:
    if not isinstance(value, Object) or len(value) != 1 or B64 not in value:
        raise BadRequest(f'Expected every picture as {{"{B64}": "<base64>"}}.')
    return value[B64]


def _describe_signature(classifier: Classifier, signature: str) -> dict[str, Any]:
    given, outputs = SIGNATURES[signature]
    tensors = {
        TENSOR: ("DT_FLOAT", (-1, *SHAPE)),
        PICTURE: ("DT_STRING", (-1,)),
        PROBABILITIES: ("DT_FLOAT", (-1, len(classifier.classes))),
        CERTAINTY: ("DT_FLOAT", (-1,)),
    }
    return {
        "inputs": {given: _describe_tensor(given, *tensors[given])},
        "outputs": {name: _describe_tensor(name, *tensors[name]) for name in outputs},
        "method_name": "tensorflow/serving/predict",
    }


def _describe_tensor(name: str, kind: str, shape: tuple[int, ...]) -> dict[str, Any]:
    sizes = [{"size": str(size), "name": ""} for size in shape]  # an int64 is a string in protobuf's JSON
    return {"dtype": kind, "tensor_shape": {"dim": sizes, "unknown_rank": False}, "name": f"{name}:0"}
