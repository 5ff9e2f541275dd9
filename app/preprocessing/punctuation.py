"""Tell brackets, exclamation and question marks from the ones and sevens that they are read as.

    groups of lines -> strokes that bow evenly, strokes that stand over a dot or under one -> marks, or doubt

Knows no networks.
"""

from __future__ import annotations

import cv2
import numpy as np

from .grouping import Group, list_lines
from .signs import EVEN, TRIMMED, Band, fit_bar
from .strokes import Stroke, join_strokes

BAR = 1  # as which a bracket and the stroke of an exclamation mark are read,
HOOKS = (2, 7)  # and the one of a question mark
RING = 0  # as which a sign of degrees is read
SMALL_RING = 0.5  # of the digits' height: a nought that is not so high is doubted
EXPONENT = 0.65  # of the height of the digit before it that an exponent is high at most,
RAISED = 0.45  # of it that it stands above its foot at least, and begins under its top at most
# How far a stroke's middle is beside the line between its ends, of its length: in a pair of brackets, where it is
# doubted, and of a bracket alone, at least. Of 562 ones of MNIST's validation split 15, 9 and 1 bow so much
BOWED, ROUND, ALONE = 0.1, 0.12, 0.15
TALL = 0.9  # of the digits' height that a bracket is high at least
WORD = 0.6  # of the digits' height between a bracket and what it is outside of, at least
UNEVEN = 0.35  # widths of the pen that it is beside an even bow at most
DOT = 0.3  # of the digits' height: a dot's longer side at most,
DOT_PENS = 2.4  # or so many widths of the pen
LOW = 0.25  # of the digits' height that a dot is over or under their base line at most
APART = 0.06  # of it between a hook and its dot, at least: less is a broken 7,
ASIDE = 0.12  # of it that a dot is beside the stroke over it at most,
LONG = 0.4  # of it that the stroke over the dot is high at least
SMALLEST = 0.6  # of the pen's width that it is wide and high at least: less is dirt

Numbered = list[tuple[int, Group]]


def find_punctuation(numbered: Numbered, small: list[Stroke]) -> Numbered:
    """Return the groups of lines, those that are brackets, ! or ? as marks, and those that may be doubted.

    Args:
        numbered: groups, each with the number of its line, in reading order.
        small: strokes that may be dots, also those that are part of no group.
    """
    found: Numbered = []
    for places in list_lines(numbered):
        line = [numbered[place][1] for place in places]
        line = _doubt_small(_find_brackets(_find_dotted(line, small)))
        found += [(numbered[places[0]][0], group) for group in line]
    return found


def _doubt_small(line: list[Group]) -> list[Group]:
    """Doubt what may be a degree or a part of %, a nought much smaller than the digits beside it, or an exponent."""
    before = [None, *line]
    return [
        group._replace(doubted=True) if _is_small_ring(group) or _is_exponent(group, last) else group
        for group, last in zip(line, before, strict=False)
    ]


def _is_small_ring(group: Group) -> bool:
    return _is(group, RING) and group.stroke.height < SMALL_RING * group.band.high


def _is_exponent(group: Group, before: Group | None) -> bool:
    """Tell whether a digit stands close behind another, above its middle."""
    if before is None or before.sign is not None or group.sign is not None:
        return False
    stroke, base, high = group.stroke, before.stroke, before.stroke.height
    is_raised = base.bottom - stroke.bottom > RAISED * high and stroke.y < base.y + RAISED * high
    return is_raised and stroke.height < EXPONENT * high and -high < stroke.x - base.right < WORD * high


def _find_brackets(line: list[Group]) -> list[Group]:
    """Find the strokes that bow evenly: marks where they open and close something, else doubted ones."""
    bows = [_measure_bow(group.stroke) if _is(group, BAR) and group.whole else 0.0 for group in line]
    bowed = [place for place, bow in enumerate(bows) if abs(bow) >= BOWED]
    are_pairs = len(bowed) % 2 == 0 and all(
        bows[opens] > 0 > bows[closes] and closes > opens + 1
        for opens, closes in zip(bowed[::2], bowed[1::2], strict=True)
    )
    found = list(line)
    for place in bowed:
        group, bow = line[place], bows[place]
        is_tall = group.stroke.height >= TALL * group.band.high
        stands_alone = abs(bow) >= ALONE and _is_apart(line, place, -1 if bow > 0 else 1)
        if is_tall and (are_pairs or stands_alone):
            found[place] = group._replace(sign="", seen=None, doubted=True)
        elif abs(bow) >= ROUND:
            found[place] = group._replace(doubted=True)
    return found


def _is_apart(line: list[Group], place: int, way: int) -> bool:
    """Tell whether what stands at a place of a line has nothing near it on one side, -1 or 1, but on the other."""
    stroke, reach = line[place].stroke, WORD * line[place].band.high

    def is_near(other: int) -> bool:
        if not 0 <= other < len(line):
            return False
        beside = line[other].stroke
        return max(beside.x - stroke.right, stroke.x - beside.right) < reach

    return not is_near(place + way) and is_near(place - way)


def _measure_bow(stroke: Stroke) -> float:
    """Return how far left of the line between its ends a stroke's middle is, of its length; 0 of no even bow."""
    mask = stroke.mask
    left = mask.argmax(axis=1)
    right = mask.shape[1] - mask[:, ::-1].argmax(axis=1)
    high = len(mask)
    skip = int(TRIMMED * high)
    kept = np.s_[skip : high - skip]
    down, middle = (np.arange(high) - (high - 1) / 2)[kept], ((left + right - 1) / 2)[kept]
    if down.size < 5 or not mask.any(axis=1).all() or high < mask.shape[1]:
        return 0.0
    curve = np.polyfit(down, middle, 2)
    beside = np.abs(np.polyval(curve, down) - middle).max()
    lean = np.hypot(1, 2 * curve[0] * down + curve[1])
    thick = float(np.percentile((right - left)[kept] / lean, 90))
    if beside > max(1.0, UNEVEN * stroke.pen) or thick > EVEN * stroke.pen + 1:
        return 0.0
    return float(curve[0] * (high / 2) ** 2 / (high * np.hypot(1, curve[1])))


def _find_dotted(line: list[Group], dots: list[Stroke]) -> list[Group]:
    """Find the strokes that stand over a dot, which are marks, or under one, which are doubted."""
    changed: dict[int, Group] = {}
    taken: set[tuple[int, int]] = set()
    for place, group in enumerate(line):
        if not _is(group, BAR, *HOOKS):
            continue
        parts = _part(group.stroke)
        for long, dot in [parts] if parts else [(group.stroke, dot) for dot in dots]:
            if not _is_dot(dot, group.band):
                continue
            if _stands_over(long, dot, group.band, 0.0 if _is(group, BAR) else APART):
                changed[place] = group._replace(stroke=join_strokes([long, dot]), sign="", seen=None, doubted=True)
                taken.add((dot.x, dot.y))
            elif _stands_under(long, dot, group.band):
                changed[place] = group._replace(doubted=True)
    return [
        changed.get(place, group)
        for place, group in enumerate(line)
        if group.sign is None or (group.stroke.x, group.stroke.y) not in taken
    ]


def _part(stroke: Stroke) -> tuple[Stroke, Stroke] | None:
    """Return the two pieces that ink is made up of, the larger first; None where it is made up of one or of more."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(stroke.mask.view(np.uint8), connectivity=8)
    if count != 3:
        return None
    pieces = []
    for label in (1, 2):
        x, y, width, height, _ = (int(length) for length in stats[label])
        pieces.append(Stroke(stroke.x + x, stroke.y + y, labels[y : y + height, x : x + width] == label))
    larger, smaller = sorted(pieces, key=lambda piece: -piece.height)
    return larger, smaller


def _is_dot(stroke: Stroke, band: Band) -> bool:
    """Tell whether a stroke is a touch of the pen."""
    shorter, longer = sorted((stroke.width, stroke.height))
    return SMALLEST * band.pen <= shorter and longer <= min(max(DOT * band.high, DOT_PENS * band.pen), 2 * shorter)


def _stands_over(stroke: Stroke, dot: Stroke, band: Band, apart: float) -> bool:
    """Tell whether a stroke, which may lean, stands over a dot that lies on the base line of the digits.

    Args:
        stroke: without the dot.
        dot: a touch of the pen.
        band: of the digits beside them.
        apart: of the digits' height, between both at least.
    """
    middle = dot.x + dot.width / 2
    lies = abs(band.base - dot.bottom) <= LOW * band.high and dot.y - stroke.bottom >= apart * band.high
    lean = fit_bar(stroke.mask).slope * (dot.y + dot.height / 2 - stroke.bottom)
    end = stroke.x + float(np.flatnonzero(stroke.mask[-1]).mean()) - lean
    aside = min(_measure_aside(stroke, middle), abs(middle - end))
    return lies and stroke.height >= LONG * band.high and aside <= ASIDE * band.high


def _stands_under(stroke: Stroke, dot: Stroke, band: Band) -> bool:
    """Tell whether a stroke stands right under a dot."""
    aside = _measure_aside(stroke, dot.x + dot.width / 2)
    return 0 <= stroke.y - dot.bottom <= LOW * band.high and aside <= band.pen / 2


def _measure_aside(stroke: Stroke, x: float) -> float:
    """Return how far a place is beside the columns of a stroke, in pixels."""
    return max(0.0, stroke.x - x, x - stroke.right)


def _is(group: Group, *digits: int) -> bool:
    return group.sign is None and group.seen is not None and group.seen.digit in digits
