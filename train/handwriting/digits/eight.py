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


def draw_unequal(rng: np.random.Generator) -> Glyph:
    """Draw a ring on a ring of another size, set off to one side, just touching or a little into each other."""
    u = rng.uniform
    waist = u(0.28, 0.4) if u() < 0.6 else u(0.56, 0.66)
    touch = u(0.0, 0.05)
    head, body = u(0.75, 1.1) * waist / 2, u(0.7, 1.05) * (1 - waist) / 2
    upper = ring((0.27 + u(-0.06, 0.08), waist / 2), (head, waist / 2 + touch), u(-0.4, 0.3), -u(0.98, 1.1))
    return [upper, ring((0.27, (1 + waist) / 2), (body, (1 - waist) / 2 + touch), u(-0.45, -0.1), -u(0.98, 1.1))]


def draw_gaping(rng: np.random.Generator) -> Glyph:
    """Start and end at the top right, with paper between the ends."""
    u = rng.uniform
    waist, wide = u(0.4, 0.5), u(0.44, 0.6)
    mid = wide / 2
    top: Stroke = [
        (wide * u(0.85, 1.0), u(0.08, 0.2)),
        (mid * u(0.9, 1.1), 0.0),
        (u(0.03, 0.08), waist * 0.5),
        (mid, waist),
    ]
    low: Stroke = [(wide, (1 + waist) / 2), (mid, 1.0), (0.0, (1 + waist) / 2), (mid, waist + u(-0.02, 0.02))]
    return [[*top, *low, (wide * u(0.85, 1.1), waist * u(0.45, 0.7))]]


def draw_slashed_back(rng: np.random.Generator) -> Glyph:
    """Draw an S, and close it by a straight line from its end to its start."""
    u = rng.uniform
    waist, wide = u(0.42, 0.5), u(0.46, 0.62)
    top: Stroke = [(wide * u(0.85, 1.0), u(0.06, 0.16)), (wide * 0.5, 0.0), (u(0.02, 0.08), waist * 0.5)]
    low: Stroke = [(wide * 0.5, waist), (wide, (1 + waist) / 2), (wide * 0.5, 1.0), (0.0, u(0.78, 0.88), u(0.2, 0.9))]
    return [[*top, *low, (wide * u(0.8, 1.05), u(-0.02, 0.14))]]


def draw_mirrored(rng: np.random.Generator) -> Glyph:
    """Begin at the top and go round to the right first."""
    u = rng.uniform
    waist, wide = u(0.4, 0.52), u(0.42, 0.56)
    mid = wide / 2
    top: Stroke = [(mid + u(-0.12, 0.02), u(0.0, 0.05)), (wide * u(0.85, 1.0), waist * 0.45), (mid, waist)]
    low: Stroke = [(0.0, (1 + waist) / 2), (mid, 1.0), (wide, (1 + waist) / 2), (mid, waist + u(-0.02, 0.02))]
    return [[*top, *low, (u(0.02, 0.08), waist * 0.5), (mid + u(-0.1, 0.04), u(-0.03, 0.06))]]


def draw_square(rng: np.random.Generator) -> Glyph:
    """Draw a box and the bar across it, as on a calculator."""
    u = rng.uniform
    corner, wide = u(0.2, 1), u(0.4, 0.6)
    waist = u(0.42, 0.54)
    box: Stroke = [(0.0, u(0.0, 0.04)), (0.0, 1.0, corner), (wide, 1.0, corner), (wide, 0.0, corner)]
    return [[*box, (u(-0.02, 0.04), u(-0.03, 0.03))], [(u(-0.03, 0.03), waist), (wide + u(-0.03, 0.03), waist)]]


def draw_slim(rng: np.random.Generator) -> Glyph:
    """Cross two long curves that nearly touch."""
    u = rng.uniform
    waist, wide = u(0.42, 0.52), u(0.28, 0.4)
    mid = wide / 2
    top: Stroke = [(wide * u(0.8, 1.0), u(0.08, 0.2)), (mid, 0.0), (u(0.0, 0.04), waist * 0.5), (mid, waist)]
    low: Stroke = [(wide, (1 + waist) / 2), (mid, 1.0), (0.0, (1 + waist) / 2), (mid, waist + u(-0.02, 0.02))]
    return [[*top, *low, (wide * u(0.9, 1.0), waist * 0.5), (wide * u(0.6, 0.9), u(-0.02, 0.1))]]


STYLES = (
    Style("crossed", 5, draw_crossed, 0.2, "s and back"),
    Style("open", 1.5, draw_open, 0.15, "s and back"),
    Style("snowman", 2.5, draw_snowman),
    Style("from waist", 1.5, draw_from_waist),
    Style("straight", 1.5, draw_straight, 0.17, "s and back"),
    Style("unequal", 1.5, draw_unequal, 0.1),
    Style("gaping", 1.2, draw_gaping, 0.13, "s and back"),
    Style("slashed back", 1.2, draw_slashed_back, 0.14, "s and back"),
    Style("mirrored", 1, draw_mirrored, 0.15),
    Style("square", 0.7, draw_square, 0.13),
    Style("slim", 1, draw_slim, 0.1, "s and back", widen=(-0.2, 0.5)),
)
