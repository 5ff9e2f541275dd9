"""Signs beside numbers that are not read, drawn as people write them: brackets, ! ? % ° # $ € and arrows.

None is a skeleton that the network was trained on (handwriting/letters.py): what is measured must not be known.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..handwriting.curves import Path

ARROW = "\N{RIGHTWARDS ARROW}"


def draw_mark(mark: str, slant: float, rng: np.random.Generator) -> list[Path]:
    """Draw a mark beside digits that are 1 high, from -0.5 to their base line at 0.5.

    Args:
        mark: one of MARKS.
        slant: of the hand; marks lean with it.
        rng: decides on the rest.
    """
    lean = slant + rng.uniform(-0.08, 0.08)
    return [path - lean * path[:, 1:] * (1, 0) for path in DRAWN[mark](rng)]


def _bracket(side: int) -> Callable[[np.random.Generator], list[Path]]:
    def draw(rng: np.random.Generator) -> list[Path]:
        high, half, middle = rng.uniform(0.95, 1.4), rng.uniform(0.55, 1.1), rng.uniform(-0.05, 0.08)
        angles = np.linspace(-half, half, 13)
        radius = high / 2 / np.sin(half)
        return [np.stack((side * radius * (np.cos(angles) - 1), middle + radius * np.sin(angles)), axis=1)]

    return draw


def _ring(x: float, y: float, radius: float, rng: np.random.Generator) -> Path:
    """Draw a ring that begins at its top and closes more or less."""
    angles = -np.pi / 2 + np.linspace(0, 2 * np.pi * rng.uniform(0.95, 1.08), 17)
    return np.stack((x + radius * np.cos(angles), y + radius * rng.uniform(0.9, 1.25) * np.sin(angles)), axis=1)


def _dot(y: float, rng: np.random.Generator, x: float = 0.0) -> Path:
    return np.array([[x, y], [x + rng.uniform(0, 0.03), y + rng.uniform(0, 0.03)]])


def _exclamation(rng: np.random.Generator) -> list[Path]:
    end = rng.uniform(0.0, 0.24)
    return [np.array([[0.0, -0.5 - rng.uniform(0, 0.12)], [0.0, end]]), _dot(0.5 - rng.uniform(0, 0.06), rng)]


def _question(rng: np.random.Generator) -> list[Path]:
    u = rng.uniform
    wide, neck, end = u(0.34, 0.5), u(-0.15, 0.05), u(0.05, 0.25)
    hook = [[0, -0.5 + u(0.1, 0.25)], [0.2 * wide, -0.47], [0.6 * wide, -0.5], [wide, -0.4 + u(0, 0.08)]]
    back = [[0.95 * wide, -0.25], [0.55 * wide, neck], [0.5 * wide, end]]
    return [np.array(hook + back), _dot(0.5 - u(0, 0.06), rng, 0.5 * wide + u(-0.05, 0.05))]


def _percent(rng: np.random.Generator) -> list[Path]:
    u = rng.uniform
    small, wide = u(0.1, 0.16), u(0.5, 0.8)
    slash = np.array([[wide - u(0, 0.1), -0.5], [u(0.0, 0.15), 0.5]])
    return [_ring(small, -0.3, small, rng), _ring(wide - u(0, 0.1), 0.32, small, rng), slash]


def _degree(rng: np.random.Generator) -> list[Path]:
    return [_ring(0.1, -0.42, rng.uniform(0.07, 0.14), rng)]


def _number_sign(rng: np.random.Generator) -> list[Path]:
    u = rng.uniform
    posts = [np.array([[x + u(0.0, 0.1), -0.45], [x, 0.45]]) for x in (u(0.15, 0.25), u(0.42, 0.55))]
    return [*posts, *(np.array([[0.0, y], [0.72, y + u(-0.06, 0.04)]]) for y in (u(-0.2, -0.1), u(0.1, 0.2)))]


def _dollar(rng: np.random.Generator) -> list[Path]:
    u = rng.uniform
    curve = np.array([[0.5, -0.32], [0.3, -0.42], [0.08, -0.25], [0.3, 0.0], [0.5, 0.2], [0.3, 0.42], [0.05, 0.3]])
    return [curve * (u(0.8, 1.1), 1.0), np.array([[0.28, -u(0.5, 0.62)], [0.26, u(0.5, 0.62)]])]


def _euro(rng: np.random.Generator) -> list[Path]:
    angles = -np.linspace(rng.uniform(0.6, 0.9), 2 * np.pi - rng.uniform(0.6, 0.9), 15)
    curve = np.stack((0.4 + 0.38 * np.cos(angles), 0.45 * np.sin(angles)), axis=1)
    return [curve, *(np.array([[-0.1, y], [0.42, y + rng.uniform(-0.05, 0.02)]]) for y in (-0.1, 0.1))]


def _arrow(rng: np.random.Generator) -> list[Path]:
    u = rng.uniform
    long, head, open_ = u(0.6, 1.1), u(0.18, 0.35), u(0.14, 0.3)
    tip = np.array([long, u(-0.05, 0.05)])
    ends = [tip + np.array([-head, side * open_]) for side in (-1, 1)]
    return [np.stack((np.zeros(2), tip)), np.stack((ends[0], tip, ends[1]))]


DRAWN: dict[str, Callable[[np.random.Generator], list[Path]]] = {
    "(": _bracket(-1),
    ")": _bracket(1),
    "!": _exclamation,
    "?": _question,
    "%": _percent,
    "°": _degree,
    "#": _number_sign,
    "$": _dollar,
    "€": _euro,
    ARROW: _arrow,
}
MARKS = "".join(DRAWN)
