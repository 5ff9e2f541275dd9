"""Digits drawn for the tests, by strokes, and the picture files made of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Point = tuple[float, float]

# Strokes in a box of 0.6 by 1.0, x to the right and y down, as one writes them at school.
STROKES: tuple[tuple[tuple[Point, ...], ...], ...] = (
    (((0.30, 0.00), (0.08, 0.15), (0.00, 0.50), (0.08, 0.85), (0.30, 1.00), (0.52, 0.85), (0.60, 0.50), (0.52, 0.15), (0.30, 0.00)),),
    (((0.10, 0.22), (0.32, 0.00), (0.32, 1.00)),),
    (((0.03, 0.22), (0.14, 0.05), (0.32, 0.00), (0.50, 0.07), (0.56, 0.25), (0.46, 0.48), (0.02, 1.00), (0.60, 1.00)),),
    (((0.04, 0.10), (0.28, 0.00), (0.52, 0.10), (0.52, 0.34), (0.24, 0.46), (0.54, 0.58), (0.58, 0.82), (0.34, 1.00), (0.04, 0.90)),),
    (((0.38, 0.00), (0.02, 0.64), (0.62, 0.64)), ((0.46, 0.36), (0.44, 1.00))),
    (((0.54, 0.00), (0.10, 0.00), (0.06, 0.42), (0.32, 0.36), (0.56, 0.52), (0.56, 0.80), (0.34, 1.00), (0.02, 0.92)),),
    (((0.46, 0.00), (0.18, 0.26), (0.04, 0.62), (0.12, 0.92), (0.34, 1.00), (0.55, 0.88), (0.54, 0.64), (0.34, 0.54), (0.08, 0.68)),),
    (((0.00, 0.02), (0.60, 0.02), (0.20, 1.00)),),
    (
        ((0.30, 0.46), (0.08, 0.32), (0.08, 0.10), (0.30, 0.00), (0.52, 0.10), (0.52, 0.32), (0.30, 0.46), (0.04, 0.64), (0.04, 0.88),
         (0.30, 1.00), (0.56, 0.88), (0.56, 0.64), (0.30, 0.46)),
    ),
    (((0.54, 0.30), (0.30, 0.46), (0.06, 0.34), (0.08, 0.10), (0.32, 0.00), (0.54, 0.12), (0.54, 0.30), (0.46, 1.00)),),
)  # fmt: skip

# Signs beside digits that are 1.0 high, from their top to the base line at 1.0, in a box as wide as they are.
SIGNS: dict[str, tuple[tuple[Point, ...], ...]] = {
    "-": (((0.00, 0.52), (0.36, 0.50)),),
    "+": (((0.00, 0.55), (0.44, 0.53)), ((0.23, 0.32), (0.21, 0.76))),
    ".": (((0.05, 0.97), (0.06, 0.98)),),
    ",": (((0.14, 0.95), (0.12, 1.06), (0.02, 1.20)),),
    ":": (((0.05, 0.90), (0.06, 0.91)), ((0.06, 0.45), (0.07, 0.46))),
    "/": (((0.42, -0.12), (0.00, 1.10)),),
    "=": (((0.00, 0.40), (0.50, 0.38)), ((0.00, 0.66), (0.50, 0.65))),
    "x": (((0.00, 0.20), (0.52, 0.86)), ((0.52, 0.21), (0.00, 0.87))),
    "÷": (((0.00, 0.55), (0.50, 0.53)), ((0.24, 0.24), (0.25, 0.25)), ((0.25, 0.84), (0.26, 0.85))),
    "(": (((0.20, -0.08), (0.08, 0.12), (0.02, 0.36), (0.02, 0.60), (0.08, 0.84), (0.20, 1.06)),),
    ")": (((0.00, -0.08), (0.12, 0.12), (0.18, 0.36), (0.18, 0.60), (0.12, 0.84), (0.00, 1.06)),),
    "!": (((0.06, 0.00), (0.05, 0.72)), ((0.05, 0.97), (0.05, 0.98))),
    "?": (
        ((0.00, 0.20), (0.08, 0.04), (0.26, 0.00), (0.40, 0.12), (0.38, 0.30), (0.22, 0.48), (0.20, 0.70)),
        ((0.20, 0.97), (0.20, 0.98)),
    ),
    ">": (((0.00, 0.50), (0.80, 0.49)), ((0.52, 0.28), (0.80, 0.49), (0.54, 0.72))),
    "°": (((0.10, 0.00), (0.00, 0.10), (0.02, 0.24), (0.12, 0.30), (0.22, 0.22), (0.22, 0.06), (0.10, 0.00)),),
    "i": (((0.04, 0.30), (0.05, 1.00)), ((0.05, 0.08), (0.05, 0.09))),
}
TALL_PLUS = "p"  # two bars as long as digits are high,
PLUS_IN_ONE = "q"  # or both in one line of the pen
SIGNS[TALL_PLUS] = (((0.00, 0.52), (0.92, 0.48)), ((0.48, 0.02), (0.45, 0.98)))
SIGNS[PLUS_IN_ONE] = (((0.40, 0.02), (0.42, 1.00), (0.00, 0.52), (0.80, 0.46)),)
SIGN_GAP = 0.25  # of the digits' height, between what stands side by side


def draw_digit(
    label: int,
    *,
    shape: tuple[int, int] = (280, 280),
    height: float = 160,
    centre: Point | None = None,
    pen: float = 18,
    paper: int = 255,
    ink: int = 0,
) -> NDArray[np.uint8]:
    """Draw a digit as an antialiased grey picture.

    Args:
        label: 0 to 9.
        shape: height and width of the picture in pixels.
        height: of the digit in pixels.
        centre: x, y of the digit's middle in pixels; the picture's middle where None.
        pen: width of the stroke in pixels.
        paper: grey level.
        ink: grey level.
    """
    x, y = centre or (shape[1] / 2, shape[0] / 2)
    finer = 4  # times: drawn larger, then reduced
    sheet = np.zeros((shape[0] * finer, shape[1] * finer), np.uint8)
    for stroke in STROKES[label]:
        points = np.array([(x + (px - 0.3) * height, y + (py - 0.5) * height) for px, py in stroke]) * finer
        cv2.polylines(sheet, [points.round().astype(np.int32)], False, 255, max(1, round(pen * finer)), cv2.LINE_AA)
    covered = cv2.resize(sheet, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray((paper + (ink - paper) * covered).round(), np.uint8)


def draw_text(
    text: str, *, height: float = 80, pen: float = 8, gap: float = SIGN_GAP, slant: float = 0.0, margin: int = 60
) -> NDArray[np.uint8]:
    """Draw a line of digits and signs, dark on white.

    Args:
        text: digits, and the signs of SIGNS; TALL_PLUS and PLUS_IN_ONE are pluses.
        height: of the digits in pixels.
        pen: width of the stroke in pixels.
        gap: between what stands side by side, of the height.
        slant: how far right the tops lean, of the height.
        margin: pixels of paper around it.
    """
    row: list[NDArray[np.float64]] = []
    right = 0.0
    for sign in text:
        strokes = STROKES[int(sign)] if sign.isdigit() else SIGNS[sign]
        left = min(x for stroke in strokes for x, _ in stroke)
        placed = [np.array([(right + x - left, y) for x, y in stroke]) for stroke in strokes]
        right = max(float(stroke[:, 0].max()) for stroke in placed) + gap + pen / height
        row += [stroke + np.stack((slant * (1 - stroke[:, 1]), 0 * stroke[:, 1]), axis=1) for stroke in placed]
    finer = 4  # times: drawn larger, then reduced
    points = np.concatenate(row)
    low, high = points.min(axis=0), points.max(axis=0)
    width, tall = (np.ceil((high - low) * height).astype(int) + 2 * margin).tolist()
    sheet = np.zeros((tall * finer, width * finer), np.uint8)
    for stroke in row:
        at = (((stroke - low) * height + margin) * finer).round().astype(np.int32)
        cv2.polylines(sheet, [at], False, 255, max(1, round(pen * finer)), cv2.LINE_AA)
    return np.asarray(255 - cv2.resize(sheet, (width, tall), interpolation=cv2.INTER_AREA), np.uint8)


def to_bytes(picture: NDArray[np.uint8] | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture as a file's bytes."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def to_png(picture: NDArray[np.uint8] | Image.Image) -> bytes:
    """Return a picture as PNG."""
    return to_bytes(picture, "PNG", compress_level=1)


def side_by_side(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return pictures of equal height as one row."""
    return np.concatenate(pictures, axis=1)
