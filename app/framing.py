"""Frame a digit as its dataset does: 28 pixels a side, the ink 20 of them, and scale it to the networks' tensor.

    ink -> frame_digit -> digit -> to_tensor -> tensor

Owns 28 and 20, and what a framed digit is. Knows neither files nor networks.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import NoInk

SIDE = 28  # pixels, height and width of a framed digit. Source: MNIST
CORE = 20  # pixels, longer side of the ink within it. Source: MNIST, http://yann.lecun.com/exdb/mnist/
CENTRE = 14  # pixel, row and column of the centre of mass: the mean over MNIST's test digits is (14.01, 13.99)


class Framing(NamedTuple):
    """How a dataset lays what is drawn into the 28x28 pixels of a picture; the card of a model names its own."""

    core: int  # pixels, longer side of the ink
    by_mass: bool  # whether the centre of mass lies at CENTRE, or the box in the middle
    told: str  # for people who ask why


DIGIT = Framing(CORE, True, f"longer side made {CORE} pixels, centre of mass put in the middle of {SIDE}")
# Source: https://github.com/zalandoresearch/fashion-mnist, "How was the data collected"
WHOLE = Framing(SIDE, False, f"longer side made {SIDE} pixels, put in the middle")
FRAMINGS = {"digit": DIGIT, "whole": WHOLE}


NOTHING = "Nothing is drawn in the picture. Draw a digit and send it again."


def frame_digit(ink: NDArray[np.uint8], framing: Framing = DIGIT) -> NDArray[np.uint8]:
    """Frame a digit as MNIST does: longer side 20 pixels, centre of mass at pixel (14, 14) of 28x28.

    Args:
        ink: uint8 (h, w), paper 0 to ink 255. A picture that already is a framed digit passes unchanged.
        framing: another dataset's, for a model that was trained on it.

    Returns:
        uint8 (28, 28), paper 0 to ink 255.

    Raises:
        NoInk: every pixel is paper.
    """
    x, y, width, height = cv2.boundingRect(ink)
    if width == 0:
        raise NoInk(NOTHING)
    crop = ink[y : y + height, x : x + width]
    scale = framing.core / max(width, height)
    if scale != 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        crop = np.asarray(cv2.resize(crop, size, interpolation=interpolation), np.uint8)
    moments = cv2.moments(crop)
    mass = moments["m00"] if framing.by_mass else 0.0
    left = _place(moments["m10"], mass, crop.shape[1])
    top = _place(moments["m01"], mass, crop.shape[0])
    digit = np.zeros((SIDE, SIDE), np.uint8)
    digit[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    return digit


def _place(moment: float, mass: float, length: int) -> int:
    """Return the first row or column that puts the centre of mass at CENTRE, or the box in the middle without mass."""
    if mass == 0:
        return (SIDE - length) // 2
    return min(max(round(CENTRE - moment / mass), 0), SIDE - length)


def to_tensor(digits: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale framed digits to the networks' input.

    Args:
        digits: uint8 (n, 28, 28), paper 0 to ink 255.

    Returns:
        float32 (n, 28, 28, 1), 0.0 to 1.0.
    """
    return np.multiply(digits[..., None], np.float32(1 / 255), dtype=np.float32)
