"""Digits drawn as outlines are filled; digits whose strokes enclose paper are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.preprocessing.outlines import fill_outline

SIDE = 200  # pixels of the pictures
BROAD, THIN = 30, 5  # pixels of the pen that would have inked it, and of the outline
LINES = {  # of 100
    "1": [[(50, 10), (50, 90)]],
    "4": [[(35, 10), (25, 60), (80, 60)], [(65, 35), (65, 92)]],
    "7": [[(20, 12), (78, 12), (45, 90)]],
}


def draw(digit: str, pen: int) -> np.ndarray:
    paper = np.zeros((SIDE, SIDE), np.uint8)
    for line in LINES[digit]:
        cv2.polylines(paper, [np.array(line, np.int32) * SIDE // 100], False, 255, pen)
    return paper


def draw_ring(pen: int) -> np.ndarray:
    paper = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(paper, (100, 100), (55, 80), 0, 0, 360, 255, pen)
    return paper


def outline(ink: np.ndarray, pen: int = THIN) -> np.ndarray:
    contours, _ = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    paper = np.zeros_like(ink)
    cv2.drawContours(paper, contours, -1, 255, pen)
    return paper


@pytest.mark.parametrize("digit", LINES)
@pytest.mark.parametrize("pen", [3, 5, 8])
def test_an_outlined_digit_is_filled(digit: str, pen: int) -> None:
    solid = draw(digit, BROAD)
    filled = fill_outline(outline(solid, pen))
    assert filled is not None
    inner = filled[1:-1, 1:-1]
    assert (inner[solid > 0] == 255).mean() > 0.99
    assert ((inner > 0) & (cv2.dilate(solid, np.ones((11, 11), np.uint8)) == 0)).sum() == 0


def test_the_middle_of_an_outlined_nought_stays_paper() -> None:
    solid = draw_ring(BROAD)
    filled = fill_outline(outline(solid))
    assert filled is not None
    assert filled[101, 101] == 0
    assert (filled[1:-1, 1:-1][solid > 0] == 255).mean() > 0.99


@pytest.mark.parametrize("pen", [4, 10, 25])
def test_a_nought_of_one_line_stays_as_it_is(pen: int) -> None:
    assert fill_outline(draw_ring(pen)) is None


@pytest.mark.parametrize("digit", LINES)
def test_strokes_that_enclose_nothing_stay_as_they_are(digit: str) -> None:
    assert fill_outline(draw(digit, 10)) is None


def test_a_stroke_that_sticks_out_makes_it_no_outline() -> None:
    ink = outline(draw("1", BROAD))
    cv2.line(ink, (120, 100), (190, 100), 255, THIN)
    assert fill_outline(ink) is None


def test_what_is_too_small_to_show_two_lines_stays_as_it_is() -> None:
    small = cv2.resize(outline(draw("7", BROAD)), (28, 28), interpolation=cv2.INTER_AREA)
    assert fill_outline(small) is None


def test_an_empty_picture_is_no_outline() -> None:
    assert fill_outline(np.zeros((SIDE, SIDE), np.uint8)) is None
