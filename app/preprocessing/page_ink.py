"""Find the ink of a page: its tables, and the strokes that are written in and beside them.

    pixels -> sides -> tables taken out -> marks -> strokes as high as digits, small ones, pale ones

Owns which side of the paper is ink where there are lines, frames or shadows. Knows no digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk
from .paper import NARROW_STROKES, Marks, Side, find_sides
from .parts import Parts, find_parts, find_roughly
from .strokes import NO_DIGIT, PAGE_GRID, Stroke, find_pale, find_strokes, part_by_cell, refine_marks
from .tables import FEW, Tables, find_tables

PAGE_SIDE = 1000  # pixels of a photograph's longer side: a page's digits are smaller than a single one


def find_ink_and_tables(
    pixels: NDArray[np.uint8], photo_side: int
) -> tuple[Tables | None, Marks, list[Stroke], list[Stroke], list[Stroke]]:
    """Return the tables, if there are any; the marks; the strokes as high as digits, the small and the pale ones.

    Args:
        pixels: uint8 (h, w) grey or (h, w, 3) RGB.
        photo_side: pixels to which the longer side of a photograph is reduced.

    Raises:
        NoInk: there is no digit.
        TooLarge: there is more than is read in time.
    """
    grid = round(PAGE_GRID * photo_side / PAGE_SIDE)
    sides = find_sides(pixels, photo_side=photo_side, keep_frames=True)
    tables, cleared = find_tables(sides)
    if tables is None and cleared[0].flat:  # a frame was no table's
        cleared = find_sides(pixels, photo_side=photo_side)
    try:
        marks, strokes, small, pale = _find_ink(cleared, tables, grid)
    except NoInk:
        if tables or cleared[0].flat:
            raise
        narrow = find_sides(pixels, photo_side=photo_side, strokes=NARROW_STROKES)  # than a shadow that hides the ink
        marks, strokes, small, pale = _find_ink(narrow, tables, grid)
    few = tables and not tables.ruled and len(tables.cells) <= FEW
    if few and part_by_cell(strokes, tables).keys() == {None}:  # nought beside nought
        tables = None
        sides = find_sides(pixels, photo_side=photo_side) if sides[0].flat else sides
        marks, strokes, small, pale = _find_ink(sides, tables, grid)
    return tables, marks, strokes, small, pale


def _find_ink(
    sides: list[Side], tables: Tables | None, grid: int
) -> tuple[Marks, list[Stroke], list[Stroke], list[Stroke]]:
    """Return the marks on the side that is ink, their strokes, the small ones, and those that are much paler.

    Raises:
        NoInk: there is no digit.
        TooLarge: there is more than is read in time.
    """
    marks, parts = refine_marks(*find_roughly(sides, grid), grid)
    if tables and not marks.flat:  # found again, with the lines
        marks, parts = _clear_tables(tables, marks, grid)
    strokes, small = find_strokes(marks, parts, tables, grid)
    pale = find_pale(marks, parts, [*strokes, *small])
    if tables:
        strokes, small, pale = (_leave_lines_out(some, tables, marks) for some in (strokes, small, pale))
        if not strokes:
            raise NoInk(NO_DIGIT)
    return marks, strokes, small, pale


def _leave_lines_out(strokes: list[Stroke], tables: Tables, marks: Marks) -> list[Stroke]:
    """Return the strokes that are not what is left of a table's lines, nor a shadow or a sheet's edge beside it."""
    return [
        stroke
        for stroke in strokes
        if not tables.is_rule(*stroke.placed) and not tables.is_shade(marks, *stroke.placed)
    ]


def _clear_tables(tables: Tables, marks: Marks, grid: int) -> tuple[Marks, Parts]:
    """Return the marks without the tables' lines, and their parts.

    Raises:
        NoInk: nothing else is drawn.
    """
    marks = tables.clear(marks)
    parts = find_parts(marks, marks.least, grid)
    if not parts.score.any():
        raise NoInk(NO_DIGIT)
    return marks, parts
