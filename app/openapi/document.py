"""The description of everything that is served, as OpenAPI 3.1: GET /openapi.json for programs, GET /docs for people.

Written by hand, in the order of a reader; tests compare it with the routes and send what it says to a real server.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, json, render_template

from ..models.registry import Registry
from ..preprocessing.decoding import FORMATS_TEXT
from ..protocols.open_inference import EXTENSIONS, JSON_LENGTH
from ..protocols.tensors import CERTAINTY, PICTURE, PROBABILITIES, SHAPE, TENSOR
from ..protocols.tf_serving import SIGNATURES
from ..version import VERSION
from ..web.served import EXTENSION

Schema = dict[str, Any]

# A 7 of 28x28 pixels as PNG, for the examples.
SEVEN = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcAQMAAABIw03XAAAABlBMVEX///9SUlI3EiauAAAARUlEQVR42lXNMQqAMAAEwckRMJXvsfTpPsUn"
    "WKYQtDGiVywLWxz/lasLVThhEVahwyEPiELYRQjbCBUmohGXEebXQPt+3zvICTgbjP3QAAAAAElFTkSuQmCC"
)
ROW = [0.0] * 5 + [0.01, 0.0, 0.98, 0.0, 0.01]  # probabilities of a 7
BLANK = [[[0.0]] * SHAPE[1]] * SHAPE[0]  # a digit without ink, as nested lists

ERRORS = {
    400: ("bad_request", "The request does not say what it should."),
    404: ("not_found", "The path, the model or the version does not exist."),
    413: ("too_large", "Too many bytes, pixels, pictures or digits."),
    415: ("unsupported_format", f"Not a picture in a format that is read: {FORMATS_TEXT}."),
    422: ("no_ink, unreadable", "The picture is blank, truncated or damaged."),
    429: ("too_many_requests", "This address asks more often than the server allows."),
    503: ("not_ready, overloaded", "The server is going away, or has too much to do. Ask again after Retry-After."),
}
CODES = (
    "bad_request", "not_found", "method_not_allowed", "too_large", "unsupported_format", "no_ink", "unreadable",
    "too_many_requests", "internal", "not_ready", "overloaded",
)  # fmt: skip

bp = Blueprint("openapi", __name__)


def init_app(app: Flask) -> None:
    """Describe an app whose models are loaded."""
    app.extensions["openapi"] = describe_server(app)
    app.register_blueprint(bp)


@bp.get("/openapi.json")
def document() -> Response:
    """Send the description to a program."""
    return Response(json.dumps(current_app.extensions["openapi"], separators=(",", ":")), mimetype="application/json")


@bp.get("/docs")
def docs() -> str:
    """Show the description to a person."""
    return render_template("docs.html", api=current_app.extensions["openapi"])


def describe_server(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document of an app: its models, its limits and every path."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Digits",
            "version": VERSION,
            "summary": "Reads handwritten digits from pictures.",
            "description": (
                "POST a picture and get the digit with its probabilities. The server also speaks the protocols of "
                "TensorFlow Serving and of KServe and Triton, so that their clients work as they are. Every failure "
                "is an object with a sentence to act on and a stable code. The files of the page are under /static/."
            ),
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "Reading", "description": "One digit a picture, or a written number."},
            {"name": "Models", "description": "What is served, and the pages that show it."},
            {
                "name": "TensorFlow Serving",
                "description": "Its REST API; version 1 of KServe's protocol is part of it.",
            },
            {"name": "Open Inference Protocol", "description": "Version 2, with binary tensors and classification."},
            {"name": "Operation", "description": "Health, counters and this description."},
        ],
        "paths": {
            **_describe_reading(app.config),
            **_describe_models(app.extensions[EXTENSION]),
            **_describe_tf_serving(app.config),
            **_describe_open_inference(app.config),
            **_describe_operation(),
        },
        "components": {
            "schemas": _SCHEMAS,
            "headers": _HEADERS,
            "responses": _RESPONSES,
            "parameters": _describe_parameters(app.extensions[EXTENSION]),
        },
    }


def _describe_reading(config: dict[str, Any]) -> Schema:
    predict = {
        "tags": ["Reading"],
        "summary": "Read one digit in each picture",
        "description": "One picture is answered by one reading, several by a list in the order sent.",
        "parameters": [_parameter("ModelChoice"), _parameter("Explain"), _parameter("RequestId")],
        "requestBody": _pictures(config),
        "responses": _answers(
            _json(
                {"oneOf": [_schema("Reading"), _schema("Readings")]},
                {
                    "digit": 7, "confidence": 0.98, "certain": True, "probabilities": ROW, "model": "robust",
                },
            ),
            400, 404, 413, 415, 422,
        ),
    }  # fmt: skip
    read = {
        "tags": ["Reading"],
        "summary": "Read all digits of each picture, in reading order",
        "parameters": [_parameter("ModelChoice"), _parameter("RequestId")],
        "requestBody": _pictures(config),
        "responses": _answers(
            _json(
                {"oneOf": [_schema("Number"), _schema("Numbers")]},
                {
                    "text": "7",
                    "digits": [{"digit": 7, "confidence": 0.98, "certain": True, "probabilities": ROW,
                                "box": [8, 4, 12, 20]}],
                    "model": "robust",
                },
            ),
            400, 404, 413, 415, 422,
        ),
    }  # fmt: skip
    return {
        "/predict": {
            "post": {**predict, "operationId": "predict"},
            "put": {**predict, "operationId": "predictUpload", "summary": "The same, as `curl -T 7.png` sends it"},
        },
        "/read": {
            "post": {**read, "operationId": "read"},
            "put": {**read, "operationId": "readUpload", "summary": "The same, as `curl -T number.png` sends it"},
        },
    }


def _pictures(config: dict[str, Any]) -> Schema:
    """Describe a request's body in each form in which pictures may come."""
    text = {"type": "string", "description": "Base64 or a data URL.", "contentEncoding": "base64"}
    file = {"type": "string", "format": "binary"}
    most = config["MAX_PICTURES"]
    return {
        "required": True,
        "description": f"A picture as {FORMATS_TEXT}; at most {config['MAX_CONTENT_LENGTH']:,} bytes together.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "image": text,
                        "images": {"type": "array", "items": text, "minItems": 1, "maxItems": most},
                    },
                    "oneOf": [{"required": ["image"]}, {"required": ["images"]}],
                },
                "examples": {"one picture": {"value": {"image": SEVEN}}, "several": {"value": {"images": [SEVEN] * 2}}},
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "description": "Any field name, one file or several.",
                    "properties": {"file": {"type": "array", "items": file, "minItems": 1, "maxItems": most}},
                    "required": ["file"],
                }
            },
            "image/*": {"schema": file},
            "application/octet-stream": {"schema": file},
            "text/plain": {
                "schema": {"type": "string", "description": "A data URL."},
                "example": f"data:image/png;base64,{SEVEN}",
            },
        },
    }


def _describe_models(models: Registry) -> Schema:
    page = {"text/html": {"schema": {"type": "string"}}}
    cards = _json(_schema("Cards"), {"default": models.default, "models": [{"name": models.default}], "refused": []})
    return {
        "/": _get("index", "Models", "Show the page to draw on", _answers(page)),
        "/service-worker.js": _get(
            "serviceWorker",
            "Models",
            "Keep the page for when the server is away",
            _answers({"text/javascript": {"schema": {"type": "string"}}}),
        ),
        "/models": _get(
            "models", "Models", "Show all models: a page to a browser, their cards to a program",
            _answers({**cards, **page}),
        ),
        "/models/{name}": _get("model", "Models", "Show one model", _answers(page, 404), "ModelName"),
        "/models/{name}/report/{picture}.png": _get(
            "report",
            "Models",
            "Send a picture of a model's report",
            _answers({"image/png": {"schema": {"type": "string", "format": "binary"}}}, 404),
            "ModelName",
            "ReportPicture",
        ),
    }  # fmt: skip


def _describe_tf_serving(config: dict[str, Any]) -> Schema:
    tag = "TensorFlow Serving"
    status = _answers(_json(_schema("ModelStatus")), 404)
    metadata = _answers(_json(_schema("ModelMetadata")), 404)
    predict = {
        "tags": [tag],
        "summary": "Classify digits",
        "description": (
            'Row form with "instances" or column form with "inputs": numbers, bare or under the name "tensor", or '
            'pictures as {"b64": "..."}. The signature "certainty" answers probabilities and certainty by name.'
        ),
        "requestBody": {"required": True, "content": _json(_tf_serving_request(config), *_tf_serving_examples())},
        "responses": _answers(
            _json(_schema("Predictions"), {"predictions": [ROW]}),
            400, 404, 413, 415, 422,
        ),
    }  # fmt: skip
    refuse = {
        "tags": [tag],
        "summary": "Refuse :classify and :regress, which need a signature over tf.Example",
        "responses": _answers({}, 400, 404, success=False),
    }
    paths: Schema = {
        "/v1/models": _get("v1Models", tag, "Name the models", _answers(_json(_schema("ModelNames")))),
    }
    for number, (path, names) in enumerate(
        (("/v1/models/{name}", ("ModelName",)), ("/v1/models/{name}/versions/{version}", ("ModelName", "Version")))
    ):
        parameters = [_parameter(name) for name in (*names, "RequestId")]
        suffix = "Version" * number
        paths |= {
            path: _get(f"v1Status{suffix}", tag, "Say that a model is served", status, *names),
            f"{path}/metadata": _get(f"v1Metadata{suffix}", tag, "Describe a model's signatures", metadata, *names),
            f"{path}:predict": {
                "post": {**predict, "operationId": f"v1Predict{suffix}", "parameters": parameters},
            },
            f"{path}:{{method}}": {
                "post": {
                    **refuse,
                    "operationId": f"v1Classify{suffix}",
                    "parameters": [*parameters, _parameter("Method")],
                },
            },
        }
    return paths


def _tf_serving_request(config: dict[str, Any]) -> Schema:
    values = {
        "description": f"n digits of {_words(SHAPE)} numbers from 0.0 (paper) to 1.0 (ink), or n pictures as "
        f'{{"b64": "..."}}; at most {config["MAX_DIGITS"]:,} digits or {config["MAX_PICTURES"]:,} pictures.'
    }
    return {
        "type": "object",
        "properties": {
            "signature_name": {"enum": ["", *SIGNATURES], "default": ""},
            "instances": {"type": "array", "minItems": 1, **values},
            "inputs": {"type": ["array", "object"], "minItems": 1, "minProperties": 1, "maxProperties": 1, **values},
        },
        "oneOf": [{"required": ["instances"]}, {"required": ["inputs"]}],
    }


def _tf_serving_examples() -> tuple[Any, ...]:
    return (
        {"instances": [{"b64": SEVEN}]},
        {"instances": [BLANK]},
        {"signature_name": "certainty", "inputs": {TENSOR: [BLANK]}},
    )


def _describe_open_inference(config: dict[str, Any]) -> Schema:
    tag = "Open Inference Protocol"
    health = _answers(_json(_schema("Health"), {"live": True, "ready": True}), 503)
    metadata = _answers(_json(_schema("TensorMetadata")), 404)
    ready = _answers(_json(_schema("ModelReady")), 404)
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
        "requestBody": {"required": True, "content": {**_json(request, *_infer_examples()), **binary}},
        "responses": _answers({**_json(_schema("InferResponse")), **binary}, 400, 404, 413, 415, 422),
    }
    paths: Schema = {
        "/v2": _get("v2", tag, "Describe the server", _answers(_json(_schema("ServerMetadata")))),
        "/v2/health/live": _get("v2Live", tag, "Say that the server answers", health),
        "/v2/health/ready": _get("v2Ready", tag, "Say that the models answer", health),
    }
    for number, (path, names) in enumerate(
        (("/v2/models/{name}", ("ModelName",)), ("/v2/models/{name}/versions/{version}", ("ModelName", "Version")))
    ):
        suffix = "Version" * number
        parameters = [_parameter(name) for name in (*names, "RequestId", "JSONLength")]
        paths |= {
            path: _get(f"v2Metadata{suffix}", tag, "Describe a model", metadata, *names),
            f"{path}/ready": _get(f"v2ModelReady{suffix}", tag, "Say that a model answers", ready, *names),
            f"{path}/infer": {"post": {**infer, "operationId": f"v2Infer{suffix}", "parameters": parameters}},
        }
    return paths


def _infer_request(config: dict[str, Any]) -> Schema:
    parameters = {"type": ["object", "null"]}
    given = {
        "type": "object",
        "properties": {
            "name": {"enum": [TENSOR, PICTURE]},
            "datatype": {"enum": ["FP32", "BYTES"]},
            "shape": {
                "type": "array",
                "items": {"type": "integer", "minimum": 1},
                "minItems": 1,
                "description": f"[n, {_words(SHAPE)}] of numbers, at most {config['MAX_DIGITS']:,} digits; [n] of "
                f"pictures, at most {config['MAX_PICTURES']:,}.",
            },
            "data": {"type": "array"},
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


def _describe_operation() -> Schema:
    tag = "Operation"
    text = {"text/plain": {"schema": {"type": "string"}}}
    page = {"text/html": {"schema": {"type": "string"}}}
    live = _json({"type": "object", "properties": {"live": {"const": True}}, "required": ["live"]}, {"live": True})
    ready = _json(_schema("Ready"), {"ready": True, "models": ["robust"]})
    return {
        "/health/live": _get("live", tag, "Say that the process answers", _answers(live)),
        "/health/ready": _get(
            "ready", tag, "Say that the models have answered, until the server goes away", _answers(ready, 503)
        ),
        "/metrics": _get("metrics", tag, "Count for Prometheus", _answers(text)),
        "/openapi.json": _get("openapi", tag, "Describe the server to a program", _answers(_json({"type": "object"}))),
        "/docs": _get("docs", tag, "Describe the server to a person", _answers(page)),
    }


def _describe_parameters(models: Registry) -> Schema:
    versions = sorted({str(models.get(name).card["version"]) for name in models.names})
    return {
        "ModelName": _in_path("name", {"enum": models.names}),
        "Version": _in_path("version", {"enum": versions}),
        "Method": _in_path("method", {"enum": ["classify", "regress"]}),
        "ReportPicture": _in_path("picture", {"type": "string", "pattern": "^[a-z]+$", "example": "errors"}),
        "ModelChoice": {
            "name": "model",
            "in": "query",
            "description": "Which model answers; the default one where this is left out.",
            "schema": {"enum": models.names},
        },
        "Explain": {
            "name": "explain",
            "in": "query",
            "description": "1 adds the steps from the picture to the digit.",
            "schema": {"enum": ["0", "1"], "default": "0"},
        },
        "RequestId": {
            "name": "X-Request-ID",
            "in": "header",
            "description": "Comes back in the answer and is written to the log; made up where this is left out.",
            "schema": {"type": "string"},
        },
        "JSONLength": {
            "name": JSON_LENGTH,
            "in": "header",
            "description": "Bytes of the JSON before the binary tensors.",
            "schema": {"type": "integer", "minimum": 0},
        },
    }


def _in_path(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _get(identity: str, tag: str, summary: str, responses: Schema, *parameters: str) -> Schema:
    return {
        "get": {
            "operationId": identity,
            "tags": [tag],
            "summary": summary,
            "parameters": [_parameter(name) for name in (*parameters, "RequestId")],
            "responses": responses,
        }
    }


def _answers(content: Schema, *errors: int, success: bool = True) -> Schema:
    """Describe the answers of an operation: the one that was asked for, the failures to expect, and any other."""
    request_id = {"X-Request-ID": {"$ref": "#/components/headers/RequestId"}}
    answered = {"200": {"description": "The answer.", "headers": request_id, "content": content}} if success else {}
    expected = {str(status): {"$ref": f"#/components/responses/{status}"} for status in (*errors, 429)}
    return {**answered, **expected, "default": {"$ref": "#/components/responses/Error"}}


def _json(schema: Schema, *examples: Any) -> Schema:
    media: Schema = {"schema": schema}
    if len(examples) == 1:
        media["example"] = examples[0]
    elif examples:
        media["examples"] = {f"example {number}": {"value": value} for number, value in enumerate(examples, start=1)}
    return {"application/json": media}


def _schema(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}


def _words(shape: tuple[int, ...]) -> str:
    return ", ".join(str(size) for size in shape)


def _object(required: Schema, **more: Any) -> Schema:
    """Describe an object all of whose properties are always there."""
    return {"type": "object", "properties": required, "required": list(required), **more}


_PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}
_TEXT = {"type": "string"}
_READING = {
    "digit": {"type": "integer", "minimum": 0, "maximum": 9},
    "confidence": _PROBABILITY,
    "certain": {"type": "boolean", "description": "False where the answer should not be trusted."},
    "probabilities": {"type": "array", "items": _PROBABILITY},
}
_TENSORS = {"type": "array", "items": _object({"name": _TEXT, "datatype": _TEXT, "shape": {"type": "array"}})}

_SCHEMAS: Schema = {
    "Error": _object({"error": {**_TEXT, "description": "A sentence to act on."}, "code": {"enum": list(CODES)}}),
    "Reading": _object({**_READING, "model": _TEXT}),
    "Readings": _object({"predictions": {"type": "array", "items": {"anyOf": [_schema("Reading"), _schema("Error")]}}}),
    "Number": _object(
        {
            "text": {**_TEXT, "description": 'Lines are separated by "\\n".'},
            "digits": {
                "type": "array",
                "items": _object(
                    {
                        **_READING,
                        "box": {
                            "type": "array",
                            "items": {"type": "integer"},
                            "minItems": 4,
                            "maxItems": 4,
                            "description": "x, y, width, height in pixels of the upright picture.",
                        },
                    }
                ),
            },
            "model": _TEXT,
        }
    ),
    "Numbers": _object({"readings": {"type": "array", "items": {"anyOf": [_schema("Number"), _schema("Error")]}}}),
    "Cards": _object(
        {
            "default": _TEXT,
            "models": {"type": "array", "items": _object({"name": _TEXT})},
            "refused": {"type": "array", "items": _object({"name": _TEXT, "error": _TEXT})},
        }
    ),
    "ModelNames": _object({"models": {"type": "array", "items": _TEXT}}),
    "ModelStatus": _object(
        {
            "model_version_status": {
                "type": "array",
                "items": _object({"version": _TEXT, "state": {"const": "AVAILABLE"}, "status": {"type": "object"}}),
            },
            "name": _TEXT,
            "ready": {"type": "boolean"},
        }
    ),
    "ModelMetadata": _object(
        {"model_spec": _object({"name": _TEXT, "version": _TEXT}), "metadata": {"type": "object"}}
    ),
    "Predictions": {
        "type": "object",
        "properties": {"predictions": {"type": "array"}, "outputs": {"type": ["array", "object"]}},
        "oneOf": [{"required": ["predictions"]}, {"required": ["outputs"]}],
    },
    "ServerMetadata": _object(
        {"name": _TEXT, "version": _TEXT, "extensions": {"type": "array", "items": {"enum": list(EXTENSIONS)}}}
    ),
    "Health": _object({"live": {"type": "boolean"}, "ready": {"type": "boolean"}}),
    "Ready": _object({"ready": {"const": True}, "models": {"type": "array", "items": _TEXT}}),
    "ModelReady": _object({"name": _TEXT, "ready": {"const": True}}),
    "TensorMetadata": _object(
        {
            "name": _TEXT,
            "versions": {"type": "array", "items": _TEXT},
            "platform": _TEXT,
            "inputs": _TENSORS,
            "outputs": _TENSORS,
        }
    ),
    "InferResponse": _object({"model_name": _TEXT, "model_version": _TEXT, "outputs": _TENSORS}),
}

_HEADERS: Schema = {
    "RequestId": {"description": "The name of this request in the log.", "schema": _TEXT},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}

_RESPONSES: Schema = {
    "Error": {"description": "Any other failure.", "content": _json(_schema("Error"))},
    **{
        str(status): {
            "description": description,
            "content": _json(_schema("Error"), {"error": description, "code": code.split(",")[0]}),
            **({"headers": {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}} if status >= 429 else {}),
        }
        for status, (code, description) in ERRORS.items()
    },
}
