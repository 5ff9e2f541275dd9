"""Several sheets on one page are read one after the other, and none of them vanishes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.models.classifier import Classifier
from app.preprocessing.strips import find_strips, sort_boxes
from app.reading.answers import read_one
from tests.support.drawings import draw_text, to_png

TEXTS = ("2604", "58", "7193")


def paste(
    texts: tuple[str, ...], surround: int, levels: tuple[int, ...], across: int = 1, angle: float = 0.0
) -> NDArray[np.uint8]:
    """Paste strips of some grey levels on a page, each with a number, turned by degrees."""
    page = np.full((220 * -(-len(texts) // across) + 60, 420 * across + 60), surround, np.uint8)
    for number, text in enumerate(texts):
        row = draw_text(text, height=60, pen=5, margin=30)
        level = levels[number % len(levels)]
        strip = (30 + (level - 30) * (row / 255)).astype(np.uint8)
        high, wide = row.shape
        x, y = 50 + 420 * (number % across), 60 + 220 * (number // across)
        turn = cv2.getRotationMatrix2D((wide / 2, high / 2), angle * (-1) ** number, 1.0)
        turn[:, 2] += x, y
        cv2.warpAffine(strip, turn, page.shape[::-1], dst=page, borderMode=cv2.BORDER_TRANSPARENT)
    return page


@pytest.mark.parametrize("angle", (0.0, 3.0))
@pytest.mark.parametrize(("surround", "levels"), ((30, (200, 250, 170)), (255, (200, 225)), (120, (250,))))
def test_each_strip_is_read(surround: int, levels: tuple[int, ...], angle: float, robust: Classifier) -> None:
    answer = read_one(robust, to_png(paste(TEXTS, surround, levels, angle=angle)))
    assert answer["text"] == "\n".join(TEXTS)


def test_strips_side_by_side_are_read_row_by_row(robust: Classifier) -> None:
    texts = ("12", "340", "56", "789")
    answer = read_one(robust, to_png(paste(texts, 30, (200, 250), across=2)))
    assert answer["text"] == "\n".join(texts)


def test_boxes_are_where_the_digits_are(robust: Classifier) -> None:
    answer = read_one(robust, to_png(paste(TEXTS, 30, (220,))))
    tops = [digit["box"][1] for digit in answer["digits"]]
    for top, number in zip(tops, (0, 0, 0, 0, 1, 1, 2, 2, 2, 2), strict=True):
        assert abs(top - (90 + 220 * number)) < 12
    assert answer["digits"][0]["box"][3] == pytest.approx(64, abs=8)


def test_what_is_written_beside_strips_is_read_in_its_place(robust: Classifier) -> None:
    page = paste(("2604", "58"), 255, (200,))
    row = draw_text("31", height=60, pen=5, margin=10)
    page = np.pad(page, ((0, 140), (0, 0)), constant_values=255)
    page[-120 : -120 + row.shape[0], 60 : 60 + row.shape[1]] = row
    assert read_one(robust, to_png(page))["text"] == "2604\n58\n31"


@pytest.mark.parametrize("pen", (4, 14, 26))
@pytest.mark.parametrize("text", ("0000", "1111", "0808", "4140"))
def test_digits_are_no_strips(text: str, pen: float) -> None:
    assert find_strips(draw_text(text, height=120, pen=pen)) == []


def test_one_sheet_alone_is_no_strip() -> None:
    assert find_strips(paste(("2604",), 30, (220,))) == []


def test_boxes_side_by_side_are_a_row() -> None:
    assert sort_boxes([(300, 10, 80, 40), (10, 20, 80, 40), (10, 100, 80, 40)]) == [1, 0, 2]
