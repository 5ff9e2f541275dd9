"""What people write or print that is not a digit, and the table of all kinds of such things.

    KINDS[name].draw(rng) -> ink

Leaves out what a person could read as a digit: the letters of LOOK_ALIKES, a lone line, a ring. HELD_OUT_KINDS train
nothing, so that refusal is measured on what no network has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path as FilePath
from typing import NamedTuple

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from . import scripts, surfaces
from .glyphs import STYLES, Glyph, Stroke, ring
from .letters import TABLES, parse
from .pens import Ink, draw, pick_hand, pick_pen, write

LOOK_ALIKES = "OoDcGuIlijSsZzBbgqynta"  # printed letters that pass for 0, 1, 2, 4, 5, 6, 7, 8 or 9 in some hand


class Kind(NamedTuple):
    """One sort of thing that is not a digit, and how often it is drawn."""

    share: float
    draw: Callable[[np.random.Generator], Ink]
    held_out: bool = False


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


def row_of_digits(rng: np.random.Generator) -> Ink:
    """Write two to four digits in one frame."""
    count = 2 if rng.random() < 0.6 else int(rng.integers(3, 5))
    labels = rng.integers(0, 10, count)
    if not (labels - 1).any():
        labels[0] = 4  # 11 could be read as a 4 or as one fat 1
    return write_glyph(
        draw_row([pick_digit(rng, [int(label)]) for label in labels], rng.uniform(0.02, 0.25), rng),
        rng,
        0.6,
        0.22 / (count + 1),
    )


def word(rng: np.random.Generator) -> Ink:
    """Write two to five letters in a row."""
    table = TABLES["lower"] if rng.random() < 0.6 else TABLES["upper"]
    letters = [pick(table, rng) for _ in range(int(rng.integers(2, 6)))]
    return write_glyph(draw_row(letters, rng.uniform(0.02, 0.3), rng), rng, 0.6, 0.25 / (len(letters) + 1))


def sum_of_digits(rng: np.random.Generator) -> Ink:
    """Write a digit and a sign: 3+, =5."""
    pair = [pick_digit(rng), pick(TABLES["signs"][:5], rng)]
    return write_glyph(draw_row(pair[:: int(rng.choice([1, -1]))], rng.uniform(0.1, 0.25), rng), rng, 0.6, 0.08)


def stacked_digits(rng: np.random.Generator) -> Ink:
    """Write one digit above another, a fraction bar between them or not."""
    glyph = pick_digit(rng) + moved(pick_digit(rng), rng.normal(0, 0.05), rng.uniform(1.15, 1.35))
    if rng.random() < 0.6:
        glyph.append([(-0.1, 1.08), (0.7, 1.08)])
    return write_glyph(glyph, rng, 0.5, 0.07)


OVERWRITTEN = (
    (2, 4),
    (4, 8),
    (2, 5),
    (3, 4),
    (4, 6),
    (2, 6),
    (0, 4),
    (4, 5),
    (6, 7),
)  # no pair passes for a digit  # no sum is a digit


def overwritten_digits(rng: np.random.Generator) -> Ink:
    """Write a digit over another, as when somebody changes their mind."""
    first, second = OVERWRITTEN[int(rng.integers(len(OVERWRITTEN)))]
    over = moved(pick_digit(rng, [second]), rng.uniform(-0.25, 0.25), rng.uniform(-0.2, 0.2), rng.uniform(0.8, 1.1))
    return write_glyph(pick_digit(rng, [first]) + over, rng, fattest=0.1)


def crossed_out(rng: np.random.Generator) -> Ink:
    """Strike a digit or a word through, by an X, lines or a zigzag."""
    u = rng.uniform
    glyph = pick_digit(rng) if u() < 0.6 else draw_row([pick(TABLES["lower"], rng) for _ in range(3)], 0.1, rng)
    wide = extent(glyph)
    way = u()
    if way < 0.4:
        glyph += [
            [(-0.15, u(-0.1, 0.15)), (wide + 0.15, u(0.85, 1.1))],
            [(wide + 0.15, u(-0.1, 0.15)), (-0.15, u(0.85, 1.1))],
        ]
    elif way < 0.7:
        count = int(rng.integers(2, 5))
        glyph += [
            [(-0.2, y + u(-0.08, 0.08)), (wide + 0.2, y + u(-0.08, 0.08))]
            for y in np.linspace(u(0.1, 0.3), u(0.6, 0.9), count)
        ]
    else:
        count = int(rng.integers(6, 14))
        glyph.append(
            [
                (float(x), u(0.0, 0.3) if number % 2 else u(0.7, 1.0))
                for number, x in enumerate(np.linspace(-0.15, wide + 0.15, count))
            ]
        )
    return write_glyph(glyph, rng, fattest=0.1)


def turned_digit(rng: np.random.Generator) -> Ink:
    """Write a digit on its side or as a mirror shows it, where that makes no other digit."""
    turn = int(rng.integers(3))
    glyph = pick_digit(rng, [[3, 4, 7], [3, 4, 7, 9], [3, 4, 7]][turn])
    if turn < 2:
        return np.ascontiguousarray(np.rot90(write_glyph(glyph, rng, 0.7), 1 if turn else 3))
    return np.ascontiguousarray(write_glyph(glyph, rng, 0.7)[:, ::-1])


PARTS = ((0, "top"), (0, "bottom"), (2, "foot"), (5, "hat"), (8, "left"))  # others pass for a digit


def part_of_digit(rng: np.random.Generator) -> Ink:
    """Keep a part of a digit, where it is no digit: not the lower half of a 6, which is a 0."""
    label, kept = PARTS[int(rng.integers(len(PARTS)))]
    ink = write_glyph(pick_digit(rng, [label]), rng, 0.6)
    height, width = ink.shape
    half, side = int(height * rng.uniform(0.42, 0.5)), int(width * rng.uniform(0.42, 0.52))
    foot, hat = int(height * 0.68), int(height * 0.36)  # more of a 2 is a 1 with a base, more of a 5 a 5
    return {"top": ink[:half], "bottom": ink[half:], "left": ink[:, :side], "foot": ink[foot:], "hat": ink[:hat]}[kept]


def random_strokes(rng: np.random.Generator) -> Ink:
    """Draw strokes through points at random: many, or long, so that no digit comes of it by chance."""
    count = int(rng.choice([1, 2, 3, 4, 5, 6, 8], p=[0.1, 0.18, 0.2, 0.18, 0.14, 0.12, 0.08]))
    fewest = {1: 8, 2: 5, 3: 3}.get(count, 2)
    wide = rng.uniform(0.5, 1.4)
    glyph: Glyph = []
    for _ in range(count):
        points = rng.random((int(rng.integers(fewest, fewest + 5)), 2))
        if rng.random() < 0.5:  # a short stroke somewhere
            points = rng.random(2) + (points - 0.5) * rng.uniform(0.3, 0.9)
        corner = float(rng.random() < 0.4)
        glyph.append([(float(x) * wide, float(y), corner) for x, y in points])
    return write_glyph(glyph, rng, fattest=0.13)


def random_joints(rng: np.random.Generator) -> Ink:
    """Draw strokes that begin on one another, as in an invented letter or sign."""
    u = rng.uniform
    glyph: Glyph = [
        [(u(0, 0.6), u(0, 1)), (u(0, 0.6), u(0, 1)), (u(0, 0.6), u(0, 1), float(u() < 0.5)), (u(0, 0.6), u(0, 1))]
    ]
    for _ in range(int(rng.integers(3, 6))):
        host = glyph[int(rng.integers(len(glyph)))]
        x, y = host[int(rng.integers(len(host)))][:2]
        stroke: Stroke = [(x, y)]
        for _ in range(int(rng.integers(1, 4))):
            x, y = min(max(x + rng.normal(0, 0.4), -0.1), 0.8), min(max(y + rng.normal(0, 0.5), -0.1), 1.1)
            stroke.append((x, y, float(u() < 0.4)))
        glyph.append(stroke)
    return write_glyph(glyph, rng, fattest=0.13)


def cjk_like(rng: np.random.Generator) -> Ink:
    """Build a sign of bars, posts, boxes and falling strokes, as Chinese and Japanese do."""
    u = rng.uniform
    glyph: Glyph = []
    for _ in range(int(rng.integers(3, 8))):
        x, y, way = u(0, 0.6), u(0, 0.7), int(rng.integers(5))
        wide, high = u(0.25, 0.9), u(0.25, 0.8)
        if way == 0:
            glyph.append([(x, y), (x + wide, y - u(0, 0.06))])
        elif way == 1:
            glyph.append([(x, y), (x + u(-0.03, 0.03), y + high)])
        elif way == 2:
            glyph += [
                [(x, y), (x, y + high)],
                [(x, y), (x + wide, y, 1.0), (x + wide, y + high)],
                [(x, y + high), (x + wide, y + high)],
            ]
        elif way == 3:
            glyph.append([(x, y), (x - wide * 0.2, y + high * 0.6), (x - wide * 0.6, y + high)])
        else:
            glyph.append([(x, y), (x + wide * 0.3, y + high * 0.6), (x + wide * 0.8, y + high)])
    return write_glyph(glyph, rng, 0.6, fattest=0.1)


def hangul_like(rng: np.random.Generator) -> Ink:
    """Build a syllable as Korean does."""
    u = rng.uniform
    glyph: Glyph = (
        [ring((0.3, 0.25), (0.22, 0.2), -0.25, -1.0)] if u() < 0.5 else [[(0.05, 0.05), (0.5, 0.05, 1.0), (0.5, 0.45)]]
    )
    glyph.append([(0.75, 0.0), (0.75, u(0.5, 0.6))])
    glyph.append([(0.75, 0.25), (0.95, 0.25)])
    glyph.append(
        [(0.2, 0.65), (0.2, 0.95, 1.0), (0.8, 0.95)]
        if u() < 0.5
        else [(0.2, 0.65), (0.8, 0.65, 1.0), (0.8, 0.95, 1.0), (0.2, 0.95, 1.0), (0.2, 0.65)]
    )
    return write_glyph(glyph, rng, 0.7, fattest=0.09)


def dash(rng: np.random.Generator) -> Ink:
    """Draw a lone stroke that lies: one that stands is a 1."""
    lift = rng.uniform(-0.25, 0.25)
    return write_glyph(
        [[(0, 0.5), (0.5, 0.5 - lift / 2 + rng.normal(0, 0.03)), (1.0, 0.5 - lift)]], rng, 0.4, fattest=0.3
    )


def scribble(rng: np.random.Generator) -> Ink:
    """Draw a dense to and fro that fills an area."""
    count = int(rng.integers(10, 30))
    along = np.linspace(0, rng.uniform(0.4, 1.2), count)
    reach = rng.uniform(0.3, 1.0) * (1 + rng.normal(0, 0.2, count))
    turn = rng.uniform(0, np.pi)
    sides = np.where(np.arange(count) % 2, 0.5, -0.5) * reach
    x, y = along * np.cos(turn) - sides * np.sin(turn), along * np.sin(turn) + sides * np.cos(turn)
    corner = float(rng.random() < 0.4)
    return write_glyph(
        [[(float(right), float(down), corner) for right, down in zip(x, y, strict=True)]], rng, fattest=0.1
    )


def tangle(rng: np.random.Generator) -> Ink:
    """Draw one long stroke that wanders and loops."""
    count = int(rng.integers(20, 40))
    heading = np.cumsum(rng.normal(rng.normal(0, 0.5), rng.uniform(0.7, 1.4), count))
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * rng.uniform(0.1, 0.4, (count, 1))
    points = np.cumsum(steps, axis=0)
    points /= max(float(np.ptp(points, axis=0).max()), 0.1)
    return write_glyph([[(float(x), float(y)) for x, y in points]], rng, fattest=0.09)


def coil(rng: np.random.Generator) -> Ink:
    """Draw loops in a row, as people try a pen."""
    turns, count = rng.uniform(2.5, 6), 40
    along = np.linspace(0, turns, count)
    x = along * rng.uniform(0.15, 0.3) + 0.25 * np.cos(2 * np.pi * along)
    y = 0.5 + rng.uniform(0.2, 0.5) * np.sin(2 * np.pi * along)
    return write_glyph([[(float(right), float(down)) for right, down in zip(x, y, strict=True)]], rng, fattest=0.07)


def signature(rng: np.random.Generator) -> Ink:
    """Sign a name nobody can read: loops and spikes of uneven height that run to the right."""
    count = int(rng.integers(14, 34))
    x = np.cumsum(rng.uniform(-0.03, 0.12, count))
    y = 0.5 + np.where(np.arange(count) % 2, 0.5, -0.5) * rng.uniform(0.1, 1.0, count) ** 2 + rng.normal(0, 0.05, count)
    glyph: Glyph = [[(float(right), float(down)) for right, down in zip(x, y, strict=True)]]
    if rng.random() < 0.3:
        glyph.append([(0.1, 1.0), (float(x[-1]) * 1.1, float(rng.uniform(0.8, 1.1)))])
    return write_glyph(glyph, rng, 0.6, fattest=0.05)


def paragraph(rng: np.random.Generator) -> Ink:
    """Write lines of letters too small to read."""
    glyph: Glyph = []
    for line in range(int(rng.integers(2, 5))):
        letters = [pick(TABLES["lower"], rng) for _ in range(int(rng.integers(3, 7)))]
        glyph += moved(draw_row(letters, 0.08, rng), 0, line * rng.uniform(1.2, 1.5))
    return write_glyph(
        [[(x / 3, y / 3, *sharp) for x, y, *sharp in stroke] for stroke in glyph], rng, 0.3, fattest=0.04
    )


def spiral(rng: np.random.Generator) -> Ink:
    """Draw a spiral of two turns or more: fewer are a 6 or a 0."""
    turns = rng.uniform(2.2, 5)
    side = rng.choice([-1, 1])
    return write_glyph(
        [ring((0.3, 0.5), (0.06, 0.06), rng.random(), side * turns, rng.uniform(6, 9))], rng, 0.7, fattest=0.06
    )


def zigzag(rng: np.random.Generator) -> Ink:
    """Draw a zigzag, lying or standing."""
    count = int(rng.integers(6, 13))
    corner = float(rng.random() < 0.7)
    stroke = [
        (number * 0.2, rng.uniform(0, 0.2) if number % 2 else rng.uniform(0.5, 0.8), corner) for number in range(count)
    ]
    return write_glyph(
        [[(y, x, c) for x, y, c in stroke] if rng.random() < 0.3 else list(stroke)], rng, 0.7, fattest=0.1
    )


def waves(rng: np.random.Generator) -> Ink:
    """Draw one to three wavy lines."""
    count = int(rng.integers(7, 14))
    rows = int(rng.integers(1, 4))
    return write_glyph(
        [[(0.12 * number, row * 0.3 + 0.08 * (-1) ** number) for number in range(count)] for row in range(rows)],
        rng,
        0.6,
        fattest=0.08,
    )


def bundle(rng: np.random.Generator) -> Ink:
    """Draw straight strokes: tallies, hatching, sticks."""
    count = int(rng.integers(3, 9))
    lean, spread = rng.normal(0, 0.2), rng.uniform(0.0, 0.25)
    glyph: Glyph = []
    for number in range(count):
        x = number * rng.uniform(0.14, 0.22)
        glyph.append(
            [
                (x + lean + rng.normal(0, spread), rng.uniform(0, 0.12)),
                (x + rng.normal(0, spread), rng.uniform(0.85, 1)),
            ]
        )
    if rng.random() < 0.3:
        glyph.append([(-0.15, rng.uniform(0.5, 0.9)), (count * 0.2, rng.uniform(0.1, 0.5))])
    ink = write_glyph(glyph, rng, 0.5, fattest=0.08)
    return np.ascontiguousarray(np.rot90(ink)) if rng.random() < 0.4 else ink


def polygon(rng: np.random.Generator) -> Ink:
    """Draw a triangle, a square and so on; one with many corners has lines within, or it would be a hasty 0."""
    corners = int(rng.choice([3, 3, 4, 4, 4, 5, 6]))
    level = {3: (0.25, 0.75, 0.0), 4: (0.125,), 5: (0.75,), 6: (0.0, 0.25)}[corners]
    around = (np.arange(corners + 1) / corners + rng.choice(level) + rng.normal(0, 0.015)) * 2 * np.pi
    wide = rng.uniform(0.5, 0.9)
    stroke: Stroke = [(wide * float(np.cos(angle)), 0.5 + 0.5 * float(np.sin(angle)), 1.0) for angle in around]
    glyph: Glyph = [stroke]
    way = rng.random()
    if corners > 3 and way < 0.25:
        glyph += [[stroke[0], stroke[2]], [stroke[1], stroke[3]]]
    elif corners > 4 or way < 0.4:
        glyph.append([(x * 0.5, 0.5 + (y - 0.5) * 0.5, 1.0) for x, y, *_ in stroke])
    hand = pick_hand(rng, 0.5)._replace(angularity=1.0)
    return draw(write(glyph, hand, rng), pick_pen(rng), rng, 0.1)


def outline(rng: np.random.Generator) -> Ink:
    """Draw a closed line with dents, a cloud or a leaf; without them it would be a 0."""
    around = np.linspace(0, 2 * np.pi, 33)
    wave = int(rng.integers(3, 8))
    rim = (
        1
        + rng.uniform(0.18, 0.45) * np.cos(wave * around)
        + rng.normal(0, 0.1) * np.cos(2 * around + rng.uniform(0, 6.3))
    )
    x, y = 0.5 * rim * np.cos(around) * rng.uniform(0.8, 1.3), 0.5 * rim * np.sin(around)
    return write_glyph([[(float(right), 0.5 + float(down)) for right, down in zip(x, y, strict=True)]], rng, 0.7, 0.09)


def dented(rng: np.random.Generator) -> Ink:
    """Draw a closed line with corners and dents at random; round or oval it would be a 0."""
    count = int(rng.integers(6, 11))
    around = (np.sort(np.arange(count) + rng.uniform(-0.3, 0.3, count)) / count + rng.random()) * 2 * np.pi
    reach = rng.uniform(0.75, 1.0, count)
    dents = rng.choice(count, int(rng.integers(1, 3)), replace=False)
    reach[dents] = rng.uniform(0.05, 0.4, len(dents))
    corners = rng.random(count) < rng.uniform(0.1, 0.7)
    corners[dents] |= rng.random(len(dents)) < 0.8
    x, y = 0.5 * reach * np.cos(around) * rng.uniform(0.7, 1.1), 0.5 + 0.5 * reach * np.sin(around)
    stroke: Stroke = [
        (float(right), float(down), float(sharp)) for right, down, sharp in zip(x, y, corners, strict=True)
    ]
    glyph: Glyph = [[*stroke, stroke[0]]]
    if rng.random() < 0.2:  # a stem, or a vein
        glyph.append([stroke[int(dents[0])], (float(rng.uniform(-0.3, 0.3)), float(rng.uniform(-0.3, 1.2)))])
    ink = write_glyph(glyph, rng, 0.7, fattest=0.1)
    return fill_outline(ink) if rng.random() < 0.15 else ink


def branches(rng: np.random.Generator) -> Ink:
    """Draw a shaft with twigs to both sides, as twigs, antennas, combs and runes have."""
    pairs = int(rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))
    shaft: Stroke = [(0.0, 0.0), (float(rng.normal(0, 0.05)), 0.5), (0.0, 1.0)]
    glyph: Glyph = [shaft]
    for at in rng.uniform(0.0, 1.0, pairs) if pairs > 1 else [float(rng.choice([0.0, 0.3, 0.5, 0.7, 1.0]))]:
        long, lean = rng.uniform(0.3, 0.6), rng.uniform(-0.95, 0.95)
        for side in (-1, 1):
            reach = long * rng.uniform(0.8, 1.2)
            turned = lean + rng.normal(0, 0.15)
            glyph.append([(0.0, float(at)), (side * reach * float(np.cos(turned)), float(at + reach * np.sin(turned)))])
    turn = rng.choice([0.0, 0.0, np.pi / 2, np.pi, rng.uniform(0, 2 * np.pi)])
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    turned_glyph: Glyph = [
        [(x * cos - (y - 0.5) * sin, 0.5 + x * sin + (y - 0.5) * cos) for x, y, *_ in stroke] for stroke in glyph
    ]
    return write_glyph(turned_glyph, rng, 0.6, fattest=0.1)


def fill_outline(ink: Ink) -> Ink:
    """Fill what a line encloses."""
    contours = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    cv2.drawContours(ink, [max(contours, key=len)], -1, 255, cv2.FILLED)
    return ink


def rings(rng: np.random.Generator) -> Ink:
    """Draw rings in each other or side by side: one alone is a 0, two upright an 8."""
    u = rng.uniform
    glyph: Glyph
    if u() < 0.5:
        glyph = [
            ring((0.5, 0.5), (size, size), u(), 1.03)
            for size in np.linspace(u(0.08, 0.2), 0.5, int(rng.integers(2, 5)))
        ]
    else:
        glyph = [
            ring((0.4 * number, 0.5 + 0.3 * (number % 2) * u(0, 1)), (0.25, 0.25), u(), 1.03)
            for number in range(int(rng.integers(2, 6)))
        ]
    return write_glyph(glyph, rng, 0.5, fattest=0.07)


def star(rng: np.random.Generator) -> Ink:
    """Draw a star, its outline or in one stroke across itself."""
    tips = int(rng.choice([5, 5, 5, 6, 7, 8]))
    inner = rng.uniform(0.25, 0.5)
    around = (np.arange(2 * tips + 1) / (2 * tips) - 0.25) * 2 * np.pi
    reach = np.where(np.arange(2 * tips + 1) % 2, inner, 1.0) * 0.5
    stroke: Stroke = [
        (0.5 + r * np.cos(a), 0.5 + r * np.sin(a), 1.0) for r, a in zip(reach.tolist(), around.tolist(), strict=True)
    ]
    if tips == 5 and rng.random() < 0.5:  # in one stroke, across itself
        stroke = [(0.5 + 0.5 * np.cos(a), 0.5 + 0.5 * np.sin(a), 1.0) for a in (np.arange(6) * 0.4 - 0.25) * 2 * np.pi]
    return write_glyph([stroke], rng, 0.5, fattest=0.1)


def heart(rng: np.random.Generator) -> Ink:
    """Draw a heart, sometimes filled."""
    ink = write_glyph(parse("5,3 3,0.5 0.5,2 1,5 5,10! 9,5 9.5,2 7,0.5 5,3"), rng, 0.7, fattest=0.14)
    return fill_outline(ink) if rng.random() < 0.3 else ink


def face(rng: np.random.Generator) -> Ink:
    """Draw a face, sometimes without its rim."""
    u = rng.uniform
    glyph: Glyph = [ring((0.5, 0.5), (0.48, 0.5), u(), 1.03)] if u() < 0.8 else []
    glyph += [[(x, 0.35), (x + 0.01, u(0.36, 0.45))] for x in (0.33, 0.67)]
    glyph.append([(0.25, 0.65), (0.5, 0.65 + u(-0.15, 0.18)), (0.75, 0.65)])
    return write_glyph(glyph, rng, 0.5, fattest=0.09)


def negative(rng: np.random.Generator) -> Ink:
    """Write something with paper and ink confused."""
    ink = write_glyph(pick_digit(rng) if rng.random() < 0.5 else pick(TABLES["upper"], rng), rng)
    return np.asarray(255 - ink, np.uint8)


def framed_mark(rng: np.random.Generator) -> Ink:
    """Write a letter or a sign in a box."""
    ink = from_table("upper" if rng.random() < 0.6 else "signs", rng)
    ink = np.asarray(cv2.copyMakeBorder(ink, 6, 6, 6, 6, cv2.BORDER_CONSTANT, value=0), np.uint8)
    thick = int(rng.integers(1, 4))
    cv2.rectangle(ink, (thick, thick), (ink.shape[1] - 1 - thick, ink.shape[0] - 1 - thick), 255, thick)
    return ink


@lru_cache(maxsize=1)
def typefaces() -> tuple[FilePath, ...]:
    """Return the files of the typefaces that come with the plotting library: alike on every machine."""
    folder = FilePath(matplotlib.get_data_path()) / "fonts" / "ttf"
    return tuple(
        path
        for path in sorted(folder.glob("*.ttf"))
        if path.name.startswith(("DejaVu", "STIXGeneral")) and "Display" not in path.name
    )


@lru_cache(maxsize=1)
def fonts() -> tuple[ImageFont.FreeTypeFont, ...]:
    """Return the typefaces, loaded."""
    return tuple(ImageFont.truetype(str(path), 56) for path in typefaces())


PRINTED_LETTERS = "".join(sorted(set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") - set(LOOK_ALIKES)))
PRINTED_SIGNS = "+=%#*@&?!{}~±÷©®€"
SCRIPT_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf")  # have the letters of scripts.py


@lru_cache(maxsize=4096)
def print_letter(letter: str, font: int) -> Ink:
    """Set one letter or word in type."""
    left, top, right, bottom = fonts()[font].getbbox(letter)
    sheet = Image.new("L", (round(right - left) + 16, round(bottom - top) + 16))
    ImageDraw.Draw(sheet).text((8 - left, 8 - top), letter, 255, fonts()[font])
    return np.asarray(sheet)


def printed(letters: str, rng: np.random.Generator) -> Ink:
    """Print a letter, sometimes two, bent so that it might have been written."""
    text = letters[int(rng.integers(len(letters)))]
    if rng.random() < 0.1:
        text += letters[int(rng.integers(len(letters)))]
    return bend(print_letter(text, int(rng.integers(len(fonts())))), rng)


def foreign_letter(rng: np.random.Generator) -> Ink:
    """Print a letter of another script, bent so that it might have been written."""
    faces = [number for number, path in enumerate(typefaces()) if path.name in SCRIPT_FONTS]
    font = faces[int(rng.integers(len(faces)))]
    letters = scripts.list_letters(str(typefaces()[font]))
    return bend(print_letter(letters[int(rng.integers(len(letters)))], font), rng)


def bend(ink: Ink, rng: np.random.Generator) -> Ink:
    """Bow and slant print, and let its strokes grow or shrink."""
    height, width = ink.shape
    bow = cv2.resize(
        rng.normal(0, rng.uniform(0, 4), (3, 3, 2)).astype(np.float32),
        (width + 20, height + 20),
        interpolation=cv2.INTER_CUBIC,
    )
    y, x = np.mgrid[-10 : height + 10, -10 : width + 10].astype(np.float32)
    lean = rng.normal(0, 0.2)
    source = np.stack([x + lean * (y - height / 2), y], axis=-1, dtype=np.float32) + bow
    ink = np.asarray(cv2.remap(ink, source[..., 0], source[..., 1], cv2.INTER_LINEAR), np.uint8)
    wider = rng.random() < 0.6
    size = int(rng.integers(1, 5 if wider else 3))
    return np.asarray((cv2.dilate if wider else cv2.erode)(ink, np.ones((size, size), np.uint8)), np.uint8)


def visible(paint: Callable[[np.random.Generator], Ink], rng: np.random.Generator) -> Ink:
    """Draw until there is something to see."""
    while True:
        ink = paint(rng)
        if ink.size and int(ink.max()) > 40:
            return ink


def kind(share: float, paint: Callable[[np.random.Generator], Ink], held_out: bool = False) -> Kind:
    """Make a kind that never draws a blank."""
    return Kind(share, partial(visible, paint), held_out)


KINDS: dict[str, Kind] = {
    "upper case": kind(5, partial(from_table, "upper")),
    "lower case": kind(4, partial(from_table, "lower")),
    "printed letters": kind(6, partial(printed, PRINTED_LETTERS)),
    "cyrillic": kind(3, partial(from_table, "cyrillic")),
    "signs": kind(5, partial(from_table, "signs")),
    "printed signs": kind(2, partial(printed, PRINTED_SIGNS)),
    "foreign letters": kind(7, foreign_letter),
    "scenes": kind(5, partial(from_table, "scenes")),
    "words": kind(3, word),
    "rows of digits": kind(4, row_of_digits),
    "digit and sign": kind(1.5, sum_of_digits),
    "stacked digits": kind(1, stacked_digits),
    "overwritten digits": kind(2, overwritten_digits),
    "crossed out": kind(2.5, crossed_out),
    "parts of digits": kind(2, part_of_digit),
    "random strokes": kind(7, random_strokes),
    "random joints": kind(6, random_joints),
    "cjk-like": kind(4, cjk_like),
    "dashes": kind(1.5, dash),
    "dots": kind(1.5, surfaces.dots),
    "blots": kind(2, surfaces.blot),
    "scribbles": kind(3, scribble),
    "tangles": kind(4, tangle),
    "coils": kind(1.5, coil),
    "zigzags": kind(1.5, zigzag),
    "signatures": kind(1.5, signature),
    "paragraphs": kind(0.7, paragraph),
    "bundles": kind(2, bundle),
    "polygons": kind(3, polygon),
    "outlines": kind(1.5, outline),
    "dented": kind(4, dented),
    "branches": kind(3, branches),
    "filled shapes": kind(2, surfaces.filled_shape),
    "rings": kind(1.5, rings),
    "stripes": kind(2, surfaces.stripes),
    "icons": kind(1.5, surfaces.icon),
    "noise": kind(3, surfaces.noise),
    "gradients": kind(1.5, surfaces.gradient),
    "solid": kind(1.5, surfaces.solid),
    "negatives": kind(1.5, negative),
    "photos": kind(2, surfaces.photo),
    "framed marks": kind(1.5, framed_mark),
    "greek": kind(2, partial(from_table, "greek"), held_out=True),
    "hangul-like": kind(1, hangul_like, held_out=True),
    "arrows": kind(1, partial(from_table, "arrows"), held_out=True),
    "figures": kind(1, partial(from_table, "figures"), held_out=True),
    "turned digits": kind(1, turned_digit, held_out=True),
    "spirals": kind(1, spiral, held_out=True),
    "waves": kind(1, waves, held_out=True),
    "stars": kind(1, star, held_out=True),
    "hearts": kind(1, heart, held_out=True),
    "faces": kind(1, face, held_out=True),
    "lattices": kind(1, surfaces.lattice, held_out=True),
    "splashes": kind(1, surfaces.splash, held_out=True),
    "patches": kind(1, surfaces.patches, held_out=True),
    "silhouettes": kind(1, surfaces.silhouette, held_out=True),
}
HELD_OUT_KINDS = tuple(name for name, entry in KINDS.items() if entry.held_out)
TRAINING_KINDS = tuple(name for name, entry in KINDS.items() if not entry.held_out)
