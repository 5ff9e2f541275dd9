"""Find the digits of a written number, or of several, in one picture.

    picture -> marks -> strokes -> lines -> pieces (touching digits cut) -> groups of pieces that are a digit each

A number is read along its lines: each line's pieces, from left to right, are grouped so that the groups look most like
digits. How much a group looks like one, the caller says (a network's certainty); without that, its shape does.

Owns lines and groups. Knows no networks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk, TooLarge
from ..framing import frame_digit
from .decoding import Picture
from .digits import look_for_ink
from .ink import crop_ink, is_faint, stretch_ink, thicken_hairlines
from .paper import Marks, find_marks
from .parts import find_roughly
from .strokes import NO_DIGIT, PAGE_GRID, Stroke, cut_stroke, find_strokes, join_strokes, refine_marks

PAGE_SIDE = 1000  # pixels of a photograph's longer side: a page's digits are smaller than a single one
SMALL = 0.4  # of its line's height: lower groups are dots, dashes and commas
LEAST_HEIGHT = 0.3  # of the usual height, likewise
SAME_LINE = 0.4  # of the lower one's height that two neighbours on a line share
LAST = 3  # strokes of a line: a stroke's neighbours
MAX_LOOKS = 2500  # groups of pieces that are looked at: half a millisecond each
WIDEST = 1.3  # times its line's height that a digit is wide
CUT_COST = 2.0  # in nats, what cutting through ink must win
GAP_COST = 2.0  # in nats a tenth of the line's height: what joining across white paper must win
MAX_PIECES = 6  # of one digit
BROAD = 1.0  # of its height: a digit that is wider looks less like one,
STEEP = 4.0  # by so many nats for every further height
DOUBTED = 0.5  # looks less like a digit than that: left out at the border, if anything else is there
LEAST_LOOK = 1e-4  # so that one bad group does not decide alone

Look = Callable[[NDArray[np.uint8]], NDArray[np.floating]]


@dataclass(frozen=True)
class FoundDigit:
    """A digit found in a picture."""

    digit: NDArray[np.uint8]  # (28, 28), framed
    box: tuple[int, int, int, int]  # x, y, width, height in pixels of the upright picture
    line: int
    faint: bool = False  # too little ink to be trusted


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
    marks, parts = find_roughly(find_marks(picture.pixels, photo_side=PAGE_SIDE), PAGE_GRID)
    marks, parts = refine_marks(marks, parts)
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
        FoundDigit(digit, _place(group, marks, picture), number, is_faint(_show_group(group, marks), marks))
        for (number, group), digit, is_beside in zip(grouped, framed, beside, strict=True)
        if not is_beside
    ]
    if len(digits) == 1:
        alone = look_for_ink(picture)
        return [replace(digits[0], digit=frame_digit(alone.ink), faint=alone.faint)]
    return digits


def _lies_beside(groups: list[Stroke], framed: NDArray[np.uint8], look: Look) -> NDArray[np.bool_]:
    """Tell which groups are part of something that goes over the border and does not look like digits, (n,).

    A cable, a finger, the table beside the paper; but if there is nothing else, then it is what was meant.
    """
    beyond = np.array([group.beyond for group in groups])
    beside = np.zeros(len(groups), bool)
    for ink in np.unique(beyond[beyond > 0]):
        beside[beyond == ink] = look(framed[beyond == ink]).mean() < DOUBTED
    return beside & ~beside.all()


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
        for end in range(start + 1, min(len(pieces), start + MAX_PIECES) + 1)
        if end == start + 1 or _width(pieces[start:end]) <= WIDEST * high
    ]
    _check_looks(len(spans))
    groups = {span: join_strokes(pieces[span[0] : span[1]]) for span in spans}
    digits = np.stack([_frame(group, marks) for group in groups.values()])
    looks = np.log(np.maximum(LEAST_LOOK, look(digits) * look_at_shape(digits)))
    best: list[tuple[float, list[Stroke]]] = [(0.0, []), *((-np.inf, []) for _ in pieces)]
    for (start, end), worth in sorted(zip(spans, looks, strict=True), key=lambda item: item[0]):
        within = sum(min(0.0, joint) for joint in joints[start + 1 : end])
        total = best[start][0] + float(worth) + within - max(0.0, joints[start])
        if total > best[end][0]:
            best[end] = (total, [*best[start][1], groups[start, end]])
    return [group for group in best[-1][1] if group.height >= max(SMALL * high, LEAST_HEIGHT * usual)]


def _check_looks(number: int) -> None:
    if number > MAX_LOOKS:
        raise TooLarge(
            f"The picture holds too much that may be a digit; at most {MAX_LOOKS} are looked at. Send a part."
        )


def _width(strokes: list[Stroke]) -> int:
    return max(stroke.right for stroke in strokes) - min(stroke.x for stroke in strokes)


def look_at_shape(digits: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Say how much framed digits look like one by their shape: no digit is much wider than high."""
    across = np.count_nonzero(digits.any(axis=1), axis=1)
    down = np.count_nonzero(digits.any(axis=2), axis=1)
    return np.asarray(np.exp(-STEEP * np.maximum(0.0, across / down - BROAD)))


def _frame(group: Stroke, marks: Marks) -> NDArray[np.uint8]:
    """Frame the ink of one group."""
    return frame_digit(thicken_hairlines(crop_ink(stretch_ink(_show_group(group, marks), marks))))


def _show_group(group: Stroke, marks: Marks) -> NDArray[np.uint8]:
    """Return the contrast of one group, its soft edges included: uint8 (h, w)."""
    height, width = marks.contrast.shape
    x, y = max(0, group.x - 2), max(0, group.y - 2)
    right, bottom = min(width, group.right + 2), min(height, group.bottom + 2)
    mask = np.zeros((bottom - y, right - x), np.uint8)
    mask[group.y - y : group.bottom - y, group.x - x : group.right - x] = group.mask
    mask = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)))
    return np.asarray(marks.contrast[y:bottom, x:right] * mask, np.uint8)


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
