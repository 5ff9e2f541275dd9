"""Strips that a bad crop left are cut off, whatever the size of the picture; what fills a page is no frame."""

from __future__ import annotations

import numpy as np
import pytest

from app.preprocessing.sheets import cut_strips, enter_sheet

ROWS = ((0, 255), (255, 0), (0, 255, 0, 255), (0, 255, 255, 0), (0, 255, 0), (7,))


@pytest.mark.parametrize("turned", (False, True))
@pytest.mark.parametrize("rows", ROWS)
def test_of_a_picture_of_a_few_lines_something_is_left(rows: tuple[int, ...], turned: bool) -> None:
    grey = np.repeat(np.array(rows, np.uint8)[:, None], 64, axis=1)
    left, _ = cut_strips(np.ascontiguousarray(grey.T) if turned else grey, None)
    assert min(left.shape) > 0


def test_a_strip_along_a_border_is_cut_off() -> None:
    grey = np.full((100, 120), 250, np.uint8)
    grey[:, 118:] = 40
    left, place = cut_strips(grey, None)
    assert left.shape == (100, 118)
    assert np.array_equal(place, np.eye(3))


def test_digits_that_fill_a_page_are_no_frame() -> None:
    rows, columns = np.mgrid[:1500, :1200]
    dots = (rows % 24 < 16) & (columns % 24 < 14) & (abs(rows % 24 - columns % 24) < 3)
    page = np.where(dots & (rows > 60) & (rows < 1440) & (columns > 60) & (columns < 1140), 20, 250).astype(np.uint8)
    entered, place = enter_sheet(page)
    assert entered.shape == page.shape
    assert np.array_equal(place, np.eye(3))
