"""Read a written number: the digits of a picture, found with the network's help and classified as one batch.

picture -> find_writing (the network rates which cuts look like digits) -> digits -> classifier
        -> doubtful digits read as the sure ones are written -> Reading
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk, TooLarge
from ..framing import to_tensor
from ..models.classifier import Classifier, Prediction
from ..models.prototypes import References
from ..preprocessing.decoding import Picture
from ..preprocessing.looking import Look
from ..preprocessing.numbers import FoundDigit, FoundMark, Writing
from ..preprocessing.page_ink import PAGE_SIDE
from ..preprocessing.writing import find_writing
from .consistency import read_consistently
from .text import write_lines

SMALL_DIGITS = 24  # pixels: where most digits are lower, the picture is looked at again, less reduced
FINER = 1.2  # times as many pixels a side that there are at least
FINE_DIGITS = 40  # pixels that they are then high, if
FINEST_SIDE = 2000  # pixels of the longer side suffice
DECODED_FINER = 1400  # pixels to which the longer side is reduced at most; what is left has less than twice as many
DOUBTED_IN_LINE = 0.3  # of a line's digits that are doubted: then all are, since they may be letters,
DOUBTED_AT_LEAST = 2  # where there are so many, or half of them are


@dataclass(frozen=True)
class Reading:
    """What is written in a picture: its text, lines separated by newlines; its digits, predicted; and its marks."""

    text: str
    found: list[FoundDigit]
    marks: list[FoundMark]
    prediction: Prediction


def read_number(
    classifier: Classifier, picture: Picture, decode_finer: Callable[[int], Picture] | None = None
) -> Reading:
    """Read all digits and signs of a picture, in reading order.

    Args:
        classifier: reads them.
        picture: reduced, if it is large.
        decode_finer: reduces it to so many pixels of its longer side only; for pages with small digits.

    Raises:
        NoInk: there is none.
    """
    seen: list[tuple[dict[bytes, int], Prediction]] = []  # the digits of each look, and what was answered

    def look(digits: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        prediction = classifier.predict(to_tensor(digits))
        seen.append(({digit.tobytes(): row for row, digit in enumerate(digits)}, prediction))
        return prediction.probabilities, prediction.certainty

    side = max(picture.width, picture.height)
    may_be_finer = decode_finer is not None and side > FINER * max(PAGE_SIDE, *picture.pixels.shape[:2])
    tried: list[float] = []

    def find_finer(high: float) -> Writing | None:
        if decode_finer is None or not may_be_finer or high >= SMALL_DIGITS:
            return None
        tried.append(high)
        return _find_finer(high, decode_finer, look)

    writing = find_writing(picture, look, find_finer=find_finer)
    if not tried and (finer := find_finer(writing.high)) and len(finer.digits) >= len(writing.digits):
        writing = finer
    digits = [one.digit for one in writing.digits]
    prediction = _find_answers(digits, seen) or classifier.predict(to_tensor(np.stack(digits)))
    found = _spread_doubts(writing, [doubt is not None for doubt in classifier.doubts(prediction)])
    if classifier.prototypes is not None and prediction.alone is None:  # else a hand's corrections have decided
        prediction, doubted = _read_by_hand(prediction, found, classifier, classifier.prototypes)
        found = [
            replace(one, doubted=True) if is_doubted else one
            for one, is_doubted in zip(found, doubted.tolist(), strict=True)
        ]
    labels = iter(prediction.probabilities.argmax(axis=1).tolist())
    text = write_lines(
        (item.line, item.cell, str(next(labels)) if isinstance(item, FoundDigit) else item.sign or "")
        for item in writing.items
    )
    return Reading(text, found, writing.marks, prediction)


def _read_by_hand(
    prediction: Prediction, found: list[FoundDigit], classifier: Classifier, prototypes: References
) -> tuple[Prediction, NDArray[np.bool_]]:
    """Let a page's sure digits decide between the classes of doubtful ones, but for what a camera printed."""
    written = [row for row, one in enumerate(found) if not one.printed]
    if len(written) == len(found):
        return read_consistently(prediction, classifier.certain(prediction), prototypes)
    doubted = np.zeros(len(found), bool)
    if written:
        own = prediction.pick(written)
        own, doubted[written] = read_consistently(own, classifier.certain(own), prototypes)
        probabilities = prediction.probabilities.copy()
        probabilities[written] = own.probabilities
        prediction = replace(prediction, probabilities=probabilities)
    return prediction, doubted


def _find_answers(
    digits: list[NDArray[np.uint8]], seen: list[tuple[dict[bytes, int], Prediction]]
) -> Prediction | None:
    """Return what was answered for digits when they were looked at, if that was in one look: most pages are."""
    for rows, prediction in seen:
        own = [rows.get(digit.tobytes()) for digit in digits]
        known = [row for row in own if row is not None]
        if len(known) == len(own):
            return prediction.pick(known)
    return None


def _spread_doubts(writing: Writing, doubts: list[bool]) -> list[FoundDigit]:
    """Return the digits; doubted is also what hangs together with doubted ink, or stands in a line of much doubted ink.

    Args:
        writing: in which they were found.
        doubts: of each digit, whether the network doubts it.
    """
    digits = [replace(one, doubted=one.doubted or doubt) for one, doubt in zip(writing.digits, doubts, strict=True)]
    shared = {one.bond for one in digits if one.doubted} | {mark.bond for mark in writing.marks if mark.doubted}
    digits = [replace(one, doubted=one.doubted or one.bond in shared) for one in digits]
    lines: dict[int, list[bool]] = {}
    for one in digits:
        lines.setdefault(one.line, []).append(one.doubted)
    strange = {line for line, held in lines.items() if _are_many(sum(held), len(held))}
    return [replace(one, doubted=one.doubted or one.line in strange) for one in digits]


def _are_many(doubted: int, count: int) -> bool:
    """Tell whether so many of a line's digits are doubted that the others may be letters, too."""
    return doubted >= max(DOUBTED_IN_LINE * count, min(DOUBTED_AT_LEAST, 0.5 * count))


def _find_finer(high: float, decode_finer: Callable[[int], Picture], look: Look) -> Writing | None:
    """Return what is found in a picture that is less reduced, where strokes were so high; None where nothing is."""
    side = min(FINEST_SIDE, round(PAGE_SIDE * FINE_DIGITS / high))
    try:
        return find_writing(decode_finer(DECODED_FINER), look, side)
    except (NoInk, TooLarge):
        return None
