"""Find the paper that lines enclose, and group it into the rows and columns of tables.

    ink -> gaps in lines closed -> holes: enclosed paper that is nearly rectangular -> halves joined -> rows and columns

Owns what a hole is. Does not know whether holes are a table's cells, nor what is written in them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

SMALLEST_CELL = 14  # pixels of a cell's shorter side
LARGE = 0.2  # of the page's side that a cell has at least, for the page to be looked at as a cell beside it
RECTANGULAR = 0.85  # of its smallest rectangle that a cell's outline fills; an oval fills 0.79
SHARED = 0.6  # of the smaller one's side that two neighbours share
LONG_RUN = 3  # times a gap that a line goes on at least
APART = 0.8  # of the smaller one's height that is between two boxes of a row, or two rows, at most
OVER = 0.35  # of the smaller one's side that their boxes share at most, where the table is tilted

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Hole:
    """Paper that something encloses. outline: int32 (n, 1, 2), convex."""

    outline: NDArray[np.int32]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, width, height."""
        x, y, width, height = cv2.boundingRect(self.outline)
        return x, y, width, height


Group = dict[tuple[int, int], Hole]  # the holes of one table by row and column


def find_holes(mask: Pixels, gap: int, is_open: bool) -> list[Hole]:
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


def _find_hole(paper: Pixels, box: tuple[int, int, int, int]) -> tuple[tuple[int, int], Hole] | None:
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
    return (y, x + int(own[0].argmax())), Hole(np.asarray(outline, np.int32))


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


def join_halves(holes: list[Hole]) -> list[Hole]:
    """Join cells that a stroke cuts in two, from line to line: where no other row, or column, is parted there."""
    for axis in (0, 1):
        boxes = to_boxes(holes)
        pairs = _pair_neighbours(boxes, axis)
        gaps = [boxes[other, axis] - boxes[one, axis + 2] for one, other in pairs]
        usual_gap = float(np.median(gaps)) if gaps else 0.0
        taken: set[int] = set()
        joined = []
        for (one, other), gap in zip(pairs, gaps, strict=True):
            broader = gap > 2 * usual_gap + 3  # than a line: by a digit
            if not {one, other} & taken and _is_cut(boxes, one, other, axis, broader):
                outline = cv2.convexHull(np.concatenate((holes[one].outline, holes[other].outline)))
                joined.append(Hole(np.asarray(outline, np.int32)))
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


def to_boxes(holes: list[Hole]) -> NDArray[np.int64]:
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


def group_neighbours(holes: list[Hole]) -> list[Group]:
    """Group the holes that lie beside and below each other, and count their rows and columns."""
    boxes = to_boxes(holes)
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
