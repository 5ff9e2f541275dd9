"""Group the pieces of a line into the digits and signs that look best.

    a line's strokes -> pieces (cut where digits may touch) -> runs of pieces, and what each may be -> the best way

Owns groups of pieces. Knows no networks: how a run looks as a digit is given.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import TooLarge
from .lines import LEAST_HEIGHT, LOWER, find_median, measure_bands, measure_height
from .segmentation import cut_stroke, part_stroke
from .signs import Band, may_be_dot, may_be_point, name_sign, stand_above
from .strokes import SMALL_DIGIT, Stroke, join_strokes, measure_apart
from .tables import Cell

SMALL = 0.4  # of its line's height, or LEAST_HEIGHT of the usual one: a lower group is a sign or a part, unless it
CLEAR_LOOK = 0.9  # looks as much like a digit as a small one must, of SMALL_DIGIT of its line's height
LOW_COST = 5.0  # nats, of a digit without any height; less up to LOWER of its line's height
MAX_LOOKS = 6000  # groups of pieces that are looked at: 0.3 milliseconds each
WIDEST = 1.3  # times its line's height that a digit is wide, unless it is one stroke
GAP_COST = 2.0  # in nats a tenth of the line's height: what joining across white paper must win
MAX_GAP_COST = 8.0  # in nats: pieces further apart are not joined
SETTLED = 0.95  # looks so much like one digit: it is not cut
CLOSE = 0.8  # in nats: a way to read a line that is worse by no more may be the right one
CUT_LOOK = 0.98  # looks less like one digit than that: doubted where it was cut off, or put together from strokes
LOWER_CUT = 0.85  # of its line's height: a 1 that was cut off and is lower may be part of another digit
SAME_CUT = 0.5  # of the pieces of two runs that they share where they are the same digit, cut elsewhere
MAX_PIECES = 6  # strokes of one digit
BROAD = 1.0  # of its height: a digit that is wider looks less like one,
STEEP = 4.0  # by so many nats for every further height,
STEEP_WHOLE = 1.0  # or so many where it is one stroke
WEAK = 0.5  # looks less like a digit than that: maybe a letter
LIKE_A_DIGIT = 0.1  # a plus that looks so much like a digit is doubted
LEAST_LOOK = 1e-4  # so that one bad group does not decide alone
SIGN_WORTH = 0.1  # in nats, of a sign by shape and place: more than that of any digit
LEFT_OUT = 3.0  # in nats, what leaving out a small stroke costs where it is as high as SMALL; less where it is smaller
REACH = 1.3  # of the digits' height that is between a sign and the digits it stands at
TOUCHES = 0.08  # of the digits' height: a sign, no point, that is nearer to the next ink may be part of a digit,
DASH_TOUCHES = 0.04  # a minus
TOUCH_COST = 2.0  # in nats, where it touches; less where it is further apart
COVERED = 0.8  # of a sign's width that is above or below a digit: then it is a part of it, likewise
HAT_SINKS = 0.15  # of the height of what stands before: a dash that is no further under its top
HAT_APART = 0.1  # of the digits' height, and no further behind it, may be its hat,
HAT_COST = 4.0  # in nats, of reading it as a minus where it clearly makes a 5 of what stands before,
MAX_WHOLE = 2  # strokes that a sign, or a 5 and its hat, is made up of at most
HATTED = 5  # of all digits the one whose hat is often apart
POINTS = (".", ",", ":")  # signs that are touches of the pen: of two in a row one may be dirt
LAST_POINT = 0.85  # widths of the pen that a point with nothing after it is high and wide at least

Span = tuple[int, int]  # the first of a run of pieces, and the one after its last


class Line(NamedTuple):
    """A line's pieces, and which runs of them may be one digit or sign."""

    high: float  # pixels: its digits
    pieces: list[Stroke]  # from left to right
    whole: list[int]  # of each piece, the number of the stroke that it was cut off
    joints: list[float]  # what parting a piece from the one before costs, in nats; below 0, joining them
    bands: list[Band]  # where the strokes beside each piece stand
    groups: dict[Span, Stroke]  # the ink of each run


class Seen(NamedTuple):
    """How a run of pieces looks, framed as a digit."""

    framed: NDArray[np.uint8]  # (28, 28)
    digit: int  # the likeliest
    likely: float  # 0 to 1
    look: float  # how much it looks like a digit at all, 0 to 1
    broad: float  # its width, of its height


class Choice(NamedTuple):
    """What a run of pieces may be, and what that is worth in nats. sign: None for a digit, "" for neither."""

    span: Span
    sign: str | None
    seen: Seen | None  # of a digit
    worth: float
    touch: float = 0.0  # nats that it is worth less as it nearly touches what stands beside it


class Group(NamedTuple):
    """Strokes that are one digit, sign or mark. sign: None for a digit, "" for neither."""

    stroke: Stroke
    sign: str | None
    band: Band
    seen: Seen | None  # of a digit
    doubted: bool = False
    whole: bool = True  # one stroke that was not cut
    close: bool = False  # whether another way to read the line is nearly as good
    poor: bool = False  # whether it was cut off or put together, and looks less like a digit than CUT_LOOK
    cell: Cell | None = None


class Way(NamedTuple):
    """A way to read a line, and what it is worth in nats."""

    worth: float
    groups: list[Group]


def list_lines(numbered: list[tuple[int, Group]]) -> list[list[int]]:
    """Return which groups are of one line, and in a table of one cell of it: their places in the list, in its order."""
    lines: dict[tuple[int, Cell | None], list[int]] = {}
    for place, (number, group) in enumerate(numbered):
        lines.setdefault((number, group.cell), []).append(place)
    return list(lines.values())


def is_clear(seen: Seen) -> bool:
    """Tell whether ink clearly looks like one digit."""
    return seen.look * seen.likely >= CLEAR_LOOK


def may_be_digit(seen: Seen | None, least: float) -> bool:
    """Tell whether ink looks so much like one digit, 0 to 1."""
    return seen is not None and seen.look * seen.likely >= least


def cut_line(line: list[Stroke], small: list[Stroke], known: dict[int, Seen], along: bool = False) -> Line:
    """Cut a line's strokes where digits may touch, and list which runs of pieces may be a digit or a sign.

    A stroke that clearly looks like one digit is not cut.

    Args:
        line: strokes as high as digits, from left to right.
        small: strokes beside them that may be signs, parts of digits or dirt.
        known: by the identity of the line's strokes, how they look.
        along: cut along the lines of the pen instead of from top to bottom.
    """
    high = measure_height(line)
    pen = find_median([stroke.pen for stroke in line])
    settled = {id(stroke) for stroke in small} | {one for one, seen in known.items() if _is_settled(seen)}
    pieces: list[Stroke] = []
    whole: list[int] = []
    joints: list[float] = []
    for number, stroke in enumerate(sorted([*line, *small], key=_find_place)):
        if id(stroke) in settled:
            parts, costs = [stroke], list[float]()
        else:
            parts, costs = part_stroke(stroke, high) if along else cut_stroke(stroke, high, pen)
        joints += [_weigh_gap(pieces[-1], stroke, high) if pieces else 0.0, *costs]
        pieces += parts
        whole += [number] * len(parts)
        check_looks(len(pieces))
    clear = [id(piece) in settled and id(piece) in known for piece in pieces]
    spans = _list_spans(pieces, whole, joints, clear, high)
    if not along:
        check_looks(len(spans))
    groups = {span: join_strokes(pieces[slice(*span)]) for span in spans}
    return Line(high, pieces, whole, joints, measure_bands(pieces, line), groups)


def _is_settled(seen: Seen) -> bool:
    return seen.look * seen.likely >= SETTLED and seen.broad <= BROAD


def choose_way(ways: list[Way]) -> list[Group]:
    """Return the groups of the best way to cut a line.

    What was cut is trusted more where another way finds the same, and less where another, nearly as good, does not.
    """
    best, *others = sorted(ways, key=lambda way: -way.worth)
    groups = best.groups
    for other in others:
        pairs = list(zip(groups, other.groups, strict=False))
        if len(groups) == len(other.groups) and all(_is_same(*pair) for pair in pairs):
            groups = [_compare(*pair) for pair in pairs]
        elif other.worth > best.worth - CLOSE:
            groups = [
                group._replace(doubted=group.doubted or not any(_is_same(group, one) for one in other.groups))
                for group in groups
            ]
    return [group._replace(doubted=group.doubted or group.close or group.poor) for group in groups]


def _compare(group: Group, same: Group) -> Group:
    """Trust a digit that was cut in two ways and looks like one in both, in one of them very much."""
    one, other = group.stroke, same.stroke
    if (one.x, one.y) == (other.x, other.y) and np.array_equal(one.mask, other.mask):  # not cut at all
        return group
    is_poor = any(one.seen is not None and not is_clear(one.seen) for one in (group, same))
    doubted = group.doubted or same.doubted
    return group._replace(close=False, poor=is_poor or (group.poor and same.poor), doubted=doubted)


def _is_same(one: Group, other: Group) -> bool:
    """Tell whether two groups are the same digit or sign, maybe cut elsewhere."""
    shared = min(one.stroke.right, other.stroke.right) - max(one.stroke.x, other.stroke.x)
    total = max(one.stroke.right, other.stroke.right) - min(one.stroke.x, other.stroke.x)
    same = one.sign == other.sign and (one.seen and one.seen.digit) == (other.seen and other.seen.digit)
    return same and shared >= SAME_CUT * total


def group_pieces(line: Line, usual: float, seen: dict[Span, Seen]) -> Way:
    """Group a line's pieces into the digits and signs that look best.

    Args:
        line: what cut_line returns.
        usual: height of the strokes of all lines.
        seen: of the runs that are high enough to be a digit, how they look.
    """
    least = max(SMALL * line.high, LEAST_HEIGHT * usual)
    hatted = {
        span[1]
        for span, one in seen.items()
        if one.digit == HATTED and is_clear(one) and len(_list_whole(line.whole, span)) == MAX_WHOLE
    }
    choices = [
        choice
        for span in line.groups
        for choice in _list_choices(line, span, seen.get(span), least, may_be_hat=span[1] in hatted)
    ]
    best = _find_best(choices, len(line.pieces))
    found: list[Group] = []
    for choice, is_close in best:
        group, whole = line.groups[choice.span], len(_list_whole(line.whole, choice.span)) == 1
        least_one = (LOWER if whole else LOWER_CUT) * line.high
        is_short = choice.seen is not None and choice.seen.digit == 1 and group.height < least_one
        poor = choice.seen is not None and not whole and choice.seen.look * choice.seen.likely < CUT_LOOK
        band = line.bands[choice.span[0]]
        is_unsure = is_short or choice.sign == "" or (choice.sign == "," and may_be_point(group, band))
        is_unsure |= choice.sign == "+" and may_be_digit(seen.get(choice.span), LIKE_A_DIGIT)
        is_unsure |= choice.sign in POINTS and bool(found) and found[-1].sign in POINTS
        found.append(Group(group, choice.sign, band, choice.seen, is_unsure, whole, is_close, poor))
    return Way(sum(choice.worth for choice, _ in best), _drop_stray(_join_signs(found), line.high))


def _list_choices(line: Line, span: Span, seen: Seen | None, least: float, may_be_hat: bool = False) -> list[Choice]:
    """Return what a run of pieces may be: a digit, a sign, or, where it is small, nothing.

    Args:
        line: that holds the pieces.
        span: which pieces.
        seen: how they look as a digit.
        least: height of a digit.
        may_be_hat: whether they make a 5 of the pieces before them.
    """
    start, end = span
    group, whole = line.groups[span], _list_whole(line.whole, span)
    within = sum(min(0.0, joint) for joint in line.joints[start + 1 : end])
    parted = -max(0.0, line.joints[start])
    choices = []
    if seen and (group.height >= least or seen.look >= CLEAR_LOOK):
        worth = float(np.log(max(LEAST_LOOK, seen.look * seen.likely)))
        worth -= (STEEP_WHOLE if len(whole) == 1 else STEEP) * max(0.0, seen.broad - BROAD)
        worth -= LOW_COST * max(0.0, 1 - group.height / (LOWER * line.high))
        choices.append(Choice(span, None, seen, parted + within + worth))
    if whole:
        strokes = [join_strokes([line.pieces[at] for at in range(*span) if line.whole[at] == one]) for one in whole]
        sign = name_sign(strokes, group, line.bands[start], seen.look * seen.likely if seen else 0.0)
        if sign is not None:
            if sign == "-" and start > 0 and _is_hat(group, line.pieces[start - 1], line.high):
                touch, cost = 0.0, HAT_COST if may_be_hat else TOUCH_COST
            else:
                touch = cost = _weigh_touch(line, span, group, sign)
            worth = parted + SIGN_WORTH - cost + (0.0 if sign == ":" else within)
            choices.append(Choice(span, sign, None, worth, touch))
    if end - start == 1 and ((whole and group.height < least) or not choices):
        size = max(group.height, group.width) / least if whole and group.height < least else 2.0
        choices.append(Choice(span, "", None, parted - LEFT_OUT * min(2.0, size)))
    return choices


def _weigh_touch(line: Line, span: Span, group: Stroke, sign: str) -> float:
    """Return what a sign costs that may be part of what stands beside it, in nats: a bar, a foot, a dot in a digit.

    A point between two digits costs nothing where it is as close as it is written, also under the end of the first.
    """
    beside = [line.pieces[at] for at in (span[0] - 1, span[1]) if 0 <= at < len(line.pieces)]
    shared = [min(group.right, stroke.right) - max(group.x, stroke.x) for stroke in beside]
    is_point = sign in POINTS and len(beside) == 2 and min(one.height for one in beside) >= SMALL * line.high
    if max(shared, default=0) >= COVERED * group.width and not (is_point and _is_tucked_in(group, *beside)):
        return TOUCH_COST
    if is_point:
        return 0.0
    reach = (DASH_TOUCHES if sign == "-" else TOUCHES) * line.high
    near = [stroke for stroke in beside if _box_gap(group, stroke) < reach]
    apart = min((measure_apart(group, stroke) for stroke in near), default=reach)
    return TOUCH_COST * max(0.0, 1 - apart / reach)


def _is_tucked_in(point: Stroke, before: Stroke, after: Stroke) -> bool:
    """Tell whether a point stands under the end of what is before it, and not under what is after it."""
    middle, columns = point.x + point.width / 2, slice(max(0, point.x - before.x), max(0, point.right - before.x))
    is_inside = before.mask[max(0, point.bottom - before.y) :, columns].any()
    return before.x + before.width / 2 < middle <= after.x and not is_inside


def _is_hat(stroke: Stroke, before: Stroke, high: float) -> bool:
    """Tell whether a dash begins over, or close behind, what stands before it, as high as its top: the hat of a 5."""
    middle = (stroke.y + stroke.bottom) / 2
    return middle < before.y + HAT_SINKS * before.height and stroke.x < before.right + HAT_APART * high


def _find_place(stroke: Stroke) -> float:
    """Return where a stroke stands along its line: a little more than its left edge, so that a hat follows its 5."""
    return stroke.x + 0.25 * stroke.width


def _list_spans(
    pieces: list[Stroke], whole: list[int], joints: list[float], clear: list[bool], high: float
) -> list[Span]:
    """Return which runs of pieces may be one digit or sign: (first, last + 1)."""
    spans = []
    for start in range(len(pieces)):
        apart = 0.0
        for end in range(start + 1, len(pieces) + 1):
            if end > start + 1:
                apart -= min(0.0, joints[end - 1])
            is_whole = len(set(whole[start:end])) == 1
            near_pair = end == start + 2 and _width(pieces[start:end]) <= 0.6 * high
            if end > start + 1 and all(clear[start:end]):  # digits, each for itself
                break
            if (apart > MAX_GAP_COST and not near_pair) or len(set(whole[start:end])) > MAX_PIECES:
                break
            if end == start + 1 or _width(pieces[start:end]) <= WIDEST * high or _list_whole(whole, (start, end)):
                spans.append((start, end))
            elif not is_whole:
                break
    return spans


def _list_whole(whole: list[int], span: tuple[int, int]) -> list[int]:
    """Return the numbers of the one or two strokes that a run of pieces holds whole, or nothing."""
    numbers = list(dict.fromkeys(whole[slice(*span)]))
    ends_apart = whole[span[0] - 1 : span[0]] != numbers[:1] and whole[span[1] : span[1] + 1] != numbers[-1:]
    return numbers if ends_apart and len(numbers) <= MAX_WHOLE else []


def _weigh_gap(one: Stroke, other: Stroke, high: float) -> float:
    """Return what it costs to join two strokes across white paper, in nats, below 0."""
    return -GAP_COST * _box_gap(one, other) / (0.1 * high)


def _box_gap(one: Stroke, other: Stroke) -> float:
    """Return how far two strokes' boxes are apart, in pixels."""
    aside = max(0, other.x - one.right, one.x - other.right)
    over = max(0, other.y - one.bottom, one.y - other.bottom)
    return float(np.hypot(aside, over))


def _find_best(choices: list[Choice], count: int) -> list[tuple[Choice, bool]]:
    """Return the best way to read all pieces of a line, and of each choice whether another way is nearly as good.

    A sign that is worth less only because it nearly touches a digit is nearly as good as one that does not.

    Args:
        choices: what each run of pieces may be.
        count: pieces of the line.
    """
    before = [0.0, *[-np.inf] * count]
    after = [*[-np.inf] * count, 0.0]
    came: list[Choice | None] = [None] * (count + 1)
    for choice in sorted(choices, key=lambda choice: choice.span):
        start, end = choice.span
        if before[start] + choice.worth > before[end]:
            before[end], came[end] = before[start] + choice.worth, choice
    for choice in sorted(choices, key=lambda choice: choice.span, reverse=True):
        start, end = choice.span
        after[start] = max(after[start], after[end] + choice.worth)
    best: list[Choice] = []
    at = count
    while last := came[at]:
        best.append(last)
        at = last.span[0]
    close = [
        other
        for other in choices
        if before[other.span[0]] + other.worth + other.touch + after[other.span[1]] > before[count] - CLOSE
        and other not in best
    ]
    return [(choice, any(_contradicts(other, choice) for other in close)) for choice in reversed(best)]


def _name(choice: Choice) -> int | None:
    return choice.seen.digit if choice.seen else None


def _contradicts(one: Choice, other: Choice) -> bool:
    """Tell whether two choices share pieces and are not the same digit, cut elsewhere; signs and dirt do not."""
    shared = min(one.span[1], other.span[1]) - max(one.span[0], other.span[0])
    total = max(one.span[1], other.span[1]) - min(one.span[0], other.span[0])
    same = one.sign == other.sign and _name(one) == _name(other)
    digits = None in (one.sign, other.sign) and "" not in (one.sign, other.sign)
    return digits and shared > 0 and not (same and shared >= SAME_CUT * total)


def _join_signs(groups: list[Group]) -> list[Group]:
    """Join signs that are parts of another one, which is not read: dots above and below a dash, or a second dash."""
    dashes = [group for group in groups if group.sign == "-"]
    parts: dict[int, list[Group]] = {}
    taken: set[int] = set()
    for dash in dashes:
        if id(dash) in taken:
            continue
        held = [one for one in groups if one is not dash and id(one) not in taken and _is_part(one, dash)]
        if held:
            parts[id(dash)] = held
            taken |= {id(one) for one in (dash, *held)}
    joined = []
    for group in groups:
        if id(group) in parts:
            stroke = join_strokes([group.stroke, *(one.stroke for one in parts[id(group)])])
            joined.append(group._replace(stroke=stroke, sign="", doubted=True, whole=False))
        elif id(group) not in taken:
            joined.append(group)
    return joined


def _is_part(one: Group, dash: Group) -> bool:
    """Tell whether a sign stands above or below a dash."""
    if one.sign == "-":
        return stand_above(one.stroke, dash.stroke)
    middle = one.stroke.x + one.stroke.width / 2
    return one.sign is not None and one.sign != "+" and dash.stroke.x <= middle <= dash.stroke.right


def _drop_stray(groups: list[Group], high: float) -> list[Group]:
    """Take the sign from what stands at no digit, and leave out what is too small to be more than dirt.

    A touch of the pen between two digits is kept: where it is no sign, it may be one all the same, half of a colon or
    a thin pen's point, and the number another one.
    """
    places = [(group.stroke.x, group.stroke.right) for group in groups if group.sign is None]
    kept = []
    for one in groups:
        group = one
        if group.sign is not None:
            before = min((group.stroke.x - right for _, right in places if right <= group.stroke.right), default=np.inf)
            after = min((x - group.stroke.right for x, _ in places if x >= group.stroke.x), default=np.inf)
            between = max(before, after)
            if group.sign:
                beside = {"-": after, "+": after, ".": before, ",": before, ":": between}[group.sign]
                side = min(group.stroke.width, group.stroke.height)
                is_crumb = group.sign == "." and after == np.inf and side < LAST_POINT * group.band.pen
                if beside > REACH * high or is_crumb:
                    group = group._replace(sign="", doubted=True)
            is_small = max(group.stroke.width, group.stroke.height) < SMALL_DIGIT * high
            is_dot = between <= REACH * high and may_be_dot(group.stroke, group.band)
            if group.sign == "" and is_small and not is_dot:
                continue
        kept.append(group)
    return kept


def check_looks(number: int) -> None:
    """Refuse to look at more groups of pieces than are looked at in time.

    Raises:
        TooLarge: they are more than MAX_LOOKS.
    """
    if number > MAX_LOOKS:
        raise TooLarge(
            f"The picture holds too much that may be a digit; at most {MAX_LOOKS} are looked at. Send a part."
        )


def _width(strokes: list[Stroke]) -> int:
    return max(stroke.right for stroke in strokes) - min(stroke.x for stroke in strokes)
