"""Ink that hangs together is doubted together: pieces of one letter, what lies within a ring, the dot of an "i"."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.preprocessing.bonds import find_bonds
from app.preprocessing.strokes import Stroke

Grey = NDArray[np.uint8]


def block(x: int, y: int, width: int, height: int) -> Stroke:
    return Stroke(x, y, np.ones((height, width), bool))


def ring(x: int, y: int, side: int) -> Stroke:
    drawn = np.zeros((side, side), np.uint8)
    cv2.circle(drawn, (side // 2, side // 2), side // 2 - 3, 1, 3)
    return Stroke(x, y, drawn > 0)


@pytest.mark.parametrize(
    ("other", "is_bound"),
    (
        (block(30, 20, 10, 40), True),  # cut off its left side
        (block(34, 20, 10, 40), False),  # paper between them
        (block(20, 80, 10, 40), False),  # a row below
    ),
)
def test_pieces_that_touch_are_bound(other: Stroke, is_bound: bool) -> None:
    bonds, nested = find_bonds([block(20, 20, 10, 40), other], [False, False])
    assert (bonds[0] == bonds[1]) == is_bound
    assert nested == [False, False]


def test_what_lies_within_a_ring_is_bound_to_it_and_nested() -> None:
    bonds, nested = find_bonds([ring(10, 10, 100), block(50, 50, 10, 12), block(150, 20, 20, 80)], [False] * 3)
    assert bonds[0] == bonds[1] != bonds[2]
    assert nested == [True, True, False]


def test_what_stands_beside_the_stem_of_a_seven_is_not_within_it() -> None:
    seven = np.zeros((100, 60), np.uint8)
    cv2.polylines(seven, [np.array(((3, 3), (56, 3), (20, 96)))], isClosed=False, color=1, thickness=5)
    bonds, nested = find_bonds([Stroke(10, 10, seven > 0), block(55, 98, 10, 10)], [False, False])
    assert bonds[0] != bonds[1]
    assert nested == [False, False]


@pytest.mark.parametrize(
    ("mark", "is_bound"),
    (
        (block(20, 0, 10, 10), True),  # the dot of an i
        (block(22, 75, 10, 10), True),  # of an exclamation mark
        (block(22, 120, 10, 10), False),  # dirt, further below
        (block(60, 66, 10, 10), False),  # beside it
    ),
)
@pytest.mark.parametrize("loose", (True, False))
def test_only_what_is_no_sign_is_bound_to_what_it_stands_over_or_under(
    mark: Stroke, is_bound: bool, loose: bool
) -> None:
    bonds, _ = find_bonds([block(20, 20, 10, 50), mark], [False, loose])
    assert (bonds[0] == bonds[1]) == (is_bound and loose)


def test_what_hangs_together_in_a_chain_has_one_number() -> None:
    bonds, _ = find_bonds([block(40, 20, 10, 40), block(20, 20, 10, 40), block(30, 20, 10, 40)], [False] * 3)
    assert len(set(bonds)) == 1
