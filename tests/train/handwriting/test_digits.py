"""How digits are written: every style draws a digit, and the styles that MNIST lacks are there."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from app.framing import SIDE, frame_digit
from train.handwriting.curves import Glyph, trace
from train.handwriting.digits.catalogue import STYLES
from train.handwriting.digits.style import Style
from train.handwriting.pens import Hand, Ink, Pen, draw, write
from train.handwriting.styles import between, write_style
from train.handwriting.synthesis import draw_digit

EVERY_STYLE = [(label, style) for label, styles in STYLES.items() for style in styles]
STYLE_IDS = [f"{label} {style.name}" for label, style in EVERY_STYLE]


def test_the_ways_to_write_that_mnist_lacks_are_there() -> None:
    names = {label: {style.name for style in styles} for label, styles in STYLES.items()}
    assert names[0] >= {"round", "narrow", "slashed", "open"}
    assert names[1] >= {"plain", "short flag", "long flag", "flat flag", "wide flag", "steep flag", "based", "printed"}
    assert names[2] >= {"plain", "looped", "swan", "like z"}
    assert names[3] >= {"round", "flat", "looped", "shallow", "thin"}
    assert names[4] >= {"open", "like u", "closed", "lightning", "bolt", "low barred"}
    assert names[5] >= {"two strokes", "one stroke", "like s", "angular", "hat apart", "short hat"}
    assert names[6] >= {"round", "straight", "hooked", "open", "tiny loop"}
    assert names[7] >= {"plain", "barred", "wavy", "serif", "serif barred", "hook barred", "long serif"}
    assert names[8] >= {"crossed", "snowman", "open"}
    assert names[9] >= {"round", "straight", "hooked", "open", "eared", "g tailed", "tiny head", "lollipop"}
    assert sorted(STYLES) == list(range(10))


@pytest.mark.parametrize(("label", "style"), EVERY_STYLE, ids=STYLE_IDS)
def test_every_style_draws_ink_with_paper_around_it(label: int, style: Style) -> None:
    rng = np.random.default_rng(label)
    for _ in range(20):
        ink = draw_digit(label, rng, style)
        assert ink.dtype == np.uint8
        assert max(ink.shape) <= 140
        assert ink.max() > 100
        assert not np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]]).any()


@pytest.mark.parametrize(("label", "style"), EVERY_STYLE, ids=STYLE_IDS)
def test_every_style_frames_as_a_digit(label: int, style: Style) -> None:
    rng = np.random.default_rng(label)
    for _ in range(5):
        digit = frame_digit(draw_digit(label, rng, style))
        assert digit.shape == (SIDE, SIDE)
        assert 0.01 < (digit > 100).mean() < 0.45 or digit.max() < 160  # a hairline is grey in the frame


STEADY = Hand(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, haste=1)  # writes every glyph as it stands

HOLES = (
    (0, "pointed", {1}),
    (0, "whiskered", {1}),
    (0, "cupped", {0}),
    (0, "dotted", {1}),
    (1, "flat flag", {0}),
    (1, "long based", {0}),
    (1, "level based", {0}),
    (1, "running", {0}),
    (1, "cornered", {0}),
    (2, "big loop", {1}),
    (2, "flat footed", {0}),
    (2, "short footed", {0}),
    (2, "small bow", {0}),
    (3, "thin", {0}),
    (3, "zed topped", {0}),
    (3, "small head", {0}),
    (3, "small belly", {0}),
    (3, "long tailed", {0}),
    (4, "bolt", {0}),
    (4, "low barred", {0}),
    (4, "high cup", {0}),
    (4, "stem first", {1}),
    (4, "small head", {0, 1}),
    (5, "short hat", {0}),
    (5, "long hat", {0}),
    (5, "snake", {0}),
    (5, "short neck", {0}),
    (5, "small belly", {0}),
    (5, "flat backed", {0}),
    (6, "tiny loop", {1}),
    (6, "upright", {1}),
    (6, "crossing", {1}),
    (7, "hook", {0}),
    (7, "hook barred", {0}),
    (7, "long serif", {0}),
    (7, "curved barred", {0}),
    (8, "unequal", {2, 3}),  # 3: the rings cross
    (8, "slim", {2}),
    (8, "gaping", {1, 2}),
    (9, "tiny head", {1}),
    (9, "lollipop", {1}),
    (9, "square", {1}),
    (9, "like y", {0}),
)


def drawn(label: int, name: str, count: int = 40) -> Iterator[tuple[Glyph, Ink]]:
    """Draw skeletons of a style as they stand, with a thin pen."""
    style = next(style for style in STYLES[label] if style.name == name)
    for seed in range(count):
        rng = np.random.default_rng(seed)
        glyph = style.draw(rng)
        yield glyph, draw(write(glyph, STEADY, rng), Pen("fineliner", 1, (0.02, 0.02)), np.random.default_rng(1))


def count_parts(ink: Ink) -> int:
    return cv2.connectedComponents((ink > 60).astype(np.uint8), connectivity=8)[0] - 1


def count_holes(ink: Ink) -> int:
    paper = cv2.connectedComponentsWithStats((ink <= 60).astype(np.uint8), connectivity=4)[2]
    return int((paper[1:, cv2.CC_STAT_AREA] > 3).sum()) - 1


@pytest.mark.parametrize(("label", "name", "holes"), HOLES, ids=[f"{label} {name}" for label, name, _ in HOLES])
def test_a_style_has_the_holes_that_its_loops_make(label: int, name: str, holes: set[int]) -> None:
    assert {count_holes(ink) for _, ink in drawn(label, name)} <= holes


def test_the_loop_of_a_six_on_a_long_stem_is_tiny_and_low() -> None:
    for _, ink in drawn(6, "tiny loop"):
        _, _, boxes, centres = cv2.connectedComponentsWithStats((ink <= 60).astype(np.uint8), connectivity=4)
        hole = int(np.argmin(boxes[1:, cv2.CC_STAT_AREA])) + 1
        assert boxes[hole, cv2.CC_STAT_HEIGHT] < 0.36 * ink.shape[0]
        assert centres[hole][1] > 0.6 * ink.shape[0]


def test_the_head_of_a_nine_on_a_long_leg_is_tiny_and_high() -> None:
    for _, ink in drawn(9, "tiny head"):
        _, _, boxes, centres = cv2.connectedComponentsWithStats((ink <= 60).astype(np.uint8), connectivity=4)
        hole = int(np.argmin(boxes[1:, cv2.CC_STAT_AREA])) + 1
        assert boxes[hole, cv2.CC_STAT_HEIGHT] < 0.3 * ink.shape[0]
        assert centres[hole][1] < 0.4 * ink.shape[0]


@pytest.mark.parametrize(("label", "name"), [(5, "hat apart"), (0, "dotted")])
def test_what_lies_apart_is_a_part_of_its_own(label: int, name: str) -> None:
    assert {count_parts(ink) for _, ink in drawn(label, name)} == {2}


@pytest.mark.parametrize("name", ["flat flag", "flat based"])
def test_a_flat_flag_rises_at_25_to_41_degrees(name: str) -> None:
    for glyph, _ in drawn(1, name):
        (start_x, start_y), (corner_x, corner_y) = glyph[0][0][:2], glyph[0][2][:2]
        assert 25 <= np.degrees(np.arctan2(start_y - corner_y, corner_x - start_x)) <= 41


def test_a_wide_flag_is_nearly_as_long_as_the_stem_and_rises_at_29_to_45_degrees() -> None:
    for glyph, _ in drawn(1, "wide flag"):
        (start_x, start_y), (corner_x, corner_y) = glyph[0][0][:2], glyph[0][2][:2]
        assert 28 <= np.degrees(np.arctan2(start_y - corner_y, corner_x - start_x)) <= 46
        assert 0.45 < np.hypot(start_y - corner_y, corner_x - start_x) < 1.25


def test_no_flag_of_a_one_lies_as_flat_as_the_top_of_a_seven() -> None:
    rng = np.random.default_rng(1)
    for style in STYLES[1]:
        if "flag" in style.name or style.name in {"printed", "two strokes", "flat based", "long based", "cornered"}:
            for _ in range(200):
                start = style.draw(rng)[0][0]
                assert start[1] >= 0.46 * -start[0]
    for name in ("plain", "barred", "wide"):
        for glyph, _ in drawn(7, name, 200):
            (start_x, start_y), (end_x, end_y) = glyph[0][0][:2], max(glyph[0], key=lambda point: point[0])[:2]
            assert start_y - end_y <= 0.32 * (end_x - start_x)


def test_a_one_with_a_level_flag_stands_on_a_foot_wider_than_the_flag() -> None:
    for glyph, _ in drawn(1, "level based"):
        left, right = glyph[1]
        assert right[0] - left[0] > -glyph[0][0][0]
        assert min(left[1], right[1]) > 0.9


def test_a_long_upstroke_begins_at_least_a_third_down_and_stands_on_a_foot() -> None:
    for glyph, _ in drawn(1, "long based"):
        assert glyph[0][0][1] >= 0.33
        left, right = glyph[1]
        assert min(left[1], right[1]) > 0.9
        assert left[0] < glyph[0][-1][0] < right[0]


@pytest.mark.parametrize("name", [style.name for style in STYLES[7] if "barred" in style.name or "short" in style.name])
def test_the_bar_of_a_seven_crosses_its_stem(name: str) -> None:
    for glyph, _ in drawn(7, name):
        stem, bar = trace(glyph[0]), trace(glyph[1])
        distance = np.sqrt(((stem[:, None] - bar[None]) ** 2).sum(axis=2))
        assert distance.min() < 0.06
        crossing = stem[int(distance.min(axis=1).argmin()), 0]
        assert bar[0, 0] < crossing < bar[-1, 0]
        assert 0.25 < bar[:, 1].mean() < 0.85


@pytest.mark.parametrize("name", ["hook", "hook barred", "long serif", "long serif barred"])
def test_hooks_and_serifs_hang_from_the_left_end_of_a_seven(name: str) -> None:
    for glyph, _ in drawn(7, name):
        start = glyph[0][0]
        assert start[1] >= 0.14
        assert start[0] < 0.3 * max(point[0] for point in glyph[0])


def test_the_bar_of_a_four_may_be_low_and_long() -> None:
    for glyph, _ in drawn(4, "low barred"):
        assert glyph[0][1][1] >= 0.7
    for glyph, _ in drawn(4, "long barred"):
        stem = glyph[1][0][0]
        assert glyph[0][-1][0] - stem > 0.2


def test_the_tail_of_a_nine_may_swing_to_the_left_of_its_head() -> None:
    ends = [min(trace(glyph[0])[-30:, 0]) for glyph, _ in drawn(9, "g tailed", 100)]
    assert max(ends) < 0.15
    assert np.mean(np.array(ends) < -0.3) > 0.2


def test_the_ear_of_a_nine_reaches_beyond_its_leg() -> None:
    for glyph, _ in drawn(9, "eared"):
        head_top = trace(glyph[0])
        upper = head_top[head_top[:, 1] < 0.2]
        assert glyph[0][0][0] == pytest.approx(upper[:, 0].max(), abs=0.03)
        assert glyph[0][0][0] > glyph[0][5][0]


def test_no_hand_leans_a_style_further_than_a_person_reads_it() -> None:
    style = next(style for style in STYLES[7] if style.name == "plain")
    far, near = (STEADY._replace(slant=slant) for slant in (-0.6, style.lean[0]))
    pen = Pen("fineliner", 1, (0.08, 0.08))
    ink, nearer = (write_style(style, hand, pen, np.random.default_rng(4)) for hand in (far, near))
    np.testing.assert_array_equal(ink, nearer)


def test_what_lies_between_two_styles_is_neither_of_them() -> None:
    rng = np.random.default_rng(2)
    first, second = (next(style for style in STYLES[4] if style.name == name) for name in ("open", "closed"))
    third = between(first, second, 0.5)
    assert third.fattest == min(first.fattest, second.fattest)
    assert len(third.draw(rng)) == 2


@pytest.mark.parametrize("label", range(10))
def test_styles_of_a_family_are_written_by_as_many_strokes(label: int) -> None:
    for family in {style.family for style in STYLES[label]} - {""}:
        members = [style for style in STYLES[label] if style.family == family]
        assert len(members) > 1
        assert len({len(style.draw(np.random.default_rng(seed))) for style in members for seed in range(20)}) == 1
