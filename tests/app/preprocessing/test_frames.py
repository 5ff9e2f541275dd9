"""What is drawn around a digit, or lies beside it, is left out."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.framing import frame_digit
from app.preprocessing.digits import find_ink, look_for_ink
from tests.app.preprocessing.test_digits import difference, on_noisy_paper
from tests.support.drawings import draw_digit
from tests.support.scenes import Grey

ALIKE = 0.2  # of the ink, that may differ between two framings of the same drawing
PAPERS: dict[str, Callable[[Grey], Grey]] = {
    "flat": lambda page: page,
    "photographed": lambda page: on_noisy_paper(page, 120),
}


def draw(label: int) -> Grey:
    """Draw a digit of half the height of its page."""
    return draw_digit(label, shape=(240, 320), height=100, pen=10, centre=(160, 115))


def ringed(page: Grey) -> Grey:
    cv2.ellipse(page, (160, 118), (105, 100), 0, 0, 360, 0, 5, cv2.LINE_AA)
    return page


def framed(page: Grey) -> Grey:
    cv2.rectangle(page, (50, 18), (270, 220), 0, 5)
    cv2.rectangle(page, (62, 30), (258, 208), 0, 2)
    return page


def between_walls(page: Grey) -> Grey:
    for across in (90, 230):
        cv2.line(page, (across, 30), (across, 205), 0, 3)
    return page


def in_a_row_of_boxes(page: Grey) -> Grey:
    for across in (-60, 80, 240, 400):
        cv2.rectangle(page, (across, 30), (across + 160, 205), 0, 7)
    return page


def over_a_base_line(page: Grey) -> Grey:
    cv2.line(page, (0, 200), (320, 200), 0, 8)
    for across in (40, 280):
        cv2.line(page, (across, 200), (across, 180), 0, 8)
    return page


def underlined_twice(page: Grey) -> Grey:
    for down in (182, 200):
        cv2.line(page, (115, down), (205, down + 3), 0, 8, cv2.LINE_AA)
    return page


def beside_a_pen(page: Grey) -> Grey:
    cv2.line(page, (262, 20), (275, 225), 0, 11, cv2.LINE_AA)
    return page


AROUND = (ringed, framed, between_walls, in_a_row_of_boxes, over_a_base_line, underlined_twice, beside_a_pen)


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("label", (1, 2, 4, 7, 9))
def test_what_is_around_or_beside_a_digit_is_left_out(
    label: int, around: Callable[[Grey], Grey], paper: Callable[[Grey], Grey]
) -> None:
    alone = frame_digit(find_ink(paper(draw(label))))
    assert difference(alone, frame_digit(find_ink(paper(around(draw(label)))))) < ALIKE


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize(
    ("around", "doubted"),
    ((ringed, True), (beside_a_pen, True), (framed, False), (between_walls, False), (underlined_twice, False)),
)
def test_a_digit_in_a_ring_or_beside_a_pen_is_doubted(
    around: Callable[[Grey], Grey], doubted: bool, paper: Callable[[Grey], Grey]
) -> None:
    assert look_for_ink(paper(around(draw(3)))).among_others == doubted


def test_the_bar_of_a_sign_is_no_underline() -> None:
    sign = np.full((240, 320), 255, np.uint8)
    cv2.polylines(sign, [np.array([[115, 60], [205, 100], [115, 140]])], False, 0, 9, cv2.LINE_AA)
    cv2.line(sign, (115, 158), (205, 158), 0, 9, cv2.LINE_AA)
    assert find_ink(sign).shape[0] > 100


def test_a_narrow_nought_with_a_bar_in_it_stays_a_nought() -> None:
    nought = draw_digit(0, shape=(240, 320), height=180, pen=10)
    barred = nought.copy()
    cv2.line(barred, (148, 150), (172, 90), 0, 8, cv2.LINE_AA)
    assert difference(frame_digit(find_ink(nought)), frame_digit(find_ink(barred))) < ALIKE


def as_a_photograph(page: NDArray[np.floating]) -> NDArray[np.uint8]:
    grain = np.random.default_rng(2).normal(0, 2, page.shape)
    return np.asarray(np.clip(page + grain, 0, 255), np.uint8)


@pytest.mark.parametrize("angle", (-20, 8))
@pytest.mark.parametrize("label", (0, 1, 4, 7))
def test_a_note_far_away_on_a_table_is_entered(label: int, angle: float) -> None:
    note = draw_digit(label, shape=(170, 220), height=85, pen=9, paper=225, ink=40).astype(float)
    grain = np.random.default_rng(7).normal(0, 60, (720, 960))
    table = 60 + cv2.GaussianBlur(grain, (0, 0), sigmaX=8, sigmaY=1)
    turn = cv2.getRotationMatrix2D((110, 85), angle, 1)
    turn[:, 2] += 520, 260
    covered = cv2.warpAffine(np.ones(note.shape), turn, (960, 720))
    page = as_a_photograph(table * (1 - covered) + cv2.warpAffine(note, turn, (960, 720)))
    turned = cv2.warpAffine(note, cv2.getRotationMatrix2D((110, 85), 0, 1), (220, 170), borderValue=225)
    assert difference(frame_digit(find_ink(as_a_photograph(turned))), frame_digit(find_ink(page))) < 0.25


@pytest.mark.parametrize("label", (2, 5, 7))
def test_what_stands_out_in_one_colour_only_is_not_the_digit(label: int) -> None:
    """A thumb has the light of the paper, and differs from it in colour alone."""
    digit = draw_digit(label, shape=(360, 480), height=150, pen=14) / 255
    page = np.full((360, 480, 3), (222, 218, 205), np.float64) * np.linspace(0.75, 1, 480)[None, :, None]
    thumb = np.zeros((360, 480))
    cv2.circle(thumb, (40, 240), 62, 1, -1)
    thumb = cv2.GaussianBlur(thumb, (0, 0), 2)[..., None]
    page = page * (1 - thumb) + np.array((235, 190, 165)) * thumb * 0.9
    page = page * digit[..., None] + 35 * (1 - digit[..., None])
    alone = as_a_photograph(220 * digit + 35 * (1 - digit))
    assert difference(frame_digit(find_ink(alone)), frame_digit(find_ink(as_a_photograph(page)))) < ALIKE
