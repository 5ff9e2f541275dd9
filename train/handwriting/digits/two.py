"""How people write a 2."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Stroke
from .style import Style


def draw_plain(rng: np.random.Generator) -> Glyph:
    """Turn sharply into the base."""
    u = rng.uniform
    bow: Stroke = [
        (u(0.0, 0.1), u(0.14, 0.3)),
        (u(0.2, 0.32), 0.0),
        (u(0.5, 0.6), u(0.2, 0.3)),
        (u(0.3, 0.42), u(0.55, 0.66)),
    ]
    return [[*bow, (0.0, 1.0, u(0.75, 1)), (u(0.2, 0.35), 1.0 + u(-0.04, 0.02)), (u(0.48, 0.75), 1.0 + u(-0.07, 0.04))]]


def draw_looped(rng: np.random.Generator) -> Glyph:
    """Loop into the base."""
    u = rng.uniform
    bow: Stroke = [(u(0.0, 0.1), u(0.14, 0.3)), (0.27, 0.0), (u(0.5, 0.58), u(0.2, 0.3)), (u(0.32, 0.4), 0.6)]
    size = u(0.6, 1.5)
    loop: Stroke = [(0.12, 0.92), (0.02, 0.99), (-0.07 * size, 0.99 - 0.08 * size), (0.04, 0.98 - 0.16 * size)]
    return [[*bow, *loop, (u(0.22, 0.34), u(0.9, 0.96)), (u(0.55, 0.75), u(0.88, 1.03))]]


def draw_swan(rng: np.random.Generator) -> Glyph:
    """Draw a high neck on a wavy base."""
    u = rng.uniform
    neck: Stroke = [
        (u(0.0, 0.08), u(0.2, 0.32)),
        (u(0.05, 0.12), 0.08),
        (0.28, 0.0),
        (u(0.46, 0.56), 0.22),
        (0.34, 0.58),
    ]
    wave: Stroke = [
        (0.02, 0.97, u(0.4, 1)),
        (u(0.12, 0.22), u(0.88, 0.95)),
        (u(0.36, 0.45), 1.02),
        (u(0.58, 0.72), u(0.86, 0.96)),
    ]
    return [neck + wave]


def draw_like_z(rng: np.random.Generator) -> Glyph:
    """Draw a straight top and back; round enough not to be a Z."""
    u = rng.uniform
    top: Stroke = [(0.0, u(0.07, 0.2)), (u(0.2, 0.3), u(0.0, 0.04)), (u(0.46, 0.56), u(0.07, 0.16), u(0.1, 0.55))]
    return [[*top, (0.0, 1.0, u(0.8, 1)), (u(0.5, 0.7), 1.0 + u(-0.05, 0.03))]]


def draw_round_based(rng: np.random.Generator) -> Glyph:
    """Turn softly into the base."""
    u = rng.uniform
    bow: Stroke = [(u(0.0, 0.1), u(0.12, 0.3)), (0.27, 0.0), (u(0.48, 0.58), 0.25), (u(0.28, 0.38), 0.6)]
    return [
        [*bow, (u(0.02, 0.07), u(0.88, 0.95), u(0, 0.4)), (u(0.2, 0.3), u(0.97, 1.02)), (u(0.5, 0.7), u(0.93, 1.02))]
    ]


def draw_hooked(rng: np.random.Generator) -> Glyph:
    """Start with a hook inward."""
    u = rng.uniform
    start: Stroke = [(u(0.1, 0.2), u(0.22, 0.34)), (u(0.0, 0.06), u(0.16, 0.24)), (u(0.1, 0.16), 0.05), (0.32, 0.0)]
    return [[*start, (0.55, 0.22), (0.35, 0.6), (0.0, 1.0, u(0.6, 1)), (u(0.48, 0.7), 1.0 + u(-0.06, 0.03))]]


STYLES = (
    Style("plain", 4, draw_plain, 0.22),
    Style("looped", 2.5, draw_looped, 0.17),
    Style("swan", 1.5, draw_swan),
    Style("like z", 1.5, draw_like_z),
    Style("round based", 1.5, draw_round_based),
    Style("hooked", 1.5, draw_hooked, 0.15),
)
