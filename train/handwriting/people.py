"""One person's digits: the same forms, hand and pen all along, each digit a little different from the last.

pick_person -> a form or two of every digit, a Hand, a Pen -> write_as -> ink
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .digits.catalogue import STYLES
from .digits.style import Style
from .pens import Hand, Ink, Pen, pick_hand, pick_pen
from .styles import pick_variant, write_style

SECOND_FORM = 0.15  # share of the digits that a person writes in two ways
SECOND_USED = 0.3  # share of those that are written in the second way


class Person(NamedTuple):
    """Who writes: each digit's forms, skeletons that no longer change, and what holds for all of them."""

    forms: tuple[tuple[Style, ...], ...]  # by label, one or two
    hand: Hand
    pen: Pen


def pick_person(rng: np.random.Generator) -> Person:
    """Draw a person at random."""
    pen = pick_pen(rng)
    width = rng.uniform(*pen.width)
    hand = pick_hand(rng)
    forms = tuple(
        tuple(_fix(pick_variant(label, rng), rng) for _ in range(1 + (rng.random() < SECOND_FORM))) for label in STYLES
    )
    hand = hand._replace(jitter=min(hand.jitter, 0.016), haste=min(hand.haste, 4))
    return Person(forms, hand, pen._replace(width=(0.93 * width, 1.07 * width)))


def _fix(style: Style, rng: np.random.Generator) -> Style:
    """Return a style that draws one skeleton always."""
    glyph = style.draw(rng)
    return style._replace(draw=lambda _: glyph)


def write_as(person: Person, label: int, rng: np.random.Generator) -> Ink:
    """Write one digit as a person does: leaning, turned and widened nearly as ever."""
    forms = person.forms[label]
    form = forms[-1] if rng.random() < SECOND_USED else forms[0]
    slant, turn, widen, droop, taper = (rng.standard_normal(5) * (0.04, 0.025, 0.06, 0.015, 0.03)).tolist()
    hand = person.hand
    hand = hand._replace(
        slant=hand.slant + slant,
        turn=hand.turn + turn,
        widen=hand.widen + widen,
        droop=hand.droop + droop,
        taper=hand.taper + taper,
    )
    return write_style(form, hand, person.pen, rng)
