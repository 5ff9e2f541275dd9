"""Mend grey levels that are not what is drawn: arrays saved without being scaled, dots that print grey, checks.

    grey -> few levels scaled -> checks cleared, or dots smoothed -> grey

Knows neither ink nor paper.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .explanation import Step, Steps

UNSCALED_SIDE = 64  # pixels of an array's longer side that was saved as a picture; a photograph of the dark is larger
UNSCALED = 16  # grey level up to which it goes. Source: scikit-learn's load_digits, 0 to 16; others go to 1
UNSCALED_PAPER = 0.4  # of its border that has exactly one level, the lowest or highest; light in the dark has several
SCREENED_SIDE = 64  # pixels of the longer side of a picture that is printed in dots, at least
TILE, TILES = 24, 3  # pixels of a tile's side, and as many of them across and down, that are looked at
STEP = 64  # grey levels between pixels beside each other, one in a dot and one beside it
ROWS = 13  # that are looked at first
STEPS = 0.14  # of the pixels of half of the tiles that have such a step beside them: among squares fewer have
SPREAD = 0.45  # of the distance between dots, by which they are smoothed,
WIDEST_SPREAD = 60  # and so many times as long is the picture at least
CHECKS_SHARE = (0.25, 0.9)  # of the border that each of the two levels of checks takes, and both together
CHECKS_APART = 8  # grey levels between them at least
CHECKS, CHECK_SIDE = 6, 3  # checks along a side at least, and pixels of each
EVEN_CHECKS = 0.75  # of them that are as long as the usual one, but for a pixel
NEAR = 3  # grey levels that a check strays from its own

Grey = NDArray[np.uint8]


def scale_few_levels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a small picture that uses only the lowest few levels with all of them used; any other one as it is.

    Args:
        pixels: uint8 (h, w) grey or (h, w, 3) RGB.
    """
    if max(pixels.shape[:2]) > UNSCALED_SIDE or not 0 < (highest := int(pixels.max())) <= UNSCALED:
        return pixels
    counts = np.bincount(
        np.concatenate([side.ravel() for side in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])])
    )
    if int(counts.argmax()) not in (int(pixels.min()), highest) or counts.max() < UNSCALED_PAPER * counts.sum():
        return pixels
    return (pixels.astype(np.uint16) * 255 // highest).astype(np.uint8)


def smooth_levels(grey: Grey, steps: Steps | None = None) -> Grey:
    """Return a picture without the checks that stand for transparency, or the dots that stand for grey.

    Args:
        grey: uint8 (h, w).
        steps: collects what was decided.
    """
    if max(grey.shape) < SCREENED_SIDE or min(grey.shape) < TILE:
        return grey
    if (levels := _find_checks(grey)) is not None:
        low, high = levels
        checks = np.asarray(grey - np.uint8(low) <= high - low)  # below the lowest, 8 bits begin again at 255
        grey = np.where(checks, np.uint8((low + high) // 2), grey)
        return _note(grey, "took out the checks that stand for transparency", steps)
    if _may_be_screened(grey) and (share := _measure_steps(grey)) >= STEPS:
        spread = min(SPREAD * 2 / share, max(grey.shape) / WIDEST_SPREAD)
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), spread), np.uint8)
        return _note(grey, "smoothed the dots in which it is printed", steps)
    return grey


def _note(grey: Grey, decision: str, steps: Steps | None) -> Grey:
    if steps is not None:
        steps.append(Step("levels", decision, grey))
    return grey


def _find_checks(grey: Grey) -> tuple[int, int] | None:
    """Return the lowest and the highest level of checks that the border consists of; None where it does not."""
    if np.count_nonzero(grey[0, 1:] != grey[0, :-1]) < CHECKS - 1:
        return None
    sides = (grey[0], grey[-1], grey[:, 0], grey[:, -1])
    border = np.concatenate(sides)
    counts = np.bincount(border, minlength=256).astype(float)
    near = np.convolve(counts, np.ones(2 * NEAR + 1), "same") / border.size
    first = int(counts.argmax())
    counts[max(0, first - CHECKS_APART) : first + CHECKS_APART + 1] = 0
    second = int(counts.argmax())
    if min(near[first], near[second]) < CHECKS_SHARE[0] or near[first] + near[second] < CHECKS_SHARE[1]:
        return None
    low, high = sorted((first, second))
    if not all(_alternates(side, (low + high) / 2) for side in sides):
        return None
    return max(0, low - NEAR), min(255, high + NEAR)


def _alternates(line: Grey, middle: float) -> bool:
    """Tell whether a line's levels go up and down over a middle one in even distances."""
    edges = np.flatnonzero(np.diff((line > middle).view(np.int8)))
    lengths = np.diff(edges)
    if lengths.size + 2 < CHECKS:
        return False
    usual = float(np.median(lengths))
    return usual >= CHECK_SIDE and bool((np.abs(lengths - usual) <= 1).mean() >= EVEN_CHECKS)


def _may_be_screened(grey: Grey) -> bool:
    """Tell whether in some row many pixels differ much from the next one: a dozen rows are soon looked at."""
    rows = grey[
        np.arange(ROWS) * (len(grey) - ROWS) // ROWS + np.arange(ROWS)
    ]  # in even distances all may miss the dots
    return bool(np.count_nonzero(cv2.absdiff(rows[:, 1:], rows[:, :-1]) >= STEP) >= STEPS / 4 * rows.size)


def _measure_steps(grey: Grey) -> float:
    """Return the share of pixels that differ much from the next one, across or down, in the usual one of some tiles."""
    shares = []
    for top in np.linspace(0, len(grey) - TILE, TILES, dtype=int):
        for left in np.linspace(0, grey.shape[1] - TILE, TILES, dtype=int):
            tile = grey[top : top + TILE, left : left + TILE]
            across, down = cv2.absdiff(tile[:, 1:], tile[:, :-1]), cv2.absdiff(tile[1:], tile[:-1])
            shares.append((np.count_nonzero(across >= STEP) + np.count_nonzero(down >= STEP)) / (2 * tile.size))
    return float(np.median(shares))
