"""Rows with marks beside their numbers: the text has none of them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from train.evaluation.beside import KINDS, compose_beside
from train.evaluation.punctuation import MARKS, draw_mark

from .test_written import print_split


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_what_is_to_be_read(kind: str) -> None:
    pages = list(compose_beside(print_split(), 4, 1, [kind]))
    assert [name for name, _, _ in pages] == [kind] * 4
    assert all(re.fullmatch(r"[-+\d.,:]+", text) for _, text, _ in pages)
    assert list(compose_beside(print_split(), 4, 2, [kind])) != pages
    assert [page for page in compose_beside(print_split(), 4, 1) if page[0] == kind] == pages


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_is_ink_about_as_large_as_a_digit(mark: str) -> None:
    for seed in range(20):
        paths = draw_mark(mark, 0.1, np.random.default_rng(seed))
        points = np.concatenate(paths)
        wide, high = np.ptp(points, axis=0)
        assert 0.1 < max(wide, high) < 1.6
        assert np.abs(points[:, 1]).max() < 0.85
