"""Glyphs written by a random hand with a random pen, alone or set together in a row.

glyph, or a table of them -> pick_hand, pick_pen -> ink
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .curves import Glyph
from .digits.catalogue import STYLES
from .letters import TABLES
from .pens import Ink, draw, pick_hand, pick_pen, write


def write_glyph(glyph: Glyph, rng: np.random.Generator, wildness: float = 1.0, fattest: float = 0.15) -> Ink:
    """Write a glyph with a random hand and pen."""
    return draw(write(glyph, pick_hand(rng, wildness), rng), pick_pen(rng), rng, fattest)


def pick(table: Sequence[Glyph], rng: np.random.Generator) -> Glyph:
    """Return one of the glyphs."""
    return table[int(rng.integers(len(table)))]


def from_table(name: str, rng: np.random.Generator) -> Ink:
    """Write one of a table's glyphs."""
    return write_glyph(pick(TABLES[name], rng), rng)


def pick_digit(rng: np.random.Generator, labels: Sequence[int] = range(10)) -> Glyph:
    """Return the skeleton of a digit."""
    styles = STYLES[int(rng.choice(labels))]
    return styles[int(rng.integers(len(styles)))].draw(rng)


def moved(glyph: Glyph, right: float, down: float = 0.0, scale: float = 1.0) -> Glyph:
    """Return the glyph smaller and elsewhere."""
    return [[(x * scale + right, y * scale + down, *sharp) for x, y, *sharp in stroke] for stroke in glyph]


def extent(glyph: Glyph) -> float:
    """Return how far right a glyph's points go."""
    return max(point[0] for stroke in glyph for point in stroke)


def draw_row(glyphs: Sequence[Glyph], gap: float, rng: np.random.Generator) -> Glyph:
    """Set glyphs side by side in one, on a base line that wavers."""
    row: Glyph = []
    right = 0.0
    for glyph in glyphs:
        scale = rng.uniform(0.8, 1.1)
        left = min(point[0] for stroke in glyph for point in stroke) * scale
        row += moved(glyph, right - left, 1 - scale + rng.normal(0, 0.04), scale)
        right = extent(row) + gap
    return row
