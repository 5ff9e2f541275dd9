"""How training digits are varied, so that a network has seen what cameras, pens and framing do to them.

    digits -> warp (affine and elastic) -> stroke width -> resolution -> contrast -> noise, specks, gaps -> digits

Works on framed digits, so it is the same for MNIST's and for those of handwriting/. Labels stay right: nothing is
mirrored, nothing is turned so far that a 6 nears a 9 or a 1 a dash. Every constant is a standard deviation, a range
or a share of the digits that a step meets.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from app.framing import SIDE

Digit = NDArray[np.uint8]  # (28, 28), paper 0 to ink 255
Digits = NDArray[np.uint8]  # (n, 28, 28)

TURN = 0.105  # radians, sd: people hold phones and pages up to 15 degrees askew
TURN_LIMIT = 0.26  # radians: 15 degrees
SHEAR = 0.14  # sd of how far the top moves, of the height; MNIST's own slant spreads as much again
SCALE = 0.06  # sd of the logarithm of the size: framing is out by a stroke's width where specks or blur touch the ink
STRETCH = 0.08  # sd of the logarithm of width to height
SHIFT = 0.7  # pixels, sd: the centre of mass of a digit with a speck or a shadow
SHIFT_LIMIT = 2.5  # pixels
ELASTIC = (0.0, 1.3)  # pixels, sd of the displacement of the knots: 1.5 begins to open the loops of thin digits
KNOTS = 5  # across and down: displacements are smooth over 7 pixels, wider than a stroke
WIDER = 0.22  # share whose strokes grow, by up to a pixel on each side
THINNER = 0.18  # share whose strokes shrink, by up to a pixel on each side
COARSE = 0.12  # share seen through fewer pixels: sources of 8x8 to 16x16
COARSE_SIDE = (11, 22)  # pixels, height and width they come from
HARD = 0.08  # share whose edges are black or white only: paint programs, thresholded scans
PALE = 0.3  # share whose ink is grey: pencil, hairlines reduced to the frame
PALEST = 0.4  # of full ink
FAINTEST = 100  # grey level that the darkest pixel keeps: below it, find_ink would have stretched the greys
GAMMA = (0.6, 1.7)  # of the ink: how a camera or a screen bends greys
BLUR = 0.12  # share out of focus
BLUR_WIDTH = (0.4, 0.9)  # pixels
NOISE = 0.05  # share with grain left on the paper or in the ink
NOISE_DEPTH = (4, 20)  # grey levels, sd
SPECK = 0.04  # share with a speck beside the digit
HOLE = 0.05  # share with a gap in a stroke: a dry pen, a glint, a fold


@lru_cache(maxsize=1)
def knot_weights() -> NDArray[np.float32]:
    """Return how much each knot moves each row: (SIDE, KNOTS), Gaussian, every row summing to 1."""
    rows, knots = np.arange(SIDE)[:, None], np.linspace(0, SIDE - 1, KNOTS)
    weights = np.exp(-(((rows - knots) / (SIDE / KNOTS)) ** 2))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def draw_maps(count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw where every pixel comes from: x and y, float32 (count, 2, 28, 28)."""
    turn = np.clip(rng.normal(0, TURN, count), -TURN_LIMIT, TURN_LIMIT)
    shear = rng.normal(0, SHEAR, count)
    size, stretch = rng.normal(0, SCALE, count), rng.normal(0, STRETCH, count)
    shift = np.clip(rng.normal(0, SHIFT, (count, 2)), -SHIFT_LIMIT, SHIFT_LIMIT)
    cos, sin = np.cos(turn), np.sin(turn)
    wide, high = np.exp(-size - stretch / 2), np.exp(-size + stretch / 2)
    middle = np.float32((SIDE - 1) / 2)
    across = (np.arange(SIDE, dtype=np.float32) - middle)[None, None, :]
    down = across.transpose(0, 2, 1)

    def each(values: NDArray[np.float64]) -> NDArray[np.float32]:
        return values.astype(np.float32)[:, None, None]

    maps = np.empty((count, 2, SIDE, SIDE), np.float32)
    maps[:, 0] = each((cos - shear * sin) * wide) * across + each((sin + shear * cos) * wide) * down
    maps[:, 1] = each(-sin * high) * across + each(cos * high) * down
    maps += middle - shift.astype(np.float32)[:, :, None, None]
    knots = rng.standard_normal((count, 2, KNOTS, KNOTS), np.float32)
    knots *= (
        rng.uniform(*ELASTIC, count).astype(np.float32)[:, None, None, None] / 0.45
    )  # what the weights average away
    weights = knot_weights()
    maps += weights @ knots @ weights.T
    return maps


def augment(digits: Digits, rng: np.random.Generator) -> Digits:
    """Vary digits, each in its own way.

    Args:
        digits: uint8 (n, 28, 28), paper 0 to ink 255.

    Returns:
        uint8 (n, 28, 28). The same for the same state of rng; safe to run in several threads, each with its own rng.
    """
    varied = np.empty_like(digits)
    if not len(digits):
        return varied
    maps = draw_maps(len(digits), rng)
    chance = rng.random((len(digits), 7))
    for index, digit in enumerate(digits):
        x, y = maps[index]
        varied[index] = vary(
            np.asarray(cv2.remap(digit, x, y, cv2.INTER_LINEAR), np.uint8), chance[index].tolist(), rng
        )
    return varied


def vary(digit: NDArray[np.uint8], chance: list[float], rng: np.random.Generator) -> Digit:
    """Take one warped digit through the steps that it draws.

    Args:
        chance: seven numbers in 0..1, one a step.
    """
    if chance[0] < WIDER + THINNER:
        digit = change_width(digit, chance[0] < WIDER, rng)
    if chance[1] < COARSE:
        digit = coarsen(digit, rng)
    elif chance[1] > 1 - HARD:
        digit = harden(digit, rng)
    elif chance[2] < BLUR:
        digit = np.asarray(cv2.GaussianBlur(digit, (0, 0), rng.uniform(*BLUR_WIDTH)), np.uint8)
    if chance[3] < PALE:
        digit = np.asarray(cv2.LUT(digit, tone(int(digit.max()), rng)), np.uint8)
    if chance[4] < NOISE:
        digit = add_noise(digit, rng)
    if chance[5] < SPECK:
        x, y = rng.integers(0, SIDE, 2).tolist()
        cv2.circle(digit, (x, y), int(rng.integers(0, 2)), int(rng.integers(90, 256)), cv2.FILLED)
    if chance[6] < HOLE:
        x, y = rng.integers(5, SIDE - 5, 2).tolist()
        digit[y : y + int(rng.integers(1, 4)), x : x + int(rng.integers(1, 4))] = 0
    return digit


CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def change_width(digit: NDArray[np.uint8], wider: bool, rng: np.random.Generator) -> Digit:
    """Grow or shrink the strokes by a part of a pixel, but let no thin digit vanish."""
    changed = cv2.dilate(digit, CROSS) if wider else cv2.erode(digit, CROSS)
    share = rng.uniform(0.15, 1.0)
    if not wider and int(changed.max()) < 160:
        share *= 0.3
    return np.asarray(cv2.addWeighted(changed, share, digit, 1 - share, 0), np.uint8)


def harden(digit: NDArray[np.uint8], rng: np.random.Generator) -> Digit:
    """Make every pixel paper or ink, at a part of the darkest: a thin digit must not fall to pieces."""
    level = rng.uniform(0.2, 0.5) * float(digit.max())
    return np.asarray(cv2.threshold(digit, level, 255, cv2.THRESH_BINARY)[1], np.uint8)


def coarsen(digit: NDArray[np.uint8], rng: np.random.Generator) -> Digit:
    """See a digit through fewer pixels, then as large as before."""
    side = int(rng.integers(*COARSE_SIDE))
    small = cv2.resize(digit, (side, side), interpolation=cv2.INTER_AREA)
    way = cv2.INTER_LINEAR if rng.random() < 0.75 else cv2.INTER_NEAREST
    large = cv2.resize(small, (SIDE, SIDE), interpolation=way)
    peak = max(int(large.max()), 1)
    return np.asarray(cv2.convertScaleAbs(large, alpha=min(255 / peak, 1.6)), np.uint8)


def tone(peak: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a curve from ink to ink, 256 entries: gamma, then paler or burnt in; paper stays paper.

    Args:
        peak: the darkest ink of the digit, which stays as dark as FAINTEST if it was.
    """
    ink = 255 * np.linspace(0, 1, 256) ** rng.uniform(*GAMMA)
    depth = rng.uniform(PALEST, 1.0) if rng.random() < 0.6 else rng.uniform(1.0, 1.8)
    depth = max(depth, min(FAINTEST, peak) / max(float(ink[peak]), 1.0))
    return np.asarray(np.minimum(ink * depth, 255), np.uint8)


def add_noise(digit: NDArray[np.uint8], rng: np.random.Generator) -> Digit:
    """Add grain, all over or within the ink alone."""
    grain = rng.standard_normal((SIDE, SIDE), np.float32) * np.float32(rng.uniform(*NOISE_DEPTH))
    if rng.random() < 0.5:
        grain *= digit > 0
    return np.asarray(np.clip(digit + grain, 0, 255), np.uint8)
