"""Which of the ways to write a digit, and the digit written so: a style of the catalogue, or what lies between two.

label -> pick_style or pick_variant -> write_style with a Hand and a Pen -> ink
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from .blending import blend
from .digits.catalogue import STYLES
from .digits.style import Style
from .pens import Hand, Ink, Pen, draw, write

BLENDED = 0.35  # share of a family's digits that lie between two of its styles
RETRACED = 0.04  # share whose writer goes over it once more, not quite on the line


def pick_variant(label: int, rng: np.random.Generator) -> Style:
    """Draw one of the ways to write a digit, or what lies between two of a family."""
    style = pick_style(label, rng)
    if style.family and rng.random() < BLENDED:
        return between(style, pick_style(label, rng, style.family), rng.random())
    return style


def write_style(style: Style, hand: Hand, pen: Pen, rng: np.random.Generator) -> Ink:
    """Write one digit of a style, the hand varying it no further than the digit stays what it is."""
    slant = min(max(hand.slant, style.lean[0]), style.lean[1])
    hand = hand._replace(slant=slant, widen=min(max(hand.widen, style.widen[0]), style.widen[1]))
    glyph = style.draw(rng)
    paths = write(glyph, hand, rng)
    if rng.random() < RETRACED:
        paths += write(glyph, hand, rng)
    return draw(paths, pen, rng, style.fattest * math.exp(min(hand.widen, 0)) / (1 + 0.5 * abs(slant)))


def pick_style(label: int, rng: np.random.Generator, family: str = "") -> Style:
    """Draw one of the ways to write a digit, by its share: of all, or of a family."""
    styles, shares = _list_styles(label, family)
    chance = rng.random() * shares
    for style in styles:
        chance -= style.share
        if chance < 0:
            return style
    return styles[-1]


@lru_cache(maxsize=64)
def _list_styles(label: int, family: str) -> tuple[list[Style], float]:
    """Return the styles of a digit, or of one family of them, and the sum of their shares."""
    styles = [style for style in STYLES[label] if not family or style.family == family]
    return styles, sum(style.share for style in styles)


def between(first: Style, second: Style, share: float) -> Style:
    """Return a style between two, `share` of it the second's."""
    return Style(
        f"{first.name} to {second.name}",
        0,
        lambda source: blend(first.draw(source), second.draw(source), share),
        min(first.fattest, second.fattest),
        lean=(max(first.lean[0], second.lean[0]), min(first.lean[1], second.lean[1])),
        widen=(max(first.widen[0], second.widen[0]), min(first.widen[1], second.widen[1])),
    )
