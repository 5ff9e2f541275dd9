"""The short way of drawings gives what the long way does, and leaves everything else to it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.preprocessing.digits import look_for_ink
from app.preprocessing.drawings import find_drawn_ink
from tests.support.drawings import draw_digit

PLAIN = {
    "white paper": draw_digit(3),
    "black paper": 255 - draw_digit(3),
    "grey paper": draw_digit(3, paper=200, ink=30),
    "pale": draw_digit(3, paper=255, ink=235),
    "faint": draw_digit(3, paper=255, ink=243),
    "light on grey": draw_digit(3, paper=60, ink=200),
    "wide": draw_digit(3, shape=(200, 700)),
    "tall and large": draw_digit(3, shape=(1900, 900), height=900, pen=60),
    "hairline": draw_digit(3, pen=2),
    "fat": draw_digit(3, pen=40),
    "small": draw_digit(3, shape=(40, 40), height=20, pen=3),
    "tiny strokes": draw_digit(3, shape=(100, 100), height=7, pen=1.5),
    "in a corner": draw_digit(3, centre=(60, 90)),
    "cut by the border": draw_digit(3, centre=(20, 140)),
}


def surround(pixels: NDArray[np.uint8], width: int, level: int) -> NDArray[np.uint8]:
    return np.pad(pixels, width, constant_values=level)


LEFT = {
    "two parts": np.hstack((draw_digit(1), draw_digit(1))),
    "a frame": surround(surround(draw_digit(3), 9, 0), 30, 255),
    "a card": cv2.rectangle(surround(draw_digit(3, paper=60, ink=255), 30, 255), (0, 0), (60, 60), 255, -1),
    "a rule": np.where(np.arange(280)[:, None] == 140, np.uint8(0), draw_digit(3)),
    "shaded paper": (draw_digit(3) * np.linspace(0.6, 1, 280)).astype(np.uint8),
    "blank": np.full((280, 280), 255, np.uint8),
    "nearly blank": draw_digit(3, paper=255, ink=250),
    "a pixel": np.pad(np.zeros((1, 1), np.uint8), 140, constant_values=255),
    "framed": np.pad(np.full((20, 4), 255, np.uint8), ((4, 4), (12, 12))),
    "tinier than is drawn": draw_digit(3, shape=(19, 19), height=12, pen=2),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_drawing_has_the_same_ink_by_the_short_way(name: str) -> None:
    short = find_drawn_ink(PLAIN[name])
    long = look_for_ink(PLAIN[name], steps=[])
    assert short is not None
    np.testing.assert_array_equal(short.ink, long.ink)
    assert (short.faint, short.coarse) == (long.faint, long.coarse)


@pytest.mark.parametrize("name", LEFT)
def test_what_is_no_drawing_of_one_part_is_left_to_the_long_way(name: str) -> None:
    assert find_drawn_ink(np.asarray(LEFT[name], np.uint8)) is None
