"""Tell what is written beside numbers from the digits that it is read as: brackets, ! and ?, ° and %, exponents.

    groups of lines -> strokes that bow evenly, strokes over a dot -> marks
                    -> bent ones, small noughts, digits that stand high -> doubted digits

Knows no networks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .grouping import Group, list_lines
from .signs import EVEN, TRIMMED, Band, fit_bar, may_be_dot
from .strokes import Stroke, join_strokes, part_connected

BAR = 1  # as which a stripe, a bracket and the stroke of an exclamation mark are read,
HOOKS = (2, 7)  # and the one of a question mark
RING = 0  # as which a sign of degrees is read
SMALL_RING = 0.5  # of the digits' height: a nought that is not so high is doubted
EXPONENT = 0.65  # of the height of the digit before it that an exponent is high at most,
RAISED = 0.45  # of it that it stands above its foot at least, and begins under its top at most,
BEHIND = 0.6  # and is behind it at most
# How far a stroke's middle is beside the line between its ends, of its length. Of 562 ones of MNIST's validation split
# 15, 9 and 1 bow so much
BOWED = 0.1  # in a pair of brackets at least,
ROUND = 0.12  # where it is doubted,
ALONE = 0.15  # and of a bracket alone
TALL = 0.9  # of the digits' height that a bracket is high at least
WORD = 0.6  # of the digits' height between the end of what is written together and what comes after, at least
UNEVEN = 0.35  # widths of the pen that a stroke is beside an even bow at most
LOW = 0.25  # of the digits' height that a dot is over or under their base line at most
APART = 0.06  # of it between a hook and its dot, at least: less is a broken 7,
ASIDE = 0.12  # of it that a dot is beside the stroke over it, or beside where that leads to, at most,
LONG = 0.4  # of it that the stroke over the dot is high at least

Numbered = list[tuple[int, Group]]


def mark_punctuation(numbered: Numbered, small: list[Stroke]) -> Numbered:
    """Return the groups of lines, those that are brackets, ! or ? as marks, and doubted those that may be others.

    Where no digit would be left, all stay digits, doubted.

    Args:
        numbered: groups, each with the number of its line, in reading order.
        small: strokes that may be dots, also those that are part of no group.
    """
    boxes = np.array([(one.x, one.y, one.right, one.bottom) for one in small], float).reshape(-1, 4)
    found: Numbered = []
    for places in list_lines(numbered):
        line = [numbered[place][1] for place in places]
        line = _doubt_small(_find_brackets(_find_dotted(line, small, boxes)))
        found += [(numbered[places[0]][0], group) for group in line]
    if any(group.seen for _, group in found):
        return found
    return [(number, group._replace(doubted=True)) for number, group in numbered]


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
    stroke, power, high = before.stroke, group.stroke, before.stroke.height
    is_raised = stroke.bottom - power.bottom > RAISED * high and power.y < stroke.y + RAISED * high
    return is_raised and power.height < EXPONENT * high and -high < power.x - stroke.right < BEHIND * high


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
        elif abs(bow) >= ROUND or any((other - place) * bow > 0 > bows[other] * bow for other in bowed):
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


def _find_dotted(line: list[Group], small: list[Stroke], boxes: NDArray[np.float64]) -> list[Group]:
    """Find the strokes that stand over a dot, marks where nothing follows, and those under one: else doubted digits.

    Args:
        line: its groups.
        small: strokes of all lines that may be dots.
        boxes: of these: x, y, right and bottom, (n, 4).
    """
    changed: dict[int, Group] = {}
    taken: set[tuple[int, int]] = set()
    for place, group in enumerate(line):
        if not _is(group, BAR, *HOOKS):
            continue
        for long, dot in _list_dots(group, small, boxes):
            if _stands_over(long, dot, group.band, 0.0 if _is(group, BAR) else APART):
                if _is_last(line, group):
                    changed[place] = group._replace(stroke=join_strokes([long, dot]), sign="", seen=None, doubted=True)
                    taken.add((dot.x, dot.y))
                    break
                changed[place] = group._replace(doubted=True)
            elif _stands_under(long, dot, group.band):
                changed[place] = group._replace(doubted=True)
    return [
        changed.get(place, group)
        for place, group in enumerate(line)
        if group.sign is None or (group.stroke.x, group.stroke.y) not in taken
    ]


def _list_dots(group: Group, small: list[Stroke], boxes: NDArray[np.float64]) -> list[tuple[Stroke, Stroke]]:
    """List the dots that are part of a digit, or near it, each with the rest of the digit."""
    pieces = sorted(part_connected(group.stroke), key=lambda piece: -piece.height)
    if len(pieces) == 2:
        pairs = [(pieces[0], pieces[1])]
    else:
        stroke, high = group.stroke, group.band.high
        left, top, right, bottom = boxes.T
        beside = (right > stroke.x - high) & (left < stroke.right + high)
        near = np.flatnonzero(beside & (bottom > stroke.y - high) & (top < stroke.bottom + high))
        pairs = [(stroke, small[place]) for place in near]
    return [(long, dot) for long, dot in pairs if may_be_dot(dot, group.band)]


def _is_last(line: list[Group], group: Group) -> bool:
    """Tell whether no digit stands close behind one of its line."""
    reach = group.stroke.right + WORD * group.band.high
    return not any(one.sign is None and group.stroke.x < one.stroke.x < reach and one is not group for one in line)


def _stands_over(stroke: Stroke, dot: Stroke, band: Band, apart: float) -> bool:
    """Tell whether a stroke, which may lean, stands over a dot that lies on the base line of the digits.

    Args:
        stroke: without the dot.
        dot: a touch of the pen.
        band: of the digits beside them.
        apart: of the digits' height, between both at least.
    """
    lies = abs(band.base - dot.bottom) <= LOW * band.high and dot.y - stroke.bottom >= apart * band.high
    if not lies or stroke.height < LONG * band.high:
        return False
    middle, reach = dot.x + dot.width / 2, ASIDE * band.high
    if _measure_aside(stroke, middle) <= reach:
        return True
    lean = fit_bar(stroke.mask).slope * (dot.y + dot.height / 2 - stroke.bottom)
    end = stroke.x + float(np.flatnonzero(stroke.mask[-1]).mean()) - lean
    return abs(middle - end) <= reach


def _stands_under(stroke: Stroke, dot: Stroke, band: Band) -> bool:
    """Tell whether a stroke stands right under a dot."""
    aside = _measure_aside(stroke, dot.x + dot.width / 2)
    return 0 <= stroke.y - dot.bottom <= LOW * band.high and aside <= band.pen / 2


def _measure_aside(stroke: Stroke, x: float) -> float:
    """Return how far a place is beside the columns of a stroke, in pixels."""
    return max(0.0, stroke.x - x, x - stroke.right)


def _is(group: Group, *digits: int) -> bool:
    return group.sign is None and group.seen is not None and group.seen.digit in digits
