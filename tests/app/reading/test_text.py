"""The text of a page shows its lines and cells as they are written."""

from __future__ import annotations

import pytest

from app.preprocessing.tables import Cell
from app.reading.text import write_lines


@pytest.mark.parametrize(
    ("written", "text"),
    (
        ([], ""),
        ([(0, None, "4"), (0, None, "2"), (1, None, "7")], "42\n7"),
        ([(0, (0, 0), "4"), (0, (0, 2), "2"), (1, (1, 1), "7")], "4 2\n 7"),
        ([(0, (0, 0), "4"), (0, (0, 0), "2"), (0, (0, 1), "7"), (1, (1, 1), "8")], "42 7\n 8"),
        ([(0, (0, 0), "1"), (0, (0, 0), "2"), (0, (0, 2), "7")], "12  7"),
        ([(0, None, "5"), (1, (0, 1), "7")], "5\n 7"),
    ),
)
def test_an_empty_cell_is_a_space_in_the_text(
    written: list[tuple[int, tuple[int, int] | None, str]], text: str
) -> None:
    cells = [(line, Cell(0, *place, (0, 0, 1, 1)) if place else None, digit) for line, place, digit in written]
    assert write_lines(cells) == text
