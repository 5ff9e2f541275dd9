"""Runs of pieces become digits, and what may be part of another digit is doubted."""

from __future__ import annotations

import numpy as np
import pytest

from app.preprocessing.grouping import Group, Line, Seen, choose_way, cut_line, group_pieces
from app.preprocessing.strokes import Stroke
from tests.support.drawings import draw_text

HIGH = 90  # pixels of the digits


def see(digit: int, look: float = 1.0) -> Seen:
    return Seen(np.zeros((28, 28), np.uint8), digit, 1.0, look, 0.6)


def group_cut(high_of_one: float) -> list[Group]:
    """Group a stroke that is cut into an 8 and a 1 of some height, both of which look perfect."""
    page = draw_text("8", height=HIGH, pen=8, margin=0) < 128
    eight = Stroke(0, 0, page)
    bar = Stroke(eight.right - 6, round(HIGH * (1 - high_of_one)), np.ones((round(high_of_one * HIGH), 9), bool))
    line: Line = cut_line([eight, bar], [], {})
    line = line._replace(
        high=HIGH,
        pieces=[eight, bar],
        whole=[0, 0],
        joints=[0.0, 1.0],
        groups={(0, 1): eight, (1, 2): bar},
        bands=line.bands[:1] * 2,
    )
    way = group_pieces(line, HIGH, {(0, 1): see(8), (1, 2): see(1)})
    return choose_way([way])


@pytest.mark.parametrize(("high", "doubted"), ((0.65, True), (0.8, True), (0.9, False), (1.0, False)))
def test_a_one_that_was_cut_off_and_is_lower_than_digits_are_is_doubted(high: float, doubted: bool) -> None:
    groups = group_cut(high)
    assert [group.seen and group.seen.digit for group in groups] == [8, 1]
    assert [group.doubted for group in groups] == [False, doubted]


def test_a_one_is_doubted_where_either_of_two_ways_that_read_alike_finds_it_low() -> None:
    ways = []
    for high in (0.95, 0.7):
        bar = Stroke(60, round(HIGH * (1 - high)), np.ones((round(high * HIGH), 9), bool))
        line = cut_line([Stroke(0, 0, np.ones((HIGH, 50), bool)), bar], [], {})
        one = Group(bar, None, line.bands[0], see(1), whole=False, doubted=high < 0.85)
        ways.append(group_pieces(line, HIGH, {})._replace(worth=high, groups=[one]))
    assert [group.doubted for group in choose_way(ways)] == [True]
