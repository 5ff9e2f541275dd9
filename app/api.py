"""The JSON contract: POST /predict reads one digit a picture, POST /read a written number; health of the server.

Owns what a client sends and gets. Forms of a request are requests.py's, pictures preprocessing.py's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from flask import Blueprint, Response, current_app, request
from numpy.typing import NDArray

from .classifier import Classifier, Prediction
from .errors import BadRequest, DigitsError, NotReady, TooLarge, describe
from .lifecycle import is_stopping
from .metrics import count_digits
from .paper import reduce_picture
from .preprocessing import Step, decode_picture, read_picture, to_tensor
from .reading import read_number
from .registry import Registry
from .requests import read_pictures, take_in_time

bp = Blueprint("api", __name__)

Answer = dict[str, Any]
PLACES = 6  # decimals of a probability: more than float32 sums can promise
STEP_SIDE = 500  # pixels: as large as a step's picture is shown; larger ones are reduced
MAX_STEPS = 16 * 2**20  # bytes of the steps' pictures in one answer, as much as a request may have

encode = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make an encoder for every answer


@bp.route("/predict", methods=["POST", "PUT"])  # curl -T sends PUT
def predict() -> Response:
    """Read one digit in each picture of the request."""
    classifier = _chosen_classifier()
    explained = _flag("explain")
    pictures = read_pictures(request, current_app.config["MAX_PICTURES"])
    if not pictures.several:
        return _to_json(_predict_one(classifier, pictures.bodies[0], explained))
    return _to_json({"predictions": predict_several(classifier, take_in_time(pictures.bodies), explained)})


@bp.route("/read", methods=["POST", "PUT"])
def read() -> Response:
    """Read all digits of each picture of the request, in reading order."""
    classifier = _chosen_classifier()
    pictures = read_pictures(request, current_app.config["MAX_PICTURES"])
    if not pictures.several:
        return _to_json(_read_one(classifier, pictures.bodies[0]))
    return _to_json({"readings": read_several(classifier, take_in_time(pictures.bodies))})


@bp.get("/health/live")
def live() -> Answer:
    """Say that the process answers."""
    return {"live": True}


@bp.get("/health/ready")
def ready() -> Answer:
    """Say that the models have answered once (else create_app() fails), until the server goes away."""
    if is_stopping():
        raise NotReady("The server is going away; ask another one.")
    registry = _registry()
    answer: Answer = {"ready": True, "models": registry.names}
    return answer | ({"refused": [one.name for one in registry.refused]} if registry.refused else {})


def _predict_one(classifier: Classifier, body: bytes, explained: bool) -> Answer:
    digit, steps = _read_explained(classifier, body, explained)
    answer = describe_predictions(classifier, classifier.predict(to_tensor(digit[None])))[0]
    return {**answer, "model": classifier.name, **steps}


def predict_several(classifier: Classifier, bodies: Iterable[bytes], explained: bool = False) -> list[Answer]:
    """Answer each picture or say what is wrong with it; all digits are predicted as one batch.

    Raises:
        TooLarge: the pictures of all steps together.
    """
    framed: list[tuple[NDArray[np.uint8], Answer] | DigitsError] = []
    size = 0
    for number, body in enumerate(bodies, 1):
        try:
            digit, steps = _read_explained(classifier, body, explained)
        except DigitsError as error:
            framed.append(error)
            continue
        framed.append((digit, steps))
        size += sum(len(step["picture"]) for step in steps.get("steps", ()))
        if size > MAX_STEPS:
            raise TooLarge(
                f"The steps of {number} pictures take {size:,} bytes; at most {MAX_STEPS:,} are sent. "
                "Send fewer pictures at once with ?explain=1."
            )
    digits = [item[0] for item in framed if not isinstance(item, DigitsError)]
    answers = iter(describe_predictions(classifier, classifier.predict(to_tensor(np.stack(digits)))) if digits else [])
    return [
        describe(item) if isinstance(item, DigitsError) else {**next(answers), "model": classifier.name, **item[1]}
        for item in framed
    ]


def _read_explained(classifier: Classifier, body: bytes, explained: bool) -> tuple[NDArray[np.uint8], Answer]:
    """Return a framed digit, and "steps" where they are asked for: encoded at once, since raw they take much more."""
    steps: list[Step] | None = [] if explained else None
    digit = read_picture(body, steps, classifier.framing)
    return digit, {} if steps is None else {"steps": [_describe_step(step) for step in steps]}


def describe_predictions(classifier: Classifier, prediction: Prediction) -> list[Answer]:
    """Return what a client is told about each digit of a prediction, and count it."""
    count_digits(classifier, prediction)
    certain = classifier.certain(prediction)
    rows = np.round(prediction.probabilities.astype(np.float64), PLACES).tolist()
    return [_describe(classifier, row, bool(trusted)) for row, trusted in zip(rows, certain, strict=True)]


def _describe(classifier: Classifier, probabilities: list[float], certain: bool) -> Answer:
    confidence = max(probabilities)
    digit = probabilities.index(confidence)
    answer = {"digit": digit, "confidence": confidence, "certain": certain, "probabilities": probabilities}
    if classifier.classes[digit] != str(digit):
        answer["label"] = classifier.classes[digit]
    return answer


def _read_one(classifier: Classifier, body: bytes) -> Answer:
    reading = read_number(classifier, decode_picture(body))
    answers = describe_predictions(classifier, reading.prediction)
    digits = [{**answer, "box": list(one.box)} for answer, one in zip(answers, reading.found, strict=True)]
    return {"text": reading.text, "digits": digits, "model": classifier.name}


def read_several(classifier: Classifier, bodies: Iterable[bytes]) -> list[Answer]:
    """Answer with the number in each picture, or say what is wrong with it."""
    return [_read_or_explain(classifier, body) for body in bodies]


def _read_or_explain(classifier: Classifier, body: bytes) -> Answer:
    try:
        return _read_one(classifier, body)
    except DigitsError as error:
        return describe(error)


def _describe_step(step: Step) -> Answer:
    _, encoded = cv2.imencode(".png", reduce_picture(step.picture, STEP_SIDE))
    url = "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
    return {"name": step.name, "decision": step.decision, "picture": url}


def _flag(name: str) -> bool:
    """Return whether a flag of the query is set.

    Raises:
        BadRequest: it is neither 0 nor 1.
    """
    value = request.args.get(name, "0")
    if value not in ("0", "1"):
        raise BadRequest(f"?{name}={value} is not possible; expected {name}=1 or {name}=0.")
    return value == "1"


def _chosen_classifier() -> Classifier:
    return _registry().get(request.args.get("model"))


def _registry() -> Registry:
    registry: Registry = current_app.extensions["digits"]
    return registry


def _to_json(answer: Answer) -> Response:
    return Response(encode(answer), mimetype="application/json")
