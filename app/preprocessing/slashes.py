"""Tell slashes from plain ones: both are straight strokes, so the other digits of the page must tell.

    lines -> how evenly the page is written -> each straight stroke's slope and height beside its line's digits,
          -> and whether it parts the line as a date or a fraction is parted -> the odds of a slash

Where one person wrote the page, a stroke that leans more than the others and is higher is a slash; where its digits are
uneven, as those of several people are, a 1 may do so, too. Knows no networks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .signs import Band, Bar, fit_bar, is_straight
from .strokes import Stroke

TALL = 0.7  # of the digits' height that a slash is high at least,
FLATTEST = 1.7  # and times its height that it is wide at most: 60 degrees
ALIKE = 0.12  # slopes that differ by no more are of the same sign

# How a digit's moments lean, on 400 drawn ones of each label whose hand's slant is known: OWN_SLANT where the hand is
# upright, SLANT_GAIN times the hand's slant on top, with a standard deviation of SLANT_NOISE. Slants of hands are drawn
# around USUAL_SLANT with SLANT_SPREAD (train/handwriting/pens.py).
OWN_SLANT = (0.02, -0.01, 0.06, -0.01, -0.15, -0.01, 0.04, 0.01, 0.03, -0.09)
SLANT_GAIN = 0.66
SLANT_NOISE = 0.15
USUAL_SLANT = 0.06
SLANT_SPREAD = 0.16
FORMS = ("date", "day and month", "fraction", "odd date", "long fraction", "neither")  # how a line is parted
SHORT = 2  # digits on each side of a fraction's slash; with more, it is a long one
MONTHS, DAYS = 12, 31


class Weights(NamedTuple):
    """What each thing that is given weighs: the logarithm of the odds of a slash."""

    forms: tuple[float, ...]  # of FORMS: where a stroke starts
    given: tuple[float, ...]  # of Straight.given


# `python -m train fit-pages` fits them: on 865 ones and 1,181 slashes of training digits and drawn ones, each 1 ten
# times, since numbers outnumber dates, and one that is read as a date misleads more
SLASH = Weights(forms=(11.4, 7.9, 7.2, 8.3, 9.2, 3.9), given=(6.8, 10.2, -30.8, -22.4, -23.3, -46.3, -66.2, -13.0))
STEEPER = 0.2  # leans less than so much more than the hand: what lacks is weighed, too
DEEPER = 0.08  # of the digits' height: reaches less than so far under its neighbours: likewise,
MAX_HIGHER = 0.2  # up to so much that lacks
NEAR = 2.6  # odds' logarithm up to which either is doubted: thirteen to one


@dataclass(frozen=True)
class Spread:
    """How much the digits of a page differ within their lines, as standard deviations; of one hand, they do little."""

    leans: float  # how far right their tops are, of their height
    sizes: float  # their heights, of the usual one
    rises: float  # their lower edges, off a straight line, of the usual height
    pens: float  # natural logarithm of the pen's width


MIN_SPREAD = Spread(leans=0.07, sizes=0.05, rises=0.03, pens=0.1)  # of one hand; less says no more,
MAX_SPREAD = Spread(leans=0.2, sizes=0.15, rises=0.12, pens=0.35)  # nor does more than that of many


@dataclass(frozen=True)
class Hand:
    """How a line's digits are written."""

    slant: float  # how far right the top of a stroke is, of its height
    high: float  # pixels


class Written(NamedTuple):
    """What stands in a line: its ink, which digit it is read as, if any, and how it leans, if it may be a slash."""

    stroke: Stroke
    digit: int | None
    bar: Bar | None


class Straight(NamedTuple):
    """A stroke that is a slash or a plain 1, and what speaks for either."""

    line: int
    place: int  # in its line
    together: tuple[int, ...]  # the places of the strokes that are slashes where this one is
    form: int  # how the line is then parted: a place in FORMS
    given: tuple[float, ...]  # how much more than the hand it leans, is higher; lacks of STEEPER, of DEEPER; the Spread


def may_be_slash(stroke: Stroke, band: Band) -> Bar | None:
    """Return how a stroke leans that could be a slash or a plain 1; None of any other."""
    if stroke.height < TALL * band.high or stroke.width > FLATTEST * stroke.height:
        return None
    bar = fit_bar(stroke.mask)
    pen = min(stroke.pen, 1.3 * band.pen)
    return bar if bar.slope > 0 and bar.solid > 0.8 and is_straight(bar, stroke.height, pen) else None


def weigh_slashes(lines: Sequence[Sequence[Written]]) -> dict[tuple[int, int], float]:
    """Return the logarithm of the odds that straight strokes of a page are slashes and not ones, by line and place.

    A line without any other digit has none.
    """
    return weigh_all(find_straight(lines))


def weigh_all(found: Sequence[Straight]) -> dict[tuple[int, int], float]:
    """Return the same of all straight strokes of a page, as find_straight() returns them."""
    own = {(one.line, one.place): weigh_straight(one) for one in found}
    return {(one.line, one.place): float(np.mean([own[one.line, by] for by in one.together])) for one in found}


def weigh_straight(straight: Straight) -> float:
    """Return the logarithm of the odds that a straight stroke is a slash, for itself."""
    return SLASH.forms[straight.form] + float(np.dot(SLASH.given, straight.given))


def find_straight(lines: Sequence[Sequence[Written]]) -> list[Straight]:
    """Find the strokes of a page's lines that may be slashes, and what speaks for it."""
    slopes = [_list_slopes(line) for line in lines]
    others = [
        [(one.stroke, one.digit) for place, one in enumerate(line) if one.digit is not None and place not in own]
        for line, own in zip(lines, slopes, strict=True)
    ]
    spread = measure_spread([digits for digits in others if digits])
    evenness = np.clip(astuple(spread), astuple(MIN_SPREAD), astuple(MAX_SPREAD)).tolist()
    found = []
    for number, (line, own, digits) in enumerate(zip(lines, slopes, others, strict=True)):
        if not digits:
            continue
        hand = measure_hand(digits, spread.leans)
        for place, slope in own.items():
            together = _find_together(own, place, len(line))
            form = name_form([one.digit for one in line], together)
            if FORMS[form] == "neither":
                together = {place}
            high = line[place].stroke.height / hand.high - 1
            steeper = slope - hand.slant
            shallow = min(MAX_HIGHER, max(0.0, DEEPER - _measure_depth(line, place) / hand.high))
            given = (steeper, high, max(0.0, STEEPER - steeper), shallow, *evenness)
            found.append(Straight(number, place, tuple(sorted(together)), form, given))
    return found


def _measure_depth(line: Sequence[Written], place: int) -> float:
    """Return how far a stroke reaches under the two that it stands between, in pixels."""
    before, one, after = (written.stroke for written in line[place - 1 : place + 2])
    return one.bottom - (before.bottom + after.bottom) / 2


def _list_slopes(line: Sequence[Written]) -> dict[int, float]:
    """Return how the strokes of a line lean that may be slashes, by place: straight ones between two digits."""
    return {
        place: one.bar.slope
        for place, (before, one, after) in enumerate(zip(line, line[1:], line[2:], strict=False), 1)
        if one.bar and before.digit is not None and after.digit is not None
    }


def _find_together(slopes: dict[int, float], place: int, count: int) -> set[int]:
    """Return the places of a line's straight strokes that are slashes where one is: those that lean as much."""
    together = {other for other, slope in slopes.items() if slope >= slopes[place] - ALIKE}
    steepest = sorted(slopes, key=lambda other: -slopes[other])[:2]
    if not fits_date(count, together) and place in steepest:
        return set(steepest)  # the others may be 1s of a hand that slants
    return together


def fits_date(count: int, at: Iterable[int]) -> bool:
    """Tell whether signs at some of a line's places part it as dates and fractions are: 7/8, 7/8/26, 2026/8/7."""
    places = [-1, *sorted(at), count]
    lengths = [end - start - 1 for start, end in pairwise(places)]
    if len(lengths) == 2:
        return min(lengths) >= 1 and max(lengths) <= 3
    day_first = lengths[0] <= 2 and len(lengths) == 3 and lengths[2] in (2, 4)
    year_first = lengths[0] == 4 and len(lengths) == 3 and lengths[2] <= 2
    return (day_first or year_first) and min(lengths) >= 1 and lengths[1] <= 2


def name_form(digits: Sequence[int | None], at: Iterable[int]) -> int:
    """Return as what signs at some places part a line: the place in FORMS."""
    at = sorted(at)
    if not fits_date(len(digits), at):
        return FORMS.index("neither")
    parts = [digits[start + 1 : end] for start, end in pairwise([-1, *at, len(digits)])]
    numbers = [int("".join(str(digit) for digit in part if digit is not None) or 0) for part in parts]
    day, month = numbers[-2:] if len(parts[0]) > SHORT else numbers[:2]
    is_day = 1 <= min(day, month) <= MONTHS and 1 <= max(day, month) <= DAYS
    if len(at) > 1:
        return FORMS.index("date" if is_day else "odd date")
    if max(len(part) for part in parts) > SHORT:
        return FORMS.index("long fraction")
    return FORMS.index("day and month" if is_day else "fraction")


def measure_hand(digits: Sequence[tuple[Stroke, int]], leans: float) -> Hand:
    """Measure how a line's digits are written: stroke, and which digit it is; `leans` is the Spread's."""
    return Hand(
        estimate_slant(digits, max(SLANT_NOISE, leans)), float(np.median([stroke.height for stroke, _ in digits]))
    )


def measure_spread(lines: Sequence[Sequence[tuple[Stroke, int]]]) -> Spread:
    """Measure how much the digits of a page differ, each from the others of its line."""
    leans, sizes, rises, pens = _Pool(), _Pool(), _Pool(), _Pool()
    for digits in lines:
        heights = np.array([stroke.height for stroke, _ in digits], float)
        usual = float(np.median(heights))
        leans.add(np.array([_measure_lean(stroke, digit) for stroke, digit in digits]))
        sizes.add(heights / usual)
        pens.add(np.log([max(1.0, stroke.pen) for stroke, _ in digits]))
        middles = np.array([stroke.x + stroke.width / 2 for stroke, _ in digits])
        rises.add(np.array([stroke.bottom for stroke, _ in digits]) / usual, middles)
    return Spread(leans.deviation, sizes.deviation, rises.deviation, pens.deviation)


class _Pool:
    """The standard deviation within groups, of all groups together."""

    def __init__(self) -> None:
        """Begin with nothing, which deviates by 0."""
        self._squares, self._free = 0.0, 0

    def add(self, values: NDArray[np.float64], along: NDArray[np.float64] | None = None) -> None:
        """Add a group that deviates from its mean, or from a straight line along other values."""
        away = values - values.mean()
        free = len(values) - 1
        if along is not None:
            steps = along - along.mean()
            away = away - steps * float(steps @ away) / max(1e-6, float(steps @ steps))
            free -= 1
        if free > 0:
            self._squares += float(away @ away)
            self._free += free

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return float(np.sqrt(self._squares / self._free)) if self._free else 0.0


def _measure_lean(stroke: Stroke, digit: int) -> float:
    """Return how far right a digit's top is, of its height, by its moments; 0 where the hand is upright."""
    moments = cv2.moments(stroke.mask.astype(np.uint8), binaryImage=True)
    own = OWN_SLANT[digit] if digit < len(OWN_SLANT) else 0.0
    return -float(moments["mu11"]) / max(1e-6, float(moments["mu02"])) - own


def estimate_slant(digits: Sequence[tuple[Stroke, int]], noise: float = SLANT_NOISE) -> float:
    """Return how far a hand leans to the right, of the height, from its digits' moments; without any, as most do.

    Args:
        digits: stroke, and which digit it is.
        noise: standard deviation with which digits of a hand lean.
    """
    total = sum(_measure_lean(stroke, digit) - SLANT_GAIN * USUAL_SLANT for stroke, digit in digits)
    return USUAL_SLANT + total * SLANT_GAIN / (len(digits) * SLANT_GAIN**2 + (noise / SLANT_SPREAD) ** 2)
