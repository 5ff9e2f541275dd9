"""Read a written number: the digits of a picture, found with the network's help and classified as one batch.

picture -> find_writing (the network rates which cuts look like digits) -> digits -> classifier -> Reading
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..framing import to_tensor
from ..models.classifier import Classifier, Prediction
from ..preprocessing.decoding import Picture
from ..preprocessing.numbers import FoundDigit, FoundMark, find_writing
from ..preprocessing.tables import write_lines


@dataclass(frozen=True)
class Reading:
    """What is written in a picture: its text, lines separated by newlines; its digits, predicted; and its marks."""

    text: str
    found: list[FoundDigit]
    marks: list[FoundMark]
    prediction: Prediction


def read_number(classifier: Classifier, picture: Picture) -> Reading:
    """Read all digits and signs of a picture, in reading order.

    Raises:
        NoInk: there is none.
    """

    def look(digits: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        prediction = classifier.predict(to_tensor(digits))
        return prediction.probabilities, prediction.certainty

    writing = find_writing(picture, look)
    found = writing.digits
    prediction = classifier.predict(to_tensor(np.stack([one.digit for one in found])))
    labels = iter(prediction.probabilities.argmax(axis=1).tolist())
    text = write_lines(
        (item.line, item.cell, str(next(labels)) if isinstance(item, FoundDigit) else item.sign or "")
        for item in writing.items
    )
    return Reading(text, found, writing.marks, prediction)
