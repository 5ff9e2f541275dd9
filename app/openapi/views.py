"""The description of everything that is served, as OpenAPI 3.1: GET /openapi.json for programs, GET /docs for people.

Written by hand, in the order of a reader: the text is data, and the models and limits of a server are filled in once,
when it starts. Tests compare it with the routes and send its examples to a real server.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, json, render_template

from ..corrections import LISTED, MAX_NUMBER
from ..models.registry import Registry
from ..protocols.open_inference import JSON_LENGTH
from ..version import VERSION
from ..web.served import EXTENSION
from .examples import HAND_EXAMPLE
from .parts import Schema, in_path, schema
from .paths import describe_bodies, describe_corrections, describe_models, describe_operation, describe_reading
from .protocol_paths import describe_open_inference, describe_tf_serving
from .schemas import HAND, HEADERS, RESPONSES, SCHEMAS

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
    {
        "name": "Corrections",
        "description": "What a person says that a digit is. It is read with from then on, by the name of a hand.",
    },
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


PAGES = {
    "index",
    "upload",
    "serviceWorker",
    "robots",
    "model",
    "report",
    "layers",
    "docs",
}  # what only the site itself uses
TRIED = {"predict": "/predict", "read": "/read", "models": "/models", "ready": "/health/ready"}  # on the page, at once


@bp.get("/docs")
def docs() -> str:
    """Show the description to a person."""
    return render_template("docs.html", api=current_app.extensions["openapi"], hidden=PAGES, tried=TRIED)


def describe_server(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document of an app: its models, its limits and every path."""
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/"}],
        "tags": TAGS,
        "paths": {
            **describe_reading(app.config),
            **describe_corrections(app.config),
            **describe_models(app.extensions[EXTENSION], app.config["MAX_PICTURES"]),
            **describe_tf_serving(app.config),
            **describe_open_inference(app.config),
            **describe_operation(),
        },
        "components": {
            "schemas": {
                **SCHEMAS,
                **describe_bodies(app.config),
                "ServedModel": {"type": "string", "enum": app.extensions[EXTENSION].names},
            },
            "headers": HEADERS,
            "responses": RESPONSES,
            "parameters": _describe_parameters(app.extensions[EXTENSION]),
        },
    }


def _describe_parameters(models: Registry) -> Schema:
    versions = sorted({str(models.get(name).card["version"]) for name in models.names})
    return {
        "ModelName": in_path("name", schema("ServedModel")),
        "Version": in_path("version", {"enum": versions}),
        "Method": in_path("method", {"enum": ["classify", "regress"]}),
        "ReportPicture": in_path("picture", {"type": "string", "pattern": "^[a-z]+$", "example": "errors"}),
        "ModelChoice": {
            "name": "model",
            "in": "query",
            "description": "Which model answers; the default one where this is left out.",
            "schema": schema("ServedModel"),
        },
        "Hand": {**in_path("hand", HAND), "example": HAND_EXAMPLE},
        "CorrectionNumber": in_path("number", {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER, "example": 17}),
        "WrittenDigit": {
            "name": "digit",
            "in": "query",
            "required": True,
            "description": "What was written.",
            "schema": {"enum": [str(digit) for digit in range(10)]},
        },
        "HandChoice": {
            "name": "hand",
            "in": "query",
            "description": "Whose corrections are read with, or added to. A hand that is not known has none.",
            "schema": HAND,
        },
        "Most": {
            "name": "limit",
            "in": "query",
            "description": "Corrections in the answer.",
            "schema": {"type": "integer", "minimum": 1, "maximum": LISTED, "default": LISTED},
        },
        "Before": {
            "name": "before",
            "in": "query",
            "description": "Only corrections whose id is lower.",
            "schema": {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER},
        },
        "Guard": {
            "name": "guard",
            "in": "query",
            "description": "1 adds the doubts of the model for real-world digits, which knows non-digits, to those "
            "of the model that answers. Both have to read digits.",
            "schema": {"enum": ["0", "1"], "default": "0"},
        },
        "Explain": {
            "name": "explain",
            "in": "query",
            "description": "1 adds the steps from picture to digit, and what of its ink speaks for the answer; with "
            "/read, each digit as the network saw it.",
            "schema": {"enum": ["0", "1"], "default": "0"},
        },
        "Against": {
            "name": "against",
            "in": "query",
            "description": "With explain=1: the class that the answer is compared with, by its place; the second guess "
            "where this is left out, or is the answer itself.",
            "schema": {"enum": [str(digit) for digit in range(10)]},
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
