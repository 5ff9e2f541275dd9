"""How people write a 1."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Point, Stroke
from .style import Style

FLATTEST = 0.47  # drop of a flag per reach: 25 degrees; a flatter one is the top of a 7


def draw_plain(rng: np.random.Generator) -> Glyph:
    """Draw the stem alone."""
    u = rng.uniform
    return [[(0.0, 0.0), (u(-0.03, 0.03), 0.5), (u(-0.05, 0.05), 1.0)]]


def flag(rng: np.random.Generator, reach: tuple[float, float], steep: tuple[float, float]) -> Stroke:
    """Return the upstroke of a 1: `steep` is its drop per reach, FLATTEST or more."""
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


def draw_flat_flag(rng: np.random.Generator) -> Glyph:
    """Start with a long flag at 25 to 40 degrees from the horizontal, and end without a foot."""
    u = rng.uniform
    start = flag(rng, (0.26, 0.55), (FLATTEST, 0.85))
    return [[*start, (0.0, 0.0, u(0.7, 1)), (u(-0.03, 0.03), 0.5), (u(-0.07, 0.05), 1.0)]]


def draw_wide_flag(rng: np.random.Generator) -> Glyph:
    """Start with a flag that is nearly as long as the stem, 29 to 45 degrees from the horizontal."""
    u = rng.uniform
    start = flag(rng, (0.42, 0.85), (0.55, 1.0))
    return [[*start, (0.0, 0.0, u(0, 1)), (u(-0.04, 0.03), 0.5), (u(-0.14, 0.05), 1.0)]]


def draw_curved_flag(rng: np.random.Generator) -> Glyph:
    """Start with a flag that hangs or arches, and go into the stem by a corner or round a bend."""
    u = rng.uniform
    across = u(0.2, 0.46)
    drop = across * u(0.6, 1.6)
    sag = u(0.03, 0.11) * (1 if u() < 0.6 else -0.6)
    start: Stroke = [(-across, drop), (-across * u(0.4, 0.6), drop * 0.5 + sag)]
    return [[*start, (0.0, 0.0, u(0.2, 1)), (u(-0.03, 0.04), 0.5), (u(-0.08, 0.06), 1.0)]]


def draw_long_based(rng: np.random.Generator) -> Glyph:
    """Start with an upstroke from half way down or from near the ground, and end on a wide foot."""
    u = rng.uniform
    foot = u(-0.04, 0.04)
    across = u(0.2, 0.52)
    drop = min(u(0.34, 0.84), across * 2.4)
    start: Stroke = [(-across, drop), (-across * 0.45, drop * 0.5 + u(-0.06, 0.04))]
    ground: Stroke = [(foot - u(0.14, 0.48), 1.0 + u(-0.04, 0.04)), (foot + u(0.14, 0.48), 1.0 + u(-0.05, 0.04))]
    return [[*start, (0.0, 0.0, u(0.5, 1)), (foot, 1.0)], ground]


def draw_flat_based(rng: np.random.Generator) -> Glyph:
    """Start with a flat flag, and end on a foot."""
    u = rng.uniform
    foot = u(-0.04, 0.04)
    return [[*flag(rng, (0.22, 0.42), (FLATTEST, 0.8)), (0.0, 0.0, u(0.7, 1)), (foot, 1.0)], base(rng, foot)]


def draw_level_based(rng: np.random.Generator) -> Glyph:
    """Start with a short flag that is nearly level, and end on a foot that tells it from a 7."""
    u = rng.uniform
    foot = u(-0.04, 0.04)
    across = u(0.12, 0.26)
    start: Stroke = [(-across, across * u(0.0, 0.5)), (-across * 0.5, across * 0.25 + u(-0.03, 0.03))]
    ground: Stroke = [(foot - u(0.18, 0.36), 1.0 + u(-0.03, 0.03)), (foot + u(0.18, 0.36), 1.0 + u(-0.04, 0.03))]
    return [[*start, (0.0, 0.0, u(0.7, 1)), (foot, 1.0)], ground]


def draw_leaning(rng: np.random.Generator) -> Glyph:
    """Draw the stem alone, leaning far to one side, bent a little."""
    u = rng.uniform
    top = u(0.1, 0.6) if u() < 0.7 else u(-0.45, -0.1)
    return [[(top, 0.0), (top * 0.5 + u(-0.05, 0.05), 0.5), (0.0, 1.0)]]


def draw_running(rng: np.random.Generator) -> Glyph:
    """Turn to the right at the foot, with a short flag or none, as in a running hand."""
    u = rng.uniform
    start = flag(rng, (0.05, 0.2), (0.9, 2.4)) if u() < 0.75 else []
    turn: Stroke = [(u(-0.02, 0.02), u(0.84, 0.93)), (u(0.03, 0.06), 1.0), (u(0.09, 0.16), u(0.9, 0.99))]
    return [[*start, (0.0, 0.0, u(0.6, 1)), (u(-0.03, 0.02), 0.5), *turn]]


def draw_cornered(rng: np.random.Generator) -> Glyph:
    """Go on into the foot without lifting the pen: to the right, or to the left and back."""
    u = rng.uniform
    left = u(0.06, 0.2) if u() < 0.6 else 0.0
    ground = 1.0 + u(-0.03, 0.02)
    foot: Stroke = [(-left, ground, 1), (u(0.12, 0.28), 1.0 + u(-0.05, 0.03))]
    start: Stroke = [*flag(rng, (0.14, 0.32), (0.7, 1.8)), (0.0, 0.0, u(0.7, 1)), (u(-0.02, 0.02), 0.5)]
    return [[*start, (u(-0.02, 0.02), 1.0, 1), *(foot if left else foot[1:])]]


def draw_hooked(rng: np.random.Generator) -> Glyph:
    """Draw a short hook at the top instead of a flag: down to the left, round, or nearly level."""
    u = rng.uniform
    across = u(0.06, 0.16)
    start: Stroke = [(-across, u(0.06, 0.2)), (-across * u(0.5, 0.9), u(-0.02, 0.05))]
    return [[*start, (0.0, 0.0, u(0.0, 0.8)), (u(-0.04, 0.04), 0.5), (u(-0.08, 0.05), 1.0)]]


STYLES = (
    Style("plain", 2.5, draw_plain, 0.32, lean=(-0.6, 0.75)),
    Style("short flag", 2.5, draw_short_flag, 0.2, "flag", (-0.5, 0.55), (-0.5, 0.2)),
    Style("long flag", 2.5, draw_long_flag, 0.17, "flag", (-0.5, 0.45), (-0.5, 0.3)),
    Style("flat flag", 2.6, draw_flat_flag, 0.16, "flag", (-0.35, 0.22), (-0.4, 0.05)),
    Style("wide flag", 2, draw_wide_flag, 0.16, "flag", (-0.3, 0.28), (-0.4, 0.1)),
    Style("curved flag", 1.6, draw_curved_flag, 0.16, "flag", (-0.4, 0.35), (-0.5, 0.15)),
    Style("steep flag", 1.5, draw_steep_flag, 0.12, "flag", (-0.4, 0.5)),
    Style("hooked", 0.9, draw_hooked, 0.16, "flag", (-0.5, 0.6)),
    Style("based", 0.7, draw_based, lean=(-0.45, 0.5)),
    Style("printed", 2.5, draw_printed, 0.2, "foot", (-0.45, 0.5), (-0.5, 0.25)),
    Style("long based", 1.8, draw_long_based, 0.13, "foot", (-0.4, 0.4)),
    Style("flat based", 1.2, draw_flat_based, 0.16, "foot", (-0.4, 0.35), (-0.4, 0.1)),
    Style("level based", 0.8, draw_level_based, 0.15, "foot", (-0.4, 0.35), (-0.4, 0.3)),
    Style("two strokes", 1, draw_two_strokes, 0.16, lean=(-0.5, 0.5), widen=(-0.5, 0.25)),
    Style("leaning", 1.2, draw_leaning, 0.28, lean=(-0.25, 0.25)),
    Style("running", 0.8, draw_running, 0.16, lean=(-0.4, 0.5), widen=(-0.5, 0.15)),
    Style("cornered", 0.9, draw_cornered, 0.15, lean=(-0.4, 0.3), widen=(-0.5, 0.25)),
)
