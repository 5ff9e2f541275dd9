"""Let a network look at ink, framed as if each piece were one digit, and read lines by what it sees.

    strokes -> framed -> looked at, as one batch
    lines -> cut into pieces -> every run of pieces looked at, of all lines at once -> the best groups of each line

How much ink looks like a digit, the caller says. Knows no networks.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from ..framing import frame_digit
from .grouping import WIDEST, Group, Line, Seen, Span, check_looks, choose_way, cut_line, group_pieces, is_clear
from .ink import crop_ink, stretch_ink, thicken_hairlines
from .lines import LEAST_HEIGHT
from .paper import Marks
from .strokes import SMALL_DIGIT, Stroke

MAX_PARTED = 1000  # groups of pieces that are looked at once more, where lines are parted along the lines of the pen
SOFT_REACH = 0.03  # of a digit's longer side: so far around it goes its edge, where that is soft

Look = Callable[[NDArray[np.uint8]], tuple[NDArray[np.floating], NDArray[np.floating]]]


def look_at(strokes: list[Stroke], marks: Marks, look: Look) -> list[Seen]:
    """Look at ink as if each were one digit."""
    if not strokes:
        return []
    digits = np.stack([_frame(stroke, marks) for stroke in strokes])
    probabilities, looks = look(digits)
    best = probabilities.argmax(axis=1).tolist()
    broad = np.count_nonzero(digits.any(axis=1), axis=1) / np.count_nonzero(digits.any(axis=2), axis=1)
    return [
        Seen(framed, digit, float(row[digit]), float(certain), float(wide))
        for framed, digit, row, certain, wide in zip(digits, best, probabilities, looks, broad, strict=True)
    ]


def read_lines(
    lines: list[tuple[list[Stroke], list[Stroke]]], known: dict[int, Seen], usual: float, marks: Marks, look: Look
) -> list[list[Group]]:
    """Read lines, each cut from top to bottom; one where that is not clear also along the lines of the pen.

    Args:
        lines: strokes as high as digits, and the small ones beside them.
        known: by the identity of the lines' strokes, how they look.
        usual: height of the strokes of all lines.
        marks: that the strokes are of.
        look: as find_writing's.
    """
    cut: list[Line] = []
    runs = 0
    for line, beside in lines:
        cut.append(cut_line(line, beside, known))
        runs += len(cut[-1].groups) - len(line) - len(beside)
        check_looks(runs)
    highs = [min(usual, max(stroke.height for stroke in line) / LEAST_HEIGHT) for line, _ in lines]
    read = [
        [group_pieces(way, high, seen)]
        for way, high, seen in zip(cut, highs, _look_at_runs(cut, known, marks, look), strict=True)
    ]
    parted: dict[int, Line] = {}
    left = MAX_PARTED
    for at, (way, (line, beside)) in enumerate(zip(cut, lines, strict=True)):
        if len(way.pieces) > len(line) + len(beside) and not _are_clear(read[at][0].groups):
            along = cut_line(line, beside, known, along=True)
            left -= len(along.groups)
            if left < 0:
                break
            parted[at] = along
    for at, seen in zip(parted, _look_at_runs(list(parted.values()), known, marks, look), strict=True):
        read[at].append(group_pieces(parted[at], highs[at], seen))
    return [choose_way(ways) for ways in read]


def _are_clear(groups: list[Group]) -> bool:
    """Tell whether a line's strokes clearly are one digit each, no broader than one is, or a sign."""
    return all(
        group.whole
        and not group.close
        and (group.seen is None or (is_clear(group.seen) and group.seen.broad <= WIDEST))
        for group in groups
    )


def _look_at_runs(lines: list[Line], known: dict[int, Seen], marks: Marks, look: Look) -> list[dict[Span, Seen]]:
    """Look at every run of pieces that is high enough to be a digit, of all lines at once.

    Args:
        lines: what cut_line returns.
        known: by the identity of whole strokes, those that were looked at.
        marks: that the strokes are of.
        look: as find_writing's.
    """
    seen: list[dict[Span, Seen]] = [{} for _ in lines]
    shown: list[tuple[int, Span, Stroke]] = []
    for number, line in enumerate(lines):
        for span, group in line.groups.items():
            if id(group) in known:
                seen[number][span] = known[id(group)]
            elif group.height >= SMALL_DIGIT * line.high:
                shown.append((number, span, group))
    check_looks(len(shown))
    for (number, span, _), one in zip(shown, look_at([group for _, _, group in shown], marks, look), strict=True):
        seen[number][span] = one
    return seen


def look_at_shape_alone(digits: NDArray[np.uint8]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Take framed digits for likely ones where nothing can judge them: their shape is weighed in any case."""
    return np.ones((len(digits), 1)), np.ones(len(digits))


def _frame(group: Stroke, marks: Marks) -> NDArray[np.uint8]:
    """Frame the ink of one group."""
    contrast = show_group(group, marks, SOFT_REACH * max(group.width, group.height))
    return frame_digit(thicken_hairlines(crop_ink(stretch_ink(contrast, marks, softly=True))))


def show_group(group: Stroke, marks: Marks, reach: float = 0.0) -> NDArray[np.uint8]:
    """Return the contrast of one group, its soft edges included: uint8 (h, w).

    Args:
        reach: pixels around the group, on uneven paper, up to which fainter ink than its own is its edge.
    """
    height, width = marks.contrast.shape
    far = 0 if marks.flat else round(reach)
    around = max(2, far + 1)
    x, y = max(0, group.x - around), max(0, group.y - around)
    right, bottom = min(width, group.right + around), min(height, group.bottom + around)
    mask = np.zeros((bottom - y, right - x), np.uint8)
    mask[group.y - y : group.bottom - y, group.x - x : group.right - x] = group.mask
    contrast = marks.contrast[y:bottom, x:right]
    near = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)))
    if far > 1:
        faintest = int(marks.contrast[group.y : group.bottom, group.x : group.right][group.mask].min())
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * far + 1, 2 * far + 1))
        near |= cv2.dilate(mask, disc) & (contrast <= faintest)
    return np.asarray(contrast * near, np.uint8)
