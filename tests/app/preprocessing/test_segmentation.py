"""Wide strokes are cut wherever digits may touch, and not more often than can be looked at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from app.preprocessing.segmentation import MAX_LINES, SPACING, cut_stroke, part_stroke
from app.preprocessing.strokes import Stroke
from app.preprocessing.writing import find_writing
from tests.support.drawings import draw_text


def as_stroke(text: str, gap: float) -> Stroke:
    """Return a text as one stroke, whether its ink is connected or not."""
    page = draw_text(text, height=90, pen=8, gap=gap, margin=0)
    return Stroke(0, 0, page < 128)


@pytest.mark.parametrize("gap", (0.0, -4 / 90))
def test_a_cut_lies_where_digits_touch(gap: float) -> None:
    stroke = as_stroke("06", gap)
    pieces, costs = cut_stroke(stroke, 90, 8)
    assert len(costs) == len(pieces) - 1
    left = np.cumsum([piece.mask.sum() for piece in pieces]) / stroke.mask.sum()
    wanted = as_stroke("0", 0.0).mask.sum() / (as_stroke("0", 0.0).mask.sum() + as_stroke("6", 0.0).mask.sum())
    assert np.abs(left - wanted).min() < 0.08


@pytest.mark.parametrize("text", ("06", "2385", "90634528"))
def test_pieces_hold_all_ink_once(text: str) -> None:
    stroke = as_stroke(text, 0.0)
    ink = np.zeros(stroke.mask.shape, int)
    for piece in cut_stroke(stroke, 90, 8)[0]:
        ink[piece.y : piece.bottom, piece.x : piece.right] += piece.mask
    assert np.array_equal(ink, stroke.mask)


def test_a_narrow_stroke_is_not_cut() -> None:
    stroke = as_stroke("1", 0.0)
    pieces, costs = cut_stroke(stroke, 90, 8)
    assert pieces == [stroke]
    assert costs == []


def two_bars(apart: int) -> Stroke:
    """Return two bars, 90 high, that a thin line joins."""
    mask = np.zeros((90, apart + 20), bool)
    mask[:, :10] = mask[:, -10:] = mask[44:46] = True
    return Stroke(0, 0, mask)


@pytest.mark.parametrize("cut", (lambda stroke: cut_stroke(stroke, 90, 10), lambda stroke: part_stroke(stroke, 90)))
def test_a_stroke_as_narrow_as_one_digit_costs_more_to_cut(
    cut: Callable[[Stroke], tuple[list[Stroke], list[float]]],
) -> None:
    narrow, wide = min(cut(two_bars(40))[1]), min(cut(two_bars(80))[1])
    assert narrow > wide + 1


@pytest.mark.parametrize("text", ("06", "2385", "90634528"))
def test_cuts_grow_with_the_width_and_no_faster(text: str) -> None:
    stroke = as_stroke(text, 0.0)
    assert len(cut_stroke(stroke, 90, 8)[1]) <= stroke.width / (SPACING * 90) + 1


@pytest.mark.parametrize("gap", (0.0, -6 / 90, -12 / 90))
def test_some_run_of_lines_is_nearly_a_digit_and_the_rest_the_other(gap: float) -> None:
    stroke = as_stroke("06", gap)
    pieces, _ = part_stroke(stroke, 90)
    first = np.zeros(stroke.mask.shape, bool)
    alone = as_stroke("0", 0.0).mask
    first[: alone.shape[0], : alone.shape[1]] = alone
    areas = [
        sum(first[piece.y : piece.bottom, piece.x : piece.right][piece.mask].sum() for piece in pieces[:count])
        - sum((~first[piece.y : piece.bottom, piece.x : piece.right])[piece.mask].sum() for piece in pieces[:count])
        for count in range(len(pieces) + 1)
    ]
    assert max(areas) > 0.85 * alone.sum()


@pytest.mark.parametrize("text", ("06", "2385", "90634528"))
def test_lines_hold_all_ink_once_and_are_few(text: str) -> None:
    stroke = as_stroke(text, 0.0)
    pieces, costs = part_stroke(stroke, 90)
    ink = np.zeros(stroke.mask.shape, int)
    for piece in pieces:
        ink[piece.y : piece.bottom, piece.x : piece.right] += piece.mask
    assert np.array_equal(ink, stroke.mask)
    assert len(costs) == len(pieces) - 1 < MAX_LINES


@pytest.mark.parametrize("shape", ((90, 30), (90, 3000), (400, 90)))
def test_what_is_no_number_is_not_parted(shape: tuple[int, int]) -> None:
    stroke = Stroke(0, 0, np.random.default_rng(0).random(shape) < 0.5)
    assert part_stroke(stroke, 90) == ([stroke], [])


def count_looks(page: NDArray[np.uint8]) -> int:
    """Return how many candidates a network that takes all for digits has to look at."""
    looked = 0

    def look(digits: NDArray[np.uint8]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        nonlocal looked
        looked += len(digits)
        return np.ones((len(digits), 1)), np.ones(len(digits))

    find_writing(page, look)
    return looked


@pytest.mark.parametrize("count", (1, 4, 10))
def test_a_page_of_clear_digits_costs_one_look_each(count: int) -> None:
    assert count_looks(draw_text("2385690347"[:count])) == count
