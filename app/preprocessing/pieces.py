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
Mask = NDArray[np.bool_]  # (28, 28)
Line = NDArray[np.int32]  # (n, 2): row and column of each point on the way


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
    thin = _thin(np.asarray(enlarged, np.uint8) >= INK)
    lines = [piece for line in _cut_where_lines_meet(thin) for piece in _cut_at_corners(line)]
    long = [line for line in lines if len(line) >= MIN_LINE] or lines
    lines = sorted((piece for line in long for piece in _cut_by_length(line)), key=len, reverse=True)
    return lines[:MAX_PIECES]


def _thin(ink: Mask) -> Mask:
    """Thin ink to lines that are one pixel wide.

    Source: Zhang and Suen, "A fast parallel algorithm for thinning digital patterns", 1984.
    """
    thin = np.pad(ink, 1).astype(np.uint8)
    while True:
        before = thin.copy()
        for first in (True, False):
            ring = _ring(thin)
            count = ring.sum(axis=0)
            north, _, east, _, south, _, west, _ = ring
            spared = (east & south & (north | west)) if first else (north & west & (east | south))
            thin[(thin == 1) & (count >= 2) & (count <= 6) & (_count_turns(ring) == 1) & (spared == 0)] = 0
        if np.array_equal(before, thin):
            return np.asarray(thin[1:-1, 1:-1], np.bool_)


def _ring(thin: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the eight neighbours of each pixel, clockwise from the one above: (8, h, w)."""
    ways = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
    return np.stack([np.roll(thin, way, axis=(0, 1)) for way in ways])


def _count_turns(ring: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Count how often one goes from paper to ink around each pixel: the lines that meet there."""
    return np.asarray(((ring == 0) & (np.roll(ring, -1, axis=0) == 1)).sum(axis=0), np.uint8)


def _cut_where_lines_meet(thin: Mask) -> list[Line]:
    padded = np.pad(thin, 1).astype(np.uint8)
    meeting = (padded == 1) & (_count_turns(_ring(padded)) >= 3)
    cut = padded & ~cv2.dilate(meeting.astype(np.uint8), np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(np.asarray(cut[1:-1, 1:-1], np.uint8), connectivity=8)
    return [_follow(labels == label) for label in range(1, count)]


def _follow(line: Mask) -> Line:
    """Return the points of a line from one end to the other; a loop begins at its top."""
    left = {(int(row), int(column)) for row, column in np.argwhere(line)}
    ends = [point for point in left if len(_near(point, left)) == 1]
    point = min(ends or left)
    way = [point]
    left.discard(point)
    while near := _near(point, left):
        point = min(near, key=lambda other: abs(other[0] - point[0]) + abs(other[1] - point[1]))
        way.append(point)
        left.discard(point)
    return np.array(way, np.int32)


def _near(point: tuple[int, int], points: set[tuple[int, int]]) -> list[tuple[int, int]]:
    row, column = point
    around = ((row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right)
    return [other for other in around if other in points]


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
