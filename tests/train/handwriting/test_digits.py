"""How digits are written: every style draws a digit, and the styles that MNIST lacks are there."""

from __future__ import annotations

import numpy as np
import pytest

from app.framing import SIDE, frame_digit
from train.handwriting.digits.catalogue import STYLES
from train.handwriting.digits.style import Style
from train.handwriting.synthesis import draw_digit

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
