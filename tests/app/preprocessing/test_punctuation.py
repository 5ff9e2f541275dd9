"""Brackets, ! and ? are no ones and sevens, arrows no pluses; what may be one of them is doubted."""

from __future__ import annotations

import numpy as np
import pytest

from app.reading.answers import read_one
from tests.app.preprocessing.test_numbers import the_robust
from tests.support.drawings import draw_text, to_png
from tests.support.scenes import Grey, in_uneven_light
from tests.train.evaluation.test_written import print_split
from train.evaluation.beside import compose_beside
from train.evaluation.measurements import is_sure


def read(page: Grey) -> tuple[str, bool]:
    answer = read_one(the_robust(), to_png(page))
    return answer["text"], is_sure(answer)


@pytest.mark.parametrize("pen", (3, 8, 12))
@pytest.mark.parametrize(
    ("text", "number"),
    (
        ("(12)", "12"),
        ("(4085)", "4085"),
        ("(3.5)", "3.5"),
        ("23(5)", "235"),
        ("7)", "7"),
        ("12)", "12"),
        ("46!", "46"),
        ("8!", "8"),
        ("46?", "46"),
        ("203?", "203"),
    ),
)
def test_brackets_and_marks_are_left_out_and_doubted(text: str, number: str, pen: float) -> None:
    assert read(draw_text(text, pen=pen)) == (number, False)


@pytest.mark.parametrize("text", ("(12)", "46!", "46?", "7)"))
def test_they_are_left_out_in_a_photograph(text: str) -> None:
    assert read(in_uneven_light(draw_text(text))) == (text.strip("()!?"), False)


@pytest.mark.parametrize("text", (">5", ">76", "24°", "i5", "5i"))
def test_what_resembles_a_digit_or_a_sign_is_doubted(text: str) -> None:
    assert not read(draw_text(text))[1]


@pytest.mark.parametrize("text", ("1", "12", "41", "1.5", "31.1", "71:12", "1+7", "10", "200"))
@pytest.mark.parametrize("slant", (0.0, 0.15))
def test_ones_sevens_points_and_pluses_stay_certain(text: str, slant: float) -> None:
    assert read(draw_text(text, slant=slant)) == (text, True)


@pytest.mark.parametrize(("bend", "sure"), ((-0.04, True), (0.04, True), (-0.14, False), (0.14, False)))
def test_a_one_that_bends_is_read_and_doubted(bend: float, sure: bool) -> None:
    page = draw_text("58", gap=0.9)
    for y in range(80):
        left = 142 + round(4 * bend * 80 * ((y - 40) / 80) ** 2)
        page[60 + y, left : left + 9] = 0
    assert read(page) == ("518", sure)


@pytest.mark.parametrize(
    ("kind", "most"), (("brackets", 0), ("list", 0), ("!", 1), ("?", 1), ("°", 0), ("%", 2), ("arrow", 3))
)
def test_a_number_beside_a_mark_is_hardly_ever_certain_and_wrong(kind: str, most: int) -> None:
    rows = [(text, read_one(the_robust(), body)) for _, text, body in compose_beside(print_split(), 24, 7, [kind])]
    assert sum(is_sure(answer) and answer["text"] != text for text, answer in rows) <= most


@pytest.mark.parametrize(("rises", "sure"), ((0, True), (44, False)))
def test_an_exponent_is_doubted_and_a_small_digit_is_not(rises: int, sure: bool) -> None:
    small = draw_text("2", height=44, pen=6)[54:-54, 54:-54]
    page = np.pad(draw_text("85", gap=0.3), ((0, 0), (0, 60)), constant_values=255)
    bottom = 60 + 80 + 6 - rises
    x = page.shape[1] - 110
    page[bottom - small.shape[0] : bottom, x : x + small.shape[1]] = small
    assert read(page) == ("852", sure)
