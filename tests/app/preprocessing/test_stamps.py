"""A camera's date in a corner is found by its colour, and read as a line of its own."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.models.classifier import Classifier
from app.preprocessing.stamps import find_stamp
from app.reading.answers import read_one
from tests.support.drawings import draw_text, to_png

DATE = "87 3 24"
ORANGE, RED, YELLOW = (255, 140, 40), (255, 60, 40), (255, 215, 60)


def photograph(text: str, paper: tuple[int, int, int] = (225, 222, 210)) -> NDArray[np.uint8]:
    """Return a sheet in uneven light, (900, 1200, 3), with a number in its middle."""
    page = np.full((900, 1200), 255, np.uint8)
    if text:
        row = draw_text(text, height=120, pen=9)
        page[250 : 250 + row.shape[0], 200 : 200 + row.shape[1]] = row
    light = np.linspace(1.0, 0.75, 1200)[None, :, None]
    covered = (255 - page[..., None]) / 255
    grain = np.random.default_rng(7).normal(0, 2, (900, 1200, 3))
    picture = np.array(paper) * light * (1 - covered) + 40 * covered + grain
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def stamp(picture: NDArray[np.uint8], colour: tuple[int, int, int], place: tuple[int, int]) -> NDArray[np.uint8]:
    """Print a date at a place, x and y, as light that glows a little."""
    light = np.zeros(picture.shape[:2], np.uint8)
    cv2.putText(light, DATE, place, cv2.FONT_HERSHEY_SIMPLEX, 1.3, 255, 3, cv2.LINE_AA)
    glow = np.maximum(light / 255, 0.4 * cv2.GaussianBlur(light, (0, 0), 5) / 255)[..., None]
    return np.asarray(picture * (1 - glow) + np.array(colour) * glow, np.uint8)


@pytest.mark.parametrize("colour", (ORANGE, RED, YELLOW))
@pytest.mark.parametrize("place", ((980, 850), (60, 850)))
def test_a_date_beside_a_number_is_a_line_of_its_own(
    colour: tuple[int, int, int], place: tuple[int, int], robust: Classifier
) -> None:
    answer = read_one(robust, to_png(stamp(photograph("2604"), colour, place)))
    number, *date = answer["text"].split("\n")
    assert number == "2604"
    assert all(digit["certain"] for digit in answer["digits"] if digit["box"][3] > 60)
    assert date
    doubted = any(not part["certain"] for part in (*answer["digits"], *answer["marks"]))
    assert date == [DATE.replace(" ", "")] or doubted


def test_a_date_that_cannot_be_read_is_a_doubted_mark(robust: Classifier) -> None:
    picture = photograph("58")
    for number in range(6):  # glyphs of another alphabet
        x = 950 + 36 * number
        corners = np.array(((x, 850), (x + 9, 815), (x + 18, 850), (x + 24, 815)))
        cv2.polylines(picture, [corners], isClosed=False, color=ORANGE, thickness=3, lineType=cv2.LINE_AA)
    answer = read_one(robust, to_png(picture))
    assert answer["text"].split("\n")[0] == "58"
    assert any(not part["certain"] for part in (*answer["digits"], *answer["marks"]) if part["box"][1] > 700)


def test_the_box_of_a_date_is_where_it_was_printed() -> None:
    found = find_stamp(stamp(photograph("41"), ORANGE, (980, 850)))
    assert found is not None
    x, y, width, height = found.box
    assert abs(x - 980) < 15
    assert abs(y + height - 850) < 12
    assert 25 <= height <= 45
    assert found.grey.shape[1] > width / 2


@pytest.mark.parametrize("paper", ((225, 222, 210), (200, 140, 90), (250, 240, 180)))
def test_a_sheet_without_a_date_has_none(paper: tuple[int, int, int]) -> None:
    assert find_stamp(photograph("7193", paper)) is None
