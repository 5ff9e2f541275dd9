"""Find the date that a camera printed into a lower corner of a photograph: small glowing digits, yellow to red.

    RGB -> how much warmer than around -> glyphs -> a row of them near a lower corner -> its box, and its ink

Knows no digits, and nothing of what else is in the picture.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .sheets import reduce_picture

SIDE = 1400  # pixels to which the picture's longer side is reduced
LOWEST = 0.25  # of the picture's height, at its lower border, in which a date stands
BROADEST = 15  # pixels: a glyph's lines are narrower
WARMER = 50  # levels of red without blue over what is around
HIGH = (10, 70)  # pixels that glyphs are high
LEAST_HIGH = 0.6  # of the row's height that a glyph has at least, and no dot
TOUCHING = 9  # times its height that a part is wide at most: glyphs may touch
FEWEST = 4  # glyphs: 98 7 15 has five, of which one may be lost
TRIED = 24  # of the highest glyphs: with which others do they stand in a row?
LONG = 2.5  # times its height that the row is long at least,
LONGEST = 0.7  # and of the picture's width at most
APART = 2.2  # of the glyphs' height that is between two groups at most
CORNER = 0.15  # of the picture's width that is between the row and the left or right border at most
GAP = 0.12  # of the glyphs' height that is between the segments of one at most
MARGIN = 0.6  # of the glyphs' height around the row


class Stamp(NamedTuple):
    """A row of glyphs near a corner."""

    box: tuple[int, int, int, int]  # x, y, width and height in the picture's pixels
    glyphs: NDArray[np.float64]  # (n, 2): left and right edge of each, likewise
    crop: tuple[int, int, int, int]  # the box with a margin
    grey: NDArray[np.uint8]  # (h, w): the crop, dark glyphs on white

    def measure_found(self, found: list[tuple[float, float]]) -> float:
        """Return how much of the glyphs' width was found: the left edge and the width of each thing in the picture."""
        columns = np.arange(self.crop[0], self.crop[0] + self.crop[2])[:, None]
        own = ((columns >= self.glyphs[:, 0]) & (columns < self.glyphs[:, 1])).any(axis=1)
        edges = np.array(found, float).reshape(-1, 2)
        seen = ((columns >= edges[:, 0]) & (columns < edges.sum(axis=1))).any(axis=1)
        return float((own & seen).sum() / max(1, own.sum()))


def find_stamp(pixels: NDArray[np.uint8]) -> Stamp | None:
    """Return the row of warm glyphs near a lower corner of a picture, (h, w, 3) RGB, if there is one."""
    top = round((1 - LOWEST) * len(pixels))
    scale = max(1.0, max(pixels.shape[:2]) / SIDE)
    strip = reduce_picture(np.ascontiguousarray(pixels[top:]), round(pixels.shape[1] / scale))
    warm = cv2.subtract(strip[..., 0], strip[..., 2])
    kernel = np.ones((BROADEST, BROADEST), np.uint8)
    warmer = np.asarray(cv2.morphologyEx(warm, cv2.MORPH_TOPHAT, kernel), np.uint8)
    found = _find_row(warmer)
    if found is None:
        return None
    (x, y, width, height), glyphs = found
    around = round(MARGIN * height)
    left, upper = max(0, x - around), max(0, y - around)
    right, lower = min(warmer.shape[1], x + width + around), min(warmer.shape[0], y + height + around)
    gap = 1 + 2 * round(GAP * height / 2)
    joined = cv2.morphologyEx(warmer[upper:lower, left:right], cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    grey = 255 - np.asarray(cv2.normalize(joined, None, 0, 255, cv2.NORM_MINMAX), np.uint8)

    def place(x: int, y: int, right: int, lower: int) -> tuple[int, int, int, int]:
        return round(x * scale), top + round(y * scale), round((right - x) * scale), round((lower - y) * scale)

    box, crop = place(x, y, x + width, y + height), place(left, upper, right, lower)
    return Stamp(box, glyphs * scale, crop, grey)


def _find_row(warmer: NDArray[np.uint8]) -> tuple[tuple[int, int, int, int], NDArray[np.float64]] | None:
    """Return the box of the row with the most glyphs near a corner, and the edges of each of them, (n, 2)."""
    mask = cv2.dilate(cv2.threshold(warmer, WARMER, 255, cv2.THRESH_BINARY)[1], np.ones((3, 3), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 1), np.uint8))  # segments stand apart
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(mask, np.uint8))
    boxes = stats[1:, :4].astype(np.int64)
    boxes = boxes[(boxes[:, 3] >= HIGH[0]) & (boxes[:, 3] <= HIGH[1]) & (boxes[:, 2] <= TOUCHING * boxes[:, 3])]
    best: list[int] = []
    for first in boxes[np.argsort(-boxes[:, 3])][:TRIED]:
        row = _follow_row(boxes, first)
        if len(row) > len(best):
            best = row
    if len(best) < FEWEST:
        return None
    held = boxes[best]
    x, y = held[:, :2].min(axis=0).tolist()
    right, lower = (held[:, :2] + held[:, 2:]).max(axis=0).tolist()
    wide, corner = warmer.shape[1], CORNER * warmer.shape[1]
    is_near = x <= corner or wide - right <= corner
    if not is_near or not LONG * (lower - y) <= right - x <= LONGEST * wide:
        return None
    return (x, y, right - x, lower - y), np.stack((held[:, 0], held[:, 0] + held[:, 2]), axis=1).astype(np.float64)


def _follow_row(boxes: NDArray[np.int64], first: NDArray[np.int64]) -> list[int]:
    """Return which boxes, (n, 4), stand in a row with one, nearly as high, no further apart than groups of digits."""
    high = int(first[3])
    upper, lower = boxes[:, 1], boxes[:, 1] + boxes[:, 3]
    beside = (np.minimum(lower, first[1] + high) - np.maximum(upper, first[1])) >= LEAST_HIGH * high
    beside &= boxes[:, 3] >= LEAST_HIGH * high
    order = np.flatnonzero(beside)[np.argsort(boxes[beside, 0], kind="stable")]
    rows: list[list[int]] = [[]]
    right = 0
    for at in order.tolist():
        if rows[-1] and boxes[at, 0] - right > APART * high:
            rows.append([])
        rows[-1].append(at)
        right = max(right if len(rows[-1]) > 1 else 0, int(boxes[at, 0] + boxes[at, 2]))
    return next((row for row in rows if any((boxes[at] == first).all() for at in row)), [])
