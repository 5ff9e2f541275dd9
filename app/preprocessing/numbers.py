"""Find the digits and signs of a written number, or of several, in one picture.

    picture -> marks -> strokes -> lines -> pieces (touching digits cut) -> groups of pieces: a digit, a sign or neither

A number is read along its lines: each line's pieces, from left to right, are grouped so that the groups look most like
digits and signs. How much a group looks like a digit, the caller says (a network); a sign is known by shape and place.

Owns lines and groups. Knows no networks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk, TooLarge
from ..framing import frame_digit
from .decoding import Picture
from .digits import look_for_ink
from .ink import crop_ink, is_faint, stretch_ink, thicken_hairlines
from .paper import Marks, find_marks
from .parts import Parts, find_parts, find_roughly
from .signs import Band, may_be_slash, measure_pen, name_sign, weigh_slashes
from .strokes import NO_DIGIT, PAGE_GRID, Stroke, cut_stroke, find_strokes, join_strokes, part_by_cell, refine_marks
from .tables import Cell, Tables, find_tables

PAGE_SIDE = 1000  # pixels of a photograph's longer side: a page's digits are smaller than a single one
SMALL = 0.4  # of its line's height: a lower group is a sign, a mark or part of a digit, unless
LEAST_HEIGHT = 0.3  # of the usual height, likewise,
SMALL_DIGIT = 0.2  # of its line's height: so small a digit is read where it
CLEAR_LOOK = 0.9  # looks as much like one
LOWER = 0.62  # of its line's height: a digit that is lower looks less like one,
LOW_COST = 5.0  # by so many nats where it has no height at all
SAME_LINE = 0.4  # of the lower one's height that two neighbours on a line share
LAST = 3  # strokes of a line: a stroke's neighbours
MAX_LOOKS = 2500  # groups of pieces that are looked at: half a millisecond each
WIDEST = 1.3  # times its line's height that a digit is wide, unless it is one stroke
CUT_COST = 2.0  # in nats, what cutting through ink must win
GAP_COST = 2.0  # in nats a tenth of the line's height: what joining across white paper must win
MAX_GAP_COST = 8.0  # in nats: pieces further apart are not joined
MAX_PIECES = 6  # of one digit
BROAD = 1.0  # of its height: a digit that is wider looks less like one,
STEEP = 4.0  # by so many nats for every further height,
STEEP_WHOLE = 1.0  # or so many where it is one stroke
DOUBTED = 0.5  # looks less like a digit than that: left out at the border, if anything else is there
LEAST_LOOK = 1e-4  # so that one bad group does not decide alone
SIGN_WORTH = 0.1  # in nats, of a sign by shape and place: more than that of any digit
LEFT_OUT = 3.0  # in nats, what leaving out a small stroke costs where it is as high as SMALL; less where it is smaller
NEAR = 1.2  # of the digits' height: so near to a digit a small stroke belongs to its line,
AROUND = (0.3, 0.45)  # between so much over the digits and so much under them
BESIDE = 4  # digits beside a sign that tell where the line's band is
REACH = 1.3  # of the digits' height that is between a sign and the digits it stands at

Look = Callable[[NDArray[np.uint8]], tuple[NDArray[np.floating], NDArray[np.floating]]]


@dataclass(frozen=True)
class FoundDigit:
    """A digit found in a picture."""

    digit: NDArray[np.uint8]  # (28, 28), framed
    box: tuple[int, int, int, int]  # x, y, width, height in pixels of the upright picture
    line: int
    faint: bool = False  # too little ink to be trusted
    doubted: bool = False  # whether it may be another digit, a sign or several digits as well
    cell: Cell | None = None  # of a table


@dataclass(frozen=True)
class FoundMark:
    """Ink that is no digit: a sign, or None for what is neither."""

    sign: str | None
    box: tuple[int, int, int, int]
    line: int
    doubted: bool = False  # whether it may be a digit as well
    cell: Cell | None = None  # of a table


@dataclass(frozen=True)
class Writing:
    """All that is written in a picture, in reading order."""

    items: list[FoundDigit | FoundMark] = field(default_factory=list)

    @property
    def digits(self) -> list[FoundDigit]:
        """The digits alone."""
        return [item for item in self.items if isinstance(item, FoundDigit)]

    @property
    def marks(self) -> list[FoundMark]:
        """What is no digit."""
        return [item for item in self.items if isinstance(item, FoundMark)]


class Group(NamedTuple):
    """Strokes that are one digit, sign or mark. sign: None for a digit, "" for what is neither."""

    stroke: Stroke
    sign: str | None
    band: Band
    doubted: bool = False
    cell: Cell | None = None


def find_writing(picture: Picture | NDArray[np.uint8], look: Look | None = None) -> Writing:
    """Find the digits and signs of a picture in reading order.

    Args:
        picture: what decode_picture returns, or its pixels.
        look: says of framed digits, uint8 (n, 28, 28), which they are, (n, classes), and how much each looks like a
            digit at all, (n,): 0 to 1.

    Raises:
        NoInk: there is no digit.
        TooLarge: there is more than is read in time.
    """
    shape_or_network, looked = look or _look_at_shape_alone, 0

    def count_and_look(digits: NDArray[np.uint8]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        nonlocal looked
        looked += len(digits)
        _check_looks(looked)
        return shape_or_network(digits)

    if not isinstance(picture, Picture):
        picture = Picture(picture, picture.shape[1], picture.shape[0])
    sides = find_marks(picture.pixels, photo_side=PAGE_SIDE, keep_frames=True)
    tables, sides = find_tables(sides)
    if tables is None and sides[0].flat:  # a frame was no table's
        sides = find_marks(picture.pixels, photo_side=PAGE_SIDE)
    marks, parts = find_roughly(sides, PAGE_GRID)
    marks, parts = refine_marks(marks, parts)
    if tables and not marks.flat:  # found again, with the lines
        marks, parts = _clear_tables(tables, marks)
    strokes, small = find_strokes(marks, parts, tables)
    usual = float(np.median([stroke.height for stroke in strokes]))
    numbered = [
        (number, group._replace(cell=cell))
        for number, row in enumerate(sort_into_rows(strokes, small, usual, tables))
        for cell, line, beside in row
        for group in group_pieces(line, beside, marks, usual, count_and_look)
    ]
    digits = [(number, group) for number, group in numbered if group.sign is None]
    if not digits:
        raise NoInk(NO_DIGIT)
    framed = np.stack([_frame(group.stroke, marks) for _, group in digits])
    probabilities, looks = shape_or_network(framed)
    beside = _lies_beside([group.stroke for _, group in digits], looks)
    numbered = _read_slashes(numbered, probabilities)
    kept = iter(zip(framed, beside, strict=True))
    items: list[FoundDigit | FoundMark] = []
    for number, group in numbered:
        box = _place(group.stroke, marks, picture)
        if group.sign is None or group.sign == "/":  # which was framed as a digit
            digit, is_beside = next(kept)
            if is_beside:
                continue
            if group.sign is None:
                faint = is_faint(_show_group(group.stroke, marks), marks)
                items.append(FoundDigit(digit, box, number, faint, group.doubted, group.cell))
                continue
        items.append(FoundMark(group.sign or None, box, number, group.doubted, group.cell))
    if len(items) == 1 and isinstance(items[0], FoundDigit) and (not tables or len(tables.cells) == 1):
        alone = look_for_ink(picture)
        return Writing([replace(items[0], digit=frame_digit(alone.ink), faint=alone.faint)])
    return Writing(items)


def _lies_beside(groups: list[Stroke], looks: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell which groups are part of something that goes over the border and does not look like digits, (n,).

    A cable, a finger, the table beside the paper; but if there is nothing else, then it is what was meant.
    """
    beyond = np.array([group.beyond for group in groups])
    beside = np.zeros(len(groups), bool)
    for ink in np.unique(beyond[beyond > 0]):
        beside[beyond == ink] = looks[beyond == ink].mean() < DOUBTED
    return beside & ~beside.all()


def _clear_tables(tables: Tables, marks: Marks) -> tuple[Marks, Parts]:
    """Return the marks without the tables' lines, and their parts.

    Raises:
        NoInk: nothing else is drawn.
    """
    marks = tables.clear(marks)
    parts = find_parts(marks, marks.least, PAGE_GRID)
    if not parts.score.any():
        raise NoInk(NO_DIGIT)
    return marks, parts


def sort_into_rows(
    strokes: list[Stroke], small: list[Stroke], usual: float, tables: Tables | None
) -> list[list[tuple[Cell | None, list[Stroke], list[Stroke]]]]:
    """Sort strokes into lines from top to bottom, and the lines of a table's row into its cells from left to right.

    Returns:
        Rows of cells, None outside of tables: a line of each cell's strokes, and the small strokes beside them.
    """
    in_cells, small_in_cells = part_by_cell(strokes, tables), part_by_cell(small, tables)
    for cell in small_in_cells.keys() - in_cells.keys() - {None}:  # whose digit is smaller than others
        in_cells[cell] = [stroke for stroke in small_in_cells.pop(cell) if stroke.height >= LEAST_HEIGHT * usual]
    rows: dict[object, list[tuple[Cell | None, list[Stroke], list[Stroke]]]] = {}
    for cell, held in sorted(in_cells.items(), key=lambda item: item[0].place if item[0] else ()):
        for number, (line, beside) in enumerate(
            sort_into_lines(held, small_in_cells.get(cell, []), usual) if held else ()
        ):
            rows.setdefault((cell and (cell.table, cell.row), number), []).append((cell, line, beside))
    return sorted(rows.values(), key=lambda row: _find_middle([stroke for _, line, _ in row for stroke in line]))


def _find_middle(line: list[Stroke]) -> float:
    return float(np.median([stroke.y + stroke.height / 2 for stroke in line]))


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
    return sorted(lines, key=_find_middle)


def sort_into_lines(
    strokes: list[Stroke], small: list[Stroke], usual: float
) -> list[tuple[list[Stroke], list[Stroke]]]:
    """Sort strokes into lines, and give each line the small strokes that stand beside its strokes.

    Small strokes that stand beside none are lines of smaller digits where they are high enough, else dirt.
    """
    lines, low = _part_low(find_lines(strokes), usual)
    beside, elsewhere = attach_small(lines, small + low)
    smaller = [stroke for stroke in elsewhere if stroke.height >= LEAST_HEIGHT * usual]
    both = [*zip(lines, beside, strict=True), *((line, []) for line in find_lines(smaller))]
    return sorted(both, key=lambda line: _find_middle(line[0]))


def _part_low(lines: list[list[Stroke]], usual: float) -> tuple[list[list[Stroke]], list[Stroke]]:
    """Part the lines from strokes that stand alone and are no higher than a large comma."""
    low = [line[0] for line in lines if len(line) == 1 and line[0].height < LOWER * usual]
    rest = [line for line in lines if len(line) > 1 or line[0].height >= LOWER * usual]
    return (rest, low) if rest else (lines, [])


def attach_small(lines: list[list[Stroke]], small: list[Stroke]) -> tuple[list[list[Stroke]], list[Stroke]]:
    """Return the small strokes that stand beside the strokes of each line, and those that stand beside none."""
    attached: list[list[Stroke]] = [[] for _ in lines]
    elsewhere: list[Stroke] = []
    owner = np.array([number for number, line in enumerate(lines) for _ in line])
    x, y, right, bottom = np.array(
        [(stroke.x, stroke.y, stroke.right, stroke.bottom) for line in lines for stroke in line], float
    ).T
    high = np.array([_measure_height(line) for line in lines])[owner]
    for stroke in small:
        middle = (stroke.y + stroke.bottom) / 2
        away = np.maximum(0, np.maximum(x - stroke.right, stroke.x - right)) / high
        over = np.maximum(0, np.maximum((y - middle) / high - AROUND[0], (middle - bottom) / high - AROUND[1]))
        away = np.where(over > 0, np.inf, away + np.abs(middle - (y + bottom) / 2) / high / 4)
        nearest = int(away.argmin())
        (attached[owner[nearest]] if away[nearest] <= NEAR else elsewhere).append(stroke)
    return attached, elsewhere


def _measure_height(line: list[Stroke]) -> float:
    """Return the height of a line's digits."""
    highest = max(stroke.height for stroke in line)
    return float(np.median([stroke.height for stroke in line if stroke.height >= 0.6 * highest]))


def _measure_bands(pieces: list[Stroke], line: list[Stroke]) -> list[Band]:
    """Return, for each piece, where the strokes beside it stand."""
    highest = max(stroke.height for stroke in line)
    tall = [stroke for stroke in line if stroke.height >= 0.6 * highest]
    middles = np.array([(stroke.x + stroke.right) / 2 for stroke in tall])
    pens = np.array([measure_pen(stroke.mask) for stroke in tall])
    bands = []
    for piece in pieces:
        nearest = np.argsort(np.abs(middles - (piece.x + piece.right) / 2), kind="stable")[:BESIDE]
        top = float(np.median([tall[index].y for index in nearest]))
        base = float(np.median([tall[index].bottom for index in nearest]))
        bands.append(Band(top, base, float(np.median(pens[nearest]))))
    return bands


def group_pieces(line: list[Stroke], small: list[Stroke], marks: Marks, usual: float, look: Look) -> list[Group]:
    """Group a line's strokes, cut where digits touch, into the digits and signs that look best.

    Args:
        line: strokes as high as digits, from left to right.
        small: strokes beside them that may be signs, parts of digits or dirt.
        usual: height of the strokes of all lines.
    """
    high = _measure_height(line)
    cut = {id(stroke): cut_stroke(stroke, high) for stroke in line}
    _check_looks(sum(map(len, cut.values())))
    pieces: list[Stroke] = []
    whole: list[int] = []  # the number of the stroke that a piece was cut off
    for number, stroke in enumerate(sorted([*line, *small], key=_find_place)):
        parts = cut.get(id(stroke), [stroke])
        pieces += parts
        whole += [number] * len(parts)
    joints = [0.0, *(_weigh_joint(*pair, high) for pair in zip(pieces, pieces[1:], whole, whole[1:], strict=False))]
    bands = _measure_bands(pieces, line)
    spans = _list_spans(pieces, whole, joints, high)
    _check_looks(len(spans))
    groups = {span: join_strokes(pieces[slice(*span)]) for span in spans}
    worths: dict[tuple[int, int], list[tuple[float, str | None]]] = {span: [] for span in spans}
    least = max(SMALL * high, LEAST_HEIGHT * usual)
    shown = [span for span in spans if groups[span].height >= SMALL_DIGIT * high]
    if shown:
        digits = np.stack([_frame(groups[span], marks) for span in shown])
        probabilities, looks = look(digits)
        for span, digit, row, certain in zip(shown, digits, probabilities, looks, strict=True):
            group = groups[span]
            if group.height < least and certain < CLEAR_LOOK:
                continue
            is_whole = span[1] - span[0] > 1 and len(set(whole[slice(*span)])) == 1
            worth = _rate_shape(digit, STEEP_WHOLE if is_whole else STEEP)
            seen = float(np.log(max(LEAST_LOOK, float(certain) * float(row.max()))))
            smaller = LOW_COST * max(0.0, 1 - group.height / (LOWER * high))
            worths[span].append((seen + worth - smaller, None))
    for span in spans:
        start, end = span
        if numbers := _list_whole(whole, span):
            strokes = [join_strokes([pieces[at] for at in range(start, end) if whole[at] == one]) for one in numbers]
            sign = name_sign(strokes, groups[span], bands[start])
            if sign:
                worths[span].append((SIGN_WORTH, sign))
        if end - start == 1 and groups[span].height < least:
            size = max(groups[span].height, groups[span].width) / least
            worths[span].append((-LEFT_OUT * min(1.0, size), ""))
        if not worths[span] and end - start == 1:
            worths[span].append((-2 * LEFT_OUT, ""))
    chosen = _find_best(spans, worths, joints, len(pieces))
    found = [Group(groups[span], sign, bands[span[0]], doubted=sign == "") for span, sign in chosen]
    return _drop_stray(found, high)


def _find_place(stroke: Stroke) -> float:
    """Return where a stroke stands along its line: a little more than its left edge, so that a hat follows its 5."""
    return stroke.x + 0.25 * stroke.width


def _list_spans(pieces: list[Stroke], whole: list[int], joints: list[float], high: float) -> list[tuple[int, int]]:
    """Return which runs of pieces may be one digit or sign: (first, last + 1)."""
    spans = []
    for start in range(len(pieces)):
        apart = 0.0
        for end in range(start + 1, min(len(pieces), start + MAX_PIECES) + 1):
            if end > start + 1:
                apart -= min(0.0, joints[end - 1])
            is_whole = len(set(whole[start:end])) == 1
            near_pair = end == start + 2 and _width(pieces[start:end]) <= 0.6 * high
            if apart > MAX_GAP_COST and not near_pair:
                break
            if end == start + 1 or is_whole or _width(pieces[start:end]) <= WIDEST * high:
                spans.append((start, end))
    return spans


def _list_whole(whole: list[int], span: tuple[int, int]) -> list[int]:
    """Return the numbers of the one or two strokes that a run of pieces holds whole, or nothing."""
    numbers = list(dict.fromkeys(whole[slice(*span)]))
    ends_apart = whole[span[0] - 1 : span[0]] != numbers[:1] and whole[span[1] : span[1] + 1] != numbers[-1:]
    return numbers if ends_apart and len(numbers) <= 2 else []


def _weigh_joint(one: Stroke, other: Stroke, one_whole: int, other_whole: int, high: float) -> float:
    """Return what it costs to part two pieces, in nats; below 0, to join them across white paper."""
    if one_whole == other_whole:
        return CUT_COST
    aside = max(0, other.x - one.right, one.x - other.right)
    over = max(0, other.y - one.bottom, one.y - other.bottom)
    return -GAP_COST * float(np.hypot(aside, over)) / (0.1 * high)


def _find_best(
    spans: list[tuple[int, int]],
    worths: dict[tuple[int, int], list[tuple[float, str | None]]],
    joints: list[float],
    count: int,
) -> list[tuple[tuple[int, int], str | None]]:
    """Return the runs of pieces, and what each is, of the best way to part a line."""
    best: list[tuple[float, list[tuple[tuple[int, int], str | None]]]] = [
        (0.0, []),
        *((-np.inf, []) for _ in range(count)),
    ]
    for span in sorted(spans):
        start, end = span
        within = sum(min(0.0, joint) for joint in joints[start + 1 : end])
        for worth, sign in worths[span]:
            total = best[start][0] + worth + (0.0 if sign == ":" else within) - max(0.0, joints[start])
            if total > best[end][0]:
                best[end] = (total, [*best[start][1], (span, sign)])
    return best[-1][1]


def _drop_stray(groups: list[Group], high: float) -> list[Group]:
    """Take the sign from what stands at no digit, and leave out what is too small to be more than dirt."""
    places = [(group.stroke.x, group.stroke.right) for group in groups if group.sign is None]
    kept = []
    for one in groups:
        group = one
        if group.sign:
            before = min((group.stroke.x - right for _, right in places if right <= group.stroke.right), default=np.inf)
            after = min((x - group.stroke.right for x, _ in places if x >= group.stroke.x), default=np.inf)
            beside = {"-": after, "+": after, ".": before, ",": before, ":": max(before, after)}[group.sign]
            if beside > REACH * high:
                group = group._replace(sign="", doubted=True)
        if group.sign == "" and max(group.stroke.width, group.stroke.height) < SMALL_DIGIT * high:
            continue
        kept.append(group)
    return kept


def _read_slashes(numbered: list[tuple[int, Group]], probabilities: NDArray[np.floating]) -> list[tuple[int, Group]]:
    """Find the straight strokes that are slashes and not ones, or may be.

    Args:
        probabilities: (n, classes) of the groups that are digits.
    """
    labels = iter(probabilities.argmax(axis=1).tolist())
    read = [next(labels) if group.sign is None else None for _, group in numbered]
    changed = list(numbered)
    for number in dict(numbered):
        line = [index for index, (own, _) in enumerate(numbered) if own == number]
        groups = [numbered[index][1] for index in line]
        bars = [
            may_be_slash(group.stroke, group.band) if group.sign is None and read[index] == 1 else None
            for index, group in zip(line, groups, strict=True)
        ]
        if not any(bars):
            continue
        chances = weigh_slashes(
            [(group.stroke, group.band, read[index]) for index, group in zip(line, groups, strict=True)], bars
        )
        for index, group, chance in zip(line, groups, chances, strict=True):
            if chance is not None:
                sign = "/" if chance > 0.5 else None
                changed[index] = (number, group._replace(sign=sign, doubted=0.1 < chance < 0.9))
    return changed


def _check_looks(number: int) -> None:
    if number > MAX_LOOKS:
        raise TooLarge(
            f"The picture holds too much that may be a digit; at most {MAX_LOOKS} are looked at. Send a part."
        )


def _width(strokes: list[Stroke]) -> int:
    return max(stroke.right for stroke in strokes) - min(stroke.x for stroke in strokes)


def _rate_shape(digit: NDArray[np.uint8], steep: float) -> float:
    """Return how much, in nats, a framed digit looks like one by its shape: no digit is much wider than high."""
    across = np.count_nonzero(digit.any(axis=0))
    down = np.count_nonzero(digit.any(axis=1))
    return -steep * max(0.0, across / down - BROAD)


def _look_at_shape_alone(digits: NDArray[np.uint8]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Say how much framed digits look like one where nobody can say which they are."""
    ratings = np.exp([_rate_shape(digit, STEEP) for digit in digits])
    return np.ones((len(digits), 1)), np.asarray(ratings)


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
