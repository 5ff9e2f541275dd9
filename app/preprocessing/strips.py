"""Find several sheets or strips of paper that lie on one page or table, each with something written on it.

    pixels -> what differs from the surround, a plane fitted to the border -> rectangles written on -> each turned level

Knows no digits. One sheet alone is found elsewhere (sheets.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .sheets import INK_SPREAD, SHEET_INSIDE, SMALLEST_SHEET, WRITTEN_ON, reduce_picture

SIDE = 1000  # pixels to which the longer side is reduced, where strips are looked for
LEAST_AWAY = 12  # grey levels between the surround and a strip at least,
NOISE = 4  # standard deviations of the surround's border, likewise
CALM = 14  # grey levels that the border strays from its plane at most: else something lies on it
SHORTEST = 28  # pixels of its shorter side
STRAIGHT = 0.92  # of its smallest rectangle that a strip fills, and of its convex outline: fat noughts fill less
SMALLEST = 0.004  # of the picture's area that a strip covers at least
ROUGH = 4  # grey levels by which a table strays: on smoother surrounds something may be written, too
FEWEST, MOST = 2, 24  # strips
SAME_ROW = 0.5  # of the lower one's height that strips side by side share
EDGE = 0.06  # of a strip's shorter side that is not looked at for ink

Box = tuple[float, float, float, float]


class Strip(NamedTuple):
    """A sheet of paper: turned straight, where it was, and the rectangle around it."""

    pixels: NDArray[np.uint8]  # (h, w)
    place: NDArray[np.float64]  # (3, 3): from its pixels to the picture's
    box: Box  # x, y, width and height in the picture's pixels
    outline: NDArray[np.float64]  # (4, 2): its corners, likewise


def find_strips(pixels: NDArray[np.uint8]) -> list[Strip]:
    """Return the strips of a picture, (h, w) or (h, w, 3); none where there are fewer than two."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8) if pixels.ndim == 3 else pixels
    small = reduce_picture(grey, SIDE)
    if min(small.shape) < 2 * SMALLEST_SHEET:
        return []
    surround, noise = _fit_surround(small)
    if noise > CALM:
        return []
    away = (np.abs(small - surround) > max(LEAST_AWAY, NOISE * noise)).view(np.uint8)
    away = np.asarray(cv2.morphologyEx(away, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
    contours, _ = cv2.findContours(away, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    scale = grey.shape[1] / small.shape[1]
    strips = [
        _turn_straight(grey, contour, scale)
        for contour in contours
        if cv2.contourArea(contour) >= SMALLEST * small.size and _is_strip(small, surround, contour)
    ]
    return strips if FEWEST <= len(strips) <= MOST else []


def _fit_surround(grey: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    """Return the surround's level everywhere, (h, w), a plane through the border; and how far that strays from it."""
    height, width = grey.shape
    edge = np.ones((height, width), bool)
    edge[2:-2, 2:-2] = False
    rows, columns = np.nonzero(edge)
    terms = np.stack((np.ones(len(rows)), rows / height, columns / width), axis=1)
    levels = grey[rows, columns].astype(np.float64)
    plane, *_ = np.linalg.lstsq(terms, levels, rcond=None)
    y, x = np.ogrid[:height, :width]
    surround = plane[0] + plane[1] * y / height + plane[2] * x / width
    return np.asarray(surround, np.float32), float(np.abs(levels - terms @ plane).mean() * 1.25)


def _is_strip(grey: NDArray[np.uint8], surround: NDArray[np.float32], contour: NDArray[np.int32]) -> bool:
    """Tell whether an outline is that of a solid rectangle with ink on it, and not a frame on the surround's paper."""
    hull = cv2.convexHull(contour)
    _, sides, _ = cv2.minAreaRect(contour)
    area = cv2.contourArea(hull)
    if min(sides) < SHORTEST or area < STRAIGHT * sides[0] * sides[1] or cv2.contourArea(contour) < STRAIGHT * area:
        return False
    x, y, width, height = cv2.boundingRect(contour)
    inside = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(inside, hull - np.array([x, y]), 1)
    inset = max(2, round(EDGE * min(sides)))
    inside = np.asarray(cv2.erode(inside, np.ones((2 * inset + 1, 2 * inset + 1), np.uint8), borderValue=0))
    window = np.s_[y : y + height, x : x + width]
    levels = grey[window][inside > 0]
    if levels.size == 0:
        return False
    level = float(np.median(levels))
    if abs(level - float(np.median(surround[window][inside > 0]))) < LEAST_AWAY:
        return False
    ink = float((np.abs(levels - level) > INK_SPREAD).mean())
    return WRITTEN_ON[0] <= ink <= WRITTEN_ON[1]


def _turn_straight(grey: NDArray[np.uint8], contour: NDArray[np.int32], scale: float) -> Strip:
    """Return the inside of a strip, level."""
    rectangle = cv2.minAreaRect(contour)
    centre, sides, angle = rectangle
    while abs(angle) > 45:
        angle, sides = angle - math.copysign(90, angle), sides[::-1]
    size = [max(1, round(SHEET_INSIDE * side * scale)) for side in sides]
    middle = [scale * along for along in centre]
    turn = np.vstack((cv2.getRotationMatrix2D(middle, angle, 1.0), [0, 0, 1]))
    turn[:2, 2] += size[0] / 2 - middle[0], size[1] / 2 - middle[1]
    level = cv2.warpAffine(grey, turn[:2], size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    x, y, width, height = (float(length * scale) for length in cv2.boundingRect(contour))
    outline = np.asarray(cv2.boxPoints(rectangle), np.float64) * scale
    return Strip(np.asarray(level, np.uint8), np.linalg.inv(turn), (x, y, width, height), outline)


def is_smooth(pixels: NDArray[np.uint8]) -> bool:
    """Tell whether what lies around strips may be paper on which something is written, and no table."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8) if pixels.ndim == 3 else pixels
    return _fit_surround(reduce_picture(grey, SIDE))[1] <= ROUGH


def sort_boxes(boxes: Sequence[Box]) -> list[int]:
    """Return the order in which boxes are read: rows of those that stand side by side, each from left to right."""
    rows: list[list[int]] = []
    for at in sorted(range(len(boxes)), key=lambda at: boxes[at][1] + boxes[at][3] / 2):
        if rows and all(_stand_together(boxes[at], boxes[other]) for other in rows[-1]):
            rows[-1].append(at)
        else:
            rows.append([at])
    return [at for row in rows for at in sorted(row, key=lambda at: boxes[at][0])]


def _stand_together(one: Box, other: Box) -> bool:
    shared = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return shared >= SAME_ROW * min(one[3], other[3])


def take_out(pixels: NDArray[np.uint8], strips: list[Strip]) -> NDArray[np.uint8]:
    """Return a picture without its strips: the surround's commonest colour is where they were."""
    rest = pixels.copy()
    border = np.concatenate((rest[0], rest[-1], rest[:, 0], rest[:, -1]))
    colour = np.median(border, axis=0)
    for strip in strips:
        middle = strip.outline.mean(axis=0)
        corners = (
            (middle + (strip.outline - middle) * 1.04 + np.sign(strip.outline - middle) * 3).round().astype(np.int32)
        )
        cv2.fillConvexPoly(rest, corners, np.atleast_1d(colour).tolist())
    return rest
