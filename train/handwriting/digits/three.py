"""How people write a 3."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Stroke
from .style import Style


def belly(rng: np.random.Generator, top: float) -> Stroke:
    """Return the lower bow of a 3 or a 5, from its right side to its tail."""
    u = rng.uniform
    right = u(0.5, 0.64)
    tail: Stroke = [(u(-0.04, 0.1), u(0.82, 0.96))]
    if u() < 0.25:
        tail.append((tail[0][0] - u(0.0, 0.06), tail[0][1] - u(0.06, 0.14)))
    return [(right, (1.0 + top) / 2 + u(-0.03, 0.05)), (u(0.22, 0.36), 1.0), *tail]


def draw_round(rng: np.random.Generator) -> Glyph:
    """Draw two bows."""
    u = rng.uniform
    waist = u(0.4, 0.5)
    head: Stroke = [(u(0.0, 0.1), u(0.06, 0.2)), (u(0.2, 0.32), 0.0), (u(0.44, 0.56), waist * u(0.4, 0.55))]
    return [[*head, (u(0.14, 0.3), waist, u(0.4, 1)), *belly(rng, waist)]]


def draw_flat(rng: np.random.Generator) -> Glyph:
    """Draw a straight top, then a bow."""
    u = rng.uniform
    waist = u(0.34, 0.46)
    head: Stroke = [
        (u(0.0, 0.08), u(-0.02, 0.06)),
        (u(0.46, 0.58), u(-0.02, 0.04), u(0.8, 1)),
        (u(0.16, 0.28), waist, u(0.6, 1)),
    ]
    return [[*head, *belly(rng, waist)]]


def draw_looped(rng: np.random.Generator) -> Glyph:
    """Loop between the bows."""
    u = rng.uniform
    waist = u(0.42, 0.5)
    head: Stroke = [(u(0.0, 0.1), u(0.08, 0.2)), (0.26, 0.0), (u(0.44, 0.54), 0.2), (u(0.24, 0.3), waist)]
    knot: Stroke = [(u(0.1, 0.17), waist + u(-0.01, 0.03)), (u(0.16, 0.22), waist - u(0.05, 0.1)), (0.34, waist + 0.01)]
    return [head + knot + belly(rng, waist)]


def draw_shallow(rng: np.random.Generator) -> Glyph:
    """Draw a back that is nearly straight: the waist is only a dent."""
    u = rng.uniform
    waist = u(0.42, 0.52)
    head: Stroke = [(0.0, u(0.02, 0.12)), (u(0.2, 0.34), 0.0), (u(0.46, 0.54), waist * 0.5, u(0, 0.4))]
    return [
        [
            *head,
            (u(0.3, 0.38), waist, u(0.5, 1)),
            (u(0.48, 0.56), (1 + waist) / 2),
            (u(0.24, 0.34), 1.0),
            (u(-0.02, 0.04), u(0.9, 1.0)),
        ]
    ]


def draw_square(rng: np.random.Generator) -> Glyph:
    """Draw a straight back and three bars, as on a calculator."""
    u = rng.uniform
    corner, wide = u(0.3, 1), u(0.42, 0.6)
    back: Stroke = [
        (0.0, u(-0.03, 0.04)),
        (wide, 0.0, corner),
        (wide + u(-0.03, 0.03), 0.5),
        (wide, 1.0, corner),
        (0.0, 1.0 + u(-0.05, 0.04)),
    ]
    return [back, [(u(0.02, 0.16), 0.48 + u(-0.03, 0.04)), (wide, 0.48)]]


def draw_angular(rng: np.random.Generator) -> Glyph:
    """Draw two wedges."""
    u = rng.uniform
    head: Stroke = [
        (0.0, u(0.0, 0.1)),
        (u(0.2, 0.3), 0.0, 0.5),
        (u(0.44, 0.56), u(0.14, 0.22), u(0.4, 1)),
        (u(0.14, 0.26), u(0.42, 0.48), 1),
    ]
    return [[*head, (u(0.46, 0.6), u(0.66, 0.78), u(0.4, 1)), (u(0.2, 0.36), 1.0, u(0.2, 0.8)), (0.0, u(0.86, 0.98))]]


STYLES = (
    Style("round", 4, draw_round),
    Style("flat", 2.5, draw_flat),
    Style("looped", 1.5, draw_looped, 0.16),
    Style("shallow", 1.5, draw_shallow),
    Style("square", 0.8, draw_square, 0.18),
    Style("angular", 1.5, draw_angular),
)
