"""Find the strokes of several digits: connected ink, joined where digits are in pieces.

    marks, parts -> refine_marks -> find_strokes -> strokes (hats joined), and small ones

Owns what a stroke is. Does not know lines, nor which pieces make up a digit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk, TooLarge
from .paper import Marks, find_marks_on_uneven_paper
from .parts import Parts, clear_rules, find_parts, measure_parting, pool_cells, show_parts
from .tables import Cell, Tables

NO_DIGIT = "No digit was found in the picture. Write larger or darker, and send it again."
PAGE_GRID = 512  # cells on the longer side of the grid on which parts are found
BROADEST = 0.6  # of the usual height: anything broader both ways is a shadow or the table, not a stroke
SPECK = 0.3  # of the usual height: strokes smaller both ways are small ones: dots, commas, dashes, dirt
LOW = 0.5  # of the usual height: lower strokes are small ones, too, however wide: minus signs, hats of a 5, commas
DIRT = 0.02  # of the usual height, and two pixels: what is smaller both ways is dirt
SMALL_DIGIT = 0.2  # of the usual height that a small stroke has at least that is no dirt, even on dirty paper
SPECK_LEVEL = 0.4  # of the strokes' contrast that a speck has at least; fainter is paper
SPECK_STRONG = 1.6  # times that, the strongest of its pixels
MAX_SMALL = (12, 2)  # specks of a picture, and more for each stroke: of more, the paper is dirty
LONG = 3.0  # times the usual height: strokes so wide and not as high are lines
LOOKS_DRAWN = 0.01  # of the best part's score: what looks less like a digit's part is the table, a shadow, a frame
PALE = 0.1  # of the best part's looks that a pale digit has at least,
PALE_HIGH = 0.15  # of the usual height that it is high at least,
PALE_INK = 0.4  # of its contrast from which a pixel is its ink,
PALE_LEVEL = 1.8  # times the edge of strokes that half of a stroke's ink has at most, to go on in paler ink,
GOES_ON = 0.4  # of its contrast,
MORE_INK = 2.0  # times as much in all at most,
MORE_BROAD = 1.3  # and times as broad, and a pixel
DRY = 0.25  # of the edge of strokes: ink so pale goes on where a line's ink is stronger,
SOFT = 0.4  # widths of the pen that a line's soft edges are wide,
LEAST_DRY = 0.005  # of the strokes' ink that there is of it,
DRY_WIDE = 2.0  # of the usual height that both together are wide at most, and
DRY_MORE = 3.0  # times as much in all at most
COVERED = 0.2  # and of its cells that are strokes at most
ABOVE = 0.5  # of the narrower stroke's width that it shares with the one below it, of the same digit
BESIDE = 0.5  # of the lower stroke's height that both share: more, and they stand side by side
HIGHEST = 1.8  # times the usual height, or the larger stroke's, that a digit made up of strokes is high at most
MAX_STROKES = 2000  # of a picture: 48 lines of 32 digits, and as many signs as fit between them
MANY = 1000  # strokes: more must be small ones,
MAX_MANY_BOXES = 3_000_000  # pixels of whose boxes together are as much work: 1,500 digits of 50 by 36 pixels have 2.7
COMPARED = 256  # strokes that are compared with all others at once, in 30 MB
MAX_BOXES = 16_000_000  # pixels of all strokes' boxes together: four large pictures full of strokes around each other
AS_HIGH = 1.4  # times the lower one's height that two digits of a row are high at most,
TALL = 0.8  # of its width that each is high at least: no hat is,
ROW_GAP = 1.5  # of the lower one's height that is between them at most: then no digit above or below is part of one
HOVER = 0.25  # of the usual height that is between the strokes at most

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Stroke:
    """Connected ink, or a piece that was cut off it. mask: bool (height, width) at (x, y) of the marks."""

    x: int
    y: int
    mask: NDArray[np.bool_]
    beyond: int = 0  # number of the ink that it is part of, if that goes over the border of the marks; else 0

    @property
    def placed(self) -> tuple[NDArray[np.bool_], int, int]:
        """Its mask, and where that is."""
        return self.mask, self.x, self.y

    @property
    def width(self) -> int:
        """How many columns it takes up."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """How many rows it takes up."""
        return int(self.mask.shape[0])

    @cached_property
    def pen(self) -> float:
        """How thick its line is, in pixels."""
        return measure_pen(self.mask)

    @property
    def right(self) -> int:
        """The column after its last."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The row after its last."""
        return self.y + self.height


def part_connected(stroke: Stroke) -> list[Stroke]:
    """Return each connected piece of a stroke's ink."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(stroke.mask.view(np.uint8), connectivity=8)
    if count == 2:
        return [stroke]
    pieces = []
    for label in range(1, count):
        x, y, width, height, _ = (int(length) for length in stats[label])
        pieces.append(Stroke(stroke.x + x, stroke.y + y, labels[y : y + height, x : x + width] == label))
    return pieces


def measure_pen(mask: NDArray[np.bool_]) -> float:
    """Return how thick a stroke's line is, in pixels.

    Over a line w pixels wide, the mean distance to its edge is about (w + 1) / 4.
    """
    depths = _measure_depths(mask)
    return max(1.0, 4 * cv2.sumElems(depths)[0] / max(1, cv2.countNonZero(depths)) - 1)


def _measure_depths(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how far each pixel of ink is from paper, which is around the mask, too, in pixels; 0 of the others."""
    padded = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 3), np.float32)


def refine_marks(marks: Marks, parts: Parts, grid: int = PAGE_GRID) -> tuple[Marks, Parts]:
    """Find the marks on uneven paper again, now that the digits' size shows what is too broad to be written.

    Args:
        marks: on flat paper both are returned as they are.
        parts: of the marks, as find_roughly() returns both.
        grid: cells on the longer side of the grid on which parts are found.
    """
    if marks.paper is None:
        return marks, parts
    usual = _measure_usual_height(parts.boxes[:, 3] * parts.step, _measure_looks(parts))
    widest = BROADEST * usual / max(marks.contrast.shape)
    closer = find_marks_on_uneven_paper(marks.paper, marks.dark, widest, marks.likely, without_steps=True)
    closer = clear_rules(replace(closer, place=marks.place))
    found = find_parts(closer, closer.least, grid)
    return (closer, found) if found.score.any() else (marks, parts)


def find_strokes(
    marks: Marks, parts: Parts, tables: Tables | None = None, grid: int = PAGE_GRID
) -> tuple[list[Stroke], list[Stroke]]:
    """Find the connected ink of all digits without lines, and apart from it the small strokes that may be signs.

    Ink in two cells of a table is not joined.
    """
    contrast, edge = _show_drawn(marks, parts), float(marks.least)
    paler = contrast
    if not marks.flat:  # look again, at what is as strong as the digits' own ink
        edge = measure_parting(contrast, marks.least)
        stronger = find_parts(marks, edge, grid)
        contrast = _show_drawn(marks, stronger) if stronger.score.any() else contrast
    mask = cv2.threshold(contrast, edge, 255, cv2.THRESH_BINARY)[1]
    if not marks.flat:
        mask = _follow_dry_lines(mask, paler, max(float(marks.least), DRY * edge))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count == 1:
        raise NoInk(NO_DIGIT)
    at_border = np.zeros(count, bool)
    at_border[np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1]))] = True
    whole = stats[1:][~at_border[1:] | at_border[1:].all()]
    usual = _measure_usual_height(whole[:, cv2.CC_STAT_HEIGHT], whole[:, cv2.CC_STAT_AREA])
    widths, heights = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    written = np.maximum(widths, heights) >= SPECK * usual
    written &= (widths <= LONG * usual) | (heights >= SPECK * usual)
    written[0] = False  # the paper
    if (number := int(written.sum())) > MAX_STROKES:
        raise TooLarge(f"The picture holds {number} strokes; at most {MAX_STROKES} are read. Send a part of it.")
    boxes = int((widths.astype(np.int64) * heights)[written].sum())
    if boxes > (max_boxes := MAX_BOXES if number <= MANY else MAX_MANY_BOXES):
        raise TooLarge(
            f"The picture's {number} strokes reach over {boxes:,} pixels; at most {max_boxes:,} are read. Send a part."
        )
    strokes = []
    for label in np.flatnonzero(written):
        x, y, width, height, _ = (int(length) for length in stats[label])
        own = labels[y : y + height, x : x + width] == label
        strokes.append(Stroke(x, y, own, int(label) if at_border[label] else 0))
    if not marks.flat:
        strokes = _grow_pale(strokes, marks, edge, usual)
    joined = [one for held in part_by_cell(strokes, tables).values() for one in join_above(held, usual)]
    strokes = [stroke for stroke in joined if stroke.height >= LOW * usual]
    low = [stroke for stroke in joined if stroke.height < LOW * usual]
    specks = _find_specks(marks, np.where(written[labels], np.uint8(255), np.uint8(0)), edge, usual, len(joined))
    return (strokes, low + specks) if strokes else (joined, specks)


def _follow_dry_lines(mask: Pixels, contrast: Pixels, low: float) -> Pixels:
    """Return ink with the paler ink that the same lines of a dry or lightly pressed pen go on in.

    What is broader than the lines, more than they are, or reaches from digit to digit is a shadow or a smear. Paler
    ink beside a line is its soft edge, and no part of it here.

    Args:
        mask: uint8 (h, w), 255 where the ink is as strong as most of it.
        contrast: of what looks drawn.
        low: contrast from which ink is followed.
    """
    weak = cv2.threshold(contrast, low, 255, cv2.THRESH_BINARY)[1]
    ink = cv2.countNonZero(mask)
    edges = ink - cv2.countNonZero(cv2.erode(mask, np.ones((3, 3), np.uint8)))
    soft = max(1, round(SOFT * 2 * ink / max(1, edges)))
    rim = np.ones((2 * soft + 1, 2 * soft + 1), np.uint8)
    beyond = cv2.subtract(weak, cv2.dilate(mask, rim))
    if cv2.countNonZero(beyond) < LEAST_DRY * ink:
        return mask
    gained = cv2.bitwise_and(cv2.dilate(beyond, rim), weak)
    both = cv2.bitwise_or(mask, gained)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(both, connectivity=8)
    strong = np.bincount(labels[mask > 0], minlength=count)
    area, wide, high = (stats[:, at] for at in (cv2.CC_STAT_AREA, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    fits = (strong > 0) & (area > strong) & (area <= DRY_MORE * strong)
    fits[0] = False
    if not fits.any():
        return mask
    usual = _measure_usual_height(high[fits], strong[fits])
    fits &= (high <= HIGHEST * usual) & (wide <= DRY_WIDE * usual) & (np.maximum(wide, high) >= SPECK * usual)
    boxes = int((wide.astype(np.int64) * high)[fits].sum())
    if fits.sum() > MAX_STROKES or boxes > MAX_BOXES:  # more than are read
        return mask
    followed = mask.copy()
    for label in np.flatnonzero(fits):
        x, y, width, height, _ = (int(length) for length in stats[label])
        window = np.s_[y : y + height, x : x + width]
        own = labels[window] == label
        depth = _measure_depths(own & (mask[window] > 0)).max()
        if _measure_depths(own).max() <= MORE_BROAD * depth + 1:
            followed[window][own] = 255
    return followed


def _grow_pale(strokes: list[Stroke], marks: Marks, edge: float, usual: float) -> list[Stroke]:
    """Return the strokes, and with those that are hardly darker than the edge the paler ink that they go on in.

    Beside a broad pen's digits, a pencil's are cut off where it was pressed less. What would reach another stroke, is
    broader than the stroke's own line, or more than there is of it, stays away: it is a shadow.

    Args:
        strokes: of the marks.
        marks: on uneven paper.
        edge: contrast that the strokes' ink has at least.
        usual: height of the strokes.
    """
    levels = [float(np.median(cut_out(marks.contrast, stroke)[stroke.mask])) for stroke in strokes]
    if not any(level < PALE_LEVEL * edge for level in levels):
        return strokes
    taken = np.zeros(marks.contrast.shape, np.int32)
    for number, stroke in enumerate(strokes, 1):
        cut_out(taken, stroke)[stroke.mask] = number
    grown = []
    for number, (stroke, level) in enumerate(zip(strokes, levels, strict=True), 1):
        low = max(float(marks.least), GOES_ON * level)
        wider = _follow_ink(stroke, marks, low, round(usual)) if level < PALE_LEVEL * edge and low < edge else stroke
        others = cut_out(taken, wider)[wider.mask]
        fits = wider.height <= HIGHEST * usual and wider.mask.sum() <= MORE_INK * stroke.mask.sum()
        fits = fits and _measure_depths(wider.mask).max() <= MORE_BROAD * _measure_depths(stroke.mask).max() + 1
        grown.append(wider if fits and not ((others > 0) & (others != number)).any() else stroke)
    return grown


def draw_strokes(strokes: list[Stroke], marks: Marks) -> Pixels:
    """Return where strokes are: uint8 (h, w) as the marks, 255 there and 0 elsewhere."""
    drawn = np.zeros(marks.contrast.shape, np.uint8)
    for stroke in strokes:
        cut_out(drawn, stroke)[stroke.mask] = 255
    return drawn


def cut_out(array: NDArray[Any], stroke: Stroke) -> NDArray[Any]:
    """Return the window of an array that a stroke's box covers."""
    return array[stroke.y : stroke.bottom, stroke.x : stroke.right]


def _follow_ink(stroke: Stroke, marks: Marks, low: float, reach: int) -> Stroke:
    """Return a stroke with the ink over a contrast that hangs together with it, as far around it as is said."""
    x, y = max(0, stroke.x - reach), max(0, stroke.y - reach)
    ink = np.asarray(marks.contrast[y : stroke.bottom + reach, x : stroke.right + reach] > low, np.uint8)
    own = np.zeros(ink.shape, bool)
    own[stroke.y - y : stroke.bottom - y, stroke.x - x : stroke.right - x] = stroke.mask
    _, labels = cv2.connectedComponents(ink | own)
    return trim_stroke(replace(stroke, x=x, y=y, mask=np.isin(labels, np.unique(labels[own]))))


def find_pale(marks: Marks, parts: Parts, strokes: list[Stroke]) -> list[Stroke]:
    """Find the parts that look drawn, too, but are so much paler than the strokes that they are none of them.

    In a shadow, or where the pen runs dry; not at the border.

    Args:
        marks: that the parts and the strokes are of.
        parts: those among all marks, not only the strong ones.
        strokes: that were found.
    """
    if marks.flat:
        return []
    looks, high = _measure_looks(parts), parts.boxes[:, 3] * parts.step
    usual = _measure_usual_height(
        np.array([stroke.height for stroke in strokes]), np.array([stroke.mask.sum() for stroke in strokes])
    )
    pale = (looks > PALE * looks[parts.score.argmax()]) & (parts.contact == 0)
    pale &= (high >= PALE_HIGH * usual) & (high <= HIGHEST * usual)
    if not pale.any():
        return []
    drawn = draw_strokes(strokes, marks)
    held = np.bincount(parts.labels[pool_cells(drawn, parts.step) > 0], minlength=len(parts) + 1)[1:]
    found = []
    for part in np.flatnonzero(pale & (held <= COVERED * parts.area)):
        x, y, width, height = (int(length) * parts.step for length in parts.boxes[part])
        window = np.s_[y : y + height, x : x + width]
        own = show_parts(parts, np.arange(len(parts)) == part, marks.contrast.shape)[window] > 0
        own &= marks.contrast[window] > max(marks.least, PALE_INK * float(parts.level[part]))
        if own.any():
            found.append(trim_stroke(Stroke(x, y, own)))
    return found


def trim_stroke(stroke: Stroke) -> Stroke:
    """Return a stroke without empty rows and columns around its ink."""
    x, y, width, height = cv2.boundingRect(stroke.mask.astype(np.uint8))
    return replace(stroke, x=stroke.x + x, y=stroke.y + y, mask=stroke.mask[y : y + height, x : x + width])


def _find_specks(marks: Marks, drawn: Pixels, edge: float, usual: float, strokes: int) -> list[Stroke]:
    """Find what is too small to be a digit, and larger than dirt.

    Args:
        drawn: uint8 (h, w), 255 where the strokes are.
        edge: contrast from which a pixel is ink.
        usual: height of the strokes.
        strokes: how many there are.
    """
    level = SPECK_LEVEL * cv2.mean(marks.contrast, drawn)[0]
    mask = cv2.threshold(marks.contrast, max(edge, level), 255, cv2.THRESH_BINARY)[1]
    apart = cv2.subtract(mask, cv2.dilate(drawn, np.ones((3, 3), np.uint8)))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(apart, connectivity=8)
    longer = stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1].max(axis=1)
    found = np.flatnonzero((longer >= max(2.0, DIRT * usual)) & (longer < SPECK * usual))
    if found.size > MAX_SMALL[0] + MAX_SMALL[1] * strokes:  # the paper is dirty: only what may be digits is left
        found = found[stats[found, cv2.CC_STAT_HEIGHT] >= SMALL_DIGIT * usual]
    if found.size > MAX_STROKES:
        return []
    specks = []
    for label in found[found > 0]:
        x, y, width, height, _ = (int(length) for length in stats[label])
        own = labels[y : y + height, x : x + width] == label
        if marks.contrast[y : y + height, x : x + width][own].max() >= SPECK_STRONG * level:
            specks.append(Stroke(x, y, own))
    return specks


def part_by_cell(strokes: list[Stroke], tables: Tables | None) -> dict[Cell | None, list[Stroke]]:
    """Return the strokes that each cell of a table holds, and under None those outside of all; in order of cells."""
    held: dict[Cell | None, list[Stroke]] = {}
    for stroke in strokes:
        cell = tables.find_cell(stroke.mask, stroke.x, stroke.y) if tables else None
        held.setdefault(cell, []).append(stroke)
    return dict(sorted(held.items(), key=lambda item: item[0].place if item[0] else ()))


def _show_drawn(marks: Marks, parts: Parts) -> Pixels:
    """Return the contrast of what looks drawn, and 0 elsewhere."""
    looks = _measure_looks(parts)
    drawn = looks > LOOKS_DRAWN * looks[parts.score.argmax()]
    return np.asarray(cv2.bitwise_and(marks.contrast, show_parts(parts, drawn, marks.contrast.shape)))


def _measure_looks(parts: Parts) -> NDArray[np.float64]:
    """Return how much each part looks drawn, whatever its size."""
    return np.asarray(parts.score / np.maximum(1, parts.size), np.float64)


def _measure_usual_height(heights: NDArray[np.int32], weights: NDArray[Any]) -> float:
    """Return the usual height: half of the weight, as the ink of strokes, is on higher ones."""
    order = np.argsort(heights)
    total = np.cumsum(weights[order])
    return float(heights[order][np.searchsorted(total, total[-1] / 2)])


def join_above(strokes: list[Stroke], usual: float) -> list[Stroke]:
    """Join strokes that lie above each other, as the hat of a 5 lies above its belly; not two rows of digits."""
    strokes = sorted(strokes, key=lambda stroke: -stroke.mask.sum())
    in_row = _find_in_rows(strokes)
    joined: list[Stroke] = []
    boxes = np.zeros((len(strokes), 4), int)  # x, y, right, bottom of those joined
    rows = np.zeros(len(strokes), bool)  # which of those joined stand in a row
    for stroke, is_in_row in zip(strokes, in_row, strict=True):
        x, y, right, bottom = boxes[: len(joined)].T
        shared = np.minimum(stroke.right, right) - np.maximum(stroke.x, x)
        height = np.maximum(stroke.bottom, bottom) - np.minimum(stroke.y, y)
        gap = np.maximum(stroke.y, y) - np.minimum(stroke.bottom, bottom)
        fits = (height <= HIGHEST * (bottom - y)) | (height <= HIGHEST * usual)
        fits &= gap >= -BESIDE * np.minimum(stroke.height, bottom - y)
        above = (shared >= ABOVE * np.minimum(stroke.width, right - x)) & (gap <= HOVER * usual) & fits
        above &= ~(rows[: len(joined)] & is_in_row)
        if above.any():
            index = int(above.argmax())
            joined[index] = join_strokes([stroke, joined[index]])
        else:
            index = len(joined)
            joined.append(stroke)
        rows[index] |= is_in_row
        boxes[index] = joined[index].x, joined[index].y, joined[index].right, joined[index].bottom
    return joined


def _find_in_rows(strokes: list[Stroke]) -> NDArray[np.bool_]:
    """Tell which strokes stand beside one as high as they are, both higher than hats: digits of a row, (n,)."""
    boxes = np.array([(one.x, one.y, one.right, one.bottom) for one in strokes], np.int32).reshape(-1, 4)
    return np.concatenate(
        [
            np.zeros(0, np.bool_),
            *(_are_in_rows(boxes[at : at + COMPARED], boxes) for at in range(0, len(boxes), COMPARED)),
        ]
    )


def _are_in_rows(some: NDArray[np.int32], boxes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell which of some boxes, (m, 4), stand beside one of all, (n, 4), that is as high: x, y, right and bottom."""
    (x, y, right, bottom), (own_x, own_y, own_right, own_bottom) = boxes.T, some.T[..., None]
    high, own_high = bottom - y, own_bottom - own_y
    lower, higher = np.minimum(own_high, high), np.maximum(own_high, high)
    shared = np.minimum(own_bottom, bottom) - np.maximum(own_y, y)
    apart = np.maximum(own_x - right, x - own_right)
    beside = (higher <= AS_HIGH * lower) & (shared >= BESIDE * lower) & (apart >= 0) & (apart <= ROW_GAP * lower)
    tall, own_tall = high >= TALL * (right - x), own_high >= TALL * (own_right - own_x)
    return np.asarray((beside & own_tall & tall).any(axis=1), np.bool_)


def join_strokes(strokes: list[Stroke]) -> Stroke:
    """Return one stroke that holds the ink of all."""
    if len(strokes) == 1:
        return strokes[0]
    x, y = min(stroke.x for stroke in strokes), min(stroke.y for stroke in strokes)
    right, bottom = max(stroke.right for stroke in strokes), max(stroke.bottom for stroke in strokes)
    mask = np.zeros((bottom - y, right - x), bool)
    for stroke in strokes:
        mask[stroke.y - y : stroke.bottom - y, stroke.x - x : stroke.right - x] |= stroke.mask
    return Stroke(x, y, mask, max(stroke.beyond for stroke in strokes))


def measure_apart(one: Stroke, other: Stroke) -> float:
    """Return how much paper is between the ink of two strokes, in pixels; 0 where they touch."""
    x, y = min(one.x, other.x), min(one.y, other.y)
    right, bottom = max(one.right, other.right), max(one.bottom, other.bottom)
    paper = np.ones((bottom - y, right - x), np.uint8)
    paper[other.y - y : other.bottom - y, other.x - x : other.right - x] -= other.mask
    away = cv2.distanceTransform(paper, cv2.DIST_L2, 5)
    own = away[one.y - y : one.bottom - y, one.x - x : one.right - x][one.mask]
    return max(0.0, float(own.min()) - 1)
