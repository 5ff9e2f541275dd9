"""Take the printed lines of ruled and squared paper, and underlines, out of the marks.

A rule is straight and runs from border to border. A single one may also be the bar of a digit that fills the picture:
it is taken out only where it is thinner or fainter than the rest.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

RUN = 0.1  # of the picture's width: so long a piece of a rule is straight although the picture is tilted a little
MARGIN = 0.03  # of the width: so near the border a rule begins and ends
UNBROKEN = 0.6  # of the width that is seen of a rule, at least; ink, glare and noise hide the rest
BULKY = 0.025  # of the height: anything thicker both ways is not a rule
THINNER = 0.6  # of the writing's thickness that a rule has at most,
FAINTER = 0.75  # or of the writing's contrast
DEEPEST = 1e6  # pixels: where no paper is left, distances to it would be too large to be added
CROSSING = 9  # pixels: over so thick a rule, strokes are joined again

Pixels = NDArray[np.uint8]


def remove_rules(contrast: Pixels, least: float) -> Pixels:
    """Take out the rules, but not the ink that crosses them.

    Args:
        contrast: uint8 (h, w), 0 paper.
        least: contrast from which a pixel is a mark.
    """
    mask = np.asarray(cv2.threshold(contrast, least, 255, cv2.THRESH_BINARY)[1])
    across, rows = _find_rules(mask)
    down, columns = _find_rules(np.asarray(cv2.transpose(mask)))
    down = np.asarray(cv2.transpose(down))
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
    kept = (rules == 0) | (crossed > 0)
    if rule_level < FAINTER * pen_level:
        kept |= contrast > (rule_level + pen_level) / 2
    return np.where(kept, contrast, 0).astype(np.uint8)


def _find_rules(mask: Pixels) -> tuple[Pixels, int]:
    """Return where lines run from the left border to the right, uint8 (h, w), 0 or 255, and how many they are."""
    height, width = mask.shape
    run = max(15, round(RUN * width))
    margin = int(MARGIN * width) + 1
    if not (mask[:, :margin].any() and mask[:, -margin:].any()):
        return np.zeros_like(mask), 0
    thick = np.asarray(cv2.dilate(mask, np.ones((3, 1), np.uint8)), np.uint8)  # so that a line's steps overlap
    end = margin + run + 1  # columns that decide what lies in the margin
    ends = _find_runs(thick[:, :end], run)[:, :margin], _find_runs(thick[:, -end:], run)[:, -margin:]
    if not (ends[0].any() and ends[1].any()):  # most pages have none: the rest takes much longer
        return np.zeros_like(mask), 0
    runs = _find_runs(thick, run)
    bulk = max(5, round(BULKY * height))
    bulky = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((bulk, bulk), np.uint8)) > 0
    bridged = cv2.dilate(runs, np.ones((3, run), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bridged)
    rules, found = np.zeros_like(mask), 0
    for line in range(1, count):
        x, y, w, h = (int(length) for length in stats[line, :4])
        if x > MARGIN * width or x + w < (1 - MARGIN) * width:
            continue
        box = np.s_[y : y + h, x : x + w]
        own = (labels[box] == line) & (runs[box] > 0)
        thickness = own.sum(axis=0)
        seen = np.flatnonzero(thickness)
        begins, ends = x + seen[0], x + seen[-1]
        across = begins <= MARGIN * width and ends >= (1 - MARGIN) * width - 1 and seen.size > UNBROKEN * width
        if across and np.median(thickness[seen]) <= bulk + 2:
            rules[box][own & ~bulky[box]] = 255
            found += 1
    return np.asarray(cv2.dilate(rules, np.ones((3, 1), np.uint8))), found  # with the lines' soft edges


def _find_runs(mask: Pixels, run: int) -> Pixels:
    """Return what of a mask is so long across, or as long as is seen of it at the border."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, run), np.uint8)), np.uint8)


def _measure_pen(contrast: Pixels, drawn: NDArray[np.bool_], percentile: int) -> tuple[float, float]:
    """Return how thick, in pixels, and how strong a line is."""
    depths = np.minimum(cv2.distanceTransform(drawn.view(np.uint8), cv2.DIST_L2, 3), DEEPEST)
    return 4 * float(depths[drawn].mean()) - 1, float(np.percentile(contrast[drawn], percentile))


def _find_largest(mask: Pixels) -> NDArray[np.bool_]:
    """Return where the largest connected part of a mask is."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    extent = stats[1:, cv2.CC_STAT_AREA] * stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1].max(axis=1)
    return np.asarray(labels == 1 + int(extent.argmax()))
