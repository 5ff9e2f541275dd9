"""Figures that people draw with a pen: scribbles, polygons, spirals, stars, faces.

Leaves out what a person could read as a digit: a lone upright line, a ring.
"""

from __future__ import annotations

import cv2
import numpy as np

from .curves import Glyph, Stroke, ring
from .letters import TABLES, parse
from .pens import Ink, draw, pick_hand, pick_pen, write
from .writing import moved, pick, write_glyph


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


def scrawl(rng: np.random.Generator) -> Ink:
    """Draw round and round over the same place, as people blacken something or try a pen."""
    turns, count = rng.uniform(4, 14), 90
    around = np.linspace(0, 2 * np.pi * turns, count)
    reach = 0.5 * np.clip(1 + np.cumsum(rng.normal(0, 0.16, count)), 0.15, 1.6)
    ratio = rng.uniform(0.5, 1.0)
    drift = np.cumsum(rng.normal(0, 0.09, (count, 2)), axis=0)
    lean = rng.uniform(0, np.pi)
    x, y = reach * np.cos(around), reach * ratio * np.sin(around + rng.uniform(0, 0.5))
    right = x * np.cos(lean) - y * np.sin(lean) + drift[:, 0]
    down = 0.5 + x * np.sin(lean) + y * np.cos(lean) + drift[:, 1]
    return write_glyph([[(float(a), float(b)) for a, b in zip(right, down, strict=True)]], rng, 0.7, fattest=0.05)


def ticked_box(rng: np.random.Generator) -> Ink:
    """Draw a box that is ticked or crossed."""
    u = rng.uniform
    box: Stroke = [(0, 0, 1), (1, u(-0.05, 0.05), 1), (1 + u(-0.05, 0.05), 1, 1), (0, 1, 1), (0, 0, 1)]
    if u() < 0.6:
        marks: Glyph = [[(u(0.1, 0.3), u(0.3, 0.6)), (u(0.35, 0.5), u(0.75, 0.95), 1), (u(0.8, 1.4), u(-0.3, 0.2))]]
    else:
        marks = [[(u(0, 0.2), u(0, 0.2)), (u(0.8, 1), u(0.8, 1))], [(u(0.8, 1), u(0, 0.2)), (u(0, 0.2), u(0.8, 1))]]
    return write_glyph([box, *marks], rng, 0.5, fattest=0.08)


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


def wheel(rng: np.random.Generator) -> Ink:
    """Draw a ring with spokes, a letter or a clock's hands in it; with a lone bar it would be a crossed 0."""
    u = rng.uniform
    glyph: Glyph = [ring((0.5, 0.5), (0.5, 0.5), u(), 1.03)]
    way = u()
    if way < 0.45:
        count, turn = int(rng.integers(2, 5)), u(0, np.pi)
        for number in range(count):
            angle = turn + np.pi * number / count
            x, y = 0.5 * u(0.75, 1.0) * float(np.cos(angle)), 0.5 * u(0.75, 1.0) * float(np.sin(angle))
            glyph.append([(0.5 - x, 0.5 - y), (0.5 + x, 0.5 + y)])
    elif way < 0.85:
        letter = pick(TABLES["upper" if u() < 0.7 else "signs"], rng)
        points = np.array([point[:2] for stroke in letter for point in stroke])
        low, high = points.min(axis=0), points.max(axis=0)
        scale = u(0.45, 0.6) / max(float((high - low).max()), 0.1)
        left, top = (0.5 - scale * (low + high) / 2).tolist()
        glyph += moved(letter, left, top, scale)
    else:
        glyph += [[(0.5, 0.5), (0.5, u(0.1, 0.25))], [(0.5, 0.5), (u(0.65, 0.8), u(0.5, 0.7))]]
    return write_glyph(glyph, rng, 0.4, fattest=0.09)


def atom(rng: np.random.Generator) -> Ink:
    """Draw two to four slim ovals across one another, leaning so differently that none is a 0 drawn twice."""
    count = int(rng.integers(2, 5))
    turn, slim = rng.uniform(0, np.pi), rng.uniform(0.2, 0.5)
    glyph: Glyph = []
    for number in range(count):
        angle = turn + np.pi * number / count + rng.normal(0, 0.06)
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        oval = ring((0.0, 0.0), (0.5, 0.5 * slim), rng.random(), 1.03)
        glyph.append([(0.5 + x * cos - y * sin, 0.5 + x * sin + y * cos) for x, y, *_ in oval])
    return write_glyph(glyph, rng, 0.4, fattest=0.07)


def paper_clip(rng: np.random.Generator) -> Ink:
    """Draw a paper clip: a wire that turns three times, each loop within the last, so that it is no 0."""
    u = rng.uniform
    wide, step = u(0.42, 0.55), u(0.09, 0.12)
    stroke: Stroke = [(0.0, u(0.15, 0.35)), (0.0, 0.85)]
    left, right = 0.0, wide
    for top, bottom in ((0.0, 1.0), (u(0.08, 0.14), u(0.75, 0.88))):
        middle, reach = (left + right) / 2, (right - left) / 2
        stroke += [(middle, bottom), (right, bottom - reach), (right, top + reach), (middle + step / 2, top)]
        left, right = left + step, right - step
        stroke += [(left, top + reach), (left, u(0.55, 0.7))]
    turn = rng.normal(0, 0.4)
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    return write_glyph([[(x * cos - y * sin, x * sin + y * cos) for x, y, *_ in stroke]], rng, 0.15, fattest=0.03)
