"""The kinds of non-digits: all draw something, none is trained on that is held out."""

from __future__ import annotations

import numpy as np
import pytest

from app.framing import frame_digit
from train.handwriting.kinds import HELD_OUT_KINDS, KINDS, TRAINING_KINDS
from train.handwriting.synthesis import draw_non_digit, synthesise_non_digits


def test_held_out_kinds_are_not_trained_on() -> None:
    assert not set(HELD_OUT_KINDS) & set(TRAINING_KINDS)
    assert set(HELD_OUT_KINDS) | set(TRAINING_KINDS) == set(KINDS)
    assert len(HELD_OUT_KINDS) >= 10
    assert len(TRAINING_KINDS) >= 30


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_draws_ink_that_frames(name: str) -> None:
    rng = np.random.default_rng(11)
    digits = [frame_digit(draw_non_digit(rng, [name])) for _ in range(12)]
    assert all(digit.max() > 20 for digit in digits)
    assert len({digit.tobytes() for digit in digits}) == len(digits)


def test_non_digits_are_drawn_of_the_kinds_asked_for() -> None:
    dashes = synthesise_non_digits(20, seed=1, kinds=["dashes"])
    rows = (dashes > 60).any(axis=2).sum(axis=1)
    assert (rows < 14).all()
