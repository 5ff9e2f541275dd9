"""Find out which ink hangs together: what is doubted of it makes the rest doubted, too.

    strokes -> pairs that touch, lie within one another, or stand over one another -> a number for each stroke

A letter that is cut into a digit and something else is no digit, nor is a ring around an eye, nor the bar of an "i".

Owns what hangs together. Does not know what is a digit, nor what is doubted.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .strokes import Stroke, measure_apart

TOUCHING = 1.0  # pixels of paper: less is between pieces of one stroke
WITHIN = 0.8  # of a stroke's ink that lies within another's convex outline
OVER = 0.5  # of the larger one's height that is between a stroke and what stands over or under it, at most,
LEANS = 0.25  # and of its height that the smaller one's middle is beside it, at most: strokes slant
MAX_STROKES = 400  # of a picture: among more, pairs are not looked for


def find_bonds(strokes: Sequence[Stroke], loose: Sequence[bool]) -> tuple[list[int], list[bool]]:
    """Number strokes by what they hang together with.

    Args:
        strokes: digits and marks, each the ink of one.
        loose: of each, whether it is no sign and no digit: what is over or under it may be a part of the same letter.

    Returns:
        For each stroke a number, the same for all that hang together; and whether it lies within another, or another
        one of some size within it.
    """
    count = len(strokes)
    bonds = list(range(count))
    nested = [False] * count
    if not 1 < count <= MAX_STROKES:
        return bonds, nested
    x, y, right, bottom = np.array([(one.x, one.y, one.right, one.bottom) for one in strokes]).T
    aside = np.maximum(x[:, None] - right, x - right[:, None])
    over = np.maximum(y[:, None] - bottom, y - bottom[:, None])
    near = np.triu((aside <= TOUCHING) & (over <= TOUCHING), 1)
    outlines: dict[int, NDArray[np.uint8]] = {}
    for one, other in np.argwhere(near).tolist():
        small, large = sorted((one, other), key=lambda at: int(strokes[at].mask.shape[0] * strokes[at].mask.shape[1]))
        if _lies_within(strokes[small], strokes[large], outlines.setdefault(large, _draw_outline(strokes[large]))):
            nested[small] = nested[large] = True
        elif measure_apart(strokes[one], strokes[other]) >= TOUCHING:
            continue
        _join(bonds, one, other)
    for mark in np.flatnonzero(loose).tolist():
        high = bottom - y
        middle = (x[mark] + right[mark]) / 2
        stands = (over[mark] >= 0) & (over[mark] <= OVER * np.maximum(high, high[mark]))
        stands &= (middle >= x - LEANS * high) & (middle <= right + LEANS * high) & (high > high[mark])
        for other in np.flatnonzero(stands).tolist():
            _join(bonds, mark, other)
    return bonds, nested


def _join(bonds: list[int], one: int, other: int) -> None:
    """Give all that hangs together with two strokes one number."""
    kept, given = sorted((bonds[one], bonds[other]))
    bonds[:] = [kept if bond == given else bond for bond in bonds]


def _draw_outline(stroke: Stroke) -> NDArray[np.uint8]:
    """Return where a stroke's convex outline is: uint8 (height, width), 0 or 1."""
    filled = np.zeros(stroke.mask.shape, np.uint8)
    points = cv2.findNonZero(stroke.mask.view(np.uint8))
    if points is not None:
        cv2.fillConvexPoly(filled, cv2.convexHull(points), 1)
    return filled


def _lies_within(small: Stroke, large: Stroke, outline: NDArray[np.uint8]) -> bool:
    """Tell whether most of a stroke's ink lies within another's convex outline."""
    top, left = max(small.y, large.y), max(small.x, large.x)
    bottom, right = min(small.bottom, large.bottom), min(small.right, large.right)
    if bottom <= top or right <= left:
        return False
    own = small.mask[top - small.y : bottom - small.y, left - small.x : right - small.x]
    around = outline[top - large.y : bottom - large.y, left - large.x : right - large.x]
    return bool((own & (around > 0)).sum() >= WITHIN * small.mask.sum())
