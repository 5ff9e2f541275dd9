"""Accuracy the whole way: test digits drawn on pages and read back by the server's own functions.

digits -> draw_page -> PNG bytes -> app.preprocessing -> digits -> served accuracy
"""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from app.errors import DigitsError
from app.framing import DIGIT, SIDE, Framing
from app.preprocessing.digits import read_picture

from ..data.datasets import Split
from ..learning.predictions import predict
from .pages import draw_page

SERVED_SEED = 1998


class ReadBack(NamedTuple):
    """Digits uint8 (n, 28, 28) as the server reads them from pages, and bool (n,), false where it cannot."""

    digits: NDArray[np.uint8]
    read: NDArray[np.bool_]


def read_pages(split: Split, framing: Framing = DIGIT, seed: int = SERVED_SEED) -> ReadBack:
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
    return ReadBack(digits, read)


def served_accuracy(network: keras.Model, pages: ReadBack, labels: NDArray[np.uint8]) -> float:
    """Return the accuracy on digits read back from PNG bytes; a page that cannot be read counts as wrong."""
    return float(np.mean((predict(network, pages.digits).argmax(axis=1) == labels) & pages.read))
