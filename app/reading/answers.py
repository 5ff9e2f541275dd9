"""Answer pictures: what the server, the reading of folders and programs say about a digit or a number.

    bytes -> framed digits -> one batch -> answers: digit, confidence, certain, probabilities

An answer is what becomes JSON. Knows neither HTTP nor files, and counts nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import DigitsError, TooLarge, describe
from ..framing import to_tensor
from ..models.classifier import Classifier, Prediction
from ..preprocessing.decoding import decode_picture
from ..preprocessing.digits import read_picture
from ..preprocessing.explanation import Step
from ..preprocessing.paper import reduce_picture
from .numbers import read_number

Answer = dict[str, Any]
DECIMALS = 6  # of a probability: more than float32 sums can promise
STEP_SIDE = 500  # pixels: as large as a step's picture is shown; larger ones are reduced
MAX_STEPS = 16 * 2**20  # bytes of the steps' pictures in one answer, as much as a request may have


def predict_one(classifier: Classifier, body: bytes, explained: bool = False) -> Answer:
    """Answer with the one digit of a picture.

    Raises:
        NoInk, TooLarge, Unreadable, UnsupportedFormat: what is wrong with it.
    """
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
    """Return the answer for each digit of a prediction."""
    certain = classifier.certain(prediction)
    rows = np.round(prediction.probabilities.astype(np.float64), DECIMALS).tolist()
    return [_describe(classifier, row, bool(trusted)) for row, trusted in zip(rows, certain, strict=True)]


def _describe(classifier: Classifier, probabilities: list[float], certain: bool) -> Answer:
    confidence = max(probabilities)
    digit = probabilities.index(confidence)
    answer = {"digit": digit, "confidence": confidence, "certain": certain, "probabilities": probabilities}
    if classifier.classes[digit] != str(digit):
        answer["label"] = classifier.classes[digit]
    return answer


def read_one(classifier: Classifier, body: bytes) -> Answer:
    """Answer with all digits of a picture, in reading order.

    Raises:
        NoInk, TooLarge, Unreadable, UnsupportedFormat: what is wrong with it.
    """
    reading = read_number(classifier, decode_picture(body))
    answers = describe_predictions(classifier, reading.prediction)
    digits = [
        {**answer, "certain": answer["certain"] and not one.doubted, "box": list(one.box)}
        for answer, one in zip(answers, reading.found, strict=True)
    ]
    marks = [{"sign": mark.sign, "certain": not mark.doubted, "box": list(mark.box)} for mark in reading.marks]
    return {"text": reading.text, "digits": digits, "marks": marks, "model": classifier.name}


def read_several(classifier: Classifier, bodies: Iterable[bytes]) -> list[Answer]:
    """Answer with the number in each picture, or say what is wrong with it."""
    return [_read_or_explain(classifier, body) for body in bodies]


def _read_or_explain(classifier: Classifier, body: bytes) -> Answer:
    try:
        return read_one(classifier, body)
    except DigitsError as error:
        return describe(error)


def _describe_step(step: Step) -> Answer:
    _, encoded = cv2.imencode(".png", reduce_picture(step.picture, STEP_SIDE))
    url = "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
    return {"name": step.name, "decision": step.decision, "picture": url}
