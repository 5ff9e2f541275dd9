"""Find the digits of a written number, or of several, in one picture.

    picture -> marks -> marks again, for digits of their size -> strokes -> lines -> pieces (touching digits cut)
    -> groups of pieces that are a digit each

A number is read along its lines: each line's pieces, from left to right, are grouped so that the groups look most like
digits. What looks like a digit is said by whoever calls (a network's certainty); without that, by the shape alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk, TooLarge
from ..framing import frame_digit
from .decoding import Picture
from .digits import find_ink
from .ink import crop_ink, stretch_ink, thicken_hairlines
from .paper import Marks, find_marks, find_marks_on_uneven_paper
from .parts import Parts, clear_rules, find_parts, find_roughly, measure_parting, show_parts

NO_DIGIT = "No digit was found in the picture. Write larger or darker, and send it again."
WORKING_SIDE = 1000  # pixels of a photograph's longer side: a page's digits are smaller than a single one
GRID = 256  # cells on the longer side of the grid on which parts are found
BROADEST = 0.6  # of the usual height: what is broader both ways is no stroke, but a shadow or the table
SPECK = 0.3  # of the usual height: strokes smaller both ways are specks, unless a digit is near
SMALL = 0.4  # of its line's height: lower groups are dots, dashes and commas
SMALLEST = 0.3  # of the usual height, likewise
LONG = 3.0  # times the usual height: strokes so wide and not as high are lines
LOOKS_DRAWN = 0.01  # of the best part's score: what looks less like a digit's part is the table, a shadow, a frame
SAME_LINE = 0.4  # of the lower one's height that two neighbours on a line share
LAST = 3  # strokes of a line: a stroke's neighbours
ABOVE = 0.5  # of the narrower stroke's width that it shares with the one below it, of the same digit
HIGHEST = 1.8  # times the usual height, or the larger stroke's, that a digit made up of strokes is high at most
MOST_STROKES = 1000  # of a picture
MOST_BOXES = 16_000_000  # pixels of all strokes' boxes together: four large pictures full of strokes around each other
MOST_LOOKS = 2500  # groups of pieces that are looked at: half a millisecond each
HOVER = 0.25  # of the usual height that is between the strokes at most
WIDEST = 1.3  # times its line's height that a digit is wide
NARROWEST = 0.12  # of its line's height: the narrowest piece that is cut off a stroke
CUTS = 0.35  # of its line's height: one cut is looked for in so much of a wide stroke's width
WIDE = 0.75  # of its line's height: wider strokes may be digits that touch
CUT_COST = 2.0  # in nats, what cutting through ink must win
GAP_COST = 2.0  # in nats a tenth of the line's height: what joining across white paper must win
MOST_PIECES = 6  # of one digit
MOST_INK = 0.3  # of a stroke's height that a cut goes through ink at most
BROAD = 1.0  # of its height: a digit that is wider looks less like one,
STEEP = 4.0  # by so many nats for every further height
DOUBTED = 0.5  # looks less like a digit than that: left out at the border, if anything else is there
LEAST_LOOK = 1e-4  # so that one bad group does not decide alone

Pixels = NDArray[np.uint8]
Look = Callable[[NDArray[np.uint8]], NDArray[np.floating]]


@dataclass(frozen=True)
class FoundDigit:
    """A digit found in a picture."""

    digit: NDArray[np.uint8]  # (28, 28), framed
    box: tuple[int, int, int, int]  # x, y, width, height in pixels of the upright picture
    line: int


@dataclass(frozen=True)
class Stroke:
    """Connected ink, or a piece that was cut off it. mask: bool (height, width) at (x, y) of the marks."""

    x: int
    y: int
    mask: NDArray[np.bool_]
    beyond: int = 0  # number of the ink that it is part of, if that goes over the border of the marks; else 0

    @property
    def width(self) -> int:
        """How many columns it takes up."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """How many rows it takes up."""
        return int(self.mask.shape[0])

    @property
    def right(self) -> int:
        """The column after its last."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The row after its last."""
        return self.y + self.height


def find_digits(picture: Picture | NDArray[np.uint8], look: Look | None = None) -> list[FoundDigit]:
    """Find the digits of a picture in reading order.

    Args:
        picture: what decode_picture returns, or its pixels.
        look: says how much each of some framed digits, uint8 (n, 28, 28), looks like one: (n,), 0 to 1.

    Raises:
        NoInk: there is none.
        TooLarge: there is more than is read in time.
    """
    shape_or_network, looked = look or look_at_shape, 0

    def count_and_look(digits: NDArray[np.uint8]) -> NDArray[np.floating]:
        nonlocal looked
        looked += len(digits)
        _check_looks(looked)
        return shape_or_network(digits)

    if not isinstance(picture, Picture):
        picture = Picture(picture, picture.shape[1], picture.shape[0])
    marks, parts = find_roughly(find_marks(picture.pixels, working_side=WORKING_SIDE), GRID)
    marks, parts = look_closer(marks, parts)
    strokes = find_strokes(marks, parts)
    usual = float(np.median([stroke.height for stroke in strokes]))
    grouped = [
        (number, group)
        for number, line in enumerate(find_lines(strokes))
        for group in group_pieces(line, marks, usual, count_and_look)
    ]
    if not grouped:
        raise NoInk(NO_DIGIT)
    framed = np.stack([_frame(group, marks) for _, group in grouped])
    beside = _lies_beside([group for _, group in grouped], framed, shape_or_network)
    digits = [
        FoundDigit(digit, _place(group, marks, picture), number)
        for (number, group), digit, is_beside in zip(grouped, framed, beside, strict=True)
        if not is_beside
    ]
    if len(digits) == 1:
        return [replace(digits[0], digit=frame_digit(find_ink(picture)))]
    return digits


def look_closer(marks: Marks, parts: Parts) -> tuple[Marks, Parts]:
    """Look at uneven paper again, now that the digits' size shows what is too broad to be written.

    Args:
        marks: with their parts, as find_roughly() returns them; on flat paper both are returned as they are.
    """
    if marks.grey is None:
        return marks, parts
    usual = _measure_usual_height(parts.boxes[:, 3] * parts.step, _measure_looks(parts))
    widest = BROADEST * usual / max(marks.grey.shape)
    closer = find_marks_on_uneven_paper(marks.grey, marks.dark, widest, marks.likely, without_steps=True)
    closer = clear_rules(replace(closer, place=marks.place))
    found = find_parts(closer, closer.least, GRID)
    return (closer, found) if found.score.any() else (marks, parts)


def _lies_beside(groups: list[Stroke], framed: NDArray[np.uint8], look: Look) -> NDArray[np.bool_]:
    """Tell which groups are part of something that goes over the border and does not look like digits, (n,).

    A cable, a finger, the table beside the paper; but if there is nothing else, then it is what was meant.
    """
    beyond = np.array([group.beyond for group in groups])
    beside = np.zeros(len(groups), bool)
    for ink in np.unique(beyond[beyond > 0]):
        beside[beyond == ink] = look(framed[beyond == ink]).mean() < DOUBTED
    return beside & ~beside.all()


def find_strokes(marks: Marks, parts: Parts) -> list[Stroke]:
    """Find the connected ink of all digits, without specks and lines."""
    contrast, edge = _show_drawn(marks, parts), float(marks.least)
    if not marks.flat:  # look again, at what is as strong as the digits' own ink
        edge = measure_parting(contrast, marks.least)
        stronger = find_parts(marks, edge, GRID)
        contrast = _show_drawn(marks, stronger) if stronger.score.any() else contrast
    mask = cv2.threshold(contrast, edge, 255, cv2.THRESH_BINARY)[1]
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
    if (number := int(written.sum())) > MOST_STROKES:
        raise TooLarge(f"The picture holds {number} strokes; at most {MOST_STROKES} are read. Send a part of it.")
    boxes = int((widths.astype(np.int64) * heights)[written].sum())
    if boxes > MOST_BOXES:
        raise TooLarge(
            f"The picture's strokes reach over {boxes:,} pixels; at most {MOST_BOXES:,} are read. Send a part."
        )
    strokes = []
    for label in np.flatnonzero(written):
        x, y, width, height, _ = (int(length) for length in stats[label])
        own = labels[y : y + height, x : x + width] == label
        strokes.append(Stroke(x, y, own, int(label) if at_border[label] else 0))
    return join_above(strokes, usual)


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
    """Join strokes that lie above each other, as the hat of a 5 lies above its belly."""
    strokes = sorted(strokes, key=lambda stroke: -stroke.mask.sum())
    joined: list[Stroke] = []
    boxes = np.zeros((len(strokes), 4), int)  # x, y, right, bottom of those joined
    for stroke in strokes:
        x, y, right, bottom = boxes[: len(joined)].T
        shared = np.minimum(stroke.right, right) - np.maximum(stroke.x, x)
        height = np.maximum(stroke.bottom, bottom) - np.minimum(stroke.y, y)
        gap = np.maximum(stroke.y, y) - np.minimum(stroke.bottom, bottom)
        fits = (height <= HIGHEST * (bottom - y)) | (height <= HIGHEST * usual)
        above = (shared >= ABOVE * np.minimum(stroke.width, right - x)) & (gap <= HOVER * usual) & fits
        if above.any():
            index = int(above.argmax())
            joined[index] = _join([stroke, joined[index]])
        else:
            index = len(joined)
            joined.append(stroke)
        boxes[index] = joined[index].x, joined[index].y, joined[index].right, joined[index].bottom
    return joined


def _join(strokes: list[Stroke]) -> Stroke:
    if len(strokes) == 1:
        return strokes[0]
    x, y = min(stroke.x for stroke in strokes), min(stroke.y for stroke in strokes)
    right, bottom = max(stroke.right for stroke in strokes), max(stroke.bottom for stroke in strokes)
    mask = np.zeros((bottom - y, right - x), bool)
    for stroke in strokes:
        mask[stroke.y - y : stroke.bottom - y, stroke.x - x : stroke.right - x] |= stroke.mask
    return Stroke(x, y, mask, max(stroke.beyond for stroke in strokes))


def find_lines(strokes: list[Stroke]) -> list[list[Stroke]]:
    """Sort strokes into lines from top to bottom, each from left to right.

    A stroke belongs to the line whose last stroke it lies beside, so that a line may climb or fall.
    """
    lines: list[list[Stroke]] = []
    ends = np.zeros(
        (len(strokes), LAST, 2), int
    )  # y and bottom of each line's last strokes: all are looked at for each
    for stroke in sorted(strokes, key=lambda stroke: stroke.x):
        tops, bottoms = np.moveaxis(ends[: len(lines)], 2, 0)
        shared = np.minimum(stroke.bottom, bottoms) - np.maximum(stroke.y, tops)
        shares = (shared / np.minimum(stroke.height, np.maximum(1, bottoms - tops))).max(axis=1, initial=0.0)
        share = float(shares.max(initial=0.0))
        if share >= SAME_LINE:
            index = int(np.flatnonzero(shares == share)[-1])
            lines[index].append(stroke)
        else:
            index = len(lines)
            lines.append([stroke])
        ends[index, (len(lines[index]) - 1) % LAST] = stroke.y, stroke.bottom
    return sorted(lines, key=lambda line: float(np.median([stroke.y + stroke.height / 2 for stroke in line])))


def group_pieces(line: list[Stroke], marks: Marks, usual: float, look: Look) -> list[Stroke]:
    """Group a line's strokes, cut where digits touch, into the digits that look best."""
    high = float(np.median([stroke.height for stroke in line if stroke.height >= 0.6 * max(s.height for s in line)]))
    pieces: list[Stroke] = []
    joints: list[float] = []  # what it costs to part a piece from the one before it, in nats; below 0, to join them
    for stroke in line:
        cut = cut_stroke(stroke, high)
        gap = stroke.x - max((piece.right for piece in pieces), default=stroke.x)
        joints += [-GAP_COST * max(0, gap) / (0.1 * high)] + [CUT_COST] * (len(cut) - 1)
        pieces += cut
        _check_looks(len(pieces))
    spans = [
        (start, end)
        for start in range(len(pieces))
        for end in range(start + 1, min(len(pieces), start + MOST_PIECES) + 1)
        if end == start + 1 or _width(pieces[start:end]) <= WIDEST * high
    ]
    _check_looks(len(spans))
    groups = {span: _join(pieces[span[0] : span[1]]) for span in spans}
    digits = np.stack([_frame(group, marks) for group in groups.values()])
    looks = np.log(np.maximum(LEAST_LOOK, look(digits) * look_at_shape(digits)))
    best: list[tuple[float, list[Stroke]]] = [(0.0, []), *((-np.inf, []) for _ in pieces)]
    for (start, end), worth in sorted(zip(spans, looks, strict=True), key=lambda item: item[0]):
        within = sum(min(0.0, joint) for joint in joints[start + 1 : end])
        total = best[start][0] + float(worth) + within - max(0.0, joints[start])
        if total > best[end][0]:
            best[end] = (total, [*best[start][1], groups[start, end]])
    return [group for group in best[-1][1] if group.height >= max(SMALL * high, SMALLEST * usual)]


def _check_looks(number: int) -> None:
    if number > MOST_LOOKS:
        raise TooLarge(
            f"The picture holds too much that may be a digit; at most {MOST_LOOKS} are looked at. Send a part."
        )


def _width(strokes: list[Stroke]) -> int:
    return max(stroke.right for stroke in strokes) - min(stroke.x for stroke in strokes)


def cut_stroke(stroke: Stroke, high: float) -> list[Stroke]:
    """Cut a wide stroke wherever two digits may touch: along the ways from top to bottom through the least ink."""
    if stroke.width < WIDE * high:
        return [stroke]
    seams = _find_seams(stroke.mask, max(2, round(NARROWEST * high)), round(stroke.width / (CUTS * high)))
    columns = np.arange(stroke.width)
    pieces, left = [], np.zeros(stroke.height, int)
    for right in [*seams, np.full(stroke.height, stroke.width)]:
        between = stroke.mask & (columns >= left[:, None]) & (columns < right[:, None])
        left = right
        if between.any():
            pieces.append(_trim(Stroke(stroke.x, stroke.y, between, stroke.beyond)))
    return pieces


def _find_seams(mask: NDArray[np.bool_], apart: int, most: int) -> list[NDArray[np.int64]]:
    """Return, for each place to cut, the column of the cut in every row, (h,); from left to right, `apart` at least.

    A way steps at most one column a row, and costs the ink that it goes through.
    """
    height, width = mask.shape
    cost = mask.astype(np.float32) + 0.02 * np.abs(np.diff(mask.astype(np.float32), axis=1, prepend=0))
    total = np.full((height, width + 2), np.inf)  # with a column beside either border
    total[:, 1:-1] = cost
    came = np.zeros((height, width), np.int64)
    for row in range(1, height):
        above = total[row - 1]
        best, left, right = above[1:-1].copy(), above[:-2] + 0.05, above[2:] + 0.05
        for way, steps in ((-1, left), (1, right)):
            better = steps < best
            best[better] = steps[better]
            came[row, better] = way
        total[row, 1:-1] += best
    seams: list[NDArray[np.int64]] = []
    ends = total[-1, 1:-1]
    taken = np.zeros(width, bool)
    taken[:apart] = taken[-apart:] = True
    while not taken.all() and len(seams) < most:
        end = int(np.where(taken, np.inf, ends).argmin())
        if ends[end] > MOST_INK * height:  # and so are all that are left
            break
        seam = np.zeros(height, np.int64)
        seam[-1] = end
        for row in range(height - 1, 0, -1):
            seam[row - 1] = seam[row] + came[row, seam[row]]
        taken[max(0, end - apart) : end + apart + 1] = True
        if not seams or np.abs(np.array(seams) - seam).min() >= apart // 2:
            seams.append(seam)
    return sorted(seams, key=lambda seam: float(seam.mean()))


def _trim(stroke: Stroke) -> Stroke:
    x, y, width, height = cv2.boundingRect(stroke.mask.astype(np.uint8))
    return replace(stroke, x=stroke.x + x, y=stroke.y + y, mask=stroke.mask[y : y + height, x : x + width])


def look_at_shape(digits: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Say how much framed digits look like one by their shape: no digit is much wider than high."""
    across = np.count_nonzero(digits.any(axis=1), axis=1)
    down = np.count_nonzero(digits.any(axis=2), axis=1)
    return np.asarray(np.exp(-STEEP * np.maximum(0.0, across / down - BROAD)))


def _frame(group: Stroke, marks: Marks) -> NDArray[np.uint8]:
    """Frame the ink of one group, its soft edges included."""
    height, width = marks.contrast.shape
    x, y = max(0, group.x - 2), max(0, group.y - 2)
    right, bottom = min(width, group.right + 2), min(height, group.bottom + 2)
    mask = np.zeros((bottom - y, right - x), np.uint8)
    mask[group.y - y : group.bottom - y, group.x - x : group.right - x] = group.mask
    mask = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)))
    contrast = marks.contrast[y:bottom, x:right] * mask
    return frame_digit(thicken_hairlines(crop_ink(stretch_ink(contrast, marks))))


def _place(group: Stroke, marks: Marks, picture: Picture) -> tuple[int, int, int, int]:
    """Return the box of a group in pixels of the upright picture as it was sent."""
    x, y, right, bottom = group.x, group.y, group.right, group.bottom
    corners = marks.place @ np.array([[x, right, x, right], [y, y, bottom, bottom], [1, 1, 1, 1]], float)
    reduced = np.array([[picture.pixels.shape[1]], [picture.pixels.shape[0]]])
    size = np.array([[picture.width], [picture.height]])
    corners = corners[:2] * size / reduced
    left, top = np.clip(np.floor(corners.min(axis=1)), 0, size[:, 0] - 1).astype(int)
    end_x, end_y = np.clip(np.ceil(corners.max(axis=1)), 1, size[:, 0]).astype(int)
    return int(left), int(top), int(end_x - left), int(end_y - top)
