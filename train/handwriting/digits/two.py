"""How people write a 2."""

from __future__ import annotations

import numpy as np

from ..curves import Glyph, Stroke
from .style import Style


def draw_plain(rng: np.random.Generator) -> Glyph:
    """Turn sharply into the base."""
    u = rng.uniform
    bow: Stroke = [
        (u(0.0, 0.1), u(0.14, 0.3)),
        (u(0.2, 0.32), 0.0),
        (u(0.5, 0.6), u(0.2, 0.3)),
        (u(0.3, 0.42), u(0.55, 0.66)),
    ]
    return [[*bow, (0.0, 1.0, u(0.75, 1)), (u(0.2, 0.35), 1.0 + u(-0.04, 0.02)), (u(0.48, 0.75), 1.0 + u(-0.07, 0.04))]]


def draw_looped(rng: np.random.Generator) -> Glyph:
    """Loop into the base."""
    u = rng.uniform
    bow: Stroke = [(u(0.0, 0.1), u(0.14, 0.3)), (0.27, 0.0), (u(0.5, 0.58), u(0.2, 0.3)), (u(0.32, 0.4), 0.6)]
    size = u(0.6, 1.5)
    loop: Stroke = [(0.12, 0.92), (0.02, 0.99), (-0.07 * size, 0.99 - 0.08 * size), (0.04, 0.98 - 0.16 * size)]
    return [[*bow, *loop, (u(0.22, 0.34), u(0.9, 0.96)), (u(0.55, 0.75), u(0.88, 1.03))]]


def draw_swan(rng: np.random.Generator) -> Glyph:
    """Draw a high neck on a wavy base."""
    u = rng.uniform
    neck: Stroke = [
        (u(0.0, 0.08), u(0.2, 0.32)),
        (u(0.05, 0.12), 0.08),
        (0.28, 0.0),
        (u(0.46, 0.56), 0.22),
        (0.34, 0.58),
    ]
    wave: Stroke = [
        (0.02, 0.97, u(0.4, 1)),
        (u(0.12, 0.22), u(0.88, 0.95)),
        (u(0.36, 0.45), 1.02),
        (u(0.58, 0.72), u(0.86, 0.96)),
    ]
    return [neck + wave]


def draw_like_z(rng: np.random.Generator) -> Glyph:
    """Draw a straight top and back; round enough not to be a Z."""
    u = rng.uniform
    top: Stroke = [(0.0, u(0.07, 0.2)), (u(0.2, 0.3), u(0.0, 0.04)), (u(0.46, 0.56), u(0.07, 0.16), u(0.1, 0.55))]
    return [[*top, (0.0, 1.0, u(0.8, 1)), (u(0.5, 0.7), 1.0 + u(-0.05, 0.03))]]


def draw_round_based(rng: np.random.Generator) -> Glyph:
    """Turn softly into the base."""
    u = rng.uniform
    bow: Stroke = [(u(0.0, 0.1), u(0.12, 0.3)), (0.27, 0.0), (u(0.48, 0.58), 0.25), (u(0.28, 0.38), 0.6)]
    return [
        [*bow, (u(0.02, 0.07), u(0.88, 0.95), u(0, 0.4)), (u(0.2, 0.3), u(0.97, 1.02)), (u(0.5, 0.7), u(0.93, 1.02))]
    ]


def draw_hooked(rng: np.random.Generator) -> Glyph:
    """Start with a hook inward."""
    u = rng.uniform
    start: Stroke = [(u(0.1, 0.2), u(0.22, 0.34)), (u(0.0, 0.06), u(0.16, 0.24)), (u(0.1, 0.16), 0.05), (0.32, 0.0)]
    return [[*start, (0.55, 0.22), (0.35, 0.6), (0.0, 1.0, u(0.6, 1)), (u(0.48, 0.7), 1.0 + u(-0.06, 0.03))]]


def draw_flat_footed(rng: np.random.Generator) -> Glyph:
    """Stand on a long straight foot, level or falling."""
    u = rng.uniform
    bow: Stroke = [(u(0.0, 0.1), u(0.1, 0.28)), (u(0.2, 0.32), 0.0), (u(0.46, 0.58), u(0.16, 0.28))]
    fall = u(-0.06, 0.16)
    foot: Stroke = [(u(-0.04, 0.04), 1.0, u(0.8, 1)), (u(0.62, 1.0), 1.0 + fall)]
    return [[*bow, (u(0.28, 0.4), u(0.52, 0.66)), *foot]]


def draw_short_footed(rng: np.random.Generator) -> Glyph:
    """Stand on a foot that is hardly there, but there."""
    u = rng.uniform
    bow: Stroke = [(u(0.0, 0.1), u(0.12, 0.3)), (u(0.2, 0.32), 0.0), (u(0.5, 0.6), u(0.2, 0.3))]
    foot: Stroke = [(0.02, 1.0, u(0.5, 1)), (u(0.3, 0.42), 1.0 + u(-0.05, 0.05))]
    return [[*bow, (u(0.28, 0.38), u(0.55, 0.66)), *foot]]


def draw_big_loop(rng: np.random.Generator) -> Glyph:
    """Turn in a wide loop on the ground."""
    u = rng.uniform
    size = u(0.14, 0.28)
    bow: Stroke = [(u(0.0, 0.1), u(0.12, 0.28)), (0.27, 0.0), (u(0.48, 0.58), u(0.2, 0.28)), (u(0.3, 0.38), 0.6)]
    loop: Stroke = [(0.1, 0.92), (-0.02, 1.0), (-0.12, 1.0 - size * 0.5), (0.0, 1.0 - size), (0.16, 1.0 - size * 0.4)]
    return [[*bow, *loop, (u(0.3, 0.4), u(0.95, 1.02)), (u(0.55, 0.75), u(0.88, 1.0))]]


def draw_curled(rng: np.random.Generator) -> Glyph:
    """Start in a closed curl at the top left."""
    u = rng.uniform
    curl: Stroke = [(u(0.1, 0.16), u(0.12, 0.18)), (u(0.14, 0.2), u(0.24, 0.3)), (0.04, 0.26), (u(-0.04, 0.02), 0.13)]
    rest: Stroke = [(u(0.18, 0.28), 0.0), (u(0.48, 0.58), u(0.2, 0.28)), (u(0.3, 0.38), 0.6)]
    return [[*curl, *rest, (0.0, 1.0, u(0.4, 1)), (u(0.5, 0.75), 1.0 + u(-0.06, 0.04))]]


def draw_lifted(rng: np.random.Generator) -> Glyph:
    """Lift the pen before the foot."""
    u = rng.uniform
    bow: Stroke = [(u(0.0, 0.1), u(0.1, 0.28)), (u(0.2, 0.32), 0.0), (u(0.46, 0.58), u(0.16, 0.28))]
    foot: Stroke = [(u(-0.12, 0.04), 1.0 + u(-0.05, 0.03)), (u(0.46, 0.72), 1.0 + u(-0.05, 0.03))]
    return [[*bow, (u(0.26, 0.38), u(0.52, 0.66)), (u(-0.04, 0.06), u(0.96, 1.0))], foot]


def draw_small_bow(rng: np.random.Generator) -> Glyph:
    """Draw a small head on a long straight back."""
    u = rng.uniform
    right = u(0.34, 0.5)
    bow: Stroke = [(right - u(0.26, 0.36), u(0.08, 0.2)), (right - 0.14, 0.0), (right, u(0.1, 0.18), u(0, 0.3))]
    return [[*bow, (right * 0.6, u(0.45, 0.6)), (0.0, 1.0, u(0.7, 1)), (u(0.4, 0.7), 1.0 + u(-0.06, 0.06))]]


STYLES = (
    Style("plain", 4, draw_plain, 0.22, "bow"),
    Style("looped", 2.5, draw_looped, 0.17, "bow"),
    Style("swan", 1.5, draw_swan, family="bow"),
    Style("like z", 1.5, draw_like_z, family="bow"),
    Style("round based", 1.5, draw_round_based, family="bow"),
    Style("hooked", 1.5, draw_hooked, 0.15, "bow"),
    Style("flat footed", 1.6, draw_flat_footed, 0.18, "bow"),
    Style("short footed", 1, draw_short_footed, 0.13, "bow", (-0.4, 0.5), (-0.3, 0.5)),
    Style("big loop", 1.2, draw_big_loop, 0.13, "bow"),
    Style("curled", 0.8, draw_curled, 0.11),
    Style("lifted", 0.6, draw_lifted, 0.17),
    Style("small bow", 1.2, draw_small_bow, 0.13, "bow", (-0.4, 0.55), (-0.2, 0.5)),
)
