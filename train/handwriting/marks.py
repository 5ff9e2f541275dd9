"""What people write that is not one digit: words, rows of digits, digits crossed out, letters of invented scripts."""

from __future__ import annotations

from collections.abc import Callable

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


# Others pass for a digit
PARTS = (
    (0, "top"), (0, "bottom"), (0, "left"), (0, "right"), (2, "foot"), (2, "left"), (3, "left"), (5, "hat"),
    (7, "left"), (8, "left"),
)  # fmt: skip
NARROWEST = 0.45  # of its height: a narrower fragment may be a lone stroke, which is a 1
SLIMMEST = 0.33  # of its height, for a part of a digit: half a slim 0 is a bowed 1
FRAGMENT = (0.5, 1.0)  # of the height: what is cut out of a row is so wide
PIECES = (0, 2, 3, 4, 5, 6, 8, 9)  # digits whose halves meet in a fragment; a half of a 1 or 7 is a stroke


def part_of_digit(rng: np.random.Generator) -> Ink:
    """Keep a part of a digit, where it is no digit: not the lower half of a 6, which is a 0, and no slim bow."""
    while True:
        part = _cut_part(rng)
        _, _, width, height = cv2.boundingRect(part)
        if height and width >= SLIMMEST * height:
            return part


def _cut_part(rng: np.random.Generator) -> Ink:
    label, kept = PARTS[int(rng.integers(len(PARTS)))]
    ink = write_glyph(pick_digit(rng, [label]), rng, 0.6)
    height, width = ink.shape
    half, side = int(height * rng.uniform(0.42, 0.5)), int(width * rng.uniform(0.42, 0.52))
    foot, hat = int(height * 0.68), int(height * 0.36)  # more of a 2 is a 1 with a base, more of a 5 a 5
    kept_ink = {
        "top": ink[:half], "bottom": ink[half:], "left": ink[:, :side], "right": ink[:, side:], "foot": ink[foot:],
        "hat": ink[:hat],
    }  # fmt: skip
    return np.ascontiguousarray(kept_ink[kept])


def squeezed_pair(rng: np.random.Generator) -> Ink:
    """Write two digits so narrow and close that together they are as wide as one."""
    pair = [pick_digit(rng, labels) for labels in (range(10), PIECES)]
    ink = write_glyph(draw_row(pair[:: int(rng.choice([1, -1]))], rng.uniform(-0.08, 0.15), rng), rng, 0.6, 0.09)
    wide = max(12, round(len(ink) * rng.uniform(0.55, 1.0)))
    return np.asarray(cv2.resize(ink, (min(ink.shape[1], wide), len(ink)), interpolation=cv2.INTER_AREA), np.uint8)


def touching_halves(rng: np.random.Generator) -> Ink:
    """Cut the right half of one digit and the left half of the next out of a row, as a wrong cut would."""
    left, right = (crop_to_ink(write_glyph(pick_digit(rng, PIECES), rng, 0.6, 0.12)) for _ in range(2))
    height = 72
    left, right = (cv2.resize(one, (max(8, round(one.shape[1] * height / len(one))), height)) for one in (left, right))
    left = left[:, round(left.shape[1] * rng.uniform(0.35, 0.55)) :]
    right = right[:, : round(right.shape[1] * rng.uniform(0.45, 0.65))]
    drop = int(rng.integers(-8, 9))
    overlap = min(int(rng.integers(-4, 8)), left.shape[1] - 1, right.shape[1] - 1)
    ink = np.zeros((height + 16, left.shape[1] + right.shape[1] - overlap), np.uint8)
    ink[8 : 8 + height, : left.shape[1]] = left
    place = ink[8 + drop : 8 + drop + height, -right.shape[1] :]
    np.maximum(place, right, out=place)
    return ink


def part_of_word(rng: np.random.Generator) -> Ink:
    """Cut about a letter out of a joined word, with what is left of its neighbours and of the lines between them."""
    table = TABLES["lower"] if rng.random() < 0.7 else TABLES["upper"]
    letters = [pick(table, rng) for _ in range(int(rng.integers(3, 6)))]
    row = draw_row(letters, rng.uniform(0.02, 0.2), rng)
    if rng.random() < 0.6:  # joined along the base line
        row.append([(float(x), float(rng.normal(0.95, 0.05))) for x in np.linspace(0, extent(row), 2 * len(letters))])
    ink = crop_to_ink(write_glyph(row, rng, 0.6, 0.14 / (len(letters) + 1)))
    wide = min(ink.shape[1], round(len(ink) * rng.uniform(*FRAGMENT)))
    start = int(rng.integers(0, ink.shape[1] - wide + 1))
    return ink[:, start : start + wide]


def crop_to_ink(ink: Ink) -> Ink:
    """Cut the margin off."""
    x, y, width, height = cv2.boundingRect(ink)
    return ink[y : y + height, x : x + width]


def broad(paint: Callable[[np.random.Generator], Ink], rng: np.random.Generator) -> Ink:
    """Draw until the ink is not so narrow that it may be a lone stroke."""
    while True:
        ink = paint(rng)
        _, _, width, height = cv2.boundingRect(ink)
        if height and width >= NARROWEST * height:
            return ink


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
