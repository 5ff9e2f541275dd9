"""How people write a 7."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Point, Stroke
from .style import Style


def draw_stem(rng: np.random.Generator, x: float) -> Stroke:
    """Return the stem of a 7 below its corner."""
    u = rng.uniform
    foot = x - u(0.05, 0.42)
    middle: Point = ((x + foot) / 2 + u(-0.09, 0.04), 0.5)
    return [middle, (foot, 1.0)]


def draw_bar(stem: Stroke, rng: np.random.Generator) -> Stroke:
    """Return the bar across a stem."""
    u = rng.uniform
    x, y = stem[0][0] + u(-0.03, 0.03), u(0.42, 0.58)
    return [(x - u(0.12, 0.26), y + u(-0.03, 0.06)), (x + u(0.12, 0.26), y - u(-0.03, 0.06))]


def draw_plain(rng: np.random.Generator) -> Glyph:
    """Draw top and stem."""
    u = rng.uniform
    wide = u(0.4, 0.62)
    return [[(0.0, u(-0.02, 0.08)), (wide * 0.5, u(-0.02, 0.05)), (wide, 0.0, u(0.75, 1)), *draw_stem(rng, wide)]]


def draw_barred(rng: np.random.Generator) -> Glyph:
    """Draw top, stem and a bar, as most of Europe does."""
    glyph = draw_plain(rng)
    return [*glyph, draw_bar(glyph[0][-2:], rng)]


def draw_wavy(rng: np.random.Generator) -> Glyph:
    """Draw a wavy top."""
    u = rng.uniform
    wide, wave = u(0.46, 0.66), u(0.03, 0.1)
    top: Stroke = [(0.0, u(0.08, 0.2)), (wide * 0.24, u(0.0, 0.03)), (wide * 0.62, wave), (wide, -0.02, u(0.7, 1))]
    return [[*top, *draw_stem(rng, wide)]]


def draw_wavy_barred(rng: np.random.Generator) -> Glyph:
    """Draw a wavy top and a bar."""
    glyph = draw_wavy(rng)
    return [*glyph, draw_bar(glyph[0][-2:], rng)]


def draw_serif(rng: np.random.Generator) -> Glyph:
    """Start with a tick upward."""
    u = rng.uniform
    wide = u(0.42, 0.6)
    tick: Stroke = [(u(-0.04, 0.03), u(0.1, 0.28)), (0.0, u(0.0, 0.05), u(0.8, 1))]
    return [[*tick, (wide, 0.0, u(0.75, 1)), *draw_stem(rng, wide)]]


def draw_serif_barred(rng: np.random.Generator) -> Glyph:
    """Start with a tick upward, and add a bar."""
    glyph = draw_serif(rng)
    return [*glyph, draw_bar(glyph[0][-2:], rng)]


def draw_curved(rng: np.random.Generator) -> Glyph:
    """Go round into the stem."""
    u = rng.uniform
    wide = u(0.42, 0.6)
    top: Stroke = [(0.0, u(0.0, 0.1)), (wide * 0.5, u(-0.02, 0.04)), (wide, u(0.04, 0.1), u(0.1, 0.6))]
    return [[*top, (wide * u(0.55, 0.75), u(0.4, 0.5)), (wide * u(0.2, 0.5), 1.0)]]


def draw_upright(rng: np.random.Generator) -> Glyph:
    """Draw an upright stem."""
    u = rng.uniform
    wide = u(0.36, 0.55)
    glyph: Glyph = [[(0.0, u(-0.03, 0.05)), (wide, 0.0, u(0.8, 1)), (wide - u(-0.02, 0.06), 1.0)]]
    if u() < 0.3:
        glyph.append(draw_bar([(wide - 0.02, 0.5)], rng))
    return glyph


STYLES = (
    Style("plain", 3, draw_plain, 0.25),
    Style("barred", 3, draw_barred),
    Style("wavy", 1.2, draw_wavy),
    Style("wavy barred", 1.2, draw_wavy_barred, 0.17),
    Style("serif", 1.3, draw_serif),
    Style("serif barred", 1.3, draw_serif_barred, 0.17),
    Style("curved", 1.5, draw_curved, 0.24),
    Style("upright", 1, draw_upright),
)
