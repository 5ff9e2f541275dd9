"""Fill digits that are drawn as outlines: lines around what a broad pen would have inked.

ink -> enclosed paper -> filled where an odd number of lines is around it -> ink of a broad pen, or no outline
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .strokes import measure_pen

INK = 110  # of 255 that a pixel of the outline has at least
SMALLEST = 40  # pixels of the digit's longer side: in a smaller one lines that close are a digit's loops
BROADER = 1.5  # times as broad as the line at least is the pen that would have inked it
BROADEST = 0.45  # of the digit's height that this pen is broad at most: what is broader is a nought, or a shape
ALONG = 0.9  # of the line's ink that runs along what it encloses: ends that stick out are written

Ink = NDArray[np.uint8]


def fill_outline(ink: Ink) -> Ink | None:
    """Fill the outline of a digit.

    Args:
        ink: uint8 (h, w), paper 0 to ink 255, of one digit.

    Returns:
        The same with what is inside of the outline inked, with a margin of one pixel; None where it is no outline.
    """
    if max(ink.shape) < SMALLEST:
        return None
    line = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    mask = np.asarray(cv2.threshold(line, INK, 255, cv2.THRESH_BINARY)[1])
    inside = cv2.subtract(_fill_odd(mask), mask)
    pen = measure_pen(mask > 0)
    reach = 2 * round(1.2 * pen) + 3
    along = cv2.bitwise_and(mask, cv2.dilate(inside, np.ones((reach, reach), np.uint8)))
    if cv2.countNonZero(along) < ALONG * cv2.countNonZero(mask):
        return None
    filled = np.asarray(np.maximum(line, inside), np.uint8)
    height = cv2.boundingRect(mask)[3]
    if not BROADER * pen <= measure_pen(filled > INK) <= BROADEST * height:
        return None
    return filled


def _fill_odd(mask: Ink) -> Ink:
    """Return the ink, and the paper around which an odd number of lines is closed, 0 or 255."""
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    levels: list[int] = []
    filled = np.zeros_like(mask)
    for number, parent in enumerate(hierarchy[0, :, 3] if len(contours) else ()):  # parents come before their children
        levels.append(levels[parent] + 1 if parent >= 0 else 0)  # 0 a line, 1 its inside, 2 a line in there, ...
        is_paper = levels[-1] % 4 == 3
        cv2.drawContours(filled, contours, number, 0 if is_paper else 255, cv2.FILLED)
        if is_paper:
            cv2.drawContours(filled, contours, number, 255, 1)  # on the line around it
    return np.maximum(filled, mask)
