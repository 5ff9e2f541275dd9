"""Split the ink of a framed digit into the pieces that a person would name: the bar of a 7, its stem, the loop of a 6.

    digit -> thin to lines -> cut where lines meet, at corners, and where they are long -> pieces

Each pixel of ink belongs to the piece whose line is nearest. Knows geometry only, no networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from .thinning import Line, Mask, find_meetings, part_lines, thin_ink

FINER = 2  # times: the digit is enlarged before it is thinned, else the lines of small loops close
INK = 96  # of 255: what belongs to a line
MAX_PIECES = 8  # the shortest beyond these are joined to their neighbours
MIN_LINE = 8  # pixels of the enlarged digit: a shorter line is a spur of its neighbour
MAX_LINE = 44  # pixels of the enlarged digit: a longer line is cut into equal lengths; a 7's stem has about 40
ARM = 8  # pixels of the enlarged digit before and after a point, between which it turns
CORNER = np.radians(62)  # a sharper turn is a corner; an arc as tight as a loop of a small 8 turns less
STRAIGHT = 0.13  # of the distance between its ends a straight line strays, at most; a quarter of a circle 0.21
CLOSED = 0.35  # of a line's points lie between its ends, at most, where it is a loop
FLAT = 0.5  # rise over run, at most, of a bar
STEEP = 2.0  # rise over run, at least, of a stem
SPANS = 0.7  # of the digit's height or width, at least: such a piece lies at neither end of it
THIRD = 1 / 3

Place = Literal[
    "top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right", "long"
]
Shape = Literal["bar", "stem", "slant", "curve", "loop"]
PLACES, SHAPES = get_args(Place), get_args(Shape)


@dataclass(frozen=True)
class Piece:
    """A piece of a digit: its pixels, where it lies in the digit, and its shape."""

    mask: Mask
    place: Place
    shape: Shape


def split_ink(digit: NDArray[np.uint8]) -> list[Piece]:
    """Split a digit into pieces, from the top down.

    Args:
        digit: uint8 (28, 28), paper 0 to ink 255.

    Returns:
        Each pixel of ink in exactly one piece; fewer than two where there is too little ink to split.
    """
    lines = _find_lines(digit)
    if not lines:
        return []
    enlarged = (digit.shape[1] * FINER, digit.shape[0] * FINER)
    distances = np.stack([_measure_distance(line, enlarged) for line in lines])
    nearest = distances.argmin(axis=0)
    ink = digit > 0
    box = cv2.boundingRect(ink.astype(np.uint8))
    pieces = [
        Piece(mask, _name_place(mask, box), _name_shape(line))
        for mask, line in (((nearest == number) & ink, line) for number, line in enumerate(lines))
        if mask.any()
    ]
    return sorted(pieces, key=lambda piece: float(np.argwhere(piece.mask)[:, 0].mean()))


def _find_lines(digit: NDArray[np.uint8]) -> list[Line]:
    enlarged = cv2.resize(digit, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_LINEAR)
    thin = thin_ink(np.asarray(enlarged, np.uint8) >= INK)
    lines = [piece for line in part_lines(thin, find_meetings(thin)) for piece in _cut_at_corners(line)]
    long = [line for line in lines if len(line) >= MIN_LINE] or lines
    lines = sorted((piece for line in long for piece in _cut_by_length(line)), key=len, reverse=True)
    return lines[:MAX_PIECES]


def _cut_at_corners(line: Line) -> list[Line]:
    """Cut a line at each point where it turns sharply, sharper than around it."""
    if len(line) <= 2 * ARM:
        return [line]
    before = (line[ARM:-ARM] - line[: -2 * ARM]).astype(np.float64)
    after = (line[2 * ARM :] - line[ARM:-ARM]).astype(np.float64)
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turn = np.abs(np.arctan2(cross, (before * after).sum(axis=1)))
    cuts: list[int] = []
    for place in np.argsort(-turn, kind="stable").tolist():
        if turn[place] < CORNER:
            break
        if all(abs(place - other) >= ARM for other in cuts):
            cuts.append(place)
    return [piece for piece in np.split(line, [place + ARM for place in sorted(cuts)]) if len(piece)]


def _cut_by_length(line: Line) -> list[Line]:
    return list(np.array_split(line, max(1, round(len(line) / MAX_LINE + 0.3))))


def _measure_distance(line: Line, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return how far each pixel of the digit is from a line."""
    paper = np.full(size[::-1], 255, np.uint8)
    paper[line[:, 0], line[:, 1]] = 0
    distance = cv2.distanceTransform(paper, cv2.DIST_L2, 3)
    return np.asarray(cv2.resize(distance, (size[0] // FINER, size[1] // FINER), interpolation=cv2.INTER_AREA))


def _name_place(mask: Mask, box: tuple[int, int, int, int]) -> Place:
    rows, columns = np.nonzero(mask)
    words = [
        _third(rows, box[1], box[3], ("top", "", "bottom")),
        _third(columns, box[0], box[2], ("left", "", "right")),
    ]
    name = " ".join(word for word in words if word)
    if name:
        return cast("Place", name)
    spans = max(np.ptp(rows) / box[3], np.ptp(columns) / box[2]) >= SPANS
    return "long" if spans else "middle"


def _third(places: NDArray[np.intp], start: int, length: int, words: tuple[str, str, str]) -> str:
    if np.ptp(places) + 1 >= SPANS * length:
        return ""
    share = (places.mean() + 0.5 - start) / length
    return words[0] if share < THIRD + 0.05 else words[2] if share > 2 * THIRD - 0.05 else words[1]


def _name_shape(line: Line) -> Shape:
    ends = (line[-1] - line[0]).astype(np.float64)
    chord, length = float(np.hypot(*ends)), len(line)
    if chord < CLOSED * length and length > MAX_LINE / 2:
        return "loop"
    away = np.abs(ends[0] * (line - line[0])[:, 1] - ends[1] * (line - line[0])[:, 0]).max() / max(chord, 1.0)
    if away > STRAIGHT * chord:
        return "curve"
    rise, run = np.abs(ends).tolist()
    if rise <= FLAT * run:
        return "bar"
    return "stem" if rise >= STEEP * run else "slant"
