"""A straight stroke is a slash where it leans and reaches further than the digits of its page do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from app.preprocessing.signs import fit_bar
from app.preprocessing.slashes import (
    FORMS,
    MAX_SPREAD,
    MIN_SPREAD,
    NEAR,
    Spread,
    Written,
    find_straight,
    fits_date,
    measure_spread,
    name_form,
    weigh_slashes,
)
from app.preprocessing.strokes import Stroke
from tests.support.drawings import draw_text

EVEN = (60.0, 6.0, 0.0, 0)  # height, pen, slant, and pixels further down
UNEVEN = ((60.0, 5.0, -0.2, -8), (78.0, 10.0, 0.3, 10))  # in turn, as two people write
SLASHES = {"7/8/26": (1, 3), "23/5": (2,), "12/30": (2,)}


def write_line(text: str, hands: Sequence[tuple[float, float, float, int]], lean: float, high: float) -> list[Written]:
    """Write digits, and for each "/" a straight stroke, which is read as a 1."""
    line, x = [], 0
    for place, sign in enumerate(text):
        height, pen, slant, down = hands[place % len(hands)]
        stroke = _bar(x, high, lean) if sign == "/" else _digit(x, sign, height, pen, slant, down)
        line.append(Written(stroke, 1 if sign == "/" else int(sign), fit_bar(stroke.mask) if sign == "/" else None))
        x += stroke.width + 15
    return line


def _bar(x: int, high: float, lean: float) -> Stroke:
    wide = max(1, round(lean * high))
    ink = np.zeros((round(high) + 8, wide + 8), np.uint8)
    cv2.line(ink, (wide + 4, 4), (4, round(high) + 4), 255, 6)
    return _cut(x, 100 - round(0.08 * high), ink)


def _digit(x: int, digit: str, height: float, pen: float, slant: float, down: int) -> Stroke:
    return _cut(x, 100 + down, 255 - draw_text(digit, height=height, pen=pen, slant=slant))


def _cut(x: int, y: int, ink: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Stroke:
    left, top, wide, high = cv2.boundingRect(np.asarray(ink > 100, np.uint8))
    return Stroke(x, y, ink[top : top + high, left : left + wide] > 100)


@pytest.mark.parametrize("text", SLASHES)
def test_what_leans_and_reaches_further_than_an_even_hand_is_a_slash(text: str) -> None:
    odds = weigh_slashes([write_line(text, [EVEN], 0.45, 72)])
    assert tuple(place for (_, place), one in odds.items() if one > 0) == SLASHES[text]


@pytest.mark.parametrize("text", SLASHES)
def test_of_uneven_hands_it_is_a_one(text: str) -> None:
    assert max(weigh_slashes([write_line(text, UNEVEN, 0.3, 66)]).values()) < 0


def test_the_other_lines_of_a_page_tell_how_even_the_hand_is() -> None:
    line = write_line("7/8", [EVEN], 0.3, 66)
    even, uneven = (write_line("26935", hands, 0.3, 66) for hands in ([EVEN], UNEVEN))
    assert weigh_slashes([line, even])[0, 1] > 1 > weigh_slashes([line, uneven])[0, 1] + 2


@pytest.mark.parametrize(("text", "lean"), (("33/5", 0.42), ("4/5", 0.42), ("5/28", 0.42)))
def test_what_stands_on_the_line_as_a_one_does_is_no_certain_slash(text: str, lean: float) -> None:
    def weigh(down: int) -> float:
        (line,) = [write_line(text, [EVEN], lean, 62)]
        place = text.index("/")
        base = (line[place - 1].stroke.bottom + line[place + 1].stroke.bottom) / 2
        stroke = line[place].stroke
        moved = replace(stroke, y=round(base) - stroke.height + down)
        return weigh_slashes([[*line[:place], line[place]._replace(stroke=moved), *line[place + 1 :]]])[0, place]

    assert weigh(0) < NEAR
    assert weigh(8) > weigh(0) + 1


@pytest.mark.parametrize("text", ("/23", "45/", "/"))
def test_no_slash_begins_or_ends_a_line(text: str) -> None:
    assert weigh_slashes([write_line(text, [EVEN], 0.5, 75)]) == {}


def test_no_slash_stands_beside_another_sign() -> None:
    line = write_line("4/7", [EVEN], 0.5, 75)
    assert weigh_slashes([[line[0], line[0]._replace(digit=None), *line[1:]]]) == {}


@pytest.mark.parametrize("text", ("16/7", "1/1", "28/53"))
def test_what_leans_little_more_than_the_evenest_hand_is_a_one(text: str) -> None:
    assert max(weigh_slashes([write_line(text, [EVEN], 0.06, 60)]).values()) < 0


def test_the_spread_is_that_within_lines() -> None:
    lines = [
        [(one.stroke, int(one.digit or 0)) for one in write_line("2693", [(high, pen, 0.0, 0)], 0, 0)]
        for high, pen in ((50.0, 5.0), (90.0, 11.0))
    ]
    spread = measure_spread(lines)
    assert spread.sizes < 0.05
    assert spread.pens < 0.15
    assert measure_spread([lines[0][:1]]) == Spread(0.0, 0.0, 0.0, 0.0)


def test_neither_the_evenest_page_nor_the_most_uneven_one_says_more_than_others() -> None:
    wild = ((40.0, 3.0, -0.9, -30), (90.0, 14.0, 0.9, 30))
    for hands, spread in ((wild, MAX_SPREAD), ([EVEN], MIN_SPREAD)):
        given = find_straight([write_line("22/22", hands, 0.3, 66)])[0].given
        assert Spread(*given[4:]) == spread


@pytest.mark.parametrize(
    ("digits", "at", "form"),
    (
        ([7, 1, 8, 1, 2, 6], {1, 3}, "date"),
        ([4, 7, 1, 8, 1, 2, 6], {2, 4}, "odd date"),
        ([2, 4, 1, 8], {2}, "day and month"),
        ([4, 5, 1, 6], {2}, "fraction"),
        ([4, 5, 6, 1, 6], {3}, "long fraction"),
        ([4, 5, 6, 7, 1, 6], {4}, "neither"),
        ([4, 1, 1, 6], {1, 2}, "neither"),
    ),
)
def test_slashes_part_a_line_as_dates_and_fractions_are_parted(digits: list[int], at: set[int], form: str) -> None:
    assert FORMS[name_form(digits, at)] == form
    assert fits_date(len(digits), at) == (form != "neither")
