"""Find the digits and signs of a written number, or of several, on one sheet.

    picture -> marks -> strokes -> lines -> groups of their pieces: a digit, a sign or neither -> doubts -> Writing

A number is read along its lines: each line's pieces, from left to right, are grouped so that the groups look most like
digits and signs. How much a group looks like a digit, the caller says (a network); a sign is known by shape and place.

Owns the order of these steps, what is doubted on a page, and slashes. Knows no networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk
from ..framing import frame_digit
from .bonds import find_bonds
from .decoding import Picture
from .digits import look_for_ink
from .doubts import is_fold
from .faint import add_faint_signs
from .grouping import CLEAR_LOOK, WEAK, Group, Seen, is_clear, list_lines, may_be_digit
from .ink import is_faint
from .levels import scale_few_levels
from .lines import ALIKE, Rows, leave_out, sort_into_rows, stand_together
from .looking import Look, look_at, read_lines, show_group
from .page_ink import PAGE_SIDE, find_ink_and_tables
from .paper import Marks
from .punctuation import BAR, mark_punctuation
from .slashes import NEAR, Written, may_be_slash, weigh_slashes
from .strokes import LOW, NO_DIGIT, SMALL_DIGIT, Stroke
from .tables import Cell, Tables

DOUBTED = 0.5  # looks less like a digit than that: left out at the border, if anything else is there
MAYBE = 0.2  # looks so much like a digit, if not more: it is named where it is left out
FEW_FOUND = 3  # digits of uneven paper: of so few, where
LARGE_FOUND = 0.04  # of the picture's longer side is as high as one of them, they are doubted unless one is found alone
TINY = 0.12  # of the usual height: so small digits are read in rows of their own,
MANY_STROKES = 500  # of a page full of digits,
FOUND_AGAIN = 0.8  # of which so many are digits at least where they are looked for in more pixels
MAX_LOWER = 200  # small strokes that are looked at, as if each were a small digit
OTHERS_IN_LINE = 0.3  # of a line's digits that look less like one than WEAK,
OTHERS_ON_PAGE = 0.2  # or of all digits: then all may be letters
UNCLEAR = 0.3  # of a line's digits, or of all, that look less like one than CLEAR_LOOK: likewise,
UNCLEAR_AT_LEAST = 2  # and of so many
BARS = 0.85  # of the digits that are ones: likewise,
FEW_BARS = 6  # where there are so many
UNEVEN_BARS = 1.6  # and the highest are so many times as high as the lowest,
UNEVEN_PENS = 2.0  # or the thickest so many times as thick as the thinnest,
MANY_BARS = 16  # or where there are so many

Weigh = Callable[[Sequence[Sequence[Written]]], dict[tuple[int, int], float]]


@dataclass(frozen=True)
class FoundDigit:
    """A digit found in a picture."""

    digit: NDArray[np.uint8]  # (28, 28), framed
    box: tuple[int, int, int, int]  # x, y, width, height in pixels of the upright picture
    line: int
    faint: bool = False  # too little ink to be trusted
    doubted: bool = False  # whether it may be another digit, a sign or several digits as well
    cell: Cell | None = None  # of a table
    bond: int = 0  # a number that all ink has that hangs together with it
    printed: bool = False  # by a camera: it tells nothing of the hand that wrote the others


@dataclass(frozen=True)
class FoundMark:
    """Ink that is no digit: a sign, or None for what is neither."""

    sign: str | None
    box: tuple[int, int, int, int]
    line: int
    doubted: bool = False  # whether it may be a digit as well
    cell: Cell | None = None  # of a table
    bond: int = 0  # as a digit's


@dataclass(frozen=True)
class Writing:
    """All that is written in a picture, in reading order."""

    items: list[FoundDigit | FoundMark] = field(default_factory=list)
    high: float = np.inf  # pixels in which most of the strokes were seen

    @property
    def digits(self) -> list[FoundDigit]:
        """The digits alone."""
        return [item for item in self.items if isinstance(item, FoundDigit)]

    @property
    def marks(self) -> list[FoundMark]:
        """What is no digit."""
        return [item for item in self.items if isinstance(item, FoundMark)]


def find_numbers(
    picture: Picture,
    look: Look,
    photo_side: int = PAGE_SIDE,
    weigh: Weigh = weigh_slashes,
    find_finer: Callable[[float], Writing | None] | None = None,
) -> Writing:
    """Find the digits and signs of one sheet in reading order: find_writing() without strips and a camera's date.

    Args:
        picture: what decode_picture returns.
        look: as find_writing's, and all others.

    Raises:
        NoInk: there is no digit.
        TooLarge: there is more than is read in time.
    """
    picture = replace(picture, pixels=scale_few_levels(picture.pixels))
    tables, marks, strokes, small, pale = find_ink_and_tables(picture.pixels, photo_side)
    usual = float(np.median([stroke.height for stroke in strokes]))
    if find_finer and len(strokes) >= MANY_STROKES:
        finer = find_finer(usual)
        if finer and len(finer.digits) >= FOUND_AGAIN * len(strokes):
            return finer
    clear, doubtful = _choose_pale(pale, look_at(pale, marks, look), strokes, LOW * usual)
    strokes += clear
    lower = _list_lower([*small, *(one for one in pale if one.height < LOW * usual)], TINY * usual, marks)
    lower_seen = look_at(lower, marks, look)
    tiny = find_tiny(lower, lower_seen)
    small = leave_out(small, tiny)
    rows = sort_into_rows(strokes, small, usual, tables, tiny)
    held = [(number, cell, line, beside) for number, row in enumerate(rows) for cell, line, beside in row]
    every = [stroke for _, _, line, _ in held for stroke in line]
    known = {id(stroke): seen for stroke, seen in zip(every, look_at(every, marks, look), strict=True)}
    numbered = [
        (number, group._replace(cell=cell))
        for (number, cell, _, _), groups in zip(
            held, read_lines([(line, beside) for _, _, line, beside in held], known, usual, marks, look), strict=True
        )
        for group in groups
    ]
    numbered = mark_punctuation(_doubt_among_others(numbered), small)
    digits = [group for _, group in numbered if group.seen]
    if not digits:
        raise NoInk(NO_DIGIT)
    beside = {id(group) for group in _find_beside(digits)}
    left_out = [group.stroke for group in digits if id(group) in beside and may_be_digit(group.seen, MAYBE)]
    left_out = [
        stroke for stroke in left_out if stroke.width >= SMALL_DIGIT * usual
    ]  # not what the border leaves of one
    left_out += doubtful
    used = _list_used(rows)
    left_out += [
        stroke for stroke, one in zip(lower, lower_seen, strict=True) if id(stroke) not in used and is_clear(one)
    ]
    numbered = _read_slashes([(number, group) for number, group in numbered if id(group) not in beside], weigh)
    numbered = add_faint_signs(numbered, left_out, marks, usual)
    items = _list_items(numbered, left_out, tables, marks, picture)
    items = _bind([*(group.stroke for _, group in numbered), *left_out], items)
    if len(items) == 1 and isinstance(items[0], FoundDigit) and (not tables or len(tables.cells) == 1):
        alone = look_for_ink(picture)
        doubted = items[0].doubted or alone.among_others
        return Writing([replace(items[0], digit=frame_digit(alone.ink), faint=alone.faint, doubted=doubted)])
    if not marks.flat and tables is None and _are_few_and_large(items, picture) and not _holds_a_digit(picture):
        items = [replace(item, doubted=True) for item in items]  # they may be folds or shadows
    return Writing(items, usual)


def _list_items(
    numbered: list[tuple[int, Group]], left_out: list[Stroke], tables: Tables | None, marks: Marks, picture: Picture
) -> list[FoundDigit | FoundMark]:
    """List digits and marks with their places in the picture; what is left out is a doubted mark of the last line."""
    items: list[FoundDigit | FoundMark] = []
    boxes = _place([group.stroke for _, group in numbered], marks, picture)
    for (number, group), box in zip(numbered, boxes, strict=True):
        if group.seen and group.sign is None:
            faint = is_faint(show_group(group.stroke, marks), marks)
            shade = tables and group.seen.digit == BAR and tables.is_pale(marks, *group.stroke.placed)
            x, y, mask = group.stroke.x, group.stroke.y, group.stroke.mask
            own = (x, y, group.stroke.width, group.stroke.height)
            fold = not marks.flat and is_fold(own, int(mask.sum()), marks.contrast.shape)
            doubted = group.doubted or bool(shade) or fold
            items.append(FoundDigit(group.seen.framed, box, number, faint, doubted, group.cell))
        else:
            items.append(FoundMark(group.sign or None, box, number, group.doubted, group.cell))
    last = max(item.line for item in items)
    items += [FoundMark(None, box, last, doubted=True) for box in _place(left_out, marks, picture)]
    return items


def _holds_a_digit(picture: Picture) -> bool:
    """Tell whether ink is found where that of one digit alone is looked for."""
    try:
        look_for_ink(picture, small=False)
    except NoInk:
        return False
    return True


def _are_few_and_large(items: list[FoundDigit | FoundMark], picture: Picture) -> bool:
    """Tell whether there are so few digits, one of them so large, that one alone would be found, too."""
    highs = [item.box[3] for item in items if isinstance(item, FoundDigit)]
    return len(highs) <= FEW_FOUND and max(highs) >= LARGE_FOUND * max(picture.width, picture.height)


def _bind(strokes: list[Stroke], items: list[FoundDigit | FoundMark]) -> list[FoundDigit | FoundMark]:
    """Number digits and marks by what they hang together with; a digit within another one, or around it, is doubted."""
    loose = [isinstance(item, FoundMark) and item.sign is None for item in items]
    bonds, nested = find_bonds(strokes, loose)
    return [
        replace(item, bond=bond, doubted=item.doubted or (is_nested and isinstance(item, FoundDigit)))
        for item, bond, is_nested in zip(items, bonds, nested, strict=True)
    ]


def _doubt_among_others(numbered: list[tuple[int, Group]]) -> list[tuple[int, Group]]:
    """Doubt what stands in a line, or on a page, of which much looks like no digit: some letters look like one."""
    looks = np.array([group.seen.look * group.seen.likely if group.seen else np.nan for _, group in numbered])
    lines = np.array([number for number, _ in numbered])
    weak, unclear = looks < WEAK, looks < CLEAR_LOOK
    known = ~np.isnan(looks)

    def look_strange(own: NDArray[np.bool_], share: float) -> bool:
        count = max(1, int(known[own].sum()))
        many = unclear[own].sum() >= max(UNCLEAR_AT_LEAST, UNCLEAR * count)
        return bool(many or weak[own].sum() >= share * count)

    every = np.ones(len(looks), bool)
    doubted = np.full(len(looks), look_strange(every, OTHERS_ON_PAGE) or _are_bars([one for _, one in numbered]))
    for number in np.unique(lines):
        own = lines == number
        doubted[own] |= look_strange(own, OTHERS_IN_LINE)
    return [
        (number, group._replace(doubted=group.doubted or (bool(doubt) and group.seen is not None)))
        for (number, group), doubt in zip(numbered, doubted, strict=True)
    ]


def _are_bars(groups: list[Group]) -> bool:
    """Tell whether nearly all digits are ones: stripes, bars of a chart or a code, strokes of a texture, a tally."""
    digits = [group for group in groups if group.seen and group.sign is None]
    ones = [group.stroke for group in digits if group.seen and group.seen.digit == BAR]
    if len(ones) < max(FEW_BARS, BARS * len(digits)):
        return False
    low, high = np.percentile([stroke.height for stroke in ones], (10, 90))
    thin, thick = np.percentile([stroke.mask.sum() / stroke.height for stroke in ones], (10, 90))
    return len(ones) >= MANY_BARS or bool(high > UNEVEN_BARS * low) or bool(thick > UNEVEN_PENS * thin)


def _find_beside(digits: list[Group]) -> list[Group]:
    """Return the groups that are part of something that goes over the border and does not look like digits.

    A cable, a finger, the table beside the paper; but if there is nothing else, then it is what was meant.
    """
    beyond = np.array([group.stroke.beyond for group in digits])
    looks = np.array([group.seen.look if group.seen else 0.0 for group in digits])
    beside = np.zeros(len(digits), bool)
    for ink in np.unique(beyond[beyond > 0]):
        beside[beyond == ink] = looks[beyond == ink].mean() < DOUBTED
    return [] if beside.all() else [group for group, is_beside in zip(digits, beside, strict=True) if is_beside]


def _list_used(rows: Rows) -> set[int]:
    """Return the identity of every stroke in rows, the small ones beside them included."""
    return {id(stroke) for row in rows for _, line, beside in row for stroke in (*line, *beside)}


def _list_lower(small: list[Stroke], least: float, marks: Marks) -> list[Stroke]:
    """Return the small strokes, from a height on, that are not at the border."""
    wide = marks.contrast.shape[1]
    lower = [stroke for stroke in small if stroke.height >= least]
    return [stroke for stroke in lower if stroke.x > 0 and stroke.right < wide][:MAX_LOWER]


def find_tiny(lower: list[Stroke], seen: list[Seen]) -> list[Stroke]:
    """Return the low strokes that are digits, side by side with others: two that look clear, and what is like them.

    Two stripes are no digits, but commas or dirt.
    """
    clear = [(stroke, one.digit) for stroke, one in zip(lower, seen, strict=True) if is_clear(one)]
    sure = [
        one
        for one, digit in clear
        if digit != BAR and any(_are_alike(one, other) for other, _ in clear if other is not one)
    ]
    return [one for one in lower if any(one is other or _are_alike(one, other) for other in sure)]


def _are_alike(one: Stroke, other: Stroke) -> bool:
    low, high = sorted((one.height, other.height))
    return high <= ALIKE * low and stand_together(one, other)


def _choose_pale(
    pale: list[Stroke], seen: list[Seen], strokes: list[Stroke], least: float
) -> tuple[list[Stroke], list[Stroke]]:
    """Return the pale strokes, as high as digits, that clearly are some, and those that may be; no stripe alone."""
    chosen, doubtful = [], []
    for stroke, one in zip(pale, seen, strict=True):
        if stroke.height < least:
            continue
        if one.digit != BAR and is_clear(one):
            chosen.append(stroke)
        elif may_be_digit(one, WEAK) and (one.digit != BAR or any(stand_together(stroke, by) for by in strokes)):
            doubtful.append(stroke)
    return chosen, doubtful


def _read_slashes(numbered: list[tuple[int, Group]], weigh: Weigh) -> list[tuple[int, Group]]:
    """Find the straight strokes that are slashes and not ones, or may be."""
    lines = list_lines(numbered)
    written = [[_describe(numbered[place][1]) for place in line] for line in lines]
    if not any(one.bar for line in written for one in line):
        return numbered
    changed = list(numbered)
    for (line, place), odds in weigh(written).items():
        number, group = numbered[lines[line][place]]
        doubted = group.doubted or abs(odds) < NEAR
        changed[lines[line][place]] = (number, group._replace(sign="/" if odds > 0 else None, doubted=doubted))
    return changed


def _describe(group: Group) -> Written:
    """Return what tells of a group whether it is a slash, and whether others are."""
    digit = group.seen.digit if group.seen else None
    is_one = group.whole and group.sign is None and digit == BAR
    return Written(group.stroke, digit, may_be_slash(group.stroke, group.band) if is_one else None)


def _place(groups: list[Stroke], marks: Marks, picture: Picture) -> list[tuple[int, int, int, int]]:
    """Return the boxes of groups in pixels of the upright picture as it was sent."""
    x, y, right, bottom = np.array([(one.x, one.y, one.right, one.bottom) for one in groups], float).reshape(-1, 4).T
    across, down = np.stack((x, right, x, right)), np.stack((y, y, bottom, bottom))  # of the corners, (4, n)
    corners = marks.place[:2, 0, None, None] * across + marks.place[:2, 1, None, None] * down
    corners += marks.place[:2, 2, None, None]
    reduced = np.array([[picture.pixels.shape[1]], [picture.pixels.shape[0]]])
    size = np.array([[picture.width], [picture.height]])
    corners = corners * size[..., None] / reduced[..., None]  # (2, 4, n)
    begin = np.clip(np.floor(corners.min(axis=1)), 0, size - 1).astype(int)
    end = np.clip(np.ceil(corners.max(axis=1)), 1, size).astype(int)
    return [(left, top, wide, high) for left, top, wide, high in np.concatenate((begin, end - begin)).T.tolist()]
