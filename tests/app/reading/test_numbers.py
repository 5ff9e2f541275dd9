"""What is doubted among digits makes doubtful what hangs together with it, and what stands in a line of it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import NoInk
from app.framing import to_tensor
from app.models.classifier import Classifier, Prediction
from app.preprocessing.decoding import decode_picture
from app.reading.answers import Answer, predict_one, read_one
from app.reading.numbers import read_number
from tests.support.drawings import draw_text, to_png

Grey = NDArray[np.uint8]


def face(mouth: int) -> Grey:
    """Draw a face: its ring is a 0."""
    page = np.full((300, 320), 255, np.uint8)
    cv2.circle(page, (160, 150), 90, 0, 8, cv2.LINE_AA)
    for x in (130, 190):
        cv2.line(page, (x, 115), (x, 140), 0, 8, cv2.LINE_AA)
    cv2.ellipse(page, (160, 180), (40, 18), 0, 0, mouth, 0, 8, cv2.LINE_AA)
    return page


def rings(count: int) -> Grey:
    page = np.full((300, 320), 255, np.uint8)
    for number in range(count):
        cv2.circle(page, (160, 150), 100 - 24 * number, 0, 7, cv2.LINE_AA)
    return page


def ticked_box(crossed: bool) -> Grey:
    page = np.full((300, 320), 255, np.uint8)
    cv2.rectangle(page, (90, 80), (230, 220), 0, 7)
    tick = ((100, 90), (220, 210)) if crossed else ((115, 150), (150, 195), (250, 60))
    cv2.polylines(page, [np.array(tick)], isClosed=False, color=0, thickness=9, lineType=cv2.LINE_AA)
    if crossed:
        cv2.line(page, (220, 90), (100, 210), 0, 9, cv2.LINE_AA)
    return page


def letters(text: str, font: int) -> Grey:
    page = np.full((220, 60 + 110 * len(text)), 255, np.uint8)
    cv2.putText(page, text, (40, 150), font, 4, 0, 9, cv2.LINE_AA)
    return page


@pytest.mark.parametrize(
    "page",
    (
        *(face(mouth) for mouth in (180, 360)),
        *(rings(count) for count in (2, 3, 4)),
        ticked_box(crossed=False),
        *(letters(text, cv2.FONT_HERSHEY_SIMPLEX) for text in ("M", "W", "n", "BH", "KITE", "Menu")),
        *(letters(text, cv2.FONT_HERSHEY_DUPLEX) for text in ("HP", "AU", "V", "ham", "WHY")),
    ),
)
def test_no_part_of_what_is_no_digit_is_certain(page: Grey, robust: Classifier) -> None:
    answer = read_one(robust, to_png(page))
    assert [digit["digit"] for digit in answer["digits"] if digit["certain"]] == []


def test_a_crossed_box_holds_no_digit(robust: Classifier) -> None:
    with pytest.raises(NoInk):
        read_one(robust, to_png(ticked_box(crossed=True)))


@pytest.mark.parametrize("text", ("7", "42", "2068", "1998", "31415926", "10\n42\n97"))
def test_digits_side_by_side_or_in_rows_stay_certain(text: str, robust: Classifier) -> None:
    rows = [draw_text(row, height=90, gap=0.4) for row in text.split("\n")]
    wide = max(row.shape[1] for row in rows)
    page = np.concatenate([np.pad(row, ((0, 0), (0, wide - row.shape[1])), constant_values=255) for row in rows])
    answer = read_one(robust, to_png(page))
    assert answer["text"] == text
    assert all(digit["certain"] for digit in answer["digits"])


def test_a_circled_digit_is_doubted(robust: Classifier) -> None:
    page = np.pad(draw_text("3", height=80), 60, constant_values=255)
    cv2.circle(page, (page.shape[1] // 2, page.shape[0] // 2), 100, 0, 6, cv2.LINE_AA)
    answer = read_one(robust, to_png(page))
    assert answer["text"] == "3" or not any(digit["certain"] for digit in answer["digits"])


def test_the_network_answers_once_for_each_digit_of_a_page(robust: Classifier) -> None:
    asked: list[int] = []

    def count(prediction: Prediction) -> Prediction:
        asked.append(len(prediction.probabilities))
        return prediction

    page = decode_picture(to_png(draw_text("20251")))
    reading = read_number(robust.adjusted(count), page)
    assert reading.text == "20251"
    assert sum(asked) == 5
    again = robust.predict(to_tensor(np.stack([one.digit for one in reading.found])))
    np.testing.assert_allclose(reading.prediction.probabilities, again.probabilities, atol=1e-6)
    np.testing.assert_allclose(reading.prediction.certainty, again.certainty, atol=1e-6)


def folded(seed: int) -> Grey:
    """Draw an empty sheet that was folded twice: four fields of other shades, and the folds dark between them."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((480, 640), np.float64)
    light = np.full(rows.shape, 215.0)
    for _ in range(2):
        turn = rng.uniform(0, 2 * np.pi)
        away = np.cos(turn) * (columns - rng.uniform(150, 490)) + np.sin(turn) * (rows - rng.uniform(120, 360))
        light *= 1 + rng.uniform(0.08, 0.16) * np.tanh(away / rng.uniform(2, 6))
        light *= 1 - rng.uniform(0.08, 0.25) * np.exp(-((away / rng.uniform(1.5, 4)) ** 2))
    return np.asarray((light + rng.normal(0, 2, light.shape)).clip(0, 255), np.uint8)


@pytest.mark.parametrize("answer_one", (read_one, predict_one))
@pytest.mark.parametrize("seed", (0, 3, 11, 13, 28, 34, 38))
def test_no_fold_of_an_empty_sheet_is_certain(
    seed: int, answer_one: Callable[[Classifier, bytes], Answer], robust: Classifier
) -> None:
    try:
        answer = answer_one(robust, to_png(folded(seed)))
    except NoInk:
        return
    assert not any(digit["certain"] for digit in answer.get("digits", [answer]))
