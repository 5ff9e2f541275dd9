"""Sums as people write them, with their text: signs as tall as digits, in a row or below each other.

    kind -> a text -> digits of a hand or of a split, signs as tall beside them -> page

A plus is to be read, or doubted; of the other signs, which are not read, none is a digit, so a reading
that holds one is doubted.
Constants of reading are chosen on these pages, from validation digits and drawn ones; never on a test split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from ..data.datasets import Split
from .layouts import HIGH, Sheet, Write, draw_rule, lay_out, resize_row
from .pages import to_png
from .tall import PLUS
from .written import Ink, Writer, take_turns

Compose = Callable[[Write, np.random.Generator], tuple[str, Ink]]


def compose_sums(
    split: Split, count: int, seed: int, kinds: Sequence[str] | None = None
) -> Iterable[tuple[str, str, bytes]]:
    """Compose sums of each kind, half of them of a split's digits and half drawn: its name, the text and a picture."""
    writer = Writer(split)
    for kind, number, rng in take_turns(KINDS, kinds, count, seed):

        def write(text: str, number: int = number, rng: np.random.Generator = rng) -> Ink:
            gap = float(rng.uniform(0.1, 0.45))
            return writer.write(text.replace("+", PLUS), number, rng, gap)

        text, ink = KINDS[kind](write, rng)
        yield kind, text, to_png(lay_out(ink, rng))


def _pick(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 10 ** rng.integers(1, 4)))


def _in_a_row(sign: str) -> Compose:
    """Two or three numbers with a sign between them."""

    def compose(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
        text = sign.join(str(_pick(rng)) for _ in range(3 if rng.random() < 0.2 else 2))
        return text, resize_row(write(text), HIGH)

    return compose


def _equation(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    """A sum with what it comes to."""
    one, other = _pick(rng), _pick(rng)
    text = f"{one}+{other}={one + other}"
    return text, resize_row(write(text), HIGH)


def _below(write: Write, rng: np.random.Generator) -> tuple[str, Ink]:
    """Two or three numbers below each other, right-aligned, the last with a plus, a line, and what they add up to."""
    numbers = [_pick(rng) for _ in range(rng.integers(2, 4))]
    texts = [*map(str, numbers[:-1]), f"+{numbers[-1]}", str(sum(numbers))]
    sheet, down = Sheet(), 0.0
    for place, text in enumerate(texts):
        ink = resize_row(write(text), HIGH)
        if place == len(texts) - 1:
            sheet.put(draw_rule(round(HIGH * rng.uniform(2.5, 4)), rng), -HIGH * rng.uniform(2.3, 3.8), down)
            down += HIGH * rng.uniform(0.3, 0.5)
        sheet.put(ink, HIGH * rng.normal(0, 0.1) - ink.shape[1], down)
        down += HIGH * rng.uniform(1.3, 1.8)
    return "\n".join(texts), sheet.ink


KINDS: dict[str, Compose] = {
    "plus": _in_a_row("+"),
    "below": _below,
    "times": _in_a_row("x"),
    "divided": _in_a_row("÷"),
    "equation": _equation,
}
