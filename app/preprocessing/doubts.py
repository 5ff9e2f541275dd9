"""Tell what makes it doubtful that a part of a picture is the one digit that is meant.

    parts -> other ink as large, a dot, something within or around, a fold, a weak line, a shadow's end

Knows what parts are, and no networks: whether ink looks like a digit is theirs to say.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .frames import DIRECTIONS, FRAMED, find_rings, lies_within
from .parts import FOLD, LARGE, Parts, choose_parts, measure_extent

OTHER_HEIGHT = 0.6  # of the digit's height that another part has that may be a digit as well,
OTHER_LEVEL = 0.5  # of its main part's contrast,
OTHER_SCORE = 0.1  # and of that part's score
DOT, LARGEST_DOT = 0.1, 0.35  # of the digit's size that the dot of "!", "?" and "j" has
DOT_ROUND = 0.5  # of its longer side that its shorter one has,
DOT_GAP = 0.4  # of the digit's size that is between it and the digit,
MAX_DOTS = 2  # and as many parts have its size; more are dirt
BESIDE = 0.6  # of the picture that a part that goes through it takes up at most the other way
WEAK_LEVEL = 48  # contrast of 255 below which ink on uneven paper is weak: a soft pencil has 80
WEAK_LINE = 0.15  # of its length that a line is thick at most,
WEAK_OTHERS = 0.5  # and of its area that the other ink has
SMALLEST_CIRCLE = 16  # cells, or every ring is one
CIRCLE_WIDE = 0.7  # of its longer side that the shorter one of a circle's box is at least, if some of it is missing,
CIRCLE_FULL = 0.5  # and of the box that its line covers at most
CIRCLE_SEEN = 0.6  # of all directions in which there is some of it, and
CIRCLE_EVEN = 0.02  # of its radius by which it differs from that: of MNIST's noughts all differ by more
SHADOW_LEVEL = 150  # contrast that shadows have less of: that of a lamp takes half of the light


def stands_alone(parts: Parts) -> bool:
    """Tell whether no other part is as large, as strong and as like a digit as the chosen ones."""
    chosen = choose_parts(parts)
    left, top, right, bottom = measure_extent(parts, chosen)
    main = int(parts.score.argmax())
    other = ~chosen & (parts.contact == 0) & (parts.boxes[:, 3] >= OTHER_HEIGHT * (bottom - top))
    other &= parts.size >= OTHER_HEIGHT * max(right - left, bottom - top)
    other &= (parts.level >= OTHER_LEVEL * parts.level[main]) & (parts.score >= OTHER_SCORE * parts.score[main])
    return not other.any()


def has_dot(parts: Parts) -> bool:
    """Tell whether a dot is over or under the digit's main part, as in "!" and "?"."""
    main = int(parts.score.argmax())
    (left, top, across, down), size = parts.boxes[main], parts.size[main]
    x, y, width, height = parts.boxes.T
    sized = (parts.size >= DOT * size) & (parts.size <= LARGEST_DOT * size)
    apart = np.maximum(top - y - height, y - top - down)
    dots = sized & (apart >= 0) & (apart <= DOT_GAP * size) & (x + width > left) & (x < left + across)
    dots &= (np.minimum(width, height) >= DOT_ROUND * parts.size) & (parts.contact == 0)
    dots &= parts.level >= OTHER_LEVEL * parts.level[main]
    return bool(dots.any() and np.count_nonzero(sized) <= MAX_DOTS)


def holds_another(parts: Parts) -> bool:
    """Tell whether another part of some size lies within the digit's main part, as the hands do within a clock."""
    main = int(parts.score.argmax())
    within = lies_within(parts.boxes, parts.boxes[main]) & (parts.size >= FRAMED * parts.size[main])
    within &= parts.level >= OTHER_LEVEL * parts.level[main]
    return bool(within.any())


def is_ringed(parts: Parts) -> bool:
    """Tell whether a ring is around the digit's main part: it may be the face of a clock, or a sign."""
    rings = parts.boxes[find_rings(parts.labels, parts.boxes)]
    return bool(lies_within(parts.boxes[int(parts.score.argmax())], rings).any())


def spans_picture(parts: Parts, part: int) -> bool:
    """Tell whether a part goes from one border to the opposite one, and the picture goes on beside it."""
    (rows, columns), (_, _, width, height) = parts.labels.shape, parts.boxes[part]
    return bool((height == rows and width < BESIDE * columns) or (width == columns and height < BESIDE * rows))


def is_fold(box: Sequence[int], area: int, shape: tuple[int, ...]) -> bool:
    """Tell whether ink is a thread from one border to another: a fold of the paper, or the edge of a sheet.

    Args:
        box: x, y, width and height of the ink.
        area: how much ink there is.
        shape: (h, w) of the whole picture, in the same unit: pixels, or cells.
    """
    (rows, columns), (x, y, width, height) = shape[:2], box
    borders = int(x == 0) + int(y == 0) + int(x + width == columns) + int(y + height == rows)
    return borders > 1 and bool(area <= FOLD * max(rows, columns) * max(width, height))


def is_weak(parts: Parts) -> bool:
    """Tell whether a digit is hardly darker than what is around it, and may be what the paper's lines leave.

    Weak ink is doubted where it is a thin straight line, or where about as much of other ink is as strong; and what
    reaches over the border, unless it is as dark as only ink is.
    """
    main = int(parts.score.argmax())
    if parts.level[main] >= WEAK_LEVEL:
        return _reaches_in(parts, main)
    narrow = min(parts.boxes[main, 2:]) <= WEAK_LINE * max(parts.boxes[main, 2:])
    others = int(parts.area.sum() - parts.area[main])
    return bool(narrow or others >= WEAK_OTHERS * parts.area[main])


def is_circle(parts: Parts) -> bool:
    """Tell whether a digit's parts are a circle as only cups, coins and compasses draw it, or most of one."""
    chosen = choose_parts(parts)
    left, top, right, bottom = measure_extent(parts, chosen)
    shorter, longer = sorted((int(right - left), int(bottom - top)))
    if (
        shorter < max(SMALLEST_CIRCLE, CIRCLE_WIDE * longer)
        or parts.area[chosen].sum() > CIRCLE_FULL * shorter * longer
    ):
        return False
    rows, columns = np.nonzero(np.concatenate(([False], chosen))[parts.labels[top:bottom, left:right]])
    unknown = np.stack((columns, rows, np.ones(len(rows))), axis=1)
    (twice_x, twice_y, rest), *_ = np.linalg.lstsq(unknown, (columns**2 + rows**2).astype(float), rcond=None)
    down, across = rows - twice_y / 2, columns - twice_x / 2
    radius = float(np.sqrt(max(1.0, rest + twice_x**2 / 4 + twice_y**2 / 4)))
    directions = (np.arctan2(down, across) / (2 * np.pi) * DIRECTIONS).astype(int) % DIRECTIONS
    counts = np.bincount(directions, minlength=DIRECTIONS)
    seen = counts > 0
    far = np.bincount(directions, np.hypot(down, across), DIRECTIONS)[seen] / counts[seen]
    return bool(seen.mean() >= CIRCLE_SEEN and np.abs(far / radius - 1).mean() <= CIRCLE_EVEN)


def _reaches_in(parts: Parts, part: int) -> bool:
    """Tell whether a part that is paler than a pen's ink reaches into the picture over one border, as a shadow does."""
    (rows, columns), (x, y, width, height) = parts.labels.shape, parts.boxes[part]
    across, down = int(x == 0) + int(x + width == columns), int(y == 0) + int(y + height == rows)
    is_large = max(rows, columns) > LARGE
    return bool(is_large and across + down > 0 and max(across, down) < 2 and parts.level[part] < SHADOW_LEVEL)
