"""Rows on French ruling, faded squares and faxes are read, or doubted."""

from __future__ import annotations

import pytest

from app.reading.answers import read_one
from tests.app.preprocessing.test_numbers import the_robust
from tests.train.evaluation.test_written import print_split
from train.evaluation.measurements import is_sure
from train.evaluation.papers import compose_papers


@pytest.mark.parametrize(("kind", "least"), (("seyes", 6), ("faded", 5), ("fax", 4)))
def test_rows_on_paper_with_many_lines_are_read_or_doubted(kind: str, least: int) -> None:
    """Version 1.6.0 read 3 of each 6."""
    right, sure = [], []
    for _, text, body in compose_papers(print_split(), 6, 1, [kind]):
        answer = read_one(the_robust(), body)
        right.append(answer["text"] == text)
        sure.append(is_sure(answer))
    assert sum(right) >= least
    assert all(is_right or not was_sure for is_right, was_sure in zip(right, sure, strict=True))
