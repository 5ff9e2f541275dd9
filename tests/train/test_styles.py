"""The digits and the drawings that the project makes itself."""

from pathlib import Path

import numpy as np
import pytest

from app.preprocessing import SIDE, frame_digit
from train.glyphs import STYLES, Style, trace
from train.marks import KINDS, LOOK_ALIKES, PRINTED_LETTERS, typefaces
from train.pens import PENS, Pen, draw, pick_hand, write
from train.scripts import list_letters
from train.sheets import write_sheets
from train.styles import (
    HELD_OUT_KINDS,
    TRAINING_KINDS,
    draw_digit,
    draw_other,
    synthesise,
    synthesise_others,
)

EVERY_STYLE = [(label, style) for label, styles in STYLES.items() for style in styles]
STYLE_IDS = [f"{label} {style.name}" for label, style in EVERY_STYLE]


def test_the_ways_to_write_that_mnist_lacks_are_there() -> None:
    names = {label: {style.name for style in styles} for label, styles in STYLES.items()}
    assert names[0] >= {"round", "narrow", "slashed", "open"}
    assert names[1] >= {"plain", "short flag", "long flag", "steep flag", "based", "printed"}
    assert names[2] >= {"plain", "looped", "swan", "like z"}
    assert names[3] >= {"round", "flat", "looped", "shallow"}
    assert names[4] >= {"open", "like u", "closed", "lightning"}
    assert names[5] >= {"two strokes", "one stroke", "like s", "angular"}
    assert names[6] >= {"round", "straight", "hooked", "open"}
    assert names[7] >= {"plain", "barred", "wavy", "serif", "serif barred"}
    assert names[8] >= {"crossed", "snowman", "open"}
    assert names[9] >= {"round", "straight", "hooked", "open"}
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


def test_no_flag_of_a_one_lies_as_flat_as_the_top_of_a_seven() -> None:
    rng = np.random.default_rng(1)
    for style in STYLES[1]:
        if "flag" in style.name or style.name in {"printed", "two strokes"}:
            for _ in range(200):
                start = style.draw(rng)[0][0]
                assert start[1] >= 0.55 * -start[0]


def test_the_pen_passes_through_every_point() -> None:
    stroke = [(0.0, 0.0), (0.3, 0.5, 1.0), (0.6, 0.2), (0.5, 1.0)]
    path = trace(stroke)
    for point in stroke:
        assert np.abs(path - point[:2]).sum(axis=1).min() < 1e-9


@pytest.mark.parametrize("pen", PENS, ids=[pen.name for pen in PENS])
def test_every_pen_leaves_ink(pen: Pen) -> None:
    rng = np.random.default_rng(3)
    for style in STYLES[5]:
        ink = draw(write(style.draw(rng), pick_hand(rng), rng), pen, rng)
        assert (ink > 60).sum() > 12


def test_a_seed_gives_the_same_digits_again() -> None:
    first, labels = synthesise(60, seed=5)
    again, labels_again = synthesise(60, seed=5)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert (first != synthesise(60, seed=6)[0]).any()


def test_labels_are_dealt_evenly_and_mixed() -> None:
    digits, labels = synthesise(200, seed=1)
    assert digits.shape == (200, SIDE, SIDE)
    assert labels.dtype == np.uint8
    assert np.bincount(labels, minlength=10).tolist() == [20] * 10
    assert (np.diff(labels.astype(int)) != 0).mean() > 0.7


def test_the_number_of_workers_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.styles.BATCH", 20)
    np.testing.assert_array_equal(synthesise(60, seed=2, workers=2)[0], synthesise(60, seed=2)[0])
    np.testing.assert_array_equal(synthesise_others(60, seed=2, workers=2), synthesise_others(60, seed=2))


def test_no_digits_are_none() -> None:
    assert synthesise(0, seed=1)[0].shape == (0, SIDE, SIDE)
    assert synthesise_others(0, seed=1).shape == (0, SIDE, SIDE)


def test_held_out_kinds_train_nothing() -> None:
    assert not set(HELD_OUT_KINDS) & set(TRAINING_KINDS)
    assert set(HELD_OUT_KINDS) | set(TRAINING_KINDS) == set(KINDS)
    assert len(HELD_OUT_KINDS) >= 10
    assert len(TRAINING_KINDS) >= 30


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_draws_ink_that_frames(name: str) -> None:
    rng = np.random.default_rng(11)
    digits = [frame_digit(draw_other(rng, [name])) for _ in range(12)]
    assert all(digit.max() > 20 for digit in digits)
    assert len({digit.tobytes() for digit in digits}) == len(digits)


def test_others_are_drawn_of_the_kinds_asked_for() -> None:
    dashes = synthesise_others(20, seed=1, kinds=["dashes"])
    rows = (dashes > 60).any(axis=2).sum(axis=1)
    assert (rows < 14).all()


def test_letters_that_look_like_digits_are_not_printed() -> None:
    assert not set(PRINTED_LETTERS) & set(LOOK_ALIKES)
    assert {"A", "K", "W", "h"} <= set(PRINTED_LETTERS)
    foreign = list_letters(str(next(path for path in typefaces() if path.name == "DejaVuSans.ttf")))
    assert not set(foreign) & {"\u0627", "\u05d5", "\u0555", "\u10d8", "\u0667"}  # alef, vav, Oh, in, 7 in Arabic
    assert {"\u05e9", "\u062b", "\u0544", "\u1401"} <= set(foreign)  # shin, theh, Men, E in Cree
    assert len(foreign) > 1000


def test_sheets_show_every_label_and_the_rest(tmp_path: Path) -> None:
    paths = write_sheets(tmp_path / "sheets", 0, synthesise(2, seed=0)[0])
    assert {path.name for path in paths} == {
        *(f"digit-{label}.png" for label in range(10)),
        "not-digits.png",
        "framed.png",
        "augmented.png",
    }
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
