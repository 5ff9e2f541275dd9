"""Thin ink to lines one pixel wide, and follow them from where they meet to where they meet or end.

    ink -> thin_ink -> find_meetings -> part_lines -> lines: points in the order in which a pen went, or back

Knows geometry only.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # (h, w)
Line = NDArray[np.int32]  # (n, 2): row and column of each point on the way


def thin_ink(ink: Mask) -> Mask:
    """Thin ink to lines that are one pixel wide.

    Source: Zhang and Suen, "A fast parallel algorithm for thinning digital patterns", 1984.
    """
    thin = np.pad(ink, 1).astype(np.uint8)
    while True:
        before = thin.copy()
        for first in (True, False):
            ring = _ring(thin)
            count = ring.sum(axis=0)
            north, _, east, _, south, _, west, _ = ring
            spared = (east & south & (north | west)) if first else (north & west & (east | south))
            thin[(thin == 1) & (count >= 2) & (count <= 6) & (_count_turns(ring) == 1) & (spared == 0)] = 0
        if np.array_equal(before, thin):
            return np.asarray(thin[1:-1, 1:-1], np.bool_)


def _ring(thin: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the eight neighbours of each pixel, clockwise from the one above: (8, h, w)."""
    ways = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
    return np.stack([np.roll(thin, way, axis=(0, 1)) for way in ways])


def _count_turns(ring: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Count how often one goes from paper to ink around each pixel: the lines that meet there."""
    return np.asarray(((ring == 0) & (np.roll(ring, -1, axis=0) == 1)).sum(axis=0), np.uint8)


def find_meetings(thin: Mask) -> Mask:
    """Return where three or more lines meet."""
    padded = np.pad(thin, 1).astype(np.uint8)
    return np.asarray(((padded == 1) & (_count_turns(_ring(padded)) >= 3))[1:-1, 1:-1], np.bool_)


def part_lines(thin: Mask, meetings: Mask) -> list[Line]:
    """Return the lines between the places where they meet, without these."""
    cut = thin & (cv2.dilate(meetings.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    count, labels = cv2.connectedComponents(cut.astype(np.uint8), connectivity=8)
    return [_follow(labels == label) for label in range(1, count)]


def _follow(line: Mask) -> Line:
    """Return the points of a line from one end to the other; a loop begins at its top."""
    left = {(int(row), int(column)) for row, column in np.argwhere(line)}
    ends = [point for point in left if len(_near(point, left)) == 1]
    point = min(ends or left)
    way = [point]
    left.discard(point)
    while near := _near(point, left):
        point = min(near, key=lambda other: abs(other[0] - point[0]) + abs(other[1] - point[1]))
        way.append(point)
        left.discard(point)
    return np.array(way, np.int32)


def _near(point: tuple[int, int], points: set[tuple[int, int]]) -> list[tuple[int, int]]:
    row, column = point
    around = ((row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right)
    return [other for other in around if other in points]
