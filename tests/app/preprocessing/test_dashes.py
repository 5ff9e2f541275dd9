"""Lines that are dotted, dashed or broken are found and taken out; digits on them and rows of signs stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.preprocessing.dashes import find_broken_lines
from app.preprocessing.paper import find_sides
from app.preprocessing.ruling import remove_rules
from app.preprocessing.tables import find_tables
from app.preprocessing.writing import find_writing
from tests.support.drawings import draw_text

Grey = NDArray[np.uint8]


def dotted(shape: tuple[int, int], apart: int = 6, long: int = 2, slope: float = 0.0) -> Grey:
    """Lines of dots, or of dashes, every 60 pixels, as contrast."""
    paper = np.zeros(shape, np.uint8)
    for row in range(50, shape[0] - 20, 60):
        for column in range(0, shape[1], apart):
            y = round(row + slope * column)
            paper[y : y + 2, column : column + long] = 120
    return paper


@pytest.mark.parametrize("slope", (0.0, 0.03, -0.04))
@pytest.mark.parametrize(("apart", "long"), ((6, 2), (10, 3), (20, 11)))
def test_dotted_and_dashed_lines_are_taken_out(apart: int, long: int, slope: float) -> None:
    paper = dotted((300, 400), apart, long, slope)
    assert len(find_broken_lines(np.asarray((paper > 0) * 255, np.uint8))) == 4
    assert np.count_nonzero(remove_rules(paper, 20)) < 0.03 * np.count_nonzero(paper)


@pytest.mark.parametrize(("apart", "long"), ((6, 2), (20, 11)))
def test_digits_on_dotted_lines_are_found_and_no_dots(apart: int, long: int) -> None:
    page = draw_text("2475", height=80, gap=0.4)
    lines = dotted(page.shape[:2], apart, long)
    writing = find_writing(np.minimum(page, 255 - lines))
    assert len(writing.digits) == 4
    assert not writing.marks


@pytest.mark.parametrize("text", ("1111111", "4444444", "7777777"))
def test_digits_side_by_side_are_no_lines(text: str) -> None:
    page = np.pad(draw_text(text, height=120, gap=0.6), 60, constant_values=255)
    mask = np.asarray((page < 128) * 255, np.uint8)
    assert not find_broken_lines(mask)
    assert not find_broken_lines(np.ascontiguousarray(mask.T))


def test_lines_that_cross_in_all_directions_are_taken_out_where_they_cross_too() -> None:
    paper = np.zeros((300, 300), np.uint8)
    paper[20::40] = paper[21::40] = paper[:, 20::40] = paper[:, 21::40] = 120
    blurred = np.asarray(cv2.GaussianBlur(paper, (0, 0), 0.8))
    blurred[100:180, 150:154] = 250
    assert np.count_nonzero(remove_rules(blurred, 20) > 20) < 500


def test_squares_from_border_to_border_with_digits_across_their_lines_are_no_table() -> None:
    page = draw_text("2475", height=80, gap=0.4)
    page[20::50] = np.minimum(page[20::50], 150)
    page[:, 20::50] = np.minimum(page[:, 20::50], 150)
    assert find_tables(find_sides(page, keep_frames=True))[0] is None
