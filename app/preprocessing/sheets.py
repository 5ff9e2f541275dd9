"""Go into the sheet, the frame or the card on which something is drawn, and cut off what a bad crop left beside it.

    grey -> what stands straight on a flat surround -> its inside -> strips along the border cut off -> grey
    a photograph -> a light sheet on something darker -> lifted and turned straight -> grey

Owns where the paper is. Does not know what is drawn on it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .explanation import Step, Steps

FLAT = 3  # grey levels that flat paper's pixels stray from its most frequent one (JPEG, palettes)
FLAT_BORDER = 0.95  # of the border's pixels that must be paper too, or something surrounds the paper
INK_SPREAD = 16  # grey levels that its ink strays from its most frequent one
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
CARD_SPANS = 0.5  # of a card's width or height over which one part of it reaches at least
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
STRIPPED = 3  # rows, or columns, at least: of two, each would be the strip beside the other
STRIP_LEVEL = 0.98  # of each of its lines that has its level,
BESIDE_STRIP = 0.995  # and of the line beside it that is paper: no ink reaches the strip
SHEET_INSIDE = 0.94  # of a sheet's sides that are kept: its edges are not straight, and cast shadows
RECTANGULAR = 0.85  # of its smallest rectangle that a sheet fills
CONVEX = 0.7  # of its convex outline that a sheet fills; fingers and fat strokes at its edge take the rest
SMALLEST_TABLE = 64  # pixels of the shorter side of a picture in which a sheet is looked for
SHADING_SIDE = 256  # pixels of the thumbnail from which the paper is estimated


class Lifted(NamedTuple):
    """A sheet that was lifted off a picture, or the whole picture."""

    grey: NDArray[np.uint8]  # (h, w)
    thumb: NDArray[np.uint8]  # the same, reduced to SHADING_SIDE
    place: NDArray[np.float64]  # (3, 3): from its pixels to the picture's


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
        surround, share = measure_border(grey)
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


def cut_strips(grey: NDArray[np.uint8], steps: Steps | None) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Cut off strips of one level along some of the borders, if what is left has a border of paper.

    Returns:
        The crop, and its place in the picture, (3, 3).
    """
    place = np.eye(3)
    if measure_border(grey)[1] >= FLAT_BORDER:
        return grey, place
    rest = grey
    for _ in range(2):  # across the end of one strip there may be another
        top, bottom = _measure_strip(rest), _measure_strip(rest[::-1])
        rest = rest[top : len(rest) - bottom]
        left, right = _measure_strip(rest.T), _measure_strip(rest.T[::-1])
        rest = rest[:, left : rest.shape[1] - right]
        place[:2, 2] += left, top
    paper, share = measure_border(rest)
    x, y = (int(length) for length in place[:2, 2])
    after = grey.shape[0] - y - len(rest), grey.shape[1] - x - rest.shape[1]
    lines = zip((y, after[0], x, after[1]), (rest[0], rest[-1], rest[:, 0], rest[:, -1]), strict=True)
    beside = [count_near(line, paper) >= BESIDE_STRIP * line.size for width, line in lines if width]
    if not beside or not all(beside) or share < FLAT_BORDER:
        return grey, np.eye(3)
    rest = np.ascontiguousarray(rest)
    if steps is not None:
        steps.append(Step("sheet", "cut off the strip along the border", rest))
    return rest, place


def _measure_strip(grey: NDArray[np.uint8]) -> int:
    """Return how many of the first rows are a strip of one level, with paper of one other level behind them; or 0."""
    if len(grey) < STRIPPED:
        return 0
    corner = round(STRIP * grey.shape[1])  # where other strips may be
    rows = grey[: round(STRIP * len(grey)) + 2, corner : grey.shape[1] - corner]
    level = int(np.bincount(rows[0]).argmax())
    width = next((row for row in range(len(rows)) if count_near(rows[row], level) < STRIP_LEVEL * rows.shape[1]), 0)
    for row in range(width, min(width + 2, len(rows)) if width else 0):  # the first may be the strip's soft edge
        paper = int(np.bincount(rows[row]).argmax())
        if abs(paper - level) > 2 * FLAT and count_near(rows[row], paper) >= BESIDE_STRIP * rows.shape[1]:
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
    cells = away = _find_away(grey, surround)
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
    if step > 1 and not _hangs_together(away[y * step : (y + height) * step, x * step : (x + width) * step]):
        return None
    inside = x * step + inset, y * step + inset, width * step - 2 * inset, height * step - 2 * inset
    return inside if min(inside[2:]) > 0 and _holds_ink(grey, inside, surround, step, is_round) else None


def _hangs_together(drawn: NDArray[np.uint8]) -> bool:
    """Tell whether something in a box reaches over much of it: a card or a line of a frame, and no digit of a page."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(drawn)
    sizes = stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1] / drawn.shape[::-1]
    return float(sizes.max(initial=0.0)) >= CARD_SPANS


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
    level, share = measure_border(crop)
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
    if max(width, height) < BAR * min(width, height) or measure_border(inside)[0] == surround:
        return False
    return not _holds_ink(grey, box, surround) and not _is_written_on(inside, surround)


def _is_level(grey: NDArray[np.uint8], level: int) -> bool:
    """Tell whether most of a picture is near a level."""
    step = max(1, max(grey.shape) // 64)
    sample = grey[::step, ::step]
    return count_near(sample, level) > sample.size / 2


def _find_away(grey: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    """Return where grey is not near a level, 0 or 255."""
    return np.asarray(cv2.threshold(cv2.absdiff(grey, level), 2 * FLAT, 255, cv2.THRESH_BINARY)[1])


def lift_sheet(grey: NDArray[np.uint8], steps: Steps | None = None) -> Lifted:
    """Crop to a light sheet that lies on something dark, and turn it straight; where there is none, keep the whole."""
    thumb = reduce_picture(grey, SHADING_SIDE)
    outline = _find_sheet(thumb)
    if outline is None:
        return Lifted(grey, thumb, np.eye(3))
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
    return Lifted(lifted, reduce_picture(lifted, SHADING_SIDE), np.linalg.inv(turn))


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


def measure_border(grey: NDArray[np.uint8]) -> tuple[int, float]:
    """Return the border's most frequent level, and which share of the border is near it."""
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    level = int(np.bincount(border).argmax())
    return level, count_near(border, level) / border.size


def count_near(grey: NDArray[np.uint8], level: int) -> int:
    """Return how many pixels are near a level."""
    return int(np.count_nonzero((grey >= max(0, level - FLAT)) & (grey <= min(255, level + FLAT))))


def reduce_picture(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Reduce a larger picture by averaging until its longer side has `side` pixels."""
    height, width = pixels.shape[:2]
    scale = side / max(width, height)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
