"""Turn numbers of a model's card into the geometry of charts, which the templates draw as SVG.

    numbers -> LineChart: polylines, marks and ticks in the units of a view box of WIDTH x HEIGHT

Knows neither HTML nor what the numbers mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 240  # units of the view box
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 28  # units around the plot, for the numbers on the axes
MAX_TICKS = 5
MIN_RANGE = 1e-9  # a range as narrow, for its numbers, is one number
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # of a power of ten, between two ticks


@dataclass(frozen=True)
class Tick:
    """A number on an axis and how far along it is."""

    place: float
    text: str


@dataclass(frozen=True)
class Line:
    """One series: its name, its polyline, and the single points of it."""

    name: str
    points: tuple[tuple[float, float], ...]

    @property
    def path(self) -> str:
        """The polyline as SVG writes it."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True)
class LineChart:
    """Lines over two axes."""

    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


Series = Mapping[str, Sequence[tuple[float, float]]]


def draw_lines(
    series: Series,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    percent: bool = False,
) -> LineChart:
    """Lay out one or more series of (x, y) over common axes.

    Args:
        series: by name, each at least one point.
        x_range: of the axis, where it should be wider than the points.
        y_range: of the axis, where it should be narrower than the points; those outside get places off the plot.
        percent: whether the y axis is written in percent.
    """
    xs = [x for points in series.values() for x, _ in points]
    ys = y_range or [y for points in series.values() for _, y in points]
    x_low, x_high = x_range or (min(xs), max(xs))
    y_values = choose_ticks(min(ys), max(ys))
    y_low, y_high = min(y_values[0], *ys), max(y_values[-1], *ys)

    def place(x: float, y: float) -> tuple[float, float]:
        return _along(x, x_low, x_high, LEFT, WIDTH - RIGHT), _along(y, y_low, y_high, HEIGHT - BOTTOM, TOP)

    lines = tuple(Line(name, tuple(place(x, y) for x, y in points)) for name, points in series.items())
    x_ticks = [Tick(place(x, y_low)[0], f"{x:g}") for x in choose_ticks(x_low, x_high) if x_low <= x <= x_high]
    y_ticks = [Tick(place(x_low, y)[1], f"{100 * y:g}%" if percent else f"{y:g}") for y in y_values]
    return LineChart(lines, tuple(x_ticks), tuple(y_ticks))


def choose_ticks(low: float, high: float) -> list[float]:
    """Return at most about five round numbers, evenly spaced, that enclose a range."""
    size = max(abs(low), abs(high))
    span = high - low if high - low > max(size, 1.0) * MIN_RANGE else size if size > MIN_RANGE else 1.0
    power = 10.0 ** math.floor(math.log10(span / MAX_TICKS))
    step = next(power * step for step in STEPS if power * step * MAX_TICKS >= span * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]


def _along(value: float, low: float, high: float, start: float, end: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return round(start + share * (end - start), 1)
