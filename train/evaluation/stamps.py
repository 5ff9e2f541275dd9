"""Photographs with a camera's date in a corner, with their text: scenes, and sheets with a number written on them.

    kind -> a scene, or a sheet with a row -> a date in glowing digits over it -> JPEG

The text of a sheet is what is written on it, and the date as a line of its own; the text of a scene is the date alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.datasets import Split
from .layouts import resize_row
from .written import Ink, Writer, take_turns

Pixels = NDArray[np.uint8]  # (h, w, 3), RGB

SIZES = ((1200, 900), (1600, 1200), (900, 1200))  # pixels, width and height
STAMP_HIGH = (0.02, 0.04)  # of the picture's height
COLOURS = ((255, 150, 40), (255, 110, 30), (255, 60, 40), (255, 215, 60), (255, 255, 255))
QUALITY = (75, 95)  # of the JPEG
KINDS = ("scene", "sheet", "table")
# Segments of a digit, each from x, y to x, y in a box of 1 by 2: top, upper and lower right, bottom, lower and upper
# left, middle
SEGMENTS = ((0, 0, 1, 0), (1, 0, 1, 1), (1, 1, 1, 2), (0, 2, 1, 2), (0, 1, 0, 2), (0, 0, 0, 1), (0, 1, 1, 1))
LIT = ("012345", "12", "01346", "01236", "1256", "02356", "023456", "012", "0123456", "012356")  # of each digit


def compose_stamps(
    split: Split, count: int, seed: int, kinds: Sequence[str] | None = None
) -> Iterable[tuple[str, str, bytes]]:
    """Compose photographs of each kind, half of the rows of a split's digits: kind, text and JPEG."""
    writer = Writer(split)
    for kind, number, rng in take_turns(KINDS, kinds, count, seed):
        wide, high = SIZES[int(rng.integers(len(SIZES)))]
        text = ""
        if kind == "scene":
            picture = draw_scene((high, wide), rng)
        else:
            text = "".join(map(str, rng.integers(0, 10, rng.integers(2, 7))))
            picture = _photograph(writer.write(text, number, rng), (high, wide), rng, lies_on_table=kind == "table")
        date = _pick_date(rng)
        picture = stamp(picture, date, rng)
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*QUALITY))]
        body = bytes(cv2.imencode(".jpg", picture[..., ::-1], quality)[1])
        yield kind, "\n".join(filter(None, (text, date.replace(" ", "").replace("'", "")))), body


def _pick_date(rng: np.random.Generator) -> str:
    day, month, year = int(rng.integers(1, 32)), int(rng.integers(1, 13)), int(rng.integers(1987, 2016))
    ways = (
        f"{year % 100:02} {month} {day}",
        f"'{year % 100:02} {month} {day}",
        f"{year}/{month:02}/{day:02}",
        f"{month:02}.{day:02}.{year} {rng.integers(0, 24):02}:{rng.integers(0, 60):02}",
        f"{day:02}-{month:02}-{year}",
    )
    return ways[int(rng.integers(len(ways)))]


def draw_scene(shape: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Draw a landscape: sky, hills and ground, each with its own light and texture."""
    high, wide = shape
    rows = np.linspace(0, 1, high)[:, None, None]
    sky = rng.uniform((90, 120, 160), (200, 215, 255))
    picture = sky + (rng.uniform(150, 255, 3) - sky) * rows
    picture = picture + 20 * draw_cloud(shape, 6, rng)[..., None]
    across = np.linspace(0, 1, wide)
    for level in sorted(rng.uniform(0.3, 0.85, int(rng.integers(1, 4)))):
        top = level + 0.12 * draw_cloud((1, wide), 3, rng)[0] + 0.05 * np.sin(across * rng.uniform(3, 20))
        inside = (rows[..., 0] > top[None])[..., None]
        colour = rng.uniform((20, 30, 15), (150, 140, 110))
        texture = rng.uniform(10, 40) * draw_cloud(shape, 7, rng)[..., None]
        picture = np.where(inside, colour + texture, picture)
    return _expose(picture, rng)


def draw_cloud(shape: tuple[int, int], octaves: int, rng: np.random.Generator) -> NDArray[np.floating]:
    """Return noise of several scales, about -1 to 1."""
    total = np.zeros(shape)
    for octave in range(octaves):
        cells = 2 ** (octave + 1)
        coarse = rng.normal(0, 0.7**octave, (max(1, min(shape[0], cells)), min(shape[1], cells))).astype(np.float32)
        total += cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(total / max(1e-6, float(np.abs(total).max())))


def _photograph(row: Ink, shape: tuple[int, int], rng: np.random.Generator, *, lies_on_table: bool) -> Pixels:
    """Photograph a row written on a sheet that fills the picture, or lies on a table."""
    high, wide = shape
    tall = high * rng.uniform(0.08, 0.22)
    row = resize_row(row, round(min(tall, 0.6 * wide * row.shape[0] / row.shape[1])))
    light = 1 - rng.uniform(0, 0.35) * np.linspace(0.0, 1.0, wide)[None, :: int(rng.choice((-1, 1)))]
    paper = np.full((high, wide, 3), rng.uniform((205, 200, 185), (250, 250, 248)))
    x, y = (
        int(rng.integers(round(0.15 * side), round(0.85 * side) - size))
        for side, size in zip((wide, high), row.shape[::-1], strict=True)
    )
    y = min(y, round(0.8 * high) - row.shape[0])
    covered = np.zeros(shape)
    covered[y : y + row.shape[0], x : x + row.shape[1]] = row / 255
    covered = cv2.GaussianBlur(covered, (0, 0), rng.uniform(0.5, 1.2))[..., None]
    ink = np.array(((30, 30, 35), (25, 40, 120), (70, 70, 75))[int(rng.integers(3))])
    picture = paper * (1 - covered) + ink * covered
    if lies_on_table:
        table = rng.uniform((40, 25, 15), (120, 85, 60)) + 18 * draw_cloud(shape, 7, rng)[..., None]
        inset = round(0.08 * min(shape))
        corners = np.array([(inset, inset), (wide - inset, inset), (wide - inset, high - inset), (inset, high - inset)])
        corners = (corners + rng.normal(0, 0.012 * min(shape), corners.shape)).astype(np.int32)
        sheet = np.zeros(shape, np.uint8)
        cv2.fillConvexPoly(sheet, corners, 255, cv2.LINE_AA)
        within = sheet[..., None] / 255
        picture = picture * within + table * (1 - within)
    return _expose(picture * light[..., None], rng)


def _expose(picture: NDArray[np.floating], rng: np.random.Generator) -> Pixels:
    return np.asarray(np.clip(picture + rng.normal(0, rng.uniform(1, 5), picture.shape), 0, 255), np.uint8)


def stamp(picture: Pixels, text: str, rng: np.random.Generator) -> Pixels:
    """Print a date into a lower corner, in segments or as a camera's letters, as light that glows."""
    high = max(14, round(picture.shape[0] * rng.uniform(*STAMP_HIGH)))
    ink = _draw_segments(text, high, rng) if rng.random() < 0.6 else _draw_letters(text, high)
    edge = round(high * rng.uniform(0.8, 2.5))
    y = picture.shape[0] - edge - ink.shape[0]
    x = picture.shape[1] - edge - ink.shape[1] if rng.random() < 0.8 else edge
    light = np.zeros(picture.shape[:2], np.float32)
    light[y : y + ink.shape[0], x : x + ink.shape[1]] = ink / 255
    halo = cv2.GaussianBlur(light, (0, 0), 0.2 * high) * rng.uniform(0, 0.7)
    core = cv2.GaussianBlur(light, (0, 0), 0.03 * high)
    covered = np.clip(core + halo, 0, 1)[..., None]
    colour = np.array(COLOURS[int(rng.integers(len(COLOURS)))])
    return np.asarray(np.clip(picture * (1 - covered) + colour * covered, 0, 255), np.uint8)


def _draw_segments(text: str, high: int, rng: np.random.Generator) -> Ink:
    """Draw digits of seven segments; signs as short strokes."""
    pen, slant, wide = max(2, round(0.13 * high)), rng.uniform(0, 0.2), 0.5 * high
    step = wide + 0.3 * high
    sheet = np.zeros((high + 2 * pen, round((len(text) + 1) * step + slant * high) + 2 * pen), np.uint8)
    right = float(pen)

    def place(x: float, y: float) -> tuple[int, int]:
        return round(right + x * wide + slant * (2 - y) * high / 2), round(pen + y * (high - 1) / 2)

    for sign in text:
        if sign.isdigit():
            for segment in LIT[int(sign)]:
                x, y, to_x, to_y = SEGMENTS[int(segment)]
                short = 0.12
                along_x, along_y = short * (to_x - x), short * (to_y - y)
                cv2.line(
                    sheet, place(x + along_x, y + along_y), place(to_x - along_x, to_y - along_y), 255, pen, cv2.LINE_AA
                )
        elif sign == "'":
            cv2.line(sheet, place(0.8, 0.0), place(0.8, 0.3), 255, pen, cv2.LINE_AA)
        elif sign == "/":
            cv2.line(sheet, place(0.1, 2.0), place(0.9, 0.0), 255, pen, cv2.LINE_AA)
        elif sign == "-":
            cv2.line(sheet, place(0.15, 1.0), place(0.85, 1.0), 255, pen, cv2.LINE_AA)
        elif sign in ".:":
            for down in (2.0,) if sign == "." else (0.6, 1.5):
                cv2.circle(sheet, place(0.4, down), max(1, round(0.6 * pen)), 255, -1, cv2.LINE_AA)
        right += step
    x, y, width, height = cv2.boundingRect(sheet)
    return sheet[y : y + height, x : x + width]


def _draw_letters(text: str, high: int) -> Ink:
    """Draw a camera's plain letters."""
    scale, pen = high / 21, max(1, round(0.09 * high))
    (wide, tall), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, pen)
    sheet = np.zeros((tall + below + 2 * pen + 2, wide + 2 * pen + 2), np.uint8)
    cv2.putText(sheet, text, (pen, tall + pen), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, pen, cv2.LINE_AA)
    x, y, width, height = cv2.boundingRect(sheet)
    return sheet[y : y + height, x : x + width]
