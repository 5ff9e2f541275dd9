"""Our own paths: reading, models and operation, with the limits and the models of a server filled in."""

from __future__ import annotations

from typing import Any

from ..corrections import RATE
from ..memory.limits import MAX_A_MINUTE, MAX_CORRECTIONS
from ..models.registry import Registry
from ..preprocessing.decoding import FORMATS_TEXT
from .examples import EVIDENCE_EXAMPLE, HAND_EXAMPLE, SEVEN, SEVEN_ROW
from .parts import OBJECT, Schema, answers, get, media, parameter, schema, whole


def describe_reading(config: dict[str, Any]) -> Schema:
    """Describe /predict and /read, with the limits of the app's configuration."""
    predict = {
        "tags": ["Reading"],
        "summary": "Read one digit in each picture",
        "description": "One picture is answered by one reading, several by a list in the order sent. Where `certain` "
        "is false, `doubt` says why: not_a_digit, ambiguous (it could be two digits) or faint.",
        "parameters": [
            parameter(name) for name in ("ModelChoice", "HandChoice", "Guard", "Explain", "Against", "RequestId")
        ],
        "requestBody": _pictures(config),
        "responses": answers(
            media(
                {"oneOf": [schema("Reading"), schema("Readings")]},
                {"digit": 7, "confidence": 0.98, "certain": True, "probabilities": SEVEN_ROW, "model": "robust"},
                {
                    "digit": 7, "confidence": 0.98, "certain": True, "probabilities": SEVEN_ROW, "model": "robust",
                    "steps": [], "evidence": EVIDENCE_EXAMPLE,
                },
            ),
            400, 404, 413, 415, 422,
        ),
    }  # fmt: skip
    read = {
        "tags": ["Reading"],
        "summary": "Read all digits and signs of each picture, in reading order",
        "description": "`text` is what is written, with the signs - + . , / : between its digits. `digits` holds the "
        "digits alone, `marks` the signs and other ink that is no digit.",
        "parameters": [parameter(name) for name in ("ModelChoice", "HandChoice", "Guard", "Explain", "RequestId")],
        "requestBody": _pictures(config),
        "responses": answers(
            media(
                {"oneOf": [schema("Number"), schema("Numbers")]},
                {
                    "text": "-7",
                    "digits": [{"digit": 7, "confidence": 0.98, "certain": True, "probabilities": SEVEN_ROW,
                                "box": [48, 4, 12, 20]}],
                    "marks": [{"sign": "-", "certain": True, "box": [30, 12, 9, 3]}],
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


def _pictures(config: dict[str, Any], several: bool = True) -> Schema:
    """Describe a request's body in each form in which pictures may come, one or several."""
    one = schema("OnePicture")
    file = {"type": "string", "format": "binary"}
    max_pictures = config["MAX_PICTURES"] if several else 1
    return {
        "required": True,
        "description": f"A picture as {FORMATS_TEXT}; at most {config['MAX_CONTENT_LENGTH']:,} bytes together.",
        "content": {
            "application/json": {
                "schema": {"oneOf": [one, schema("SeveralPictures")]} if several else one,
                "examples": {
                    "one picture": {"value": {"image": SEVEN}},
                    **({"several": {"value": {"images": [SEVEN] * 2}}} if several else {}),
                },
            },
            **_form(max_pictures)["content"],
            "image/*": {"schema": file},
            "application/octet-stream": {"schema": file},
            "text/plain": {
                "schema": {"type": "string", "description": "Base64 or a data URL."},
                "example": f"data:image/png;base64,{SEVEN}",
            },
        },
    }


def describe_bodies(config: dict[str, Any]) -> Schema:
    """Describe what JSON holds pictures, each kind as a schema of its own: programs that write clients need that."""
    text = {"type": "string", "description": "Base64 or a data URL.", "contentEncoding": "base64"}
    several = {"type": "array", "items": text, "minItems": 1, "maxItems": config["MAX_PICTURES"]}
    return {"OnePicture": whole({"image": text}), "SeveralPictures": whole({"images": several})}


def describe_corrections(config: dict[str, Any]) -> Schema:
    """Describe /corrections and /hands, with the limits of the app's configuration."""
    tag = "Corrections"
    kept = {"id": 17, "digit": 4, "was": 9, "hand": HAND_EXAMPLE, "trusted": True}
    counted = {"hand": HAND_EXAMPLE, "corrections": 1, "digits": {"4": 1}}
    one = {
        "id": 17, "digit": 4, "was": 9, "model": "robust", "version": "1", "time": "2026-01-01T12:00:00+00:00",
        "trusted": True, "picture": f"data:image/png;base64,{SEVEN}",
    }  # fmt: skip
    correct: Schema = {
        "operationId": "correct",
        "tags": [tag],
        "summary": "Keep what the digit of a picture is",
        "description": (
            f"Readings with ?hand=ID count it from then on. A hand has at most {MAX_CORRECTIONS:,} corrections, and "
            f"gets at most {MAX_A_MINUTE} a minute; a client address sends at most {RATE.replace('/', ' a ')}."
        ),
        "parameters": [parameter(name) for name in ("WrittenDigit", "HandChoice", "ModelChoice", "RequestId")],
        "requestBody": _pictures(config, several=False),
        "responses": answers(media(schema("Corrected"), kept), 400, 403, 404, 413, 415, 422, 503, status=201),
    }
    hand = get(
        "hand", tag, "Count what a hand has corrected", answers(media(schema("Hand"), counted), 400, 403, 503), "Hand"
    )
    hand["delete"] = {
        "operationId": "forgetHand",
        "tags": [tag],
        "summary": "Delete everything of a hand",
        "parameters": [parameter("Hand"), parameter("RequestId")],
        "responses": answers({}, 400, 403, 503, status=204),
    }
    listed = media(schema("Corrections"), {"hand": HAND_EXAMPLE, "corrections": [one], "more": False})
    zipped: Schema = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "/corrections": {"post": correct},
        "/hands/{hand}": hand,
        "/hands/{hand}/corrections": get(
            "corrections", tag, "Show what a hand has corrected, the newest first", answers(listed, 400, 403, 404, 503),
            "Hand", "Most", "Before", "ModelChoice",
        ),
        "/hands/{hand}/corrections/{number}": {
            "delete": {
                "operationId": "forgetCorrection",
                "tags": [tag],
                "summary": "Delete one correction",
                "description": "Sending its picture to /corrections again keeps it again.",
                "parameters": [parameter("Hand"), parameter("CorrectionNumber"), parameter("RequestId")],
                "responses": answers({}, 400, 403, 404, 503, status=204),
            }
        },
        "/hands/{hand}/export": get(
            "export", tag, "Send what a hand has corrected: PNGs in folders by label", answers(zipped, 400, 403, 503),
            "Hand",
        ),
    }  # fmt: skip


def _form(max_pictures: int) -> Schema:
    file = {"type": "string", "format": "binary"}
    return {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "description": "Any field name, one file or several.",
                    "properties": {"file": {"type": "array", "items": file, "minItems": 1, "maxItems": max_pictures}},
                    "required": ["file"],
                }
            }
        },
    }


def describe_models(models: Registry, max_pictures: int) -> Schema:
    """Describe the pages, with the default model in the example."""
    page = {"text/html": {"schema": {"type": "string"}}}
    cards = media(schema("Cards"), {"default": models.default, "models": [{"name": models.default}], "refused": []})
    upload = {
        "operationId": "upload",
        "tags": ["Models"],
        "summary": "Read the pictures of the page's form, for browsers without scripts",
        "parameters": [parameter("ModelChoice"), parameter("RequestId")],
        "requestBody": _form(max_pictures),
        "responses": answers(page, 400, 404, 413, 415, 422),
    }
    return {
        "/": {
            **get(
                "index",
                "Models",
                "Show the page to draw on; with Accept: application/json say that the server is alive",
                answers({**page, **media(whole({"status": {"const": "alive"}}), {"status": "alive"})}),
            ),
            "post": upload,
        },
        "/service-worker.js": get(
            "serviceWorker",
            "Models",
            "Keep the page for when the server is away",
            answers({"text/javascript": {"schema": {"type": "string"}}}),
        ),
        "/robots.txt": get(
            "robots",
            "Models",
            "Say what search engines may look at",
            answers({"text/plain": {"schema": {"type": "string"}}}),
        ),
        "/models": get(
            "models", "Models", "Show all models: a page to a browser, their cards to a program",
            answers({**cards, **page}),
        ),
        "/models/{name}": get("model", "Models", "Show one model", answers(page, 404), "ModelName"),
        "/models/{name}/report/{picture}.png": get(
            "report",
            "Models",
            "Send a picture of a model's report",
            answers({"image/png": {"schema": {"type": "string", "format": "binary"}}}, 404),
            "ModelName",
            "ReportPicture",
        ),
        "/models/{name}/layers": get(
            "layers",
            "Models",
            "Send a model's layers with their weights, for the page to compute what is inside",
            answers({"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}, 404),
            "ModelName",
        ),
    }  # fmt: skip


def describe_operation() -> Schema:
    """Describe health, counters and the description itself."""
    tag = "Operation"
    text = {"text/plain": {"schema": {"type": "string"}}}
    page = {"text/html": {"schema": {"type": "string"}}}
    live = media({"type": "object", "properties": {"live": {"const": True}}, "required": ["live"]}, {"live": True})
    ready = media(schema("Ready"), {"ready": True, "models": ["robust"], "corrections": "on"})
    return {
        "/health/live": get("live", tag, "Check that the process is alive", answers(live)),
        "/health/ready": get(
            "ready", tag, "Check that the models work and the server is not going away", answers(ready, 503)
        ),
        "/metrics": get("metrics", tag, "Count for Prometheus", answers(text)),
        "/openapi.json": get("openapi", tag, "Describe the server to a program", answers(media(OBJECT))),
        "/docs": get("docs", tag, "Describe the server to a person", answers(page)),
    }
