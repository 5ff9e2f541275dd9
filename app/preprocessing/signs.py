"""Tell the signs - + . , : by their shape and by their place among the digits of a line.

    a stroke, and the band that the digits beside it stand in -> its size, place and straightness -> a sign, or none

Knows no networks, and no slashes: a stroke alone does not tell them from ones (slashes.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .strokes import Stroke, part_connected

SIGNS = ("-", "+", ".", ",", "/", ":")

# Of 12,000 of MNIST's digits 185 have a plus's outline, none of which looks less like a digit than 0.5 (of drawn pluses
# 99 % do); none of 7,500 has the outline of an x.
MAX_PLUS_LOOK = 0.5  # what looks so much like one digit is no plus,
MAX_OTHER_LOOK = 0.9  # and no = or x

# All lengths below are parts of the height of the digits beside a sign, unless they say otherwise.
DOT = 0.26  # a dot's longer side at most,
DOT_PENS = 2.2  # or so many widths of the pen, which is more for a fat one
TOUCH = 0.6  # of the pen's width that a dot is wide and high at least: less is dirt,
THIN_TOUCH = 0.35  # or so much for one of a colon, where the pen is
THIN = 5  # pixels wide at most: of a touch that is two pixels wide one may be lost, and two dots are hardly dirt
SMALLEST_DOT = 0.035
ROUND = 2.0  # times its shorter side that a dot is long at most
FULL = 0.5  # of its box that a dot fills at least
DOT_RISES = 0.17  # over the base line at most, to its lower edge
DOT_SINKS = 0.2  # under the base line at most
COMMA = (0.1, 0.6)  # how high a comma is
COMMA_PENS = (0.45, 2.0)  # widths of the pen that it is thick
LEANS = 0.25  # of its height that a comma's top is further right, at least, where it is as short as a dot
COMMA_SINKS = 0.04  # under the base line at least
COMMA_RISES = 0.35  # over the base line at most, to its top
# A comma that hardly sinks is drawn downwards. Source: so are, of drawn rows, 0 of 476 points, and all 36 commas that
# were read as points (rows of validation digits, their commas moved up by none, half and all of their length)
COMMA_STANDS = 0.15  # over the base line at most, to its lower end
STANDING_RISES = 0.425  # over it at most, to its top: what stands higher may be a piece of a pale digit
COMMA_LONG = (1.2, 1.3)  # widths of the pen that it is high at least, and times its width, unless its top LEANS
COLON_APART = (0.15, 0.75)  # between the middles of a colon's dots
COLON_SHIFT = 0.25  # from one dot's middle to the other's at most, to the side
COLON_SIZES = 2.5  # times the smaller dot's side that the larger one's is at most
DASH = (0.13, 1.1)  # how long a minus is, without the width of the pen
DASH_FLAT = 1.7  # times its height that it is long at least
DASH_RISES = (0.2, 0.78)  # of its middle over the base line
DASH_SLOPE = 0.4  # how steep it is at most: less than 22 degrees
PLUS = (0.22, 1.5)  # how wide and how high a plus is
PLUS_SIDES = 2.2  # times its shorter side that its longer one is at most
PLUS_CROSSED = 0.92  # of its ink that lies on its bar or its post, and of its corners that are empty
PLUS_SPANS = 0.8  # of its width that its bar is long at least, and of its height its post
PLUS_THIN = 2.0  # widths of the pen that it is wide and high at least
PLUS_ARM = 0.22  # of its size that each of the four arms is long at least
PLUS_BEND = 0.15  # of its post's height that the post bends aside at most: more is an arrow's head
LOOP = 0.12  # of a plus's ink that leads from its post to its bar, at least, where it is written in one line
EQUALS_APART = (0.1, 0.7)  # between the middles of the dashes of =,
EQUALS_SHARED = 0.6  # of the shorter one's length that both stand above each other,
EQUALS_LONG = 2.0  # times which the longer one is long at most
TIMES = (0.3, 1.25)  # how wide and how high an x is
TIMES_THIN = 3.0  # widths of the pen that it is wide and high at least
TIMES_SIDES = 1.8  # times its shorter side that its longer one is at most
PLUS_RISES = (0.15, 0.85)  # of its middle over the base line
STRAIGHT = 0.06  # of its length that a straight stroke bends at most,
STRAIGHT_PENS = 0.3  # or of the pen's width
EVEN = 1.45  # times the pen's width that a straight stroke is thick at most: more is a flag, a foot or a loop
TRIMMED = 0.08  # of a stroke's length, at each end, where a round pen's shape does not count


@dataclass(frozen=True)
class Band:
    """Where the digits beside a sign stand: the upper and lower edge of most of them, and the width of the pen."""

    top: float
    base: float
    pen: float

    @property
    def high(self) -> float:
        """Return the height of the digits."""
        return max(1.0, self.base - self.top)


@dataclass(frozen=True)
class Bar:
    """How much a stroke looks like one straight line that runs from its top to its bottom."""

    slope: float  # how far right its top is, of its height
    bend: float  # pixels from the line at most
    thick: float  # pixels across the stroke
    solid: float  # of the ink's extent that is ink: less where several lines run side by side


def fit_bar(mask: NDArray[np.bool_]) -> Bar:
    """Fit a straight line through the middle of each row's ink."""
    rows = np.flatnonzero(mask.any(axis=1))
    inner = mask[rows]
    left = inner.argmax(axis=1)
    right = inner.shape[1] - inner[:, ::-1].argmax(axis=1)
    skip = int(TRIMMED * rows.size)
    kept = np.s_[skip : rows.size - skip]
    middle, y = ((left + right - 1) / 2)[kept], rows[kept].astype(float)
    if y.size < 2:
        return Bar(0.0, 0.0, float((right - left).max()), 1.0)
    down, aside = y - y.mean(), middle - middle.mean()
    slope = float(down @ aside / (down @ down))  # np.polyfit's, in a tenth of its time
    bend = float(np.abs(aside - slope * down).max())
    across = (right - left)[kept]
    thick = float(np.percentile(across, 90)) / float(np.hypot(1, slope))
    return Bar(-slope, bend, thick, float(inner.sum()) / float((right - left).sum()))


def is_straight(bar: Bar, length: float, pen: float) -> bool:
    """Tell whether a stroke is one line of the pen, without flag, foot or loop."""
    return bar.bend <= max(STRAIGHT * length, STRAIGHT_PENS * pen, 0.75) and bar.thick <= EVEN * pen + 1


def name_sign(strokes: list[Stroke], stroke: Stroke, band: Band, looks: float = 0.0) -> str | None:
    """Name the sign that strokes make up, beside digits that stand in a band; a slash is not among them.

    Args:
        strokes: each connected ink, or a piece of it.
        stroke: the ink of all.
        looks: how much it looks like one digit, 0 to 1: some 4s have a plus's outline.

    Returns:
        "" for a sign that is not read: = and x.
    """
    if len(strokes) > 2:
        return None
    if len(strokes) == 2:
        return ":" if _is_colon(strokes[0], strokes[1], band) else _name_tall(stroke, band, looks)
    rises = (band.base - stroke.bottom) / band.high
    stands = _is_standing_comma(stroke, band)
    if -DOT_SINKS <= rises <= DOT_RISES and _is_dot(stroke, band) and not stands:
        return "."
    if stands or _is_comma(stroke, band):
        return ","
    if _is_dash(stroke, band):
        return "-"
    return _name_tall(stroke, band, looks)


def _is_dot(stroke: Stroke, band: Band, touch: float = TOUCH) -> bool:
    longer, shorter = max(stroke.width, stroke.height), min(stroke.width, stroke.height)
    max_side = max(DOT * band.high, DOT_PENS * band.pen)
    return (
        shorter >= touch * band.pen
        and SMALLEST_DOT * band.high <= longer <= min(max_side, ROUND * shorter + 1)
        and float(stroke.mask.mean()) >= FULL
        and not _hangs(stroke, band)
    )


def may_be_dot(stroke: Stroke, band: Band) -> bool:
    """Tell whether a small stroke is as large as the touch of a pen, wherever it stands: a dot that is no sign."""
    return _is_dot(stroke, band, THIN_TOUCH if band.pen <= THIN else TOUCH)


def _hangs(stroke: Stroke, band: Band) -> bool:
    """Tell whether a small stroke is drawn downwards from the base line, as a comma's tail."""
    sinks = (stroke.bottom - band.base) / band.high
    long = stroke.height >= max(1.5 * band.pen, 1.3 * stroke.width)
    return sinks > COMMA_SINKS and (long or (sinks > 2 * COMMA_SINKS and fit_bar(stroke.mask).slope > LEANS))


def may_be_point(stroke: Stroke, band: Band) -> bool:
    """Tell whether a comma may be a point: it is as small as one, or does not sink under the base line."""
    return _is_dot(stroke, band) or not _is_comma(stroke, band)


def _is_standing_comma(stroke: Stroke, band: Band) -> bool:
    """Tell whether a small stroke is drawn downwards, as a comma is, though it hardly sinks under the base line."""
    pens, widths = COMMA_LONG
    long = stroke.height >= widths * stroke.width or fit_bar(stroke.mask).slope > LEANS
    return stroke.height >= pens * band.pen and long and _is_comma(stroke, band, COMMA_STANDS, STANDING_RISES)


def _is_comma(stroke: Stroke, band: Band, stands: float = -COMMA_SINKS, rises: float = COMMA_RISES) -> bool:
    high = stroke.height / band.high
    return (
        COMMA[0] <= high <= COMMA[1]
        and stroke.width <= 1.2 * stroke.height
        and _is_touch(stroke, band)
        and (band.base - stroke.y) / band.high <= rises
        and (band.base - stroke.bottom) / band.high <= stands
    )


def _is_touch(stroke: Stroke, band: Band) -> bool:
    """Tell whether a small stroke is one short line of the pen, as a comma is; it may bend."""
    bar = fit_bar(stroke.mask)
    return COMMA_PENS[0] * band.pen <= bar.thick <= COMMA_PENS[1] * band.pen + 1 and bar.solid > 0.8


def _is_colon(one: Stroke, other: Stroke, band: Band) -> bool:
    upper, lower = sorted((one, other), key=lambda stroke: stroke.y)
    apart = (lower.y + lower.bottom - upper.y - upper.bottom) / 2 / band.high
    aside = abs(lower.x + lower.right - upper.x - upper.right) / 2 / band.high
    sizes = sorted(max(stroke.width, stroke.height) for stroke in (one, other))
    rises = (band.base - upper.y) / band.high
    touch = THIN_TOUCH if band.pen <= THIN else TOUCH
    return (
        _is_dot(upper, band, touch)
        and (_is_dot(lower, band, touch) or _is_comma(lower, band))
        and sizes[1] <= COLON_SIZES * sizes[0] + 1
        and COLON_APART[0] <= apart <= COLON_APART[1]
        and aside <= COLON_SHIFT
        and rises <= 1.1
        and lower.y < band.base
    )


def _is_dash(stroke: Stroke, band: Band) -> bool:
    long = stroke.width / band.high - band.pen / band.high * 0.5
    rises = (band.base - (stroke.y + stroke.bottom) / 2) / band.high
    if not (DASH[0] <= long <= DASH[1] and DASH_RISES[0] <= rises <= DASH_RISES[1]):
        return False
    if stroke.width < DASH_FLAT * stroke.height:
        return False
    bar = fit_bar(np.ascontiguousarray(stroke.mask.T))
    return abs(bar.slope) <= DASH_SLOPE and is_straight(bar, 2 * stroke.width, 1.2 * band.pen)


def _name_tall(stroke: Stroke, band: Band, looks: float) -> str | None:
    """Name a sign that may be as tall as a digit: "+", or "" for = and x, which are not read."""
    if looks < MAX_PLUS_LOOK and _is_plus(stroke, band):
        return "+"
    return "" if looks < MAX_OTHER_LOOK and (_is_equals(stroke, band) or _is_times(stroke, band)) else None


def _is_equals(stroke: Stroke, band: Band) -> bool:
    """Tell whether a stroke is two dashes above each other."""
    dashes = part_connected(stroke)
    if len(dashes) != 2:
        return False
    for dash in dashes:
        if not DASH[0] <= dash.width / band.high <= DASH[1] or dash.width < DASH_FLAT * dash.height:
            return False
        bar = fit_bar(np.ascontiguousarray(dash.mask.T))
        if abs(bar.slope) > DASH_SLOPE or not is_straight(bar, 2 * dash.width, 1.2 * band.pen):
            return False
    apart = abs(dashes[0].y + dashes[0].bottom - dashes[1].y - dashes[1].bottom) / 2 / band.high
    return EQUALS_APART[0] <= apart <= EQUALS_APART[1] and stand_above(*dashes)


def stand_above(one: Stroke, other: Stroke) -> bool:
    """Tell whether two dashes stand above each other, as those of = do."""
    short, long = sorted((one.width, other.width))
    shared = min(one.right, other.right) - max(one.x, other.x)
    return shared >= EQUALS_SHARED * short and long <= EQUALS_LONG * short


def _is_times(stroke: Stroke, band: Band) -> bool:
    """Tell whether a stroke is two straight lines that cross, from corner to corner."""
    height, width = stroke.mask.shape
    low, high = sorted((width / band.high, height / band.high))
    if not TIMES[0] <= low <= high <= min(TIMES[1], TIMES_SIDES * low):
        return False
    half = stroke.pen / 2  # the pen's middle stays so far within the box
    if min(height, width) < TIMES_THIN * stroke.pen:
        return False
    rows, columns = np.ogrid[:height, :width]
    down, across = (rows - half) / (height - 1 - 2 * half), (columns - half) / (width - 1 - 2 * half)
    slant = np.hypot(1 / (height - 1 - 2 * half), 1 / (width - 1 - 2 * half))  # from parts of the box to pixels
    reach = 1.0 + 1.2 * half + 0.06 * band.high
    lines = [np.abs(down - across) / slant <= reach, np.abs(down + across - 1) / slant <= reach]
    beside = ~(lines[0] | lines[1])
    beyond = float((stroke.mask & beside).sum())
    crossed, empty = 1 - beyond / float(stroke.mask.sum()), 1 - beyond / max(1.0, float(beside.sum()))
    spans = min(float((stroke.mask & line).any(axis=axis).mean()) for line in lines for axis in (0, 1))
    return min(crossed, empty, spans) >= PLUS_CROSSED


def _is_plus(stroke: Stroke, band: Band) -> bool:
    """Tell whether a stroke is two bars that cross in their middles; the pen may have gone from one to the other."""
    wide, high = stroke.width / band.high, stroke.height / band.high
    rises = (band.base - (stroke.y + stroke.bottom) / 2) / band.high
    fits = PLUS[0] <= wide <= PLUS[1] and PLUS[0] <= high <= PLUS[1] and PLUS_RISES[0] <= rises <= PLUS_RISES[1]
    if not fits or max(wide, high) > PLUS_SIDES * min(wide, high):
        return False
    pen = max(1, round(min(stroke.pen, 1.4 * band.pen)))
    if min(stroke.width, stroke.height) < PLUS_THIN * pen:
        return False
    row = _find_line(stroke.mask.sum(axis=1), pen)
    if _is_cross(stroke.mask, stroke.mask, row, pen, band):
        return True
    crossing = _leave_loop_out(stroke.mask, row, pen)
    return crossing is not stroke.mask and _is_cross(stroke.mask, crossing, row, pen, band)


def _is_cross(mask: NDArray[np.bool_], crossing: NDArray[np.bool_], row: float, pen: int, band: Band) -> bool:
    """Tell whether ink is two bars that cross in their middles.

    Args:
        mask: the ink.
        crossing: the same without the way from the one to the other, where both are one line of the pen.
        row: middle of the level bar.
        pen: its width.
        band: where digits stand.
    """
    height, width = mask.shape
    lean, start, thick = _fit_post(crossing, row, 0.8 * pen)
    column = start + lean * row
    reach = 0.8 * pen + min(0.6, abs(lean)) * height / 2
    tilt, _, thin = _fit_post(np.ascontiguousarray(crossing.T), column, reach)
    rows, columns = np.ogrid[:height, :width]
    reach = 1.0 + 0.6 * pen + 0.02 * band.high
    on_bar = np.abs(rows - row - tilt * (columns - column)) <= reach
    on_post = np.abs(columns - column - lean * (rows - row)) <= reach
    corners = ~(on_bar | on_post)
    if crossing is not mask:
        corners &= ~_find_loop(mask & ~crossing, reach)
    empty = 1 - float((mask & corners).sum()) / max(1.0, float(corners.sum()))
    crossed = 1 - float((mask & corners).sum()) / float(mask.sum())
    arms = (row / height, 1 - row / height, column / width, 1 - column / width)
    spans = min((mask & on_bar).any(axis=0).mean(), (mask & on_post).any(axis=1).mean())
    is_plain = min(crossed, empty) >= PLUS_CROSSED and spans >= PLUS_SPANS and min(arms) >= PLUS_ARM
    is_thin = max(thick, thin) <= EVEN * pen + 1.5
    if not (is_plain and is_thin and max(abs(tilt), abs(lean) - 0.3) <= DASH_SLOPE):
        return False
    is_in_one = crossing is not mask  # then the post bends towards the way to the bar
    return is_in_one or _measure_bend(mask, row, 0.8 * pen) <= PLUS_BEND


def _measure_bend(mask: NDArray[np.bool_], row: float, reach: float) -> float:
    """Return how far a cross's post is aside of its ends at the bar, of its height: an arrow's head."""
    rows, middles = _trace_post(mask, row, reach)
    if rows.size < 3:
        return 0.0
    curve = np.polyfit(rows, middles, 2)
    return float(abs(curve[0]) * len(mask) / 4)


def _leave_loop_out(mask: NDArray[np.bool_], row: float, pen: int) -> NDArray[np.bool_]:
    """Return a cross without what is written on the way from its post to its bar, where both are one line of the pen.

    That way leads from the post's lower end to the bar's left one, or from the bar's right end to the post's upper one.
    """
    column = _find_line(mask.sum(axis=0), pen)
    below, above = round(row + 0.8 * pen), max(0, round(row - 0.8 * pen))
    left, right = max(0, round(column - 0.8 * pen)), round(column + 0.8 * pen)
    corners = np.s_[below:, :left], np.s_[:above, right:]
    inks = [int(mask[corner].sum()) for corner in corners]
    if max(inks) < LOOP * mask.sum():
        return mask
    crossing = mask.copy()
    crossing[corners[int(inks[1] > inks[0])]] = False
    return crossing


def _find_loop(loop: NDArray[np.bool_], reach: float) -> NDArray[np.bool_]:
    """Return the ink of a corner, bool (h, w), that lies near one line from end to end."""
    rows, columns = np.nonzero(loop)
    is_below = rows.mean() > len(loop) / 2
    ends = (rows.argmax(), columns.argmin()) if is_below else (rows.argmin(), columns.argmax())
    one, other = (np.array((rows[end], columns[end]), float) for end in ends)
    down, across = (other - one) / max(1.0, float(np.hypot(*(other - one))))
    y, x = np.ogrid[: loop.shape[0], : loop.shape[1]]
    away = np.abs((y - one[0]) * across - (x - one[1]) * down)
    return np.asarray((away <= 2 * reach) & loop, np.bool_)


def _find_line(ink: NDArray[np.int64], pen: int) -> float:
    """Return the middle of the window, as wide as the pen, that holds the most ink."""
    window = np.convolve(ink, np.ones(pen), "valid") if ink.size >= pen else ink.astype(float)
    return float(np.mean(np.flatnonzero(window == window.max()))) + (min(pen, ink.size) - 1) / 2


def _fit_post(mask: NDArray[np.bool_], row: float, reach: float) -> tuple[float, float, float]:
    """Fit a line through a cross's post, where it is further than `reach` from its bar in a row.

    Returns:
        Columns that it moves to the right a row; the column in row 0; how thick it is in most rows, in pixels.
    """
    rows, middles = _trace_post(mask, row, reach)
    if rows.size < 2:
        return 0.0, (mask.shape[1] - 1) / 2, 0.0
    post = mask[rows]
    lean, start = np.polyfit(rows, middles, 1)
    across = mask.shape[1] - post[:, ::-1].argmax(axis=1) - post.argmax(axis=1)
    return float(lean), float(start), float(np.percentile(across, 75) / np.hypot(1, lean))


def _trace_post(mask: NDArray[np.bool_], row: float, reach: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the rows of a cross with ink further than `reach` from its bar in a row, and the middles of their ink."""
    rows = np.flatnonzero(mask.any(axis=1) & (np.abs(np.arange(len(mask)) - row) > reach))
    post = mask[rows]
    return rows, post @ np.arange(mask.shape[1]) / post.sum(axis=1)
