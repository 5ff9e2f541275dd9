"""The paths of other servers' protocols, /v1 and /v2, with the limits of a server filled in."""

from __future__ import annotations

from typing import Any

from ..protocols.open_inference import BYTES, DATATYPES, JSON_LENGTH
from ..protocols.tensors import CERTAINTY, LAYOUTS, PICTURE, PROBABILITIES, SHAPE, TENSOR
from ..protocols.tf_serving import SIGNATURES
from .examples import BLANK, SEVEN, SEVEN_ROW
from .parts import Schema, answers, get, list_sizes, media, parameter, schema


def describe_tf_serving(config: dict[str, Any]) -> Schema:
    """Describe /v1, with the limits of the app's configuration."""
    tag = "TensorFlow Serving"
    status = answers(media(schema("ModelStatus")), 404)
    metadata = answers(media(schema("ModelMetadata")), 404)
    predict = {
        "tags": [tag],
        "summary": "Classify digits",
        "description": (
            'Row form with "instances" or column form with "inputs": numbers, bare or under the name "tensor", or '
            'pictures as {"b64": "..."}. The signature "certainty" answers probabilities and certainty by name.'
        ),
        "requestBody": {"required": True, "content": media(_tf_serving_request(config), *_tf_serving_examples())},
        "responses": answers(
            media({"oneOf": [schema("RowPredictions"), schema("ColumnPredictions")]}, {"predictions": [SEVEN_ROW]}),
            400, 404, 413, 415, 422,
        ),
    }  # fmt: skip
    refuse = {
        "tags": [tag],
        "summary": "Refuse :classify and :regress, which need a signature over tf.Example",
        "responses": answers({}, 400, 404, success=False),
    }
    paths: Schema = {
        "/v1/models": get("v1Models", tag, "Name the models", answers(media(schema("ModelNames")))),
    }
    for number, (path, names) in enumerate(
        (("/v1/models/{name}", ("ModelName",)), ("/v1/models/{name}/versions/{version}", ("ModelName", "Version")))
    ):
        parameters = [parameter(name) for name in (*names, "RequestId")]
        suffix = "Version" * number
        paths |= {
            path: get(f"v1Status{suffix}", tag, "Return the status of a model", status, *names),
            f"{path}/metadata": get(f"v1Metadata{suffix}", tag, "Describe a model's signatures", metadata, *names),
            f"{path}:predict": {
                "post": {**predict, "operationId": f"v1Predict{suffix}", "parameters": parameters},
            },
            f"{path}:{{method}}": {
                "post": {
                    **refuse,
                    "operationId": f"v1Classify{suffix}",
                    "parameters": [*parameters, parameter("Method")],
                },
            },
        }
    return paths


def _tf_serving_request(config: dict[str, Any]) -> Schema:
    values = {
        "description": f"n digits of {list_sizes(SHAPE)} numbers from 0.0 (paper) to 1.0 (ink), or n pictures as "
        f'{{"b64": "..."}}; at most {config["MAX_DIGITS"]:,} digits or {config["MAX_PICTURES"]:,} pictures.'
    }
    signature = {"enum": ["", *SIGNATURES], "default": ""}
    columns = {
        "oneOf": [
            {"type": "array", "items": {}, "minItems": 1},
            {"type": "object", "minProperties": 1, "maxProperties": 1, "description": "By the input's name."},
        ]
    }
    forms = (("instances", {"type": "array", "items": {}, "minItems": 1, **values}), ("inputs", {**columns, **values}))
    return {
        "oneOf": [
            {
                "title": f"Predict{name.capitalize()}",
                "type": "object",
                "properties": {"signature_name": signature, name: form},
                "required": [name],
            }
            for name, form in forms
        ]
    }


def _tf_serving_examples() -> tuple[Any, ...]:
    return (
        {"instances": [{"b64": SEVEN}]},
        {"instances": [BLANK]},
        {"signature_name": "certainty", "inputs": {TENSOR: [BLANK]}},
    )


def describe_open_inference(config: dict[str, Any]) -> Schema:
    """Describe /v2, with the limits of the app's configuration."""
    tag = "Open Inference Protocol"
    health = answers(media(schema("Health"), {"live": True, "ready": True}), 503)
    metadata = answers(media(schema("TensorMetadata")), 404)
    ready = answers(media(schema("ModelReady")), 404)
    configuration = answers(media(schema("ModelConfig")), 404)
    binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    request = _infer_request(config)
    infer = {
        "tags": [tag],
        "summary": "Classify digits",
        "description": (
            f'The input "{TENSOR}" takes numbers, flat or nested, or binary after the JSON, whose length is then in '
            f'{JSON_LENGTH}; "{PICTURE}" takes pictures as base64, or binary. The body may be compressed by gzip or '
            f"deflate."
        ),
        "requestBody": {"required": True, "content": {**media(request, *_infer_examples()), **binary}},
        "responses": answers({**media(schema("InferResponse")), **binary}, 400, 404, 413, 415, 422),
    }
    paths: Schema = {
        "/v2": get("v2", tag, "Describe the server", answers(media(schema("ServerMetadata")))),
        "/v2/health/live": get("v2Live", tag, "Check that the server is alive", health),
        "/v2/health/ready": get("v2Ready", tag, "Check that the models work", health),
    }
    index = {
        "operationId": "v2Index",
        "tags": [tag],
        "summary": "List the models, those that are refused too",
        "parameters": [parameter("RequestId")],
        "requestBody": {"content": media({"type": "object", "properties": {"ready": {"type": "boolean"}}}, {})},
        "responses": answers(media({"type": "array", "items": schema("IndexedModel")}), 400, 413, 415),
    }
    paths["/v2/repository/index"] = {"post": index}
    for number, (path, names) in enumerate(
        (("/v2/models/{name}", ("ModelName",)), ("/v2/models/{name}/versions/{version}", ("ModelName", "Version")))
    ):
        suffix = "Version" * number
        parameters = [parameter(name) for name in (*names, "RequestId", "JSONLength")]
        paths |= {
            path: get(f"v2Metadata{suffix}", tag, "Describe a model", metadata, *names),
            f"{path}/config": get(f"v2Config{suffix}", tag, "Describe how a model is served", configuration, *names),
            f"{path}/ready": get(f"v2ModelReady{suffix}", tag, "Check that a model is ready", ready, *names),
            f"{path}/infer": {"post": {**infer, "operationId": f"v2Infer{suffix}", "parameters": parameters}},
        }
    return paths


def _infer_request(config: dict[str, Any]) -> Schema:
    parameters = {"type": ["object", "null"], "additionalProperties": True}
    given = {
        "type": "object",
        "properties": {
            "name": {"enum": [TENSOR, PICTURE]},
            "datatype": {"enum": [*DATATYPES, BYTES]},
            "shape": {
                "type": "array",
                "items": {"type": "integer", "minimum": 1},
                "minItems": 1,
                "description": f"[n, {list_sizes(SHAPE)}] of numbers, at most {config['MAX_DIGITS']:,} digits, or in "
                f"another layout: {', '.join(map(str, map(list, LAYOUTS[1:])))}; [n] or [n, 1] of pictures, at most "
                f"{config['MAX_PICTURES']:,}.",
            },
            "data": {"type": "array", "items": {}},
            "parameters": parameters,
        },
        "required": ["name", "datatype", "shape"],
    }
    wanted = {
        "type": "object",
        "properties": {"name": {"enum": [PROBABILITIES, CERTAINTY]}, "parameters": parameters},
        "required": ["name"],
    }
    return {
        "type": "object",
        "properties": {
            "id": {"type": ["string", "null"]},
            "inputs": {"type": "array", "items": given, "minItems": 1, "maxItems": 1},
            "outputs": {"type": ["array", "null"], "items": wanted},
            "parameters": parameters,
        },
        "required": ["inputs"],
    }


def _infer_examples() -> tuple[Any, ...]:
    size = SHAPE[0] * SHAPE[1] * SHAPE[2]
    blank = {"name": TENSOR, "datatype": "FP32", "shape": [1, *SHAPE], "data": [0.0] * size}
    pictures = {"name": PICTURE, "datatype": "BYTES", "shape": [1], "data": [SEVEN]}
    best = {"name": PROBABILITIES, "parameters": {"classification": 3}}
    return {"id": "42", "inputs": [pictures], "outputs": [best]}, {"inputs": [blank]}
