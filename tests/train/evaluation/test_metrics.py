"""What is measured is what the words say."""

from __future__ import annotations

import numpy as np
import pytest

from train.evaluation import metrics

SURE, HALF = 0.95, 0.55


def certain_of(classes: list[int], confidence: float) -> metrics.Probabilities:
    """Probabilities with the given confidence in the classes, the rest spread evenly."""
    probabilities = np.full((len(classes), 10), (1 - confidence) / 9, np.float32)
    probabilities[np.arange(len(classes)), classes] = confidence
    return probabilities


def test_accuracy_and_loss_are_means_over_the_digits() -> None:
    probabilities = certain_of([1, 2, 3, 4], SURE)
    labels = np.array([1, 2, 3, 0], np.uint8)
    assert metrics.accuracy(probabilities, labels) == 0.75
    expected = -(3 * np.log(SURE) + np.log((1 - SURE) / 9)) / 4
    assert metrics.loss(probabilities, labels) == pytest.approx(expected, rel=1e-5)


def test_a_network_that_is_as_sure_as_it_is_right_has_no_calibration_error() -> None:
    probabilities = certain_of([1] * 20, SURE)
    labels = np.array([1] * 19 + [2], np.uint8)
    assert metrics.calibration(probabilities, labels)["expected_error"] == pytest.approx(0, abs=1e-6)


def test_calibration_error_is_weighted_by_how_many_are_in_a_bin() -> None:
    probabilities = np.concatenate([certain_of([1] * 30, SURE), certain_of([1] * 10, HALF)])
    labels = np.array([1] * 30 + [2] * 10, np.uint8)
    calibration = metrics.calibration(probabilities, labels)
    assert calibration["expected_error"] == pytest.approx(0.75 * 0.05 + 0.25 * HALF, abs=1e-6)
    assert [each["count"] for each in calibration["bins"]] == [10, 30]


def test_full_confidence_is_in_the_last_bin() -> None:
    calibration = metrics.calibration(certain_of([1], 1.0), np.array([1], np.uint8))
    assert calibration["bins"][0]["from"] == pytest.approx(14 / 15)


def test_confusion_has_labels_in_rows_and_answers_in_columns() -> None:
    matrix = metrics.confusion_matrix(certain_of([7, 7, 1], SURE), np.array([1, 1, 1], np.uint8))
    assert matrix[1].tolist() == [0, 1, 0, 0, 0, 0, 0, 2, 0, 0]
    assert matrix.sum() == 3


def test_precision_and_recall() -> None:
    matrix = metrics.confusion_matrix(certain_of([7, 7, 1, 7], SURE), np.array([1, 1, 1, 7], np.uint8))
    classes = metrics.per_class(matrix)
    assert classes[1] == {"precision": 1.0, "recall": pytest.approx(1 / 3), "count": 3}
    assert classes[7] == {"precision": pytest.approx(1 / 3), "recall": 1.0, "count": 1}
    assert classes[0] == {"precision": 0.0, "recall": 0.0, "count": 0}
