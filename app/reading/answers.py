"""Answer pictures: what the server, the reading of folders and programs say about a digit or a number.

    bytes -> framed digits -> one batch -> answers: digit, confidence, certain, doubt, probabilities

An answer is what becomes JSON. Knows neither HTTP nor files, and counts nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import DigitsError, TooLarge, describe
from ..framing import frame_digit, to_tensor
from ..models.classifier import AMBIGUOUS, FAINT, NOT_A_DIGIT, Classifier, Doubt, Prediction
from ..preprocessing.decoding import Body, decode_picture
from ..preprocessing.digits import FoundInk, look_again, read_ink, read_picture
from ..preprocessing.explanation import Step
from ..preprocessing.outlines import fill_outline
from ..preprocessing.pages import MAX_PAGES, count_pages
from ..preprocessing.sheets import reduce_picture
from .evidence import Change, find_evidence, paint_evidence
from .likeness import find_like
from .numbers import read_number

Answer = dict[str, Any]
DECIMALS = 6  # of a probability: more than float32 sums can promise
AGREEING = 2  # looks without shadows that are certain, and of the same digit
STEP_SIDE = 500  # pixels: as large as a step's picture is shown; larger ones are reduced
EVIDENCE_DECIMALS = 2  # of what an odds' logarithm changes
MAX_STEPS = 16 * 2**20  # bytes of the steps' pictures in one answer, as much as a request may have


def predict_one(classifier: Classifier, body: Body, explained: bool = False, against: int | None = None) -> Answer:
    """Answer with the one digit of a picture.

    Args:
        classifier: reads it.
        body: the picture as sent.
        explained: adds "steps", the way to the digit, and "evidence", what of its ink speaks for the answer.
        against: the class that the evidence compares with; the second guess where None.

    Raises:
        NoInk, TooLarge, Unreadable, UnsupportedFormat: what is wrong with it.
    """
    found, steps = _read_explained(classifier, body, explained, against)
    answer = _answer_found(classifier, [found], [body])[0]
    return {**answer, "model": classifier.name, **steps}


def predict_several(
    classifier: Classifier, bodies: Iterable[Body], explained: bool = False, against: int | None = None
) -> list[Answer]:
    """Answer each picture or say what is wrong with it; all digits are predicted as one batch.

    Raises:
        TooLarge: the pictures of all steps together.
    """
    framed: list[tuple[FoundInk, Answer, Body] | DigitsError] = []
    size = 0
    for number, body in enumerate(bodies, 1):
        try:
            found, steps = _read_explained(classifier, body, explained, against)
        except DigitsError as error:
            framed.append(error)
            continue
        framed.append((found, steps, body if found.uneven else b""))
        size += sum(len(step["picture"]) for step in steps.get("steps", ()))
        size += len(json.dumps(steps["evidence"])) if explained else 0
        _check_size(size, number)
    read = [(item[0], item[2]) for item in framed if not isinstance(item, DigitsError)]
    answers = iter(_answer_found(classifier, *map(list, zip(*read, strict=True))) if read else [])
    return [
        describe(item) if isinstance(item, DigitsError) else {**next(answers), "model": classifier.name, **item[1]}
        for item in framed
    ]


def _answer_found(classifier: Classifier, found: Sequence[FoundInk], bodies: Sequence[Body]) -> list[Answer]:
    answers = _describe_found(classifier, found)
    for place, (answer, one, body) in enumerate(zip(answers, found, bodies, strict=True)):
        if other := _look_once_more(classifier, answer, one, body):
            answers[place] = _describe_found(classifier, [other])[0]
    return answers


def _look_once_more(classifier: Classifier, answer: Answer, found: FoundInk, body: Body) -> FoundInk | None:
    """Return what is certainly a digit without shadows or filled, where what was found is doubted; else None."""
    return _look_beside_shadows(classifier, answer, found, body) or _look_into_outline(classifier, answer, found)


def _describe_found(classifier: Classifier, found: Sequence[FoundInk]) -> list[Answer]:
    digits = np.stack([one.ink for one in found]) if len(found) > 1 else found[0].ink[None]
    prediction = classifier.predict(to_tensor(digits))
    return describe_predictions(
        classifier, prediction, [one.faint for one in found], [one.among_others for one in found]
    )


def _look_beside_shadows(classifier: Classifier, answer: Answer, found: FoundInk, body: Body) -> FoundInk | None:
    """Return what certainly is a digit without shadows; to be doubted, since these may be its strokes.

    Args:
        classifier: reads them.
        answer: about what was found first.
        found: the same, in the picture.
        body: the picture.

    Returns:
        None where that is one of two digits, the paper is even, or nothing else is certain.
    """
    is_strange = answer.get("doubt") == NOT_A_DIGIT or found.among_others
    digits = look_again(body, classifier.framing) if is_strange and found.uneven else []
    if not digits:
        return None
    prediction = classifier.predict(to_tensor(np.stack(digits)))
    certain = np.flatnonzero(classifier.certain(prediction))
    if certain.size < AGREEING or np.unique(prediction.probabilities[certain].argmax(axis=1)).size > 1:
        return None
    best = int(certain[prediction.score[certain].argmax()])
    return FoundInk(digits[best], faint=False, among_others=True)


def _look_into_outline(classifier: Classifier, answer: Answer, found: FoundInk) -> FoundInk | None:
    """Return a digit that is drawn as an outline, filled; to be doubted, since it may be a shape.

    Returns:
        None where the lines are the digit's own strokes, or what they enclose is no digit to the network.
    """
    if answer["certain"] or found.large is None or (filled := fill_outline(found.large)) is None:
        return None
    digit = frame_digit(filled, classifier.framing)
    prediction = classifier.predict(to_tensor(digit[None]))
    return FoundInk(digit, faint=False, among_others=True) if classifier.certain(prediction)[0] else None


def _read_explained(
    classifier: Classifier, body: Body, explained: bool, against: int | None
) -> tuple[FoundInk, Answer]:
    """Return a framed digit, and where it is asked for why: encoded at once, since raw it takes much more."""
    if not explained:
        return read_ink(body, None, classifier.framing), describe_pages(body)
    steps: list[Step] = []
    found = read_ink(body, steps, classifier.framing)
    first = _describe_found(classifier, [found])[0]
    if other := _look_beside_shadows(classifier, first, found, body):
        steps.append(Step("frame", "what is as pale as a shadow left out: the rest looks like a digit", other.ink))
    elif other := _look_into_outline(classifier, first, found):
        steps.append(Step("frame", "what the lines enclose filled: that looks like a digit", other.ink))
    found = other or replace(found, uneven=False, large=None)  # looked at again: that need not be done once more
    return found, {
        **describe_pages(body),
        "steps": [_describe_step(step) for step in steps],
        "evidence": _describe_evidence(classifier, found.ink, against),
    }


def describe_pages(body: Body) -> Answer:
    """Return how many pages a file has, where it has several: the first is answered."""
    pages = count_pages(body) if isinstance(body, bytes) else 1
    return {"pages": min(pages, MAX_PAGES)} if pages > 1 else {}


def _describe_evidence(classifier: Classifier, digit: NDArray[np.uint8], against: int | None) -> Answer:
    """Say what of a digit's ink speaks for the answer, and which digits the network learned from are like it."""
    evidence = find_evidence(classifier, digit, against)
    smallest = evidence.smallest
    return {
        "digit": evidence.digit,
        "against": evidence.against,
        "map": np.round(evidence.gains.astype(np.float64), EVIDENCE_DECIMALS).tolist(),
        "picture": _to_url(paint_evidence(digit, evidence.gains)),
        "parts": [
            {
                "place": piece.place,
                "shape": piece.shape,
                "gain": round(float(evidence.gains[piece.mask].mean()), EVIDENCE_DECIMALS),
                **_describe_change(classifier, digit, change),
            }
            for piece, change in zip(evidence.pieces, evidence.without, strict=True)
        ],
        "smallest": None if smallest is None else _describe_change(classifier, digit, smallest),
        "like": [
            {"digit": like.label, "similarity": round(like.similarity, 3), "picture": _to_url(like.picture)}
            for like in find_like(classifier, digit)
        ],
    }


def _describe_change(classifier: Classifier, digit: NDArray[np.uint8], change: Change) -> Answer:
    """Say what a digit reads without some of its ink, and show that ink alone."""
    gone = np.where(change.without, digit, np.uint8(0))
    share = float(gone.sum(dtype=np.int64) / digit.sum(dtype=np.int64))
    answer = describe_predictions(classifier, change.prediction, [False])[0]
    answer.pop("without_hand", None)
    return {**answer, "share": round(share, 3), "ink": _to_url(gone)}


def describe_predictions(
    classifier: Classifier, prediction: Prediction, faint: Sequence[bool], doubted: Sequence[bool] | None = None
) -> list[Answer]:
    """Return the answer for each digit of a prediction.

    Args:
        faint: whether there is too little ink of each digit to trust what it looks like, (n,).
        doubted: whether the ink of each may also be read as a sign or as another number of digits, or whether other ink
                may be the digit that is meant, (n,).
    """
    rows = prediction.probabilities.astype(np.float64).round(DECIMALS).tolist()
    alone = [None] * len(rows) if prediction.alone is None else prediction.alone.tolist()
    return [
        _describe(classifier, row, doubt or (FAINT if is_faint else AMBIGUOUS if is_doubted else None), network)
        for row, doubt, is_faint, is_doubted, network in zip(
            rows, classifier.doubts(prediction), faint, doubted or [False] * len(rows), alone, strict=True
        )
    ]


def _describe(classifier: Classifier, probabilities: list[float], doubt: Doubt | None, alone: int | None) -> Answer:
    confidence = max(probabilities)
    digit = probabilities.index(confidence)
    answer = {"digit": digit, "confidence": confidence, "certain": doubt is None, "probabilities": probabilities}
    if doubt is not None:
        answer["doubt"] = doubt
    if alone not in (None, digit):
        answer["without_hand"] = alone
    if classifier.classes[digit] != str(digit):
        answer["label"] = classifier.classes[digit]
    return answer


def frame_and_read(classifier: Classifier, body: Body) -> tuple[NDArray[np.uint8], int]:
    """Return the one digit of a picture, framed, and what it is read as.

    Raises:
        NoInk, TooLarge, Unreadable, UnsupportedFormat: what is wrong with it.
    """
    digit = read_picture(body, framing=classifier.framing)
    return digit, int(classifier.predict(to_tensor(digit[None])).probabilities[0].argmax())


def read_one(classifier: Classifier, body: Body, explained: bool = False) -> Answer:
    """Answer with all digits of a picture, in reading order.

    Args:
        classifier: reads them.
        body: the picture as sent.
        explained: adds to each digit the 28x28 pixels that the network saw, as a data URL.

    Raises:
        NoInk, TooLarge, Unreadable, UnsupportedFormat: what is wrong with it.
    """
    reading = read_number(classifier, decode_picture(body), lambda side: decode_picture(body, side=side))
    answers = describe_predictions(
        classifier, reading.prediction, [one.faint for one in reading.found], [one.doubted for one in reading.found]
    )
    digits = [{**answer, "box": list(one.box)} for answer, one in zip(answers, reading.found, strict=True)]
    if explained:
        digits = [{**answer, "picture": _to_url(one.digit)} for answer, one in zip(digits, reading.found, strict=True)]
    marks = [{"sign": mark.sign, "certain": not mark.doubted, "box": list(mark.box)} for mark in reading.marks]
    answer = {"text": reading.text, "digits": digits, "marks": marks, "model": classifier.name}
    return {**answer, **describe_pages(body)}


def read_several(classifier: Classifier, bodies: Iterable[Body], explained: bool = False) -> list[Answer]:
    """Answer with the number in each picture, or say what is wrong with it.

    Raises:
        TooLarge: the pictures of all digits together.
    """
    answers = []
    size = 0
    for number, body in enumerate(bodies, 1):
        answers.append(_read_or_describe(classifier, body, explained))
        size += sum(len(digit.get("picture", "")) for digit in answers[-1].get("digits", ()))
        _check_size(size, number)
    return answers


def _read_or_describe(classifier: Classifier, body: Body, explained: bool) -> Answer:
    try:
        return read_one(classifier, body, explained)
    except DigitsError as error:
        return describe(error)


def _check_size(size: int, number: int) -> None:
    """Refuse to send more pictures of what was seen than fit into an answer.

    Raises:
        TooLarge: they take more than MAX_STEPS.
    """
    if size > MAX_STEPS:
        raise TooLarge(
            f"The steps of {number} pictures take {size:,} bytes; at most {MAX_STEPS:,} are sent. "
            "Send fewer pictures at once with ?explain=1."
        )


def _describe_step(step: Step) -> Answer:
    return {"name": step.name, "decision": step.decision, "picture": _to_url(reduce_picture(step.picture, STEP_SIDE))}


def _to_url(picture: NDArray[np.uint8]) -> str:
    _, encoded = cv2.imencode(".png", picture)
    return "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
