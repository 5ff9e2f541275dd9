"""The skeletons of digits, as people write them around the world, and the curves through them.

    STYLES[digit] -> Style.draw(rng) -> control points -> trace() -> the pen's path

Glyph space: x grows right, y grows down, a digit is about 0.55 wide and 1.0 high, from (0, 0).
Knows nothing of pens and pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, ...]  # (x, y) where the pen goes round smoothly, (x, y, sharpness) where it turns; 1 is a corner
Stroke = list[Point]  # from pen down to pen up
Glyph = list[Stroke]
Path = NDArray[np.float64]  # (n, 2)
Draw = Callable[[np.random.Generator], Glyph]

ROUND = 1.12  # tangent of a round turn, of the chord: 1.17 makes a circle of four points, 1 suits straighter strokes
SAMPLES = 9  # points on the path between two control points


class Style(NamedTuple):
    """One way to write a digit, and how often it is drawn among the digit's styles."""

    name: str
    share: float
    draw: Draw
    fattest: float = 0.19  # widest pen, of the height: a wider one fills its loops and corners


@lru_cache(maxsize=1)
def hermite_basis() -> NDArray[np.float64]:
    """Return the weights of (start, end, tangent at start, tangent at end) on a segment: (SAMPLES, 4)."""
    t = np.arange(SAMPLES) / SAMPLES
    return np.stack([2 * t**3 - 3 * t**2 + 1, 3 * t**2 - 2 * t**3, t**3 - 2 * t**2 + t, t**3 - t**2], axis=1)


def trace(stroke: Sequence[Point], roundness: float = 1.0, jitter: NDArray[np.float64] | None = None) -> Path:
    """Draw the pen's path through control points, as a Catmull-Rom spline by chord length.

    Args:
        stroke: at least two points.
        roundness: 1 goes round smoothly, 0 joins the points by straight lines.
        jitter: added to the points; (len(stroke), 2).
    """
    points = np.array([point[:2] for point in stroke], float)
    if jitter is not None:
        points += jitter
    bend = np.array([1.0 - point[2] if len(point) > 2 else 1.0 for point in stroke]) * roundness
    step = np.diff(points, axis=0)
    length = np.sqrt((step * step).sum(axis=1)) + 1e-6
    tangent = np.empty_like(points)
    inner = (step[1:] + step[:-1]) / (length[1:] + length[:-1])[:, None]
    pace = np.maximum(np.sqrt((inner * inner).sum(axis=1)), 0.35)  # a cusp has no direction of its own
    tangent[1:-1] = inner * (bend[1:-1] * ROUND / pace)[:, None]
    first, last = step[0] / length[0], step[-1] / length[-1]
    tangent[0] = 1.5 * first - 0.5 * tangent[1] if len(points) > 2 else first
    tangent[-1] = 1.5 * last - 0.5 * tangent[-2] if len(points) > 2 else last
    segments = np.stack([points[:-1], points[1:], tangent[:-1] * length[:, None], tangent[1:] * length[:, None]])
    path = np.einsum("sk,kmd->msd", hermite_basis(), segments).reshape(-1, 2)
    return np.concatenate([path, points[-1:]])


def ring(
    centre: tuple[float, float], radius: tuple[float, float], start: float, sweep: float, drift: float = 0.0
) -> Stroke:
    """Return the control points of a round stroke: angles in turns, clockwise from the right, `drift` widens it."""
    count = max(4, round(abs(sweep) * 8) + 1)
    turns = np.linspace(start, start + sweep, count)
    widen = np.linspace(1.0, 1.0 + drift, count)
    around = 2 * np.pi * turns
    x, y = centre[0] + radius[0] * widen * np.cos(around), centre[1] + radius[1] * widen * np.sin(around)
    return list(zip(x, y, strict=True))


def zero_round(rng: np.random.Generator) -> Glyph:
    """Go round once, to the left as most people do."""
    u = rng.uniform
    side = -1 if u() < 0.8 else 1  # most people go left first
    return [ring((0.3, 0.5), (u(0.2, 0.42), 0.5), u(-0.36, -0.14), side * u(0.97, 1.12), u(-0.14, 0.08))]


def zero_narrow(rng: np.random.Generator) -> Glyph:
    """Go round a slim 0."""
    u = rng.uniform
    return [ring((0.2, 0.5), (u(0.13, 0.22), 0.5), u(-0.35, -0.15), -u(1.0, 1.1), u(-0.12, 0.05))]


def zero_open(rng: np.random.Generator) -> Glyph:
    """Stop before the ring closes."""
    u = rng.uniform
    return [ring((0.3, 0.5), (u(0.24, 0.4), 0.5), u(-0.3, -0.16), -u(0.86, 0.95), u(-0.1, 0.1))]


def zero_overlapped(rng: np.random.Generator) -> Glyph:
    """Go on past the start, inside it."""
    u = rng.uniform
    return [ring((0.3, 0.5), (u(0.22, 0.38), 0.5), u(-0.4, -0.15), -u(1.12, 1.3), u(-0.25, -0.08))]


def zero_tailed(rng: np.random.Generator) -> Glyph:
    """Leave the ring to the right, as in a running hand."""
    u = rng.uniform
    loop = ring((0.3, 0.5), (u(0.22, 0.36), 0.5), -0.25, -u(0.98, 1.05), u(-0.05, 0.02))
    return [[*loop, (u(0.35, 0.6), u(-0.08, 0.08))]]


def zero_slashed(rng: np.random.Generator) -> Glyph:
    """Strike the 0 through, as people do who also write the letter O."""
    u = rng.uniform
    rx, past = u(0.24, 0.4), u(0.6, 1.15)
    slash: Stroke = [(0.3 + rx * past, 0.5 - 0.42 * past), (0.3 - rx * past, 0.5 + 0.42 * past)]
    return [ring((0.3, 0.5), (rx, 0.5), u(-0.3, -0.15), -u(0.98, 1.08), u(-0.06, 0.04)), slash]


def zero_boxy(rng: np.random.Generator) -> Glyph:
    """Draw a 0 with corners, or none."""
    u = rng.uniform
    wide, corner = u(0.35, 0.62), u(0.0, 0.6)
    inset = u(0.04, 0.14)
    stroke: Stroke = [(wide * u(0.3, 0.8), 0.0), (inset, 0.04, corner), (0.0, 0.5), (inset, 0.96, corner)]
    stroke += [
        (wide - inset, 0.97, corner),
        (wide, 0.5),
        (wide - inset, 0.04, corner),
        (wide * u(0.2, 0.5), u(-0.02, 0.05)),
    ]
    return [stroke]


def one_plain(rng: np.random.Generator) -> Glyph:
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


def one_short_flag(rng: np.random.Generator) -> Glyph:
    """Start with a short upstroke."""
    u = rng.uniform
    return [[*flag(rng, (0.08, 0.22), (0.6, 1.6)), (0.0, 0.0, u(0.5, 1)), (u(-0.03, 0.03), 0.5), (u(-0.06, 0.05), 1.0)]]


def one_long_flag(rng: np.random.Generator) -> Glyph:
    """Start with a long upstroke, as most of Europe does."""
    u = rng.uniform
    return [[*flag(rng, (0.2, 0.42), (0.75, 1.5)), (0.0, 0.0, u(0.6, 1)), (u(-0.02, 0.03), 0.5), (u(-0.05, 0.05), 1.0)]]


def one_steep_flag(rng: np.random.Generator) -> Glyph:
    """Start near the ground: an inverted V with an upright right leg."""
    u = rng.uniform
    return [[*flag(rng, (0.18, 0.4), (1.7, 2.8)), (0.0, 0.0, u(0.7, 1)), (u(-0.02, 0.04), 0.5), (u(-0.05, 0.06), 1.0)]]


def base(rng: np.random.Generator, x: float) -> Stroke:
    """Return the foot of a 1."""
    u = rng.uniform
    return [(x - u(0.12, 0.34), 1.0 + u(-0.03, 0.03)), (x + u(0.12, 0.34), 1.0 + u(-0.04, 0.03))]


def one_based(rng: np.random.Generator) -> Glyph:
    """Draw stem and foot."""
    foot = rng.uniform(-0.04, 0.04)
    return [[(0.0, 0.0), (foot, 1.0)], base(rng, foot)]


def one_printed(rng: np.random.Generator) -> Glyph:
    """Draw flag, stem and foot."""
    u = rng.uniform
    foot = u(-0.04, 0.04)
    return [[*flag(rng, (0.1, 0.32), (0.6, 1.4)), (0.0, 0.0, u(0.7, 1)), (foot, 1.0)], base(rng, foot)]


def one_two_strokes(rng: np.random.Generator) -> Glyph:
    """Draw flag and stem with the pen lifted between them."""
    u = rng.uniform
    tip: Point = (u(-0.04, 0.02), u(-0.02, 0.06))
    return [[*flag(rng, (0.1, 0.35), (0.7, 2.0)), tip], [(0.0, u(-0.05, 0.0)), (u(-0.03, 0.03), 1.0)]]


def two_plain(rng: np.random.Generator) -> Glyph:
    """Turn sharply into the base."""
    u = rng.uniform
    bow: Stroke = [
        (u(0.0, 0.1), u(0.14, 0.3)),
        (u(0.2, 0.32), 0.0),
        (u(0.5, 0.6), u(0.2, 0.3)),
        (u(0.3, 0.42), u(0.55, 0.66)),
    ]
    return [[*bow, (0.0, 1.0, u(0.75, 1)), (u(0.2, 0.35), 1.0 + u(-0.04, 0.02)), (u(0.48, 0.75), 1.0 + u(-0.07, 0.04))]]


def two_looped(rng: np.random.Generator) -> Glyph:
    """Loop into the base."""
    u = rng.uniform
    bow: Stroke = [(u(0.0, 0.1), u(0.14, 0.3)), (0.27, 0.0), (u(0.5, 0.58), u(0.2, 0.3)), (u(0.32, 0.4), 0.6)]
    size = u(0.6, 1.5)
    loop: Stroke = [(0.12, 0.92), (0.02, 0.99), (-0.07 * size, 0.99 - 0.08 * size), (0.04, 0.98 - 0.16 * size)]
    return [[*bow, *loop, (u(0.22, 0.34), u(0.9, 0.96)), (u(0.55, 0.75), u(0.88, 1.03))]]


def two_swan(rng: np.random.Generator) -> Glyph:
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


def two_like_z(rng: np.random.Generator) -> Glyph:
    """Draw a straight top and back; round enough not to be a Z."""
    u = rng.uniform
    top: Stroke = [(0.0, u(0.07, 0.2)), (u(0.2, 0.3), u(0.0, 0.04)), (u(0.46, 0.56), u(0.07, 0.16), u(0.1, 0.55))]
    return [[*top, (0.0, 1.0, u(0.8, 1)), (u(0.5, 0.7), 1.0 + u(-0.05, 0.03))]]


def two_round_based(rng: np.random.Generator) -> Glyph:
    """Turn softly into the base."""
    u = rng.uniform
    bow: Stroke = [(u(0.0, 0.1), u(0.12, 0.3)), (0.27, 0.0), (u(0.48, 0.58), 0.25), (u(0.28, 0.38), 0.6)]
    return [
        [*bow, (u(0.02, 0.07), u(0.88, 0.95), u(0, 0.4)), (u(0.2, 0.3), u(0.97, 1.02)), (u(0.5, 0.7), u(0.93, 1.02))]
    ]


def two_hooked(rng: np.random.Generator) -> Glyph:
    """Start with a hook inward."""
    u = rng.uniform
    start: Stroke = [(u(0.1, 0.2), u(0.22, 0.34)), (u(0.0, 0.06), u(0.16, 0.24)), (u(0.1, 0.16), 0.05), (0.32, 0.0)]
    return [[*start, (0.55, 0.22), (0.35, 0.6), (0.0, 1.0, u(0.6, 1)), (u(0.48, 0.7), 1.0 + u(-0.06, 0.03))]]


def belly(rng: np.random.Generator, top: float) -> Stroke:
    """Return the lower bow of a 3 or a 5, from its right side to its tail."""
    u = rng.uniform
    right = u(0.5, 0.64)
    tail: Stroke = [(u(-0.04, 0.1), u(0.82, 0.96))]
    if u() < 0.25:
        tail.append((tail[0][0] - u(0.0, 0.06), tail[0][1] - u(0.06, 0.14)))
    return [(right, (1.0 + top) / 2 + u(-0.03, 0.05)), (u(0.22, 0.36), 1.0), *tail]


def three_round(rng: np.random.Generator) -> Glyph:
    """Draw two bows."""
    u = rng.uniform
    waist = u(0.4, 0.5)
    head: Stroke = [(u(0.0, 0.1), u(0.06, 0.2)), (u(0.2, 0.32), 0.0), (u(0.44, 0.56), waist * u(0.4, 0.55))]
    return [[*head, (u(0.14, 0.3), waist, u(0.4, 1)), *belly(rng, waist)]]


def three_flat(rng: np.random.Generator) -> Glyph:
    """Draw a straight top, then a bow."""
    u = rng.uniform
    waist = u(0.34, 0.46)
    head: Stroke = [
        (u(0.0, 0.08), u(-0.02, 0.06)),
        (u(0.46, 0.58), u(-0.02, 0.04), u(0.8, 1)),
        (u(0.16, 0.28), waist, u(0.6, 1)),
    ]
    return [[*head, *belly(rng, waist)]]


def three_looped(rng: np.random.Generator) -> Glyph:
    """Loop between the bows."""
    u = rng.uniform
    waist = u(0.42, 0.5)
    head: Stroke = [(u(0.0, 0.1), u(0.08, 0.2)), (0.26, 0.0), (u(0.44, 0.54), 0.2), (u(0.24, 0.3), waist)]
    knot: Stroke = [(u(0.1, 0.17), waist + u(-0.01, 0.03)), (u(0.16, 0.22), waist - u(0.05, 0.1)), (0.34, waist + 0.01)]
    return [head + knot + belly(rng, waist)]


def three_shallow(rng: np.random.Generator) -> Glyph:
    """Draw a back that is nearly straight: the waist is only a dent."""
    u = rng.uniform
    waist = u(0.42, 0.52)
    head: Stroke = [(0.0, u(0.02, 0.12)), (u(0.2, 0.34), 0.0), (u(0.46, 0.54), waist * 0.5, u(0, 0.4))]
    return [
        [
            *head,
            (u(0.3, 0.38), waist, u(0.5, 1)),
            (u(0.48, 0.56), (1 + waist) / 2),
            (u(0.24, 0.34), 1.0),
            (u(-0.02, 0.04), u(0.9, 1.0)),
        ]
    ]


def three_square(rng: np.random.Generator) -> Glyph:
    """Draw a straight back and three bars, as on a calculator."""
    u = rng.uniform
    corner, wide = u(0.3, 1), u(0.42, 0.6)
    back: Stroke = [
        (0.0, u(-0.03, 0.04)),
        (wide, 0.0, corner),
        (wide + u(-0.03, 0.03), 0.5),
        (wide, 1.0, corner),
        (0.0, 1.0 + u(-0.05, 0.04)),
    ]
    return [back, [(u(0.02, 0.16), 0.48 + u(-0.03, 0.04)), (wide, 0.48)]]


def three_angular(rng: np.random.Generator) -> Glyph:
    """Draw two wedges."""
    u = rng.uniform
    head: Stroke = [
        (0.0, u(0.0, 0.1)),
        (u(0.2, 0.3), 0.0, 0.5),
        (u(0.44, 0.56), u(0.14, 0.22), u(0.4, 1)),
        (u(0.14, 0.26), u(0.42, 0.48), 1),
    ]
    return [[*head, (u(0.46, 0.6), u(0.66, 0.78), u(0.4, 1)), (u(0.2, 0.36), 1.0, u(0.2, 0.8)), (0.0, u(0.86, 0.98))]]


def four_open(rng: np.random.Generator) -> Glyph:
    """Draw an angle, then a stem across its foot."""
    u = rng.uniform
    bar, stem = u(0.52, 0.72), u(0.36, 0.48)
    arm: Stroke = [(u(0.08, 0.26), u(-0.02, 0.1)), (0.0, bar, u(0.8, 1)), (u(0.52, 0.72), bar + u(-0.07, 0.05))]
    return [arm, [(stem + u(-0.02, 0.08), u(0.02, 0.42)), (stem, u(0.9, 1.05))]]


def four_like_u(rng: np.random.Generator) -> Glyph:
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


def four_one_stroke(rng: np.random.Generator) -> Glyph:
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


def four_closed(rng: np.random.Generator) -> Glyph:
    """Let the slope and the stem meet at the top."""
    u = rng.uniform
    bar, stem = u(0.58, 0.76), u(0.36, 0.48)
    arm: Stroke = [
        (stem + u(-0.05, 0.03), u(-0.03, 0.03)),
        (0.0, bar, u(0.85, 1)),
        (u(0.54, 0.74), bar + u(-0.06, 0.04)),
    ]
    return [arm, [(stem, u(-0.03, 0.06)), (stem + u(-0.05, 0.03), 1.0)]]


def four_closed_short(rng: np.random.Generator) -> Glyph:
    """Let the bar end at the stem."""
    u = rng.uniform
    bar, stem = u(0.52, 0.7), u(0.38, 0.52)
    arm: Stroke = [(stem, 0.0), (0.0, bar, u(0.8, 1)), (stem + u(-0.02, 0.05), bar + u(-0.04, 0.03))]
    return [arm, [(stem, u(-0.03, 0.02)), (stem + u(-0.03, 0.03), 1.0)]]


def four_from_below(rng: np.random.Generator) -> Glyph:
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


def four_lightning(rng: np.random.Generator) -> Glyph:
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


def five_two_strokes(rng: np.random.Generator) -> Glyph:
    """Draw the body, then the hat."""
    u = rng.uniform
    waist = u(0.36, 0.5)
    body: Stroke = [
        (u(0.06, 0.14), u(0.0, 0.04)),
        (u(0.02, 0.08), waist, u(0.7, 1)),
        (u(0.24, 0.34), waist - u(0.05, 0.12)),
    ]
    return [body + belly(rng, waist), [(u(0.02, 0.2), u(-0.07, 0.05)), (u(0.46, 0.72), u(-0.1, 0.04))]]


def five_one_stroke(rng: np.random.Generator) -> Glyph:
    """Draw hat and body without lifting the pen."""
    u = rng.uniform
    waist = u(0.36, 0.48)
    hat: Stroke = [
        (u(0.45, 0.65), u(-0.06, 0.04)),
        (u(0.06, 0.14), u(0.0, 0.04), u(0.8, 1)),
        (u(0.02, 0.09), waist, u(0.7, 1)),
    ]
    return [[*hat, (u(0.24, 0.34), waist - u(0.04, 0.12)), *belly(rng, waist)]]


def five_like_s(rng: np.random.Generator) -> Glyph:
    """Round every corner."""
    u = rng.uniform
    hat: Stroke = [
        (u(0.5, 0.62), u(-0.02, 0.06)),
        (u(0.24, 0.34), u(0.0, 0.04)),
        (u(0.06, 0.14), u(0.08, 0.16), u(0.1, 0.6)),
    ]
    return [[*hat, (u(0.06, 0.12), u(0.34, 0.4), u(0, 0.5)), (u(0.3, 0.36), u(0.42, 0.5)), *belly(rng, 0.44)]]


def five_angular(rng: np.random.Generator) -> Glyph:
    """Keep every corner."""
    u = rng.uniform
    corner, waist, right = u(0.4, 1), u(0.38, 0.5), u(0.44, 0.58)
    hat: Stroke = [(right + u(-0.04, 0.1), u(-0.03, 0.03)), (0.03, 0.0, 1), (u(0.0, 0.05), waist, u(0.8, 1))]
    return [
        [
            *hat,
            (right - 0.05, waist + u(-0.05, 0.05), corner),
            (right, 0.75),
            (right - 0.06, 1.0, corner),
            (u(-0.03, 0.06), 1.0 + u(-0.07, 0.03)),
        ]
    ]


def five_slanted(rng: np.random.Generator) -> Glyph:
    """Draw a small belly under a leaning back, and a long flying hat."""
    u = rng.uniform
    body: Stroke = [(u(0.18, 0.28), 0.02), (u(0.1, 0.16), u(0.4, 0.5), u(0.5, 1)), (u(0.3, 0.38), u(0.4, 0.5))]
    body += [(u(0.42, 0.5), u(0.66, 0.76)), (u(0.2, 0.3), u(0.94, 1.0)), (u(-0.06, 0.04), u(0.88, 0.98))]
    return [body, [(u(0.16, 0.3), u(-0.02, 0.06)), (u(0.6, 0.8), u(-0.12, -0.02))]]


def bowl(rng: np.random.Generator, top: float, close: float) -> Stroke:
    """Return the loop of a 6, from its left side round to `close` (1 touches the back)."""
    u = rng.uniform
    low = (1 + top) / 2
    right = u(0.44, 0.58)
    end = (0.24 * (1 - close) + 0.03, top + (low - top) * (0.3 + 0.5 * close))
    return [(0.0, low), (right * 0.5, 1.0), (right, low + u(-0.02, 0.04)), (right * 0.52, top), end]


def six_round(rng: np.random.Generator) -> Glyph:
    """Draw a curved back."""
    u = rng.uniform
    top = u(0.42, 0.58)
    return [[(u(0.36, 0.55), u(0.0, 0.06)), (u(0.14, 0.22), u(0.22, 0.32)), *bowl(rng, top, u(0.85, 1.25))]]


def six_straight(rng: np.random.Generator) -> Glyph:
    """Draw a straight back."""
    u = rng.uniform
    lean = u(0.14, 0.42)
    return [[(lean, 0.0), (lean * 0.45 + u(-0.02, 0.02), 0.38), *bowl(rng, u(0.46, 0.64), u(0.8, 1.2))]]


def six_hooked(rng: np.random.Generator) -> Glyph:
    """Start with a hook."""
    u = rng.uniform
    hook: Stroke = [(u(0.46, 0.56), u(0.1, 0.2)), (u(0.32, 0.4), 0.0), (u(0.1, 0.16), 0.24)]
    return [hook + bowl(rng, u(0.42, 0.56), u(0.8, 1.2))]


def six_open(rng: np.random.Generator) -> Glyph:
    """Stop before the loop closes."""
    u = rng.uniform
    top = u(0.46, 0.6)
    return [[(u(0.3, 0.55), 0.0), (u(0.12, 0.2), u(0.22, 0.32)), *bowl(rng, top, u(0.3, 0.7))]]


def six_small_loop(rng: np.random.Generator) -> Glyph:
    """Draw a tall back over a small loop."""
    u = rng.uniform
    low, right = u(0.76, 0.84), u(0.36, 0.5)
    back: Stroke = [(u(0.3, 0.5), 0.0), (u(0.12, 0.2), u(0.26, 0.36)), (0.0, low - 0.06), (right * 0.45, 1.0)]
    return [[*back, (right, low + 0.04), (right * 0.6, low - 0.13), (u(0.02, 0.1), u(0.82, 0.94))]]


def six_spiral(rng: np.random.Generator) -> Glyph:
    """End inside the loop."""
    u = rng.uniform
    top = u(0.44, 0.56)
    return [[(u(0.36, 0.54), 0.02), (0.14, 0.28), *bowl(rng, top, 1.0), (u(0.1, 0.16), u(0.84, 0.92))]]


def seven_stem(rng: np.random.Generator, x: float) -> Stroke:
    """Return the stem of a 7 below its corner."""
    u = rng.uniform
    foot = x - u(0.05, 0.42)
    middle: Point = ((x + foot) / 2 + u(-0.09, 0.04), 0.5)
    return [middle, (foot, 1.0)]


def seven_bar(stem: Stroke, rng: np.random.Generator) -> Stroke:
    """Return the bar across a stem."""
    u = rng.uniform
    x, y = stem[0][0] + u(-0.03, 0.03), u(0.42, 0.58)
    return [(x - u(0.12, 0.26), y + u(-0.03, 0.06)), (x + u(0.12, 0.26), y - u(-0.03, 0.06))]


def seven_plain(rng: np.random.Generator) -> Glyph:
    """Draw top and stem."""
    u = rng.uniform
    wide = u(0.4, 0.62)
    return [[(0.0, u(-0.02, 0.08)), (wide * 0.5, u(-0.02, 0.05)), (wide, 0.0, u(0.75, 1)), *seven_stem(rng, wide)]]


def seven_barred(rng: np.random.Generator) -> Glyph:
    """Draw top, stem and a bar, as most of Europe does."""
    glyph = seven_plain(rng)
    return [*glyph, seven_bar(glyph[0][-2:], rng)]


def seven_wavy(rng: np.random.Generator) -> Glyph:
    """Draw a wavy top."""
    u = rng.uniform
    wide, wave = u(0.46, 0.66), u(0.03, 0.1)
    top: Stroke = [(0.0, u(0.08, 0.2)), (wide * 0.24, u(0.0, 0.03)), (wide * 0.62, wave), (wide, -0.02, u(0.7, 1))]
    return [[*top, *seven_stem(rng, wide)]]


def seven_wavy_barred(rng: np.random.Generator) -> Glyph:
    """Draw a wavy top and a bar."""
    glyph = seven_wavy(rng)
    return [*glyph, seven_bar(glyph[0][-2:], rng)]


def seven_serif(rng: np.random.Generator) -> Glyph:
    """Start with a tick upward."""
    u = rng.uniform
    wide = u(0.42, 0.6)
    tick: Stroke = [(u(-0.04, 0.03), u(0.1, 0.28)), (0.0, u(0.0, 0.05), u(0.8, 1))]
    return [[*tick, (wide, 0.0, u(0.75, 1)), *seven_stem(rng, wide)]]


def seven_serif_barred(rng: np.random.Generator) -> Glyph:
    """Start with a tick upward, and add a bar."""
    glyph = seven_serif(rng)
    return [*glyph, seven_bar(glyph[0][-2:], rng)]


def seven_curved(rng: np.random.Generator) -> Glyph:
    """Go round into the stem."""
    u = rng.uniform
    wide = u(0.42, 0.6)
    top: Stroke = [(0.0, u(0.0, 0.1)), (wide * 0.5, u(-0.02, 0.04)), (wide, u(0.04, 0.1), u(0.1, 0.6))]
    return [[*top, (wide * u(0.55, 0.75), u(0.4, 0.5)), (wide * u(0.2, 0.5), 1.0)]]


def seven_upright(rng: np.random.Generator) -> Glyph:
    """Draw an upright stem."""
    u = rng.uniform
    wide = u(0.36, 0.55)
    glyph: Glyph = [[(0.0, u(-0.03, 0.05)), (wide, 0.0, u(0.8, 1)), (wide - u(-0.02, 0.06), 1.0)]]
    if u() < 0.3:
        glyph.append(seven_bar([(wide - 0.02, 0.5)], rng))
    return glyph


def eight_crossed(rng: np.random.Generator) -> Glyph:
    """Draw an S from the top right, then go back up across it."""
    u = rng.uniform
    waist, wide = u(0.42, 0.52), u(0.46, 0.6)
    mid = wide / 2
    top: Stroke = [(wide * u(0.7, 0.95), u(0.05, 0.16)), (mid, 0.0), (u(0.03, 0.08), waist * 0.5), (mid, waist)]
    low: Stroke = [(wide, (1 + waist) / 2), (mid, 1.0), (0.0, (1 + waist) / 2), (mid, waist + u(-0.02, 0.02))]
    return [[*top, *low, (wide * u(0.82, 0.98), waist * 0.5), (wide * u(0.6, 0.9), u(-0.02, 0.1))]]


def eight_open(rng: np.random.Generator) -> Glyph:
    """Stop before the top closes."""
    u = rng.uniform
    waist, wide = u(0.4, 0.5), u(0.46, 0.58)
    mid = wide / 2
    top: Stroke = [(wide * u(0.55, 0.8), u(0.0, 0.06)), (mid * 0.6, 0.03), (0.05, waist * 0.5), (mid, waist)]
    low: Stroke = [(wide, (1 + waist) / 2), (mid, 1.0), (0.0, (1 + waist) / 2), (mid, waist)]
    return [[*top, *low, (wide * u(0.85, 1.05), u(0.06, 0.2))]]


def eight_snowman(rng: np.random.Generator) -> Glyph:
    """Draw a ring on a ring."""
    u = rng.uniform
    waist, head, body = u(0.4, 0.52), u(0.15, 0.24), u(0.2, 0.3)
    upper = ring((0.27 + u(-0.03, 0.03), waist / 2), (head, waist / 2), u(-0.4, 0.3), -u(0.98, 1.1), u(-0.05, 0.05))
    lower = ring(
        (0.27, (1 + waist) / 2 + u(-0.02, 0.0)),
        (body, (1 - waist) / 2 + 0.02),
        u(-0.35, -0.15),
        -u(0.98, 1.1),
        u(-0.05, 0.05),
    )
    return [upper, lower]


def eight_from_waist(rng: np.random.Generator) -> Glyph:
    """Start and end where the loops meet."""
    u = rng.uniform
    waist, wide = u(0.44, 0.52), u(0.44, 0.58)
    mid = wide / 2
    top: Stroke = [
        (mid, waist),
        (0.05, waist * 0.5),
        (mid, 0.0),
        (wide * 0.92, waist * 0.5),
        (mid, waist + u(-0.02, 0.02)),
    ]
    return [
        [
            *top,
            (0.0, (1 + waist) / 2),
            (mid, 1.0),
            (wide, (1 + waist) / 2),
            (mid + u(-0.06, 0.06), waist + u(-0.04, 0.04)),
        ]
    ]


def eight_straight(rng: np.random.Generator) -> Glyph:
    """Cross two straight diagonals, closed by a cap and a bow."""
    u = rng.uniform
    wide = u(0.46, 0.6)
    first: Stroke = [
        (wide * u(0.7, 0.95), u(0.06, 0.14)),
        (wide * 0.5, 0.0),
        (wide * 0.12, u(0.1, 0.2), u(0, 0.5)),
        (wide * 0.9, 0.75, u(0, 0.4)),
    ]
    return [[*first, (wide * 0.45, 1.0), (wide * 0.03, u(0.78, 0.86), u(0, 0.4)), (wide * u(0.84, 1.0), u(0.08, 0.16))]]


def nine_loop(rng: np.random.Generator, gap: float) -> Stroke:
    """Return the head of a 9, from its start at the top right round to its low right side."""
    u = rng.uniform
    low, right = u(0.42, 0.58), u(0.42, 0.54)
    start: Point = (right - gap, u(0.05, 0.12) if gap < 0.05 else u(0.0, 0.05))
    return [start, (right * 0.5 - gap * 0.3, 0.0), (0.0, low * 0.52), (right * 0.45, low), (right * 0.9, low * 0.62)]


def nine_round(rng: np.random.Generator) -> Glyph:
    """Draw a curved tail."""
    u = rng.uniform
    head = nine_loop(rng, u(-0.03, 0.03))
    right = head[0][0]
    return [
        [*head, (right + 0.02, u(0.08, 0.2), u(0, 0.6)), (right - u(0.0, 0.06), 0.55), (right - u(0.12, 0.42), 1.0)]
    ]


def nine_straight(rng: np.random.Generator) -> Glyph:
    """Draw a straight stem."""
    u = rng.uniform
    head = nine_loop(rng, u(-0.02, 0.04))
    right = head[0][0] + u(0.0, 0.04)
    return [[*head, (right, u(-0.03, 0.1), u(0.7, 1)), (right + u(-0.06, 0.03), 1.0)]]


def nine_hooked(rng: np.random.Generator) -> Glyph:
    """End with a hook."""
    u = rng.uniform
    head = nine_loop(rng, u(-0.03, 0.03))
    right = head[0][0]
    tail: Stroke = [(right, 0.6), (right - u(0.1, 0.22), 1.0), (u(-0.05, 0.12), u(0.84, 0.97))]
    return [[*head, (right + 0.02, u(0.05, 0.18), u(0, 0.7)), *tail]]


def nine_open(rng: np.random.Generator) -> Glyph:
    """Start the loop away from the stem and never meet it."""
    u = rng.uniform
    gap = u(0.06, 0.15)
    head = nine_loop(rng, gap)
    right = head[0][0] + gap
    return [[*head, (right, u(0.04, 0.14), u(0.6, 1)), (right + u(-0.04, 0.02), 0.55), (right - u(0.0, 0.25), 1.0)]]


def nine_two_strokes(rng: np.random.Generator) -> Glyph:
    """Draw a ring, then the stem."""
    u = rng.uniform
    head = ring((0.24, 0.26), (u(0.18, 0.26), u(0.22, 0.28)), u(-0.2, 0.0), -u(0.95, 1.08))
    x = 0.24 + u(0.17, 0.25)
    return [head, [(x, u(-0.02, 0.2)), (x + u(-0.03, 0.02), 0.6), (x - u(0.0, 0.22), 1.0)]]


def nine_small(rng: np.random.Generator) -> Glyph:
    """Draw a small head on a long tail."""
    u = rng.uniform
    low = u(0.24, 0.36)
    head: Stroke = [(0.36, u(0.06, 0.12)), (0.2, 0.0), (0.02, low * 0.55), (0.18, low), (0.36, low * 0.5)]
    return [[*head, (u(0.36, 0.42), u(0.1, 0.2), u(0, 0.5)), (u(0.3, 0.38), 0.6), (u(0.1, 0.36), 1.0)]]


STYLES: dict[int, tuple[Style, ...]] = {
    0: (
        Style("round", 5, zero_round, 0.25),
        Style("narrow", 2, zero_narrow, 0.13),
        Style("open", 1, zero_open),
        Style("overlapped", 2, zero_overlapped),
        Style("tailed", 1, zero_tailed),
        Style("slashed", 1.5, zero_slashed, 0.09),
        Style("boxy", 1, zero_boxy, 0.16),
    ),
    1: (
        Style("plain", 2.5, one_plain, 0.32),
        Style("short flag", 2.5, one_short_flag, 0.2),
        Style("long flag", 2.5, one_long_flag, 0.17),
        Style("steep flag", 1.5, one_steep_flag, 0.12),
        Style("based", 0.7, one_based),
        Style("printed", 2.5, one_printed, 0.2),
        Style("two strokes", 1, one_two_strokes, 0.16),
    ),
    2: (
        Style("plain", 4, two_plain, 0.22),
        Style("looped", 2.5, two_looped, 0.17),
        Style("swan", 1.5, two_swan),
        Style("like z", 1.5, two_like_z),
        Style("round based", 1.5, two_round_based),
        Style("hooked", 1.5, two_hooked, 0.15),
    ),
    3: (
        Style("round", 4, three_round),
        Style("flat", 2.5, three_flat),
        Style("looped", 1.5, three_looped, 0.16),
        Style("shallow", 1.5, three_shallow),
        Style("square", 0.8, three_square, 0.18),
        Style("angular", 1.5, three_angular),
    ),
    4: (
        Style("open", 3.5, four_open, 0.19),
        Style("like u", 3, four_like_u),
        Style("one stroke", 1.5, four_one_stroke, 0.15),
        Style("closed", 3.5, four_closed, 0.18),
        Style("closed short", 0.8, four_closed_short, 0.14),
        Style("from below", 1, four_from_below, 0.17),
        Style("lightning", 1.2, four_lightning, 0.14),
    ),
    5: (
        Style("two strokes", 4, five_two_strokes),
        Style("one stroke", 3, five_one_stroke),
        Style("like s", 1.5, five_like_s),
        Style("angular", 1.5, five_angular),
        Style("slanted", 1.5, five_slanted),
    ),
    6: (
        Style("round", 4, six_round, 0.21),
        Style("straight", 3, six_straight),
        Style("hooked", 1.2, six_hooked),
        Style("open", 1, six_open, 0.16),
        Style("small loop", 1.2, six_small_loop, 0.16),
        Style("spiral", 1, six_spiral, 0.15),
    ),
    7: (
        Style("plain", 3, seven_plain, 0.25),
        Style("barred", 3, seven_barred),
        Style("wavy", 1.2, seven_wavy),
        Style("wavy barred", 1.2, seven_wavy_barred, 0.17),
        Style("serif", 1.3, seven_serif),
        Style("serif barred", 1.3, seven_serif_barred, 0.17),
        Style("curved", 1.5, seven_curved, 0.24),
        Style("upright", 1, seven_upright),
    ),
    8: (
        Style("crossed", 5, eight_crossed, 0.2),
        Style("open", 1.5, eight_open, 0.15),
        Style("snowman", 2.5, eight_snowman),
        Style("from waist", 1.5, eight_from_waist),
        Style("straight", 1.5, eight_straight, 0.17),
    ),
    9: (
        Style("round", 3, nine_round, 0.2),
        Style("straight", 3, nine_straight),
        Style("hooked", 2.5, nine_hooked, 0.18),
        Style("open", 1.2, nine_open, 0.15),
        Style("two strokes", 1.2, nine_two_strokes),
        Style("small", 1, nine_small, 0.14),
    ),
}
