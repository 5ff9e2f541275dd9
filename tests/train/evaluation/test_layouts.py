"""Pages of several numbers are laid out as their kind says, and hold what their text says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.preprocessing.decoding import decode_picture
from train.evaluation.layouts import HUNDRED, KINDS, SCATTERED, bend, compose_layouts, stack_rows, turn

from .test_written import print_split

FEW = [kind for kind in KINDS if kind != "hundred"]
SIGNS = {"sum": "+", "list": ".,:/-"}


def count_inks(body: bytes) -> int:
    page = cv2.medianBlur(decode_picture(body).pixels, 3)
    return int(cv2.connectedComponents((page < 140).astype(np.uint8), connectivity=8)[0]) - 1


@pytest.mark.parametrize("kind", FEW)
def test_a_page_holds_as_much_as_its_text(kind: str) -> None:
    for name, text, body in compose_layouts(print_split(), 3, 1, [kind]):
        digits = text.removeprefix(SCATTERED).replace("\n", "")
        assert name == kind
        assert set(digits) <= {*"0123456789", *SIGNS.get(kind, "")}
        assert text.startswith(SCATTERED) == (kind == "scattered")
        assert 0.5 * len(digits) <= count_inks(body) <= 2 * len(digits)


def test_a_page_of_a_hundred_counts_from_nought() -> None:
    ((_, text, _),) = compose_layouts(print_split(), 1, 1, ["hundred"])
    assert text.replace("\n", "") == "".join(str(number) for number in range(HUNDRED + 1))


def test_a_sum_adds_up() -> None:
    for _, text, body in compose_layouts(print_split(), 4, 1, ["sum"]):
        *numbers, total = (int(line) for line in text.split("\n"))
        assert sum(numbers) == total
        assert count_inks(body) > len(text.replace("\n", "").replace("+", ""))  # the line above the total, too


def test_the_same_seed_lays_out_the_same_pages() -> None:
    once, twice = (list(compose_layouts(print_split(), 2, 3, ["slanting", "sizes"])) for _ in range(2))
    assert once == twice
    assert once != list(compose_layouts(print_split(), 2, 4, ["slanting", "sizes"]))


def test_bent_ink_moves_down_by_columns() -> None:
    ink = np.zeros((10, 30), np.uint8)
    ink[4] = 255
    bent = bend(ink, np.linspace(0.0, 12.0, 30))
    assert bent[:, 0].argmax() == 4
    assert bent[:, -1].argmax() == 16


def test_turned_ink_is_all_there() -> None:
    ink = np.full((20, 60), 255, np.uint8)
    turned = turn(ink, np.radians(30))
    assert abs(int(turned.sum()) - int(ink.sum())) < 0.02 * ink.sum()


def test_rows_are_set_below_each_other_with_paper_between() -> None:
    row = np.full((20, 100), 255, np.uint8)
    stacked = stack_rows([row, row, row], (0.3, 0.5), np.random.default_rng(1))
    assert cv2.connectedComponents(stacked)[0] == 4
