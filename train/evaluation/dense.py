"""Pages that are full of digits, with their text: an A4 sheet scanned at 150 or 300 dots an inch.

    kind -> numbers in rows and columns -> a page of one hand, or of a split's digits -> JPEG

What reading such a page costs, and how many of its digits are found, is measured on these pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.datasets import Split
from .layouts import resize_row
from .written import Ink, Writer, take_turns

INCHES = (8.27, 11.69)  # of A4
DOTS = (150, 300)  # an inch
MARGIN = 0.4  # inches around the numbers
INK = (20, 90)  # grey levels
QUALITY = 88  # of the JPEG
KINDS: dict[str, tuple[int, int, int | None]] = {  # rows, columns, and digits of each number; None: they count from 1
    "square": (20, 20, None),  # 1 to 400
    "rows": (40, 6, 5),
    "codes": (48, 4, 8),
    "digits": (40, 30, 1),
}


def compose_dense(
    split: Split, count: int, seed: int, kinds: Sequence[str] | None = None
) -> Iterable[tuple[str, str, bytes]]:
    """Compose full pages, half of a split's digits and half drawn, at either resolution: kind, text and JPEG."""
    writer = Writer(split)
    for kind, number, rng in take_turns(KINDS, kinds, count, seed):
        down, across, long = KINDS[kind]
        dots = DOTS[number // 2 % 2]
        if long is None:
            texts = [[str(row * across + column + 1) for column in range(across)] for row in range(down)]
        else:
            texts = [["".join(map(str, rng.integers(0, 10, long))) for _ in range(across)] for _ in range(down)]
        every, gap = [text for row in texts for text in row], float(rng.uniform(0.12, 0.3))
        inks = writer.write_all(every, number, rng, gap)
        page = _scan(_set_out(inks, (down, across), max(map(len, every)), dots, rng), rng)
        yield kind, "\n".join("".join(row) for row in texts), page


def _set_out(inks: Sequence[Ink], shape: tuple[int, int], longest: int, dots: int, rng: np.random.Generator) -> Ink:
    """Set numbers out in rows and columns, so many, that fill the page; the longest has so many digits."""
    down, across = shape
    wide, high = (round(dots * side) for side in INCHES)
    page, margin = np.zeros((high, wide), np.uint8), MARGIN * dots
    row_high, column_wide = (high - 2 * margin) / down, (wide - 2 * margin) / across
    tall = max(6, round(min(0.62 * row_high, column_wide / (0.8 * longest + 0.4))))
    for number, written in enumerate(inks):
        row, column = divmod(number, across)
        ink = resize_row(written, tall)
        if ink.shape[1] > 0.95 * column_wide:
            ink = resize_row(ink, max(6, int(ink.shape[0] * 0.95 * column_wide / ink.shape[1])))
        x = round(margin + column * column_wide + rng.uniform(0, max(0.0, column_wide * 0.97 - ink.shape[1])) / 2)
        y = round(margin + row * row_high + (row_high - ink.shape[0]) / 2 + rng.normal(0, 0.02) * row_high)
        window = page[y : y + ink.shape[0], x : x + ink.shape[1]]
        np.maximum(window, ink[: window.shape[0], : window.shape[1]], out=window)
    return page


def _scan(page: Ink, rng: np.random.Generator) -> bytes:
    """Return a sheet as a scanner gives it: a little soft, a little noise, nearly even light."""
    level = rng.uniform(*INK)
    paper = rng.uniform(238, 255) - np.linspace(0, rng.uniform(0, 8), page.shape[1])[None]
    covered = cv2.GaussianBlur(page, (0, 0), 0.6).astype(np.float32) / 255
    grey = paper * (1 - covered) + level * covered + rng.normal(0, 1.5, page.shape)
    scanned: NDArray[np.uint8] = np.clip(grey, 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", scanned, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])
