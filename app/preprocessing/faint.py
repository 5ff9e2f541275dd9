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

from .grouping import REACH, Group, list_lines
from .paper import Marks
from .signs import Band, name_sign
from .strokes import Stroke, cut_out, draw_strokes, join_strokes

PALE = 0.12  # of the strokes' contrast that a pale sign has at least,
ON_RULE = 0.35  # of it that ink on a rule is stronger than the rule,
ALONG = 0.7  # of the digits' height, so far along it
STRONGEST = 1.5  # times that, the strongest of its pixels
SMALLEST = 2  # pixels that it is high or wide at least; and at most,
THINNEST = 0.6  # of the pen's width that a comma or a minus is thick at least
WIDEST, HIGHEST = 1.2, 0.7  # of the usual height
RISES, SINKS = 1.1, 0.45  # of the digits' height that its middle is over and under their base line at most
ASIDE = 0.1  # of it that it reaches over or under a digit beside it
LOWEST = {".": 0.05, ",": -0.04}  # of the digits' height that it is over their base line at most, or it is only a doubt
MOST_ELSEWHERE = 1  # touches that are no sign, for each that is one: of more, the paper is dirty,
ALIKE = 0.5  # counted from so much of the smallest sign's ink, and of the palest one's contrast
MAX_TOUCHES = 400  # of a picture: of more, it is dirty; and of a sign's place
MAX_TOGETHER = 6  # are looked at, the largest

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
    touches = _find_touches(marks, draw_strokes([*(group.stroke for _, group in numbered), *other], marks), usual)
    if not touches:
        return numbered
    places = list_lines(numbered)
    lines = [[numbered[place][1] for place in line] for line in places]
    signs = _leave_dirt_out(touches, [one for line in lines for one in _read_touches(line, touches)[1]], marks)
    if not signs:
        return numbered
    read = [_read_touches(line, signs)[0] for line in lines]
    return [(numbered[line[0]][0], group) for line, groups in zip(places, read, strict=True) for group in groups]


def _leave_dirt_out(touches: list[Stroke], signs: list[Stroke], marks: Marks) -> list[Stroke]:
    """Return the touches that are signs, without those of which as large and strong ones are elsewhere, too.

    Args:
        touches: all.
        signs: those among them that stand as signs do.
    """
    inks = np.array([touch.mask.sum() for touch in touches])
    strengths = np.array([_show(touch, marks).mean() for touch in touches])
    own = np.isin([id(touch) for touch in touches], [id(sign) for sign in signs])
    alike = (inks >= ALIKE * inks[:, None]) & (strengths >= ALIKE * strengths[:, None])  # (touches, touches)
    clean = (alike & ~own).sum(axis=1) <= MOST_ELSEWHERE * (alike & own).sum(axis=1)
    return [touch for touch, is_clean in zip(touches, own & clean, strict=True) if is_clean]


def _show(touch: Stroke, marks: Marks) -> NDArray[np.uint8]:
    """Return the contrasts of a touch, (n,)."""
    shown = marks.contrast if marks.ruled is None else marks.ruled
    return np.asarray(cut_out(shown, touch)[touch.mask])


def _find_touches(marks: Marks, drawn: Pixels, usual: float) -> list[Stroke]:
    """Find the pale ink that is no larger than signs are, and touches no stroke; nothing where there is much of it."""
    low = max(float(marks.least), PALE * cv2.mean(marks.contrast, drawn)[0])
    weak = cv2.threshold(marks.contrast, low, 255, cv2.THRESH_BINARY)[1]
    if marks.ruled is not None:
        weak |= _find_on_rules(marks.ruled, marks.contrast, ON_RULE * low / PALE, usual)
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
        touch = Stroke(x, y, labels[y : y + height, x : x + width] == label)
        if _show(touch, marks).max() >= STRONGEST * low:
            touches.append(touch)
    return touches


def _find_on_rules(ruled: Pixels, contrast: Pixels, low: float, usual: float) -> Pixels:
    """Find what lies on rules that were taken out: where they are thicker or stronger than along the way.

    Args:
        ruled: contrast with the rules.
        contrast: without them.
        low: contrast from which it is ink.
        usual: height of the strokes.
    """
    printed = np.asarray(cv2.subtract(ruled, contrast))
    long = max(3, round(ALONG * usual))
    lines = [cv2.morphologyEx(printed, cv2.MORPH_OPEN, np.ones(kernel, np.uint8)) for kernel in ((1, long), (long, 1))]
    more = cv2.subtract(printed, cv2.max(*lines))
    return np.asarray(cv2.threshold(more, low, 255, cv2.THRESH_BINARY)[1])


class _Place(NamedTuple):
    """Where a touch stands in a line."""

    before: int  # the digit before it, among the line's groups; -1 where it is before all
    band: Band


def _find_place(touch: Stroke, groups: list[Group]) -> _Place | None:
    """Return where a touch stands in a line: between two digits, or before the first; None where it stands in none."""
    middle = touch.x + touch.width / 2
    digits = [at for at, one in enumerate(groups) if one.sign is None]
    before = max((at for at in digits if groups[at].stroke.x + groups[at].stroke.width / 2 <= middle), default=-1)
    after = min((at for at in digits if at > before), default=None)
    if after is None:
        return None
    band = groups[max(0, before)].band
    if not -SINKS <= (band.base - (touch.y + touch.bottom) / 2) / band.high <= RISES:
        return None
    reach, aside = REACH * band.high, ASIDE * band.high
    right = groups[after].stroke.x
    if not middle - aside <= right <= touch.right + reach:
        return None
    left = groups[before].stroke.right if before >= 0 else touch.x
    return _Place(before, band) if touch.x - reach <= left <= middle + aside else None


def _read_touches(groups: list[Group], touches: list[Stroke]) -> tuple[list[Group], list[Stroke]]:
    """Return a line's groups with signs that touches make up, one between two digits, and which touches these are."""
    highest = min(one.stroke.y for one in groups) - max(one.band.high for one in groups)
    lowest = max(one.stroke.bottom for one in groups) + max(one.band.high for one in groups)
    beside = [touch for touch in touches if highest < touch.y < lowest]
    places = [(touch, place) for touch in beside if (place := _find_place(touch, groups))]
    near: dict[int, list[Stroke]] = {}
    for touch, place in places:
        near.setdefault(place.before, []).append(touch)
    bands = {place.before: place.band for _, place in places}
    line = list(groups)
    taken: list[Stroke] = []
    for before in sorted(near, reverse=True):
        after = next(at for at in range(before + 1, len(groups)) if groups[at].sign is None)
        largest = sorted(near[before], key=lambda touch: -int(touch.mask.sum()))[:MAX_TOGETHER]
        found = _name_touches(largest, groups[before + 1 : after], bands[before], is_first=before < 0)
        if found:
            sign, strokes, held = found
            group = Group(join_strokes(strokes), sign, bands[before], None, doubted=True, cell=groups[0].cell)
            line[before + 1 : after] = [*(one for one in groups[before + 1 : after] if one is not held), group]
            taken += [one for one in strokes if held is None or one is not held.stroke]
    return line, taken


def _name_touches(
    touches: list[Stroke], between: list[Group], band: Band, *, is_first: bool
) -> tuple[str, list[Stroke], Group | None] | None:
    """Name the sign that touches make up between two digits, with the strokes it has, and what was read of it already.

    The name is "" where it stands as no sign clearly does: it is no more than a doubt.

    Args:
        touches: between the digits, the largest first.
        between: what was read there.
        band: in which digits stand.
        is_first: no digit is before them.
    """
    for touch in touches:
        for held in between:  # half of a colon was read
            both = [touch, held.stroke]
            if held.sign in {".", ",", ""} and name_sign(both, join_strokes(both), band) == ":":
                return ":", both, held
    if any(held.sign for held in between):
        return None
    for pair in combinations(touches, 2):
        if not is_first and name_sign([*pair], join_strokes([*pair]), band) == ":":
            return ":", [*pair], None
    for touch in touches:
        sign = name_sign([touch], touch, band)
        is_thin = sign != "." and touch.pen < THINNEST * band.pen
        if not is_thin and (sign == "-" or (sign in LOWEST and not is_first)):
            stands = sign == "-" or (band.base - touch.bottom) / band.high <= LOWEST[sign]
            return sign if stands else "", [touch], None
    return None
