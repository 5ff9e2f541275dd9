"""What people write that is not one digit: words, rows of digits, digits crossed out, letters of invented scripts."""

from __future__ import annotations

import cv2
import numpy as np

from .curves import Glyph, Stroke, ring
from .letters import TABLES
from .pens import Ink
from .writing import draw_row, extent, from_table, moved, pick, pick_digit, write_glyph


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


# No pair passes for a digit
OVERWRITTEN = ((2, 4), (4, 8), (2, 5), (3, 4), (4, 6), (2, 6), (0, 4), (4, 5), (6, 7))


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
