"""How people write a 7."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Point, Stroke
from .style import Style

LEAN = (-0.25, 0.7)  # shear: further to the left the stem of a 7 falls away from its top


def draw_stem(rng: np.random.Generator, x: float) -> Stroke:
    """Return the stem of a 7 below its corner."""
    u = rng.uniform
    foot = x - u(0.05, 0.42)
    bend = u(-0.09, 0.04) if u() < 0.8 else u(-0.18, 0.1)
    middle: Point = ((x + foot) / 2 + bend, 0.5)
    return [middle, (foot, 1.0)]


def draw_bar(stem: Stroke, rng: np.random.Generator) -> Stroke:
    """Return the bar across a stem: mostly short and near the middle, for some people long, low or steep."""
    u = rng.uniform
    (middle, half_way), (foot, ground) = stem[0][:2], stem[1][:2]
    y = u(0.42, 0.58) if u() < 0.6 else u(0.32, 0.78)
    x = middle + (foot - middle) * (y - half_way) / (ground - half_way) + u(-0.03, 0.03)
    left, right = (u(0.1, 0.28), u(0.1, 0.28)) if u() < 0.7 else (u(0.12, 0.42), u(0.08, 0.4))
    tilt = u(-0.03, 0.06) if u() < 0.7 else u(-0.3, 0.55) * min(left, right)  # steeper, it would follow the stem
    return [(x - left, y + tilt), (x + u(-0.03, 0.03), y + u(-0.03, 0.03)), (x + right, y - tilt)]


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
        glyph.append(draw_bar([(wide - 0.02, 0.5), glyph[0][-1]], rng))
    return glyph


def draw_hook(rng: np.random.Generator, hang: tuple[float, float] = (0.14, 0.32)) -> Glyph:
    """Start with a curved hook that hangs from the top's left end, and curls in for some people."""
    u = rng.uniform
    wide = u(0.46, 0.74)
    down = u(*hang)
    start, left = u(-0.04, 0.1), u(-0.08, 0.02)
    top: Stroke = [(u(0.04, 0.14), u(0.0, 0.06), u(0.0, 0.6)), (wide * 0.6, u(-0.02, 0.07))]
    return [[(start, down), (left, down * u(0.4, 0.6)), *top, (wide, u(-0.05, 0.06), u(0.3, 1)), *draw_stem(rng, wide)]]


def draw_hook_barred(rng: np.random.Generator) -> Glyph:
    """Start with a hook, longer than where no bar tells what it is, and add a bar."""
    glyph = draw_hook(rng, (0.16, 0.35))
    return [*glyph, draw_bar(glyph[0][-2:], rng)]


def draw_arched_barred(rng: np.random.Generator) -> Glyph:
    """Go round an arch, like that of a 2, into a stem with a bar and no foot, or with the flick of one."""
    u = rng.uniform
    right = u(0.44, 0.62)
    arch: Stroke = [(u(-0.06, 0.05), u(0.14, 0.28)), (u(0.02, 0.12), u(0.03, 0.1)), (right * 0.55, 0.0)]
    low = right - u(0.14, 0.45)
    stem: Stroke = [((right + low) / 2 + u(-0.06, 0.06), 0.52), (low, 1.0)]
    flick: Stroke = [(low + u(0.04, 0.12), 1.0 + u(-0.05, 0.0))] if u() < 0.25 else []
    return [[*arch, (right, u(0.12, 0.24), u(0, 0.5)), *stem, *flick], draw_bar(stem, rng)]


def draw_long_serif(rng: np.random.Generator) -> Glyph:
    """Start with a straight serif, up to half as long as the stem."""
    u = rng.uniform
    wide = u(0.42, 0.64)
    serif: Stroke = [(u(-0.08, 0.06), u(0.2, 0.38)), (0.0, u(-0.02, 0.05), u(0.85, 1))]
    return [[*serif, (wide, u(-0.04, 0.05), u(0.7, 1)), *draw_stem(rng, wide)]]


def draw_long_serif_barred(rng: np.random.Generator) -> Glyph:
    """Start with a long serif, and add a bar."""
    glyph = draw_long_serif(rng)
    if rng.random() < 0.2:  # a serif that nearly reaches the bar
        glyph[0][0] = (glyph[0][0][0], rng.uniform(0.34, 0.42))
    return [*glyph, draw_bar(glyph[0][-2:], rng)]


def draw_curved_barred(rng: np.random.Generator) -> Glyph:
    """Go round into the stem, and add a bar."""
    glyph = draw_curved(rng)
    return [*glyph, draw_bar(glyph[0][-2:], rng)]


def draw_short_topped(rng: np.random.Generator) -> Glyph:
    """Draw a short top on a long stem, with the bar that tells it from a 1."""
    u = rng.uniform
    wide = u(0.18, 0.34)
    start: Stroke = [(u(-0.02, 0.02), u(0.0, 0.1)), (wide, 0.0, u(0.6, 1))]
    stem = draw_stem(rng, wide)
    return [[*start, *stem], draw_bar(stem, rng)]


def draw_hollow(rng: np.random.Generator) -> Glyph:
    """Bend the stem far in, so that top and stem are like a sickle."""
    u = rng.uniform
    wide = u(0.44, 0.66)
    stem: Stroke = [(wide * u(0.4, 0.6), u(0.34, 0.46)), (wide * u(0.1, 0.4), u(0.68, 0.76)), (wide * u(0.0, 0.4), 1.0)]
    glyph: Glyph = [[(0.0, u(-0.02, 0.12)), (wide * 0.5, u(-0.02, 0.06)), (wide, u(-0.04, 0.04), u(0.5, 1)), *stem]]
    return glyph if u() < 0.6 else [*glyph, draw_bar(stem[:2], rng)]


def draw_wide(rng: np.random.Generator) -> Glyph:
    """Draw a top as wide as the digit is high, level or rising a little."""
    u = rng.uniform
    wide = u(0.66, 0.95)
    glyph: Glyph = [[(0.0, u(-0.04, 0.14)), (wide, u(-0.04, 0.06), u(0.75, 1)), *draw_stem(rng, wide)]]
    return glyph if u() < 0.6 else [*glyph, draw_bar(glyph[0][-2:], rng)]


STYLES = (
    Style("plain", 3, draw_plain, 0.25, "top and stem", LEAN),
    Style("barred", 3, draw_barred, family="with bar", lean=LEAN),
    Style("wavy", 1.2, draw_wavy, 0.17, "top and stem", LEAN, (-0.35, 0.55)),
    Style("wavy barred", 1.2, draw_wavy_barred, 0.17, "with bar", LEAN),
    Style("serif", 1.3, draw_serif, 0.17, "top and stem", LEAN, (-0.35, 0.55)),
    Style("serif barred", 1.3, draw_serif_barred, 0.17, "with bar", LEAN),
    Style("curved", 1.5, draw_curved, 0.24, "top and stem", LEAN),
    Style("upright", 1, draw_upright, lean=(-0.15, 0.6)),
    Style("hook", 1.2, draw_hook, 0.12, "top and stem", LEAN, (-0.3, 0.55)),
    Style("hook barred", 2.4, draw_hook_barred, 0.12, "with bar", LEAN, (-0.3, 0.55)),
    Style("arched barred", 1.6, draw_arched_barred, 0.11, "with bar", LEAN, (-0.15, 0.55)),
    Style("long serif", 1.4, draw_long_serif, 0.13, "top and stem", LEAN, (-0.35, 0.55)),
    Style("long serif barred", 1.8, draw_long_serif_barred, 0.11, "with bar", LEAN, (-0.3, 0.55)),
    Style("curved barred", 0.8, draw_curved_barred, 0.15, "with bar", LEAN),
    Style("short topped", 1, draw_short_topped, 0.13, "with bar", LEAN),
    Style("hollow", 0.8, draw_hollow, 0.16, lean=LEAN),
    Style("wide", 0.8, draw_wide, 0.18, lean=LEAN),
)
