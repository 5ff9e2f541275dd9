"""Pages drawn from digits and strokes show what their text says."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from app.preprocessing.decoding import decode_picture
from tests.support.drawings import draw_digit
from train.data.datasets import Split
from train.evaluation import pages
from train.evaluation.pages import PAGE_SIDES, draw_page

from ..conftest import print_digits


def test_a_page_is_white_with_dark_ink_and_larger_than_the_digit() -> None:
    random = np.random.default_rng(4)
    digit = print_digits(1, seed=1)[0][0]
    for _ in range(20):
        page = np.asarray(Image.open(io.BytesIO(draw_page(digit, random))))
        assert min(page.shape) >= PAGE_SIDES[0]
        assert np.median(page) == 255
        assert page.min() < 60


def test_strokes_are_drawn_as_the_page_draws_them(tmp_path: Path) -> None:
    path = tmp_path / "strokes.json"
    path.write_text(json.dumps({"1": [[[[10, 0], [10, 90]]]], "4": [[[[0, 0], [0, 5], [8, 5]], [[6, 0], [6, 9]]]]}))
    digits, labels = pages.draw_strokes(path)
    assert labels.tolist() == [1, 4]
    assert digits.shape == (2, 28, 28)
    assert cv2.boundingRect(digits[0])[3] == 20


def test_composed_pages_hold_what_their_text_says() -> None:
    digits = np.stack([draw_digit(label, shape=(28, 28), height=19, pen=2.2, paper=0, ink=255) for label in range(10)])
    test = Split(digits, np.arange(10, dtype=np.uint8))
    for text, body in pages.compose_pages(test, 4):
        lines = text.split("\n")
        assert 1 <= len(lines) <= 2
        assert all(2 <= len(line) <= 7 for line in lines)
        assert decode_picture(body).height > 60 * len(lines)
