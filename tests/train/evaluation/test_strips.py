"""Strips are pasted on a page as their kind says, two to six of them."""

from __future__ import annotations

import pytest

from app.preprocessing.decoding import decode_picture
from train.evaluation.strips import KINDS, compose_strips

from .test_written import print_split


@pytest.mark.parametrize("kind", KINDS)
def test_a_strip_is_a_line_of_the_text(kind: str) -> None:
    for name, text, body in compose_strips(print_split(), 3, 1, [kind]):
        lines = text.split("\n")
        assert name == kind
        assert 2 <= len(lines) <= 6
        assert all(line.isdigit() for line in lines)
        picture = decode_picture(body)
        assert picture.height > 3 * 56 * (len(lines) // KINDS[kind][1])


def test_the_same_seed_pastes_the_same_strips() -> None:
    once, twice = (list(compose_strips(print_split(), 1, 3)) for _ in range(2))
    assert once == twice
    assert once != list(compose_strips(print_split(), 1, 4))
