"""A doubted digit is looked at again: without the shadows that hang together with it, or filled if it is an outline."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.models.classifier import Classifier
from app.reading.answers import predict_one, predict_several
from tests.support.drawings import draw_digit, to_png

SHAPE = (384, 512)
Shadow = NDArray[np.uint8]  # 0, or 255 where there is a shadow


def of_fingers(shadow: Shadow) -> None:
    for across, up in ((175, 210), (225, 170), (275, 150), (325, 190)):
        cv2.line(shadow, (across, SHAPE[0]), (across + 10, up), 255, 30)


def of_a_phone(shadow: Shadow) -> None:
    box = cv2.boxPoints(((215, 130), (260, 230), 25))
    cv2.fillPoly(shadow, [box.astype(np.int32)], 255)


def photograph(label: int, cast: Callable[[Shadow], None]) -> NDArray[np.uint8]:
    """Photograph a digit with the edges of a shadow across it."""
    shadow = np.zeros(SHAPE, np.uint8)
    cast(shadow)
    light = 1 - 0.45 * cv2.GaussianBlur(shadow / 255, (0, 0), 4)
    drawn = draw_digit(label, shape=SHAPE, height=170, pen=14, centre=(256, 190), paper=225, ink=40)
    grain = np.random.default_rng(label).normal(0, 2, SHAPE)
    return np.asarray(np.clip(drawn * light * np.linspace(0.9, 1, SHAPE[1]) + grain, 0, 255), np.uint8)


@pytest.mark.parametrize("cast", (of_fingers, of_a_phone))
def test_digits_across_the_edges_of_shadows_are_read(cast: Callable[[Shadow], None], robust: Classifier) -> None:
    bodies = [to_png(photograph(label, cast)) for label in range(10)]
    answers = predict_several(robust, bodies)
    assert [answer["digit"] for answer in answers] == list(range(10))


def test_what_is_read_without_a_shadow_is_doubted_and_explained(robust: Classifier) -> None:
    body = to_png(photograph(6, of_fingers))
    answer = predict_one(robust, body)
    assert (answer["digit"], answer["certain"], answer["doubt"]) == (6, False, "ambiguous")
    explained = predict_one(robust, body, explained=True)
    assert explained["evidence"]["digit"] == explained["digit"] == 6
    assert "shadow" in explained["steps"][-1]["decision"]


def draw_outline(label: int, pen: int) -> NDArray[np.uint8]:
    """Draw a line around a digit of a broad pen."""
    solid = 255 - draw_digit(label, shape=(380, 380), height=220, pen=48, centre=(190, 190), paper=255, ink=0)
    contours, _ = cv2.findContours(solid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    paper = np.full(solid.shape, 255, np.uint8)
    cv2.drawContours(paper, contours, -1, 0, pen, cv2.LINE_AA)
    return paper


@pytest.mark.parametrize("pen", [2, 4, 8])
def test_outlined_digits_are_read_and_doubted(pen: int, robust: Classifier) -> None:
    answers = predict_several(robust, [to_png(draw_outline(label, pen)) for label in range(10)])
    assert [answer["digit"] for answer in answers] == list(range(10))


def test_an_outline_that_was_filled_is_explained(robust: Classifier) -> None:
    body = to_png(draw_outline(5, 3))
    answer = predict_one(robust, body)
    assert (answer["digit"], answer["certain"], answer["doubt"]) == (5, False, "ambiguous")
    explained = predict_one(robust, body, explained=True)
    assert explained["evidence"]["digit"] == explained["digit"] == 5
    assert "filled" in explained["steps"][-1]["decision"]
