"""Skeletons that lie between two others: strokes paired, their points aligned and interpolated.

    first, second -> refine -> align by position and direction -> blend(share) -> a skeleton

Knows nothing of which digits they are, and whether what lies between is still one.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from .curves import Glyph, Stroke, find_halves

TURNING = 0.06  # cost of pairing points whose pens move in opposite directions, beside their squared distance
NEAREST = 0.075  # of the height: nearer points of a blend are joined, or the hand's jitter would knot them
STRAIGHT = 0.02  # of the height: how far from a straight line a point may lie and be left out
SOFT = 0.3  # sharpness of a turn that may be left out
SHORTEST = 0.2  # of its length: a stroke that only one skeleton has grows from here


def blend(first: Glyph, second: Glyph, share: float) -> Glyph:
    """Return the skeleton between two, their strokes paired in the order they are written.

    Args:
        first: at least one stroke.
        second: at least one stroke; a stroke that only one of them has shrinks towards its middle as that one recedes.
        share: of `second`, 0 to 1.
    """
    paired = min(len(first), len(second))
    glyph = [_blend_strokes(a, b, share) for a, b in zip(first, second, strict=False)]
    alone = [(stroke, 1 - share) for stroke in first[paired:]] + [(stroke, share) for stroke in second[paired:]]
    return glyph + [_shrink(stroke, size) for stroke, size in alone if size > SHORTEST]


def _shrink(stroke: Stroke, size: float) -> Stroke:
    """Return a stroke smaller about its middle."""
    x, y = np.mean([point[:2] for point in stroke], axis=0)
    return [(x + (px - x) * size, y + (py - y) * size, *sharp) for px, py, *sharp in stroke]


def _blend_strokes(first: Stroke, second: Stroke, share: float) -> Stroke:
    a, b = _refine(first), _refine(second)
    points = [(a[i] + (b[j] - a[i]) * share).tolist() for i, j in _align(a, b)]
    blended: list[list[float]] = points[:1]
    for point in points[1:]:
        x, y, sharp = blended[-1]
        if (point[0] - x) ** 2 + (point[1] - y) ** 2 >= NEAREST**2:
            blended.append(point)
        elif point[2] > sharp and len(blended) > 1:  # the corner is where it was, not where the pen came from
            blended[-1] = point
    if len(blended) > 2:
        blended[-1] = points[-1]
    elif len(blended) == 1:
        blended.append([blended[0][0] + NEAREST, blended[0][1], 0.0])
    return _straighten(blended)


def _straighten(points: list[list[float]]) -> Stroke:
    """Leave out points on the straight between their neighbours: each one kept is one more for the hand to miss."""
    kept = points[:1]
    for (x, y, sharp), (end_x, end_y, _) in itertools.pairwise(points[1:]):
        from_x, from_y, _ = kept[-1]
        right, down = end_x - from_x, end_y - from_y
        aside = abs((x - from_x) * down - (y - from_y) * right)
        if sharp > SOFT or aside > STRAIGHT * math.hypot(right, down):
            kept.append([x, y, sharp])
    return [tuple(point) for point in [*kept, points[-1]]]


def _refine(stroke: Stroke) -> NDArray[np.float64]:
    """Return x, y and sharpness of a stroke's points, with the path's point half way between each two of them."""
    refined = np.zeros((2 * len(stroke) - 1, 3))
    for row, point in enumerate(stroke):
        refined[2 * row, : len(point)] = point
    refined[1::2, :2] = find_halves(stroke)
    return refined


def _align(a: NDArray[np.float64], b: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pair points of two strokes, in order, from start to end, so that the sum of what tells them apart is least.

    Source: dynamic time warping, Sakoe and Chiba 1978.
    """
    here, there = _directions(a), _directions(b)
    apart = a[:, None, :2] - b[None, :, :2]
    costs = ((apart**2).sum(axis=2) + TURNING * (1 - here @ there.T)).tolist()
    totals = [[0.0, *[math.inf] * len(b)]]  # a row and a column more than costs: nothing is paired there
    for row in costs:
        above, total = totals[-1], math.inf
        sums = [math.inf]
        for j, cost in enumerate(row):
            total = cost + min(above[j], above[j + 1], total)
            sums.append(total)
        totals.append(sums)
    i, j = len(a), len(b)
    pairs = [(i - 1, j - 1)]
    while i > 1 or j > 1:
        i, j = min(((i - 1, j - 1), (i - 1, j), (i, j - 1)), key=lambda step: totals[step[0]][step[1]])
        pairs.append((i - 1, j - 1))
    return pairs[::-1]


def _directions(points: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.empty((len(points), 2))
    steps[1:-1] = points[2:, :2] - points[:-2, :2]
    steps[0], steps[-1] = points[1, :2] - points[0, :2], points[-1, :2] - points[-2, :2]
    steps /= np.sqrt((steps**2).sum(axis=1, keepdims=True)) + 1e-6
    return steps
