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


def draw_hat_apart(rng: np.random.Generator) -> Glyph:
    """Leave paper between hat and body, whose neck is short for some people."""
    u = rng.uniform
    waist, slim = u(0.34, 0.5), u(0.65, 1.0)
    neck = u(0.02, 0.14) if u() < 0.6 else u(0.12, 0.24)
    body: Stroke = [(u(0.04, 0.16), neck), (u(0.02, 0.1), waist, u(0.3, 1)), (u(0.2, 0.34), waist - u(0.0, 0.1))]
    body = [(x * slim, *rest) for x, *rest in body + belly(rng, waist)]
    high = u(-0.22, 0.0)
    left = u(0.08, 0.46) if high < -0.1 else u(0.24, 0.46)
    return [body, [(left, high), (left + u(0.16, 0.46), high + u(-0.12, 0.1))]]


def draw_short_hat(rng: np.random.Generator) -> Glyph:
    """Draw a hat that is only a hook."""
    u = rng.uniform
    waist = u(0.24, 0.46)
    left = u(0.06, 0.2)
    hat: Stroke = [(left + u(0.09, 0.2), u(-0.06, 0.06)), (left, u(0.0, 0.04), u(0.2, 1))]
    neck = (left - u(0.0, 0.1), waist, u(0.4, 1))
    return [[*hat, neck, (u(0.22, 0.34), waist - u(0.0, 0.12)), *belly(rng, waist)]]


def draw_long_hat(rng: np.random.Generator) -> Glyph:
    """Draw a hat that is long and flat, in one stroke or apart."""
    u = rng.uniform
    waist = u(0.34, 0.46)
    left, tip = u(0.06, 0.14), (u(0.68, 0.98), u(-0.07, 0.05))
    neck: Stroke = [(left - u(0.0, 0.05), waist, u(0.6, 1)), (u(0.24, 0.34), waist - u(0.02, 0.1)), *belly(rng, waist)]
    if u() < 0.5:
        return [[tip, (left, u(-0.01, 0.04), u(0.8, 1)), *neck]]
    return [[(left, u(0.0, 0.04)), *neck], [(left + u(-0.04, 0.04), u(-0.03, 0.03)), tip]]


def draw_snake(rng: np.random.Generator) -> Glyph:
    """Draw an S whose top is flat enough to be a 5."""
    u = rng.uniform
    waist, high = u(0.38, 0.5), u(0.4, 0.58)
    hat: Stroke = [(high, u(-0.03, 0.08)), (high * 0.5, u(-0.02, 0.03)), (u(0.04, 0.1), u(0.1, 0.2), u(0.2, 0.7))]
    low: Stroke = [
        (u(0.24, 0.34), waist),
        (u(0.46, 0.58), u(0.64, 0.76)),
        (u(0.2, 0.3), 1.0),
        (u(-0.08, 0.06), u(0.88, 1.0)),
    ]
    return [[*hat, *low]]


def draw_short_neck(rng: np.random.Generator) -> Glyph:
    """Draw a large belly close under the hat."""
    u = rng.uniform
    waist = u(0.2, 0.32)
    hat: Stroke = [(u(0.4, 0.6), u(-0.05, 0.03)), (u(0.06, 0.12), 0.0, u(0.7, 1)), (u(0.04, 0.1), waist, u(0.6, 1))]
    return [[*hat, (u(0.26, 0.34), waist - u(0.02, 0.08)), *belly(rng, waist)]]


def draw_small_belly(rng: np.random.Generator) -> Glyph:
    """Draw a small belly under a long neck."""
    u = rng.uniform
    waist = u(0.5, 0.6)
    hat: Stroke = [(u(0.4, 0.6), u(-0.05, 0.04)), (u(0.08, 0.14), 0.0, u(0.7, 1)), (u(0.03, 0.1), waist, u(0.6, 1))]
    low: Stroke = [(u(0.42, 0.52), u(0.72, 0.8)), (u(0.2, 0.3), 1.0), (u(-0.04, 0.06), u(0.9, 0.98))]
    return [[*hat, (u(0.24, 0.32), waist - u(0.02, 0.08)), *low]]


def draw_flat_backed(rng: np.random.Generator) -> Glyph:
    """Go straight from the neck's foot to the right, and back along the ground."""
    u = rng.uniform
    waist = u(0.38, 0.48)
    hat: Stroke = [(u(0.42, 0.62), u(-0.05, 0.04)), (u(0.06, 0.14), 0.0, u(0.7, 1)), (u(0.0, 0.06), waist, u(0.8, 1))]
    low: Stroke = [(u(0.3, 0.4), waist + u(-0.03, 0.04)), (u(0.46, 0.58), u(0.64, 0.74)), (u(0.36, 0.46), u(0.94, 1.0))]
    return [[*hat, *low, (u(-0.12, 0.0), 1.0 + u(-0.04, 0.03))]]


STYLES = (
    Style("two strokes", 4, draw_two_strokes, family="body and hat"),
    Style("one stroke", 3, draw_one_stroke, family="one stroke"),
    Style("like s", 1.5, draw_like_s, family="one stroke"),
    Style("angular", 1.5, draw_angular, family="one stroke"),
    Style("slanted", 1.5, draw_slanted, family="body and hat", lean=(-0.4, 0.5)),
    Style("hat apart", 1.8, draw_hat_apart, 0.1, "body and hat"),
    Style("short hat", 1.5, draw_short_hat, 0.12, "one stroke", (-0.4, 0.5)),
    Style("long hat", 1.5, draw_long_hat, 0.16),
    Style("snake", 1, draw_snake, 0.15, "one stroke", (-0.35, 0.6)),
    Style("short neck", 0.8, draw_short_neck, 0.1, "one stroke"),
    Style("small belly", 0.9, draw_small_belly, 0.12, "one stroke"),
    Style("flat backed", 0.8, draw_flat_backed, 0.14, "one stroke"),
)
