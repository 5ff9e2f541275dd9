"""Grey levels that are not what is drawn are mended: unscaled arrays, dots that print grey, checks."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from app.errors import NoInk
from app.framing import frame_digit
from app.preprocessing.digits import find_ink, look_for_ink, read_picture
from app.preprocessing.explanation import Steps
from app.preprocessing.levels import scale_few_levels, smooth_levels
from app.preprocessing.writing import find_writing
from tests.app.preprocessing.test_digits import difference
from tests.support.drawings import draw_digit, to_png
from tests.support.scenes import Grey

ALIKE = 0.25  # of the ink, that may differ between two framings of the same drawing: smoothing makes it thicker
LABELS = (1, 2, 4, 7, 8)


def draw(label: int) -> Grey:
    return draw_digit(label, shape=(320, 320), height=190, pen=24)


def screen(grey: Grey, period: float) -> Grey:
    """Print a picture in dots, as far apart as is said, whose size tells how dark it is."""
    down, across = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]] * 2 * np.pi / period
    return np.asarray(np.where(grey > 128 + 120 * np.sin(across) * np.sin(down), 255, 0), np.uint8)


@pytest.mark.parametrize("period", (5, 9))
@pytest.mark.parametrize("label", LABELS)
def test_a_digit_in_a_halftone_is_read(label: int, period: float) -> None:
    grey = np.clip(draw(label), 25, 205)
    assert difference(frame_digit(find_ink(draw(label))), frame_digit(find_ink(screen(grey, period)))) < ALIKE


@pytest.mark.parametrize("label", LABELS)
def test_a_dithered_photograph_is_read(label: int) -> None:
    light = np.linspace(0.75, 0.95, 320)
    dithered = np.asarray(Image.fromarray((np.clip(draw(label), 40, 235) * light).astype(np.uint8)).convert("1"))
    found = find_ink((dithered * 255).astype(np.uint8))
    assert difference(frame_digit(find_ink(draw(label))), frame_digit(found)) < ALIKE


@pytest.mark.parametrize(("levels", "side"), (((204, 255), 8), ((191, 255), 16), ((40, 60), 10)))
@pytest.mark.parametrize("label", LABELS)
def test_the_checks_of_transparency_are_no_ink(label: int, levels: tuple[int, int], side: int) -> None:
    down, across = np.indices((320, 320)) // side
    drawn = draw(label)
    ink = (255 - drawn) / 255
    checks = np.where((down + across) % 2, *levels)
    page = (checks * (1 - ink) + (0 if levels[0] > 128 else 255) * ink).astype(np.uint8)
    assert difference(frame_digit(255 - drawn), frame_digit(find_ink(page))) < ALIKE
    with pytest.raises(NoInk):
        find_ink(checks.astype(np.uint8))


@pytest.mark.parametrize("highest", (1, 16))
@pytest.mark.parametrize("label", LABELS)
def test_an_array_saved_without_being_scaled_is_read(label: int, highest: int) -> None:
    array = np.round((255 - draw_digit(label, shape=(28, 28), height=20, pen=2.5)) / 255 * highest).astype(np.uint8)
    found = look_for_ink(array)
    assert not found.faint
    scaled = (array.astype(int) * 255 // highest).astype(np.uint8)
    assert np.array_equal(read_picture(to_png(scaled)), read_picture(to_png(array)))


@pytest.mark.parametrize("highest", (1, 16))
@pytest.mark.parametrize("label", LABELS)
def test_an_array_saved_without_being_scaled_is_read_as_a_number_too(label: int, highest: int) -> None:
    array = np.round((255 - draw_digit(label, shape=(28, 28), height=20, pen=2.5)) / 255 * highest).astype(np.uint8)
    (found,) = find_writing(array).digits
    assert not found.faint
    assert np.array_equal(found.digit, read_picture(to_png(array)))


def test_nearly_black_photographs_have_no_ink() -> None:
    dark = np.random.default_rng(1).integers(0, 9, (240, 320)).astype(np.uint8)
    with pytest.raises(NoInk):
        find_ink(dark)


@pytest.mark.parametrize("highest", (4, 9, 16))
def test_light_that_fades_into_a_small_dark_picture_is_not_scaled(highest: int) -> None:
    fading = np.linspace(0, highest, 60)[None].repeat(48, axis=0)
    noise = np.random.default_rng(highest).normal(0, 0.7, fading.shape)
    dark = np.clip(np.round(fading + noise), 0, highest).astype(np.uint8)
    assert scale_few_levels(dark) is dark


def test_lines_squares_and_photographs_are_not_smoothed() -> None:
    grain = np.random.default_rng(2).normal(200, 12, (300, 400)).clip(0, 255).astype(np.uint8)
    squares = np.full((300, 400), 255, np.uint8)
    squares[::16] = squares[:, ::16] = 90
    for page in (grain, squares, draw(5)):
        assert smooth_levels(page) is page


def test_what_was_mended_is_explained() -> None:
    steps: Steps = []
    look_for_ink(screen(np.clip(draw(2), 25, 205), 6), steps)
    assert any("dots" in step.decision for step in steps)
