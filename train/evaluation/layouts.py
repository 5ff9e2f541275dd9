"""Pages of several numbers as people lay them out, with their text: rows that slant or bend, digits of many sizes.

    kind -> rows of digits (train/evaluation/written.py) -> bent, turned, set closely below each other -> page

Lines and sizes of reading are chosen on these pages, from validation digits and drawn ones; never on a test split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.datasets import Split
from .pages import lay_on_noisy_paper, to_png
from .written import Ink, Writer, take_turns

Write = Callable[[str], Ink]  # a row of digits, cropped to its ink
Compose = Callable[[Write, np.random.Generator], tuple[str, Ink]]  # the text, lines separated by newlines, and the ink

HIGH = 64  # pixels of most rows' digits
STEEPEST = np.radians(15)  # that a row rises or falls
STEEPEST_BOW = np.tan(np.radians(20))  # where a bent row rises or falls most
ROWS_APART = (0.35, 1.2)  # of the digits' height: paper between the ink of two rows
CLOSE_ROWS = (0.12, 0.3)  # likewise, of rows that nearly reach into each other
MARGIN = 40  # pixels around all rows
SIZES = (0.25, 1.0)  # height of a row's digits, of the page's highest
SCATTERED = "s"  # what the text of digits without an order begins with
HUNDRED = 100  # the last number of a page that counts from 0, ten a row


def compose_layouts(
    split: Split, count: int, seed: int, kinds: Sequence[str] | None = None
) -> Iterable[tuple[str, str, bytes]]:
    """Compose pages of each kind, half of them of a split's digits and half drawn: its name, the text and a picture."""
    writer = Writer(split)
    for kind, number, rng in take_turns(KINDS, kinds, count, seed):

        def write(text: str, number: int = number, rng: np.random.Generator = rng) -> Ink:
            return resize_row(writer.write(text, number, rng), HIGH)

        text, ink = KINDS[kind](write, rng)
        yield kind, text, to_png(lay_out(ink, rng))


def _straight(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    texts = _pick_texts(rng)
    return "\n".join(texts), stack_rows([write(text) for text in texts], ROWS_APART, rng)


def _slanting(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    """All rows rise or fall alike; the digits stay upright."""
    texts, slope = _pick_texts(rng), np.tan(rng.uniform(-STEEPEST, STEEPEST))
    return "\n".join(texts), stack_rows([_slant(write(text), slope) for text in texts], ROWS_APART, rng)


def _each_slanting(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    texts = _pick_texts(rng)
    rows = [_slant(write(text), np.tan(rng.uniform(-STEEPEST, STEEPEST))) for text in texts]
    return "\n".join(texts), stack_rows(rows, ROWS_APART, rng)


def _turned(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    """The whole sheet lies askew."""
    text, ink = _straight(write, rng)
    return text, turn(ink, float(rng.uniform(-STEEPEST, STEEPEST)))


def _curved(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    texts = _pick_texts(rng)
    rows = []
    for text in texts:
        row = write(text)
        waves = rng.uniform(0.3, 1.2)  # along the row
        along = np.linspace(0, 2 * np.pi * waves, row.shape[1])
        steepest = rng.uniform(0, STEEPEST_BOW) * row.shape[1] / (2 * np.pi * waves)
        rows.append(bend(row, steepest * np.sin(along + rng.uniform(0, 2 * np.pi))))
    return "\n".join(texts), stack_rows(rows, ROWS_APART, rng)


def _close(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    texts, slope = _pick_texts(rng), np.tan(rng.uniform(-STEEPEST, STEEPEST)) / 2
    return "\n".join(texts), stack_rows([_slant(write(text), slope) for text in texts], CLOSE_ROWS, rng)


def _columns(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    """Single digits, or numbers of two, in rows and columns far apart, none quite in its place."""
    across, down, long = int(rng.integers(2, 6)), int(rng.integers(2, 6)), int(rng.integers(1, 3))
    texts = [[_pick_text(rng, long, long) for _ in range(across)] for _ in range(down)]
    wide, high = HIGH * rng.uniform(1.2, 3) + HIGH * long, HIGH * rng.uniform(1.7, 2.6)
    sheet = Sheet()
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            aside, below = rng.normal(0, 0.1, 2)
            sheet.put(write(text), column * wide + aside * HIGH, row * high + below * HIGH)
    return "\n".join("".join(line) for line in texts), sheet.ink


def _turned_columns(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    text, ink = _columns(write, rng)
    return text, turn(ink, float(rng.uniform(-STEEPEST, STEEPEST)))


def _scattered(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    """Digits all over the page, of different size, each askew."""
    sheet, text, placed = Sheet(), SCATTERED, np.zeros((0, 3))
    side = HIGH * rng.uniform(5, 10)
    for digit in _pick_text(rng, 3, 14):
        ink = turn(resize_row(write(digit), round(HIGH * rng.uniform(0.6, 1.2))), float(rng.normal(0, np.radians(6))))
        radius = float(np.hypot(*ink.shape)) / 2
        for _ in range(30):
            x, y = rng.uniform(0, side, 2)
            if (np.hypot(placed[:, 0] - x, placed[:, 1] - y) > placed[:, 2] + radius).all():
                placed = np.vstack((placed, (x, y, radius)))
                sheet.put(ink, x - ink.shape[1] / 2, y - ink.shape[0] / 2)
                text += digit
                break
    return text, sheet.ink


def _sizes(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    """Rows of digits of very different size; the first are as high as any."""
    texts = _pick_texts(rng, 2)
    highs = [SIZES[1], *np.exp(rng.uniform(np.log(SIZES[0]), np.log(SIZES[1]), len(texts) - 1))]
    rows = [resize_row(write(text), max(16, round(1.5 * HIGH * high))) for text, high in zip(texts, highs, strict=True)]
    order = rng.permutation(len(texts))
    return "\n".join(texts[at] for at in order), stack_rows([rows[at] for at in order], ROWS_APART, rng)


def _hundred(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    """All numbers from 0 to 100, ten a row."""
    numbers = [str(number) for number in range(HUNDRED + 1)]
    lines = [numbers[at : at + 10] for at in range(0, len(numbers), 10)]
    sheet = Sheet()
    for row, line in enumerate(lines):
        for column, text in enumerate(line):
            aside, below = rng.normal(0, 0.06, 2)
            sheet.put(write(text), HIGH * (2.6 * column + aside), HIGH * (1.8 * row + below))
    return "\n".join("".join(line) for line in lines), sheet.ink


def _sum(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    """Two or three numbers below each other, right-aligned, a line under them, and what they add up to."""
    numbers = [int(rng.integers(2, 999)) for _ in range(rng.integers(2, 4))]
    signed = f"+{numbers[-1]}" if rng.random() < 0.7 else str(numbers[-1])
    texts = [*map(str, numbers[:-1]), signed, str(sum(numbers))]
    sheet, down = Sheet(), 0.0
    for place, text in enumerate(texts):
        ink = write(text)
        if place == len(texts) - 1:
            sheet.put(draw_rule(round(HIGH * rng.uniform(2.5, 4)), rng), -HIGH * rng.uniform(2.3, 3.8), down)
            down += HIGH * rng.uniform(0.3, 0.5)
        sheet.put(ink, HIGH * rng.normal(0, 0.1) - ink.shape[1], down)
        down += HIGH * rng.uniform(1.3, 1.8)
    return "\n".join(texts), sheet.ink


def draw_rule(wide: int, rng: np.random.Generator) -> Ink:
    """Draw a line by hand: nearly level, hardly bent."""
    pen, fall, bow = int(rng.integers(2, 7)), rng.normal(0, 0.02) * wide, rng.normal(0, 0.01) * wide
    along = np.linspace(0, 1, 20)
    points = np.stack((along * wide, HIGH / 2 + fall * along + bow * np.sin(np.pi * along)), axis=1)
    ink = np.zeros((HIGH, wide + 1), np.uint8)
    cv2.polylines(ink, [points.round().astype(np.int32)], False, 255, pen, cv2.LINE_AA)
    _, top, _, high = cv2.boundingRect(ink)
    return ink[top : top + high]


def _list(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    """Prices, postcodes, telephone numbers, times or dates below each other, each in two or three groups."""
    pick = LISTS[int(rng.integers(len(LISTS)))]
    texts = [pick(rng) for _ in range(rng.integers(2, 6))]
    sheet = Sheet()
    for row, text in enumerate(texts):
        across = HIGH * float(rng.normal(0, 0.1))
        for group in text.split():
            ink = write(group)
            sheet.put(ink, across, HIGH * (1.8 * row + float(rng.normal(0, 0.08))))
            across += ink.shape[1] + HIGH * rng.uniform(0.6, 1.2)
    return "\n".join(text.replace(" ", "") for text in texts), sheet.ink


LISTS: tuple[Callable[[np.random.Generator], str], ...] = (
    lambda rng: f"{rng.integers(1, 400)}.{rng.integers(0, 100):02}",
    lambda rng: f"{rng.integers(1, 400)},{rng.integers(0, 100):02}",
    lambda rng: f"{rng.integers(10000, 100000)}",
    lambda rng: f"0{rng.integers(100, 1000)} {rng.integers(100, 1000)} {rng.integers(1000, 10000)}",
    lambda rng: f"{rng.integers(0, 24)}:{rng.integers(0, 60):02}",
    lambda rng: f"{rng.integers(1, 29)}/{rng.integers(1, 13)}/{rng.integers(0, 100):02}",
    lambda rng: f"{rng.integers(1, 29)}.{rng.integers(1, 13)}.{rng.integers(1950, 2030)}",
    lambda rng: f"{rng.integers(100, 1000)}-{rng.integers(100, 1000)}-{rng.integers(1000, 10000)}",
)
KINDS: dict[str, Compose] = {
    "straight": _straight,
    "slanting": _slanting,
    "each slanting": _each_slanting,
    "turned": _turned,
    "curved": _curved,
    "close": _close,
    "columns": _columns,
    "turned columns": _turned_columns,
    "scattered": _scattered,
    "sizes": _sizes,
    "hundred": _hundred,
    "sum": _sum,
    "list": _list,
}


class Sheet:
    """Ink that grows with what is put on it."""

    def __init__(self) -> None:
        """Begin without any ink."""
        self._placed: list[tuple[int, int, Ink]] = []

    def put(self, ink: Ink, x: float, y: float) -> None:
        """Put ink with its upper left corner at a place, which may lie left of, or above, all others."""
        self._placed.append((round(x), round(y), ink))

    @property
    def ink(self) -> Ink:
        """All that was put, (h, w)."""
        left, top = min(x for x, _, _ in self._placed), min(y for _, y, _ in self._placed)
        right = max(x + ink.shape[1] for x, _, ink in self._placed)
        bottom = max(y + ink.shape[0] for _, y, ink in self._placed)
        sheet = np.zeros((bottom - top, right - left), np.uint8)
        for x, y, ink in self._placed:
            window = sheet[y - top : y - top + ink.shape[0], x - left : x - left + ink.shape[1]]
            np.maximum(window, ink, out=window)
        return sheet


def stack_rows(rows: Sequence[Ink], apart: tuple[float, float], rng: np.random.Generator) -> Ink:
    """Set each row below the one before, as near as the paper between their ink allows.

    Args:
        rows: from top to bottom.
        apart: paper between the ink of two rows at least, of the digits' height, drawn between these two.
    """
    sheet = Sheet()
    sheet.put(rows[0], 0, 0)
    for row in rows[1:]:
        above = sheet.ink
        aside = round(HIGH * rng.uniform(-0.8, 0.8))
        wide = max(above.shape[1], row.shape[1] + abs(aside)) + abs(aside)
        bottoms, tops = np.full(wide, -1.0e6), np.full(wide, 1.0e6)
        start = max(0, -aside)
        reached = above.any(axis=0)
        lowest = above.shape[0] - above[::-1].argmax(axis=0)
        bottoms[start : start + above.shape[1]][reached] = lowest[reached]
        start = max(0, aside)
        reached = row.any(axis=0)
        tops[start : start + row.shape[1]][reached] = row.argmax(axis=0)[reached]
        around = np.ones((1, 2 * round(0.15 * HIGH) + 1), np.uint8)
        bottoms = cv2.dilate(bottoms[None].astype(np.float32), around)[0]
        below = float((bottoms - tops).max()) + HIGH * rng.uniform(*apart)
        merged = Sheet()
        merged.put(above, 0, 0)
        merged.put(row, aside, max(below, above.shape[0] * 0.2))
        sheet = merged
    return sheet.ink


def bend(ink: Ink, down: NDArray[np.floating]) -> Ink:
    """Move each column of ink down, by pixels, (w,)."""
    down = down - down.min()
    high = ink.shape[0] + int(np.ceil(down.max())) + 1
    columns, rows = np.meshgrid(np.arange(ink.shape[1]), np.arange(high))
    source = (rows - down).astype(np.float32)
    return np.asarray(cv2.remap(ink, columns.astype(np.float32), source, cv2.INTER_LINEAR, borderValue=0), np.uint8)


def turn(ink: Ink, angle: float) -> Ink:
    """Turn ink, in radians, on as much paper as it needs."""
    high, wide = ink.shape
    cos, sin = np.cos(angle), np.sin(angle)
    size = (int(wide * abs(cos) + high * abs(sin)) + 2, int(high * abs(cos) + wide * abs(sin)) + 2)
    matrix = np.array([[cos, -sin, 0], [sin, cos, 0]])
    matrix[:, 2] = np.array(size) / 2 - matrix[:, :2] @ (wide / 2, high / 2)
    return np.asarray(cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)


def _slant(ink: Ink, slope: float) -> Ink:
    return bend(ink, slope * np.arange(ink.shape[1]))


def _pick_texts(rng: np.random.Generator, fewest: int = 1) -> list[str]:
    return [_pick_text(rng, 3, 8) for _ in range(rng.integers(fewest, 5))]


def _pick_text(rng: np.random.Generator, shortest: int, longest: int) -> str:
    return "".join(str(digit) for digit in rng.integers(0, 10, rng.integers(shortest, longest + 1)))


def resize_row(ink: Ink, high: float) -> Ink:
    """Resize ink to a height, to whole pixels."""
    size = (max(1, round(ink.shape[1] * (high / ink.shape[0]))), max(1, round(high)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA))


def lay_out(ink: Ink, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Lay ink on white paper, or on shaded grainy paper."""
    ink = np.asarray(cv2.copyMakeBorder(ink, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT, value=0), np.uint8)
    return lay_on_noisy_paper([ink], rng) if rng.random() < 0.5 else np.asarray(255 - ink, np.uint8)
