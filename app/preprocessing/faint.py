"""Find the signs of lines that were read already, in ink so pale that it may also be dirt: each is doubted.

    groups of lines, marks -> pale touches of the pen -> those that stand between digits as a sign does -> groups

A point that was pressed less than the digits, and is not seen, makes another number of theirs: 3.5 becomes 35. Dirt
stands anywhere: where there is about as much of it elsewhere, nothing is told. Knows no networks.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .grouping import REACH, Group
from .paper import Marks
from .signs import Band, name_sign
from .strokes import Stroke, join_strokes
from .tables import Cell

PALE = 0.12  # of the strokes' contrast that a pale sign has at least,
STRONGEST = 1.5  # times that, the strongest of its pixels
SMALLEST = 2  # pixels that it is high or wide at least; and at most,
THINNEST = 0.6  # of the pen's width that a sign of one touch is thick at least
WIDEST, HIGHEST = 1.2, 0.7  # of the usual height
RISES, SINKS = 1.1, 0.45  # of the digits' height that its middle is over and under their base line at most
ASIDE = 0.1  # of it that it reaches over or under a digit beside it
MOST_ELSEWHERE = 1  # touches that are no sign, for each that is one: of more, the paper is dirty,
ALIKE = 0.5  # counted from so much of the smallest sign's ink
MAX_TOUCHES = 400  # of a picture: of more, it is dirty

Pixels = NDArray[np.uint8]


def add_faint_signs(
    numbered: list[tuple[int, Group]], other: list[Stroke], marks: Marks, usual: float
) -> list[tuple[int, Group]]:
    """Return the groups of lines, and among them the signs that are seen only in paler ink, each of them doubted.

    Args:
        numbered: groups, each with the number of its line, in reading order.
        other: strokes that are part of no group.
        marks: that the strokes are of.
        usual: height of the strokes.
    """
    touches = _find_touches(marks, _draw([*(group.stroke for _, group in numbered), *other], marks), usual)
    if not touches:
        return numbered
    lines: dict[tuple[int, Cell | None], list[Group]] = {}
    for number, group in numbered:
        lines.setdefault((number, group.cell), []).append(group)
    read: list[tuple[int, Group]] = []
    used: set[int] = set()
    for (number, _), groups in lines.items():
        near = [(touch, place) for touch in touches if id(touch) not in used and (place := _find_place(touch, groups))]
        found, taken = _read_touches(groups, near)
        used |= taken
        read += [(number, group) for group in found]
    least = min((touch.mask.sum() for touch in touches if id(touch) in used), default=0)
    as_large = sum(bool(touch.mask.sum() >= ALIKE * least) for touch in touches)
    return read if used and as_large <= (1 + MOST_ELSEWHERE) * len(used) else numbered


def _draw(strokes: list[Stroke], marks: Marks) -> Pixels:
    drawn = np.zeros(marks.contrast.shape, np.uint8)
    for stroke in strokes:
        drawn[stroke.y : stroke.bottom, stroke.x : stroke.right][stroke.mask] = 255
    return drawn


def _find_touches(marks: Marks, drawn: Pixels, usual: float) -> list[Stroke]:
    """Find the pale ink that is no larger than signs are, and touches no stroke; nothing where there is much of it."""
    low = max(float(marks.least), PALE * cv2.mean(marks.contrast, drawn)[0])
    weak = cv2.threshold(marks.contrast, low, 255, cv2.THRESH_BINARY)[1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.bitwise_or(weak, drawn), connectivity=8)
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    fits = (np.maximum(wide, high) >= SMALLEST) & (wide <= WIDEST * usual) & (high <= HIGHEST * usual)
    fits[labels[drawn > 0]] = False
    fits[0] = False
    if fits.sum() > MAX_TOUCHES:
        return []
    touches = []
    for label in np.flatnonzero(fits):
        x, y, width, height, _ = (int(length) for length in stats[label])
        own = labels[y : y + height, x : x + width] == label
        if marks.contrast[y : y + height, x : x + width][own].max() >= STRONGEST * low:
            touches.append(Stroke(x, y, own))
    return touches


class _Place(NamedTuple):
    """Where a touch stands in a line."""

    before: int  # the group before it; -1 where it is the first
    band: Band


def _find_place(touch: Stroke, groups: list[Group]) -> _Place | None:
    """Return where a touch stands in a line: between two digits, or before the first; None where it stands in none."""
    middle = touch.x + touch.width / 2
    before = max((at for at, one in enumerate(groups) if one.stroke.x + one.stroke.width / 2 <= middle), default=-1)
    nearest = groups[max(0, before)]
    band = nearest.band
    rises = (band.base - (touch.y + touch.bottom) / 2) / band.high
    if not -SINKS <= rises <= RISES:
        return None
    left = [one for one in groups[: before + 1] if one.sign is None][-1:]
    right = [one for one in groups[before + 1 :] if one.sign is None][:1]
    if (
        not right
        or right[0].stroke.x - touch.right > REACH * band.high
        or right[0].stroke.x + ASIDE * band.high < middle
    ):
        return None
    if left and (
        touch.x - left[0].stroke.right > REACH * band.high or middle + ASIDE * band.high < left[0].stroke.right
    ):
        return None
    return _Place(before if left else -1, band)


def _read_touches(groups: list[Group], near: list[tuple[Stroke, _Place]]) -> tuple[list[Group], set[int]]:
    """Return a line's groups with the signs that touches make up, and which touches those are."""
    line: list[tuple[float, Group]] = [(float(at), group) for at, group in enumerate(groups)]
    taken: set[int] = set()

    def add(at: float, stroke: Stroke, sign: str, band: Band, *touches: Stroke) -> None:
        line.append((at, Group(stroke, sign, band, None, doubted=True, cell=groups[0].cell)))
        taken.update(map(id, touches))

    for at, group in enumerate(groups):  # half of a colon was read
        if group.sign not in {".", ",", ""}:
            continue
        for touch, place in near:
            both = [touch, group.stroke]
            if id(touch) not in taken and name_sign(both, join_strokes(both), place.band) == ":":
                line = [one for one in line if one[1] is not group]
                add(float(at), join_strokes(both), ":", group.band, touch)
                break
    for (one, place), (two, other) in combinations(near, 2):
        both = [one, two]
        if (
            place.before == other.before
            and not taken & {id(one), id(two)}
            and name_sign(both, join_strokes(both), place.band) == ":"
        ):
            add(place.before + 0.5, join_strokes(both), ":", place.band, one, two)
    for touch, place in near:
        sign = None if id(touch) in taken or touch.pen < THINNEST * place.band.pen else name_sign([touch], touch, place.band)
        if sign == "-" or (sign in {".", ","} and place.before >= 0):
            add(place.before + 0.5, touch, sign, place.band, touch)
    return [group for _, group in sorted(line, key=lambda one: one[0])], taken
