"""Numbers with marks beside them that are not read, and with signs close to their digits: kind, text and picture.

kind -> a text with marks -> Writer -> page; the text that is to be read has none of the marks
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from ..data.datasets import Split
from .pages import to_png
from .punctuation import ARROW, MARKS
from .written import KINDS as TEXTS
from .written import Writer, lay_row, take_turns

CLOSE = (0.02, 0.14)  # of the digits' height, between what stands side by side
SIGNED = ("date .", "decimal .", "decimal ,", "time", "date -", "difference", "plus")


def _number(rng: np.random.Generator) -> str:
    return TEXTS["decimal ." if rng.random() < 0.3 else "plain"](rng)


KINDS: dict[str, Callable[[np.random.Generator], str]] = {
    "brackets": lambda rng: f"({_number(rng)})",
    "list": lambda rng: f"{_number(rng)})",
    "!": lambda rng: f"{_number(rng)}!",
    "?": lambda rng: f"{_number(rng)}?",
    "%": lambda rng: f"{_number(rng)}%",
    "°": lambda rng: f"{_number(rng)}°",
    "#": lambda rng: f"#{_number(rng)}",
    "money": lambda rng: f"${_number(rng)}" if rng.random() < 0.5 else f"{_number(rng)}€",
    "arrow": lambda rng: f"{ARROW}{_number(rng)}",
    **{f"close {kind}": TEXTS[kind] for kind in SIGNED},
}


def compose_beside(
    split: Split, count: int, seed: int, kinds: Sequence[str] | None = None
) -> Iterable[tuple[str, str, bytes]]:
    """Compose rows of each kind, half of them of a split's digits and half drawn: its name, the text and a picture."""
    writer = Writer(split)
    for kind, number, rng in take_turns(KINDS, kinds, count, seed):
        text = KINDS[kind](rng)
        gap = float(rng.uniform(*CLOSE)) if kind.startswith("close") else None
        row = writer.write(text, number, rng, gap)
        yield kind, text.translate(str.maketrans("", "", MARKS)), to_png(lay_row(row, rng))
