"""How people write a 1."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Point, Stroke
from .style import Style


def draw_plain(rng: np.random.Generator) -> Glyph:
    """Draw the stem alone."""
    u = rng.uniform
    return [[(0.0, 0.0), (u(-0.03, 0.03), 0.5), (u(-0.05, 0.05), 1.0)]]


def flag(rng: np.random.Generator, reach: tuple[float, float], steep: tuple[float, float]) -> Stroke:
    """Return the upstroke of a 1: `steep` is its drop per reach; below 0.55 a person would read a 7."""
    u = rng.uniform
    across = u(*reach)
    drop = min(across * u(*steep), 0.92)
    bow = u(-0.05, 0.04)
    return [(-across, drop), (-across * 0.45, drop * 0.5 + bow)]


def draw_short_flag(rng: np.random.Generator) -> Glyph:
    """Start with a short upstroke."""
    u = rng.uniform
    return [[*flag(rng, (0.08, 0.22), (0.6, 1.6)), (0.0, 0.0, u(0.5, 1)), (u(-0.03, 0.03), 0.5), (u(-0.06, 0.05), 1.0)]]


def draw_long_flag(rng: np.random.Generator) -> Glyph:
    """Start with a long upstroke, as most of Europe does."""
    u = rng.uniform
    return [[*flag(rng, (0.2, 0.42), (0.75, 1.5)), (0.0, 0.0, u(0.6, 1)), (u(-0.02, 0.03), 0.5), (u(-0.05, 0.05), 1.0)]]


def draw_steep_flag(rng: np.random.Generator) -> Glyph:
    """Start near the ground: an inverted V with an upright right leg."""
    u = rng.uniform
    return [[*flag(rng, (0.18, 0.4), (1.7, 2.8)), (0.0, 0.0, u(0.7, 1)), (u(-0.02, 0.04), 0.5), (u(-0.05, 0.06), 1.0)]]


def base(rng: np.random.Generator, x: float) -> Stroke:
    """Return the foot of a 1."""
    u = rng.uniform
    return [(x - u(0.12, 0.34), 1.0 + u(-0.03, 0.03)), (x + u(0.12, 0.34), 1.0 + u(-0.04, 0.03))]


def draw_based(rng: np.random.Generator) -> Glyph:
    """Draw stem and foot."""
    foot = rng.uniform(-0.04, 0.04)
    return [[(0.0, 0.0), (foot, 1.0)], base(rng, foot)]


def draw_printed(rng: np.random.Generator) -> Glyph:
    """Draw flag, stem and foot."""
    u = rng.uniform
    foot = u(-0.04, 0.04)
    return [[*flag(rng, (0.1, 0.32), (0.6, 1.4)), (0.0, 0.0, u(0.7, 1)), (foot, 1.0)], base(rng, foot)]


def draw_two_strokes(rng: np.random.Generator) -> Glyph:
    """Draw flag and stem with the pen lifted between them."""
    u = rng.uniform
    tip: Point = (u(-0.04, 0.02), u(-0.02, 0.06))
    return [[*flag(rng, (0.1, 0.35), (0.7, 2.0)), tip], [(0.0, u(-0.05, 0.0)), (u(-0.03, 0.03), 1.0)]]


STYLES = (
    Style("plain", 2.5, draw_plain, 0.32),
    Style("short flag", 2.5, draw_short_flag, 0.2),
    Style("long flag", 2.5, draw_long_flag, 0.17),
    Style("steep flag", 1.5, draw_steep_flag, 0.12),
    Style("based", 0.7, draw_based),
    Style("printed", 2.5, draw_printed, 0.2),
    Style("two strokes", 1, draw_two_strokes, 0.16),
)
