"""What may not be the digit that is meant is doubted, and what is none is no ink."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.errors import NoInk
from app.preprocessing.digits import look_for_ink
from tests.support.drawings import draw_digit
from tests.support.scenes import Grey

SHAPE = (360, 480)


def photograph(darker: np.ndarray) -> Grey:
    """Photograph paper that is darker by some grey levels here and there."""
    grain = np.random.default_rng(9).normal(0, 2, SHAPE)
    light = np.linspace(0.8, 1, SHAPE[1])[None]
    return np.asarray(np.clip((215 - darker) * light + grain, 0, 255), np.uint8)


def draw_line(start: tuple[int, int], end: tuple[int, int], thickness: int, level: float) -> np.ndarray:
    drawn = np.zeros(SHAPE, np.uint8)
    cv2.line(drawn, start, end, 255, thickness, cv2.LINE_AA)
    return drawn / 255 * level


FOLD, ACROSS = draw_line((200, 0), (215, 360), 3, 70), draw_line((0, 150), (480, 165), 3, 60)


@pytest.mark.parametrize("darker", (FOLD, ACROSS, np.maximum(FOLD, ACROSS)), ids=("fold", "line", "crossing folds"))
def test_threads_from_border_to_border_are_no_ink(darker: np.ndarray) -> None:
    with pytest.raises(NoInk):
        look_for_ink(photograph(darker))


@pytest.mark.parametrize(
    ("level", "thickness", "doubted"), ((30, 4, True), (150, 9, False)), ids=("hardly to be seen", "a pen's")
)
def test_a_short_straight_line_is_doubted_where_it_is_weak(level: float, thickness: int, doubted: bool) -> None:
    found = look_for_ink(photograph(draw_line((200, 120), (206, 240), thickness, level)))
    assert (found.among_others or found.faint) == doubted


@pytest.mark.parametrize("level", (60, 100))
def test_the_shadow_of_a_finger_over_the_border_is_doubted(level: float) -> None:
    shadow = cv2.GaussianBlur(draw_line((240, 370), (225, 190), 22, level), (0, 0), 1.2)
    assert look_for_ink(photograph(shadow)).among_others


@pytest.mark.parametrize("down", (180, 266))
def test_a_pens_digit_is_not_doubted_where_it_reaches_the_border(down: int) -> None:
    drawn = 255 - draw_digit(5, shape=SHAPE, height=180, pen=16, centre=(240, down))
    assert not look_for_ink(photograph(drawn / 255 * 185)).among_others


@pytest.mark.parametrize(("half_wide", "doubted"), ((100, True), (80, False)), ids=("a cup's ring", "a nought"))
def test_the_ring_that_a_cup_leaves_is_doubted(half_wide: int, doubted: bool) -> None:
    ring = np.zeros(SHAPE, np.uint8)
    cv2.ellipse(ring, (240, 180), (half_wide, 100), 0, 0, 360, 255, 9, cv2.LINE_AA)
    assert look_for_ink(photograph(ring / 255 * 100)).among_others == doubted
