"""Find what is drawn around digits, or lies beside them: frames, cells of forms, rings, walls between boxes, pens.

    labels and boxes of connected marks -> the parts that are no ink of a digit

Knows nothing of contrast: what decides is where parts are, on a coarse grid.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SMALLEST_FRAME = 16  # cells
FRAME = 0.85  # of all four sides of its box that a frame's line covers
TILTED = 0.12  # of a frame's longer side that its lines may lean
CELL_FULL = 0.9  # of its box that a cell of a form fills,
CELL_HELD = 0.3  # and of its height that the digit in it has at least
FRAMED = 0.2  # of a frame's shorter side: the size of what it frames, at least
UPRIGHT = 0.8  # of its width that a digit beside a pen is high at least: part of a line of text is lower
PEN_LONG = 1.7  # times as long as the digit beside it is a pen that lies in the picture at least,
PEN_BESIDE, PEN_OTHERS = 0.2, 0.1  # and so much of its length, and of its likeness to a digit, that has
SMALLEST_RING = 12  # cells
RING_WIDE = 0.8  # of its height that a ring around a digit is wide at least: a nought with a bar in it is narrower
RING_HELD = 0.35  # of the ring's height that what is in it is high at least: a nought's dot is lower
RING_HOLLOW = 0.7  # of the way from its middle to its box that is free of the ring, and
RING_ROUND = 1.25  # times as far from the middle as its box reaches up and down is the ring at most, not in corners
RING_SEEN = 0.85  # of all directions in which there is some of it further out
DIRECTIONS = 48
BAR_LONG = 5.0  # times as high as wide is a wall between boxes at least,
BAR_FULL = 0.5  # of its box that it fills,
WALL_EVEN = 0.06  # of its height by which the ends of two walls differ,
WALL_HIGH = 1.25  # times as high as what stands between them, at least


def lies_within(inner: NDArray[np.int32], outer: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell which boxes lie within which others without touching their sides: one of either, or as many of both.

    Args:
        inner: x, y, width and height, (4,) or (n, 4).
        outer: likewise.
    """
    corner, outer_corner = inner[..., :2], outer[..., :2]
    inside = (corner > outer_corner) & (corner + inner[..., 2:] < outer_corner + outer[..., 2:])
    return np.asarray(inside.all(axis=-1), bool)


def find_frames(labels: NDArray[np.int32], boxes: NDArray[np.int32]) -> list[int]:
    """Return the parts that line all four sides of their box and have another part of some size within."""
    _, _, width, height = boxes.T
    frames = []
    for part in np.flatnonzero(np.minimum(width, height) >= SMALLEST_FRAME):
        x, y, w, h = boxes[part]
        inside = lies_within(boxes, boxes[part])
        if not np.any(inside & (np.maximum(width, height) > FRAMED * min(w, h))):
            continue
        own = labels[y : y + h, x : x + w] == part + 1
        band = max(2, round(TILTED * max(w, h)))
        sides = (own[:band].any(0), own[-band:].any(0), own[:, :band].any(1), own[:, -band:].any(1))
        if min(side.mean() for side in sides) > FRAME or _has_cell(own, boxes[inside] - (x, y, 0, 0)):
            frames.append(int(part))
    return frames


def _has_cell(own: NDArray[np.bool_], inside: NDArray[np.int32]) -> bool:
    """Tell whether some part lies in a rectangular hole of another one, as in a cell of a form.

    Args:
        own: where the other part is in its box.
        inside: boxes of the parts within that box, (n, 4).
    """
    rows, columns = own.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats((~own).view(np.uint8), connectivity=4)
    x, y, width, height, area = stats[1:].T
    closed = (x > 0) & (y > 0) & (x + width < columns) & (y + height < rows) & (area >= CELL_FULL * width * height)
    return any((closed & lies_within(held, stats[1:, :4]) & (height <= held[3] / CELL_HELD)).any() for held in inside)


def find_rings(labels: NDArray[np.int32], boxes: NDArray[np.int32]) -> list[int]:
    """Return the parts that are a ring around another part that is high enough to be a digit."""
    _, _, width, height = boxes.T
    rings = []
    for part in np.flatnonzero((np.minimum(width, height) >= SMALLEST_RING) & (width >= RING_WIDE * height)):
        x, y, w, h = (int(length) for length in boxes[part])
        inside = lies_within(boxes, boxes[part])
        if not np.any(inside & (height >= RING_HELD * h)):
            continue
        rows, columns = np.nonzero(labels[y : y + h, x : x + w] == part + 1)
        down, across = (rows + 0.5) / h * 2 - 1, (columns + 0.5) / w * 2 - 1
        far = np.hypot(down, across)
        seen = np.unique((np.arctan2(down, across) / (2 * np.pi) * DIRECTIONS).astype(int))
        if far.min() >= RING_HOLLOW and far.max() <= RING_ROUND and seen.size >= RING_SEEN * (DIRECTIONS - 1):
            rings.append(int(part))
    return rings


def find_walls(boxes: NDArray[np.int32], area: NDArray[np.int32]) -> list[int]:
    """Return the parts that are the walls of boxes: straight bars side by side, with something lower between two."""
    left, top, width, height = boxes.T
    bars = np.flatnonzero((height >= BAR_LONG * width) & (area >= BAR_FULL * width * height))
    walls: set[int] = set()
    right, bottom = left + width, top + height
    for one in bars:
        ends = np.maximum(np.abs(top[bars] - top[one]), np.abs(bottom[bars] - bottom[one]))
        others = bars[(left[bars] > left[one]) & (ends <= max(1, WALL_EVEN * height[one]))]
        lower = (left > left[one]) & (top >= top[one]) & (bottom <= bottom[one])
        lower &= (height >= FRAMED * height[one]) & (height * WALL_HIGH <= height[one])
        others = others[right[others] > right[lower].min(initial=np.iinfo(right.dtype).max)]  # something is between
        if others.size:
            walls |= {int(one), *others.tolist()}
    return sorted(walls)


def rank_bars_last(
    likeness: NDArray[np.float64], labels: NDArray[np.int32], boxes: NDArray[np.int32], contact: NDArray[np.int64]
) -> None:
    """Let the best part look less like a digit than another one, if it is a straight bar that is much longer: a pen.

    What touches the border looks less like a digit in any case.
    """
    size = boxes[:, 2:].max(axis=1)
    best = int(likeness.argmax())
    others = np.flatnonzero(
        (likeness >= PEN_OTHERS * likeness[best])
        & (size * PEN_LONG <= size[best])
        & (size >= PEN_BESIDE * size[best])
        & (boxes[:, 3] >= UPRIGHT * boxes[:, 2])
    )
    if not others.size or contact[best] or not _is_bar(labels, best):
        return
    others = others[[not _is_bar(labels, int(other)) for other in others]]  # the pieces of a broken line are
    if others.size:
        likeness[best] = likeness[others].max() * (1 - PEN_OTHERS)


def _is_bar(labels: NDArray[np.int32], part: int) -> bool:
    """Tell whether a part is straight and slim."""
    _, sides, _ = cv2.minAreaRect(cv2.findNonZero((labels == part + 1).view(np.uint8)))
    return bool(max(sides) >= BAR_LONG * min(sides))
