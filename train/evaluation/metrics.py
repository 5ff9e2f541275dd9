"""How good probabilities are: accuracy, loss, calibration, the confusion matrix and what follows from it.

Knows neither networks nor datasets. The confusion matrix is one line of NumPy, not worth a dependency
on scikit-learn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CALIBRATION_BINS = 15  # Source: Guo et al., "On Calibration of Modern Neural Networks", 2017

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
    """Count how often each label (row) is classified as each class (column).

    Returns:
        int64 (10, 10).
    """
    matrix = np.zeros((10, 10), np.int64)
    np.add.at(matrix, (labels, probabilities.argmax(axis=1)), 1)
    return matrix


def per_class(matrix: NDArray[np.int64]) -> list[dict[str, float]]:
    """Return precision, recall and the number of digits of each class."""
    right = matrix.diagonal()
    return [
        {
            "precision": float(right[label] / max(1, matrix[:, label].sum())),
            "recall": float(right[label] / max(1, matrix[label].sum())),
            "count": int(matrix[label].sum()),
        }
        for label in range(10)
    ]
