"""Sums hold the signs that their text says, as tall as digits, and add up."""

from __future__ import annotations

import numpy as np
import pytest

from app.preprocessing.decoding import decode_picture
from train.evaluation.sums import KINDS, compose_sums
from train.evaluation.tall import OTHERS, PLUS, TALL, draw_tall_sign

from .test_written import print_split

SIGNS = {"plus": "+", "below": "+", "times": "x", "divided": "÷", "equation": "+="}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_holds_its_signs(kind: str) -> None:
    for name, text, body in compose_sums(print_split(), 3, 1, [kind]):
        assert name == kind
        assert {*text} - {*"0123456789\n"} == {*SIGNS[kind]}
        assert decode_picture(body).pixels.min() < 140


def test_what_is_below_a_line_is_the_total() -> None:
    for _, text, _ in compose_sums(print_split(), 4, 1, ["below"]):
        *numbers, total = (int(line) for line in text.split("\n"))
        assert sum(numbers) == total


def test_an_equation_holds() -> None:
    for _, text, _ in compose_sums(print_split(), 4, 1, ["equation"]):
        numbers, total = text.split("=")
        assert sum(map(int, numbers.split("+"))) == int(total)


@pytest.mark.parametrize("sign", TALL)
def test_a_sign_reaches_nearly_as_high_as_digits(sign: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        points = np.concatenate(draw_tall_sign(sign, 0.1, 0.06, rng))
        long = float(np.ptp(points, axis=0).max())
        assert (0.7 if sign == PLUS else 0.4) <= long <= 1.3


def test_another_sign_is_refused() -> None:
    with pytest.raises(ValueError, match=OTHERS):
        draw_tall_sign("-", 0.0, 0.06, np.random.default_rng(1))


def test_the_same_seed_writes_the_same_sums() -> None:
    once, twice = (list(compose_sums(print_split(), 2, 3)) for _ in range(2))
    assert once == twice
    assert once != list(compose_sums(print_split(), 2, 4))
