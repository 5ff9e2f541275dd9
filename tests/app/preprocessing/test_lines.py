"""Strokes are sorted into the lines that a reader sees."""

from __future__ import annotations

import numpy as np
import pytest

from app.preprocessing.lines import find_lines, join_lines
from app.preprocessing.strokes import Stroke

LOW = [(162, 73, 18, 38), (197, 39, 41, 70), (247, 40, 34, 54), (294, 31, 62, 74)]  # the first hangs below the others


def place(boxes: list[tuple[int, int, int, int]]) -> list[Stroke]:
    return [Stroke(x, y, np.ones((high, wide), bool)) for x, y, wide, high in boxes]


@pytest.mark.parametrize(
    ("before", "lines"),
    (
        ([(98, 26, 34, 54)], 1),
        ([(37, 28, 46, 48), (98, 26, 34, 54)], 1),  # the first is far from the line, but not from the second
        ([(-90, 28, 46, 48), (98, 26, 34, 54)], 2),
        ([(37, -58, 46, 48), (98, -60, 34, 54)], 2),
    ),
)
def test_a_line_goes_on_behind_a_digit_that_hangs_low(before: list[tuple[int, int, int, int]], lines: int) -> None:
    found = find_lines(place([*before, *LOW]))
    assert len(found) == 2
    assert len(join_lines(found, 0.0)) == lines
