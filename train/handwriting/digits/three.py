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


def draw_thin(rng: np.random.Generator) -> Glyph:
    """Draw narrow bows on a leaning back, the waist a dent."""
    u = rng.uniform
    waist, wide = u(0.36, 0.52), u(0.2, 0.36)
    lean = u(0.05, 0.36)
    head: Stroke = [(lean, u(0.02, 0.14)), (lean + wide * 0.55, u(-0.02, 0.02)), (lean + wide, waist * 0.45, u(0, 0.6))]
    bulge = lean * 0.5 + wide * u(0.9, 1.15)
    dent = (bulge - wide * u(0.32, 0.7), waist, u(0.5, 1))
    return [[*head, dent, (bulge, (1 + waist) / 2), (wide * 0.5, 1.0), (u(-0.08, 0.03), u(0.88, 1.0))]]


def draw_zed_topped(rng: np.random.Generator) -> Glyph:
    """Draw a level top, a long diagonal back to the left, and a bow."""
    u = rng.uniform
    waist, top = u(0.32, 0.48), u(0.42, 0.6)
    head: Stroke = [(u(-0.02, 0.06), u(-0.02, 0.05)), (top, u(-0.03, 0.03), u(0.85, 1))]
    return [[*head, (u(0.06, 0.2), waist, u(0.75, 1)), (u(0.3, 0.4), waist + u(-0.03, 0.05)), *belly(rng, waist)]]


def draw_small_head(rng: np.random.Generator) -> Glyph:
    """Draw a small bow over a large one."""
    u = rng.uniform
    waist = u(0.26, 0.36)
    head: Stroke = [(u(0.06, 0.16), u(0.04, 0.12)), (u(0.22, 0.3), 0.0), (u(0.38, 0.46), waist * u(0.4, 0.55))]
    return [[*head, (u(0.16, 0.26), waist, u(0.5, 1)), *belly(rng, waist)]]


def draw_small_belly(rng: np.random.Generator) -> Glyph:
    """Draw a large bow over a small one."""
    u = rng.uniform
    waist = u(0.54, 0.64)
    head: Stroke = [(u(0.0, 0.08), u(0.08, 0.2)), (u(0.22, 0.32), 0.0), (u(0.48, 0.58), waist * u(0.4, 0.5))]
    low: Stroke = [(u(0.4, 0.5), (1 + waist) / 2), (u(0.2, 0.3), 1.0), (u(0.0, 0.1), u(0.88, 0.97))]
    return [[*head, (u(0.16, 0.28), waist, u(0.5, 1)), *low]]


def draw_long_tailed(rng: np.random.Generator) -> Glyph:
    """Let the tail run far to the left, or curl up at its end."""
    u = rng.uniform
    waist = u(0.36, 0.46)
    head: Stroke = [(u(0.04, 0.12), u(0.06, 0.18)), (u(0.24, 0.32), 0.0), (u(0.44, 0.54), waist * u(0.4, 0.55))]
    tail: Stroke = [(u(0.5, 0.6), u(0.66, 0.74)), (u(0.2, 0.3), u(0.96, 1.0)), (u(-0.28, -0.08), u(0.84, 1.0))]
    if u() < 0.4:
        tail.append((tail[-1][0] - u(0.0, 0.05), tail[-1][1] - u(0.1, 0.18)))
    return [[*head, (u(0.16, 0.28), waist, u(0.4, 1)), *tail]]


def draw_curled(rng: np.random.Generator) -> Glyph:
    """Start and end with a hook inward."""
    u = rng.uniform
    waist = u(0.42, 0.5)
    start: Stroke = [(u(0.1, 0.16), u(0.2, 0.26)), (u(0.0, 0.05), u(0.1, 0.16)), (u(0.2, 0.28), 0.0)]
    end: Stroke = [(u(0.02, 0.08), u(0.88, 0.94)), (u(0.04, 0.14), u(0.76, 0.82))]
    low: Stroke = [(u(0.5, 0.58), (1 + waist) / 2), (u(0.26, 0.34), 1.0), *(end if u() < 0.6 else end[:1])]
    return [[*start, (u(0.44, 0.52), waist * 0.5), (u(0.18, 0.28), waist, u(0.5, 1)), *low]]


def draw_lifted(rng: np.random.Generator) -> Glyph:
    """Draw the bows one by one."""
    u = rng.uniform
    waist = u(0.38, 0.48)
    head: Stroke = [(u(0.0, 0.1), u(0.04, 0.16)), (u(0.24, 0.34), 0.0), (u(0.46, 0.54), waist * 0.5)]
    return [
        [*head, (u(0.14, 0.26), waist + u(-0.02, 0.04))],
        [(u(0.12, 0.26), waist + u(-0.04, 0.03)), *belly(rng, waist)],
    ]


STYLES = (
    Style("round", 4, draw_round, family="bows"),
    Style("flat", 2.5, draw_flat, family="bows"),
    Style("looped", 1.5, draw_looped, 0.16, "bows"),
    Style("shallow", 1.5, draw_shallow, family="bows", widen=(-0.3, 0.5)),
    Style("square", 0.8, draw_square, 0.18),
    Style("angular", 1.5, draw_angular, family="bows", widen=(-0.35, 0.5)),
    Style("thin", 1.6, draw_thin, 0.13, "bows", (-0.3, 0.6), (-0.1, 0.5)),
    Style("zed topped", 1.5, draw_zed_topped, 0.15, "bows"),
    Style("small head", 1, draw_small_head, 0.13, "bows", widen=(-0.35, 0.5)),
    Style("small belly", 1, draw_small_belly, 0.14, "bows"),
    Style("long tailed", 1.2, draw_long_tailed, 0.16, "bows"),
    Style("curled", 0.8, draw_curled, 0.12),
    Style("lifted", 0.6, draw_lifted, 0.16),
)
