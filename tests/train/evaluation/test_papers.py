"""Printed paper carries the rows that their text says, or nothing, and prints that are paler than ink."""

from __future__ import annotations

import numpy as np
import pytest

from app.preprocessing.decoding import decode_picture
from train.evaluation.papers import KINDS, NOTHING, ONE_DIGIT, ROWS, compose_papers

from .test_written import print_split


def to_grey(body: bytes) -> np.ndarray:
    pixels = decode_picture(body).pixels.astype(float)
    return pixels.mean(axis=2) if pixels.ndim == 3 else pixels


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_digits_with_one_sign_at_most(kind: str) -> None:
    for name, text, body in compose_papers(print_split(), 4, 1, [kind]):
        rows = text.split("\n")
        assert name == kind
        assert 1 <= len(rows) <= ROWS
        for row in rows:
            assert 2 <= sum(sign.isdigit() for sign in row) <= 5
            assert sum(sign in ".,-" for sign in row) + sum(sign.isdigit() for sign in row) == len(row) <= 6
        assert min(to_grey(body).shape) > 50


@pytest.mark.parametrize("kind", KINDS)
def test_empty_paper_is_printed_and_says_nothing(kind: str) -> None:
    for _, text, body in compose_papers(print_split(), 4, 1, [kind], NOTHING):
        assert text == ""
        assert to_grey(body).std() > 0.5


def test_one_digit_is_one() -> None:
    texts = [text for _, text, _ in compose_papers(print_split(), 2, 2, written=ONE_DIGIT)]
    assert len(texts) == 2 * len(KINDS)
    assert {len(text) for text in texts} == {1}
    assert len(set(texts)) > 3


def test_what_is_written_makes_paper_darker() -> None:
    for kind in KINDS:
        darkest = [
            np.mean(
                [np.percentile(to_grey(body), 1) for _, _, body in compose_papers(print_split(), 2, 3, [kind], way)]
            )
            for way in (NOTHING, "rows")
        ]
        assert darkest[1] < darkest[0], kind


def test_the_same_seed_takes_the_same_pages() -> None:
    once, twice = (list(compose_papers(print_split(), 1, 3)) for _ in range(2))
    assert once == twice
    assert once != list(compose_papers(print_split(), 1, 4))
