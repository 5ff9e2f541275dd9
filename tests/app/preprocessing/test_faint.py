"""Signs that are paler than their digits, or lie on a rule, are read and doubted; dirt, dots and crumbs are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.preprocessing.decoding import Picture
from app.preprocessing.numbers import Writing
from app.preprocessing.ruling import remove_rules
from app.preprocessing.writing import find_writing
from app.reading.answers import predict_one, read_one
from tests.app.preprocessing.test_numbers import look_with, the_robust
from tests.support.drawings import draw_digit, draw_text, to_png
from tests.train.evaluation.test_written import print_split
from train.evaluation.faint import compose_faint
from train.evaluation.measurements import is_sure

Grey = NDArray[np.uint8]


def press_less(text: str, share: float, pen: float = 8) -> NDArray[np.float64]:
    """Draw a text whose signs are paler than its digits, as ink of 0 to 1."""
    ink = (255 - draw_text(text, height=80, pen=pen)) / 255
    _, labels, stats, _ = cv2.connectedComponentsWithStats((ink > 0).astype(np.uint8))
    small = np.flatnonzero(stats[:, cv2.CC_STAT_HEIGHT] < 40)
    return np.asarray(np.where(np.isin(labels, small), share * ink, ink), np.float64)


def lay(ink: NDArray[np.float64], noise: float = 3.0) -> Grey:
    """Lay ink on grainy paper, shaded from left to right."""
    paper = np.linspace(200, 240, ink.shape[1]) + np.random.default_rng(1).normal(0, noise, ink.shape)
    return np.asarray((paper * (1 - ink) + 40 * ink).clip(0, 255), np.uint8)


def find(page: Grey) -> Writing:
    return find_writing(Picture(page, page.shape[1], page.shape[0]), look_with(the_robust()))


@pytest.mark.parametrize("share", (0.25, 0.4, 0.6))
@pytest.mark.parametrize("text", ("4.5", "83,2", "2-7", "-35", "14:20", "7.8.26"))
def test_signs_that_were_pressed_less_are_read_and_doubted(text: str, share: float) -> None:
    answer = read_one(the_robust(), to_png(lay(press_less(text, share))))
    assert answer["text"] == text
    if share < 0.5:
        assert not is_sure(answer)


@pytest.mark.parametrize("text", ("45", "832", "2047"))
def test_digits_without_signs_stay_certain(text: str) -> None:
    answer = read_one(the_robust(), to_png(lay(press_less(text, 1.0))))
    assert answer["text"] == text
    assert is_sure(answer)


def test_half_of_a_colon_is_found_beside_the_other_half() -> None:
    ink = press_less("14:20", 1.0)
    _, labels, stats, centres = cv2.connectedComponentsWithStats((ink > 0).astype(np.uint8))
    dots = [label for label in range(1, len(stats)) if stats[label, cv2.CC_STAT_HEIGHT] < 40]
    upper = min(dots, key=lambda label: centres[label][1])
    answer = read_one(the_robust(), to_png(lay(np.where(labels == upper, 0.3 * ink, ink))))
    assert answer["text"] == "14:20"
    assert not is_sure(answer)


def test_dirt_that_lies_everywhere_is_no_sign() -> None:
    ink = press_less("4.5", 0.3)
    rng = np.random.default_rng(2)
    for _ in range(30):
        x, y = rng.integers(0, ink.shape[1] - 9), rng.integers(0, ink.shape[0] - 9)
        ink[y : y + 8, x : x + 8] = np.maximum(ink[y : y + 8, x : x + 8], 0.3)
    assert [mark.sign for mark in find(lay(ink)).marks if mark.sign] == []


def test_a_pale_touch_between_digits_that_stands_as_no_sign_is_a_doubted_mark() -> None:
    ink = press_less("45", 1.0)
    gap = np.flatnonzero(~(ink > 0).any(axis=0))
    middle = int(gap[(gap > 90) & (gap < ink.shape[1] - 90)].mean())
    ink[124:132, middle - 4 : middle + 4] = 0.35  # a tenth of the digits' height over the base line
    assert [(mark.sign, mark.doubted) for mark in find(lay(ink)).marks] == [(None, True)]


def rule(ink: NDArray[np.float64], row: int, thick: int, strength: float, fall: float = 0.0) -> NDArray[np.float64]:
    """Print a rule from border to border, under ink of 0 to 1."""
    ruled = ink.copy()
    for x in range(ink.shape[1]):
        y = round(row + fall * x)
        ruled[y : y + thick, x] = np.maximum(ruled[y : y + thick, x], strength)
    return ruled


def test_digits_on_a_rule_that_is_nearly_as_strong_as_ink_are_all_read() -> None:
    pages = list(compose_faint(print_split(), 41, 1, ["on a rule"]))
    for number in (37, 40):
        _, text, body = pages[number]
        assert read_one(the_robust(), body)["text"] == text


def test_the_middle_of_a_rule_goes_with_its_edges() -> None:
    contrast = np.zeros((200, 600), np.uint8)
    contrast[98:103] = np.array([60, 140, 172, 140, 60], np.uint8)[:, None]
    contrast[40:120, 280:290] = 190
    left = remove_rules(contrast, 20)
    assert not left[:, :270].any()
    assert not left[:, 300:].any()
    assert left[40:95, 280:290].all()


@pytest.mark.parametrize("strength", (0.3, 0.5, 0.7))
def test_the_foot_of_a_digit_that_lies_along_a_rule_stays(strength: float) -> None:
    ink = (255 - draw_digit(2, shape=(79, 74), height=46, pen=4)) / 255
    ruled = rule(rule(ink, 30, 2, strength), 60, 2, strength)
    assert predict_one(the_robust(), to_png(lay(ruled)))["digit"] == 2


def test_a_point_on_a_rule_is_read() -> None:
    answer = read_one(the_robust(), to_png(lay(rule(press_less("48.5", 1.0), 136, 3, 0.9))))
    assert answer["text"] == "48.5"


@pytest.mark.parametrize("text", ("485", "2047"))
def test_a_rule_without_signs_on_it_holds_none(text: str) -> None:
    answer = read_one(the_robust(), to_png(lay(rule(press_less(text, 1.0), 136, 3, 0.9))))
    assert answer["text"] == text


@pytest.mark.parametrize("upright", (False, True))
def test_digits_that_hang_together_with_a_line_across_the_picture_are_not_left_out_silently(*, upright: bool) -> None:
    first, second = press_less("2475", 1.0), press_less("83", 1.0)
    page = np.zeros((first.shape[0] + 140, first.shape[1]), np.float64)
    page[: len(first)] = first
    page[len(first) - 60 : len(first) + 140, 100 : 100 + second.shape[1]] += second
    for x in range(page.shape[1]):
        y = round(len(first) + 76 + 10 * np.sin(x / 30))  # no rule: it bends
        page[y : y + 6, x] = 1.0
    whole = page.clip(0, 1)
    answer = read_one(the_robust(), to_png(lay(np.rot90(whole) if upright else whole)))
    assert not is_sure(answer)
