"""Find the connected parts among marks, and choose those that make up one digit.

    marks of each side -> find_roughly -> the side that looks like digits, parts -> look_closely -> the parts of a digit

Works on a coarse grid, because what decides is larger than a pixel: how big a part is, whether it is a stroke,
how sharp its outline, where it touches the border. Does not know how the marks were found, nor what ink looks like.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk
from ..framing import NOTHING_DRAWN
from .frames import find_frames, find_rings, find_walls, rank_bars_last
from .paper import DARKEST_PAPER, LEAST_CONTRAST, Marks, Side, find_percentile
from .ruling import remove_rules

Pixels = NDArray[np.uint8]

GRID = 96  # cells on the longer side of the grid: a cell is no wider than the thinnest stroke of a digit that fills it
EDGE_ON_FLAT = 0.15  # of the strongest contrast: what is fainter is JPEG's noise around the ink
PARTED = 0.4  # of the ink's contrast: what is fainter does not connect parts, so that rules and shadows fall off
COVERED = 30  # grey levels of 255, an eighth: a photograph's cell counts as marked where so much of it is, not by noise
SHARP = 0.08  # of a part's contrast that its outline climbs within a pixel; shadows and glare climb slower
NOISE_CLIMBS = 0.6  # of the faintest contrast that is no noise: so much the noise itself climbs, smoothed
OUTLINED = 0.65  # of a part's outline where the picture itself is lighter beside it; at a shadow's edge, one side is
OUTLINE_CLIMB = 0.3  # of the part's contrast, by which it is
SOLID = 0.85  # of its convex outline that a shadow fills which goes over the border,
BROAD = 0.15  # and of its size that it is thick on average
MAX_SHADES = 3  # parts that are looked at
LARGE = 64  # pixels of a picture's longer side: in a larger one lines are broad enough to be smoothed
OUTLINE = 9  # pixels around the outline in which its ink is looked for
DENSE = 0.4  # of its cells that a stroke covers; sparser ones are noise and texture
STROKE = 0.2  # of a digit's size that its stroke is thick at most, usually; thicker parts are blots and paper
BLURRED = 0.01  # score of a part that is not sharp
AT_BORDER = 0.3  # score of a part that touches the picture's border
ALONG_BORDER = 0.001  # score of a part that lies along the border: the table, or the sheet's edge,
LOW_LINE = 0.2  # or goes from the left border to the right one and is no higher than that: a base line
LEAST_STROKE = 0.06  # less of a stroke than that is shade, dirt or texture
CLEARLY = 1.5  # times the contrast of the strongest noise that ink has
SMALLEST = 0.03  # of the picture's longer side that a digit has; smaller parts are dirt
MAX_CONTACT = 1.5  # of its size that a part may touch of the border; more is squared paper or texture
FEW_PARTS = 8  # of flat paper: more may be the dots and dashes of printed lines
MAX_PARTS = 40  # looked at closely, where one digit is looked for
MAX_PAGE_PARTS = 2000  # likewise, of several; smaller ones than SMALLEST, as noise, never are
LIKELY = 4  # power of how likely the side is, in how much a part looks like a digit's
MAX_LEVEL = 255.0  # contrast of a part
DEEPEST = 1e6  # cells or pixels: where no paper is left, distances to it would be too large to be added
BELONGS_SIZE = 0.12  # of the main part's size that another part of the digit has at least; smaller ones are specks
BELONGS_AREA = 0.015  # likewise, of its area
BELONGS_GAP = 0.15  # of the main part's size that may lie between it and another part
BELONGS_LEVEL = 0.3  # of the main part's contrast that another part has at least
SLENDEREST = 0.4  # of a picture's longer side that its shorter one has at least, or a digit may fill it
FOLD = 0.03  # of the picture's longer side that a fold is thick at most
BELONGS_SCORE = 0.02  # of the main part's score that another part has at least
FLAT_AND_LONG = 4.0  # times as wide as high is a line under a digit at least,
LINE_HIGH = 0.5  # of the digit's height that it is high at most,
LINE_WIDE = 1.15  # and of its width that it is wide at least: of a sign like "greater or equal" both are as wide


@dataclass(frozen=True)
class Parts:
    """Connected marks. Every array but labels has one entry a part; lengths are in cells."""

    labels: NDArray[np.int32]  # (rows, columns): 0 where nothing is marked, i + 1 in part i
    boxes: NDArray[np.int32]  # (n, 4): left, top, width, height
    area: NDArray[np.int32]
    contact: NDArray[np.int64]  # cells on the border of the picture
    level: NDArray[np.float64]  # contrast of its ink
    likeness: NDArray[np.float64]  # how much it looks like the main part of a digit; 0 and more
    score: NDArray[np.float64]  # the same, less where it touches the border
    step: int  # pixels, the side of a cell

    def __len__(self) -> int:
        return len(self.area)

    @property
    def size(self) -> NDArray[np.int32]:
        """The longer side of each part's box."""
        return np.asarray(self.boxes[:, 2:].max(axis=1), np.int32)


def find_roughly(sides: Sequence[Side], grid: int = GRID) -> tuple[Marks, Parts]:
    """First pass: choose the side of the paper, dark or light ink, that looks like digits, and find its parts.

    Args:
        sides: what find_sides() returns. The likeliest is looked at first, and one that could not look better is not.
        grid: cells on the longer side of the grid.

    Returns:
        The marks of that side without rules, and their parts.

    Raises:
        NoInk: neither side holds a digit.
    """
    if sides[0].flat:
        return _find_on_flat_paper(sides[0].find(), grid)
    likely_first = sorted(sides, key=lambda side: -side.likely)
    clear = cache(lambda place: clear_rules(likely_first[place].find()))
    for measure in (_take_least, _measure_stronger):  # a digit may hang together with the shadow that it stands in
        best, chosen = -1.0, None
        for place, side in enumerate(likely_first):
            if chosen and best >= _rate_at_best(side.likely, chosen[1], whatever_size=grid != GRID):
                break
            marks = clear(place)
            parts = find_parts(marks, measure(marks), grid)
            rating = _rate_best(parts, whatever_size=grid != GRID)
            if rating > best:
                best, chosen = rating, (marks, parts)
        if chosen and chosen[1].score.any():
            return chosen
    raise NoInk(NOTHING_DRAWN)


def look_closely(marks: Marks, parts: Parts, grid: int = GRID) -> Parts:
    """Second pass: find the parts again, on uneven paper, among what is as strong as the digit's own ink.

    Args:
        marks: in which they were found.
        parts: what find_roughly() returns.
        grid: cells on the longer side of the grid.

    Raises:
        NoInk: nothing is as strong.
    """
    if marks.flat:
        return parts
    edge = measure_parting(show_digit(marks, parts), marks.least)
    closer = find_parts(marks, edge, grid)
    for _ in range(MAX_SHADES):
        if not closer.score.any():
            break
        main = int(closer.score.argmax())
        if not _is_shade(marks, closer, main, edge):
            return closer
        closer.score[main] = 0
    raise NoInk(NOTHING_DRAWN)


def _is_shade(marks: Marks, parts: Parts, part: int, edge: float) -> bool:
    """Tell whether a part is a fold, a line of the paper, the edge of a shadow, or a broad one, and no ink.

    Args:
        marks: on uneven paper.
        parts: those that were found among marks with more contrast than `edge`.
        part: the one that is looked at.
        edge: contrast.
    """
    if marks.paper is None:
        return False
    if is_thread(parts.boxes[part], int(parts.area[part]), parts.labels.shape):
        return True
    if _measure_outline(marks, parts, part, max(edge, 0.5 * float(parts.level[part]))) < OUTLINED:
        return True
    if not parts.contact[part]:
        return False
    own = (parts.labels == part + 1).view(np.uint8)
    hull = cv2.convexHull(cv2.findNonZero(own))
    filled = parts.area[part] / max(1.0, cv2.contourArea(hull))
    thick = parts.area[part] / parts.size[part]
    return bool(filled > SOLID and thick > BROAD * parts.size[part])


def _find_on_flat_paper(marks: Marks, grid: int) -> tuple[Marks, Parts]:
    """Return the marks and parts of flat paper; rules are looked for where a part spans it, or among many."""
    strongest = cv2.minMaxLoc(marks.contrast)[1]
    if strongest < LEAST_CONTRAST:
        raise NoInk(NOTHING_DRAWN)
    marks = replace(marks, least=max(marks.least, round(EDGE_ON_FLAT * strongest)))
    parts = find_parts(marks, marks.least, grid)
    if parts.score.any() and (len(parts) > FEW_PARTS or _spans_picture(parts)):
        marks = clear_rules(marks)
        parts = find_parts(marks, marks.least, grid)
    if not parts.score.any():
        raise NoInk(NOTHING_DRAWN)
    return marks, parts


def _spans_picture(parts: Parts) -> bool:
    """Tell whether a part goes from border to border, as a rule does."""
    rows, columns = parts.labels.shape
    return bool((parts.boxes[:, 2] == columns).any() or (parts.boxes[:, 3] == rows).any())


def _take_least(marks: Marks) -> float:
    return marks.least


def _measure_stronger(marks: Marks) -> float:
    """Return a contrast that ink has, and a shadow or other faint things do not."""
    strongest = cv2.minMaxLoc(cv2.blur(marks.contrast, (3, 3)))[1]
    return max(marks.least, PARTED * strongest)


def _rate_best(parts: Parts, whatever_size: bool) -> float:
    """Return how much the best part looks like a digit's; of several digits, none need be large."""
    likeness = parts.likeness / np.maximum(1, parts.size) if whatever_size else parts.likeness
    return float(likeness.max(initial=0))


def _rate_at_best(likely: float, others: Parts, whatever_size: bool) -> float:
    """Return the most that _rate_best() can be for another side of the same picture: its part would fill the grid.

    Args:
        others: the parts of a side that was looked at.
    """
    return (1 if whatever_size else max(others.labels.shape)) * MAX_LEVEL * likely**LIKELY


def clear_rules(marks: Marks) -> Marks:
    """Return the marks without the rules of the paper."""
    contrast = remove_rules(marks.contrast, marks.least)
    return marks if contrast is marks.contrast else replace(marks, contrast=contrast, ruled=marks.contrast)


def measure_level(contrast: Pixels, least: float) -> float:
    """Return the contrast of full ink.

    Raises:
        NoInk: it cannot be told from a blank page.
    """
    strong = contrast[contrast > least]
    level = find_percentile(strong, 90) if strong.size else 0.0
    if level < LEAST_CONTRAST:
        raise NoInk(NOTHING_DRAWN)
    return level


def measure_parting(contrast: Pixels, least: float) -> float:
    """Return the contrast, `least` at least, below which nothing connects parts of ink that is as strong as this."""
    return max(least, PARTED * measure_level(contrast, least))


def find_parts(marks: Marks, least: float, grid: int = GRID) -> Parts:
    """Find the connected marks with more contrast than `least`.

    Args:
        grid: cells on the longer side.
    """
    step = measure_cell(marks.contrast.shape, grid)
    finer = GRID / grid  # for several digits: each may be smaller and look worse than a single one
    cells = _lay_grid(marks, least, step)
    if marks.flat and (single := _find_single(cells, step)):
        return single
    marked = cv2.threshold(cells, 0 if marks.flat else COVERED, 255, cv2.THRESH_BINARY)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
    boxes, area = stats[1:, :4], stats[1:, 4]
    size = boxes[:, 2:].max(axis=1, initial=0)
    border = np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1]))
    contact = np.bincount(border, minlength=count)[1:]
    level = np.full(len(area), MAX_LEVEL)
    likeness = size.astype(np.float64)
    if marks.flat:
        likeness *= np.sqrt(area)
    else:
        smallest = SMALLEST * finer * max(labels.shape)
        looked_at = np.flatnonzero(size >= smallest)
        looked_at = looked_at[np.argsort(-area[looked_at])[: MAX_PARTS if grid == GRID else MAX_PAGE_PARTS]]
        level, stroke = _measure_strokes(marks, cells, labels, stats[1:], looked_at)
        drawn = (stroke > LEAST_STROKE * finer) & (level > CLEARLY * marks.least) & (contact < MAX_CONTACT * size)
        likeness *= drawn * stroke * level * marks.likely**LIKELY
    likeness[size < SMALLEST * finer * max(labels.shape)] = 0
    likeness[find_frames(labels, boxes)] = 0
    if grid == GRID and len(area) > 1:
        likeness[[*find_rings(labels, boxes), *find_walls(boxes, area)]] = 0
        rank_bars_last(likeness, labels, boxes, contact)
    across = (boxes[:, 2] == labels.shape[1]) & (boxes[:, 3] <= LOW_LINE * boxes[:, 2])
    along = (contact > 0.5 * size) | across
    score = likeness * np.where(along, ALONG_BORDER, np.where(contact > 0, AT_BORDER, 1.0))
    return Parts(labels, boxes, area, contact, level, likeness, score, step)


def _find_single(cells: Pixels, step: int) -> Parts | None:
    """Return the one part that there is in most drawings, several times as fast."""
    count, labels = cv2.connectedComponents(cells)
    box = cv2.boundingRect(cells)
    if count != 2 or max(box[2:]) < SMALLEST * max(labels.shape):
        return None
    one = np.ones(1)
    return Parts(
        labels, np.array([box], np.int32), one.astype(np.int32), np.zeros(1, np.int64), one * 255, one, one, step
    )


def _lay_grid(marks: Marks, least: float, step: int) -> NDArray[np.uint8]:
    """Return how much of each cell is marked, uint8 (rows, columns) up to 255; on flat paper 255 for any mark."""
    mask = cv2.threshold(marks.contrast, least, 255, cv2.THRESH_BINARY)[1]
    return pool_cells(mask, step) if marks.flat else pool_cells(mask, step, cv2.blur)


def measure_cell(shape: tuple[int, ...], grid: int) -> int:
    """Return the side of a cell in pixels."""
    return max(1, round(max(shape) / grid))


def _find_highest(values: Pixels, window: tuple[int, int]) -> Any:
    return cv2.dilate(values, np.ones(window, np.uint8))


def pool_cells(values: Pixels, step: int, gather: Callable[[Pixels, tuple[int, int]], Any] = _find_highest) -> Pixels:
    """Return the highest value of each cell, or another value that `gather` takes around a pixel."""
    if step == 1:
        return values
    height, width = values.shape
    values = np.asarray(cv2.copyMakeBorder(values, 0, -height % step, 0, -width % step, cv2.BORDER_REPLICATE), np.uint8)
    return np.ascontiguousarray(gather(values, (step, step))[step // 2 :: step, step // 2 :: step])


def _measure_strokes(
    marks: Marks, cells: Pixels, labels: NDArray[np.int32], stats: NDArray[np.int32], looked_at: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the contrast of each part's ink, and how much the part is a stroke of a pen, 0 to 1.

    Args:
        marks: on which the cells lie.
        cells: how much of each is marked.
        labels: part of each cell.
        stats: box and area of each part.
        looked_at: the parts that are measured, not the thousands that noise leaves; 0 of the others.
    """
    level, stroke = np.zeros(len(stats)), np.zeros(len(stats))
    if not looked_at.size:
        return level, stroke
    step = math.ceil(max(marks.contrast.shape) / max(labels.shape))
    left, top = np.maximum(0, stats[looked_at, :2].min(axis=0) - 1)  # with a cell around them, for what is measured
    right, bottom = (stats[looked_at, :2] + stats[looked_at, 2:4]).max(axis=0) + 1
    contrast = marks.contrast[top * step : bottom * step, left * step : right * step]
    cells, labels = cells[top:bottom, left:right], labels[top:bottom, left:right]
    smooth = contrast if step == 1 else cv2.blur(contrast, (3, 3))  # or noise would look sharp
    climbs = pool_cells(np.asarray(cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))), step)
    strongest = pool_cells(contrast, step)
    depths = np.minimum(cv2.distanceTransform((labels > 0).view(np.uint8), cv2.DIST_L2, 3), DEEPEST)
    for part in looked_at:
        x, y, width, height, _ = stats[part] - (left, top, 0, 0, 0)
        window = np.s_[y : y + height, x : x + width]
        own = labels[window] == part + 1
        level[part] = max(1.0, find_percentile(strongest[window][own], 75))
        sharp = find_percentile(climbs[window][own], 85) > max(SHARP * level[part], NOISE_CLIMBS * marks.least)
        dense = min(1.0, cells[window][own].mean() / 255 / DENSE)
        thickness = max(1.0, 4 * depths[window][own].mean() - 1)
        thin = min(1.0, STROKE * max(width, height) / thickness)
        upright = min(1.0, 2 * height / width)
        stroke[part] = (1.0 if sharp else BLURRED) * dense**2 * thin**4 * upright**2
    return level, stroke


def _measure_outline(marks: Marks, parts: Parts, part: int, edge: float) -> float:
    """Return the share of a part's outline beside which the picture differs from its ink; of a step's, half does."""
    if marks.paper is None:
        return 1.0
    x, y, width, height = (int(length) * parts.step for length in parts.boxes[part])
    around = OUTLINE + 1  # pixels that are looked at
    box = np.s_[max(0, y - around) : y + height + around, max(0, x - around) : x + width + around]
    contrast, grey = marks.contrast[box], marks.paper.grey[box]
    mask = cv2.threshold(contrast, edge, 255, cv2.THRESH_BINARY)[1]
    chosen = np.arange(len(parts)) == part
    near = cv2.dilate(show_parts(parts, chosen, marks.contrast.shape)[box], np.ones((3, 3), np.uint8))
    mask = np.asarray(cv2.bitwise_and(mask, near))
    ring = cv2.subtract(cv2.dilate(mask, np.ones((3, 3), np.uint8)), mask)
    ring[0] = ring[-1] = ring[:, 0] = ring[:, -1] = 0
    rows, columns = np.nonzero(ring)
    if not rows.size:
        return 1.0
    window = np.ones((OUTLINE, OUTLINE), np.uint8)
    large = max(marks.contrast.shape) > LARGE
    size = (3, 3) if large else (1, 1)  # or the noise of a deep shadow climbs as much as ink
    smooth = cv2.blur(grey, size)
    level = find_percentile(np.asarray(cv2.blur(contrast, size))[mask > 0], 75)
    paper = smooth[rows, columns].astype(np.float32)
    darkest = cv2.erode(smooth, window)[rows, columns]
    lightest = cv2.dilate(smooth, window)[rows, columns]
    scale = 255 / np.maximum(paper, DARKEST_PAPER) if marks.dark else np.float32(1)
    climb = (paper - darkest if marks.dark else lightest - paper) * scale
    step = (lightest.astype(np.float32) - darkest) * scale
    return float((climb >= OUTLINE_CLIMB * np.maximum(level, step)).mean())


def choose_parts(parts: Parts) -> NDArray[np.bool_]:
    """Choose the main part of a digit and what belongs to it: hats, bars, broken strokes, but no specks.

    Returns:
        bool (n,)
    """
    main = int(parts.score.argmax())
    size, left, top = parts.size, parts.boxes[:, 0], parts.boxes[:, 1]
    right, bottom = left + parts.boxes[:, 2], top + parts.boxes[:, 3]
    gap = np.maximum.reduce((left[main] - right, left - right[main], top[main] - bottom, top - bottom[main]))
    chosen = np.asarray(
        (gap <= BELONGS_GAP * size[main])
        & (size >= BELONGS_SIZE * size[main])
        & (size <= np.where(parts.contact > 0, 1.0, 1.5) * size[main])
        & (parts.area >= BELONGS_AREA * parts.area[main])
        & (parts.level >= BELONGS_LEVEL * parts.level[main])
        & (parts.score >= BELONGS_SCORE * parts.score[main])
    )
    width, height = parts.boxes[:, 2], parts.boxes[:, 3]
    under = (top >= bottom[main]) & (width >= FLAT_AND_LONG * height) & (height <= LINE_HIGH * height[main])
    under &= width >= LINE_WIDE * width[main]
    chosen &= ~under
    chosen[main] = True
    return chosen


def is_thread(box: Sequence[int], area: int, shape: tuple[int, ...]) -> bool:
    """Tell whether ink is a thread from a border to the opposite one, or two that cross: folds, or the paper's margin.

    Args:
        box: x, y, width and height of the ink.
        area: how much ink there is.
        shape: (h, w) of the whole picture, in the same unit.
    """
    (rows, columns), (_, _, width, height) = shape[:2], box
    length = (height if height == rows else 0) + (width if width == columns else 0)
    return min(rows, columns) >= SLENDEREST * max(rows, columns) and area <= FOLD * max(rows, columns) * length


def measure_extent(parts: Parts, chosen: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return where the chosen parts together begin and end: left, top, right and bottom, in cells."""
    corners = parts.boxes[chosen, :2]
    left, top = corners.min(axis=0).tolist()
    right, bottom = (corners + parts.boxes[chosen, 2:]).max(axis=0).tolist()
    return left, top, right, bottom


def show_digit(marks: Marks, parts: Parts) -> Pixels:
    """Return the contrast of the one digit's parts, uint8 (h, w), and 0 elsewhere; of their surroundings, little."""
    if marks.flat and len(parts) == 1:
        return marks.contrast
    chosen = choose_parts(parts)
    left, top, right, bottom = measure_extent(parts, chosen)
    step = parts.step
    contrast = marks.contrast[top * step : bottom * step, left * step : right * step]
    own = replace(parts, labels=parts.labels[top:bottom, left:right])
    return np.asarray(cv2.bitwise_and(contrast, show_parts(own, chosen, contrast.shape)))


def show_parts(parts: Parts, chosen: NDArray[np.bool_], shape: tuple[int, ...]) -> Pixels:
    """Return a mask of the pixels of a picture, uint8 (h, w), 255 where the chosen parts are."""
    cells = np.concatenate(([False], chosen))[parts.labels].astype(np.uint8) * 255
    rows, columns = cells.shape
    pixels = cv2.resize(cells, (columns * parts.step, rows * parts.step), interpolation=cv2.INTER_NEAREST)
    return np.asarray(pixels[: shape[0], : shape[1]])
