"""Rows whose signs are hardly seen: pressed less than the digits, written by a dry pen, or on a printed rule.

    kind -> a text with a sign -> a row (train/evaluation/written.py) -> its ink weakened, or a rule under its signs

What may have been overlooked is chosen on these rows, from validation digits and drawn ones; never on a test split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.datasets import Split
from .pages import lay_on_noisy_paper, to_png
from .papers import cover_lines
from .written import KINDS as TEXTS
from .written import Ink, Writer, take_turns

PRESSED = (0.2, 0.8)  # of the digits' ink that a sign pressed less has
LOW = 0.5  # of a row's height: signs are lower
WRITTEN = ("decimal .", "decimal ,", "time", "date .", "date -", "minus", "difference", "plain")
PATCH = (0.15, 0.6)  # of a row's height: so large are the places where a dry pen writes alike
DRIEST = (0.15, 0.5)  # of its ink that a dry pen leaves at least
GRAIN = (1.0, 2.2)  # pixels of the grain of paper that a dry pen does not fill
RULE = (1.0, 4.0)  # pixels of a printed rule,
RULE_STRENGTH = (0.35, 1.0)  # and how strong it is, of the digits' ink
BASE, MIDDLE = 1.0, 0.5  # of a row's digits, where signs are: points on their base line, minus signs in their middle
AROUND = (0.5, 1.5)  # of the row's height: paper around it


def compose_faint(
    split: Split, count: int, seed: int, kinds: Sequence[str] | None = None
) -> Iterable[tuple[str, str, bytes]]:
    """Compose rows of each kind, half of them of a split's digits and half drawn: its name, the text and a picture.

    Args:
        kinds: names among KINDS; all where None.
    """
    writer = Writer(split)
    for kind, number, rng in take_turns(KINDS, kinds, count, seed):
        text = TEXTS[WRITTEN[number // 2 % len(WRITTEN)]](rng)
        yield kind, text, to_png(KINDS[kind](writer.write(text, number, rng), rng))


def _press_less(row: Ink, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Press signs less than digits: all ink that is low."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(row)
    low = np.flatnonzero(stats[:, cv2.CC_STAT_HEIGHT] < LOW * len(row))
    pressed = np.where(np.isin(labels, low), rng.uniform(*PRESSED) * row, row)
    return lay_on_noisy_paper([np.asarray(pressed, np.uint8)], rng)


def _run_dry(row: Ink, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Write with a pen that gives more or less ink along its lines, on paper whose grain shows."""
    patch = max(2.0, len(row) * rng.uniform(*PATCH))
    flow = _vary(row.shape, patch, rng)
    dry = rng.uniform(*DRIEST)
    grain = np.clip(0.75 + 0.35 * _vary(row.shape, float(rng.uniform(*GRAIN)), rng), 0, 1)
    pressed = row * np.clip(dry + (1 - dry) * (0.6 + 0.45 * flow), 0.1, 1) * grain
    return lay_on_noisy_paper([np.asarray(pressed.clip(0, 255), np.uint8)], rng)


def _vary(shape: tuple[int, ...], patch: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a field that varies smoothly, (h, w): mean 0 and standard deviation 1."""
    small = tuple(max(2, round(side / patch) + 2) for side in shape)
    field = cv2.resize(rng.normal(0, 1, small), shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray((field - field.mean()) / max(1e-6, float(field.std())), np.float64)


def _rule(row: Ink, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Write on ruled paper: a rule runs through the points of a number, or through its minus signs."""
    high = len(row)
    at = (BASE if rng.random() < 0.6 else MIDDLE) * high - rng.uniform(0, 0.12) * high
    around = (rng.uniform(*AROUND, 4) * high).astype(int)
    ink = np.pad(row, ((around[0], around[1]), (around[2], around[3]))).astype(np.float64) / 255
    apart = high * rng.uniform(1.1, 1.8)
    lines = np.arange(-3, 4) * apart + around[0] + at
    thick, strength = rng.uniform(*RULE), rng.uniform(*RULE_STRENGTH)
    printed = strength * cover_lines(len(ink), lines, float(thick))
    paper = 235 + rng.normal(0, rng.uniform(0.5, 4), ink.shape)
    ink_level, rule_level = rng.uniform(20, 70), rng.uniform(20, 70)
    page = paper * (1 - printed[:, None]) + rule_level * printed[:, None]
    page = page * (1 - ink) + np.minimum(ink_level, page) * ink
    turned = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), float(rng.normal(0, 0.3)), 1.02)
    page = cv2.warpAffine(page, turned, page.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.clip(page, 0, 255), np.uint8)


KINDS: dict[str, Callable[[Ink, np.random.Generator], NDArray[np.uint8]]] = {
    "pale signs": _press_less,
    "dry pen": _run_dry,
    "on a rule": _rule,
}
