"""Rows of digits and signs show what their text says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.preprocessing.decoding import decode_picture
from tests.support.drawings import draw_digit
from train.data.datasets import Split
from train.evaluation.written import KINDS, TOUCHING, compose_words, compose_written, draw_sign

SIGNS = {
    "date /": "/",
    "date .": ".",
    "date -": "-",
    "fraction": "/",
    "long fraction": "/",
    "decimal .": ".",
    "decimal ,": ",",
    "time": ":",
    "minus": "-",
    "plus": "+",
}


def print_split() -> Split:
    digits = [draw_digit(label, shape=(28, 28), height=19, pen=2.2, paper=0, ink=255) for label in range(10)]
    return Split(np.stack(digits), np.arange(10, dtype=np.uint8))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_written_with_its_signs(kind: str) -> None:
    pages = list(compose_written(print_split(), 4, 1, [kind]))
    assert [name for name, _, _ in pages] == [kind] * 4
    for _, text, body in pages:
        assert set(text) <= {*"0123456789", SIGNS.get(kind, "-" if kind == "difference" else "")}
        picture = decode_picture(body).pixels
        assert picture.shape[1] > 40 * len(text) * (0.5 if kind in TOUCHING else 1)


def test_the_same_seed_writes_the_same_pages() -> None:
    once, twice = (list(compose_written(print_split(), 2, 3, ["plain", "minus"])) for _ in range(2))
    assert once == twice
    assert once != list(compose_written(print_split(), 2, 4, ["plain", "minus"]))


def test_digits_overlap_where_they_are_to() -> None:
    def count(kind: str) -> int:
        pages = [decode_picture(body).pixels for _, _, body in compose_written(print_split(), 6, 5, [kind])]
        return sum(int(cv2.connectedComponents(np.where(page < 100, 255, 0).astype(np.uint8))[0]) for page in pages)

    assert count("touching -10") < count("plain")


@pytest.mark.parametrize("slant", (-0.3, 0.0, 0.4))
def test_a_slash_leans_to_the_right(slant: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        (path,) = draw_sign("/", slant, 0.1, rng)
        assert path[0, 0] > path[-1, 0]
        assert path[0, 1] < path[-1, 1]


def test_words_have_no_text() -> None:
    assert len(list(compose_words(3, 1))) == 3
