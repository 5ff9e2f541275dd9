"""Rules are taken out where they fade before the other border, or are dashed; rows of ones stay."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import NoInk
from app.models.classifier import load_classifier
from app.models.folder import load
from app.preprocessing.ruling import remove_rules
from app.preprocessing.writing import find_writing
from app.reading.answers import read_one
from tests.support.drawings import draw_digit, draw_text, to_png

Grey = NDArray[np.uint8]


def squares(apart: int = 30, shape: tuple[int, int] = (360, 480)) -> Grey:
    """Return squared paper as contrast: 0 paper."""
    paper = np.zeros(shape, np.uint8)
    paper[apart // 2 :: apart] = 60
    paper[:, apart // 2 :: apart] = 60
    return paper


def in_hard_light(drawn: Grey, apart: int = 30, bright: float = 1.6) -> Grey:
    """A digit on squared paper, in light that falls from one side so hard that the other side is plain white."""
    height, width = drawn.shape
    paper = 235.0 - 0.3 * squares(apart, drawn.shape).astype(float)
    light = np.linspace(0.45, bright, width)[None] + np.linspace(-0.1, 0.2, height)[:, None]
    ink = cv2.GaussianBlur(255 - drawn, (0, 0), 0.8) / 255
    grain = np.random.default_rng(5).normal(0, 2, drawn.shape)
    return np.asarray(((paper * (1 - ink) + 40 * ink) * light + grain).clip(0, 255), np.uint8)


def test_rules_that_fade_before_the_other_border_are_taken_out() -> None:
    faded = squares()
    rows, columns = np.indices(faded.shape)
    faded[columns + rows // 2 > 330] = 0
    assert np.count_nonzero(remove_rules(faded, 20)) < 0.03 * np.count_nonzero(faded)


def test_dashed_lines_that_cross_rules_are_taken_out() -> None:
    paper = np.zeros((360, 480), np.uint8)
    paper[15::30] = 60
    dashes = np.arange(360) % 24 < 16
    paper[dashes[:, None] & (np.arange(480) % 30 == 15)[None]] = 60
    assert np.count_nonzero(remove_rules(paper, 20)) < 0.03 * np.count_nonzero(paper)


@pytest.mark.parametrize("text", ("1111111", "171171"))
def test_ones_side_by_side_are_no_rules(text: str) -> None:
    contrast = 255 - draw_text(text, height=120, gap=0.6)
    assert np.array_equal(remove_rules(contrast, 20), contrast)


@pytest.mark.parametrize("apart", (24, 36))
@pytest.mark.parametrize("label", (2, 3, 5, 7))
def test_a_digit_on_squared_paper_in_hard_light_is_read(label: int, apart: int) -> None:
    folder = Path(__file__).parents[3] / "models" / "robust"
    if not folder.is_dir():
        pytest.skip("models/robust is not there: make train RECIPE=robust")
    page = in_hard_light(draw_digit(label, shape=(360, 480), height=190, pen=14), apart)
    assert read_one(load_classifier(load(folder)), to_png(page))["text"] == str(label)


@pytest.mark.parametrize("bright", (1.2, 1.6))
def test_empty_squared_paper_in_hard_light_holds_no_digit(bright: float) -> None:
    with pytest.raises(NoInk):
        find_writing(in_hard_light(np.full((360, 480), 255, np.uint8), 30, bright))
