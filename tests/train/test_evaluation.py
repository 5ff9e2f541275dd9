"""What is measured is what the words say."""

from __future__ import annotations

import io

import keras
import numpy as np
import pytest
from PIL import Image

from app.preprocessing import frame_digit, read_picture
from train import evaluation
from train.data.datasets import Split

from .conftest import print_digits

SURE, HALF = 0.95, 0.55


def certain_of(classes: list[int], confidence: float) -> evaluation.Probabilities:
    """Probabilities with the given confidence in the classes, the rest spread evenly."""
    probabilities = np.full((len(classes), 10), (1 - confidence) / 9, np.float32)
    probabilities[np.arange(len(classes)), classes] = confidence
    return probabilities


def test_accuracy_and_loss_are_means_over_the_digits() -> None:
    probabilities = certain_of([1, 2, 3, 4], SURE)
    labels = np.array([1, 2, 3, 0], np.uint8)
    assert evaluation.accuracy(probabilities, labels) == 0.75
    expected = -(3 * np.log(SURE) + np.log((1 - SURE) / 9)) / 4
    assert evaluation.loss(probabilities, labels) == pytest.approx(expected, rel=1e-5)


def test_a_network_that_is_as_sure_as_it_is_right_has_no_calibration_error() -> None:
    probabilities = certain_of([1] * 20, SURE)
    labels = np.array([1] * 19 + [2], np.uint8)
    assert evaluation.calibration(probabilities, labels)["expected_error"] == pytest.approx(0, abs=1e-6)


def test_calibration_error_is_weighted_by_how_many_are_in_a_bin() -> None:
    probabilities = np.concatenate([certain_of([1] * 30, SURE), certain_of([1] * 10, HALF)])
    labels = np.array([1] * 30 + [2] * 10, np.uint8)
    calibration = evaluation.calibration(probabilities, labels)
    assert calibration["expected_error"] == pytest.approx(0.75 * 0.05 + 0.25 * HALF, abs=1e-6)
    assert [each["count"] for each in calibration["bins"]] == [10, 30]


def test_full_confidence_is_in_the_last_bin() -> None:
    calibration = evaluation.calibration(certain_of([1], 1.0), np.array([1], np.uint8))
    assert calibration["bins"][0]["from"] == pytest.approx(14 / 15)


def test_confusion_has_labels_in_rows_and_answers_in_columns() -> None:
    matrix = evaluation.confusion_matrix(certain_of([7, 7, 1], SURE), np.array([1, 1, 1], np.uint8))
    assert matrix[1].tolist() == [0, 1, 0, 0, 0, 0, 0, 2, 0, 0]
    assert matrix.sum() == 3


def test_precision_and_recall() -> None:
    matrix = evaluation.confusion_matrix(certain_of([7, 7, 1, 7], SURE), np.array([1, 1, 1, 7], np.uint8))
    classes = evaluation.per_class(matrix)
    assert classes[1] == {"precision": 1.0, "recall": pytest.approx(1 / 3), "count": 3}
    assert classes[7] == {"precision": pytest.approx(1 / 3), "recall": 1.0, "count": 1}
    assert classes[0] == {"precision": 0.0, "recall": 0.0, "count": 0}


def test_a_page_is_white_with_dark_ink_and_larger_than_the_digit() -> None:
    random = np.random.default_rng(4)
    digit = print_digits(1, seed=1)[0][0]
    for _ in range(20):
        page = np.asarray(Image.open(io.BytesIO(evaluation.draw_page(digit, random))))
        assert min(page.shape) >= evaluation.PAGE_SIDES[0]
        assert np.median(page) == 255
        assert page.min() < 60


def test_pages_are_the_same_every_time_and_each_another() -> None:
    digits, labels = print_digits(3, seed=1)
    same = Split(np.stack([digits[0]] * 3), labels)
    once, again = evaluation.read_pages(same), evaluation.read_pages(same)
    np.testing.assert_array_equal(once.digits, again.digits)
    random = np.random.default_rng(evaluation.SERVED_SEED)
    assert len({evaluation.draw_page(digits[0], random) for _ in range(3)}) == 3


def test_digits_come_back_from_their_pages_by_the_servers_own_functions() -> None:
    split = Split(*print_digits(20, seed=3))
    digits, read = evaluation.read_pages(split)
    assert read.all()
    framed = np.stack([frame_digit(digit) for digit in split.digits])
    overlap = np.minimum(digits, framed).sum(axis=(1, 2)) / framed.sum(axis=(1, 2), dtype=float)
    assert overlap.min() > 0.6, overlap
    random = np.random.default_rng(evaluation.SERVED_SEED)
    np.testing.assert_array_equal(digits[0], read_picture(evaluation.draw_page(split.digits[0], random)))


def test_a_page_that_the_server_refuses_counts_as_wrong() -> None:
    digits, labels = print_digits(10, seed=3)
    digits[5:] = 0
    always_zero = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    )
    always_zero.set_weights([np.zeros((784, 10)), np.eye(10)[0]])
    zeros = np.zeros_like(labels)
    assert evaluation.served_accuracy(always_zero, evaluation.read_pages(Split(digits, zeros)), zeros) == 0.5
