"""The description of everything that is served, as OpenAPI 3.1: GET /openapi.json for programs, GET /docs for people.

Written by hand, in the order of a reader: the text is data, and the models and limits of a server are filled in once,
when it starts. Tests compare it with the routes and send its examples to a real server.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, json, render_template

from ..models.registry import Registry
from ..protocols.open_inference import JSON_LENGTH
from ..version import VERSION
from ..web.served import EXTENSION
from .parts import Schema, in_path
from .paths import describe_models, describe_operation, describe_reading
from .protocol_paths import describe_open_inference, describe_tf_serving
from .schemas import HEADERS, RESPONSES, SCHEMAS

INFO = {
    "title": "Digits",
    "version": VERSION,
    "summary": "Reads handwritten digits from pictures.",
    "description": (
        "POST a picture and get the digit with its probabilities. The server also speaks the protocols of "
        "TensorFlow Serving and of KServe and Triton, so that their clients work as they are. Every failure "
        "is an object with a sentence to act on and a stable code. The files of the page are under /static/."
    ),
}
TAGS = [
    {"name": "Reading", "description": "One digit a picture, or a written number."},
    {"name": "Models", "description": "What is served, and the pages that show it."},
    {
        "name": "TensorFlow Serving",
        "description": "Its REST API; version 1 of KServe's protocol is part of it.",
    },
    {"name": "Open Inference Protocol", "description": "Version 2, with binary tensors and classification."},
    {"name": "Operation", "description": "Health, counters and this description."},
]

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
        "info": INFO,
        "servers": [{"url": "/"}],
        "tags": TAGS,
        "paths": {
            **describe_reading(app.config),
            **describe_models(app.extensions[EXTENSION], app.config["MAX_PICTURES"]),
            **describe_tf_serving(app.config),
            **describe_open_inference(app.config),
            **describe_operation(),
        },
        "components": {
            "schemas": SCHEMAS,
            "headers": HEADERS,
            "responses": RESPONSES,
            "parameters": _describe_parameters(app.extensions[EXTENSION]),
        },
    }


def _describe_parameters(models: Registry) -> Schema:
    versions = sorted({str(models.get(name).card["version"]) for name in models.names})
    return {
        "ModelName": in_path("name", {"enum": models.names}),
        "Version": in_path("version", {"enum": versions}),
        "Method": in_path("method", {"enum": ["classify", "regress"]}),
        "ReportPicture": in_path("picture", {"type": "string", "pattern": "^[a-z]+$", "example": "errors"}),
        "ModelChoice": {
            "name": "model",
            "in": "query",
            "description": "Which model answers; the default one where this is left out.",
            "schema": {"enum": models.names},
        },
        "Explain": {
            "name": "explain",
            "in": "query",
            "description": "1 adds the steps from picture to digit; with /read, each digit as the network saw it.",
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
