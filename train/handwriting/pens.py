"""From the skeleton of a glyph to ink: the hand that varies it and the pen that draws it.

    glyph -> write: a Hand bends and jitters the control points -> paths -> draw: a Pen -> ink

Any glyph will do: digits, letters, scribbles.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .curves import Glyph, Path, trace

Ink = NDArray[np.uint8]  # (h, w), paper 0 to ink 255

FRACTION_BITS = 4  # fractional bits of OpenCV's coordinates: paths are drawn to a sixteenth of a pixel
HEIGHTS = (44, 92)  # pixels, longer side of what is drawn: twice to five times what framing keeps of it
PIXEL_HEIGHTS = (13, 36)  # pixels: what people draw in the small pictures of a paint program
MANY_POINTS = 30  # of a path: its every other point is enough for a pen that is drawn piece by piece
FATTEST = 0.24  # of the longer side: a wider pen closes the loops of an 8


class Pen(NamedTuple):
    """What writes.

    width: thinnest and fattest, of the longer side of what is drawn.
    pressure: how much the width changes along a stroke, 0 to 1.
    grain: how much of the paper shows through, 0 to 1.
    """

    name: str
    share: float
    width: tuple[float, float]
    pressure: float = 0.0
    grain: float = 0.0


PENS = (
    Pen("hairline", 1.0, (0.008, 0.03)),
    Pen("ballpoint", 3.0, (0.03, 0.08), pressure=0.25),
    Pen("pencil", 1.5, (0.03, 0.09), pressure=0.3, grain=0.6),
    Pen("fineliner", 2.0, (0.05, 0.12)),
    Pen("felt", 3.0, (0.1, 0.2)),
    Pen("marker", 1.5, (0.16, FATTEST)),
    Pen("brush", 1.5, (0.09, 0.22), pressure=0.65),
    Pen("chalk", 1.0, (0.07, 0.16), grain=0.9),
    Pen("nib", 0.8, (0.07, 0.16)),
    Pen("pixels", 2.5, (0.02, 0.2)),
)
SHARES = np.cumsum([pen.share for pen in PENS]) / sum(pen.share for pen in PENS)


class Hand(NamedTuple):
    """How one person writes one glyph; every number is 0 for the glyph as it stands in its table."""

    jitter: float  # spread of the control points, of the glyph's height
    angularity: float  # 0 round, 1 straight between the points
    slant: float  # shear: how far the top moves right, of the height
    turn: float  # radians, clockwise
    widen: float  # logarithm of the factor
    taper: float  # how much wider the bottom is than the top
    droop: float  # how much further down the middle is, of the height
    bend: float  # how far the middle moves right, of the height
    tremor: float  # of the height
    stray: float  # spread of where a stroke starts, of the height
    haste: int  # of the path's points, one in `haste` is kept: a fast mouse leaves polygons


LEANING = 0.14  # share of people who lean far to either side, up to 37 degrees
SLOPPY = 0.12  # share of people who miss by more
STRETCHING = 0.1  # share of people who write far narrower or wider


def pick_hand(rng: np.random.Generator, wildness: float = 1.0) -> Hand:
    """Draw a person at random; `wildness` scales how far from the table they write."""
    normal = (rng.standard_normal(8) * wildness).tolist()
    slant, widen = 0.06 + normal[1] * 0.16, normal[3] * 0.17
    if rng.random() < LEANING * wildness:
        slant = rng.uniform(0.3, 0.75) if rng.random() < 0.65 else rng.uniform(-0.6, -0.25)
    if rng.random() < STRETCHING * wildness:
        widen = rng.uniform(0.25, 0.55) if rng.random() < 0.5 else rng.uniform(-0.6, -0.25)
    return Hand(
        jitter=abs(normal[0]) * 0.014 + 0.006 + (rng.uniform(0.008, 0.022) if rng.random() < SLOPPY * wildness else 0),
        angularity=float(rng.uniform(-0.12, 0.2)) if rng.random() < 0.85 else float(rng.uniform(0.2, 0.85)),
        slant=min(max(slant, -0.6), 0.75),
        turn=min(max(normal[2] * 0.07, -0.22), 0.22),
        widen=min(max(widen, -0.6), 0.55),
        taper=min(max(normal[4] * 0.12, -0.3), 0.3),
        droop=min(max(normal[5] * 0.05, -0.13), 0.13),
        bend=min(max(normal[6] * 0.025, -0.07), 0.07),
        tremor=abs(normal[7]) * 0.004 if rng.random() < 0.85 else abs(normal[7]) * 0.009,
        stray=0.012 * wildness,
        haste=1 if rng.random() < 0.85 else int(rng.integers(3, 7)),
    )


def write(glyph: Glyph, hand: Hand, rng: np.random.Generator) -> list[Path]:
    """Let a hand write a glyph: the pen's paths in glyph space, one a stroke."""
    return [_write_stroke(stroke, hand, rng) for stroke in glyph]


def _write_stroke(stroke: list[tuple[float, ...]], hand: Hand, rng: np.random.Generator) -> Path:
    jitter = rng.standard_normal((len(stroke), 2)) * hand.jitter + rng.standard_normal(2) * hand.stray
    path = trace(stroke, 1.0 - hand.angularity, jitter)
    if hand.tremor > 0.001:
        path = path + _tremble(len(path), rng) * hand.tremor
    if hand.haste > 1:
        path = np.concatenate([path[: -1 : hand.haste], path[-1:]])
    x, y = path[:, 0], path[:, 1]
    middle = np.sin(np.pi * np.minimum(np.maximum(y, 0), 1))
    down = y + hand.droop * middle
    across = (
        (x - 0.28) * math.exp(hand.widen) * (1 + hand.taper * (y - 0.5)) + hand.bend * middle + hand.slant * (0.5 - y)
    )
    cos, sin = math.cos(hand.turn), math.sin(hand.turn)
    turned = np.empty_like(path)
    turned[:, 0], turned[:, 1] = across * cos - (down - 0.5) * sin, across * sin + (down - 0.5) * cos
    return turned


def _tremble(count: int, rng: np.random.Generator) -> Path:
    """Return a smooth random walk around zero: a sum of waves, 4 to 20 points long."""
    waves = rng.uniform(0.3, 1.6, 3)
    phases = rng.uniform(0, 2 * np.pi, (3, 2))
    swing: Path = np.sin(np.arange(count)[:, None, None] * waves[:, None] + phases).sum(axis=1)
    return swing


def pick_pen(rng: np.random.Generator) -> Pen:
    """Draw a pen by its share."""
    return PENS[int(np.searchsorted(SHARES, rng.random()))]


def draw(paths: list[Path], pen: Pen, rng: np.random.Generator, fattest: float = FATTEST) -> Ink:
    """Draw paths with a pen, as large as HEIGHTS allow, with a margin around them."""
    width = min(rng.uniform(*pen.width), fattest)
    height = int(rng.integers(*(PIXEL_HEIGHTS if pen.name == "pixels" else HEIGHTS)))
    every = np.concatenate(paths)
    low, high = every.min(axis=0), every.max(axis=0)
    scale = height * (1 - width) / max(float((high - low).max()), 0.05)
    thickness = max(1, round(width * height))
    margin = thickness + 6
    size = np.ceil((high - low) * scale).astype(int) + 2 * margin + 1
    ink = np.zeros((size[1], size[0]), np.uint8)
    for path in paths:
        points = (path - low) * scale + margin
        if pen.name == "pixels":
            cv2.polylines(ink, [np.round(points).astype(np.int32)], False, 255, thickness, cv2.LINE_8)
        elif pen.name == "nib":
            _draw_nib(ink, points, thickness, rng)
        elif pen.pressure:
            _draw_pressed(ink, points, thickness, pen.pressure * rng.uniform(0.4, 1.0), rng)
        else:
            cv2.polylines(ink, [_fixed(points)], False, 255, thickness, cv2.LINE_AA, FRACTION_BITS)
        if pen.name == "felt" and rng.random() < 0.3:
            radius = int(thickness * rng.uniform(0.55, 0.75) * (1 << FRACTION_BITS))
            cv2.circle(ink, tuple(_fixed(points[0]).tolist()), radius, 255, cv2.FILLED, cv2.LINE_AA, FRACTION_BITS)
    if pen.grain:
        ink = _show_paper(ink, pen.grain * rng.uniform(0.3, 1.0), rng)
    if pen.name != "pixels" and rng.random() < 0.3:
        ink = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.5, min(0.022 * height, 0.3 * thickness + 0.4)))
    return np.asarray(ink, np.uint8)


def _fixed(points: Path) -> NDArray[np.int32]:
    return np.round(points * (1 << FRACTION_BITS)).astype(np.int32)


def _draw_pressed(ink: Ink, points: Path, thickness: int, pressure: float, rng: np.random.Generator) -> None:
    """Draw a stroke that swells and thins, and lifts off at its end."""
    if len(points) > MANY_POINTS:
        points = np.concatenate([points[:-1:2], points[-1:]])
    count = len(points)
    along = np.linspace(0, 1, count)
    swell = np.sin(2 * np.pi * (rng.uniform(0.4, 1.6) * along + rng.random()))
    lift = np.minimum(1, (1 - along) * rng.uniform(3, 12) + rng.uniform(0.2, 1))
    widths = np.maximum(1, np.round(thickness * (1 + pressure * 0.5 * swell) * (1 - pressure * (1 - lift)))).astype(int)
    corners = _fixed(points).tolist()
    for start, end, width in zip(corners, corners[1:], widths.tolist(), strict=False):
        cv2.line(ink, start, end, 255, width, cv2.LINE_AA, FRACTION_BITS)


def _draw_nib(ink: Ink, points: Path, thickness: int, rng: np.random.Generator) -> None:
    """Draw with a broad edge: fat across its direction, thin along it."""
    angle = rng.normal(-0.7, 0.3)
    edge = np.array([np.cos(angle), np.sin(angle)]) * thickness / 2
    thin = max(1, thickness // 4)
    for offset in np.linspace(-1, 1, 2 * max(1, thickness // (2 * thin)) + 1):
        cv2.polylines(ink, [_fixed(points + edge * offset)], False, 255, thin + 1, cv2.LINE_AA, FRACTION_BITS)


@lru_cache(maxsize=1)
def paper_grain() -> NDArray[np.float32]:
    """Return the roughness of paper, fine to coarse, each (256, 256) spread over 0..1: the same in every process."""
    rng = np.random.default_rng(0)
    sheets = []
    for coarse in (0.6, 1.0, 1.8):
        sheet = cv2.GaussianBlur(rng.random((256, 256), np.float32), (0, 0), coarse)
        ranks = sheet.ravel().argsort().argsort().reshape(sheet.shape)
        sheets.append((ranks / ranks.size).astype(np.float32))
    return np.stack(sheets)


def _show_paper(ink: Ink, grain: float, rng: np.random.Generator) -> Ink:
    """Take ink away where the paper is deep, as pencil and chalk do."""
    height, width = ink.shape
    sheets = paper_grain()
    top, left = rng.integers(0, 256 - height), rng.integers(0, max(1, 256 - width))
    rough = sheets[int(rng.integers(len(sheets))), top : top + height, left : left + width]
    if rough.shape != ink.shape:
        rough = np.asarray(cv2.resize(rough, (width, height)), np.float32)
    covered = 1 - grain * np.clip((rough - 0.35) * 2.5, 0, 1)
    return np.asarray(ink * covered, np.uint8)
