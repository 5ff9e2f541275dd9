"""Draw the ink of one digit from its marks.

    the digit's parts -> their contrast, stretched -> cropped -> hairlines thickened -> ink

Owns how strong and how thick ink is, and when there is too little of it. Knows
nothing of formats, and nothing of frames of 28 pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk
from ..framing import NOTHING_DRAWN
from .explanation import Step, Steps
from .paper import Marks
from .parts import measure_level

EDGE = 0.25  # of the ink's contrast: fainter pixels are paper
FULL = 0.75  # of the ink's contrast: stronger pixels are full ink
SOFT_EDGE = 0.02  # of the ink's contrast: likewise, where soft edges are kept, and only full contrast is full ink
NEARLY_FULL = 230  # grey level from which ink is not stretched

# Stroke widths, of the digit's longer side: 2.0 and 2.4 of the 20 pixels of an MNIST digit. Source: of its test digits,
# 6 % have thinner strokes than 2.0, 25 % than 2.4.
HAIRLINE = 0.1  # thinner strokes are thickened, or they would be grey when the digit is made small
PEN = 0.12  # to so much
FAINT = 32  # grey levels of thickened ink that do not count for how strong it usually is
DRAWING_SIDE = 80  # pixels: the longer side on which hairlines are thickened, four times that of a framed digit

# Too little ink to trust what it looks like
FAINT_SIDE = 8  # pixels of a digit's longer side in the picture: with fewer, a pixel decides between 3 and 8
FAINT_LEVEL = 24  # grey levels between paper and ink: they were stretched tenfold, and with them what is not ink
FAINT_TO_NOISE = 1.5  # times the faintest contrast that stands out of the paper's noise

COARSE = 56  # pixels of a digit's longer side, twice that of a frame: with fewer, it is better seen in a larger picture

Pixels = NDArray[np.uint8]


def draw_ink(contrast: Pixels, marks: Marks, steps: Steps | None = None) -> Pixels:
    """Draw the ink of one digit.

    Args:
        contrast: what show_digit() returns.
        marks: what it was found among.
        steps: collects what was decided.

    Returns:
        uint8 (h, w), paper 0 to ink 255, cropped to the digit.

    Raises:
        NoInk: nothing is drawn.
    """
    ink = crop_ink(stretch_ink(contrast, marks))
    if steps is not None:
        steps.append(Step("ink", "the parts of one digit kept, specks and lines left out", ink))
    thickened = thicken_hairlines(ink)
    if steps is not None and thickened is not ink:
        steps.append(Step("pen", "strokes that are thin for the digit's size made thicker", thickened))
    return thickened


def is_faint(contrast: Pixels, marks: Marks) -> bool:
    """Tell whether a digit's ink is too small, too pale or too near to the paper's noise to be trusted.

    Args:
        contrast: of the digit alone, among the marks.
    """
    level = cv2.minMaxLoc(contrast)[1]
    noisy = not marks.flat and level < FAINT_TO_NOISE * marks.least
    return noisy or is_faint_ink(contrast, marks.least, level, float(np.abs(marks.place[:2, :2]).max()))


def is_faint_ink(contrast: Pixels, least: float, level: float, scale: float = 1.0) -> bool:
    """Tell whether a digit's ink is too small or too pale, whatever the paper.

    Args:
        contrast: of the digit alone.
        least: contrast from which a pixel is a mark.
        level: the strongest contrast.
        scale: pixels of the picture that a pixel is.
    """
    strong = cv2.threshold(contrast, max(least, EDGE * level), 255, cv2.THRESH_BINARY)[1]
    return level < FAINT_LEVEL or max(cv2.boundingRect(strong)[2:]) * scale < FAINT_SIDE


def is_coarse(contrast: Pixels, least: float) -> bool:
    """Tell whether a digit has hardly more pixels than it is framed with, so that more would show more of it."""
    return bool(max(cv2.boundingRect(cv2.threshold(contrast, least, 255, cv2.THRESH_BINARY)[1])[2:]) < COARSE)


def stretch_ink(contrast: Pixels, marks: Marks, softly: bool = False) -> Pixels:
    """Stretch the contrast of a digit, or of several, to ink: uint8 (h, w), paper 0 to ink 255.

    Args:
        contrast: of their ink alone.
        marks: that it is among.
        softly: keeps the soft edges of ink on uneven paper, where the contrast holds nothing else.
    """
    if marks.flat:
        return stretch_strong(contrast, marks.least, cv2.minMaxLoc(contrast)[1])
    level = measure_level(contrast, marks.least)
    edge = SOFT_EDGE * level if softly else max(marks.least, EDGE * level)
    steepness = 255 / max(1.0, (level if softly else FULL * level) - edge)
    return np.asarray(cv2.convertScaleAbs(cv2.subtract(contrast, edge), alpha=steepness), np.uint8)


def stretch_strong(contrast: Pixels, least: float, level: float) -> Pixels:
    """Stretch what has more contrast than `least`, on flat paper, so that `level`, the strongest, is full ink."""
    ink = np.asarray(cv2.threshold(contrast, least, 255, cv2.THRESH_TOZERO)[1], np.uint8)
    return ink if level >= NEARLY_FULL else np.asarray(cv2.convertScaleAbs(ink, alpha=255 / level), np.uint8)


def crop_ink(ink: Pixels) -> Pixels:
    """Crop to the ink.

    Raises:
        NoInk: there is none.
    """
    x, y, width, height = cv2.boundingRect(ink)
    if width == 0:
        raise NoInk(NOTHING_DRAWN)
    return ink[y : y + height, x : x + width]


def thicken_hairlines(ink: Pixels) -> Pixels:
    """Thicken strokes that are too thin for the size of the digit; return the same array where they are not."""
    if _measure_stroke(ink) >= HAIRLINE * max(ink.shape):
        return ink
    drawing = _fit(ink)
    more = round(PEN * max(drawing.shape) - _measure_stroke(drawing))
    if more < 1:
        return ink
    drawing = np.asarray(cv2.copyMakeBorder(drawing, more, more, more, more, cv2.BORDER_CONSTANT, value=0))
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (more + 1, more + 1))
    thick = np.asarray(cv2.dilate(drawing, pen))
    usual = cv2.mean(thick, cv2.threshold(thick, FAINT, 255, cv2.THRESH_BINARY)[1])[0]
    return crop_ink(np.asarray(cv2.convertScaleAbs(thick, alpha=255 / max(FAINT, usual))))


def _fit(ink: Pixels) -> Pixels:
    """Bring ink near DRAWING_SIDE; a large one is halved by its strongest pixels, so that no hairline fades."""
    while max(ink.shape) > 3 * DRAWING_SIDE:
        rows, columns = (slice(min(1, length - 1), None, 2) for length in ink.shape)  # a side of one pixel stays
        ink = np.ascontiguousarray(cv2.dilate(ink, np.ones((2, 2), np.uint8))[rows, columns])
    scale = DRAWING_SIDE / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))


def _measure_stroke(ink: Pixels) -> float:
    """Return how thick the strokes are, in pixels.

    Over a stroke w pixels wide, the mean distance to its edge is (w + 1)^2 / 4w.
    """
    step = max(1, max(ink.shape) // 60)  # a hairline may fall between the steps: then the rest is thin, too
    drawn = cv2.threshold(ink[::step, ::step], 110, 1, cv2.THRESH_BINARY)[1]
    drawn = cv2.copyMakeBorder(drawn, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    total = cv2.sumElems(cv2.distanceTransform(drawn, cv2.DIST_L2, 3))[0]
    spread = 2 * max(1.0, total / 0.955 / max(1, cv2.countNonZero(drawn))) - 1  # 0.955: that transform's unit
    return float(step * (spread + np.sqrt(spread**2 - 1)))
