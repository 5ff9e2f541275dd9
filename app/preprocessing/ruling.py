"""Take the printed lines of ruled and squared paper, and underlines, out of the marks.

A rule is straight and runs from border to border. A single one may also be the bar of a digit that fills the picture:
it is taken out only where it is thinner or fainter than the rest. Many in even distances may fade before they reach the
other border, where light is so hard that part of the paper is plain white; the lines that cross them may be dashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .dashes import draw_broken_lines, find_broken_lines

RUN = 0.1  # of the picture's width: so long a piece of a rule is straight although the picture is tilted a little
MARGIN = 0.03  # of the width: so near the border a rule begins and ends
UNBROKEN = 0.6  # of the width that is seen of a rule, at least; ink, glare and noise hide the rest
BULKY = 0.025  # of the height: anything thicker both ways is not a rule
THINNER = 0.6  # of the writing's thickness that a rule has at most,
FAINTER = 0.75  # or of the writing's contrast
SMALL = 32  # pixels of a picture's longer side: in a smaller one, a digit's strokes are as long as rules
DEEPEST = 1e6  # pixels: where no paper is left, distances to it would be too large to be added
EVEN_LINES = 6  # so many lines in even distances are rules where they begin at one border and end before the other,
FADED = 0.15  # of the width that each is long at least
EVEN = 0.2  # of the usual distance between two of them, by which most distances differ from it, or from twice that,
MOSTLY = 0.75  # of the distances
SLIM = 0.35  # of that distance that a rule is thick at most
DASH = 0.4  # of the distance between rules, that a dash of the lines that cross them is long at least,
DASHES = 0.25  # of such a line that its dashes are together
CORNER = 5  # pixels around the crossing of two rules, where their ink runs together
STRONGEST_RULE = 85  # percentile of the contrasts of rules, which is that of their middles
LONG = 0.8  # of the picture: what goes along rules so far is no stroke that lies on one, but their own middle
CROSSING = 9  # pixels: over so thick a rule, strokes are joined again

Pixels = NDArray[np.uint8]


class Rules(NamedTuple):
    """Where the paper is printed: uint8 (h, w), 0 or 255, and how many lines there are."""

    across: Pixels
    down: Pixels
    rows: int
    columns: int


def remove_rules(contrast: Pixels, least: float) -> Pixels:
    """Take out the rules, but not the ink that crosses them.

    Args:
        contrast: uint8 (h, w), 0 paper.
        least: contrast from which a pixel is a mark.
    """
    if max(contrast.shape) <= SMALL:
        return contrast
    mask = np.asarray(cv2.threshold(contrast, least, 255, cv2.THRESH_BINARY)[1])
    return clear_lines(contrast, mask, find_rules(mask))


def find_rules(mask: Pixels) -> Rules:
    """Find the lines that are printed on the paper.

    Args:
        mask: all marks, 0 or 255.
    """
    turned = np.asarray(cv2.transpose(mask))
    across, rows, apart = _find_all_rules(mask)
    down, columns, apart_down = _find_all_rules(turned)
    if apart_down and not rows:  # squared paper, of which one kind of lines is fainter
        across, rows, _ = _find_rules(mask, apart_down)
    elif apart and not columns:
        down, columns, _ = _find_rules(turned, apart)
    return Rules(across, np.asarray(cv2.transpose(down)), rows, columns)


def clear_lines(contrast: Pixels, mask: Pixels, printed: Rules) -> Pixels:
    """Return marks without rules, but with the ink that crosses them.

    Args:
        contrast: of the marks.
        mask: where they are, 0 or 255.
        printed: what find_rules() returns.
    """
    across, down, rows, columns = printed
    rules = cv2.bitwise_or(across, down)
    lines = cv2.bitwise_and(mask, rules)
    writing = cv2.subtract(mask, lines)
    if not lines.any():
        return contrast
    if not writing.any():
        return cv2.subtract(contrast, lines) if max(rows, columns) > 1 else contrast
    rule_thickness, rule_level = _measure_pen(contrast, lines > 0, 50)  # some of it is ink that runs along
    pen_thickness, pen_level = _measure_pen(contrast, _find_largest(writing), 75)
    if max(rows, columns) == 1 and rule_thickness > THINNER * pen_thickness and rule_level > FAINTER * pen_level:
        return contrast
    joined_down = cv2.morphologyEx(writing, cv2.MORPH_CLOSE, np.ones((CROSSING, 1), np.uint8))
    joined_across = cv2.morphologyEx(writing, cv2.MORPH_CLOSE, np.ones((1, CROSSING), np.uint8))
    crossed = cv2.bitwise_or(cv2.bitwise_and(joined_down, across), cv2.bitwise_and(joined_across, down))
    crossings = cv2.dilate(cv2.bitwise_and(across, down), np.ones((CORNER, CORNER), np.uint8))
    crossed |= cv2.subtract(_find_taller(mask, across, down), crossings)
    turned = _find_taller(*(np.asarray(cv2.transpose(one)) for one in (mask, down, across)))
    crossed |= cv2.subtract(np.asarray(cv2.transpose(turned)), crossings)
    kept = (rules == 0) | (crossed > 0)
    if rule_level < FAINTER * pen_level:
        strongest = float(np.percentile(contrast[lines > 0], STRONGEST_RULE))
        stronger = contrast > (max(rule_level, min(strongest, FAINTER * pen_level)) + pen_level) / 2
        kept |= _leave_long_out(stronger & (rules > 0))
    return np.where(kept, contrast, 0).astype(np.uint8)


def _leave_long_out(stronger: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what is stronger than rules usually are, without what goes along them so far that it is their middle."""
    height, width = stronger.shape
    joined = np.asarray(stronger, np.uint8)
    for kernel in ((1, CROSSING), (CROSSING, 1)):
        closed = cv2.morphologyEx(joined, cv2.MORPH_CLOSE, np.ones(kernel, np.uint8))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
        is_long = (stats[:, cv2.CC_STAT_WIDTH] > LONG * width) | (stats[:, cv2.CC_STAT_HEIGHT] > LONG * height)
        is_long[0] = False
        if is_long.any():
            stronger = stronger & ~is_long[labels]
    return stronger


def _find_all_rules(mask: Pixels) -> tuple[Pixels, int, float]:
    """Return what _find_rules() returns, and the lines with it that are interrupted."""
    rules, found, distance = _find_rules(mask)
    margin = int(MARGIN * mask.shape[1]) + 1
    if not _may_hold_rules(mask[:, :margin], mask[:, -margin:]):
        return rules, found, distance
    lines = find_broken_lines(mask)
    if lines:
        rules = cv2.bitwise_or(rules, draw_broken_lines(lines, mask.shape))
    return rules, max(found, len(lines)), distance


def _find_rules(mask: Pixels, apart: float = 0.0) -> tuple[Pixels, int, float]:
    """Return where rules run across.

    Args:
        mask: all marks.
        apart: pixels between the rules that run the other way: these may be dashed; 0 where there are none.

    Returns:
        uint8 (h, w), 0 or 255; how many they are; and how far apart, if they are many in even distances, else 0.
    """
    height, width = mask.shape
    run = max(8, round(DASH * apart)) if apart else max(15, round(RUN * width))
    margin = int(MARGIN * width) + 1
    if not apart and not _may_hold_rules(mask[:, :margin], mask[:, -margin:]):
        return np.zeros_like(mask), 0, 0.0
    thick = np.asarray(cv2.dilate(mask, np.ones((3, 1), np.uint8)), np.uint8)  # so that a line's steps overlap
    if not apart and not _may_hold_rules(*_find_runs_in_margins(thick, run, margin)):
        return np.zeros_like(mask), 0, 0.0  # most pages have none: the rest takes much longer
    runs = _find_runs(thick, run)
    bulk = max(5, round(BULKY * height))
    bulky = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((bulk, bulk), np.uint8)) > 0
    rules, faded, places = np.zeros_like(mask), np.zeros_like(mask), list[tuple[float, float]]()
    found = 0
    for line in _list_lines(runs, run, apart):
        if line.slim > bulk + 2:
            continue
        across = (
            line.begins <= MARGIN * width and line.ends >= (1 - MARGIN) * width - 1 and line.seen > UNBROKEN * width
        )
        if not across and line.seen <= (DASHES if apart else UNBROKEN) * (line.ends - line.begins):
            continue
        (rules if across else faded)[line.box][line.own & ~bulky[line.box]] = 255
        found += across
        places.append((line.middle, line.slim))
    distance = _measure_distance(places)
    if distance:
        rules, found = cv2.bitwise_or(rules, faded), len(places)
    elif apart:  # digits below each other
        return np.zeros_like(mask), 0, 0.0
    return np.asarray(cv2.dilate(rules, np.ones((3, 1), np.uint8))), found, distance  # with the lines' soft edges


def _find_taller(mask: Pixels, across: Pixels, down: Pixels) -> Pixels:
    """Return where rules that run across are so thick that ink lies on them: the foot of a digit, a bar.

    Args:
        mask: all marks.
        across: the rules that run across.
        down: those that cross them.
    """
    lines = cv2.bitwise_and(mask, across)
    if not lines.any():
        return np.zeros_like(mask)
    columns = cv2.bitwise_and(lines, cv2.bitwise_not(down))
    thickness = _measure_thickness(columns)
    alone = cv2.bitwise_and(mask, cv2.bitwise_or(cv2.bitwise_not(down), across))
    least = round(1.5 * thickness) + 2
    return np.asarray(cv2.bitwise_and(cv2.morphologyEx(alone, cv2.MORPH_OPEN, np.ones((least, 1), np.uint8)), across))


def _measure_thickness(lines: Pixels) -> float:
    """Return how many pixels lines are usually thick: their area by the length of their upper edges."""
    edges = int(np.count_nonzero(lines[0])) + int(np.count_nonzero((lines[1:] > 0) & (lines[:-1] == 0)))
    return int(np.count_nonzero(lines)) / max(1, edges)


class _Line(NamedTuple):
    """A line that may be a rule, in pixels."""

    box: tuple[slice, slice]  # rows and columns that it takes up
    own: NDArray[np.bool_]  # where it is in them
    begins: int  # its first column,
    ends: int  # and its last
    seen: int  # columns in which it is seen
    slim: float  # how thick it usually is
    middle: float  # its mean row


def _list_lines(runs: Pixels, run: int, apart: float) -> Iterator[_Line]:
    """List the lines that runs make up one after the other, those that are long enough and reach a border.

    Args:
        runs: pieces of lines, 0 or 255.
        run: pixels that each is long at least.
        apart: as _find_rules'; where there are lines across these, they need reach no border.
    """
    width = runs.shape[1]
    bridged = cv2.dilate(runs, np.ones((3, max(run, round(2 * apart))), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bridged)
    for line in range(1, count):
        x, y, w, h = (int(length) for length in stats[line, :4])
        begins_late, ends_early = x > MARGIN * width, x + w < (1 - MARGIN) * width
        if w < FADED * width or (begins_late and ends_early and not apart):
            continue
        box = slice(y, y + h), slice(x, x + w)
        own = (labels[box] == line) & (runs[box] > 0)
        thickness = own.sum(axis=0)
        seen = np.flatnonzero(thickness)
        middle = y + float(np.nonzero(own)[0].mean())
        yield _Line(box, own, x + int(seen[0]), x + int(seen[-1]), seen.size, float(np.median(thickness[seen])), middle)


def _measure_distance(places: list[tuple[float, float]]) -> float:
    """Return how far lines are apart, in pixels, if they are many, slim and in even distances; else 0.

    Args:
        places: of each line, where its middle is, and how thick it is.
    """
    if len(places) < EVEN_LINES:
        return 0.0
    middles, slim = np.array(sorted(places)).T
    gaps = np.diff(middles)
    usual = float(np.median(gaps))
    even = np.abs(gaps - usual * np.clip(np.round(gaps / max(1.0, usual)), 1, 2)) <= EVEN * usual
    return usual if even.mean() >= MOSTLY and np.median(slim) <= SLIM * usual else 0.0


def _may_hold_rules(left: Pixels, right: Pixels) -> bool:
    """Tell whether anything is in both margins, or in many rows of one."""
    at_left, at_right = (int(np.count_nonzero(side.any(axis=1))) for side in (left, right))
    return (at_left > 0 and at_right > 0) or max(at_left, at_right) >= EVEN_LINES


def _find_runs(mask: Pixels, run: int) -> Pixels:
    """Return what of a mask is so long across, or as long as is seen of it at the border."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, run), np.uint8)), np.uint8)


def _find_runs_in_margins(mask: Pixels, run: int, margin: int) -> tuple[Pixels, Pixels]:
    """Return what _find_runs() returns of so many columns on the left and on the right."""
    end = margin + run + 1  # columns that decide what lies in the margin
    return _find_runs(mask[:, :end], run)[:, :margin], _find_runs(mask[:, -end:], run)[:, -margin:]


def _measure_pen(contrast: Pixels, drawn: NDArray[np.bool_], percentile: int) -> tuple[float, float]:
    """Return how thick, in pixels, and how strong a line is."""
    depths = np.minimum(cv2.distanceTransform(drawn.view(np.uint8), cv2.DIST_L2, 3), DEEPEST)
    return 4 * float(depths[drawn].mean()) - 1, float(np.percentile(contrast[drawn], percentile))


def _find_largest(mask: Pixels) -> NDArray[np.bool_]:
    """Return where the largest connected part of a mask is."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    extent = stats[1:, cv2.CC_STAT_AREA] * stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1].max(axis=1)
    return np.asarray(labels == 1 + int(extent.argmax()))
