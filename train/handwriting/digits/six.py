"""How people write a 6."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Stroke
from .style import Style


def bowl(rng: np.random.Generator, top: float, close: float) -> Stroke:
    """Return the loop of a 6, from its left side round to `close` (1 touches the back)."""
    u = rng.uniform
    low = (1 + top) / 2
    right = u(0.44, 0.58)
    end = (0.24 * (1 - close) + 0.03, top + (low - top) * (0.3 + 0.5 * close))
    return [(0.0, low), (right * 0.5, 1.0), (right, low + u(-0.02, 0.04)), (right * 0.52, top), end]


def draw_round(rng: np.random.Generator) -> Glyph:
    """Draw a curved back."""
    u = rng.uniform
    top = u(0.42, 0.58)
    return [[(u(0.36, 0.55), u(0.0, 0.06)), (u(0.14, 0.22), u(0.22, 0.32)), *bowl(rng, top, u(0.85, 1.25))]]


def draw_straight(rng: np.random.Generator) -> Glyph:
    """Draw a straight back."""
    u = rng.uniform
    lean = u(0.14, 0.42)
    return [[(lean, 0.0), (lean * 0.45 + u(-0.02, 0.02), 0.38), *bowl(rng, u(0.46, 0.64), u(0.8, 1.2))]]


def draw_hooked(rng: np.random.Generator) -> Glyph:
    """Start with a hook."""
    u = rng.uniform
    hook: Stroke = [(u(0.46, 0.56), u(0.1, 0.2)), (u(0.32, 0.4), 0.0), (u(0.1, 0.16), 0.24)]
    return [hook + bowl(rng, u(0.42, 0.56), u(0.8, 1.2))]


def draw_open(rng: np.random.Generator) -> Glyph:
    """Stop before the loop closes."""
    u = rng.uniform
    top = u(0.46, 0.6)
    return [[(u(0.3, 0.55), 0.0), (u(0.12, 0.2), u(0.22, 0.32)), *bowl(rng, top, u(0.3, 0.7))]]


def draw_small_loop(rng: np.random.Generator) -> Glyph:
    """Draw a tall back over a small loop."""
    u = rng.uniform
    low, right = u(0.76, 0.84), u(0.36, 0.5)
    back: Stroke = [(u(0.3, 0.5), 0.0), (u(0.12, 0.2), u(0.26, 0.36)), (0.0, low - 0.06), (right * 0.45, 1.0)]
    return [[*back, (right, low + 0.04), (right * 0.6, low - 0.13), (u(0.02, 0.1), u(0.82, 0.94))]]


def draw_spiral(rng: np.random.Generator) -> Glyph:
    """End inside the loop."""
    u = rng.uniform
    top = u(0.44, 0.56)
    return [[(u(0.36, 0.54), 0.02), (0.14, 0.28), *bowl(rng, top, 1.0), (u(0.1, 0.16), u(0.84, 0.92))]]


def draw_tiny_loop(rng: np.random.Generator) -> Glyph:
    """Draw a long stem, straight or bent, that ends in a tiny loop."""
    u = rng.uniform
    size, lean = u(0.19, 0.33), u(0.0, 0.4)
    right, top = size * u(0.95, 1.3), 1 - size
    stem: Stroke = [(lean, 0.0), (lean * 0.5 + u(-0.05, 0.02), 0.45), (0.0, 1 - size * 0.6)]
    return [[*stem, (right * 0.5, 1.0), (right, 1 - size * 0.45), (right * 0.55, top), (u(0.0, 0.04), 1 - size * 0.45)]]


def draw_flat_hooked(rng: np.random.Generator) -> Glyph:
    """Start with a level hook to the right, long or with a corner."""
    u = rng.uniform
    hook: Stroke = [(u(0.42, 0.66), u(-0.04, 0.1)), (u(0.12, 0.24), u(0.0, 0.04), u(0.0, 0.8)), (u(0.02, 0.08), 0.3)]
    return [hook + bowl(rng, u(0.42, 0.56), u(0.85, 1.2))]


def draw_upright(rng: np.random.Generator) -> Glyph:
    """Draw a stem that stands upright, with a loop on the ground."""
    u = rng.uniform
    top = u(0.44, 0.64)
    return [[(u(0.03, 0.14), 0.0), (u(0.0, 0.05), 0.4), *bowl(rng, top, u(0.9, 1.2))]]


def draw_low_looped(rng: np.random.Generator) -> Glyph:
    """Draw a wide flat loop under a swung back."""
    u = rng.uniform
    top, right = u(0.6, 0.72), u(0.5, 0.68)
    back: Stroke = [(u(0.4, 0.64), u(0.0, 0.08)), (u(0.14, 0.22), u(0.28, 0.36)), (0.0, u(0.72, 0.78))]
    return [[*back, (right * 0.5, 1.0), (right, (1 + top) / 2), (right * 0.5, top), (u(0.0, 0.08), u(0.76, 0.86))]]


def draw_crossing(rng: np.random.Generator) -> Glyph:
    """Let the loop end across the back, on its left."""
    u = rng.uniform
    top, right = u(0.5, 0.62), u(0.42, 0.56)
    back: Stroke = [(u(0.3, 0.52), 0.0), (u(0.1, 0.2), u(0.22, 0.32)), (0.0, (1 + top) / 2)]
    end: Stroke = [(right * 0.5, top), (u(-0.16, -0.06), u(0.66, 0.84))]
    return [[*back, (right * 0.5, 1.0), (right, (1 + top) / 2), *end]]


STYLES = (
    Style("round", 4, draw_round, 0.21, "back and loop"),
    Style("straight", 3, draw_straight, family="back and loop"),
    Style("hooked", 1.2, draw_hooked, family="back and loop"),
    Style("open", 1, draw_open, 0.16, "back and loop"),
    Style("small loop", 1.2, draw_small_loop, 0.16, "back and loop"),
    Style("spiral", 1, draw_spiral, 0.15, "back and loop"),
    Style("tiny loop", 1.8, draw_tiny_loop, 0.07, "back and loop", (-0.4, 0.6), (-0.2, 0.5)),
    Style("flat hooked", 1.2, draw_flat_hooked, 0.15, "back and loop"),
    Style("upright", 1, draw_upright, 0.16, "back and loop", (-0.3, 0.6)),
    Style("low looped", 1.2, draw_low_looped, 0.13, "back and loop"),
    Style("crossing", 0.7, draw_crossing, 0.12),
)
