"""How good a trained network is, from its probabilities alone.

    split -> predict -> probabilities -> accuracy, loss, calibration, confusion, per class, wrong ones
    digits -> draw_page -> PNG bytes -> app.preprocessing -> digits -> served accuracy

Chooses nothing: what the test split says is only written down.
"""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.errors import DigitsError
from app.preprocessing import DIGIT, FRAMINGS, SIDE, Framing, read_picture

from .data.datasets import Dataset, Split
from .learning.predictions import predict

CALIBRATION_BINS = 15  # Source: Guo et al., "On Calibration of Modern Neural Networks", 2017
PAGE_SIDES = (100, 400)  # pixels, smallest and largest page of the served accuracy
SMALLEST_DIGIT = 40  # pixels, side of the whole 28x28 digit once drawn on the page
SERVED_SEED = 1998

Probabilities = NDArray[np.float32]


def accuracy(probabilities: Probabilities, labels: NDArray[np.uint8]) -> float:
    """Return the share of digits whose most probable class is the label."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def loss(probabilities: Probabilities, labels: NDArray[np.uint8]) -> float:
    """Return the mean cross-entropy."""
    of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.mean(np.log(np.maximum(of_label, 1e-7))))


def calibration(probabilities: Probabilities, labels: NDArray[np.uint8]) -> dict[str, Any]:
    """Compare how sure the network is with how often it is right.

    Returns:
        expected_error: the mean distance of confidence and accuracy over bins of equal width, weighted by count
        bins: from, confidence, accuracy and count of every bin that is not empty
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    number = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    bins = []
    for index in np.unique(number):
        inside = number == index
        bins.append(
            {
                "from": index / CALIBRATION_BINS,
                "confidence": float(confidence[inside].mean()),
                "accuracy": float(right[inside].mean()),
                "count": int(inside.sum()),
            }
        )
    error = sum(abs(each["confidence"] - each["accuracy"]) * each["count"] for each in bins) / len(labels)
    return {"expected_error": error, "bins": bins}


def confusion_matrix(probabilities: Probabilities, labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count how often each label (row) is read as each class (column).

    Returns:
        int64 (10, 10).
    """
    matrix = np.zeros((10, 10), np.int64)
    np.add.at(matrix, (labels, probabilities.argmax(axis=1)), 1)
    return matrix


def per_class(matrix: NDArray[np.int64]) -> list[dict[str, float]]:
    """Return precision (share of what is read as the class) and recall (share of what is the class) of each class."""
    right = matrix.diagonal()
    return [
        {
            "precision": float(right[label] / max(1, matrix[:, label].sum())),
            "recall": float(right[label] / max(1, matrix[label].sum())),
            "count": int(matrix[label].sum()),
        }
        for label in range(10)
    ]


def draw_page(digit: NDArray[np.uint8], random: np.random.Generator) -> bytes:
    """Draw a digit as dark ink at a random place and size on a larger white page.

    Args:
        digit: uint8 (28, 28), paper 0 to ink 255.

    Returns:
        The page as PNG bytes.
    """
    width, height = random.integers(*PAGE_SIDES, size=2, endpoint=True)
    side = random.integers(SMALLEST_DIGIT, min(width, height), endpoint=True)
    left, top = random.integers(0, width - side, endpoint=True), random.integers(0, height - side, endpoint=True)
    page = Image.new("L", (int(width), int(height)), 255)
    drawn = Image.fromarray(255 - digit).resize((int(side), int(side)), Image.Resampling.BICUBIC)
    page.paste(drawn, (int(left), int(top)))
    stream = io.BytesIO()
    page.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


class Pages(NamedTuple):
    """Digits uint8 (n, 28, 28) as the server reads them from pages, and bool (n,), false where it refuses the page."""

    digits: NDArray[np.uint8]
    read: NDArray[np.bool_]


def read_pages(split: Split, framing: Framing = DIGIT, seed: int = SERVED_SEED) -> Pages:
    """Draw every digit of a split on a page and read it back by the very functions that the server uses.

    Args:
        split: what is drawn.
        framing: of the dataset.
        seed: of the places and sizes.
    """
    random = np.random.default_rng(seed)
    digits = np.zeros((len(split), SIDE, SIDE), np.uint8)
    read = np.zeros(len(split), bool)
    for index, digit in enumerate(split.digits):
        try:
            digits[index] = read_picture(draw_page(digit, random), framing=framing)
        except DigitsError:
            continue
        read[index] = True
    return Pages(digits, read)


def served_accuracy(network: keras.Model, pages: Pages, labels: NDArray[np.uint8]) -> float:
    """Return the accuracy on digits that went the whole way through PNG bytes; one that is refused is wrong."""
    return float(np.mean((predict(network, pages.digits).argmax(axis=1) == labels) & pages.read))


def evaluate(network: keras.Model, dataset: Dataset) -> dict[str, Any]:
    """Measure a finished network on the validation split and, once, on the test split.

    Returns:
        metrics, per_class, confusion (rows are labels) and wrong (indices into the test split), as the card keeps them.
    """
    validation, test = dataset.validation, dataset.test
    pages = read_pages(test, FRAMINGS[dataset.framing])
    on_validation = predict(network, validation.digits)
    on_test = predict(network, test.digits)
    matrix = confusion_matrix(on_test, test.labels)
    return {
        "metrics": {
            "test_accuracy": accuracy(on_test, test.labels),
            "test_loss": loss(on_test, test.labels),
            "served_accuracy": served_accuracy(network, pages, test.labels),
            "validation_accuracy": accuracy(on_validation, validation.labels),
            "validation_loss": loss(on_validation, validation.labels),
            "calibration": calibration(on_test, test.labels),
        },
        "per_class": per_class(matrix),
        "confusion": matrix.tolist(),
        "wrong": np.flatnonzero(on_test.argmax(axis=1) != test.labels).tolist(),
    }
