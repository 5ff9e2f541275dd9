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


STYLES = (
    Style("round", 4, draw_round, 0.21),
    Style("straight", 3, draw_straight),
    Style("hooked", 1.2, draw_hooked),
    Style("open", 1, draw_open, 0.16),
    Style("small loop", 1.2, draw_small_loop, 0.16),
    Style("spiral", 1, draw_spiral, 0.15),
)
