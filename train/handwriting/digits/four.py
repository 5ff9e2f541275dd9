"""How people write a 4."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Stroke
from .style import Style


def draw_open(rng: np.random.Generator) -> Glyph:
    """Draw an angle, then a stem across its foot."""
    u = rng.uniform
    bar, stem = u(0.52, 0.72), u(0.36, 0.48)
    arm: Stroke = [(u(0.08, 0.26), u(-0.02, 0.1)), (0.0, bar, u(0.8, 1)), (u(0.52, 0.72), bar + u(-0.07, 0.05))]
    return [arm, [(stem + u(-0.02, 0.08), u(0.02, 0.42)), (stem, u(0.9, 1.05))]]


def draw_like_u(rng: np.random.Generator) -> Glyph:
    """Draw a cup, then a stem down its right side."""
    u = rng.uniform
    bar, stem = u(0.44, 0.6), u(0.42, 0.56)
    cup: Stroke = [
        (u(0.0, 0.06), u(-0.02, 0.12)),
        (u(0.0, 0.04), bar * 0.72),
        (u(0.1, 0.18), bar, u(0, 0.5)),
        (stem + u(-0.01, 0.16), bar + u(-0.1, 0.0)),
    ]
    return [cup, [(stem + u(-0.02, 0.06), u(-0.06, 0.14)), (stem + u(-0.06, 0.04), 1.0)]]


def draw_one_stroke(rng: np.random.Generator) -> Glyph:
    """Draw the cup, go up to the stem's top and down again, without lifting the pen."""
    u = rng.uniform
    bar, stem = u(0.46, 0.62), u(0.42, 0.54)
    cup: Stroke = [
        (u(0.0, 0.1), u(-0.02, 0.1)),
        (u(-0.02, 0.03), bar * 0.8, u(0, 0.5)),
        (u(0.12, 0.2), bar, u(0, 0.4)),
        (stem - 0.06, bar * 0.75),
    ]
    return [[*cup, (stem, u(-0.04, 0.14), u(0.7, 1)), (stem + u(-0.04, 0.02), 0.55), (stem + u(-0.08, 0.02), 1.0)]]


def draw_closed(rng: np.random.Generator) -> Glyph:
    """Let the slope and the stem meet at the top."""
    u = rng.uniform
    bar, stem = u(0.58, 0.76), u(0.36, 0.48)
    arm: Stroke = [
        (stem + u(-0.05, 0.03), u(-0.03, 0.03)),
        (0.0, bar, u(0.85, 1)),
        (u(0.54, 0.74), bar + u(-0.06, 0.04)),
    ]
    return [arm, [(stem, u(-0.03, 0.06)), (stem + u(-0.05, 0.03), 1.0)]]


def draw_closed_short(rng: np.random.Generator) -> Glyph:
    """Let the bar end at the stem."""
    u = rng.uniform
    bar, stem = u(0.52, 0.7), u(0.38, 0.52)
    arm: Stroke = [(stem, 0.0), (0.0, bar, u(0.8, 1)), (stem + u(-0.02, 0.05), bar + u(-0.04, 0.03))]
    return [arm, [(stem, u(-0.03, 0.02)), (stem + u(-0.03, 0.03), 1.0)]]


def draw_from_below(rng: np.random.Generator) -> Glyph:
    """Draw stem, slope and bar in one stroke from the ground."""
    u = rng.uniform
    bar, stem = u(0.56, 0.72), u(0.36, 0.46)
    return [
        [
            (stem + u(-0.03, 0.03), 1.0),
            (stem, 0.0, u(0.9, 1)),
            (0.0, bar, u(0.85, 1)),
            (u(0.52, 0.74), bar + u(-0.06, 0.04)),
        ]
    ]


def draw_lightning(rng: np.random.Generator) -> Glyph:
    """Draw angle and stem in one stroke with a small loop."""
    u = rng.uniform
    bar = u(0.46, 0.6)
    zig: Stroke = [
        (u(0.14, 0.26), 0.0),
        (0.0, bar, u(0.8, 1)),
        (u(0.4, 0.5), bar + u(-0.06, 0.0)),
        (u(0.5, 0.56), bar - u(0.08, 0.14)),
    ]
    return [[*zig, (u(0.4, 0.46), bar - u(0.16, 0.24)), (u(0.34, 0.4), bar + 0.1), (u(0.28, 0.36), 1.0)]]


STYLES = (
    Style("open", 3.5, draw_open, 0.19),
    Style("like u", 3, draw_like_u),
    Style("one stroke", 1.5, draw_one_stroke, 0.15),
    Style("closed", 3.5, draw_closed, 0.18),
    Style("closed short", 0.8, draw_closed_short, 0.14),
    Style("from below", 1, draw_from_below, 0.17),
    Style("lightning", 1.2, draw_lightning, 0.14),
)
