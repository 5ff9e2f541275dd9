"""Find the cells of tables, forms and boxes, and take their lines out of the marks.

    marks -> holes: the paper that lines enclose -> cells, in rows and columns -> marks without lines

A line may be thick or thin, pale, dashed, drawn by hand, seen askew: what counts is the paper between lines. Ink that
touches a line stays, and a stroke that crosses one is not cut.

Owns what a cell is. Does not know what is written in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .paper import Marks, Side

SMALLEST_CELL = 14  # pixels of a cell's shorter side
LARGE = 0.2  # of the page's side that a cell has at least, for the page to be looked at as a cell beside it
GAPS = (0, 6, 10)  # pixels: shorter gaps in a line are closed; no longer ones than are needed to see all cells
RECTANGULAR = 0.85  # of its smallest rectangle that a cell's outline fills; an oval fills 0.79
MORE = 1.1  # times the area of the cells that are found without closing longer gaps
SHARED = 0.6  # of the smaller one's side that two neighbours share
LONG_RUN = 3  # times a gap that a line goes on at least
APART = 0.8  # of the smaller one's height that is between two boxes of a row, or two rows, at most
OVER = 0.35  # of the smaller one's side that their boxes share at most, where the table is tilted
FEW = 6  # cells: so few without anything in them may be a digit, as an angular 8
HIDDEN = 0.75  # of a cell's area, as its neighbours have it, that is seen of it at least
FEW_RULED = 3  # or so few, where their lines are straight and thin:
STRAIGHT = (
    0.95  # of its smallest rectangle that half of the cells fill at least; of 600 drawn 0, 6, 8 and 9 in rows none
)
THIN = 0.7  # of the outline of all cells that they fill together
SHADE = 0.25  # of a cell's shorter side that a shadow in it is thick at least, where it is pale
LEFT_OF_RULE = 0.8  # of a stroke's ink that is in the rims
FEWEST_OPEN = 4  # cells of a table without outer lines
INSIDE = 0.08  # of a cell's shorter side: ink that does not reach so far in is its line
PARTED = 0.4  # of the strongest marks' contrast that something written in a cell has at least
WRITTEN = 0.2  # of a cell's height that something written in it has at least
BROADEST = 15  # pixels of a line that crosses a shadow
SHARED_INK = 0.25  # of a stroke's ink in a second cell: then it is two strokes that touch the line from both sides
CROSSED = 0.5  # of the cells with ink whose ink goes on in the next one: then the squares are the paper's;
CROSSED_INK = 0.5  # or where so much of the ink is strokes
MANY_CELLS = 3  # that lie in so many cells at least

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Cell:
    """Where a cell is in its table, counted from 0, and in the marks."""

    table: int
    row: int
    column: int
    box: tuple[int, int, int, int]  # x, y, width, height

    @property
    def place(self) -> tuple[int, int, int]:
        """Its table, row and column: the order in which cells are read."""
        return self.table, self.row, self.column


@dataclass(frozen=True)
class Tables:
    """The cells of all tables of a picture. Both arrays have the marks' shape."""

    cells: list[Cell]
    labels: NDArray[np.int32]  # 0 outside, i + 1 in cell i
    lines: NDArray[np.bool_]  # what is taken out
    rims: NDArray[np.bool_]  # between the cells, and so near to a cell's border as what is written in it does not stay
    least: float  # contrast that what is written beside a table has at least: less is a shadow, or the sheet's edge
    ruled: bool  # whether the cells are so straight that they are no digits, even where nothing is written in them

    def clear(self, marks: Marks) -> Marks:
        """Return marks without the tables' lines."""
        return replace(marks, contrast=np.where(self.lines, 0, marks.contrast).astype(np.uint8))

    def clear_side(self, side: Side) -> Side:
        """Return a side without the tables' lines."""
        return replace(side, find=cache(lambda: self.clear(side.find())))

    def is_shade(self, marks: Marks, mask: NDArray[np.bool_], x: int, y: int) -> bool:
        """Tell whether ink, bool (h, w), at (x, y) of the marks, is no writing but a shadow, or the sheet's edge.

        Outside of all cells what is pale or at the border; in a cell what is pale and broad.
        """
        pale = self.is_pale(marks, mask, x, y)
        cell = self.find_cell(mask, x, y)
        if cell is None:
            height, width = marks.contrast.shape
            return pale or x <= 0 or y <= 0 or x + mask.shape[1] >= width or y + mask.shape[0] >= height
        broad = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3).max()
        return bool(pale and 2 * broad > SHADE * min(cell.box[2:]))

    def is_pale(self, marks: Marks, mask: NDArray[np.bool_], x: int, y: int) -> bool:
        """Tell whether ink, bool (h, w), at (x, y) of the marks, is much paler than the tables' lines."""
        window = marks.contrast[y : y + mask.shape[0], x : x + mask.shape[1]]
        return float(np.median(window[mask])) < self.least

    def is_rule(self, mask: NDArray[np.bool_], x: int, y: int) -> bool:
        """Tell whether ink, bool (h, w), at (x, y) of the marks, is what is left of a line."""
        return bool(self.rims[y : y + mask.shape[0], x : x + mask.shape[1]][mask].mean() > LEFT_OF_RULE)

    def find_cell(self, mask: NDArray[np.bool_], x: int, y: int) -> Cell | None:
        """Return the cell that holds most of the ink, bool (h, w), at (x, y) of the marks; None outside of all."""
        labels = self.labels[y : y + mask.shape[0], x : x + mask.shape[1]][mask]
        commonest = int(np.bincount(labels).argmax())
        return self.cells[commonest - 1] if commonest else None


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


@dataclass(frozen=True)
class _Hole:
    """Paper that something encloses. outline: int32 (n, 1, 2), convex."""

    outline: NDArray[np.int32]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, width, height."""
        x, y, width, height = cv2.boundingRect(self.outline)
        return x, y, width, height


Group = dict[tuple[int, int], _Hole]  # the holes of one table by row and column


def find_tables(sides: list[Side]) -> tuple[Tables | None, list[Side]]:
    """Find the cells that lines enclose, in rows and columns, on the side that is likely ink.

    Returns:
        The tables, None where there are none; and the sides without their lines, of dark or light ink alone where there
        are tables.
    """
    likely = max(sides, key=lambda side: side.likely)
    tables = _find_on_side(likely.find())
    if tables is None:
        return None, sides
    return tables, [tables.clear_side(side) for side in sides if side.dark == likely.dark]


def _find_on_side(marks: Marks) -> Tables | None:
    mask = np.asarray(cv2.threshold(marks.contrast, marks.least, 255, cv2.THRESH_BINARY)[1])
    level = float(np.percentile(marks.contrast[mask > 0], 90)) if mask.any() else 0.0
    strong = np.asarray(cv2.threshold(marks.contrast, max(marks.least, PARTED * level), 255, cv2.THRESH_BINARY)[1])
    best: list[Group] = []
    drawn, largest = mask, 0.0
    has_lines, has_few = _measure_parts(mask)
    ways: list[tuple[Pixels | None, int, bool]] = [(mask, gap, is_open) for gap in GAPS for is_open in (False, True)]
    ways = ways if has_lines else ways[:1]
    if not marks.flat and (has_lines or has_few):
        ways.append((None, 0, False))
    for pixels, gap, is_open in ways:
        ink = _find_narrow(marks, level) if pixels is None else pixels
        groups = _group_neighbours(_join_halves(_find_holes(ink, gap, is_open)))
        tables = [group for group in groups if _is_table(group, strong, is_open)]
        area = sum(cv2.contourArea(hole.outline) for group in tables for hole in group.values())
        if area > MORE * largest:
            best, drawn, largest = tables, ink, area
        if best and all(_is_whole(group) for group in best):
            break
    return _lay_out(best, drawn, PARTED * level) if best else None


def _find_narrow(marks: Marks, level: float) -> Pixels:
    """Return the ink that is as narrow as a line, 0 or 255, without the shadow that it may stand in."""
    broad = cv2.morphologyEx(marks.contrast, cv2.MORPH_OPEN, np.ones((BROADEST, BROADEST), np.uint8))
    narrow = cv2.subtract(marks.contrast, broad)
    return np.asarray(cv2.threshold(narrow, max(marks.least, PARTED / 2 * level), 255, cv2.THRESH_BINARY)[1])


def _is_whole(group: Group) -> bool:
    """Tell whether every row of a large table has a cell in every column."""
    rows, columns = (len({place[axis] for place in group}) for axis in (0, 1))
    return len(group) == rows * columns >= FEW


def _measure_parts(mask: Pixels) -> tuple[bool, bool]:
    """Tell whether anything is much larger than the rest, as lines are that hang together, and digits beside dots.

    Returns:
        That; and whether there are but few parts as large as a cell.
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    sizes = stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1].max(axis=1, initial=0)
    sizes = sizes[sizes > 2]
    return sizes.size > 0 and bool(sizes.max() > 2 * np.median(sizes)), int((sizes >= SMALLEST_CELL).sum()) < FEW_RULED


def _find_holes(mask: Pixels, gap: int, is_open: bool) -> list[_Hole]:
    """Find what is enclosed and nearly rectangular, with gaps in the lines closed.

    Args:
        is_open: the table's outer sides are closed by a rectangle around it.
    """
    closed = mask.copy()
    if gap:
        closed |= _close_gaps(mask, gap) | np.asarray(cv2.transpose(_close_gaps(np.asarray(cv2.transpose(mask)), gap)))
    if is_open:
        _close_open_sides(closed)
    cv2.rectangle(closed, (0, 0), (closed.shape[1] - 1, closed.shape[0] - 1), 255, 1)
    contours, outer = _trace(closed)
    boxes = [_shrink(cv2.boundingRect(contour)) for contour in itertools.compress(contours, ~outer)]
    page = (1, 1, closed.shape[1] - 2, closed.shape[0] - 2)
    paper = cv2.bitwise_not(closed)
    holes = [hole for box in boxes if box != page if (hole := _find_hole(paper, box))]
    if any(max(hole.box[2] / page[2], hole.box[3] / page[3]) >= LARGE for _, hole in holes):  # else it is beside none
        holes += [hole for box in boxes if box == page if (hole := _find_hole(paper, box))]
    return [hole for _, hole in sorted(holes, key=lambda placed: placed[0])]


def _trace(ink: Pixels) -> tuple[Sequence[NDArray[np.int32]], NDArray[np.bool_]]:
    """Return the outlines of all ink, which is ten times as fast as to label its parts; and which are outer ones, (n,).

    The others run around paper that is enclosed, on the ink beside it.
    """
    contours, hierarchy = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    outer = hierarchy[0, :, 3] < 0 if len(contours) else np.zeros(0, bool)
    return cast("Sequence[NDArray[np.int32]]", contours), outer


def _shrink(box: Sequence[int]) -> tuple[int, int, int, int]:
    """Return the box of enclosed paper from that of the ink around it."""
    x, y, width, height = box
    return x + 1, y + 1, width - 2, height - 2


def _find_hole(paper: Pixels, box: tuple[int, int, int, int]) -> tuple[tuple[int, int], _Hole] | None:
    """Return the enclosed paper that fills a box, if it is large and nearly rectangular; and its first pixel (y, x)."""
    x, y, width, height = box
    if min(width, height) < SMALLEST_CELL:
        return None
    own = _find_part(paper[y : y + height, x : x + width], 4)
    if own.sum() < 0.3 * width * height:
        return None
    contours, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(x, y))
    outline = cv2.convexHull(max(contours, key=len))
    _, (one, other), _ = cv2.minAreaRect(outline)
    if cv2.contourArea(outline) < RECTANGULAR * one * other:
        return None
    return (y, x + int(own[0].argmax())), _Hole(np.asarray(outline, np.int32))


def _find_part(mask: Pixels, connectivity: int) -> Pixels:
    """Return the one connected part that reaches all four sides of a mask, 0 or 1."""
    height, width = mask.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
    sides = stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1]
    (label,) = np.flatnonzero((sides == (width, height)).all(axis=1)) + 1
    return np.asarray(labels == label, np.uint8)


def _close_gaps(mask: Pixels, gap: int) -> Pixels:
    """Return lines across, drawn through where their pieces lie close to each other one after the other."""
    thick = cv2.dilate(mask, np.ones((3, 1), np.uint8))  # so that a line's steps overlap
    through = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    return np.asarray(cv2.morphologyEx(through, cv2.MORPH_OPEN, np.ones((1, LONG_RUN * gap), np.uint8)))


def _close_open_sides(closed: Pixels) -> None:
    """Draw the smallest rectangle around whatever is large and sparse, in place."""
    ink = closed.copy()
    for contour in itertools.compress(*_trace(ink)):
        x, y, width, height = cv2.boundingRect(contour)
        if min(width, height) < 2 * SMALLEST_CELL:
            continue
        own = _find_part(ink[y : y + height, x : x + width], 8)
        if own.sum() > 0.4 * width * height:
            continue
        corners = cv2.boxPoints(cv2.minAreaRect(contour)).round().astype(np.int32)
        cv2.polylines(closed, [corners], True, 255, 1)


def _join_halves(holes: list[_Hole]) -> list[_Hole]:
    """Join cells that a stroke cuts in two, from line to line: where no other row, or column, is parted there."""
    for axis in (0, 1):
        boxes = _to_boxes(holes)
        pairs = _pair_neighbours(boxes, axis)
        gaps = [boxes[other, axis] - boxes[one, axis + 2] for one, other in pairs]
        usual_gap = float(np.median(gaps)) if gaps else 0.0
        taken: set[int] = set()
        joined = []
        for (one, other), gap in zip(pairs, gaps, strict=True):
            broader = gap > 2 * usual_gap + 3  # than a line: by a digit
            if not {one, other} & taken and _is_cut(boxes, one, other, axis, broader):
                outline = cv2.convexHull(np.concatenate((holes[one].outline, holes[other].outline)))
                joined.append(_Hole(np.asarray(outline, np.int32)))
                taken |= {one, other}
        holes = [hole for index, hole in enumerate(holes) if index not in taken] + joined
    return holes


def _is_cut(boxes: NDArray[np.int64], one: int, other: int, axis: int, broader: bool) -> bool:
    """Tell whether two neighbours along an axis are halves of one cell.

    Args:
        broader: what parts them is no line.
    """
    low, high = boxes[:, axis], boxes[:, axis + 2]
    start, end = low[one], high[other]
    near = 0.2 * (end - start)
    middle = (high[one] + low[other]) / 2
    rest = np.ones(len(boxes), bool)
    rest[[one, other]] = False
    spanning = rest & (np.abs(low - start) < near) & (np.abs(high - end) < near)
    parted = rest & ((np.abs(low - middle) < near / 2) | (np.abs(high - middle) < near / 2))
    if spanning.any() or parted.any():
        return bool(spanning.any() if broader else spanning.sum() > parted.sum())
    beside = rest & _share(boxes, one, 1 - axis)
    usual = np.median((high - low)[beside]) if beside.sum() > 1 else 0
    return bool(abs(end - start - usual) < near and max(high[one] - start, end - low[other]) < 0.75 * usual)


def _to_boxes(holes: list[_Hole]) -> NDArray[np.int64]:
    """Return x, y, right, bottom of each, (n, 4)."""
    boxes = np.array([hole.box for hole in holes], np.int64).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes


def _share(boxes: NDArray[np.int64], one: int, axis: int) -> NDArray[np.bool_]:
    """Tell which boxes take up the same part of an axis as one does, and have a like length there, (n,)."""
    low, high = boxes[:, axis], boxes[:, axis + 2]
    length = high - low
    shared = np.minimum(high, high[one]) - np.maximum(low, low[one])
    return np.asarray(shared >= SHARED * np.maximum(length, length[one]))


def _pair_neighbours(boxes: NDArray[np.int64], axis: int) -> list[tuple[int, int]]:
    """Return which box follows which along an axis: the nearest one in the same row (0) or column (1)."""
    pairs = []
    heights, lengths = boxes[:, 3] - boxes[:, 1], boxes[:, axis + 2] - boxes[:, axis]
    for one in range(len(boxes)):
        gap = boxes[:, axis] - boxes[one, axis + 2]
        follows = _share(boxes, one, 1 - axis) & (boxes[:, axis] + boxes[:, axis + 2] > 2 * boxes[one, axis + 2])
        follows &= (gap <= APART * np.minimum(heights, heights[one])) & (
            gap >= -OVER * np.minimum(lengths, lengths[one])
        )
        follows[one] = False
        if follows.any():
            pairs.append((one, int(np.where(follows, gap, np.iinfo(np.int64).max).argmin())))
    return pairs


def _group_neighbours(holes: list[_Hole]) -> list[Group]:
    """Group the holes that lie beside and below each other, and count their rows and columns."""
    boxes = _to_boxes(holes)
    steps: list[list[tuple[int, int, int]]] = [[] for _ in holes]  # neighbour, rows down, columns right
    for axis, (down, right) in enumerate(((0, 1), (1, 0))):
        for one, other in _pair_neighbours(boxes, axis):
            steps[one].append((other, down, right))
            steps[other].append((one, -down, -right))
    seen = np.zeros(len(holes), bool)
    groups = []
    for first in range(len(holes)):
        if seen[first]:
            continue
        group: Group = {}
        waiting = [(first, 0, 0)]
        seen[first] = True
        for hole, row, column in waiting:  # grows
            group.setdefault((row, column), holes[hole])
            for other, down, right in steps[hole]:
                if not seen[other]:
                    seen[other] = True
                    waiting.append((other, row + down, column + right))
        top, left = (min(place[axis] for place in group) for axis in (0, 1))
        groups.append({(row - top, column - left): hole for (row, column), hole in group.items()})
    return groups


def _is_table(group: Group, strong: Pixels, is_open: bool) -> bool:
    """Tell whether something is written in the cells; or they are so many that they are a form to be filled in."""
    if _is_page(group, strong.shape) or (is_open and len(group) < FEWEST_OPEN):
        return False
    if is_open:
        return sum(_holds_free_ink(hole, strong) for hole in group.values()) > 1
    return len(group) >= FEW or _is_ruled(group) or any(_holds_free_ink(hole, strong) for hole in group.values())


def _is_ruled(group: Group) -> bool:
    """Tell whether cells are so straight, and so close to each other, as nobody writes digits."""
    if len(group) < FEW_RULED:
        return False
    areas = np.array([cv2.contourArea(hole.outline) for hole in group.values()])
    boxes = np.array([np.prod(cv2.minAreaRect(hole.outline)[1]) for hole in group.values()])
    around = cv2.convexHull(np.concatenate([hole.outline for hole in group.values()]))
    return bool(np.median(areas / boxes) >= STRAIGHT and areas.sum() >= THIN * cv2.contourArea(around))


def _is_page(group: Group, shape: tuple[int, ...]) -> bool:
    """Tell whether cells are the page itself, or what is between the rules of ruled paper."""
    x, y, right, bottom = _to_boxes(list(group.values())).T
    height, width = shape
    at_left, at_top, at_right, at_bottom = x <= 1, y <= 1, right >= width - 1, bottom >= height - 1
    borders = at_left.astype(int) + at_top + at_right + at_bottom
    rows, columns = len({row for row, _ in group}), len({column for _, column in group})
    strips = (columns == 1 and (at_left & at_right).any()) or (rows == 1 and (at_top & at_bottom).any())
    return bool(borders.max() > 2 or strips or (borders.max() > 0 and len(group) < FEWEST_OPEN))


def _holds_free_ink(hole: _Hole, mask: Pixels) -> bool:
    """Tell whether a cell holds ink of some height that touches none of its lines."""
    x, y, width, height = hole.box
    region = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(region, hole.outline - np.array([x, y]), 255)
    inside = cv2.erode(region, np.ones((3, 3), np.uint8), borderValue=0)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.bitwise_and(region, mask[y : y + height, x : x + width]))
    free = np.ones(len(stats), bool)
    free[np.unique(labels[inside == 0])] = False
    return bool((stats[free, cv2.CC_STAT_HEIGHT] >= WRITTEN * height).any())


def _find_inside(outline: NDArray[np.int32]) -> Pixels:
    """Return what of a cell is not near its border, uint8 (h, w) of its box, 0 or 255."""
    x, y, width, height = cv2.boundingRect(outline)
    region = np.zeros((height + 2, width + 2), np.uint8)  # with paper around, that is eroded
    cv2.fillConvexPoly(region, outline - np.array([x - 1, y - 1]), 255)
    depth = max(2, round(INSIDE * min(width, height)))
    return np.asarray(cv2.erode(region, np.ones((2 * depth + 1, 2 * depth + 1), np.uint8))[1:-1, 1:-1])


def _find_ink(outline: NDArray[np.int32], deep: Pixels, mask: Pixels) -> Pixels:
    """Return what is written in a cell, uint8 (h, w) of its box, 0 or 255: ink that goes deeper in than its line.

    Args:
        outline: of the cell.
        deep: what _find_inside returns.
        mask: all ink.
    """
    x, y, width, height = cv2.boundingRect(outline)
    region = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(region, outline - np.array([x, y]), 255)
    ink = np.asarray(cv2.bitwise_and(region, mask[y : y + height, x : x + width]))
    count, labels = cv2.connectedComponents(ink)
    written = np.zeros(count, np.uint8)
    written[np.unique(labels[(deep > 0) & (ink > 0)])] = 255
    written[0] = 0
    return np.asarray(written[labels])


def _lay_out(groups: list[Group], mask: Pixels, least: float) -> Tables | None:
    """Number the cells of all tables, and tell what in the marks is a line; None where that is squared paper."""
    cells: list[Cell] = []
    labels = np.zeros(mask.shape, np.int32)
    written = np.zeros(mask.shape, np.uint8)
    inside = np.zeros(mask.shape, np.uint8)
    for table, group in enumerate(sorted(groups, key=lambda group: -max(hole.box[3] for hole in group.values()))):
        for (row, column), outline in sorted(_complete(group).items()):
            x, y, width, height = cv2.boundingRect(outline)
            cells.append(Cell(table, row, column, (x, y, width, height)))
            cv2.fillConvexPoly(labels, outline, len(cells))
            deep = _find_inside(outline)
            inside[y : y + height, x : x + width] |= deep
            written[y : y + height, x : x + width] |= _find_ink(outline, deep, mask)
    between = (labels == 0) & (mask > 0)
    thick = _measure_lines(between, labels > 0)
    reach = 2 * round(thick) + 5
    around = cv2.dilate((labels > 0).view(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    bridges = _bridge(written, between & around, round(thick) + 4)
    kept, crossing = _join_over_lines(written, bridges, labels)
    if crossing:
        return None
    kept |= _find_overhangs(mask, written, labels)
    kept = cv2.dilate(kept, np.ones((3, 3), np.uint8))
    lines = cv2.dilate(((mask > 0) & around & (kept == 0)).view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    wide = np.zeros(mask.shape, np.uint8)
    for group in groups:
        around = cv2.convexHull(np.concatenate([hole.outline for hole in group.values()]))
        cv2.fillConvexPoly(wide, around, 255)
    rims = (cv2.dilate(wide, np.ones((reach, reach), np.uint8)) > 0) & (inside == 0)
    return Tables(cells, labels, lines & (kept == 0), rims, least, any(_is_ruled(group) for group in groups))


def _complete(group: Group) -> dict[tuple[int, int], NDArray[np.int32]]:
    """Return the outlines of all cells of a table: where writing hides most of one, as its row and column have it."""
    boxes = {place: hole.box for place, hole in group.items()}
    outlines = {place: hole.outline for place, hole in group.items()}
    rows, columns = (range(1 + max(place[axis] for place in group)) for axis in (0, 1))
    for row in rows:
        for column in columns:
            above = _average_nearest(
                [(abs(at - row), boxes[at, column]) for at in rows if at != row and (at, column) in boxes]
            )
            beside = _average_nearest(
                [(abs(at - column), boxes[row, at]) for at in columns if at != column and (row, at) in boxes]
            )
            if above is None or beside is None:
                continue
            x, _, width, _ = above
            _, y, _, height = beside
            own = cv2.contourArea(outlines[row, column]) if (row, column) in outlines else 0.0
            if own < HIDDEN * width * height:
                right, bottom = x + width - 2, y + height - 2
                corners = ((x + 1, y + 1), (right, y + 1), (right, bottom), (x + 1, bottom))
                outlines[row, column] = np.array(corners, np.int32)[:, None]
    return outlines


def _average_nearest(boxes: list[tuple[int, tuple[int, int, int, int]]]) -> tuple[int, int, int, int] | None:
    """Return the mean box of the nearest of those whose distances are given; of two, on both sides of it."""
    if not boxes:
        return None
    nearest = min(distance for distance, _ in boxes)
    x, y, width, height = np.mean([box for distance, box in boxes if distance == nearest], axis=0).round().astype(int)
    return int(x), int(y), int(width), int(height)


def _measure_lines(between: NDArray[np.bool_], inside: NDArray[np.bool_]) -> float:
    """Return how thick the thicker lines beside cells are, in pixels."""
    near = cv2.dilate(inside.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    depths = cv2.distanceTransform(between.view(np.uint8), cv2.DIST_L2, 3)
    reached = cv2.dilate(depths, np.ones((15, 15), np.uint8))[near & between]
    return float(np.clip(2 * np.percentile(reached, 90) - 1, 1, 13)) if reached.size else 1.0


def _bridge(written: Pixels, lines: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Return where ink on both sides of a line shows that a stroke crosses it."""
    down = cv2.morphologyEx(written, cv2.MORPH_CLOSE, np.ones((length, 1), np.uint8))
    across = cv2.morphologyEx(written, cv2.MORPH_CLOSE, np.ones((1, length), np.uint8))
    return np.asarray(lines & ((down > 0) | (across > 0)))


def _join_over_lines(written: Pixels, bridges: NDArray[np.bool_], labels: NDArray[np.int32]) -> tuple[Pixels, bool]:
    """Join strokes that cross lines; but not two strokes that touch a line from both sides.

    Returns:
        The ink in the cells and its bridges, 0 or 255; and whether so much crosses that the cells are squared paper.
    """
    joined = np.where(bridges, 255, written).astype(np.uint8)
    count, strokes, stats, _ = cv2.connectedComponentsWithStats(joined)
    ink = (labels > 0) & (written > 0)
    pairs, areas = np.unique(np.stack((strokes[ink], labels[ink])), axis=1, return_counts=True)
    crossing = tall = 0
    over_many = 0
    for stroke in range(1, count):
        shares = np.sort(areas[pairs[0] == stroke])[::-1]
        tall += int(shares.size > 0 and stats[stroke, cv2.CC_STAT_HEIGHT] >= SMALLEST_CELL)
        over_many += int(shares.sum()) if shares.size >= MANY_CELLS else 0
        if shares.size > 1:
            crossing += 1
            if shares[1] > SHARED_INK * shares.sum():
                joined[(strokes == stroke) & bridges] = 0
    return joined, crossing > CROSSED * max(1, tall) or over_many > CROSSED_INK * areas.sum()


def _find_overhangs(mask: Pixels, written: Pixels, labels: NDArray[np.int32]) -> Pixels:
    """Return the ink of what is written in a cell and reaches out of it where there is no line, 0 or 255."""
    count, parts = cv2.connectedComponents(mask)
    total = np.bincount(parts.ravel(), minlength=count)
    inside = np.bincount(parts[(written > 0) & (labels > 0)], minlength=count)
    hanging = np.zeros(count, np.uint8)
    hanging[(inside > 0.5 * total) & (total - inside < 2 * SMALLEST_CELL)] = 255
    hanging[0] = 0
    return np.asarray(hanging[parts])
