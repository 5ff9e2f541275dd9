"""A digit falls into the pieces that a person would name, and every pixel of ink into one of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.preprocessing.digits import read_picture
from app.preprocessing.pieces import MAX_PIECES, split_ink
from tests.support.drawings import draw_digit, to_png


def read(label: int, pen: float = 18) -> NDArray[np.uint8]:
    return read_picture(to_png(draw_digit(label, pen=pen)))


@pytest.mark.parametrize("pen", (8, 18, 34))
@pytest.mark.parametrize("label", range(10))
def test_each_pixel_of_ink_is_in_one_piece(label: int, pen: float) -> None:
    digit = read(label, pen)
    pieces = split_ink(digit)
    assert 1 <= len(pieces) <= MAX_PIECES
    np.testing.assert_array_equal(np.sum([piece.mask for piece in pieces], axis=0), digit > 0)


def test_a_seven_is_a_bar_and_a_stem() -> None:
    bar, stem = split_ink(read(7))
    assert (bar.place, bar.shape) == ("top", "bar")
    assert stem.shape == "stem"
    assert np.argwhere(bar.mask)[:, 0].max() < np.argwhere(stem.mask)[:, 0].max()


def test_a_zero_is_cut_though_it_has_neither_ends_nor_corners() -> None:
    assert {piece.shape for piece in split_ink(read(0))} == {"curve"}
    assert len(split_ink(read(0))) >= 2


def test_pieces_come_from_the_top_down() -> None:
    heights = [np.argwhere(piece.mask)[:, 0].mean() for piece in split_ink(read(5))]
    assert heights == sorted(heights)


@pytest.mark.parametrize("size", (1, 2, 28))
def test_a_dot_and_a_full_square_are_split_too(size: int) -> None:
    digit = np.zeros((28, 28), np.uint8)
    digit[:size, :size] = 255
    for piece in split_ink(digit):
        assert piece.mask.any()


def test_a_blank_digit_has_no_pieces() -> None:
    assert split_ink(np.zeros((28, 28), np.uint8)) == []
