"""Pictures whose text is known: pages drawn from test digits, and strokes drawn on a canvas.

digit -> draw_page -> PNG       digits -> compose_pages -> text, PNG       strokes -> draw_strokes -> digits, labels
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.preprocessing.digits import read_picture

from ..data.datasets import Split

Digits = NDArray[np.uint8]  # (n, 28, 28)

PAGE_SIDES = (100, 400)  # pixels, smallest and largest page of the served accuracy
SMALLEST_DIGIT = 40  # pixels, side of the whole 28x28 digit once drawn on the page
CANVAS = 280  # pixels, side of the canvas that strokes are drawn on
STROKES_SIDE = 180  # pixels, longer side of a digit of strokes
STROKES_PEN = 16  # pixels
COMPOSED = 300  # pages composed of test digits
COMPOSED_SEED = 42


def draw_page(digit: NDArray[np.uint8], random: np.random.Generator) -> bytes:
    """Draw a digit as dark ink at a random place and size on a larger white page.

    Args:
        digit: uint8 (28, 28), paper 0 to ink 255.

    Returns:
        The page as PNG bytes.
    """
    width, height = random.integers(*PAGE_SIDES, size=2, endpoint=True)
    side = random.integers(SMALLEST_DIGIT, min(width, height), endpoint=True)
    left, top = random.integers(0, width - side, endpoint=True), random.integers(0, height - side, endpoint=True)
    page = Image.new("L", (int(width), int(height)), 255)
    drawn = Image.fromarray(255 - digit).resize((int(side), int(side)), Image.Resampling.BICUBIC)
    page.paste(drawn, (int(left), int(top)))
    stream = io.BytesIO()
    page.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def draw_strokes(path: Path) -> tuple[Digits, NDArray[np.uint8]]:
    """Draw digits given as strokes, {"0": [[[[x, y], ...], ...], ...], ...}, on a canvas, and frame them."""
    canvases, labels = draw_canvases(path)
    digits = np.stack([read_picture(to_png(canvas)) for canvas in canvases])
    return digits, np.array(labels, np.uint8)


def draw_canvases(path: Path) -> tuple[list[NDArray[np.uint8]], list[int]]:
    """Draw the same digits dark on white; return the canvases and their labels."""
    written: dict[str, list[list[list[list[float]]]]] = json.loads(path.read_text())
    labelled = [(int(label), strokes) for label, digits in written.items() for strokes in digits]
    return [_draw_on_canvas(strokes) for _, strokes in labelled], [label for label, _ in labelled]


def compose_pages(split: Split, count: int = COMPOSED, seed: int = COMPOSED_SEED) -> Iterable[tuple[str, bytes]]:
    """Compose pages of a split's digits: 2 to 7 a line, 1 or 2 lines, random size and spacing, shaded noisy paper."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        chosen = [rng.integers(0, len(split), rng.integers(2, 8)) for _ in range(rng.integers(1, 3))]
        rows = [_compose_row(split.digits[row], rng) for row in chosen]
        text = "\n".join("".join(str(label) for label in split.labels[row]) for row in chosen)
        yield text, to_png(lay_on_noisy_paper(rows, rng))


def _draw_on_canvas(strokes: Sequence[Sequence[Sequence[float]]]) -> NDArray[np.uint8]:
    """Draw strokes dark on white, in the middle of a canvas."""
    finer = 4  # times: drawn larger, then reduced
    points = np.concatenate([np.reshape(stroke, (-1, 2)) for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = STROKES_SIDE / max(float((high - low).max()), 1.0)
    canvas = np.zeros((CANVAS * finer, CANVAS * finer), np.uint8)
    for stroke in strokes:
        placed = ((np.reshape(stroke, (-1, 2)) - (low + high) / 2) * scale + CANVAS / 2) * finer
        cv2.polylines(canvas, [placed.round().astype(np.int32)], False, 255, STROKES_PEN * finer, cv2.LINE_AA)
    return np.asarray(255 - cv2.resize(canvas, (CANVAS, CANVAS), interpolation=cv2.INTER_AREA), np.uint8)


def _compose_row(digits: Digits, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Set digits side by side as ink, each with its own height and base line, at least 5 pixels of paper between."""
    sized = [_resize(_crop(digit), rng.uniform(0.75, 1.25) * 64) for digit in digits]
    height = max(len(digit) for digit in sized) + 12
    parts = []
    for digit in sized:
        top = int(rng.integers(0, height - len(digit) + 1))
        below = height - len(digit) - top
        gap = int(rng.integers(5, 30))
        parts.append(np.pad(digit, ((top, below), (0, gap))))
    return np.concatenate(parts, axis=1)


def _crop(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    x, y, width, height = cv2.boundingRect(digit)
    return digit[y : y + height, x : x + width]


def _resize(digit: NDArray[np.uint8], longer: float) -> NDArray[np.uint8]:
    scale = longer / max(digit.shape)
    size = (max(1, round(digit.shape[1] * scale)), max(1, round(digit.shape[0] * scale)))
    return np.asarray(cv2.resize(digit, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def lay_on_noisy_paper(rows: list[NDArray[np.uint8]], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Lay rows of ink on paper that is shaded from one side to the other and grainy."""
    width = max(row.shape[1] for row in rows) + 80
    ink = np.zeros((sum(len(row) + 50 for row in rows), width), np.float64)
    top = 25
    for row in rows:
        left = int(rng.integers(20, 60))
        ink[top : top + len(row), left : left + row.shape[1]] = row / 255
        top += len(row) + 50
    down, across = np.mgrid[0 : ink.shape[0], 0:width]
    direction = rng.uniform(0, 2 * np.pi)
    slope = np.cos(direction) * across / width + np.sin(direction) * down / len(ink)
    paper = 215 + 35 * slope + rng.normal(0, 4, ink.shape)
    return np.asarray(np.clip(paper * (1 - ink) + rng.uniform(20, 70) * ink, 0, 255), np.uint8)


def to_png(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture as PNG."""
    return bytes(cv2.imencode(".png", picture)[1])
