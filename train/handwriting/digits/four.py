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


def draw_bolt(rng: np.random.Generator) -> Glyph:
    """Draw slope, bar and leg in one stroke, the leg beginning a little above the bar's end."""
    u = rng.uniform
    bar, stem = u(0.38, 0.68), u(0.4, 0.62)
    rise = u(0.05, 0.3)
    zig: Stroke = [(u(0.1, 0.44), 0.0), (0.0, bar, u(0.6, 1)), (stem * u(0.72, 0.9), bar + u(-0.06, 0.03))]
    leg: Stroke = [(stem - u(0.02, 0.1), bar + 0.12), (stem - u(0.02, 0.3), 1.0)]
    return [[*zig, (stem, bar - rise, u(0.3, 1)), *leg]]


def draw_low_barred(rng: np.random.Generator) -> Glyph:
    """Draw the bar low and the leg short, like an h on its head."""
    u = rng.uniform
    bar, stem = u(0.7, 0.9), u(0.3, 0.5)
    arm: Stroke = [(u(-0.02, 0.2), u(-0.02, 0.06)), (0.0, bar, u(0.3, 1)), (stem + u(0.03, 0.24), bar + u(-0.1, 0.03))]
    return [arm, [(stem + u(-0.02, 0.08), u(0.2, 0.62)), (stem + u(-0.06, 0.02), bar + u(0.11, 0.26))]]


def draw_long_barred(rng: np.random.Generator) -> Glyph:
    """Let the bar run far past the stem."""
    u = rng.uniform
    bar, stem = u(0.5, 0.7), u(0.3, 0.44)
    arm: Stroke = [(stem + u(-0.24, 0.02), u(-0.03, 0.06)), (0.0, bar, u(0.8, 1)), (u(0.74, 1.05), bar + u(-0.1, 0.06))]
    return [arm, [(stem + u(-0.02, 0.06), u(-0.02, 0.36)), (stem + u(-0.05, 0.02), 1.0)]]


def draw_small_head(rng: np.random.Generator) -> Glyph:
    """Draw a small triangle on a long leg."""
    u = rng.uniform
    bar, stem = u(0.33, 0.46), u(0.29, 0.42)
    end = stem + (u(0.04, 0.24) if u() < 0.6 else u(-0.01, 0.03))
    arm: Stroke = [(stem + u(-0.08, 0.02), u(-0.02, 0.03)), (0.0, bar, u(0.8, 1)), (end, bar + u(-0.04, 0.03))]
    return [arm, [(stem, u(-0.03, 0.05)), (stem + u(-0.08, 0.03), 1.0)]]


def draw_high_cup(rng: np.random.Generator) -> Glyph:
    """Draw a small cup at the top of a long leg, straight or bent to the left."""
    u = rng.uniform
    bar, stem = u(0.32, 0.46), u(0.36, 0.5)
    cup: Stroke = [
        (u(0.0, 0.06), u(-0.02, 0.08)),
        (u(0.0, 0.04), bar * 0.72, u(0, 0.4)),
        (u(0.12, 0.18), bar, u(0, 0.5)),
    ]
    leg: Stroke = [(stem + u(-0.02, 0.06), u(-0.06, 0.06)), (stem + u(-0.02, 0.03), 0.5), (stem - u(-0.02, 0.26), 1.0)]
    return [[*cup, (stem + u(0.0, 0.08), bar - u(0.0, 0.08))], leg]


def draw_looped(rng: np.random.Generator) -> Glyph:
    """Go round a loop where slope and bar meet, and draw the stem across."""
    u = rng.uniform
    bar, stem = u(0.54, 0.7), u(0.36, 0.48)
    corner: Stroke = [(u(0.0, 0.04), bar - 0.03), (u(-0.08, -0.02), bar + u(0.03, 0.07)), (0.02, bar + u(0.06, 0.1))]
    arm: Stroke = [
        (stem - u(0.04, 0.22), u(-0.02, 0.06)),
        *corner,
        (u(0.14, 0.2), bar),
        (u(0.56, 0.74), bar - u(0.0, 0.06)),
    ]
    return [arm, [(stem + u(-0.02, 0.06), u(-0.02, 0.36)), (stem + u(-0.04, 0.02), 1.0)]]


def draw_stem_first(rng: np.random.Generator) -> Glyph:
    """Draw up the slope, down the stem, and lift the pen for the bar."""
    u = rng.uniform
    bar, stem = u(0.54, 0.74), u(0.36, 0.48)
    slope: Stroke = [(u(0.0, 0.05), bar + u(-0.03, 0.02)), (stem, 0.0, u(0.85, 1)), (stem + u(-0.04, 0.03), 1.0)]
    return [slope, [(u(-0.08, 0.02), bar + u(-0.02, 0.03)), (u(0.5, 0.74), bar + u(-0.05, 0.03))]]


STYLES = (
    Style("open", 3.5, draw_open, 0.19, "arm and stem"),
    Style("like u", 3, draw_like_u, family="arm and stem"),
    Style("one stroke", 1.5, draw_one_stroke, 0.15, "one stroke"),
    Style("closed", 3.5, draw_closed, 0.18, "arm and stem"),
    Style("closed short", 0.8, draw_closed_short, 0.14, "arm and stem"),
    Style("from below", 1, draw_from_below, 0.17),
    Style("lightning", 1.2, draw_lightning, 0.14),
    Style("bolt", 2.2, draw_bolt, 0.14, "one stroke", (-0.3, 0.6)),
    Style("low barred", 1.4, draw_low_barred, 0.13, "arm and stem"),
    Style("long barred", 1.4, draw_long_barred, 0.16, "arm and stem"),
    Style("small head", 1.4, draw_small_head, 0.085, "arm and stem"),
    Style("high cup", 1.2, draw_high_cup, 0.13, "arm and stem"),
    Style("looped", 0.6, draw_looped, 0.13),
    Style("stem first", 0.6, draw_stem_first, 0.14),
)
