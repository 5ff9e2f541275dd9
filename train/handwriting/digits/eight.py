"""How people write an 8."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Stroke, ring
from .style import Style


def draw_crossed(rng: np.random.Generator) -> Glyph:
    """Draw an S from the top right, then go back up across it."""
    u = rng.uniform
    waist, wide = u(0.42, 0.52), u(0.46, 0.6)
    mid = wide / 2
    top: Stroke = [(wide * u(0.7, 0.95), u(0.05, 0.16)), (mid, 0.0), (u(0.03, 0.08), waist * 0.5), (mid, waist)]
    low: Stroke = [(wide, (1 + waist) / 2), (mid, 1.0), (0.0, (1 + waist) / 2), (mid, waist + u(-0.02, 0.02))]
    return [[*top, *low, (wide * u(0.82, 0.98), waist * 0.5), (wide * u(0.6, 0.9), u(-0.02, 0.1))]]


def draw_open(rng: np.random.Generator) -> Glyph:
    """Stop before the top closes."""
    u = rng.uniform
    waist, wide = u(0.4, 0.5), u(0.46, 0.58)
    mid = wide / 2
    top: Stroke = [(wide * u(0.55, 0.8), u(0.0, 0.06)), (mid * 0.6, 0.03), (0.05, waist * 0.5), (mid, waist)]
    low: Stroke = [(wide, (1 + waist) / 2), (mid, 1.0), (0.0, (1 + waist) / 2), (mid, waist)]
    return [[*top, *low, (wide * u(0.85, 1.05), u(0.06, 0.2))]]


def draw_snowman(rng: np.random.Generator) -> Glyph:
    """Draw a ring on a ring."""
    u = rng.uniform
    waist, head, body = u(0.4, 0.52), u(0.15, 0.24), u(0.2, 0.3)
    upper = ring((0.27 + u(-0.03, 0.03), waist / 2), (head, waist / 2), u(-0.4, 0.3), -u(0.98, 1.1), u(-0.05, 0.05))
    lower = ring(
        (0.27, (1 + waist) / 2 + u(-0.02, 0.0)),
        (body, (1 - waist) / 2 + 0.02),
        u(-0.35, -0.15),
        -u(0.98, 1.1),
        u(-0.05, 0.05),
    )
    return [upper, lower]


def draw_from_waist(rng: np.random.Generator) -> Glyph:
    """Start and end where the loops meet."""
    u = rng.uniform
    waist, wide = u(0.44, 0.52), u(0.44, 0.58)
    mid = wide / 2
    top: Stroke = [
        (mid, waist),
        (0.05, waist * 0.5),
        (mid, 0.0),
        (wide * 0.92, waist * 0.5),
        (mid, waist + u(-0.02, 0.02)),
    ]
    return [
        [
            *top,
            (0.0, (1 + waist) / 2),
            (mid, 1.0),
            (wide, (1 + waist) / 2),
            (mid + u(-0.06, 0.06), waist + u(-0.04, 0.04)),
        ]
    ]


def draw_straight(rng: np.random.Generator) -> Glyph:
    """Cross two straight diagonals, closed by a cap and a bow."""
    u = rng.uniform
    wide = u(0.46, 0.6)
    first: Stroke = [
        (wide * u(0.7, 0.95), u(0.06, 0.14)),
        (wide * 0.5, 0.0),
        (wide * 0.12, u(0.1, 0.2), u(0, 0.5)),
        (wide * 0.9, 0.75, u(0, 0.4)),
    ]
    return [[*first, (wide * 0.45, 1.0), (wide * 0.03, u(0.78, 0.86), u(0, 0.4)), (wide * u(0.84, 1.0), u(0.08, 0.16))]]


STYLES = (
    Style("crossed", 5, draw_crossed, 0.2),
    Style("open", 1.5, draw_open, 0.15),
    Style("snowman", 2.5, draw_snowman),
    Style("from waist", 1.5, draw_from_waist),
    Style("straight", 1.5, draw_straight, 0.17),
)
