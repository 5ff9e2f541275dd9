"""Rows of digits on paper that is printed with lines, dots or dashes, scanned or photographed, with their text.

    kind of paper -> its print -> rows of digits on it (train/evaluation/written.py) -> scan or photograph

How rules are taken out is chosen on these pages, from validation digits and drawn ones; never on a test split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.datasets import Split
from .layouts import resize_row
from .pages import to_png
from .written import Ink, Writer, take_turns

Coverage = NDArray[np.float64]  # (h, w), how much of each pixel is printed, 0 to 1

LINE_WIDTHS = (1.0, 3.0)  # pixels of a printed line
UNITS = (22, 44)  # pixels of a square's side, or between two dots: 5 mm at 110 to 220 dots an inch
SEYES_UNITS = (60, 110)  # likewise, of 8 mm
HIGHS = (1.0, 1.5, 2.0, 2.5)  # units that digits are high on squared paper
RULED_HIGHS = (0.55, 1.3)  # of the distance between two rules that digits are high
ROWS = 3  # on a page, at most
AROUND = (0.6, 2.5)  # of the digits' height: paper beside the writing
COLOURS = ((150, 150, 150), (120, 160, 200), (170, 140, 200), (90, 90, 90), (200, 130, 140), (130, 190, 170))
STRENGTHS = (0.35, 1.0)  # of its colour that a print has
INKS = ((25, 25, 30), (30, 45, 130), (20, 20, 70), (95, 95, 95), (60, 60, 65))
ROWS_OF_DIGITS, ONE_DIGIT, NOTHING = "rows", "one digit", "nothing"  # what is written on the paper
SIGNED = 0.4  # of the rows: with a point, a comma or a minus


class Print(NamedTuple):
    """What is printed on a sheet, and where its writing lines are."""

    layers: list[Coverage]  # each of one colour
    lines: NDArray[np.float64]  # rows of pixels on which digits stand
    highs: tuple[float, float]  # pixels that digits may be high


def compose_papers(
    split: Split, count: int, seed: int, kinds: Sequence[str] | None = None, written: str = ROWS_OF_DIGITS
) -> Iterable[tuple[str, str, bytes]]:
    """Compose pages of each kind, half of them of a split's digits and half drawn: its name, the text and a picture.

    Args:
        kinds: names among KINDS; all where None.
        written: ROWS_OF_DIGITS, ONE_DIGIT or NOTHING.
    """
    writer = Writer(split)
    single, empty = written == ONE_DIGIT, written == NOTHING
    for kind, number, rng in take_turns(KINDS, kinds, count, seed, single, empty):
        write = partial(writer.write, turn=number, rng=rng)
        texts = [_pick_text(rng, single) for _ in range(1 if single else rng.integers(1, ROWS + 1))]
        yield kind, "" if empty else "\n".join(texts), _compose(kind, texts, write, empty, rng)


def _pick_text(rng: np.random.Generator, single: bool) -> str:
    if single:
        return str(rng.integers(10))
    text = "".join(str(digit) for digit in rng.integers(0, 10, rng.integers(2, 6)))
    if rng.random() >= SIGNED:
        return text
    sign = str(rng.choice(list(".,-")))
    return f"-{text}" if sign == "-" else f"{text[:-1]}{sign}{text[-1]}"


def _compose(kind: str, texts: list[str], write: Callable[[str], Ink], empty: bool, rng: np.random.Generator) -> bytes:
    """Write rows on a sheet and take a picture of it."""
    unit = float(rng.uniform(*(SEYES_UNITS if kind == "seyes" else UNITS)))
    sheet = KINDS[kind]((1600, 1600), unit, rng)
    high = float(rng.uniform(*sheet.highs))
    rows = [resize_row(write(text), high) for text in texts]
    top = int(np.searchsorted(sheet.lines, 400 + high))
    ink = np.zeros((1600, 1600), np.float64)
    base, left = float(sheet.lines[top]), 500
    boxes = []
    for row in rows:
        x, y = left + round(high * rng.uniform(-0.4, 0.4)), round(base + high * rng.normal(0, 0.06)) - len(row)
        window = ink[y : y + len(row), x : x + row.shape[1]]
        np.maximum(window, row / 255, out=window)
        boxes.append((x, y, x + row.shape[1], y + len(row)))
        top = int(np.searchsorted(sheet.lines, base + high * rng.uniform(1.25, 1.7)))
        base = float(sheet.lines[top])
    if empty:
        ink[:] = 0
    around = high * rng.uniform(*AROUND, 4)
    edges = np.array(boxes)
    box = (
        max(0, round(float(edges[:, 0].min() - around[0]))),
        max(0, round(float(edges[:, 1].min() - around[1]))),
        min(1600, round(float(edges[:, 2].max() + around[2]))),
        min(1600, round(float(edges[:, 3].max() + around[3]))),
    )
    colour = np.array([250, 249, 246]) - rng.uniform(0, 25)
    page = np.broadcast_to(colour, (1600, 1600, 3)).astype(np.float64)
    for layer in sheet.layers:
        printed = np.array(COLOURS[int(rng.integers(len(COLOURS)))], float)
        cover = layer[..., None] * rng.uniform(*STRENGTHS)
        page = page * (1 - cover) + printed * cover
    drawn = np.array(INKS[int(rng.integers(len(INKS)))], float)
    page = page * (1 - ink[..., None]) + np.minimum(drawn, page) * ink[..., None]
    picture = _photograph(page, box, rng) if rng.random() < 0.5 else _scan(page, box, rng)
    return CAPTURES.get(kind, _save)(picture, rng)


def _scan(page: NDArray[np.float64], box: tuple[int, int, int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Lay a page on a scanner, a little askew."""
    x, y, right, bottom = box
    angle = float(rng.normal(0, 0.5))
    turn = cv2.getRotationMatrix2D(((x + right) / 2, (y + bottom) / 2), angle, 1.0)
    page = np.asarray(cv2.warpAffine(page, turn, page.shape[1::-1], flags=cv2.INTER_LINEAR))[y:bottom, x:right]
    grain = rng.normal(0, rng.uniform(0, 3), page.shape[:2])[..., None] if rng.random() < 0.7 else 0.0
    return np.asarray((page + grain).clip(0, 255), np.uint8)


def _photograph(
    page: NDArray[np.float64], box: tuple[int, int, int, int], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Photograph a page from aside, in light that comes from one side."""
    x, y, right, bottom = box
    width, height = right - x, bottom - y
    corners = np.array([(x, y), (right, y), (right, bottom), (x, bottom)], np.float32)
    seen = corners + rng.uniform(-0.05, 0.05, (4, 2)).astype(np.float32) * min(width, height)
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    lens = cv2.getPerspectiveTransform(seen.astype(np.float32), target)
    taken = np.asarray(cv2.warpPerspective(page, lens, (width, height), flags=cv2.INTER_LINEAR))
    taken = np.asarray(cv2.GaussianBlur(taken, (0, 0), rng.uniform(0.4, 1.1)))
    down, across = np.mgrid[0:height, 0:width]
    direction = rng.uniform(0, 2 * np.pi)
    light = np.cos(direction) * (across / width - 0.5) + np.sin(direction) * (down / height - 0.5)
    light = rng.uniform(0.7, 0.95) + rng.uniform(0.1, 0.5) * light
    tint = 1 + rng.normal(0, 0.03, 3)
    grain = rng.normal(0, rng.uniform(1.5, 5), taken.shape)
    return np.asarray((taken * light[..., None] * tint + grain).clip(0, 255), np.uint8)


def _save(picture: NDArray[np.uint8], rng: np.random.Generator) -> bytes:
    picture = np.ascontiguousarray(picture[..., ::-1])
    return to_png(picture) if rng.random() < 0.3 else _to_jpeg(picture, int(rng.integers(70, 95)))


def _save_poorly(picture: NDArray[np.uint8], rng: np.random.Generator) -> bytes:
    return _to_jpeg(np.ascontiguousarray(picture[..., ::-1]), int(rng.integers(20, 50)))


def _fax(picture: NDArray[np.uint8], rng: np.random.Generator) -> bytes:
    """Turn a picture black and white, at a level that breaks its lines."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float64)
    paper = cv2.GaussianBlur(grey, (0, 0), 25.0)
    noise = cv2.GaussianBlur(rng.normal(0, 1, grey.shape), (0, 0), 1.0) * 12
    level = rng.uniform(0.75, 0.95)
    return to_png(np.asarray(np.where(grey + noise < level * paper, 0, 255), np.uint8))


def _to_jpeg(picture: NDArray[np.uint8], quality: int) -> bytes:
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


# ---- what is printed ----


def cover_lines(length: int, centres: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return how much of each pixel of a row lines of some width cover that cross it, (length,)."""
    place = np.arange(length)
    away = np.abs(place[:, None] - centres[None]).min(axis=1)
    return np.asarray(np.clip(width / 2 + 0.5 - away, 0, 1) * min(1.0, width))


def _at(length: int, apart: float, rng: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(np.arange(rng.uniform(0, apart), length, apart))


def _cross(down: NDArray[np.float64], across: NDArray[np.float64]) -> Coverage:
    """Return where lines that are cut into pieces run across; or dots where both are."""
    return np.outer(down, across)


def _dotted(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> Print:
    """Lines of dots to write on."""
    apart, dot = rng.uniform(4, 11), rng.uniform(1.3, 3.2)
    apart = max(apart, 2.2 * dot)
    lines = _at(shape[0], rng.uniform(1.3, 2.4) * unit, rng)
    return Print(
        [_cross(cover_lines(shape[0], lines, dot), cover_lines(shape[1], _at(shape[1], apart, rng), dot))],
        lines,
        (0.8 * unit, 1.3 * unit),
    )


def _dashed(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> Print:
    """Lines of dashes to write on."""
    long, apart, thick = rng.uniform(6, 18), rng.uniform(4, 12), rng.uniform(*LINE_WIDTHS)
    lines = _at(shape[0], rng.uniform(1.3, 2.4) * unit, rng)
    dashes = cover_lines(shape[1], _at(shape[1], long + apart, rng), long)
    return Print([_cross(cover_lines(shape[0], lines, thick), dashes)], lines, (0.8 * unit, 1.3 * unit))


def _dot_grid(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> Print:
    """Dots at the corners of squares, as in a bullet journal."""
    dot = rng.uniform(1.5, 3.6)
    lines = _at(shape[0], unit, rng)
    return Print(
        [_cross(cover_lines(shape[0], lines, dot), cover_lines(shape[1], _at(shape[1], unit, rng), dot))],
        lines,
        (HIGHS[0] * unit, HIGHS[2] * unit),
    )


def _ruled(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> Print:
    """Rules to write on; digits may be so high that they reach over the next one."""
    apart = 1.5 * unit
    lines = _at(shape[0], apart, rng)
    cover = np.outer(cover_lines(shape[0], lines, rng.uniform(*LINE_WIDTHS)), np.ones(shape[1]))
    return Print([cover], lines, (RULED_HIGHS[0] * apart, RULED_HIGHS[1] * apart))


def _squares(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> Print:
    """Squares of 5 mm."""
    rows, columns, thick = _at(shape[0], unit, rng), _at(shape[1], unit, rng), rng.uniform(*LINE_WIDTHS)
    cover = np.maximum(cover_lines(shape[0], rows, thick)[:, None], cover_lines(shape[1], columns, thick)[None])
    high = float(rng.choice(HIGHS)) * unit * rng.uniform(0.85, 1.0)
    return Print([cover], rows, (high, high))


def _seyes(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> Print:
    """French ruling: squares of 8 mm, with three finer lines in each."""
    rows, columns = _at(shape[0], unit, rng), _at(shape[1], unit, rng)
    bold, fine = rng.uniform(1.4, 3.0), rng.uniform(1.0, 1.5)
    thin = np.concatenate([rows + unit * part / 4 for part in (-3, -2, -1, 1, 2, 3)])
    down = np.maximum(cover_lines(shape[0], rows, bold), 0.7 * cover_lines(shape[0], thin, fine))
    cover = np.maximum(down[:, None], cover_lines(shape[1], columns, fine)[None])
    return Print([cover], rows, (0.25 * unit, 0.6 * unit))


def _faded(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> Print:
    """Pale squares that the print, or the copy, left out in places."""
    sheet = _squares(shape, unit, rng)
    patches = np.asarray(cv2.resize(rng.normal(0, 1, (160, 160)), shape[::-1], interpolation=cv2.INTER_CUBIC))
    left = np.clip(0.7 + patches, 0, 1) * rng.uniform(0.4, 0.9)
    return sheet._replace(layers=[layer * left for layer in sheet.layers])


def _either(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> Print:
    return (_squares if rng.random() < 0.5 else _ruled)(shape, unit, rng)


KINDS: dict[str, Callable[[tuple[int, int], float, np.random.Generator], Print]] = {
    "dotted": _dotted,
    "dashed": _dashed,
    "dot grid": _dot_grid,
    "ruled": _ruled,
    "squares": _squares,
    "seyes": _seyes,
    "faded": _faded,
    "fax": _either,
}
CAPTURES: dict[str, Callable[[NDArray[np.uint8], np.random.Generator], bytes]] = {"faded": _save_poorly, "fax": _fax}
