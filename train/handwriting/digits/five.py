"""How people write a 5."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Stroke
from .style import Style
from .three import belly


def draw_two_strokes(rng: np.random.Generator) -> Glyph:
    """Draw the body, then the hat."""
    u = rng.uniform
    waist = u(0.36, 0.5)
    body: Stroke = [
        (u(0.06, 0.14), u(0.0, 0.04)),
        (u(0.02, 0.08), waist, u(0.7, 1)),
        (u(0.24, 0.34), waist - u(0.05, 0.12)),
    ]
    return [body + belly(rng, waist), [(u(0.02, 0.2), u(-0.07, 0.05)), (u(0.46, 0.72), u(-0.1, 0.04))]]


def draw_one_stroke(rng: np.random.Generator) -> Glyph:
    """Draw hat and body without lifting the pen."""
    u = rng.uniform
    waist = u(0.36, 0.48)
    hat: Stroke = [
        (u(0.45, 0.65), u(-0.06, 0.04)),
        (u(0.06, 0.14), u(0.0, 0.04), u(0.8, 1)),
        (u(0.02, 0.09), waist, u(0.7, 1)),
    ]
    return [[*hat, (u(0.24, 0.34), waist - u(0.04, 0.12)), *belly(rng, waist)]]


def draw_like_s(rng: np.random.Generator) -> Glyph:
    """Round every corner."""
    u = rng.uniform
    hat: Stroke = [
        (u(0.5, 0.62), u(-0.02, 0.06)),
        (u(0.24, 0.34), u(0.0, 0.04)),
        (u(0.06, 0.14), u(0.08, 0.16), u(0.1, 0.6)),
    ]
    return [[*hat, (u(0.06, 0.12), u(0.34, 0.4), u(0, 0.5)), (u(0.3, 0.36), u(0.42, 0.5)), *belly(rng, 0.44)]]


def draw_angular(rng: np.random.Generator) -> Glyph:
    """Keep every corner."""
    u = rng.uniform
    corner, waist, right = u(0.4, 1), u(0.38, 0.5), u(0.44, 0.58)
    hat: Stroke = [(right + u(-0.04, 0.1), u(-0.03, 0.03)), (0.03, 0.0, 1), (u(0.0, 0.05), waist, u(0.8, 1))]
    return [
        [
            *hat,
            (right - 0.05, waist + u(-0.05, 0.05), corner),
            (right, 0.75),
            (right - 0.06, 1.0, corner),
            (u(-0.03, 0.06), 1.0 + u(-0.07, 0.03)),
        ]
    ]


def draw_slanted(rng: np.random.Generator) -> Glyph:
    """Draw a small belly under a leaning back, and a long flying hat."""
    u = rng.uniform
    body: Stroke = [(u(0.18, 0.28), 0.02), (u(0.1, 0.16), u(0.4, 0.5), u(0.5, 1)), (u(0.3, 0.38), u(0.4, 0.5))]
    body += [(u(0.42, 0.5), u(0.66, 0.76)), (u(0.2, 0.3), u(0.94, 1.0)), (u(-0.06, 0.04), u(0.88, 0.98))]
    return [body, [(u(0.16, 0.3), u(-0.02, 0.06)), (u(0.6, 0.8), u(-0.12, -0.02))]]


STYLES = (
    Style("two strokes", 4, draw_two_strokes),
    Style("one stroke", 3, draw_one_stroke),
    Style("like s", 1.5, draw_like_s),
    Style("angular", 1.5, draw_angular),
    Style("slanted", 1.5, draw_slanted),
)
