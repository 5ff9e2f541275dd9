"""The results of one training, as the card keeps them.

validation, test -> predict -> probabilities -> metrics, per class, confusion, the wrong ones
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from app.framing import FRAMINGS

from ..data.datasets import Dataset
from ..learning.predictions import predict
from .metrics import accuracy, calibration, confusion_matrix, loss, per_class
from .served import read_pages, served_accuracy


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
