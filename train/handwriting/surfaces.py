"""What cameras see that nobody wrote: blots, filled shapes, grids, grain, shading.

Painted straight into ink, without a pen. What stands tall and slim is left out: it is a fat 1.
"""

from __future__ import annotations

import cv2
import numpy as np

from .pens import Ink

SPAN = 72  # pixels, height and width of what is painted


def dots(rng: np.random.Generator) -> Ink:
    """Draw a few dots."""
    ink = np.zeros((SPAN, SPAN), np.uint8)
    for _ in range(int(rng.integers(2, 9))):
        x, y = rng.integers(6, SPAN - 6, 2)
        cv2.circle(ink, (int(x), int(y)), int(rng.integers(1, 7)), 255, cv2.FILLED, cv2.LINE_AA)
    return ink


def blot(rng: np.random.Generator) -> Ink:
    """Fill one or a few shapes with a wavering rim, wide rather than tall: a tall one is a fat 1."""
    ink = np.zeros((SPAN, SPAN), np.uint8)
    around = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    for _ in range(1 if rng.random() < 0.6 else int(rng.integers(2, 5))):
        rim = 1 + sum(
            rng.normal(0, 0.25 / wave) * np.cos(wave * around + rng.uniform(0, 6.3)) for wave in (1, 2, 3, 4, 6)
        )
        radius = rng.uniform(10, 26) * np.maximum(rim, 0.2)
        centre = rng.uniform(26, SPAN - 26, 2)
        points = centre + np.stack([radius * np.cos(around), radius * rng.uniform(0.5, 1.0) * np.sin(around)], axis=1)
        cv2.fillPoly(ink, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return ink


def splash(rng: np.random.Generator) -> Ink:
    """Spill a blot with droplets."""
    ink = blot(rng)
    for _ in range(int(rng.integers(3, 14))):
        x, y = (int(value) for value in rng.integers(2, SPAN - 2, 2))
        cv2.circle(ink, (x, y), int(rng.integers(1, 4)), 255, cv2.FILLED, cv2.LINE_AA)
    return ink


def filled_shape(rng: np.random.Generator) -> Ink:
    """Fill a square, a triangle or another polygon, not tall: that is a fat 1."""
    ink = np.zeros((SPAN, SPAN), np.uint8)
    corners = int(rng.choice([3, 4, 4, 4, 5, 6]))
    around = (np.arange(corners) / corners + rng.random()) * 2 * np.pi
    flat = rng.uniform(0.6, 1.0)
    points = np.stack([np.cos(around), np.sin(around) * flat], axis=1) * 30 + SPAN / 2 + rng.normal(0, 3, (corners, 2))
    cv2.fillPoly(ink, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    if rng.random() < 0.25:
        inner = (points - SPAN / 2) * rng.uniform(0.3, 0.6) + SPAN / 2
        cv2.fillPoly(ink, [np.round(inner * 16).astype(np.int32)], 0, cv2.LINE_AA, 4)
    return ink


def lattice(rng: np.random.Generator) -> Ink:
    """Rule or square the paper."""
    ink = np.zeros((SPAN, SPAN), np.uint8)
    step, thick = int(rng.integers(8, 30)), int(rng.integers(1, 5))
    ink[int(rng.integers(step)) :: step] = 255
    if rng.random() < 0.8:
        ink[:, int(rng.integers(step)) :: step] = 255
    return turn(np.asarray(cv2.dilate(ink, np.ones((thick, thick), np.uint8)), np.uint8), rng.uniform(-20, 20))


def stripes(rng: np.random.Generator) -> Ink:
    """Paint stripes or checks."""
    y, x = np.mgrid[:SPAN, :SPAN] / SPAN
    angle, pitch = rng.uniform(0, np.pi), rng.uniform(2, 9)
    pattern = np.sin(2 * np.pi * pitch * (x * np.cos(angle) + y * np.sin(angle)) + rng.uniform(0, 6.3))
    if rng.random() < 0.5:
        pattern = pattern * np.sin(2 * np.pi * pitch * (y * np.cos(angle) - x * np.sin(angle)))
    sharp = rng.uniform(0.6, 8)
    return np.asarray(np.clip(127 + 127 * sharp * pattern, 0, 255), np.uint8)


def turn(ink: Ink, degrees: float) -> Ink:
    """Turn a picture about its middle."""
    height, width = ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(ink, matrix, (width, height)), np.uint8)


def icon(rng: np.random.Generator) -> Ink:
    """Set blocks at random, often alike left and right: the pictures of old games, bar codes of two dimensions."""
    rows, columns = (int(value) for value in rng.integers(4, 11, 2))
    blocks = rng.random((rows, columns)) < rng.uniform(0.35, 0.65)
    if rng.random() < 0.6:
        blocks = np.hstack([blocks, blocks[:, ::-1]])
    blocks[0, 0] = blocks[-1, -1] = True
    return np.asarray(cv2.resize(blocks * np.uint8(255), (SPAN, SPAN), interpolation=cv2.INTER_NEAREST), np.uint8)


def noise(rng: np.random.Generator) -> Ink:
    """Paint grain of any coarseness, soft or hard, all over or in a patch."""
    field = cv2.GaussianBlur(rng.random((SPAN, SPAN), np.float32), (0, 0), float(rng.choice([0.3, 0.8, 1.5, 3, 5, 8])))
    low, high = np.quantile(field, sorted(rng.uniform(0.05, 0.95, 2)))
    ink = np.asarray(np.clip((field - low) / max(high - low, 1e-4), 0, 1) * 255, np.uint8)
    if rng.random() < 0.4:
        ink &= blot(rng)
    return ink


def patches(rng: np.random.Generator) -> Ink:
    """Paint smooth islands of ink, as an ill-lit photograph leaves them."""
    field = cv2.GaussianBlur(rng.random((SPAN, SPAN), np.float32), (0, 0), rng.uniform(4, 10))
    low = float(np.quantile(field, rng.uniform(0.3, 0.7)))
    field = (field - low) / (float(field.max()) - low)
    return np.asarray(np.clip(field * rng.uniform(1, 12), 0, 1) * 255, np.uint8)


def gradient(rng: np.random.Generator) -> Ink:
    """Paint shading, or an edge between shades."""
    y, x = np.mgrid[:SPAN, :SPAN] / SPAN
    angle = rng.uniform(0, 2 * np.pi)
    slope = x * np.cos(angle) + y * np.sin(angle)
    if rng.random() < 0.4:
        slope = np.hypot(x - rng.random(), y - rng.random())
    slope = (slope - slope.min()) / np.ptp(slope)
    return np.asarray(np.clip((slope - 0.5) * rng.uniform(0.8, 10) + rng.uniform(0.2, 0.8), 0, 1) * 254 + 1, np.uint8)


def solid(rng: np.random.Generator) -> Ink:
    """Fill the picture, all of it or with a hole."""
    ink = np.full((SPAN, SPAN), int(rng.integers(60, 256)), np.uint8)
    way = rng.random()
    if way < 0.35:
        ink[blot(rng) > 0] = int(rng.integers(0, 60))
    elif way < 0.7:
        x, y, wide, high = rng.integers(4, 40, 4)
        ink[y : y + high, x : x + wide] = int(rng.integers(0, 120))
    return ink


def silhouette(rng: np.random.Generator) -> Ink:
    """Fill a symmetric outline with some texture: clothes, bottles, leaves, insects."""
    count = int(rng.integers(4, 9))
    reach = rng.uniform(4, 32, count)
    rows = np.linspace(6, SPAN - 6, 48)
    half = np.interp(rows, np.linspace(6, SPAN - 6, count), reach)
    if rng.random() < 0.5:
        half = np.convolve(np.pad(half, 4, "edge"), np.hanning(11)[1:-1] / 5, "valid")
    if half.mean() < 14:
        half = half * 14 / half.mean()
    outline = np.concatenate([np.stack([36 - half, rows], axis=1), np.stack([36 + half, rows], axis=1)[::-1]])
    ink = np.zeros((SPAN, SPAN), np.uint8)
    cv2.fillPoly(ink, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    if rng.random() < 0.5:
        ink[:, 34:39] = np.minimum(ink[:, 34:39], int(rng.integers(0, 200)))
    weave = cv2.GaussianBlur(rng.random((SPAN, SPAN), np.float32), (0, 0), rng.uniform(0.6, 3))
    weave = (weave - weave.min()) / np.ptp(weave)
    return turn(
        np.asarray(ink * (1 - rng.uniform(0, 0.8) * weave), np.uint8),
        float(rng.choice([0, 0, 0, 90])) + rng.normal(0, 4),
    )


def comma(rng: np.random.Generator) -> Ink:
    """Press a pen down and let it trail off."""
    ink = np.zeros((SPAN, SPAN), np.uint8)
    along = np.linspace(0, 1, 30)
    head, bow = rng.uniform(8, 15), rng.uniform(2, 12)
    x = 40 + bow * np.sin(np.pi * along * rng.uniform(0.5, 0.8)) - along * rng.uniform(8, 22)
    y = 16 + along * rng.uniform(22, 40)
    for right, down, thick in zip(x, y, head * (1 - along) ** rng.uniform(0.6, 1.6) + 1, strict=True):
        cv2.circle(ink, (int(right * 16), int(down * 16)), int(thick * 16), 255, cv2.FILLED, cv2.LINE_AA, 4)
    return ink


def edge(rng: np.random.Generator) -> Ink:
    """Leave what is left of a shadow's edge: hard on one side, fading on the other; a narrow one does not stand."""
    fades = SPAN * rng.uniform(0.03, 0.5)
    upright = fades > 0.2 * SPAN and rng.random() < 0.5
    angle = rng.uniform(-0.5, 0.5) if upright else rng.uniform(0.9, np.pi - 0.9)
    y, x = np.mgrid[:SPAN, :SPAN] - SPAN / 2
    bow = rng.normal(0, 0.003)
    along, across = x * np.sin(angle) + y * np.cos(angle), x * np.cos(angle) - y * np.sin(angle)
    away = across + bow * along**2 + rng.normal(0, 4)
    ink = np.where(away > 0, np.exp(-np.maximum(away, 0) / fades), np.exp(np.minimum(away, 0) / rng.uniform(0.3, 2)))
    ink *= 1 - rng.uniform(0, 0.5) * (along / SPAN + 0.5)
    return np.asarray(255 * np.clip(ink + rng.normal(0, rng.uniform(0, 0.08), ink.shape), 0, 1), np.uint8)


def spectrum(rng: np.random.Generator) -> Ink:
    """Paint bands whose strength changes along them, as a spectrogram or brushed metal has."""
    rows = cv2.GaussianBlur(rng.random((SPAN, 1), np.float32), (0, 0), rng.uniform(0.5, 3))
    changes = cv2.GaussianBlur(rng.random((SPAN, SPAN), np.float32), (0, 0), sigmaX=rng.uniform(2, 12), sigmaY=0.8)
    onsets = 1 + rng.uniform(0, 2) * (rng.random(SPAN) < 0.08)
    field = rows * changes * onsets * np.linspace(1, rng.uniform(0, 1), SPAN)[:, None]
    low, high = np.quantile(field, (rng.uniform(0.1, 0.6), 0.98))
    ink = np.asarray(255 * np.clip((field - low) / max(high - low, 1e-4), 0, 1), np.uint8)
    return np.ascontiguousarray(np.rot90(ink)) if rng.random() < 0.3 else ink


# Outlines on a grid of 10 by 10, the right half of what is alike on both sides
SHIRT = ((1, 0.5), (2.6, 0.4), (5, 2.4), (4.2, 4), (3, 3.1), (3.1, 9.6))
COAT = ((0.8, 0.3), (2.4, 0.6), (4.6, 7), (3.6, 7.6), (2.6, 4), (3.2, 9.8))
TROUSERS = ((2.4, 0.3), (3, 9.8), (0.9, 9.8), (0.3, 3))
DRESS = ((0.8, 0.3), (1.6, 0.5), (1.4, 2), (1, 4), (2.8, 9.8))
BAG = ((1.2, 3.5), (1.4, 1), (0.8, 0.6), (0.4, 3.4), (4.6, 3.5), (4.9, 9), (4.4, 9.4))
SHOES = (
    ((0.2, 3.5), (1.2, 3), (3, 4.8), (5.5, 5.4), (9, 6.5), (9.8, 8), (0.3, 8)),
    ((1, 0.4), (5, 0.4), (4.8, 5.5), (8.5, 6.6), (9.6, 9), (1.2, 9.6)),
    ((0.3, 4.5), (1.5, 4.2), (5, 7), (9.7, 8), (9.7, 8.6), (4, 8.6), (1.4, 7), (1, 9.4), (0.4, 9.4)),
)


def garment(rng: np.random.Generator) -> Ink:
    """Fill the outline of a shirt, trousers, a dress, a bag or a shoe, with folds or a pattern."""
    chosen = int(rng.integers(8))
    if chosen < 5:
        half = np.array((SHIRT, COAT, TROUSERS, DRESS, BAG)[chosen], float)
        half[:, 0] *= rng.uniform(0.75, 1.25)
        half += rng.normal(0, 0.2, half.shape)
        outline = np.concatenate([half * (1, 1) + (5, 0), (half * (-1, 1) + (5, 0))[::-1]])
    else:
        outline = np.array(SHOES[chosen - 5], float)
        outline += rng.normal(0, 0.25, outline.shape)
    ink = np.zeros((SPAN, SPAN), np.uint8)
    points = outline * (SPAN - 8) / 10 + 4
    cv2.fillPoly(ink, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    cloth = cv2.GaussianBlur(rng.random((SPAN, SPAN), np.float32), (0, 0), rng.uniform(0.6, 5))
    cloth = (cloth - cloth.min()) / np.ptp(cloth)
    if rng.random() < 0.3:
        cloth = cloth * 0.5 + 0.5 * (np.sin(np.arange(SPAN) * rng.uniform(0.3, 2)) > 0)[:, None]
    return turn(np.asarray(ink * (1 - rng.uniform(0.1, 0.85) * cloth), np.uint8), rng.normal(0, 4))


def fingerprint(rng: np.random.Generator) -> Ink:
    """Print a finger: ridges around a point, bent, within an oval."""
    y, x = (np.mgrid[:SPAN, :SPAN] - SPAN / 2) / (SPAN / 2)
    bent = cv2.GaussianBlur(rng.random((SPAN, SPAN), np.float32), (0, 0), 9)
    away = np.hypot(x - rng.normal(0, 0.2), (y - rng.normal(0, 0.2)) * rng.uniform(0.5, 1)) + 4 * (bent - bent.mean())
    ridges = np.sin(2 * np.pi * rng.uniform(4, 8) * away) * rng.uniform(1, 4)
    within = np.hypot(x / rng.uniform(0.6, 0.9), y) < 0.95
    return np.asarray(np.clip(127 + 127 * ridges, 0, 255) * within, np.uint8)


def barcode(rng: np.random.Generator) -> Ink:
    """Print bars of one height and many widths."""
    count = int(rng.integers(6, 22))
    bars = np.repeat(np.arange(2 * count) % 2 == 0, rng.integers(1, 5, 2 * count))
    ink = np.repeat((bars * np.uint8(255))[None], max(8, round(len(bars) * rng.uniform(0.4, 1.0))), axis=0)
    return turn(np.pad(np.asarray(ink, np.uint8), 12), rng.normal(0, 5))


def photo(rng: np.random.Generator) -> Ink:
    """Overlap filled shapes of many greys, softened."""
    ink = np.full((SPAN, SPAN), int(rng.integers(0, 160)), np.uint8)
    for _ in range(int(rng.integers(4, 12))):
        grey = int(rng.integers(0, 256))
        x, y = (int(value) for value in rng.integers(0, SPAN, 2))
        if rng.random() < 0.5:
            axes = (int(rng.integers(5, 30)), int(rng.integers(5, 30)))
            cv2.ellipse(ink, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, grey, cv2.FILLED, cv2.LINE_AA)
        else:
            cv2.fillPoly(ink, [rng.integers(0, SPAN, (int(rng.integers(3, 5)), 2)).astype(np.int32)], grey, cv2.LINE_AA)
    ink[0, 0] = max(int(ink[0, 0]), 1)
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.5, 3)), np.uint8)


def note(rng: np.random.Generator) -> Ink:
    """Draw a note of music: a filled head that leans, a stem and flags; or two under a beam."""
    ink = np.zeros((SPAN, SPAN), np.uint8)
    pen, size = int(rng.integers(2, 6)), float(rng.uniform(9, 14))
    high = float(rng.uniform(36, 48))
    heads = [float(rng.uniform(22, 40))] if rng.random() < 0.6 else [16.0, float(rng.uniform(44, 54))]
    base = float(SPAN - rng.uniform(20, 26))
    tops = []
    for x in heads:
        y = base + float(rng.uniform(-5, 5))
        cv2.ellipse(
            ink, (round(x), round(y)), (round(size), round(0.7 * size)), -20, 0, 360, 255, cv2.FILLED, cv2.LINE_AA
        )
        stem = round(x + size - pen / 2)
        tops.append((stem, round(y - high)))
        cv2.line(ink, (stem, round(y)), tops[-1], 255, pen, cv2.LINE_AA)
    if len(tops) == 2:
        for number in range(int(rng.integers(1, 3))):
            drop = np.array((0, 10 * number))
            cv2.line(ink, (tops[0] + drop).tolist(), (tops[1] + drop).tolist(), 255, pen + 3, cv2.LINE_AA)
        return ink
    x, y = tops[0]
    for number in range(int(rng.integers(0, 3))):
        flag = np.array(((0, 0), (9, 12), (18, 20), (16, 32))) * rng.uniform(0.7, 1.1) + (x, y + 11 * number)
        cv2.polylines(ink, [flag.round().astype(np.int32)], False, 255, pen + 1, cv2.LINE_AA)
    return ink
