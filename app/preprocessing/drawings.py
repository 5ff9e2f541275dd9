"""Find the ink of a drawing: paper that is the same everywhere, and one connected part on it. The commonest picture.

    grey -> its border is paper, no sheet, nothing from border to border, one part -> ink, and whether it is faint

The answer is what the long way gives (paper, ruling, parts, ink), in a third of the time: each thing is measured once,
and what follows the part's box is measured within the box. Any other picture is left to the long way.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..framing import SIDE
from .ink import COARSE, is_faint_ink, stretch_strong, thicken_hairlines
from .paper import FLAT_SHARE, LEAST_CONTRAST, TINY
from .parts import EDGE_ON_FLAT, GRID, SMALLEST, measure_cell, pool_cells
from .sheets import (
    AS_WIDE,
    EVEN_SURROUND,
    FILLED_CARD,
    FLAT,
    FLAT_BORDER,
    SHEET,
    SHEET_EDGE,
    SHEET_LINED,
    SMALLEST_CARD,
    SMALLEST_SHEET,
)

# Of its width, and of its height, that a card is marked an eighth within its sides: a disc is 0.66, a box whose corners
NEAR_ROUND, NEAR_STRAIGHT = 0.6, 0.8  # are round by a third of its width 0.85
SAMPLES = 64  # a side, about: of so many pixels the paper is judged

Pixels = NDArray[np.uint8]


class DrawnInk(NamedTuple):
    """The ink of a digit that a program drew: uint8 (h, w), paper 0 to ink 255, cropped to the digit."""

    ink: Pixels
    faint: bool
    coarse: bool


def find_drawn_ink(grey: Pixels) -> DrawnInk | None:
    """Find the ink of one digit that a program drew.

    Args:
        grey: uint8 (h, w).

    Returns:
        None where the picture is no such drawing.
    """
    if max(grey.shape) < TINY or grey.shape == (SIDE, SIDE):
        return None
    paper = _find_paper(grey)
    if paper is None:
        return None
    contrast = _measure_contrast(grey, paper)
    strongest = int(cv2.minMaxLoc(contrast)[1])
    least = max(LEAST_CONTRAST, round(EDGE_ON_FLAT * strongest))
    mask = cv2.threshold(contrast, least, 255, cv2.THRESH_BINARY)[1]
    x, y, width, height = cv2.boundingRect(mask)
    if width == 0 or not _is_one_part(np.asarray(mask, np.uint8), (x, y, width, height)):
        return None
    if width * height >= SMALLEST_CARD * mask.size and _may_be_card(mask[y : y + height, x : x + width]):
        return None
    own = contrast[y : y + height, x : x + width]
    ink = stretch_strong(own, least, strongest)
    return DrawnInk(thicken_hairlines(ink), is_faint_ink(own, least, strongest), max(width, height) < COARSE)


def _find_paper(grey: Pixels) -> int | None:
    """Return the grey level of paper that is the same everywhere, without a sheet or a frame on it; else None."""
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    counts = np.bincount(border, minlength=256)
    paper = int(counts.argmax())
    share = counts[max(0, paper - FLAT) : paper + FLAT + 1].sum() / border.size
    if share < FLAT_BORDER or (share >= EVEN_SURROUND and _may_hold_sheet(grey, paper)):
        return None
    step = max(1, max(grey.shape) // SAMPLES)
    sample = grey[::step, ::step]
    on_paper = sample.size - np.count_nonzero(_differs(sample, paper, FLAT))
    return paper if on_paper >= FLAT_SHARE * sample.size else None


def _may_hold_sheet(grey: Pixels, paper: int) -> bool:
    """Tell whether what differs from the paper lines all four sides of its box, as a sheet or a frame does."""
    step = max(1, min(grey.shape) // SAMPLES)
    differs = _differs(grey[::step, ::step], paper, 2 * FLAT)
    x, y, width, height = cv2.boundingRect(differs.view(np.uint8))
    if width * height < SHEET * differs.size or min(width, height) * step < SMALLEST_SHEET:
        return False
    box = differs[y : y + height, x : x + width]
    band = max(1 if step > 1 else 2, round(SHEET_EDGE * max(width, height)))
    return bool(
        np.count_nonzero(box[:band].any(0)) >= SHEET_LINED * width
        and np.count_nonzero(box[-band:].any(0)) >= SHEET_LINED * width
        and np.count_nonzero(box[:, :band].any(1)) >= SHEET_LINED * height
        and np.count_nonzero(box[:, -band:].any(1)) >= SHEET_LINED * height
    )


def _may_be_card(mask: Pixels) -> bool:
    """Tell whether most of a box is marked, near each of its sides, too, as that of a card with round corners is."""
    height, width = mask.shape
    if min(height, width) < SMALLEST_SHEET or cv2.countNonZero(mask) < FILLED_CARD * mask.size:
        return False
    near = (mask[height // 8], mask[-height // 8], mask[:, width // 8], mask[:, -width // 8])
    least = NEAR_ROUND if min(height, width) >= AS_WIDE * max(height, width) else NEAR_STRAIGHT
    return all(np.count_nonzero(line) >= least * line.size for line in near)


def _differs(grey: Pixels, level: int, levels: int) -> NDArray[np.bool_]:
    """Return where grey is more than some levels away from a level."""
    low, high = max(0, level - levels), min(255, level + levels)
    return np.asarray(grey - np.uint8(low) > high - low)  # below the lowest, whole numbers of 8 bits begin again at 255


def _measure_contrast(grey: Pixels, paper: int) -> Pixels:
    """Return how far each pixel is from the paper, on the side on which more is."""
    if paper == 255:  # of white or black paper nothing is on the other side
        return np.asarray(cv2.bitwise_not(grey), np.uint8)
    if paper == 0:
        return grey
    is_dark = cv2.mean(grey)[0] < paper
    return np.asarray(cv2.subtract(paper, grey) if is_dark else cv2.subtract(grey, paper), np.uint8)


def _is_one_part(mask: Pixels, box: tuple[int, int, int, int]) -> bool:
    """Tell whether what is marked is one part, of some size, that does not go from border to border as a rule does."""
    cell = measure_cell(mask.shape, GRID)
    x, y, width, height = box
    left, top, right, bottom = x // cell, y // cell, -(-(x + width) // cell), -(-(y + height) // cell)
    rows, columns = -(-mask.shape[0] // cell), -(-mask.shape[1] // cell)
    if right - left == columns or bottom - top == rows:
        return False
    if max(right - left, bottom - top) < SMALLEST * max(rows, columns):
        return False
    cells = pool_cells(mask[top * cell : bottom * cell, left * cell : right * cell], cell)
    return bool(cv2.connectedComponents(cells)[0] == 2)
