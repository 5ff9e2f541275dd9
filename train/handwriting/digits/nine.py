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


def draw_g_tailed(rng: np.random.Generator) -> Glyph:
    """Swing the tail far to the left, as in a g, and sometimes up again."""
    u = rng.uniform
    gap = u(-0.03, 0.03) if u() < 0.65 else u(0.05, 0.16)
    head = draw_loop(rng, gap)
    right = head[0][0] + max(gap, 0.0)
    end = (u(-0.34, 0.0) if u() < 0.75 else u(-0.65, -0.3), u(0.8, 1.0))
    low = u(0.92, 1.04)
    tail: Stroke = [
        (right + u(-0.03, 0.03), 0.56),
        (right - u(0.06, 0.22), low - u(0.02, 0.12)),
        (u(0.0, 0.14), low),
        end,
    ]
    if u() < 0.35:
        tail.append((end[0] + u(-0.04, 0.08), end[1] - u(0.1, 0.24)))
    return [[*head, (right + 0.02, u(0.06, 0.2), u(0, 0.8)), *tail]]


def draw_g_tailed_small(rng: np.random.Generator) -> Glyph:
    """Hang a tail like that of a g from a small head."""
    u = rng.uniform
    low = u(0.24, 0.42)
    right = u(0.28, 0.46)
    head: Stroke = [(right, u(0.04, 0.1)), (right * 0.55, 0.0), (u(0.02, 0.1), low * 0.55), (right * 0.5, low)]
    tail: Stroke = [(right, low * 0.4, u(0.2, 1)), (right + u(-0.02, 0.08), 0.6), (right - u(0.08, 0.2), u(0.92, 1.0))]
    return [[*head, *tail, (u(-0.5, 0.02), u(0.78, 1.0))]]


def draw_eared(rng: np.random.Generator) -> Glyph:
    """Let the top of a small head reach beyond the leg, as the ear of a printed g does."""
    u = rng.uniform
    low, right = u(0.24, 0.46), u(0.28, 0.46)
    ear: Point = (right + u(0.06, 0.26), u(-0.03, 0.08))
    top = (right * 0.55, u(-0.03, 0.02))
    head: Stroke = [ear, top, (0.0, low * 0.55), (right * 0.45, low), (right * 0.9, low * 0.5)]
    leg: Stroke = [(right + u(-0.03, 0.04), u(0.0, 0.06), u(0.3, 1)), (right + u(0.0, 0.12), 0.55)]
    if u() < 0.3:
        return [[*head, *leg, (right - u(0.0, 0.2), 1.0)]]
    return [[*head, *leg, (right + u(-0.04, 0.1), 0.8), (right - u(0.1, 0.26), u(0.94, 1.0)), (u(-0.2, 0.12), 1.0)]]


def draw_lollipop(rng: np.random.Generator) -> Glyph:
    """Hang a straight leg from under the head, not from its right side: nearly a P."""
    u = rng.uniform
    size = u(0.2, 0.3)
    wide = size * u(0.8, 1.1)
    head = ring((0.26, size), (wide, size), u(-0.2, 0.1), -u(0.98, 1.1), u(-0.05, 0.04))
    x = 0.26 + wide * u(-0.45, 0.75)
    return [head, [(x, size + size * u(0.5, 0.95)), (x + u(-0.1, 0.04), u(0.7, 0.8)), (x + u(-0.22, 0.06), 1.0)]]


def draw_tiny_head(rng: np.random.Generator) -> Glyph:
    """Draw a long leg, straight or bent, from a tiny closed head."""
    u = rng.uniform
    size, right = u(0.2, 0.3), u(0.22, 0.33)
    head: Stroke = [
        (right, size * 0.35),
        (right * 0.5, 0.0),
        (0.0, size * 0.5),
        (right * 0.5, size),
        (right, size * 0.4),
    ]
    lean = u(-0.1, 0.3)
    return [[*head, (right - lean * 0.35 + u(-0.01, 0.03), 0.52), (right - lean, 1.0)]]


def draw_square(rng: np.random.Generator) -> Glyph:
    """Draw a head with corners, and a straight leg that may turn left on the ground."""
    u = rng.uniform
    corner, wide, low = u(0.5, 1), u(0.36, 0.52), u(0.4, 0.54)
    head: Stroke = [(wide, u(0.0, 0.04)), (u(0.0, 0.05), u(-0.02, 0.04), corner), (u(-0.02, 0.03), low, corner)]
    leg: Stroke = [(wide, low + u(-0.04, 0.02), 1), (wide, u(-0.05, 0.02), 1), (wide + u(-0.04, 0.03), 1.0, corner)]
    return [[*head, *leg, *([(u(-0.04, 0.1), 1.0 + u(-0.05, 0.03))] if u() < 0.35 else [])]]


def draw_curled(rng: np.random.Generator) -> Glyph:
    """Start inside, at the foot of the head, and go round it to the right into the tail."""
    u = rng.uniform
    low, right = u(0.42, 0.54), u(0.42, 0.52)
    start: Stroke = [
        (right * u(0.85, 1.0), low - u(0.06, 0.14)),
        (right * 0.5, low),
        (0.0, low * 0.5),
        (right * 0.5, 0.0),
    ]
    tail: Stroke = [(right - u(0.0, 0.08), 0.72), (right - u(0.14, 0.4), 1.0)]
    return [[*start, (right, low * u(0.45, 0.6)), *tail]]


def draw_like_y(rng: np.random.Generator) -> Glyph:
    """Leave the head open on its top right; the tail swings left."""
    u = rng.uniform
    low, right = u(0.42, 0.52), u(0.46, 0.56)
    start: Stroke = [(right - u(0.14, 0.24), u(0.02, 0.1)), (right * 0.4, 0.0), (0.0, low * 0.5), (right * 0.45, low)]
    tail: Stroke = [(right, u(0.06, 0.16), u(0.6, 1)), (right - 0.02, 0.6), (right - u(0.12, 0.22), u(0.92, 1.0))]
    return [[*start, (right * 0.9, low * 0.6), *tail, (u(-0.16, 0.06), u(0.84, 0.98))]]


STYLES = (
    Style("round", 3, draw_round, 0.2, "head and tail"),
    Style("straight", 3, draw_straight, family="head and tail"),
    Style("hooked", 2.5, draw_hooked, 0.18, "head and tail"),
    Style("open", 1.2, draw_open, 0.15, "head and tail"),
    Style("two strokes", 1.2, draw_two_strokes),
    Style("small", 1, draw_small, 0.14, "head and tail"),
    Style("g tailed", 2.2, draw_g_tailed, 0.14, "head and tail"),
    Style("g tailed small", 1.2, draw_g_tailed_small, 0.11, "head and tail"),
    Style("eared", 1.6, draw_eared, 0.1, "head and tail"),
    Style("lollipop", 1.1, draw_lollipop, 0.13, lean=(-0.4, 0.5)),
    Style("tiny head", 1.5, draw_tiny_head, 0.07, "head and tail", (-0.3, 0.6), (-0.2, 0.5)),
    Style("square", 0.9, draw_square, 0.14, "head and tail"),
    Style("curled", 0.8, draw_curled, 0.14),
    Style("like y", 0.9, draw_like_y, 0.12, "head and tail"),
)
