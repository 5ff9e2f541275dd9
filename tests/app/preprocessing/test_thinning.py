"""Ink is thinned to lines of one pixel, which are followed from where they meet to where they meet or end."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.preprocessing.thinning import find_meetings, part_lines, thin_ink


@pytest.mark.parametrize("pen", (3, 7, 11))
def test_a_cross_is_four_lines(pen: int) -> None:
    page = np.zeros((80, 80), np.uint8)
    cv2.line(page, (10, 40), (70, 40), 255, pen)
    cv2.line(page, (40, 10), (40, 70), 255, pen)
    thin = thin_ink(page > 0)
    assert thin.sum() < 140
    lines = part_lines(thin, find_meetings(thin))
    assert len(lines) == 4
    assert all(20 <= len(line) <= 35 for line in lines)


def test_a_line_is_followed_from_end_to_end() -> None:
    thin = np.eye(30, dtype=bool)
    (line,) = part_lines(thin, find_meetings(thin))
    assert np.array_equal(line, np.stack((np.arange(30), np.arange(30)), axis=1))


def test_no_ink_is_no_line() -> None:
    thin = thin_ink(np.zeros((20, 20), bool))
    assert part_lines(thin, find_meetings(thin)) == []
