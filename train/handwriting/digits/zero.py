"""How people write a 0."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Stroke, ring
from .style import Style


def draw_round(rng: np.random.Generator) -> Glyph:
    """Go round once, to the left as most people do."""
    u = rng.uniform
    side = -1 if u() < 0.8 else 1  # most people go left first
    return [ring((0.3, 0.5), (u(0.2, 0.42), 0.5), u(-0.36, -0.14), side * u(0.97, 1.12), u(-0.14, 0.08))]


def draw_narrow(rng: np.random.Generator) -> Glyph:
    """Go round a slim 0."""
    u = rng.uniform
    return [ring((0.2, 0.5), (u(0.13, 0.22), 0.5), u(-0.35, -0.15), -u(1.0, 1.1), u(-0.12, 0.05))]


def draw_open(rng: np.random.Generator) -> Glyph:
    """Stop before the ring closes."""
    u = rng.uniform
    return [ring((0.3, 0.5), (u(0.24, 0.4), 0.5), u(-0.3, -0.16), -u(0.86, 0.95), u(-0.1, 0.1))]


def draw_overlapped(rng: np.random.Generator) -> Glyph:
    """Go on past the start, inside it."""
    u = rng.uniform
    return [ring((0.3, 0.5), (u(0.22, 0.38), 0.5), u(-0.4, -0.15), -u(1.12, 1.3), u(-0.25, -0.08))]


def draw_tailed(rng: np.random.Generator) -> Glyph:
    """Leave the ring to the right, as in a running hand."""
    u = rng.uniform
    loop = ring((0.3, 0.5), (u(0.22, 0.36), 0.5), -0.25, -u(0.98, 1.05), u(-0.05, 0.02))
    return [[*loop, (u(0.35, 0.6), u(-0.08, 0.08))]]


def draw_slashed(rng: np.random.Generator) -> Glyph:
    """Strike the 0 through, as people do who also write the letter O."""
    u = rng.uniform
    rx, past = u(0.24, 0.4), u(0.6, 1.15)
    slash: Stroke = [(0.3 + rx * past, 0.5 - 0.42 * past), (0.3 - rx * past, 0.5 + 0.42 * past)]
    return [ring((0.3, 0.5), (rx, 0.5), u(-0.3, -0.15), -u(0.98, 1.08), u(-0.06, 0.04)), slash]


def draw_boxy(rng: np.random.Generator) -> Glyph:
    """Draw a 0 with corners, or none."""
    u = rng.uniform
    wide, corner = u(0.35, 0.62), u(0.0, 0.6)
    inset = u(0.04, 0.14)
    stroke: Stroke = [(wide * u(0.3, 0.8), 0.0), (inset, 0.04, corner), (0.0, 0.5), (inset, 0.96, corner)]
    stroke += [
        (wide - inset, 0.97, corner),
        (wide, 0.5),
        (wide - inset, 0.04, corner),
        (wide * u(0.2, 0.5), u(-0.02, 0.05)),
    ]
    return [stroke]


def draw_cupped(rng: np.random.Generator) -> Glyph:
    """Leave the top open: the ends come near each other and do not meet."""
    u = rng.uniform
    gap = u(0.09, 0.17)
    wide = u(0.2, 0.36)
    cup = ring((0.3, 0.5), (wide, 0.5), -0.25 - gap * u(0.3, 0.7), -(1 - gap), u(-0.06, 0.06))
    return [cup]


def draw_pointed(rng: np.random.Generator) -> Glyph:
    """Begin and end in a point at the top, like a leaf or a drop."""
    u = rng.uniform
    wide, top = u(0.36, 0.62), u(0.35, 0.65)
    low = u(0.55, 0.7)
    end = (wide * top + u(-0.05, 0.05), u(-0.04, 0.08))
    return [[(wide * top, 0.0), (u(0.0, 0.05), low), (wide * 0.5, 1.0), (wide, low + u(-0.08, 0.04)), end]]


def draw_whiskered(rng: np.random.Generator) -> Glyph:
    """Begin outside the ring, or cross the start and leave it, with a short end above the top."""
    u = rng.uniform
    wide = u(0.22, 0.36)
    loop = ring((0.3, 0.5), (wide, 0.46), u(-0.28, -0.2), -u(0.98, 1.06), u(-0.05, 0.03))
    whisker: Stroke = [(0.3 + wide * u(0.2, 0.9), u(-0.16, -0.04))]
    return [whisker + loop if u() < 0.5 else [*loop, (0.3 - wide * u(0.1, 0.9), u(-0.14, -0.02))]]


def draw_halves(rng: np.random.Generator) -> Glyph:
    """Draw the left half, lift the pen, and draw the right one."""
    u = rng.uniform
    wide = u(0.2, 0.36)
    left = ring((0.3, 0.5), (wide, 0.5), -0.25 + u(-0.03, 0.06), -u(0.46, 0.56))
    right = ring((0.3 + u(-0.03, 0.04), 0.5), (wide, 0.5), -0.25 + u(-0.06, 0.03), u(0.46, 0.56))
    return [left, right]


def draw_dotted(rng: np.random.Generator) -> Glyph:
    """Set a dot in the middle, as screens do."""
    u = rng.uniform
    wide = u(0.28, 0.42)
    x, y = 0.3 + u(-0.05, 0.05), 0.5 + u(-0.08, 0.08)
    return [
        ring((0.3, 0.5), (wide, 0.5), u(-0.3, -0.15), -u(0.98, 1.06), u(-0.06, 0.04)),
        [(x, y - u(0.0, 0.06)), (x + u(-0.01, 0.01), y + u(0.01, 0.06))],
    ]


STYLES = (
    Style("round", 5, draw_round, 0.25),
    Style("narrow", 2, draw_narrow, 0.11, "ring"),
    Style("open", 1, draw_open, family="ring"),
    Style("overlapped", 2, draw_overlapped, family="ring"),
    Style("tailed", 1, draw_tailed),
    Style("slashed", 1.5, draw_slashed, 0.09),
    Style("boxy", 1, draw_boxy, 0.16, "ring"),
    Style("cupped", 1.2, draw_cupped, 0.13),
    Style("pointed", 1.2, draw_pointed, 0.16, "ring"),
    Style("whiskered", 1, draw_whiskered, 0.15),
    Style("halves", 0.6, draw_halves, 0.16),
    Style("dotted", 0.4, draw_dotted, 0.07),
)
