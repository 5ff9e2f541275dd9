"""Digits in the cells of tables, forms and boxes are read cell by cell, whatever the lines look like."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import NoInk
from app.preprocessing.paper import find_sides
from app.preprocessing.tables import Tables, find_tables
from app.preprocessing.writing import find_writing
from app.reading.answers import read_several
from tests.app.preprocessing.test_numbers import robust, the_robust
from tests.support.drawings import draw_digit, to_png
from tests.support.scenes import (
    Grey,
    Scene,
    in_a_band_of_shadow,
    in_uneven_light,
    inverted,
    on_a_sheet_seen_askew,
    with_grain,
)

Lines = Callable[[tuple[str, ...], Grey], Grey]

SIDE = 64  # pixels of a cell
MARGIN = 40  # pixels around a table

SUDOKU = (
    "53  7    ",
    "6  195   ",
    " 98    6 ",
    "8   6   3",
    "4  8 3  1",
    "7   2   6",
    " 6    28 ",
    "   419  5",
    "    8  79",
)  # Source: the example of Wikipedia's article on sudoku


def read(picture: NDArray[np.uint8]) -> str:
    """Return the text of a picture as the committed model reads it."""
    from app.preprocessing.decoding import decode_picture
    from app.reading.numbers import read_number

    classifier = robust()
    if classifier is None:
        pytest.skip("models/robust is not there: make train RECIPE=robust")
    return read_number(classifier, decode_picture(to_png(picture))).text


def write_in_cells(rows: tuple[str, ...], height: float = 36, pen: float = 4, drop: float = 0) -> Grey:
    """Write a digit in the middle of each cell, dark on white; a space leaves it empty."""
    shape = (2 * MARGIN + SIDE * len(rows), 2 * MARGIN + SIDE * len(rows[0]))
    page = np.full(shape, 255, np.uint8)
    for row, digits in enumerate(rows):
        for column, digit in enumerate(digits):
            if digit != " ":
                centre = (MARGIN + SIDE * (column + 0.5), MARGIN + SIDE * (row + 0.5) + drop)
                drawn = draw_digit(int(digit), shape=shape, height=height, centre=centre, pen=pen)
                page = np.minimum(page, drawn)
    return page


def list_lines(rows: tuple[str, ...], outer: bool = True) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return both ends of the lines of a grid."""
    down, across = len(rows), len(rows[0])
    bottom, right = MARGIN + SIDE * down, MARGIN + SIDE * across
    ends = 0 if outer else 1
    flat = [MARGIN + SIDE * row for row in range(ends, down + 1 - ends)]
    upright = [MARGIN + SIDE * column for column in range(ends, across + 1 - ends)]
    return [((MARGIN, y), (right, y)) for y in flat] + [((x, MARGIN), (x, bottom)) for x in upright]


def rule(rows: tuple[str, ...], page: Grey, thick: int = 2, level: int = 0, outer: bool = True) -> Grey:
    """Draw the lines of a grid over a page."""
    lines = np.full(page.shape, 255, np.uint8)
    for start, end in list_lines(rows, outer):
        cv2.line(lines, start, end, level, thick)
    return np.minimum(page, lines)


def rule_in_pieces(rows: tuple[str, ...], page: Grey, piece: int, gap: int) -> Grey:
    """Draw the lines of a grid as dashes or dots."""
    drawn = rule(rows, np.full(page.shape, 255, np.uint8))
    upright = rule(rows, np.full(page.shape, 255, np.uint8))
    across = (np.arange(page.shape[1]) - MARGIN) % (piece + gap) < piece
    down = (np.arange(page.shape[0]) - MARGIN) % (piece + gap) < piece
    flat_rows = (drawn < 255).mean(axis=1) > 0.5
    upright_columns = (upright < 255).mean(axis=0) > 0.5
    lines = np.full(page.shape, 255, np.uint8)
    lines[np.ix_(flat_rows, across)] = drawn[np.ix_(flat_rows, across)]
    lines[np.ix_(down, upright_columns)] = upright[np.ix_(down, upright_columns)]
    return np.minimum(page, lines)


def rule_by_hand(rows: tuple[str, ...], page: Grey) -> Grey:
    """Draw the lines of a grid as nobody's ruler would."""
    chance = np.random.default_rng(5)
    for start, end in list_lines(rows):
        along = np.linspace(0, 1, 30)[:, None]
        points = np.array(start) * (1 - along) + np.array(end) * along
        sway = 2.5 * np.sin(along * 6 + chance.uniform(0, 6)) + chance.normal(0, 1, 2)
        cv2.polylines(page, [(points + sway).round().astype(np.int32)], False, 30, 2, cv2.LINE_AA)
    return page


def box_each(rows: tuple[str, ...], page: Grey, level: int = 0) -> Grey:
    """Draw a box of its own around each cell."""
    for row in range(len(rows)):
        for column in range(len(rows[0])):
            x, y = MARGIN + SIDE * column + 5, MARGIN + SIDE * row + 5
            cv2.rectangle(page, (x, y), (x + SIDE - 10, y + SIDE - 10), level, 2)
    return page


LINES: dict[str, Lines] = {
    "thin": lambda rows, page: rule(rows, page, 1),
    "thick": lambda rows, page: rule(rows, page, 5),
    "grey": lambda rows, page: rule(rows, page, 2, 150),
    "pale": lambda rows, page: rule(rows, page, 2, 205),
    "dashed": lambda rows, page: rule_in_pieces(rows, page, 9, 5),
    "dotted": lambda rows, page: rule_in_pieces(rows, page, 2, 3),
    "by hand": rule_by_hand,
    "boxes": box_each,
    "pale boxes": lambda rows, page: box_each(rows, page, 200),
    "without outer lines": lambda rows, page: rule(rows, page, 2, 0, outer=False),
}


def without_spaces(text: str) -> str:
    """Return a text as its digits and lines."""
    return "\n".join("".join(line.split()) for line in text.split("\n"))


@pytest.mark.parametrize("lines", LINES.values(), ids=LINES)
def test_a_grid_is_read_row_by_row_whatever_its_lines(lines: Lines) -> None:
    rows = ("20 61", "7 485", " 9038")
    assert read(lines(rows, write_in_cells(rows))) == "\n".join(rows)


@pytest.mark.parametrize("scene", (inverted, in_uneven_light, with_grain, on_a_sheet_seen_askew))
def test_a_sudoku_is_read_with_its_empty_cells(scene: Scene) -> None:
    page = rule(SUDOKU, write_in_cells(SUDOKU))
    assert read(scene(page)) == "\n".join(line.rstrip() for line in SUDOKU)


@pytest.mark.parametrize("drop", (-9, 9))
@pytest.mark.parametrize("level", (0, 170))
def test_digits_that_touch_a_line_keep_their_ink(drop: float, level: int) -> None:
    rows = ("71472", "17 51", "47617")
    page = rule(rows, write_in_cells(rows, height=42, drop=drop), 2, level)
    assert read(page) == "\n".join(rows)


@pytest.mark.parametrize("lines", (rule, box_each))
def test_a_row_of_boxes_is_one_line(lines: Lines) -> None:
    rows = ("1407 61",)
    assert read(lines(rows, write_in_cells(rows))) == "1407 61"


def test_numbers_in_cells_are_parted() -> None:
    page = np.full((200, 520), 255, np.uint8)
    for text, x, y in (("12", 60, 60), ("345", 220, 60), ("7", 380, 60), ("90", 60, 140), ("68", 380, 140)):
        for number, digit in enumerate(text):
            drawn = draw_digit(int(digit), shape=page.shape, height=44, centre=(x + 34 * number, y), pen=5)
            page = np.minimum(page, drawn)
    for y in (20, 100, 180):
        cv2.line(page, (20, y), (500, y), 60, 2)
    for x in (20, 180, 340, 500):
        cv2.line(page, (x, 20), (x, 180), 60, 2)
    assert read(page) == "12 345 7\n90  68"


def test_what_is_written_beside_a_table_is_a_line_of_its_own() -> None:
    rows = ("123", "456")
    table = rule(rows, write_in_cells(rows))
    title = np.full((80, table.shape[1]), 255, np.uint8)
    for number, digit in enumerate((2, 0, 2, 6)):
        drawn = draw_digit(digit, shape=title.shape, height=40, centre=(60 + 36 * number, 45), pen=4)
        title = np.minimum(title, drawn)
    assert read(np.concatenate((title, table))) == "2026\n123\n456"


def test_every_digit_knows_its_cell() -> None:
    rows = ("7  1", " 02 ")
    found = find_writing(rule(rows, write_in_cells(rows))).digits
    assert [one.cell and (one.cell.row, one.cell.column) for one in found] == [(0, 0), (0, 3), (1, 1), (1, 2)]


def find(page: Grey) -> Tables | None:
    return find_tables(find_sides(page))[0]


@pytest.mark.parametrize("label", range(10))
@pytest.mark.parametrize("pen", (4, 12))
def test_a_digit_is_no_table(label: int, pen: float) -> None:
    assert find(draw_digit(label, shape=(160, 160), height=110, pen=pen)) is None


@pytest.mark.parametrize("text", ("0000", "8888", "4444", "6809"))
def test_touching_digits_are_no_table(text: str) -> None:
    page = np.full((160, 400), 255, np.uint8)
    for number, digit in enumerate(text):
        drawn = draw_digit(int(digit), shape=page.shape, height=100, centre=(80 + 64 * number, 80), pen=10)
        page = np.minimum(page, drawn)
    assert find(page) is None


EMPTY = (("   ",), ("     ",), ("  ", "  "), ("    ", "    "), (" ", " ", " "), ("         ",) * 5)


@pytest.mark.parametrize("scene", (np.asarray, in_uneven_light, on_a_sheet_seen_askew))
@pytest.mark.parametrize("rows", EMPTY)
def test_an_empty_table_holds_no_digit(rows: tuple[str, ...], scene: Scene) -> None:
    table = scene(rule(rows, write_in_cells(rows)))
    with pytest.raises(NoInk):
        read(table)


@pytest.mark.parametrize("rows", EMPTY)
def test_an_empty_table_in_a_band_of_shadow_holds_no_certain_digit(rows: tuple[str, ...]) -> None:
    table = in_a_band_of_shadow(rule(rows, write_in_cells(rows)))
    (answer,) = read_several(the_robust(), [to_png(table)])
    assert not any(digit["certain"] for digit in answer.get("digits", ()))


def test_what_is_left_of_a_line_is_no_digit() -> None:
    rows = ("   ", "   ")
    tables = find(rule(rows, write_in_cells(rows), thick=3))
    assert tables is not None
    x, y, width, height = tables.cells[1].box
    assert tables.is_rule(np.ones((height - 4, 3), bool), x + 1, y + 2)
    assert not tables.is_rule(np.ones((height // 2, 3), bool), x + width // 4, y + height // 4)


def test_squares_that_digits_are_written_across_are_the_papers() -> None:
    page = np.full((320, 480), 255, np.uint8)
    for number, digit in enumerate((2, 5, 8)):
        drawn = draw_digit(digit, shape=page.shape, height=150, centre=(110 + 120 * number, 160), pen=10)
        page = np.minimum(page, drawn)
    for at in range(20, 470, 40):
        page[10:310, at : at + 1] = 150
        page[min(at, 300), 10:470] = 150
    assert find(page) is None
