"""Digits are read back from pages by the server's own functions."""

from __future__ import annotations

import keras
import numpy as np

from app.framing import frame_digit
from app.preprocessing.digits import read_picture
from train.data.datasets import Split
from train.evaluation.pages import draw_page
from train.evaluation.served import SERVED_SEED, read_pages, served_accuracy

from ..conftest import print_digits


def test_pages_are_reproducible_and_differ_from_each_other() -> None:
    digits, labels = print_digits(3, seed=1)
    same = Split(np.stack([digits[0]] * 3), labels)
    once, again = read_pages(same), read_pages(same)
    np.testing.assert_array_equal(once.digits, again.digits)
    random = np.random.default_rng(SERVED_SEED)
    assert len({draw_page(digits[0], random) for _ in range(3)}) == 3


def test_digits_come_back_from_their_pages_by_the_servers_own_functions() -> None:
    split = Split(*print_digits(20, seed=3))
    digits, read = read_pages(split)
    assert read.all()
    framed = np.stack([frame_digit(digit) for digit in split.digits])
    overlap = np.minimum(digits, framed).sum(axis=(1, 2)) / framed.sum(axis=(1, 2), dtype=float)
    assert overlap.min() > 0.6, overlap
    random = np.random.default_rng(SERVED_SEED)
    np.testing.assert_array_equal(digits[0], read_picture(draw_page(split.digits[0], random)))


def test_a_page_that_cannot_be_read_counts_as_wrong() -> None:
    digits, labels = print_digits(10, seed=3)
    digits[5:] = 0
    always_zero = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    )
    always_zero.set_weights([np.zeros((784, 10)), np.eye(10)[0]])
    zeros = np.zeros_like(labels)
    assert served_accuracy(always_zero, read_pages(Split(digits, zeros)), zeros) == 0.5
