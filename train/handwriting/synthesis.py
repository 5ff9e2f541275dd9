"""Digits and non-digits that the project draws itself, to train and to measure on.

    label -> a style of STYLES -> a hand -> a pen -> ink -> frame_digit -> digit

What people around the world write and MNIST's Americans did not: the 1 with a flag, the barred 7, the open 4.
Owns how many and in which order, not the skeletons (digits/, kinds.py) nor the ink (pens.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from app.framing import SIDE, frame_digit

from .digits.morphs import MORPHS, Morph
from .digits.style import Style
from .kinds import KINDS, TRAINING_KINDS
from .pens import Ink, pick_hand, pick_pen
from .people import pick_person, write_as
from .styles import between, pick_variant, write_style

Task = TypeVar("Task")
Digits = NDArray[np.uint8]  # (n, 28, 28), paper 0 to ink 255
Targets = NDArray[np.float32]  # (n, 10), how likely each digit is; rows sum to 1
BATCH = 1000  # drawings that share one random stream: the result does not depend on the number of workers


def draw_digit(label: int, rng: np.random.Generator, style: Style | None = None) -> Ink:
    """Write one digit with a random style, hand and pen.

    Args:
        label: 0 to 9.
        style: one of STYLES[label]; drawn by its share if none, or what lies between two of a family.

    Returns:
        uint8 (h, w), paper 0 to ink 255, with a margin; about 50 to 110 pixels, some as small as 20.
    """
    return write_style(style or pick_variant(label, rng), pick_hand(rng), pick_pen(rng), rng)


def draw_morph(morph: Morph, share: float, rng: np.random.Generator) -> Ink:
    """Write what lies between two digits, `share` of it the second, by a hand that varies it little."""
    return write_style(between(*morph.styles, share), pick_hand(rng, 0.7), pick_pen(rng), rng)


def draw_non_digit(rng: np.random.Generator, kinds: Sequence[str] = TRAINING_KINDS) -> Ink:
    """Draw a non-digit of one of the kinds named."""
    shares = np.cumsum([KINDS[name].share for name in kinds])
    name = kinds[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]
    return KINDS[name].draw(rng)


def synthesise_digits(
    count: int, seed: int, workers: int = 1, first: int | None = None
) -> tuple[Digits, NDArray[np.uint8]]:
    """Write digits, as many of each label, in random order.

    Args:
        count: of all digits.
        seed: decides which.
        workers: processes.
        first: only so many of them, from the first on; all where None.

    Returns:
        digits uint8 (count, 28, 28) framed, labels uint8 (count,). They depend on count and seed alone.
    """
    labels = (np.random.default_rng(seed).permutation(count) % 10).astype(np.uint8)[:first]
    count = len(labels)
    batches = [labels[start : start + BATCH] for start in range(0, count, BATCH)]
    return _gather(_draw_digits, [(seed, number, batch) for number, batch in enumerate(batches)], workers), labels


def synthesise_morphs(count: int, seed: int, workers: int = 1) -> tuple[Digits, Targets]:
    """Write what lies between two digits that meet, anywhere on the way from the one to the other.

    Returns:
        digits uint8 (count, 28, 28) framed, and float32 (count, 10) how likely each digit is. They depend on count
        and seed alone.
    """
    rng = np.random.default_rng((seed, 4))
    chosen, shares = rng.integers(len(MORPHS), size=count), rng.random(count)
    starts = range(0, count, BATCH)
    batches = [(chosen[start : start + BATCH].tolist(), shares[start : start + BATCH].tolist()) for start in starts]
    targets = np.zeros((count, 10), np.float32)
    for row, (place, share) in enumerate(zip(chosen, shares, strict=True)):
        weight = MORPHS[place].weigh(share)
        targets[row, MORPHS[place].labels] = 1 - weight, weight
    return _gather(_draw_morphs, [(seed, number, *batch) for number, batch in enumerate(batches)], workers), targets


def synthesise_hand(seed: int, per_class: int) -> tuple[Digits, NDArray[np.uint8]]:
    """Write digits as one person does: the same forms, slant and pen, each digit a little different.

    Returns:
        digits uint8 (10 * per_class, 28, 28) framed, labels uint8 (10 * per_class,), in random order. The seed alone
        decides who writes: more digits of one seed are more of that person's.
    """
    person = pick_person(np.random.default_rng((seed, 2)))
    rng = np.random.default_rng((seed, 3))
    labels = rng.permutation(np.arange(10 * per_class) % 10).astype(np.uint8)
    return np.stack([frame_digit(write_as(person, int(label), rng)) for label in labels]), labels


def synthesise_non_digits(count: int, seed: int, kinds: Sequence[str] = TRAINING_KINDS, workers: int = 1) -> Digits:
    """Draw non-digits, framed as if they were digits.

    Returns:
        uint8 (count, 28, 28). They depend on count, seed and kinds alone.
    """
    sizes = [min(BATCH, count - start) for start in range(0, count, BATCH)]
    return _gather(
        partial(_draw_non_digits, tuple(kinds)), [(seed, number, size) for number, size in enumerate(sizes)], workers
    )


def _gather(work: Callable[[Task], Digits], tasks: list[Task], workers: int) -> Digits:
    if not tasks:
        return np.zeros((0, SIDE, SIDE), np.uint8)
    if workers <= 1:
        return np.concatenate([work(task) for task in tasks])
    with ProcessPoolExecutor(workers, get_context("spawn"), cv2.setNumThreads, (1,)) as pool:
        return np.concatenate(list(pool.map(work, tasks)))


def _draw_digits(task: tuple[int, int, NDArray[np.uint8]]) -> Digits:
    seed, number, labels = task
    rng = np.random.default_rng((seed, number))
    return np.stack([frame_digit(draw_digit(int(label), rng)) for label in labels])


def _draw_non_digits(kinds: tuple[str, ...], task: tuple[int, int, int]) -> Digits:
    seed, number, count = task
    rng = np.random.default_rng((seed, number, 1))
    return np.stack([frame_digit(draw_non_digit(rng, kinds)) for _ in range(count)])


def _draw_morphs(task: tuple[int, int, list[int], list[float]]) -> Digits:
    seed, number, chosen, shares = task
    rng = np.random.default_rng((seed, number, 4))
    inks = (draw_morph(MORPHS[place], share, rng) for place, share in zip(chosen, shares, strict=True))
    return np.stack([frame_digit(ink) for ink in inks])
