"""Strips of paper with a number each, pasted on a page or lying on a table, with their text.

    rows of digits -> strips of other shades, turned a little -> below each other, or two side by side -> a picture

The text is that of each strip, from top to bottom and from left to right, separated by newlines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.datasets import Split
from .layouts import resize_row
from .pages import to_png
from .stamps import draw_cloud
from .written import Ink, Writer, take_turns

HIGH = 56  # pixels of the digits
TURNED = 4.0  # degrees that a strip is turned at most
KINDS: dict[str, tuple[bool, int]] = {  # whether they lie on a table that is photographed, and how many side by side
    "page": (False, 1),
    "table": (True, 1),
    "page, in pairs": (False, 2),
    "table, in pairs": (True, 2),
}


def compose_strips(
    split: Split, count: int, seed: int, kinds: Sequence[str] | None = None
) -> Iterable[tuple[str, str, bytes]]:
    """Compose two to six strips of each kind, half of the digits a split's: kind, text and PNG."""
    writer = Writer(split)
    for kind, number, rng in take_turns(KINDS, kinds, count, seed):
        on_table, across = KINDS[kind]
        many = int(rng.integers(2, 7)) if across == 1 else 2 * int(rng.integers(1, 4))
        texts = ["".join(map(str, rng.integers(0, 10, rng.integers(2, 6)))) for _ in range(many)]
        rows = [writer.write(text, number, rng) for text in texts]
        picture = _lay_out([resize_row(row, HIGH) for row in rows], across, on_table, rng)
        yield kind, "\n".join(texts), to_png(picture)


def _lay_out(rows: Sequence[Ink], across: int, on_table: bool, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Lay strips on a page of one level, or on a table with a camera's grain."""
    wide = max(row.shape[1] for row in rows) + 6 * HIGH
    down = -(-len(rows) // across)
    shape = (round(3.4 * HIGH) * down + HIGH, wide * across + HIGH)
    surround = float(rng.uniform(20, 150)) if on_table else float(rng.choice((30, 90, 200, 230, 255)))
    picture = np.full(shape, surround)
    if on_table:
        picture += 12 * draw_cloud(shape, 7, rng)
    for number, row in enumerate(rows):
        level = rng.uniform(max(surround + 60, 170), 252) if on_table or surround < 150 else rng.uniform(150, 250)
        level += 20 * (abs(level - surround) < 12)  # a strip of the page's own level is none
        strip, ink = (np.zeros(shape, np.uint8) for _ in range(2))
        side, over = rng.uniform(0.5, 1.4, 2) * HIGH
        high, long = row.shape[0] + 1.2 * over, row.shape[1] + 2 * side
        y, x = number // across * round(3.4 * HIGH) + HIGH, number % across * wide + HIGH
        left = x + rng.uniform(0, max(1.0, wide - HIGH - long))
        top = y + rng.uniform(0, max(1.0, 2.6 * HIGH - high))
        strip[round(top) : round(top + high), round(left) : round(left + long)] = 255
        x, y = round(left + side), round(top + 0.6 * over)
        ink[y : y + row.shape[0], x : x + row.shape[1]] = row
        turn = cv2.getRotationMatrix2D((left + long / 2, top + high / 2), float(rng.uniform(-TURNED, TURNED)), 1.0)
        on_strip, on_ink = (
            cv2.warpAffine(one, turn, shape[::-1], flags=cv2.INTER_LINEAR) / 255 for one in (strip, ink)
        )
        picture = picture * (1 - on_strip) + level * on_strip
        picture = picture * (1 - on_ink) + min(level - 90, rng.uniform(20, 90)) * on_ink
    if on_table:
        light = 1 - rng.uniform(0, 0.3) * np.linspace(0, 1, shape[1])[None]
        picture = picture * light + rng.normal(0, rng.uniform(1, 4), shape)
    return np.asarray(np.clip(picture, 0, 255), np.uint8)
