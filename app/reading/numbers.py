"""Read a written number: the digits of a picture, found with the network's help and classified as one batch.

picture -> find_digits (the network rates which cuts look like digits) -> digits -> classifier -> Reading
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..framing import to_tensor
from ..models.classifier import Classifier, Prediction
from ..preprocessing.decoding import Picture
from ..preprocessing.numbers import FoundDigit, find_digits
from ..preprocessing.tables import write_lines


@dataclass(frozen=True)
class Reading:
    """What is written in a picture: the text, its lines separated by newlines, and each digit with its prediction."""

    text: str
    found: list[FoundDigit]
    prediction: Prediction


def read_number(classifier: Classifier, picture: Picture) -> Reading:
    """Read all digits of a picture, in reading order.

    Raises:
        NoInk: there is none.
    """

    def look(digits: NDArray[np.uint8]) -> NDArray[np.float32]:
        return classifier.predict(to_tensor(digits)).certainty

    found = find_digits(picture, look)
    prediction = classifier.predict(to_tensor(np.stack([one.digit for one in found])))
    labels = prediction.probabilities.argmax(axis=1)
    text = write_lines((one.line, one.cell, str(label)) for one, label in zip(found, labels, strict=True))
    return Reading(text, found, prediction)
