"""Find what is written in a picture: on its sheet or on several that lie on a table, and the date a camera printed.

    picture -> strips of paper, if there are several -> the numbers of each (numbers.py) -> one reading order
            -> else its numbers                      -> a camera's date as the last line

Owns what becomes of several sheets and of a date. Does not know how they are found, nor what a digit is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk, TooLarge
from .decoding import Picture
from .grouping import check_looks
from .looking import Look, look_at_shape_alone
from .numbers import FoundDigit, FoundMark, Weigh, Writing, find_numbers
from .page_ink import PAGE_SIDE
from .slashes import weigh_slashes
from .stamps import Stamp, find_stamp
from .strips import Box, Strip, find_strips, is_smooth, sort_boxes, take_out
from .strokes import NO_DIGIT

STAMP_FOUND = 0.6  # of the width of a date's glyphs that was found already: then it is read as all other ink is


def find_writing(
    picture: Picture | NDArray[np.uint8],
    look: Look | None = None,
    photo_side: int = PAGE_SIDE,
    weigh: Weigh = weigh_slashes,
    find_finer: Callable[[float], Writing | None] | None = None,
) -> Writing:
    """Find the digits and signs of a picture in reading order; a camera's date is a line of its own, the last one.

    Args:
        picture: what decode_picture returns, or its pixels.
        look: says of framed digits, uint8 (n, 28, 28), which they are, (n, classes), and how much each looks like a
            digit at all, (n,): 0 to 1.
        photo_side: pixels to which the longer side of a photograph is reduced.
        weigh: says which straight strokes of lines are slashes, as weigh_slashes does.
        find_finer: finds what is written in more pixels, if strokes so high are small; asked where there are many, so
            that not all of them are looked at twice.

    Raises:
        NoInk: there is no digit.
        TooLarge: there is more than is read in time.
    """
    look = look or look_at_shape_alone
    if not isinstance(picture, Picture):
        picture = Picture(picture, picture.shape[1], picture.shape[0])
    if strips := find_strips(picture.pixels):
        return _read_strips(strips, picture, look, weigh)
    writing = find_numbers(picture, look, photo_side, weigh, find_finer)
    stamp = find_stamp(picture.pixels) if picture.pixels.ndim == 3 else None
    return writing if stamp is None else _read_stamp(writing, stamp, picture, look, weigh)


def _read_strips(strips: list[Strip], picture: Picture, look: Look, weigh: Weigh) -> Writing:
    """Return what is written on strips of paper, one after the other, and then what is written beside them.

    All of them together may hold as much as one page.

    Raises:
        NoInk: there is no digit.
        TooLarge: there is more than is read in time.
    """
    looked_at = 0

    def count_looks(digits: NDArray[np.uint8]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        nonlocal looked_at
        looked_at += len(digits)
        check_looks(looked_at)
        return look(digits)

    scale = _measure_scale(picture)
    to_sent = np.diag([*scale, 1.0])
    blocks: list[tuple[Box, list[FoundDigit | FoundMark]]] = []
    highs: list[float] = []
    for strip in strips:
        height, width = strip.pixels.shape
        place = to_sent @ strip.place
        try:
            writing = find_numbers(Picture(strip.pixels, width, height), count_looks, PAGE_SIDE, weigh)
        except NoInk:
            blocks.append((strip.box, [FoundMark(None, _move_box((0, 0, width, height), place), 0, doubted=True)]))
            continue
        blocks.append((strip.box, [replace(item, box=_move_box(item.box, place)) for item in writing.items]))
        highs.append(writing.high)
    if is_smooth(picture.pixels):
        rest = replace(picture, pixels=take_out(picture.pixels, strips))
        blocks += _read_beside(rest, count_looks, weigh, scale)
    items: list[FoundDigit | FoundMark] = []
    for at in sort_boxes([box for box, _ in blocks]):
        items += _move(blocks[at][1], items)
    if not any(isinstance(item, FoundDigit) for item in items):
        raise NoInk(NO_DIGIT)
    return Writing(items, min(highs, default=np.inf))


def _read_beside(
    rest: Picture, look: Look, weigh: Weigh, scale: NDArray[np.float64]
) -> list[tuple[Box, list[FoundDigit | FoundMark]]]:
    """Return each line that is written beside the strips, with its box in the picture's pixels."""
    try:
        found = find_numbers(rest, look, PAGE_SIDE, weigh).items
    except NoInk:
        return []
    lines: dict[int, list[FoundDigit | FoundMark]] = {}
    for item in found:
        lines.setdefault(item.line, []).append(replace(item, line=0))
    blocks = []
    for line in lines.values():
        edges = np.array([item.box for item in line], float)
        edges[:, 2:] += edges[:, :2]
        low, high = edges[:, :2].min(axis=0) / scale, edges[:, 2:].max(axis=0) / scale
        blocks.append(((float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])), line))
    return blocks


def _measure_scale(picture: Picture) -> NDArray[np.float64]:
    """Return how many pixels of the picture as it was sent one of its pixels is wide and high, (2,)."""
    return np.array((picture.width / picture.pixels.shape[1], picture.height / picture.pixels.shape[0]))


def _move(found: list[FoundDigit | FoundMark], before: list[FoundDigit | FoundMark]) -> list[FoundDigit | FoundMark]:
    """Return what was found in a part of a picture, in the lines after those before."""
    line = 1 + max((item.line for item in before), default=-1)
    bond = 1 + max((item.bond for item in before), default=0)
    return [replace(item, line=line + item.line, bond=bond + item.bond) for item in found]


def _move_box(box: tuple[int, int, int, int], place: NDArray[np.float64]) -> tuple[int, int, int, int]:
    x, y, width, height = box
    corners = place @ np.array([(x, y, 1), (x + width, y, 1), (x, y + height, 1), (x + width, y + height, 1)], float).T
    low, high = np.maximum(0, corners[:2].min(axis=1)), corners[:2].max(axis=1)
    left, top = int(low[0]), int(low[1])
    return left, top, max(1, round(float(high[0])) - left), max(1, round(float(high[1])) - top)


def _read_stamp(writing: Writing, stamp: Stamp, picture: Picture, look: Look, weigh: Weigh) -> Writing:
    """Return what is written, and a camera's date as the last line, or a doubted mark where nothing of it is read.

    Where most of its glyphs were found among the other ink, what was found stays.
    """
    scale = _measure_scale(picture)
    found = [item for item in writing.items if _lies_in(item.box, stamp.crop, scale)]
    if stamp.measure_found([(item.box[0] / scale[0], item.box[2] / scale[0]) for item in found]) >= STAMP_FOUND:
        return replace(
            writing,
            items=[_mark_printed(item) if any(item is one for one in found) else item for item in writing.items],
        )
    kept = [item for item in writing.items if not any(item is one for one in found)]
    if not any(isinstance(item, FoundDigit) for item in kept) and writing.digits:
        kept = []  # nothing but pieces of the date was found
    last = 1 + max((item.line for item in kept), default=-1)
    left, upper, wide, high = (float(length) for length in np.array(stamp.crop) * np.tile(scale, 2))
    try:
        date = find_numbers(Picture(stamp.grey, round(wide), round(high)), look, PAGE_SIDE, weigh)
    except (NoInk, TooLarge):
        across, down, width, height = (round(float(length)) for length in np.array(stamp.box) * np.tile(scale, 2))
        box = (across, down, max(1, width), max(1, height))
        return Writing([*writing.items, FoundMark(None, box, last, doubted=True)], writing.high)
    placed = [
        replace(
            _mark_printed(item),
            box=(item.box[0] + round(left), item.box[1] + round(upper), item.box[2], item.box[3]),
        )
        for item in date.items
    ]
    return Writing([*kept, *_move(placed, kept)], writing.high)


def _mark_printed(item: FoundDigit | FoundMark) -> FoundDigit | FoundMark:
    return replace(item, printed=True) if isinstance(item, FoundDigit) else item


def _lies_in(box: tuple[int, int, int, int], crop: tuple[int, int, int, int], scale: NDArray[np.float64]) -> bool:
    """Tell whether the middle of a box, in pixels of the picture as it was sent, lies in a crop of its pixels."""
    x, y = (np.array(box[:2]) + np.array(box[2:]) / 2) / scale
    return bool(crop[0] <= x <= crop[0] + crop[2] and crop[1] <= y <= crop[1] + crop[3])
