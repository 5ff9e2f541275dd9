"""Twenty sample digits, two of each, that travel with the server: what a network that others trained is tried on.

Drawn by train/handwriting and chosen for being clear: of 160 drawings of a label, the one that the committed networks
are surest of, and the least similar of the ten next. Nothing was ever trained on them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..framing import SIDE

SHEET = Path(__file__).with_name("samples.png")  # ten columns by label, two rows
LABELS = np.tile(np.arange(10), 2)  # (20,)
SHIFTS = ((-2, 1), (1, 2), (2, -1))  # pixels right and down: about as far as MNIST's digits lie from their centre
TURNS = (-15.0, 15.0)  # degrees
NOISE = 0.15  # standard deviation of what is added to every pixel, of 1.0, the ink


@cache
def load_samples() -> NDArray[np.uint8]:
    """Return the samples, framed: uint8 (20, 28, 28), paper 0 to ink 255."""
    sheet = np.asarray(cv2.imread(str(SHEET), cv2.IMREAD_GRAYSCALE), np.uint8)
    return sheet.reshape(2, SIDE, 10, SIDE).swapaxes(1, 2).reshape(20, SIDE, SIDE)


@cache
def vary_samples() -> NDArray[np.uint8]:
    """Return the samples shifted, turned, thinner, thicker, blurred and noisy: uint8 (180, 28, 28), label by label.

    On clear digits a network that is fed values 255 times too large is right, and all too sure: it is found out where
    it errs.
    """
    samples = load_samples()
    rng = np.random.default_rng(0)
    noise = rng.normal(0, NOISE * 255, samples.shape)
    changed = [np.stack([_move(digit, 0.0, shift) for digit in samples]) for shift in SHIFTS]
    changed += [np.stack([_move(digit, turn, (0, 0)) for digit in samples]) for turn in TURNS]
    kernel = np.ones((2, 2), np.uint8)
    changed += [np.stack([change(digit, kernel) for digit in samples]) for change in (cv2.erode, cv2.dilate)]
    changed.append(np.stack([cv2.GaussianBlur(digit, (0, 0), 1.2) for digit in samples]))
    changed.append(np.clip(samples + noise, 0, 255).astype(np.uint8))
    return np.concatenate(changed)


def _move(digit: NDArray[np.uint8], angle: float, shift: tuple[int, int]) -> NDArray[np.uint8]:
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), angle, 1.0)
    matrix[:, 2] += shift
    return np.asarray(cv2.warpAffine(digit, matrix, (SIDE, SIDE)), np.uint8)
