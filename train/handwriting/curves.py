"""What a pen follows: control points, and the smooth path through them.

    control points -> trace() -> the pen's path

Glyph space: x grows right, y grows down, a digit is about 0.55 wide and 1.0 high, from (0, 0).
Knows nothing of pens and pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, ...]  # (x, y) where the pen goes round smoothly, (x, y, sharpness) where it turns; 1 is a corner
Stroke = list[Point]  # from pen down to pen up
Glyph = list[Stroke]
Path = NDArray[np.float64]  # (n, 2)
Draw = Callable[[np.random.Generator], Glyph]

ROUND = 1.12  # tangent of a round turn, of the chord: 1.17 makes a circle of four points, 1 suits straighter strokes
SAMPLES = 9  # points on the path between two control points


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
    segments = _lay_segments(stroke, roundness, jitter)
    path = np.empty(((len(stroke) - 1) * SAMPLES + 1, 2))
    samples = (hermite_basis() @ segments.reshape(4, -1)).reshape(SAMPLES, -1, 2)
    path[:-1].reshape(-1, SAMPLES, 2)[:] = samples.transpose(1, 0, 2)
    path[-1] = segments[1, -1]
    return path


def find_halves(stroke: Sequence[Point]) -> Path:
    """Return the path's points half way between each two control points: (len(stroke) - 1, 2)."""
    start, end, leaving, arriving = _lay_segments(stroke)
    halves: Path = (start + end) / 2 + (leaving - arriving) / 8
    return halves


def _lay_segments(
    stroke: Sequence[Point], roundness: float = 1.0, jitter: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return start, end, tangent at start and at end of the segments between points: (4, len(stroke) - 1, 2)."""
    points = np.array([point[:2] for point in stroke], float)
    if jitter is not None:
        points += jitter
    bend = np.array([1.0 - point[2] if len(point) > 2 else 1.0 for point in stroke[1:-1]]) * (roundness * ROUND)
    step = points[1:] - points[:-1]
    length = np.sqrt((step * step).sum(axis=1)) + 1e-6
    tangent = np.empty_like(points)
    inner = (step[1:] + step[:-1]) / (length[1:] + length[:-1])[:, None]
    pace = np.maximum(np.sqrt((inner * inner).sum(axis=1)), 0.35)  # a cusp has no direction of its own
    tangent[1:-1] = inner * (bend / pace)[:, None]
    first, last = step[0] / length[0], step[-1] / length[-1]
    tangent[0] = 1.5 * first - 0.5 * tangent[1] if len(points) > 2 else first
    tangent[-1] = 1.5 * last - 0.5 * tangent[-2] if len(points) > 2 else last
    segments = np.empty((4, len(step), 2))
    segments[0], segments[1] = points[:-1], points[1:]
    np.multiply(tangent[:-1], length[:, None], out=segments[2])
    np.multiply(tangent[1:], length[:, None], out=segments[3])
    return segments


def ring(
    centre: tuple[float, float], radius: tuple[float, float], start: float, sweep: float, drift: float = 0.0
) -> Stroke:
    """Return the control points of a round stroke: angles in turns, clockwise from the right, `drift` widens it."""
    count = max(4, round(abs(sweep) * 8) + 1)
    turns = np.linspace(start, start + sweep, count)
    widen = np.linspace(1.0, 1.0 + drift, count)
    around = 2 * np.pi * turns
    x, y = centre[0] + radius[0] * widen * np.cos(around), centre[1] + radius[1] * widen * np.sin(around)
    return list(zip(x.tolist(), y.tolist(), strict=True))
