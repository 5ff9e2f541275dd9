"""Sort the strokes of a page into lines, in reading order: lines that slant, bend, or hold digits of several sizes.

    strokes, small ones -> cells of tables -> the slope of the page -> lines -> small strokes beside each

Owns lines, and where their digits stand. Does not know which strokes are digits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .signs import Band
from .strokes import Stroke, part_by_cell
from .tables import Cell, Tables

LEAST_HEIGHT = 0.3  # of the usual height: lower strokes beside no line are no digits
LOWER = 0.62  # of its line's height, or of the usual one: a lower stroke alone is no line
SAME_LINE = 0.4  # of the lower one's height that two neighbours on a line share
TOGETHER = 2.0  # of the lower one's height: digits of a number are no further apart
LAST = 3  # strokes of a line: a stroke's neighbours
ALIKE = 1.6  # times as high as a small digit that its neighbours are at most
SHORT_LINE = 2  # strokes that are joined to a line that they stand beside,
OVER = 0.3  # of their width that they are above or below others at most
STEEPEST = 0.3  # pixels down a pixel to the right that all lines of a page slant at most: 17 degrees
SLOPES = 31  # that are tried
FEWEST_SLANTING = 4  # strokes: fewer do not tell how a page slants
MIDDLE = 0.6  # of a stroke's height, around its middle, that tells which rows of pixels are written on
CLEARER = 0.8  # of the rows that are written on, where the lines are level: fewer than that, and they slant
NEAR = 1.2  # of the digits' height: so near to a digit a small stroke belongs to its line,
AROUND = (0.3, 0.45)  # between so much over the digits and so much under them
BESIDE = 4  # digits beside a sign that tell where the line's band is

Rows = list[list[tuple[Cell | None, list[Stroke], list[Stroke]]]]  # the strokes of each cell, and small ones beside


def sort_into_rows(
    strokes: list[Stroke], small: list[Stroke], usual: float, tables: Tables | None, tiny: Sequence[Stroke] = ()
) -> Rows:
    """Sort strokes into lines from top to bottom, and the lines of a table's row into its cells from left to right.

    Args:
        strokes: as high as digits.
        small: lower ones: signs, parts of digits, dirt, and small digits.
        usual: height of the strokes.
        tables: whose cells part them.
        tiny: digits that are lower than others.

    Returns:
        Rows of cells, None outside of tables: a line of each cell's strokes, and the small strokes beside them.
    """
    in_cells, small_in_cells = part_by_cell([*strokes, *tiny], tables), part_by_cell(small, tables)
    for cell in small_in_cells.keys() - in_cells.keys() - {None}:  # whose digit is smaller than others
        in_cells[cell] = [stroke for stroke in small_in_cells.pop(cell) if stroke.height >= LEAST_HEIGHT * usual]
    slope = 0.0 if tables else measure_slope(strokes)
    rows: dict[object, list[tuple[Cell | None, list[Stroke], list[Stroke]]]] = {}
    for cell, held in sorted(in_cells.items(), key=lambda item: item[0].place if item[0] else ()):
        for number, (line, beside) in enumerate(
            sort_into_lines(held, small_in_cells.get(cell, []), usual, slope, tiny) if held else ()
        ):
            rows.setdefault((cell and (cell.table, cell.row), number), []).append((cell, line, beside))
    return sorted(rows.values(), key=lambda row: _find_middle([stroke for _, line, _ in row for stroke in line], slope))


def _find_middle(line: list[Stroke], slope: float) -> float:
    return find_median([stroke.y + stroke.height / 2 - slope * _find_centre(stroke) for stroke in line])


def find_median(values: Sequence[float]) -> float:
    """Return the median of a few numbers: numpy takes 20 times longer."""
    ordered, half = sorted(values), len(values) // 2
    return (ordered[half] + ordered[~half]) / 2


def _find_centre(stroke: Stroke) -> float:
    return stroke.x + stroke.width / 2


def measure_slope(strokes: list[Stroke]) -> float:
    """Return how far all lines of a page fall, in pixels a pixel to the right; 0 where that does not part them better.

    Of all slopes, the one on which most paper is between the lines; of those alike, the one nearest to level.
    """
    if len(strokes) < FEWEST_SLANTING:
        return 0.0
    centres = np.array([_find_centre(stroke) for stroke in strokes])
    middles = np.array([stroke.y + stroke.height / 2 for stroke in strokes])
    half = MIDDLE / 2 * np.array([stroke.height for stroke in strokes])
    slopes = np.linspace(-STEEPEST, STEEPEST, SLOPES)
    levels = middles - slopes[:, None] * centres  # (slopes, strokes)
    order = np.argsort(levels - half, axis=1)
    tops = np.take_along_axis(levels - half, order, axis=1)
    bottoms = np.maximum.accumulate(np.take_along_axis(levels + half, order, axis=1), axis=1)
    paper = np.maximum(0, tops[:, 1:] - bottoms[:, :-1]).sum(axis=1)
    written = bottoms[:, -1] - tops[:, 0] - paper
    alike = np.flatnonzero(written <= 1.02 * written.min())
    best = alike[np.abs(slopes[alike]).argmin()]
    return float(slopes[best]) if written[best] < CLEARER * written[SLOPES // 2] else 0.0


def find_lines(strokes: list[Stroke], slope: float = 0.0, tiny: Sequence[Stroke] = ()) -> list[list[Stroke]]:
    """Sort strokes into lines from top to bottom, each from left to right.

    A stroke belongs to the line whose last stroke it lies beside, so that a line may climb or fall on its own.

    Args:
        slope: how far all lines fall, in pixels a pixel to the right.
        tiny: strokes that belong to no line of much larger ones.
    """
    lower = {id(stroke) for stroke in tiny}
    has_lower = np.zeros(len(strokes), bool)  # of each line
    lines: list[list[Stroke]] = []
    ends = np.zeros((len(strokes), LAST, 2))  # y and bottom of each line's last strokes: all are looked at for each
    for stroke in sorted(strokes, key=lambda stroke: stroke.x):
        tops, bottoms = np.moveaxis(ends[: len(lines)], 2, 0)
        fallen = slope * _find_centre(stroke)
        y, bottom = stroke.y - fallen, stroke.bottom - fallen
        shared = np.minimum(bottom, bottoms) - np.maximum(y, tops)
        shares = (shared / np.minimum(stroke.height, np.maximum(1, bottoms - tops))).max(axis=1, initial=0.0)
        if lower:
            highs = (bottoms - tops).max(axis=1, initial=0.0)
            unlike = np.maximum(highs, stroke.height) > ALIKE * np.minimum(highs, stroke.height)
            shares[unlike & (has_lower[: len(lines)] | (id(stroke) in lower))] = 0.0
        share = float(shares.max(initial=0.0))
        if share >= SAME_LINE:
            index = int(np.flatnonzero(shares == share)[-1])
            lines[index].append(stroke)
        else:
            index = len(lines)
            lines.append([stroke])
        ends[index, (len(lines[index]) - 1) % LAST] = y, bottom
        has_lower[index] |= id(stroke) in lower
    return sorted(lines, key=lambda line: _find_middle(line, slope))


def join_lines(lines: list[list[Stroke]], slope: float, tiny: Sequence[Stroke] = ()) -> list[list[Stroke]]:
    """Join lines that are parts of one: whose strokes all stand beside the other's, between or next to them.

    A digit that stands much higher or lower than the one before begins a line of its own, which the next ones may not
    lie beside.
    """
    joined: list[list[Stroke]] = []
    for line in sorted(lines, key=len, reverse=True):
        is_short = len(line) <= SHORT_LINE and len(leave_out(line, tiny)) == len(line)
        fitting = [other for other in joined if _stands_within(line, other)] if is_short else []
        if len(fitting) == 1:
            fitting[0] += line
            fitting[0].sort(key=lambda stroke: stroke.x)
        else:
            joined.append(line)
    return sorted(joined, key=lambda line: _find_middle(line, slope))


def _stands_within(line: list[Stroke], other: list[Stroke]) -> bool:
    """Tell whether a line's strokes stand beside another line's, or beside one that does, and above or below none."""
    beside = [stroke for stroke in line if any(stand_together(stroke, by) for by in other)]
    return all(
        any(stroke is by or stand_together(stroke, by) for by in beside)
        and not any(min(stroke.right, by.right) - max(stroke.x, by.x) > OVER * stroke.width for by in other)
        for stroke in line
    )


def sort_into_lines(
    strokes: list[Stroke], small: list[Stroke], usual: float, slope: float, tiny: Sequence[Stroke] = ()
) -> list[tuple[list[Stroke], list[Stroke]]]:
    """Sort strokes into lines, and give each line the small strokes that stand beside its strokes.

    Small strokes that stand beside none are lines of smaller digits where they are high enough, else dirt.
    """
    lines, low = _part_low(join_lines(find_lines(strokes, slope, tiny), slope, tiny), usual, tiny)
    beside, elsewhere = attach_small(lines, small + low)
    smaller = [stroke for stroke in elsewhere if stroke.height >= LEAST_HEIGHT * usual]
    both = [*zip(lines, beside, strict=True)]
    if smaller:
        lines = find_lines(smaller, slope)
        beside, _ = attach_small(lines, leave_out(elsewhere, smaller))
        both += zip(lines, beside, strict=True)
    return sorted(both, key=lambda line: _find_middle(line[0], slope))


def _part_low(
    lines: list[list[Stroke]], usual: float, tiny: Sequence[Stroke]
) -> tuple[list[list[Stroke]], list[Stroke]]:
    """Part the lines from strokes that stand alone and are no higher than a large comma."""
    alone = [line[0] for line in lines if len(line) == 1 and line[0].height < LOWER * usual]
    low = leave_out(alone, tiny)
    rest = [line for line in lines if not any(line[0] is one for one in low)]
    return (rest, low) if rest else (lines, [])


def attach_small(lines: list[list[Stroke]], small: list[Stroke]) -> tuple[list[list[Stroke]], list[Stroke]]:
    """Return the small strokes that stand beside the strokes of each line, and those that stand beside none."""
    attached: list[list[Stroke]] = [[] for _ in lines]
    elsewhere: list[Stroke] = []
    owner = np.array([number for number, line in enumerate(lines) for _ in line])
    x, y, right, bottom = np.array(
        [(stroke.x, stroke.y, stroke.right, stroke.bottom) for line in lines for stroke in line], float
    ).T
    high = np.array([measure_height(line) for line in lines])[owner]
    for stroke in small:
        middle = (stroke.y + stroke.bottom) / 2
        away = np.maximum(0, np.maximum(x - stroke.right, stroke.x - right)) / high
        over = np.maximum(0, np.maximum((y - middle) / high - AROUND[0], (middle - bottom) / high - AROUND[1]))
        away = np.where(over > 0, np.inf, away + np.abs(middle - (y + bottom) / 2) / high / 4)
        nearest = int(away.argmin())
        (attached[owner[nearest]] if away[nearest] <= NEAR else elsewhere).append(stroke)
    return attached, elsewhere


def measure_height(line: list[Stroke]) -> float:
    """Return the height of a line's digits."""
    highest = max(stroke.height for stroke in line)
    return find_median([stroke.height for stroke in line if stroke.height >= 0.6 * highest])


def measure_bands(pieces: list[Stroke], line: list[Stroke]) -> list[Band]:
    """Return, for each piece, where the strokes beside it stand."""
    highest = max(stroke.height for stroke in line)
    tall = [stroke for stroke in line if stroke.height >= 0.6 * highest]
    middles = np.array([stroke.x + stroke.right for stroke in tall])
    bands = []
    for piece in pieces:
        order = np.argsort(np.abs(middles - piece.x - piece.right), kind="stable")[:BESIDE]
        nearest = [tall[index] for index in order]
        top, base = find_median([one.y for one in nearest]), find_median([one.bottom for one in nearest])
        bands.append(Band(top, base, find_median([one.pen for one in nearest])))
    return bands


def stand_together(one: Stroke, other: Stroke) -> bool:
    """Tell whether two strokes may be digits of a number, side by side."""
    shared = min(one.bottom, other.bottom) - max(one.y, other.y)
    lower = min(one.height, other.height)
    return shared >= SAME_LINE * lower and max(one.x - other.right, other.x - one.right) <= TOGETHER * lower


def leave_out(strokes: list[Stroke], others: Sequence[Stroke]) -> list[Stroke]:
    """Return the strokes that are not among others."""
    left = {id(stroke) for stroke in others}
    return [stroke for stroke in strokes if id(stroke) not in left]
