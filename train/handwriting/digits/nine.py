"""How people write a 9."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Point, Stroke, ring
from .style import Style


def draw_loop(rng: np.random.Generator, gap: float) -> Stroke:
    """Return the head of a 9, from its start at the top right round to its low right side."""
    u = rng.uniform
    low, right = u(0.42, 0.58), u(0.42, 0.54)
    start: Point = (right - gap, u(0.05, 0.12) if gap < 0.05 else u(0.0, 0.05))
    return [start, (right * 0.5 - gap * 0.3, 0.0), (0.0, low * 0.52), (right * 0.45, low), (right * 0.9, low * 0.62)]


def draw_round(rng: np.random.Generator) -> Glyph:
    """Draw a curved tail."""
    u = rng.uniform
    head = draw_loop(rng, u(-0.03, 0.03))
    right = head[0][0]
    return [
        [*head, (right + 0.02, u(0.08, 0.2), u(0, 0.6)), (right - u(0.0, 0.06), 0.55), (right - u(0.12, 0.42), 1.0)]
    ]


def draw_straight(rng: np.random.Generator) -> Glyph:
    """Draw a straight stem."""
    u = rng.uniform
    head = draw_loop(rng, u(-0.02, 0.04))
    right = head[0][0] + u(0.0, 0.04)
    return [[*head, (right, u(-0.03, 0.1), u(0.7, 1)), (right + u(-0.06, 0.03), 1.0)]]


def draw_hooked(rng: np.random.Generator) -> Glyph:
    """End with a hook."""
    u = rng.uniform
    head = draw_loop(rng, u(-0.03, 0.03))
    right = head[0][0]
    tail: Stroke = [(right, 0.6), (right - u(0.1, 0.22), 1.0), (u(-0.05, 0.12), u(0.84, 0.97))]
    return [[*head, (right + 0.02, u(0.05, 0.18), u(0, 0.7)), *tail]]


def draw_open(rng: np.random.Generator) -> Glyph:
    """Start the loop away from the stem and never meet it."""
    u = rng.uniform
    gap = u(0.06, 0.15)
    head = draw_loop(rng, gap)
    right = head[0][0] + gap
    return [[*head, (right, u(0.04, 0.14), u(0.6, 1)), (right + u(-0.04, 0.02), 0.55), (right - u(0.0, 0.25), 1.0)]]


def draw_two_strokes(rng: np.random.Generator) -> Glyph:
    """Draw a ring, then the stem."""
    u = rng.uniform
    head = ring((0.24, 0.26), (u(0.18, 0.26), u(0.22, 0.28)), u(-0.2, 0.0), -u(0.95, 1.08))
    x = 0.24 + u(0.17, 0.25)
    return [head, [(x, u(-0.02, 0.2)), (x + u(-0.03, 0.02), 0.6), (x - u(0.0, 0.22), 1.0)]]


def draw_small(rng: np.random.Generator) -> Glyph:
    """Draw a small head on a long tail."""
    u = rng.uniform
    low = u(0.24, 0.36)
    head: Stroke = [(0.36, u(0.06, 0.12)), (0.2, 0.0), (0.02, low * 0.55), (0.18, low), (0.36, low * 0.5)]
    return [[*head, (u(0.36, 0.42), u(0.1, 0.2), u(0, 0.5)), (u(0.3, 0.38), 0.6), (u(0.1, 0.36), 1.0)]]


STYLES = (
    Style("round", 3, draw_round, 0.2),
    Style("straight", 3, draw_straight),
    Style("hooked", 2.5, draw_hooked, 0.18),
    Style("open", 1.2, draw_open, 0.15),
    Style("two strokes", 1.2, draw_two_strokes),
    Style("small", 1, draw_small, 0.14),
)
