"""Cut wide strokes wherever digits may touch: more often than they do, so that a network can choose.

    a stroke -> ways from its top to its bottom through little ink -> cuts -> pieces, and what each cut costs
    a stroke -> thinned to lines -> parted where lines meet        -> pieces, and what each cut costs

A cut follows the way through the least ink, so it may lean and bend. Where digits overlap there is no such way: then
the lines of the pen are told apart. Knows no networks, nor which pieces are digits.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .strokes import Stroke, trim_stroke
from .thinning import Line, Mask, find_meetings, part_lines, thin_ink

WIDE = 0.6  # of its line's height: a narrower stroke is not cut
APART = 0.1  # of its line's height: between two cuts at least, and between a cut and the stroke's border
SPACING = 0.13  # of its line's height: one cut is made in so much of a stroke's width
MAX_CUT = 0.6  # of its line's height: a cut goes through so much ink at most
STEP = 0.05  # rows of ink that a step aside costs
EVERY_CUT = 1.0  # nats, of any cut
NARROW = 1.0  # of its line's height: a narrower stroke is less likely to be two digits,
NARROW_CUT = 4.0  # by so many nats a cut for all of the height that it lacks
INK_CUT = 0.5  # nats, of cutting through as much ink as the pen is wide
THINNED = 64  # pixels: a line's height at which strokes are thinned; smaller ones as they are
MAX_THINNED = (3, 16)  # times its line's height that a stroke is high and wide at most, to be thinned
INK = 110  # of 255 that a pixel of the reduced stroke has at least
SPUR = 0.1  # of its line's height: a shorter line that ends freely is the edge of a stroke
LONGEST = 0.6  # of its line's height: longer lines are parted in equal lengths, about so long
MAX_LINES = 40  # lines of a stroke: with more it is no number
EVERY_LINE = 1.2  # nats, of parting two lines; so many were best on validation digits, from 0.7 to 1.4 much the same


def cut_stroke(stroke: Stroke, high: float, pen: float) -> tuple[list[Stroke], list[float]]:
    """Cut a wide stroke wherever two digits may touch.

    Args:
        stroke: connected ink.
        high: height of its line's digits.
        pen: width of the pen.

    Returns:
        Its pieces from left to right, and what each cut between two of them costs, in nats.
    """
    if stroke.width < WIDE * high:
        return [stroke], []
    every_cut = EVERY_CUT + _weigh_narrow(stroke, high)
    seams = find_seams(stroke.mask, high)
    columns = np.arange(stroke.width)
    pieces: list[Stroke] = []
    costs: list[float] = []
    left, cost = np.zeros(stroke.height, int), 0.0
    for right, ink in [*seams, (np.full(stroke.height, stroke.width), 0.0)]:
        between = stroke.mask & (columns >= left[:, None]) & (columns < right[:, None])
        left = np.maximum(left, right)
        if between.any():
            pieces.append(trim_stroke(replace(stroke, mask=between)))
            costs.append(cost)
        cost = every_cut + INK_CUT * ink / pen
    return pieces, costs[1:]


def _weigh_narrow(stroke: Stroke, high: float) -> float:
    """Return what a cut of a stroke costs for how narrow it is, in nats."""
    return NARROW_CUT * max(0.0, NARROW - stroke.width / high)


def find_seams(mask: Mask, high: float) -> list[tuple[NDArray[np.int64], float]]:
    """Find where to cut, from left to right: the column of the cut in every row, and how many pixels of ink it crosses.

    Through each column in the middle row leads one best way: a way steps at most one column a row, and costs the
    ink that it goes through. Of these ways, those are taken that are better than their neighbours, the best first.
    """
    height, width = mask.shape
    middle = height // 2
    ink = mask.astype(np.float32)
    cost = (ink + 0.02 * np.abs(np.diff(ink, axis=1, prepend=0))).astype(np.float32)
    upper, came_down = _lead(cost[: middle + 1])
    lower, came_up = _lead(cost[middle:][::-1])
    total = upper + lower - cost[middle]
    apart = max(2, round(APART * high))
    total[:apart] = total[-apart:] = np.inf
    seams: list[tuple[NDArray[np.int64], float]] = []
    for _ in range(max(1, round(width / (SPACING * high)))):
        column = int(total.argmin())
        if total[column] > MAX_CUT * high:
            break
        seam = np.concatenate((_follow(came_down, column), _follow(came_up, column)[::-1][1:]))
        seams.append((seam, float(ink[np.arange(height), seam].sum())))
        total[max(0, column - apart) : column + apart + 1] = np.inf
    seams.sort(key=lambda seam: float(seam[0].mean()))
    return [one for place, one in enumerate(seams) if not place or np.abs(one[0] - seams[place - 1][0]).max() > 1]


def _lead(cost: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return what the best way from the first row to each column of the last costs, (w,), and its steps, (h, w)."""
    height, width = cost.shape
    total = np.full(width + 2, np.inf, np.float32)  # with one column more at each border
    total[1:-1] = cost[0]
    came = np.zeros((height, width), np.int64)
    for row in range(1, height):
        best, left, right = total[1:-1].copy(), total[:-2] + STEP, total[2:] + STEP
        for way, steps in ((-1, left), (1, right)):
            better = steps < best
            best[better] = steps[better]
            came[row, better] = way
        total[1:-1] = best + cost[row]
    return total[1:-1], came


def _follow(came: NDArray[np.int64], column: int) -> NDArray[np.int64]:
    """Return the columns of the way that ends in a column of the last row, (h,)."""
    way = np.full(len(came), column, np.int64)
    for row in range(len(came) - 1, 0, -1):
        way[row - 1] = way[row] + came[row, way[row]]
    return way


def part_stroke(stroke: Stroke, high: float) -> tuple[list[Stroke], list[float]]:
    """Part a wide stroke into the lines that a pen drew, from where they meet to where they meet or end.

    Args:
        stroke: connected ink.
        high: height of its line's digits.

    Returns:
        As cut_stroke(): the pieces from left to right by their middles, each pixel of ink in that of the nearest line.
    """
    if not WIDE * high <= stroke.width <= MAX_THINNED[1] * high or stroke.height > MAX_THINNED[0] * high:
        return [stroke], []
    scale = min(1.0, THINNED / high)
    lines = _find_lines(stroke.mask, scale, high * scale)
    if not 1 < len(lines) <= MAX_LINES:
        return [stroke], []
    nearest = _find_nearest(lines, stroke.mask.shape, scale)
    pieces = [
        trim_stroke(replace(stroke, mask=own))
        for own in (stroke.mask & (nearest == number) for number in range(len(lines)))
        if own.any()
    ]
    return pieces, [EVERY_LINE + _weigh_narrow(stroke, high)] * (len(pieces) - 1)


def _find_lines(mask: Mask, scale: float, high: float) -> list[Line]:
    """Return the lines of a stroke in pixels of its reduced mask, from left to right; without spurs, and none is long.

    Args:
        high: height of its line's digits in the reduced mask.
    """
    ink = cv2.copyMakeBorder(mask.astype(np.uint8) * 255, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    thin = thin_ink(np.asarray(cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)) > INK)
    meetings = find_meetings(thin)
    near = cv2.dilate(meetings.astype(np.uint8), np.ones((5, 5), np.uint8))
    lines = [
        line
        for line in part_lines(thin, meetings)
        if len(line) >= SPUR * high or (near[tuple(line[0])] and near[tuple(line[-1])])
    ]
    parts = [
        part
        for line in lines
        for part in np.array_split(line, max(1, round(len(line) / (LONGEST * high))))
        if len(part)
    ]
    return sorted(parts, key=lambda part: float(part[:, 1].mean()))


def _find_nearest(lines: list[Line], shape: tuple[int, ...], scale: float) -> NDArray[np.int32]:
    """Return which line is nearest to each pixel of a stroke, (h, w).

    Args:
        lines: in pixels of the mask that was reduced, with a pixel of paper around it.
        shape: of the stroke's mask.
    """
    size = [max(1, round((length + 2) * scale)) for length in shape]
    paper = np.full(size, 255, np.uint8)
    for line in lines:
        paper[line[:, 0], line[:, 1]] = 0
    _, labels = cv2.distanceTransformWithLabels(paper, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    owner = np.zeros(int(labels.max()) + 1, np.int32)
    for number, line in enumerate(lines):
        owner[labels[line[:, 0], line[:, 1]]] = number
    whole = (shape[1] + 2, shape[0] + 2)
    nearest = cv2.resize(owner[labels], whole, interpolation=cv2.INTER_NEAREST)
    return np.asarray(nearest[1:-1, 1:-1], np.int32)
