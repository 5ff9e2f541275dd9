"""Find the ink of one digit among the marks on the paper.

    marks -> (without rules) -> parts -> the digit's own -> contrast stretched -> hairlines thickened -> ink

Knows nothing of formats, and nothing of frames of 28 pixels.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk
from ..framing import NOTHING
from .explanation import Step, Steps
from .paper import LEAST_CONTRAST, Marks
from .parts import GRID, Parts, choose_parts, find_parts, show_parts
from .ruling import remove_rules

EDGE_ON_FLAT = 0.15  # of the strongest contrast: what is fainter is JPEG's noise around the ink
PARTED = 0.4  # of the ink's contrast: what is fainter does not connect parts, so that rules and shadows fall off
EDGE = 0.25  # of the ink's contrast: what is fainter is paper
FULL = 0.75  # of the ink's contrast: what is stronger is ink all through
NEARLY_FULL = 230  # grey level from which ink is not stretched

# Stroke widths, of the digit's longer side: 2.0 and 2.4 of the 20 pixels of an MNIST digit. Source: of its test digits,
# 6 % have thinner strokes than 2.0, 25 % than 2.4.
HAIRLINE = 0.1  # thinner strokes are thickened, or they would be grey when the digit is made small
PEN = 0.12  # to so much
FAINT = 32  # grey levels of thickened ink that do not count for how strong it usually is
DRAWING_SIDE = 80  # pixels: the longer side on which hairlines are thickened, four times that of a framed digit

Pixels = NDArray[np.uint8]


def keep_digit(sides: list[Marks], steps: Steps | None = None) -> Pixels:
    """Keep the ink of one digit.

    Args:
        sides: what find_marks returns.

    Returns:
        uint8 (h, w), paper 0 to ink 255, cropped to the digit.

    Raises:
        NoInk: nothing is drawn.
    """
    marks, parts = choose_side(sides)
    if not marks.flat:  # look again, at what is as strong as the digit's own ink
        parts = _find_some(marks, measure_parting(_show(marks, parts), marks.least))
    ink = crop_ink(stretch_ink(_show(marks, parts), marks))
    if steps is not None:
        steps.append(Step("ink", "the parts of one digit kept, specks and lines left out", ink))
    thickened = thicken_hairlines(ink)
    if steps is not None and thickened is not ink:
        steps.append(Step("pen", "a hairline made as thick as a pen's", thickened))
    return thickened


def choose_side(sides: list[Marks], grid: int = GRID) -> tuple[Marks, Parts]:
    """Clear the marks of rules, and choose the side of the paper, dark or light, on which they look like digits.

    Args:
        grid: cells on the longer side of the grid on which parts are found.

    Raises:
        NoInk: on neither.
    """
    if sides[0].flat:
        return _clear_flat(sides[0], grid)
    cleared = [clear_rules(marks) for marks in sides]
    for least in (_least, _stronger):  # a digit may hang together with the shadow that it stands in
        found = [(marks, find_parts(marks, least(marks), grid)) for marks in cleared]
        marks, parts = max(found, key=lambda side: _rate_best(side[1], whatever_size=grid != GRID))
        if parts.score.any():
            return marks, parts
    raise NoInk(NOTHING)


def _least(marks: Marks) -> float:
    return marks.least


def _stronger(marks: Marks) -> float:
    """Return a contrast that ink has and a shadow, or what else is faint, has not."""
    strongest = cv2.minMaxLoc(cv2.blur(marks.contrast, (3, 3)))[1]
    return max(marks.least, PARTED * strongest)


def clear_rules(marks: Marks) -> Marks:
    """Return the marks without the rules of the paper."""
    return replace(marks, contrast=remove_rules(marks.contrast, marks.least))


def _rate_best(parts: Parts, whatever_size: bool) -> float:
    """Return how much the best part looks like a digit's; of several digits, none need be large."""
    likeness = parts.likeness / np.maximum(1, parts.size) if whatever_size else parts.likeness
    return float(likeness.max(initial=0))


def _clear_flat(marks: Marks, grid: int) -> tuple[Marks, Parts]:
    strongest = cv2.minMaxLoc(marks.contrast)[1]
    if strongest < LEAST_CONTRAST:
        raise NoInk(NOTHING)
    marks = replace(marks, least=max(marks.least, round(EDGE_ON_FLAT * strongest)))
    parts = _find_some(marks, marks.least, grid)
    if _spans_picture(parts):
        marks = clear_rules(marks)
        parts = _find_some(marks, marks.least, grid)
    return marks, parts


def stretch_ink(contrast: Pixels, marks: Marks) -> Pixels:
    """Stretch the contrast of a digit, or of several, to ink: uint8 (h, w), paper 0 to ink 255."""
    if marks.flat:
        ink = np.asarray(cv2.threshold(contrast, marks.least, 255, cv2.THRESH_TOZERO)[1], np.uint8)
        level = cv2.minMaxLoc(ink)[1]
        return ink if level >= NEARLY_FULL else np.asarray(cv2.convertScaleAbs(ink, alpha=255 / level), np.uint8)
    level = measure_level(contrast, marks.least)
    edge = max(marks.least, EDGE * level)
    steepness = 255 / max(1.0, FULL * level - edge)
    return np.asarray(cv2.convertScaleAbs(cv2.subtract(contrast, edge), alpha=steepness), np.uint8)


def _find_some(marks: Marks, least: float, grid: int = GRID) -> Parts:
    parts = find_parts(marks, least, grid)
    if not parts.score.any():
        raise NoInk(NOTHING)
    return parts


def _spans_picture(parts: Parts) -> bool:
    """Tell whether a part goes from border to border, as a rule does."""
    rows, columns = parts.labels.shape
    return bool((parts.boxes[:, 2] == columns).any() or (parts.boxes[:, 3] == rows).any())


def _show(marks: Marks, parts: Parts) -> Pixels:
    """Return the contrast of the one digit's parts, and 0 elsewhere."""
    if marks.flat and len(parts) == 1:
        return marks.contrast
    return np.asarray(cv2.bitwise_and(marks.contrast, show_parts(parts, choose_parts(parts), marks.contrast.shape)))


def measure_level(contrast: Pixels, least: float) -> float:
    """Return the contrast of full ink."""
    strong = contrast[contrast > least]
    level = float(np.percentile(strong, 90)) if strong.size else 0.0
    if level < LEAST_CONTRAST:
        raise NoInk(NOTHING)
    return level


def measure_parting(contrast: Pixels, least: float) -> float:
    """Return the contrast, `least` at least, below which nothing connects parts of ink that is as strong as this."""
    return max(least, PARTED * measure_level(contrast, least))


def crop_ink(ink: Pixels) -> Pixels:
    """Crop to what is not paper."""
    x, y, width, height = cv2.boundingRect(ink)
    if width == 0:
        raise NoInk(NOTHING)
    return ink[y : y + height, x : x + width]


def thicken_hairlines(ink: Pixels) -> Pixels:
    """Thicken strokes that are too thin for the size of the digit; return the very same ink where they are not."""
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
    """Bring ink near DRAWING_SIDE; a large one is halved by its strongest pixels, so that no hairline pales."""
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
    step = max(1, max(ink.shape) // 60)  # a hairline may fall between the steps: then what is left is thin, too
    drawn = cv2.threshold(ink[::step, ::step], 110, 1, cv2.THRESH_BINARY)[1]
    drawn = cv2.copyMakeBorder(drawn, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    total = cv2.sumElems(cv2.distanceTransform(drawn, cv2.DIST_L2, 3))[0]
    spread = 2 * max(1.0, total / 0.955 / max(1, cv2.countNonZero(drawn))) - 1  # 0.955: that transform's unit
    return float(step * (spread + np.sqrt(spread**2 - 1)))
