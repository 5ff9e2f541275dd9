"""Find printed lines that are dotted, dashed, or broken where they are faint: straight ones from border to border.

    marks -> how much of each row is marked, in strips -> straight lines through the strips -> each line's own pixels

Owns lines that are not connected. Does not know what else is a rule, nor what is written.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

STRIPS = 24  # into which the picture is parted, side by side
SEEN = 0.12  # of a strip's columns in which a line is seen there
SUPPORT = 0.75  # of the strips in which it is seen at least,
AT_ENDS = 4  # and in half of so many at each border, the outermost one of them: there, rows of digits have paper
STEEPEST = 0.1  # pixels down a pixel to the right: 6 degrees
FALL = 2.0  # pixels that the ends of two slopes that are tried differ
ROWS = 400  # to which the rows are pooled at least, so that fewer are tried
APART = 0.5  # of the support that is left a line's thickness further up and down: else it is a texture
GAP = 14  # pixels between two dots or dashes at most: so near to the border is one of them,
OUTERMOST = 0.01  # or so near, of the width
THICKEST = 0.02  # of the picture's longer side, or 5 pixels
EDGE = 0.25  # of a line's columns, where it is seen most, in which it is as thick as it is taken for
MAX_LINES = 120
REACH = 2  # pixels from the straight line that a strip's piece of it may be

Pixels = NDArray[np.uint8]


class BrokenLine(NamedTuple):
    """A line across the picture, in pixels."""

    middles: NDArray[np.float64]  # (w,): its row in each column
    thickness: int


def find_broken_lines(mask: Pixels) -> list[BrokenLine]:
    """Find the lines that run across, from the left border to the right one, however often they are interrupted.

    Args:
        mask: all marks, 0 or 255.
    """
    height, width = mask.shape
    if width < 2 * STRIPS or height < STRIPS:
        return []
    thickest = max(5, round(THICKEST * max(mask.shape)))
    strips = np.asarray(cv2.resize(mask, (STRIPS, height), interpolation=cv2.INTER_AREA), np.uint8)
    broad = cv2.morphologyEx(strips, cv2.MORPH_OPEN, np.ones((thickest + 2, 1), np.uint8))
    ridges = np.asarray(cv2.subtract(strips, broad))
    step = max(1, height // ROWS)
    pooled = np.asarray(cv2.dilate(ridges, np.ones((2 * step + 1, 1), np.uint8)))[::step]
    seen = pooled >= SEEN * 255
    ends = seen[:, :AT_ENDS].sum(axis=1), seen[:, -AT_ENDS:].sum(axis=1)
    if min(int(side.max()) for side in ends) < AT_ENDS // 2:
        return []
    lines = _try_slopes(seen, step, width, thickest)
    return [_follow(mask, ridges, *line, thickest) for line in lines if _reaches_borders(mask, *line)]


def _reaches_borders(mask: Pixels, start: float, slope: float) -> bool:
    """Tell whether something of a line is so near to both borders as only what goes on beyond them is."""
    height, width = mask.shape
    wide = max(GAP, round(OUTERMOST * width))
    for at, columns in ((wide / 2, slice(0, wide)), (width - wide / 2, slice(width - wide, width))):
        row = round(start + slope * (at - width / 2))
        if not mask[max(0, row - REACH) : min(height, row + REACH + 1), columns].any():
            return False
    return True


def _try_slopes(seen: NDArray[np.bool_], step: int, width: int, thickest: int) -> list[tuple[float, float]]:
    """Return the row in the middle, and the slope, of each line on which most strips show something.

    Args:
        seen: (rows, STRIPS), whether something is seen.
        step: pixels a row.
        thickest: pixels.
    """
    count = len(seen)
    steepest = STEEPEST * width / step / 2  # rows at the picture's side
    falls = np.arange(-np.ceil(2 * steepest / FALL), np.ceil(2 * steepest / FALL) + 1) * FALL / 2
    along = (np.arange(STRIPS) + 0.5) / STRIPS * 2 - 1  # -1 to 1
    reach = int(np.ceil(steepest)) + 2
    padded = np.pad(seen, ((reach, reach), (0, 0)))
    support = np.zeros((len(falls), count), np.int16)
    whole = np.zeros((len(falls), count), bool)
    for number, fall in enumerate(falls):
        shifts = np.round(fall * along).astype(int) + reach
        own = np.stack([padded[shift : shift + count, strip] for strip, shift in enumerate(shifts)])
        support[number] = own.sum(axis=0)
        whole[number] = (own[:AT_ENDS].sum(axis=0) >= AT_ENDS // 2) & (own[-AT_ENDS:].sum(axis=0) >= AT_ENDS // 2)
        whole[number] &= own[0] & own[-1]
    away = -(-thickest // step) + 2
    beside = np.zeros_like(support)
    beside[:, away:] = support[:, :-away]
    beside[:, :-away] = np.maximum(beside[:, :-away], support[:, away:])
    likely = whole & (support >= SUPPORT * STRIPS) & (beside <= APART * support)
    places = np.argwhere(likely)
    order = np.lexsort((np.abs(falls[places[:, 0]]), -support[likely]))
    lines: list[tuple[float, float]] = []
    left, right = np.zeros(0), np.zeros(0)
    for number, row in places[order][: 40 * MAX_LINES]:
        above, below = row - falls[number], row + falls[number]
        gaps = np.stack((left - above, right - below))
        if ((np.abs(gaps).min(axis=0) <= away) | (gaps[0] * gaps[1] < 0)).any():
            continue
        left, right = np.append(left, above), np.append(right, below)
        lines.append((float(row * step), float(2 * falls[number] * step / width)))
        if len(lines) == MAX_LINES:
            break
    return lines


def _follow(mask: Pixels, ridges: Pixels, start: float, slope: float, thickest: int) -> BrokenLine:
    """Fit a line to what is seen of it near a straight one, and measure how thick it is."""
    height, width = mask.shape
    reach = REACH + max(1, height // ROWS)
    centres = (np.arange(STRIPS) + 0.5) * width / STRIPS
    expected = start + slope * (centres - width / 2)
    offsets = np.arange(-reach, reach + 1)
    rows = np.clip(np.round(expected[:, None] + offsets).astype(int), 0, height - 1)
    near = ridges[rows, np.arange(STRIPS)[:, None]].astype(float)
    weights = near.sum(axis=1)
    places = (near * rows).sum(axis=1) / np.maximum(1, weights)
    shown = weights > 0
    fit = np.polyfit(centres[shown], places[shown], 1 if shown.sum() < STRIPS / 2 else 2, w=np.sqrt(weights[shown]))
    middles = np.asarray(np.polyval(fit, np.arange(width)), np.float64)
    across = np.arange(-thickest, thickest + 1)
    rows = np.clip(np.round(middles[None] + across[:, None]).astype(int), 0, height - 1)
    covered = np.count_nonzero(mask[rows, np.arange(width)], axis=1)
    usual = float(np.median(covered))
    thickness = int(np.count_nonzero(covered > usual + EDGE * (covered.max() - usual)))
    return BrokenLine(middles, max(1, thickness))


def draw_broken_lines(lines: list[BrokenLine], shape: tuple[int, ...]) -> Pixels:
    """Return where lines are, with their soft edges: uint8 (h, w), 0 or 255."""
    drawn = np.zeros(shape[:2], np.uint8)
    for line in lines:
        points = np.stack((np.arange(len(line.middles)), line.middles.round()), axis=1).astype(np.int32)
        cv2.polylines(drawn, [points], False, 255, line.thickness)
    return np.asarray(cv2.dilate(drawn, np.ones((3, 1), np.uint8)))
