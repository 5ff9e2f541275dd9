"""Tell what is drawn from the paper it is drawn on.

    picture -> grey (colours mixed) -> marks: how strongly each pixel differs from the paper around it

Owns colour, polarity and shading. Does not know which marks are a digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .explanation import Step, Steps
from .levels import smooth_levels

FLAT = 3  # grey levels that flat paper's pixels stray from its most frequent one (JPEG, palettes)
FLAT_SHARE = 0.5  # of the pixels that are paper where the paper is flat
FLAT_BORDER = 0.95  # of the border's pixels that must be paper too, or something surrounds the paper
FAT_BORDER = 0.5  # likewise, where the ink is fat: it may fill half of the picture and touch its border, but
TWO_LEVELS = 0.8  # of the pixels are paper or ink, with so little between them as only programs draw
FAT = 0.15  # of the pixels that are ink, if it is fat
SLENDER, EXACT = 0.03, 0.98  # likewise, where so much of the paper has one level exactly
SMALL = 32  # pixels of a picture's longer side, up to which so exact paper is flat whatever lies between the two levels
SOFT_BORDER, SOFT_SHARE, SOFT_EXACT = 0.5, 0.2, 0.8  # likewise, where a drawing of
DOZEN = 12  # pixels was enlarged by interpolation
FAR = 112  # grey levels between paper and ink of such a drawing, at least
INK_SPREAD = 16  # grey levels that its ink strays from its most frequent one
BEHIND_LINE = 0.8  # of a shadow, or of a table, that lies between a straight edge and the picture's border
LEAST_CONTRAST = 10  # grey levels between paper and ink that can be told from a blank page
PHOTO_SIDE = 512  # pixels of a photograph's longer side: a pen's line is still two of them wide
TINY = 20  # pixels: a picture whose longer side is shorter is enlarged, and has no shading to speak of
ENLARGED = 4  # times
SMALLEST_BLOCK, MIN_EDGES = 3, 4  # pixels of a tiny picture's pixels, and edges between them, where they are blocks
SHEET = 0.15  # of the picture's area that a sheet or frame in it covers at least,
SMALL_SHEET = 0.03  # or a straight sheet that is written on, with nothing beside it:
WRITTEN_ON = (0.01, 0.5)  # so much of it is further from its own level than INK_SPREAD
SHEET_EDGE = 0.02  # of a straight sheet's longer side that is its edge, or a frame's line
SMALLEST_SHEET = 20  # pixels of the shorter side
EVEN_SURROUND = 0.98  # of the border's pixels that have the surround's level
SHEET_LINED = 0.9  # of its box's sides that a straight sheet or a frame takes up
CARD = 0.9  # of its box that the outline of a card with round corners fills,
ROUND_CARD, AS_WIDE = 0.72, 0.85  # or of a round card: an ellipse fills 0.79; its shorter side, of the longer one
SMALLEST_CARD = 0.02  # of the picture's area that a card covers at least, if most of its box has its colour,
FILLED_CARD = 0.5  # so much of it
CARD_CORNERS = (0.02, 0.05, 0.1, 0.16)  # of a card's longer side that is left out, so that its corners are within it
CARD_LEVEL = 0.95  # of the border of what is within a card, or a frame, that has one level
CARD_INK = 32  # grey levels from it that ink on a card is at least, and
CARD_CONTRAST = 0.4  # of the levels between the card and what is around: less is within a soft stroke
SOLID_HOLE = 0.65  # of its box that the hole of a thick nought fills,
HOLE = 0.3  # and of the card's sides that it takes up at least
UNEVEN_CARD = 0.4  # of the picture's sides that a card takes up at least that has not one level: a photograph
BAR = 2.5  # times as long as wide is a bar at least: a thick 1, and no sheet
STRIP = 0.1  # of the picture's side that a strip along its border is wide at most, which a bad crop left
STRIP_LEVEL = 0.98  # of each of its lines that has its level,
BESIDE_STRIP = 0.995  # and of the line beside it that is paper: no ink reaches the strip
SHEET_INSIDE = 0.94  # of a sheet's sides that are kept: its edges are not straight, and cast shadows
RECTANGULAR = 0.85  # of its smallest rectangle that a sheet fills
CONVEX = 0.7  # of its convex outline that a sheet fills; fingers and fat strokes at its edge take the rest
SMALLEST_TABLE = 64  # pixels of the shorter side of a picture in which a sheet is looked for
COLOURED = 0.02  # of what stands out, that one mix of colours leaves where the paper has colours of its own
SHADING_SIDE = 256  # pixels of the thumbnail from which the paper is estimated
LEAST_LIKELY = 0.25  # of one: dark or light ink that is less likely is not looked for
# Widest stroke looked for, of the picture's longer side, and how likely it is to be meant by comparison: narrow ones
# are only for digits in a shadow as narrow as a wide stroke.
Strokes = tuple[tuple[float, float], ...]
WIDEST_STROKES: Strokes = ((0.3, 1.0), (0.15, 0.5))
NARROW_STROKES: Strokes = (
    (0.06, 1.0),
)  # likewise, where nothing is found: ink that hangs together with a narrow shadow
AROUND = 0.3  # of the longer side: the surroundings with which a mark is compared,
AROUND_SIDE = 128  # pixels: and the thumbnail from which they are estimated
DARKEST_PAPER = 96  # grey level: below it contrast is not divided by the paper's, which would blow up noise
WEAK_AND_USUAL = (5, 40)  # percentiles of a photograph's contrasts: both paper, though fat ink covers half of it
WEAK_TO_USUAL = 1.39  # standard deviations between those percentiles of normal noise
SAMPLED = 16  # of so many contrasts one is sorted, to find a percentile near the same one of the sorted ones
MANY = 4096  # contrasts: of fewer all are looked at
SURELY = 5  # standard deviations of where that is
NOISY = 4  # grey levels of noise from which a photograph is smoothed
NOISE = 5  # standard deviations of the paper's noise from which a pixel is a mark


@dataclass(frozen=True)
class Marks:
    """What differs from the paper. contrast: uint8 (h, w), 0 paper; least: the faintest contrast that is a mark."""

    contrast: NDArray[np.uint8]
    least: int
    dark: bool
    flat: bool
    likely: float = 1.0  # that this is the side on which the ink is
    place: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))  # (3, 3): from these pixels to the picture's
    paper: Paper | None = None  # what they were found on, where it is uneven


@dataclass(frozen=True)
class Paper:
    """Paper whose light or colour varies. grey: uint8 (h, w)."""

    grey: NDArray[np.uint8]
    thumb: NDArray[np.uint8]  # the same, reduced to SHADING_SIDE

    @cached_property
    def smooth(self) -> NDArray[np.uint8]:
        """The thumbnail without noise."""
        return np.asarray(cv2.GaussianBlur(self.thumb, (0, 0), 1.0)) if max(self.thumb.shape) > 64 else self.thumb


@dataclass(frozen=True)
class Side:
    """A way to tell ink from paper: dark or light, with strokes up to a width. Its marks are found when asked for."""

    dark: bool
    flat: bool
    likely: float  # as the marks say it, too
    find: Callable[[], Marks]  # once, however often it is called


def find_sides(
    pixels: NDArray[np.uint8],
    steps: Steps | None = None,
    photo_side: int = PHOTO_SIDE,
    keep_frames: bool = False,
    strokes: Strokes = WIDEST_STROKES,
) -> list[Side]:
    """Find the ways to tell what is drawn from the paper.

    Args:
        pixels: uint8 (h, w) grey or (h, w, 3) RGB.
        photo_side: pixels to which the longer side of a photograph is reduced.
        keep_frames: a frame drawn on the paper is a mark, too: it may be a table's.
        strokes: how wide they are at most, of the picture's longer side, and how likely; on uneven paper.

    Returns:
        One entry where it is plain which side is ink; else those for dark and those for light ink.
    """
    grey = mix_colours(pixels, steps) if pixels.ndim == 3 else pixels
    shape, grey = grey.shape, _gather_blocks(grey)
    if not keep_frames:
        grey = smooth_levels(grey, steps)
    tiny = max(grey.shape) < TINY
    blocks = np.diag([shape[1] / grey.shape[1], shape[0] / grey.shape[0], 1.0])
    grey, place = _enlarge(grey) if tiny else enter_sheet(grey, steps, keep_frames)
    place = blocks @ place
    if not tiny and not keep_frames:
        grey, cut = _cut_strips(grey, steps)
        place = place @ cut
    flat = find_marks_on_flat_paper(grey, surely=tiny)
    if flat is not None:
        marks = replace(flat, place=place)
        sides = [Side(marks.dark, True, marks.likely, lambda: marks)]
    else:
        reduced = reduce_picture(grey, photo_side)
        place = place @ np.diag([grey.shape[1] / reduced.shape[1], grey.shape[0] / reduced.shape[0], 1.0])
        paper, turn = lift_sheet(reduced, steps)
        sides = _find_uneven_sides(paper, place @ turn, strokes)
    if steps is not None:
        for found in [side.find() for side in sides]:
            side = "dark ink on light paper" if found.dark else "light ink on dark paper"
            shading = "" if found.flat else f" ({found.likely:.0%} likely); the paper's shading taken out"
            steps.append(Step("paper", side + shading, found.contrast))
    return sides


def _find_uneven_sides(paper: Paper, place: NDArray[np.float64], strokes: Strokes) -> list[Side]:
    dark = _measure_likelihood_of_dark(paper.thumb)

    def make(is_dark: bool, widest: float, likely: float) -> Side:
        def find() -> Marks:
            return replace(find_marks_on_uneven_paper(paper, is_dark, widest, likely), place=place)

        return Side(is_dark, False, likely, cache(find))

    return [
        make(is_dark, widest, share * likely)
        for is_dark, likely in ((True, dark), (False, 1 - dark))
        if likely > LEAST_LIKELY
        for widest, share in strokes
    ]


def _enlarge(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Enlarge a tiny picture, so that there is paper between its strokes; return also its place, (3, 3)."""
    larger = cv2.resize(grey, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    return np.asarray(larger, np.uint8), np.diag([1 / ENLARGED, 1 / ENLARGED, 1.0])


def _gather_blocks(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the tiny picture that was enlarged to blocks of one level, as in a chart; any other picture as it is."""
    if min(grey.shape) < TINY or not _may_be_in_blocks(grey[len(grey) // 2]):
        return grey
    centres = []
    for lines in (grey, grey.T):
        length = len(lines)
        edges = np.flatnonzero((lines[1:] != lines[:-1]).any(axis=1)) + 1
        if len(edges) < MIN_EDGES:
            return grey
        count = round(length / np.diff(edges, prepend=0, append=length).min())
        block = length / count
        if count >= TINY or block < SMALLEST_BLOCK or np.abs(edges / block - np.round(edges / block)).max() * block > 1:
            return grey
        centres.append(((np.arange(count) + 0.5) * block).astype(int))
    return np.ascontiguousarray(grey[np.ix_(*centres)])


def _may_be_in_blocks(row: NDArray[np.uint8]) -> bool:
    """Tell whether a row's level changes at few places that lie apart."""
    edges = np.flatnonzero(row[1:] != row[:-1])
    return edges.size < TINY and (edges.size < 2 or int(np.diff(edges).min()) >= SMALLEST_BLOCK)


def mix_colours(
    pixels: NDArray[np.uint8], steps: Steps | None = None, mix: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """Mix red, green and blue into one grey.

    Args:
        pixels: uint8 (h, w, 3).
        steps: collects what was decided.
        mix: (3,), one of find_mixes(); the first of them where None.
    """
    mix = find_mixes(pixels)[0] if mix is None else mix
    low, high = mix[mix < 0].sum(), mix[mix > 0].sum()
    weights = np.append(mix, -255 * low) / (high - low)
    grey = np.asarray(cv2.transform(pixels, weights[None].astype(np.float32)), np.uint8)
    if steps is not None:
        red, green, blue = (round(100 * weight) for weight in weights[:3])
        mixed = f"{red} % red, {green} % green and {blue} % blue mixed: there the ink stands out most"
        steps.append(Step("colour", mixed, grey))
    return grey


def find_mixes(pixels: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Find the mixes of red, green and blue in which something stands out most from what is around it.

    Returns:
        One mix, (3,), that is the ink's on paper of one colour. Where the paper has colours of its own they may stand
        out more than the ink, which then stands out among what the first mix leaves: in a second one.
    """
    thumb = reduce_picture(pixels, SHADING_SIDE)
    around = cv2.medianBlur(thumb, _odd(max(thumb.shape) // 2))
    stands_out = (thumb.astype(np.float32) - around).reshape(-1, 3)
    strengths, directions = np.linalg.eigh(stands_out.T @ stands_out)
    mixes = [mix if mix.sum() >= 0 else -mix for mix in (directions[:, -1], directions[:, -2])]
    return mixes if strengths[-2] > COLOURED * strengths[-1] else mixes[:1]


def enter_sheet(
    grey: NDArray[np.uint8], steps: Steps | None = None, keep_frames: bool = False
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Crop to the sheet, or to the inside of the frame, that stands straight on a flat surround.

    Args:
        grey: uint8 (h, w).
        steps: collects what was decided.
        keep_frames: only a sheet is entered, not what has the surround's level within.

    Returns:
        The crop, and its place in the picture, (3, 3).
    """
    place = np.eye(3)
    for _ in range(2):  # a frame has an outside and an inside
        surround, share = _measure_border(grey)
        if share < EVEN_SURROUND:
            break
        inside = _find_straight_sheet(grey, surround)
        if inside is not None and _is_bar(grey, inside, surround):
            break
        if inside is None and not keep_frames:  # else what is beside it is left out
            inside = _find_card(grey, surround)
        if inside is None:
            break
        x, y, width, height = inside
        if keep_frames and _is_level(grey[y : y + height, x : x + width], surround):
            break
        grey = grey[y : y + height, x : x + width]
        place[:2, 2] += x, y
        if steps is not None:
            steps.append(Step("sheet", "went inside the frame or the edge of the sheet", grey))
    return grey, place


def _cut_strips(grey: NDArray[np.uint8], steps: Steps | None) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Cut off strips of one level along some of the borders, if what is left has a border of paper.

    Returns:
        The crop, and its place in the picture, (3, 3).
    """
    place = np.eye(3)
    if _measure_border(grey)[1] >= FLAT_BORDER:
        return grey, place
    rest = grey
    for _ in range(2):  # across the end of one strip there may be another
        top, bottom = _measure_strip(rest), _measure_strip(rest[::-1])
        rest = rest[top : len(rest) - bottom]
        left, right = _measure_strip(rest.T), _measure_strip(rest.T[::-1])
        rest = rest[:, left : rest.shape[1] - right]
        place[:2, 2] += left, top
    paper, share = _measure_border(rest)
    x, y = (int(length) for length in place[:2, 2])
    after = grey.shape[0] - y - len(rest), grey.shape[1] - x - rest.shape[1]
    lines = zip((y, after[0], x, after[1]), (rest[0], rest[-1], rest[:, 0], rest[:, -1]), strict=True)
    beside = [_count_near(line, paper) >= BESIDE_STRIP * line.size for width, line in lines if width]
    if not beside or not all(beside) or share < FLAT_BORDER:
        return grey, np.eye(3)
    rest = np.ascontiguousarray(rest)
    if steps is not None:
        steps.append(Step("sheet", "cut off the strip along the border", rest))
    return rest, place


def _measure_strip(grey: NDArray[np.uint8]) -> int:
    """Return how many of the first rows are a strip of one level, with paper of one other level behind them; or 0."""
    corner = round(STRIP * grey.shape[1])  # where other strips may be
    rows = grey[: round(STRIP * len(grey)) + 2, corner : grey.shape[1] - corner]
    level = int(np.bincount(rows[0]).argmax())
    width = next((row for row in range(len(rows)) if _count_near(rows[row], level) < STRIP_LEVEL * rows.shape[1]), 0)
    for row in range(width, min(width + 2, len(rows)) if width else 0):  # the first may be the strip's soft edge
        paper = int(np.bincount(rows[row]).argmax())
        if abs(paper - level) > 2 * FLAT and _count_near(rows[row], paper) >= BESIDE_STRIP * rows.shape[1]:
            return row
    return 0


def _find_straight_sheet(grey: NDArray[np.uint8], surround: int) -> tuple[int, int, int, int] | None:
    """Return the inside (x, y, width, height) of a frame or sheet on all four sides of its box, or None."""
    step = max(1, min(grey.shape) // 64)
    sample = _find_away(grey[::step, ::step], surround)
    x, y, width, height = cv2.boundingRect(sample)
    if width * height < SMALL_SHEET * sample.size or min(width, height) * step < SMALLEST_SHEET:
        return None
    is_small = width * height < SHEET * sample.size
    box = sample[y : y + height, x : x + width]
    band = max(1 if step > 1 else 2, round(SHEET_EDGE * max(width, height)))
    sides = (box[:band].any(0), box[-band:].any(0), box[:, :band].any(1), box[:, -band:].any(1))
    if min(np.count_nonzero(side) / side.size for side in sides) < SHEET_LINED:
        return None
    x, y, width, height = cv2.boundingRect(_find_away(grey, surround))
    inset = max(2, round(SHEET_EDGE * max(width, height)))
    inside = grey[y + inset : y + height - inset, x + inset : x + width - inset]
    if is_small and not (inside.size and _is_written_on(inside, surround)):
        return None
    return x + inset, y + inset, width - 2 * inset, height - 2 * inset


def _is_written_on(inside: NDArray[np.uint8], surround: int) -> bool:
    """Tell whether what lies within an outline is a sheet of another level than its surround, with ink on it."""
    level = int(np.bincount(inside.ravel()).argmax())
    towards = (inside.astype(np.int16) - level) * (1 if surround > level else -1)  # the surround, as a soft stroke is
    ink = (towards < -INK_SPREAD) | (towards > max(INK_SPREAD, CARD_CONTRAST * abs(level - surround)))
    return abs(level - surround) > 2 * FLAT and WRITTEN_ON[0] <= float(ink.mean()) <= WRITTEN_ON[1]


def _find_card(grey: NDArray[np.uint8], surround: int) -> tuple[int, int, int, int] | None:
    """Return the inside of the largest thing, if it is a card, sheet or frame with something in it; else None.

    Its corners may be round, and other things beside it: a canvas among buttons, a chart's axes, an icon.
    """
    step = max(1, min(grey.shape) // 64)
    cells = _find_away(grey, surround)
    if step > 1:  # a frame's line may be a pixel wide
        rows, columns = grey.shape[0] // step, grey.shape[1] // step
        whole = cells[: rows * step, : columns * step]
        cells = np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.asarray(cells, np.uint8))
    if count == 1:
        return None
    card = 1 + int((stats[1:, cv2.CC_STAT_WIDTH] * stats[1:, cv2.CC_STAT_HEIGHT]).argmax())
    x, y, width, height, area = (int(length) for length in stats[card])
    filled = area >= FILLED_CARD * width * height
    smallest = (SMALLEST_CARD if filled else SHEET) * labels.size
    if width * height < smallest or min(width, height) * step < SMALLEST_SHEET:
        return None
    own = labels[y : y + height, x : x + width] == card
    outline = np.logical_or.accumulate(own, axis=1) & np.logical_or.accumulate(own[:, ::-1], axis=1)[:, ::-1]
    share = outline.mean()
    is_round = share < CARD
    if is_round and not (filled and share >= ROUND_CARD and min(width, height) >= AS_WIDE * max(width, height)):
        return None
    insets = [max(1, round(corner * max(width, height))) for corner in CARD_CORNERS]
    insets = [inset for inset in insets if 2 * inset < min(width, height) - 1 and _has_corners(outline, inset)]
    if not insets:
        return None
    inset = max(2, insets[0] * step)
    if step > 1:  # cells reach beyond their line
        inset += max(2, round(SHEET_EDGE * step * max(width, height)))
    inside = x * step + inset, y * step + inset, width * step - 2 * inset, height * step - 2 * inset
    return inside if min(inside[2:]) > 0 and _holds_ink(grey, inside, surround, step, is_round) else None


def _has_corners(outline: NDArray[np.bool_], inset: int) -> bool:
    """Tell whether the corners of a smaller box are within an outline."""
    return bool(outline[np.ix_((inset, -1 - inset), (inset, -1 - inset))].all())


def _holds_ink(
    grey: NDArray[np.uint8], box: tuple[int, int, int, int], surround: int, step: int = 1, in_one: bool = False
) -> bool:
    """Tell whether something is drawn within a card, that is not the hole of a thick nought.

    Args:
        box: the inside of the card: x, y, width and height.
        surround: the level around the card.
        step: pixels; of so many one is looked at.
        in_one: it is drawn in one part.
    """
    x, y, width, height = box
    crop = grey[y : y + height, x : x + width]
    level, share = _measure_border(crop)
    if share < CARD_LEVEL:
        return not in_one and min(width / grey.shape[1], height / grey.shape[0]) >= UNEVEN_CARD
    least = max(CARD_INK, CARD_CONTRAST * abs(level - surround))
    drawn = (cv2.absdiff(crop[::step, ::step], level) > least).view(np.uint8)
    *_, across, down = cv2.boundingRect(drawn)
    solid = cv2.countNonZero(drawn) > SOLID_HOLE * across * down
    is_hole = solid and across > HOLE * drawn.shape[1] and down > HOLE * drawn.shape[0]
    return across > 0 and not is_hole and not (in_one and cv2.connectedComponents(drawn)[0] > 2)


def _is_bar(grey: NDArray[np.uint8], box: tuple[int, int, int, int], surround: int) -> bool:
    """Tell whether a box is as long and as empty as a thick 1, and no sheet."""
    x, y, width, height = box
    inside = grey[y : y + height, x : x + width]
    if max(width, height) < BAR * min(width, height) or _measure_border(inside)[0] == surround:
        return False
    return not _holds_ink(grey, box, surround) and not _is_written_on(inside, surround)


def _is_level(grey: NDArray[np.uint8], level: int) -> bool:
    """Tell whether most of a picture is near a level."""
    step = max(1, max(grey.shape) // 64)
    sample = grey[::step, ::step]
    return _count_near(sample, level) > sample.size / 2


def _find_away(grey: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    """Return where grey is not near a level, 0 or 255."""
    return np.asarray(cv2.threshold(cv2.absdiff(grey, level), 2 * FLAT, 255, cv2.THRESH_BINARY)[1])


def lift_sheet(grey: NDArray[np.uint8], steps: Steps | None = None) -> tuple[Paper, NDArray[np.float64]]:
    """Crop to a light sheet that lies on something dark, and turn it straight.

    Returns:
        The crop, and its place in the picture, (3, 3).
    """
    thumb = reduce_picture(grey, SHADING_SIDE)
    outline = _find_sheet(thumb)
    if outline is None:
        return Paper(grey, thumb), np.eye(3)
    centre, sides, angle = cv2.minAreaRect(outline)
    while abs(angle) > 45:
        angle, sides = angle - math.copysign(90, angle), sides[::-1]
    scale = max(grey.shape) / max(thumb.shape)
    size = [round(SHEET_INSIDE * side * scale) for side in sides]
    middle = [scale * along for along in centre]
    turn = np.vstack((cv2.getRotationMatrix2D(middle, angle, 1.0), [0, 0, 1]))
    turn[:2, 2] += size[0] / 2 - middle[0], size[1] / 2 - middle[1]
    lifted = cv2.warpAffine(grey, turn[:2], size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lifted = np.asarray(lifted, np.uint8)
    if steps is not None:
        steps.append(Step("sheet", "found a sheet on something darker, and turned it straight", lifted))
    return Paper(lifted, reduce_picture(lifted, SHADING_SIDE)), np.linalg.inv(turn)


def _find_sheet(thumb: NDArray[np.uint8]) -> NDArray[np.int32] | None:
    """Return the convex outline of a light, rectangular sheet with dark on three sides at least, if there is one."""
    height, width = thumb.shape
    if min(height, width) < SMALLEST_TABLE:
        return None
    smooth = cv2.GaussianBlur(thumb, (0, 0), 2)
    light = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
    count, labels = cv2.connectedComponents(light)
    if count == 1:
        return None
    sheet = 1 + int(np.bincount(labels.ravel())[1:].argmax())  # a third of the time of OpenCV's statistics
    own = (labels == sheet).view(np.uint8)
    x, y, w, h = cv2.boundingRect(own)
    if (x <= 1) + (y <= 1) + (x + w >= width - 1) + (y + h >= height - 1) > 1:
        return None
    contours, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = cv2.convexHull(contours[0])
    area, (_, sides, _) = cv2.contourArea(outline), cv2.minAreaRect(outline)
    if area < max(RECTANGULAR * sides[0] * sides[1], SMALL_SHEET * thumb.size):
        return None
    if area < SHEET * thumb.size and not _is_note(thumb[y : y + h, x : x + w], outline):
        return None
    return np.asarray(outline) if cv2.contourArea(contours[0]) >= CONVEX * area else None


def _is_note(crop: NDArray[np.uint8], outline: NDArray[np.int32]) -> bool:
    """Tell whether a small light thing is a note on which something is written, and no thick ink.

    Args:
        crop: the thumbnail within the thing's box.
        outline: of the thing, convex.
    """
    corner = outline.reshape(-1, 2).min(axis=0)
    inside = np.zeros(crop.shape, np.uint8)
    cv2.fillConvexPoly(inside, (outline - corner).astype(np.int32), 1)
    edge = max(2, round(SHEET_EDGE * max(crop.shape)))
    inside = np.asarray(cv2.erode(inside, np.ones((2 * edge + 1, 2 * edge + 1), np.uint8), borderValue=0), np.uint8)
    if min(cv2.boundingRect(inside)[2:]) < SMALLEST_SHEET or not inside.any():
        return False
    level = float(np.median(crop[inside > 0]))
    drawn = ((crop < level - INK_SPREAD) & (inside > 0)).view(np.uint8)
    *_, across, down = cv2.boundingRect(drawn)
    ink = cv2.countNonZero(drawn)
    if not WRITTEN_ON[0] <= ink / cv2.countNonZero(inside) <= WRITTEN_ON[1]:
        return False
    is_hole = ink > SOLID_HOLE * across * down and min(across / crop.shape[1], down / crop.shape[0]) > HOLE
    return not is_hole


def find_marks_on_flat_paper(grey: NDArray[np.uint8], surely: bool = False) -> Marks | None:
    """Find what differs from paper that is the same everywhere, as programs draw it.

    Args:
        surely: the paper is flat, whatever it looks like.

    Returns:
        None on any other paper.
    """
    paper, share = _measure_border(grey)
    step = max(1, max(grey.shape) // 64)
    sample = grey[::step, ::step]
    on_paper = _count_near(sample, paper) / sample.size
    plain = share >= FLAT_BORDER and on_paper >= FLAT_SHARE
    fat = not plain and share >= FAT_BORDER and _is_in_two_levels(sample, paper, on_paper)
    fat = fat or (not plain and share >= SOFT_BORDER and _is_soft(grey, paper, on_paper))
    if not surely and not plain and (not fat or _lies_behind_line(sample, paper)):
        return None
    is_dark = cv2.mean(grey)[0] < paper
    contrast = cv2.subtract(paper, grey) if is_dark else cv2.subtract(grey, paper)
    return Marks(np.asarray(contrast, np.uint8), LEAST_CONTRAST, is_dark, True)


def _measure_border(grey: NDArray[np.uint8]) -> tuple[int, float]:
    """Return the border's most frequent level and how much of the border has it."""
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    level = int(np.bincount(border).argmax())
    return level, _count_near(border, level) / border.size


def _is_in_two_levels(sample: NDArray[np.uint8], paper: int, on_paper: float) -> bool:
    """Tell whether nearly all of a drawing is paper or fat ink: the most frequent level far from the paper's."""
    counts = np.bincount(sample.ravel(), minlength=256)
    is_exact = counts[paper] >= EXACT * on_paper * sample.size
    if is_exact and max(sample.shape) <= SMALL and on_paper >= FLAT_SHARE:
        return True
    least = SLENDER if is_exact else FAT
    counts[max(0, paper - FAR) : paper + FAR + 1] = 0
    ink = int(counts.argmax())
    fat = float(counts[max(0, ink - INK_SPREAD) : ink + INK_SPREAD + 1].sum()) / sample.size
    return fat >= least and on_paper + fat >= TWO_LEVELS


def _is_soft(grey: NDArray[np.uint8], paper: int, on_paper: float) -> bool:
    """Tell whether a drawing of a dozen pixels was enlarged smoothly: exact paper, and no edge that is sharp."""
    if on_paper < SOFT_SHARE or np.count_nonzero(grey == paper) < SOFT_EXACT * on_paper * grey.size:
        return False
    steepest = 255 * DOZEN / max(grey.shape)
    across, down = cv2.absdiff(grey[:, 1:], grey[:, :-1]), cv2.absdiff(grey[1:], grey[:-1])
    strongest = int(cv2.minMaxLoc(cv2.absdiff(grey, paper))[1])
    return strongest >= FAR and max(int(across.max()), int(down.max())) <= steepest + 1


def _lies_behind_line(sample: NDArray[np.uint8], paper: int) -> bool:
    """Tell whether all that is far from the paper's level fills what its places on the border span: a shadow."""
    far = np.asarray(cv2.threshold(cv2.absdiff(sample, paper), FAR // 2, 1, cv2.THRESH_BINARY)[1])
    inner = np.zeros_like(far)
    inner[1:-1, 1:-1] = 1
    places = cv2.findNonZero(np.asarray(far * (1 - inner)))
    if places is None:
        return False
    spanned = np.zeros_like(far)
    cv2.fillConvexPoly(spanned, cv2.convexHull(places), 1)
    either = cv2.countNonZero(cv2.bitwise_or(spanned, far))
    return cv2.countNonZero(cv2.bitwise_and(spanned, far)) > BEHIND_LINE * either


def _count_near(grey: NDArray[np.uint8], level: int) -> int:
    return int(np.count_nonzero((grey >= max(0, level - FLAT)) & (grey <= min(255, level + FLAT))))


def find_marks_on_uneven_paper(
    paper: Paper, is_dark: bool, widest: float, likely: float, without_steps: bool = False
) -> Marks:
    """Find what is darker, or lighter, than the paper around it, where light and paper vary.

    Args:
        widest: stroke, of the picture's longer side: what is broader is paper in a shadow.
        likely: that this is the side on which the ink is.
        without_steps: where the paper itself changes from pixel to pixel, only what differs by more is a mark: at the
            edge of a sheet, of a shadow, of the table.
    """
    height, width = paper.grey.shape
    estimate = _estimate_paper(paper.smooth, widest * max(paper.smooth.shape), is_dark)
    level = cv2.resize(estimate, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    scale = 255 / np.maximum(level, DARKEST_PAPER) if is_dark else np.float32(1)
    contrast = (level - paper.grey if is_dark else paper.grey - level) * scale
    usual, noise = _measure_noise(contrast)
    if noise > NOISY and max(height, width) > SHADING_SIDE:
        contrast = cv2.GaussianBlur(contrast, (0, 0), 1.0)
        usual, noise = _measure_noise(contrast)
    if without_steps:
        climbs = np.asarray(cv2.morphologyEx(estimate, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
        contrast -= cv2.resize(climbs, (width, height), interpolation=cv2.INTER_LINEAR) * scale
    contrast = np.clip(contrast - usual, 0, 255).astype(np.uint8)
    return Marks(contrast, max(LEAST_CONTRAST, round(NOISE * noise)), is_dark, False, likely, paper=paper)


def _measure_noise(contrast: NDArray[np.float32]) -> tuple[float, float]:
    """Return the paper's usual contrast, and the standard deviation of its noise: from its weaker side, without ink."""
    values = contrast[::2, ::2].ravel()
    weak, usual = (find_percentile(values, percent) for percent in WEAK_AND_USUAL)
    return usual, (usual - weak) / WEAK_TO_USUAL


def find_percentile(values: NDArray[np.float32] | NDArray[np.uint8], percent: int) -> float:
    """Return a percentile as numpy does, in a tenth to a quarter of its time.

    Of many values, those near it are picked out first, by the places that a sorted sample names.
    """
    place, beyond = divmod((values.size - 1) * percent, 100)
    if values.size > MANY:
        sample = np.sort(values[::SAMPLED])
        share = percent / 100
        middle, spread = round(share * sample.size), round(SURELY * math.sqrt(share * (1 - share) * sample.size))
        low, high = sample[np.clip((middle - spread, middle + spread), 0, sample.size - 1)]
        before = int(np.count_nonzero(values < low))
        near = values[(values >= low) & (values <= high)]
        if before <= place and place + 1 < before + near.size:  # else the sample is not like the rest
            values, place = near, place - before
    following = min(place + 1, values.size - 1)
    parted = np.partition(values, (place, following))
    lower, upper = float(parted[place]), float(parted[following])
    return lower + (upper - lower) * beyond / 100


def _measure_likelihood_of_dark(smooth: NDArray[np.uint8]) -> float:
    """Return how much of what stands out with sharp edges is darker than the paper around it, 0 to 1."""
    edges = np.asarray(cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), np.float32)
    small = reduce_picture(smooth, AROUND_SIDE)
    around = cv2.medianBlur(small, _odd(round(AROUND * max(small.shape))))
    around = cv2.resize(around, smooth.shape[::-1], interpolation=cv2.INTER_LINEAR)
    dark = float(np.vdot(np.asarray(cv2.subtract(around, smooth), np.float32), edges))
    light = float(np.vdot(np.asarray(cv2.subtract(smooth, around), np.float32), edges))
    return dark / max(1.0, dark + light)


def _estimate_paper(smooth: NDArray[np.uint8], stroke: float, is_dark: bool) -> NDArray[np.uint8]:
    """Close over everything narrower than a stroke; the border goes on as it is, so a table's edge stays table."""
    length = _odd(round(stroke))
    around = length - 1
    padded = np.asarray(cv2.copyMakeBorder(smooth, around, around, around, around, cv2.BORDER_REPLICATE), np.uint8)
    first, then = (cv2.max, cv2.min) if is_dark else (cv2.min, cv2.max)
    return _pick_in_windows(_pick_in_windows(padded, length, first), length, then)


def _pick_in_windows(values: NDArray[np.uint8], length: int, pick: Callable[..., Any]) -> NDArray[np.uint8]:
    """Return the highest or lowest value of each square window that lies within; OpenCV's filters take 5 times longer.

    Of two windows beside each other, the extreme is that of both together: so they double until they are as long.
    """
    for _ in range(2):
        covered = 1
        while covered < length:
            step = min(covered, length - covered)
            values = np.asarray(pick(values[:-step], values[step:]), np.uint8)
            covered += step
        values = np.asarray(cv2.transpose(values), np.uint8)
    return values


def reduce_picture(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Reduce a larger picture by averaging until its longer side has `side` pixels."""
    height, width = pixels.shape[:2]
    scale = side / max(width, height)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def _odd(length: int) -> int:
    """Return an odd kernel length between 3 and 255."""
    return min(255, max(3, length | 1))
