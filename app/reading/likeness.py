"""Find the digits that a network learned from and that are most like another digit, by the network's own features.

    report/learned.png of a model folder -> a few hundred digits -> features (once a network) -> the nearest

The sheet holds pictures alone: their features are those of the network at hand, whichever it is. Its first row holds
zeros, its last nines.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..framing import SIDE, to_tensor
from ..models.classifier import Classifier
from ..models.files import BadModel, has_file, read_file
from ..models.prototypes import normalise
from ..models.runtimes import Runtime

SHEET = "report/learned.png"
CLASSES = 10  # rows of the sheet
MAX_A_CLASS = 100  # digits in a row of the sheet
NEAREST = 8  # digits that are shown


@dataclass(frozen=True)
class Like:
    """A digit that the network learned from, and how like another one it is: the cosine of their features."""

    picture: NDArray[np.uint8]  # (28, 28), paper 0 to ink 255
    label: int
    similarity: float


@dataclass(frozen=True)
class Learned:
    """Digits that a network learned from, and its features of them."""

    digits: NDArray[np.uint8]  # (n, 28, 28)
    labels: NDArray[np.uint8]  # (n,)
    features: NDArray[np.float32]  # (n, count), each row of length 1


def find_like(classifier: Classifier, digit: NDArray[np.uint8]) -> list[Like]:
    """Return the digits most like one, the nearest first; none where the network hides its features or has no sheet.

    Args:
        digit: uint8 (28, 28), framed.
    """
    learned = _learn(classifier.network, classifier.folder)
    features = classifier.predict(to_tensor(digit[None])).features
    if learned is None or features is None:
        return []
    cosines = learned.features @ normalise(features)[0]
    nearest = np.argsort(-cosines, kind="stable")[:NEAREST]
    return [Like(learned.digits[place], int(learned.labels[place]), float(cosines[place])) for place in nearest]


@lru_cache(maxsize=64)
def _learn(network: Runtime, folder: Path) -> Learned | None:
    """Read the sheet of a model folder; a damaged one is as none, like all pictures for people."""
    try:
        sheet = read_sheet(folder)
    except BadModel:
        return None
    if sheet is None:
        return None
    features = [output for output in network(to_tensor(sheet))[1:] if output.shape[1] > 1]
    if not features:
        return None
    labels = np.repeat(np.arange(CLASSES, dtype=np.uint8), len(sheet) // CLASSES)
    return Learned(sheet, labels, normalise(features[0]))


def read_sheet(folder: Path) -> NDArray[np.uint8] | None:
    """Return the digits of a model folder's sheet, (n, 28, 28), as many of each class; None where there is none.

    Raises:
        BadModel: it is no such sheet.
    """
    if not has_file(folder, SHEET):
        return None
    encoded = np.frombuffer(read_file(folder, SHEET), np.uint8)
    sheet = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE) if len(encoded) else None
    if sheet is None or sheet.shape[0] != CLASSES * SIDE or not 0 < sheet.shape[1] <= MAX_A_CLASS * SIDE:
        raise BadModel(f"{folder.name}/{SHEET} is no sheet of digits; expected a PNG of {CLASSES} rows of them.")
    a_class = sheet.shape[1] // SIDE
    rows = np.asarray(sheet[:, : a_class * SIDE], np.uint8).reshape(CLASSES, SIDE, a_class, SIDE)
    return np.ascontiguousarray(rows.transpose(0, 2, 1, 3)).reshape(-1, SIDE, SIDE)


def write_sheet(path: Path, digits: NDArray[np.uint8]) -> None:
    """Write a sheet of digits, (10, n, 28, 28), in 16 shades: a third of the bytes, and nobody sees it."""
    rows = digits.transpose(0, 2, 1, 3).reshape(CLASSES * SIDE, -1)
    cv2.imwrite(str(path), np.round(rows / 17).astype(np.uint8) * 17, [cv2.IMWRITE_PNG_COMPRESSION, 9])
