"""Where two digits meet: pairs of styles written by corresponding strokes, and how likely each is on the way between.

Every way from one digit to the other passes shapes that people would disagree on. What is drawn there is labelled by
how many would read which.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..curves import Glyph, Stroke
from .catalogue import STYLES
from .style import Style
from .three import belly

STEEPNESS = 4.0  # of the logistic curve, from one end of the band of doubt to its middle


class Morph(NamedTuple):
    """Two styles of two digits, and where on the way between them people begin to read the other one.

    centre: share of the second where as many read the one as the other.
    doubt: how far from the centre no one reads the other any more.
    """

    labels: tuple[int, int]
    styles: tuple[Style, Style]
    centre: float
    doubt: float = 0.28

    def weigh(self, share: float) -> float:
        """Return how likely the second digit is at a share of it: 0 and 1 outside the band of doubt."""
        away = min(max((share - self.centre) / self.doubt, -1.0), 1.0)
        edge = 1 / (1 + math.exp(STEEPNESS))
        return (1 / (1 + math.exp(-STEEPNESS * away)) - edge) / (1 - 2 * edge)


def draw_closed_four(rng: np.random.Generator) -> Glyph:
    """Draw slope, bar, stem up and stem down in one stroke, as a 9 is drawn."""
    u = rng.uniform
    bar, stem = u(0.44, 0.62), u(0.36, 0.5)
    arm: Stroke = [(stem + u(-0.04, 0.03), u(0.0, 0.05)), (0.0, bar, u(0.8, 1)), (stem, bar + u(-0.04, 0.03), 1)]
    return [[*arm, (stem, u(-0.03, 0.02), 1), (stem + u(-0.05, 0.03), 1.0)]]


def draw_small_four(rng: np.random.Generator) -> Glyph:
    """Draw a 4 with a small head in one stroke."""
    u = rng.uniform
    bar, stem = u(0.3, 0.42), u(0.26, 0.38)
    arm: Stroke = [(stem + u(-0.03, 0.02), u(0.0, 0.04)), (0.0, bar, u(0.8, 1)), (stem, bar + u(-0.04, 0.02), 1)]
    return [[*arm, (stem, u(-0.03, 0.02), 1), (stem + u(-0.06, 0.02), 1.0)]]


def draw_curled_g(rng: np.random.Generator) -> Glyph:
    """Draw a 9 that starts inside, at the foot of its head, and swings its tail to the left."""
    u = rng.uniform
    low, right = u(0.42, 0.52), u(0.42, 0.54)
    start: Stroke = [(right * u(0.85, 1.0), low - 0.08), (right * 0.5, low), (0.0, low * 0.5), (right * 0.5, 0.0)]
    tail: Stroke = [(right, 0.66), (right - u(0.1, 0.24), 1.0), (u(-0.12, 0.06), u(0.84, 0.96))]
    return [[*start, (right, low * u(0.45, 0.6)), *tail]]


def draw_three_under_bar(rng: np.random.Generator) -> Glyph:
    """Draw a 3 of a diagonal and a bow, and the bar over it, as a 5 is drawn."""
    u = rng.uniform
    waist, right = u(0.36, 0.46), u(0.42, 0.54)
    body: Stroke = [(right, u(0.0, 0.03)), (u(0.16, 0.26), waist, u(0.6, 1)), (u(0.3, 0.38), waist)]
    return [body + belly(rng, waist), [(u(-0.02, 0.06), u(-0.04, 0.04)), (right + u(-0.02, 0.03), u(-0.03, 0.03))]]


def draw_five_under_bar(rng: np.random.Generator) -> Glyph:
    """Draw a 5 of neck and belly, and its hat from end to end."""
    u = rng.uniform
    waist, right = u(0.36, 0.46), u(0.42, 0.54)
    left = u(0.02, 0.08)
    body: Stroke = [
        (left, u(0.0, 0.03)),
        (left + u(-0.04, 0.02), waist, u(0.6, 1)),
        (u(0.26, 0.34), waist - u(0.0, 0.08)),
    ]
    return [body + belly(rng, waist), [(left + u(-0.03, 0.02), u(-0.03, 0.03)), (right, u(-0.05, 0.03))]]


def draw_eight_of_three(rng: np.random.Generator) -> Glyph:
    """Draw an 8 as a 3 whose ends go on to its waist."""
    u = rng.uniform
    waist, wide = u(0.42, 0.52), u(0.46, 0.58)
    mid = wide / 2
    top: Stroke = [(mid, waist), (u(0.02, 0.08), waist * 0.5), (mid, 0.0), (wide * 0.92, waist * 0.5)]
    low: Stroke = [(mid, waist, u(0.3, 1)), (wide, (1 + waist) / 2), (mid, 1.0), (0.0, (1 + waist) / 2), (mid, waist)]
    return [[*top, *low]]


def draw_six_of_five(rng: np.random.Generator) -> Glyph:
    """Draw a 6 as a 5 whose tail goes on to its neck."""
    u = rng.uniform
    waist, right = u(0.4, 0.52), u(0.44, 0.56)
    hook: Stroke = [
        (u(0.4, 0.6), u(-0.04, 0.06)),
        (u(0.08, 0.2), u(0.0, 0.04), u(0, 0.6)),
        (u(0.0, 0.04), waist, u(0, 0.8)),
    ]
    loop: Stroke = [(right * 0.5, waist - 0.06), (right, (1 + waist) / 2), (right * 0.5, 1.0), (0.0, (1.1 + waist) / 2)]
    return [[*hook, *loop, (0.0, waist)]]


def draw_six_of_two(rng: np.random.Generator) -> Glyph:
    """Draw a 6 in two strokes: back and ground, then the loop's arch down to it."""
    u = rng.uniform
    right = u(0.36, 0.5)
    back: Stroke = [(u(0.02, 0.2), u(-0.02, 0.04)), (0.0, u(0.8, 0.92), u(0, 0.4)), (right * 0.7, u(0.97, 1.02))]
    return [back, [(u(0.0, 0.05), u(0.56, 0.68)), (right * 0.6, u(0.46, 0.54)), (right, 0.74), (right * 0.7, 0.99)]]


def draw_eight_of_nine(rng: np.random.Generator) -> Glyph:
    """Draw an 8 as a 9 whose tail goes on to its head."""
    u = rng.uniform
    low, right = u(0.42, 0.5), u(0.42, 0.54)
    head: Stroke = [
        (right, u(0.06, 0.12)),
        (right * 0.5, 0.0),
        (0.0, low * 0.5),
        (right * 0.45, low),
        (right, low * 0.5),
    ]
    tail: Stroke = [(right, 0.7), (right * 0.5, 1.0), (u(-0.02, 0.06), 0.76), (right * 0.45, low)]
    return [[*head, (right + 0.02, u(0.08, 0.16)), *tail]]


def draw_eight_of_six(rng: np.random.Generator) -> Glyph:
    """Draw an 8 as a 6 whose hook goes on round to its loop."""
    u = rng.uniform
    waist, right = u(0.42, 0.5), u(0.46, 0.56)
    hook: Stroke = [(right * 0.55, waist), (right * u(0.85, 1.0), waist * 0.5), (right * 0.5, 0.0), (0.04, waist * 0.5)]
    loop: Stroke = [(u(0.06, 0.12), waist), (0.0, (1 + waist) / 2), (right * 0.5, 1.0), (right, (1 + waist) / 2)]
    return [[*hook, *loop, (right * 0.52, waist), (u(0.06, 0.12), waist + 0.08)]]


def draw_upright_seven(rng: np.random.Generator) -> Glyph:
    """Draw a 7 of a level top and an upright stem."""
    u = rng.uniform
    wide = u(0.36, 0.55)
    return [[(0.0, u(-0.03, 0.05)), (wide, 0.0, u(0.8, 1)), (wide - u(-0.02, 0.06), 1.0)]]


def draw_curled_one(rng: np.random.Generator) -> Glyph:
    """Draw a 1 whose flag comes from below and goes round the top."""
    u = rng.uniform
    across = u(0.2, 0.34)
    start: Stroke = [(-across, u(0.24, 0.34)), (-across * 0.6, u(0.08, 0.14))]
    return [[*start, (0.0, 0.0, u(0.4, 1)), (u(-0.02, 0.02), 0.5), (u(-0.06, 0.03), 1.0)]]


def _find(label: int, name: str) -> Style:
    return next(style for style in STYLES[label] if style.name == name)


CLOSED_FOUR = Style("closed in one", 1, draw_closed_four, 0.12)
SMALL_FOUR = Style("small in one", 1, draw_small_four, 0.09)
CURLED_G = Style("curled g", 1, draw_curled_g, 0.12)
THREE_UNDER_BAR = Style("under a bar", 1, draw_three_under_bar, 0.13)
FIVE_UNDER_BAR = Style("under a bar", 1, draw_five_under_bar, 0.13)
EIGHT_OF_THREE = Style("ends at the waist", 1, draw_eight_of_three, 0.13)
SIX_OF_FIVE = Style("ends at the neck", 1, draw_six_of_five, 0.13)
EIGHT_OF_NINE = Style("tail to the head", 1, draw_eight_of_nine, 0.12)
EIGHT_OF_SIX = Style("hook to the loop", 1, draw_eight_of_six, 0.12)
UPRIGHT_SEVEN = Style("upright", 1, draw_upright_seven, 0.16, lean=(-0.15, 0.4))
SIX_OF_TWO = Style("two strokes", 1, draw_six_of_two, 0.13)
CURLED_ONE = Style("curled flag", 1, draw_curled_one, 0.14, lean=(-0.3, 0.25))

MORPHS = (
    Morph((1, 7), (_find(1, "long flag"), _find(7, "plain")), 0.46),
    Morph((1, 7), (_find(1, "flat flag"), _find(7, "plain")), 0.34, 0.3),
    Morph((1, 7), (_find(1, "flat flag"), UPRIGHT_SEVEN), 0.32),
    Morph((1, 7), (_find(1, "wide flag"), _find(7, "plain")), 0.46),
    Morph((1, 7), (_find(1, "curved flag"), _find(7, "curved")), 0.44),
    Morph((1, 7), (CURLED_ONE, _find(7, "hook")), 0.36),
    Morph((1, 2), (_find(1, "cornered"), _find(2, "like z")), 0.24, 0.22),
    Morph((1, 2), (_find(1, "cornered"), _find(2, "plain")), 0.25, 0.22),
    Morph((1, 2), (_find(1, "running"), _find(2, "short footed")), 0.3),
    Morph((1, 4), (_find(1, "long based"), _find(4, "stem first")), 0.38),
    Morph((1, 6), (_find(1, "plain"), _find(6, "tiny loop")), 0.47, 0.33),
    Morph((1, 9), (_find(1, "plain"), _find(9, "tiny head")), 0.4),
    Morph((4, 9), (_find(4, "one stroke"), _find(9, "straight")), 0.36),
    Morph((4, 9), (_find(4, "one stroke"), _find(9, "open")), 0.4),
    Morph((4, 9), (CLOSED_FOUR, _find(9, "straight")), 0.37, 0.33),
    Morph((4, 9), (CLOSED_FOUR, _find(9, "round")), 0.36, 0.3),
    Morph((4, 9), (SMALL_FOUR, _find(9, "small")), 0.4, 0.33),
    Morph((4, 9), (_find(4, "bolt"), _find(9, "like y")), 0.4),
    Morph((4, 6), (_find(4, "lightning"), _find(6, "hooked")), 0.34),
    Morph((4, 6), (_find(4, "low barred"), SIX_OF_TWO), 0.4),
    Morph((7, 2), (_find(7, "curved"), _find(2, "short footed")), 0.4),
    Morph((7, 2), (_find(7, "plain"), _find(2, "like z")), 0.38),
    Morph((7, 2), (_find(7, "hook"), _find(2, "hooked")), 0.4),
    Morph((7, 2), (_find(7, "arched barred"), _find(2, "plain")), 0.45, 0.33),
    Morph((7, 3), (_find(7, "plain"), _find(3, "zed topped")), 0.4),
    Morph((7, 3), (_find(7, "curved"), _find(3, "thin")), 0.46),
    Morph((7, 9), (_find(7, "hook"), _find(9, "curled")), 0.5),
    Morph((9, 3), (CURLED_G, _find(3, "round")), 0.42),
    Morph((9, 3), (CURLED_G, _find(3, "thin")), 0.45),
    Morph((9, 5), (_find(9, "like y"), _find(5, "like s")), 0.5),
    Morph((9, 5), (_find(9, "g tailed"), _find(5, "one stroke")), 0.5),
    Morph((9, 5), (_find(9, "g tailed small"), _find(5, "short hat")), 0.42),
    Morph((9, 8), (_find(9, "g tailed"), EIGHT_OF_NINE), 0.68),
    Morph((3, 5), (THREE_UNDER_BAR, FIVE_UNDER_BAR), 0.47),
    Morph((3, 8), (_find(3, "round"), EIGHT_OF_THREE), 0.55),
    Morph((3, 8), (_find(3, "curled"), EIGHT_OF_THREE), 0.44),
    Morph((5, 6), (_find(5, "one stroke"), SIX_OF_FIVE), 0.67),
    Morph((5, 6), (_find(5, "like s"), SIX_OF_FIVE), 0.66),
    Morph((6, 8), (_find(6, "hooked"), EIGHT_OF_SIX), 0.55),
    Morph((0, 6), (_find(0, "overlapped"), _find(6, "round")), 0.36),
    Morph((0, 6), (_find(0, "overlapped"), _find(6, "upright")), 0.36),
)
