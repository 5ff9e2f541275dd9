"""The kinds of non-digits: all draw something, none is trained on that is held out."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.framing import frame_digit
from train.handwriting import marks
from train.handwriting.kinds import HELD_OUT_KINDS, KINDS, TRAINING_KINDS
from train.handwriting.marks import crop_to_ink
from train.handwriting.pens import Ink
from train.handwriting.synthesis import draw_non_digit, synthesise_non_digits


def test_held_out_kinds_are_not_trained_on() -> None:
    assert not set(HELD_OUT_KINDS) & set(TRAINING_KINDS)
    assert set(HELD_OUT_KINDS) | set(TRAINING_KINDS) == set(KINDS)
    assert len(HELD_OUT_KINDS) >= 10
    assert len(TRAINING_KINDS) >= 30


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_draws_ink_that_frames(name: str) -> None:
    rng = np.random.default_rng(11)
    digits = [frame_digit(draw_non_digit(rng, [name])) for _ in range(12)]
    assert all(digit.max() > 20 for digit in digits)
    assert len({digit.tobytes() for digit in digits}) == len(digits)


def test_non_digits_are_drawn_of_the_kinds_asked_for() -> None:
    dashes = synthesise_non_digits(20, seed=1, kinds=["dashes"])
    rows = (dashes > 60).any(axis=2).sum(axis=1)
    assert (rows < 14).all()


def draw_kind(name: str, count: int = 20) -> list[Ink]:
    rng = np.random.default_rng(12)
    return [crop_to_ink(KINDS[name].draw(rng)) for _ in range(count)]


def count_parts(ink: Ink) -> int:
    return int(cv2.connectedComponents((ink > 60).astype(np.uint8))[0]) - 1


@pytest.mark.parametrize(
    ("name", "narrowest"),
    (("touching halves", marks.NARROWEST), ("parts of words", marks.NARROWEST), ("parts of digits", marks.SLIMMEST)),
)
def test_what_is_cut_out_of_digits_and_words_is_no_lone_stroke(name: str, narrowest: float) -> None:
    assert all(ink.shape[1] >= narrowest * ink.shape[0] for ink in draw_kind(name))


def test_a_squeezed_pair_is_as_wide_as_one_digit() -> None:
    assert all(ink.shape[1] <= 1.1 * ink.shape[0] for ink in draw_kind("squeezed pairs"))


def test_a_comma_is_heavy_at_its_head() -> None:
    for ink in draw_kind("commas"):
        middle = len(ink) // 2
        assert ink[:middle].sum(dtype=int) > 1.2 * ink[middle:].sum(dtype=int)


def test_a_shadows_edge_is_harder_on_one_side() -> None:
    steps = np.array([1.0, 0.0, -1.0])
    for ink in draw_kind("shadows' edges"):
        smooth = cv2.GaussianBlur(ink, (0, 0), 1.5).astype(float)
        climbs = [np.abs(np.apply_along_axis(np.convolve, axis, smooth, steps, "same")).max() for axis in (0, 1)]
        assert max(climbs) > 20  # grey levels within two pixels: there is a hard side


def test_clothes_are_filled() -> None:
    assert all((ink > 20).mean() > 0.25 for ink in draw_kind("garments"))


def test_printed_lines_hold_many_letters() -> None:
    assert np.median([count_parts(ink) for ink in draw_kind("printed lines")]) >= 6


def test_bars_and_boxes_have_their_lines() -> None:
    for ink in draw_kind("barcodes"):
        assert count_parts(ink) >= 5
    for ink in draw_kind("ticked boxes"):
        outside = (ink <= 20).astype(np.uint8)
        assert cv2.connectedComponents(outside)[0] - 1 >= 2  # paper around the box, and within
        assert ink.shape[1] > 0.5 * ink.shape[0]


@pytest.mark.parametrize("name", ("spectra", "fingerprints", "scrawls", "scribbles"))
def test_textures_and_scribbles_cover_an_area(name: str) -> None:
    assert np.median([(ink > 60).mean() for ink in draw_kind(name)]) > 0.2


def count_enclosed(ink: Ink) -> int:
    """Return how many pieces of paper lines enclose, each of some size."""
    paper = np.pad((ink <= 60).astype(np.uint8), 1, constant_values=1)
    areas = cv2.connectedComponentsWithStats(paper, connectivity=4)[2][1:, cv2.CC_STAT_AREA]
    return int((areas > 4).sum()) - 1  # less the paper around


@pytest.mark.parametrize("name", ("wheels", "atoms"))
def test_no_wheel_or_atom_is_a_lone_ring(name: str) -> None:
    drawn = draw_kind(name, 40)
    assert np.mean([count_enclosed(ink) >= 2 or count_parts(ink) >= 2 for ink in drawn]) >= 0.9
    assert all(0.6 < ink.shape[1] / ink.shape[0] < 1.8 for ink in drawn)


def test_a_note_has_a_thick_head_below_its_stem() -> None:
    halves = []
    for ink in draw_kind("notes"):
        depth = cv2.distanceTransform(np.pad((ink > 60).astype(np.uint8), 1), cv2.DIST_L2, 3)
        halves.append((depth[: len(depth) // 2].max(), depth[len(depth) // 2 :].max()))
    upper, lower = np.array(halves).T
    assert (lower >= 5).all()
    assert np.mean(lower > 1.2 * upper) >= 0.7


def test_signs_of_kana_hold_several_strokes() -> None:
    assert np.median([(ink > 60).mean() for ink in draw_kind("kana")]) < 0.45
    assert all(ink.shape[1] > 0.4 * ink.shape[0] for ink in draw_kind("kana"))


def test_a_paper_clip_has_lines_within_its_rim() -> None:
    for ink in draw_kind("paper clips"):
        rows = ink[len(ink) // 4 : -len(ink) // 4] > 60
        crossings = (np.diff(np.pad(rows, ((0, 0), (1, 1))).astype(int), axis=1) > 0).sum(axis=1)
        assert crossings.max() >= 3  # of a 0 two
