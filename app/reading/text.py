"""The text of what is written: its lines, and the cells of tables below each other."""

from __future__ import annotations

from collections.abc import Iterable

from ..preprocessing.tables import Cell


def write_lines(written: Iterable[tuple[int, Cell | None, str]]) -> str:
    """Return the text of what is written, its lines separated by newlines.

    An empty cell is a space, so that columns stay below each other, as one writes a sudoku down; where a cell holds
    more than one digit, a space also parts the cells, or two numbers would become one. Nothing follows the last digit
    of a line, and a row without any is no line.

    Args:
        written: the line, the cell and the text of each digit or sign, in reading order.
    """
    lines: dict[int, dict[Cell | None, str]] = {}
    for line, cell, text in written:
        texts = lines.setdefault(line, {})
        texts[cell] = texts.get(cell, "") + text
    parted = {cell.table for texts in lines.values() for cell, text in texts.items() if cell and len(text) > 1}
    return "\n".join(_write_line(texts, parted) for texts in lines.values() if any(texts.values()))


def _write_line(texts: dict[Cell | None, str], parted: set[int]) -> str:
    line, column = "", 0
    for cell, text in texts.items():
        if cell is not None:
            between = 1 if cell.table in parted and column else 0
            line += " " * (cell.column - column + between)
            column = cell.column + 1
        line += text
    return line
