"""Find the cells of tables, forms and boxes, and take their lines out of the marks.

    marks -> holes, in rows and columns (holes.py) -> cells -> marks without lines

A line may be thick or thin, pale, dashed, drawn by hand, seen askew: what counts is the paper between lines. Ink that
touches a line stays, and a stroke that crosses one is not cut.

Owns what a cell is. Does not know what is written in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .holes import SMALLEST_CELL, Group, Hole, Pixels, find_holes, group_neighbours, join_halves, to_boxes
from .paper import Marks, Side
from .ruling import clear_lines, find_rules

GAPS = (0, 6, 10)  # pixels: shorter gaps in a line are closed; no longer ones than are needed to see all cells
MORE = 1.1  # times the area of the cells that are found without closing longer gaps
FEW = 6  # cells: so few without anything in them may be a digit, as an angular 8
HIDDEN = 0.75  # of a cell's area, as its neighbours have it, that is seen of it at least
FEW_RULED = 3  # or so few, where their lines are straight and thin:
STRAIGHT = 0.95  # of its smallest rectangle that half of the cells fill at least: of 600 drawn 0, 6, 8 and 9 none did
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
PAPER_LINES = 2  # lines each way, from border to border, of squared paper at least,
ON_LINES = 0.35  # and of the strokes that are as high as a cell, so many lie on them, or touch them


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


def find_tables(sides: list[Side]) -> tuple[Tables | None, list[Side]]:
    """Find the cells that lines enclose, in rows and columns, on the side that is likely ink.

    Returns:
        The tables, None where there are none; and the sides without their lines, of dark or light ink alone where there
        are tables.
    """
    likely = max(sides, key=lambda side: side.likely)
    tables = _find_on_side(likely.find())
    if tables is None or _is_squared_paper(likely.find()):
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
        groups = group_neighbours(join_halves(find_holes(ink, gap, is_open)))
        tables = [group for group in groups if _is_table(group, strong, is_open)]
        area = sum(cv2.contourArea(hole.outline) for group in tables for hole in group.values())
        if area > MORE * largest:
            best, drawn, largest = tables, ink, area
        if best and all(_is_whole(group) for group in best):
            break
    return _lay_out(best, drawn, PARTED * level) if best else None


def _is_squared_paper(marks: Marks) -> bool:
    """Tell whether lines go from border to border both ways, and what is written lies on them.

    Of a sheet that was lifted off a picture, the table itself may reach the borders.
    """
    if marks.place[0, 1] != 0:
        return False
    mask = np.asarray(cv2.threshold(marks.contrast, marks.least, 255, cv2.THRESH_BINARY)[1])
    printed = find_rules(mask)
    if min(printed.rows, printed.columns) < PAPER_LINES:
        return False
    written = clear_lines(marks.contrast, mask, printed)
    written = np.asarray(cv2.threshold(written, marks.least, 255, cv2.THRESH_BINARY)[1])
    _, labels, stats, _ = cv2.connectedComponentsWithStats(written)
    lines = cv2.bitwise_or(printed.across, printed.down)
    near = cv2.dilate(lines, np.ones((5, 5), np.uint8)) > 0
    inked = np.bincount(labels.ravel(), minlength=len(stats))
    beside = np.bincount(labels[near], minlength=len(stats))
    tall = stats[:, cv2.CC_STAT_HEIGHT] >= SMALLEST_CELL
    tall &= beside <= LEFT_OF_RULE * inked  # the others are what is left of lines
    tall[0] = False
    on_lines = np.isin(np.flatnonzero(tall), np.unique(labels[(lines > 0) & (written > 0)]))
    return bool(on_lines.size and on_lines.mean() > ON_LINES)


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
    x, y, right, bottom = to_boxes(list(group.values())).T
    height, width = shape
    at_left, at_top, at_right, at_bottom = x <= 1, y <= 1, right >= width - 1, bottom >= height - 1
    borders = at_left.astype(int) + at_top + at_right + at_bottom
    rows, columns = len({row for row, _ in group}), len({column for _, column in group})
    strips = (columns == 1 and (at_left & at_right).any()) or (rows == 1 and (at_top & at_bottom).any())
    return bool(borders.max() > 2 or strips or (borders.max() > 0 and len(group) < FEWEST_OPEN))


def _holds_free_ink(hole: Hole, mask: Pixels) -> bool:
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
