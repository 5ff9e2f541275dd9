"""Measurements on real-world pictures: texts are compared in order, pictures are read by the server's functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
from keras import layers

from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from app.models.saving import save
from tests.support.drawings import draw_digit, side_by_side, to_png
from train.errors import TrainingError
from train.evaluation import measurements
from train.reports.sheets import CELL, LABEL, write_wrong


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """A classifier that calls everything a 7, and is never certain."""
    tensor = keras.Input((28, 28, 1))
    probabilities = layers.Dense(10, activation="softmax", bias_initializer="zeros")(layers.Flatten()(tensor))
    network = keras.Model(tensor, probabilities)
    network.set_weights([np.zeros((784, 10)), np.eye(10)[7] * 2])
    folder = tmp_path_factory.mktemp("models") / "seven"
    save(network, folder, {"certain_from": 0.9})
    return load_classifier(load(folder))


def test_figures_of_another_command_stay_in_the_card(tmp_path: Path) -> None:
    card: dict[str, Any] = {"recipe": "seven", "measured": {"corrections": {"harmed": 0}, "pages": {"count": 1}}}
    measurements.note_measured(tmp_path, card, {"pages": {"count": 2}})
    written = json.loads((tmp_path / "card.json").read_text())
    assert written == {"recipe": "seven", "measured": {"corrections": {"harmed": 0}, "pages": {"count": 2}}}


@pytest.mark.parametrize(
    ("text", "read", "common"),
    (("427", "427", 3), ("427", "47", 2), ("12\n34", "1234", 4), ("12", "", 0), ("123", "321", 1)),
)
def test_digits_found_are_those_read_in_order(text: str, read: str, common: int) -> None:
    assert measurements.count_common(text, read) == common


def test_pictures_are_read_by_the_servers_functions(classifier: Classifier, tmp_path: Path) -> None:
    for label in (7, 2):
        (tmp_path / f"{label}.png").write_bytes(to_png(draw_digit(label)))
    (tmp_path / "blank.png").write_bytes(to_png(np.full((50, 50), 255, np.uint8)))
    (tmp_path / "pictures.csv").write_text("path,label,kind\n7.png,7,drawn\n2.png,2,photo\nblank.png,7,photo\n")
    measured = measurements.measure_pictures(classifier, tmp_path / "pictures.csv")
    assert measured["accuracy"] == pytest.approx(1 / 3)
    drawn, photo = measured["by_kind"]["drawn"], measured["by_kind"]["photo"]
    assert drawn == {"count": 1, "accuracy": 1.0, "doubted": 1.0, "sure_and_wrong": 0.0}
    assert photo == {"count": 2, "accuracy": 0.0, "doubted": 0.5, "sure_and_wrong": 0.0}
    assert (measured["count"], measured["refused"]) == (3, 1)
    assert [wrong["path"] for wrong in measured["wrong"]] == ["2.png", "blank.png"]
    write_wrong(tmp_path / "sheets" / "wrong.png", tmp_path, measured["wrong"])
    sheet = cv2.imread(str(tmp_path / "sheets" / "wrong.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    caption, sent, framed = np.split(255 - sheet[:CELL, : LABEL + 2 * CELL], [LABEL, LABEL + CELL], axis=1)
    assert all(part.max() > 200 for part in (caption, sent, framed))


def answer(digit: int, doubt: str | None = None) -> dict[str, Any]:
    return {"digit": digit, "certain": doubt is None, **({"doubt": doubt} if doubt else {})}


@pytest.mark.parametrize(
    ("given", "sure"),
    (
        (answer(4), True),
        (answer(4, "ambiguous"), False),
        ({"text": "47", "digits": [answer(4), answer(7)]}, True),
        ({"text": "47", "digits": [answer(4), answer(7, "faint")]}, False),
        ({"text": "4", "digits": [answer(4)], "doubt": "left_out"}, False),
        ({"text": "-4", "digits": [answer(4)], "marks": [{"sign": "-", "certain": True}]}, True),
        ({"text": "-4", "digits": [answer(4)], "marks": [{"sign": "-", "certain": False}]}, False),
        ({"error": "Nothing is drawn.", "code": "no_ink"}, False),
    ),
)
def test_an_answer_is_sure_where_nothing_in_it_is_doubted(given: dict[str, Any], sure: bool) -> None:
    assert measurements.is_sure(given) is sure


def test_doubted_refused_and_wrong_are_counted_apart() -> None:
    answers = [answer(1), answer(2, "faint"), answer(3), {"error": "Nothing is drawn."}]
    counted = measurements.count_answers(np.array([True, True, False, False]), answers)
    assert counted == {"count": 4, "accuracy": 0.5, "doubted": 0.25, "sure_and_wrong": 0.25}


def test_scattered_digits_are_compared_without_their_order(classifier: Classifier) -> None:
    page = to_png(side_by_side([draw_digit(7), draw_digit(7)]))
    for text, right in (("s77", 1.0), ("77", 1.0), ("s7", 0.0), ("7", 0.0)):
        assert measurements.measure_pages(classifier, [(text, page)])["entirely_right"] == right


def test_lines_are_compared_where_the_texts_have_them(classifier: Classifier) -> None:
    row = side_by_side([draw_digit(7), draw_digit(7)])
    page = to_png(np.concatenate([row, row]))
    for text, with_lines, right in (
        ("77\n77", True, 1.0),
        ("7777", True, 0.0),
        ("7777", False, 1.0),
        ("777", False, 0.0),
    ):
        assert measurements.measure_pages(classifier, [(text, page)], with_lines)["entirely_right"] == right


def test_pictures_without_a_digit_are_counted_for_both_ways_to_read(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "line.png").write_bytes(to_png(draw_digit(1)))
    (tmp_path / "blank.png").write_bytes(to_png(np.full((50, 50), 255, np.uint8)))
    (tmp_path / "nondigits.csv").write_text("path,label\nline.png,none\nblank.png,none\n")
    measured = measurements.measure_non_digit_pictures(classifier, tmp_path / "nondigits.csv")
    assert measured == {"count": 2, "predict": 1.0, "read": 1.0, "sure": []}


def test_the_names_of_composed_pages_say_what_is_written(tmp_path: Path) -> None:
    for name in ("dates_A_7s8s26", "commas_D_3c890", "touch-10_B_95", "minus_D_-380", "small_A", "sudoku"):
        (tmp_path / f"{name}.png").write_bytes(b"")
    composed = measurements.list_composed(tmp_path)
    texts = {kind: [text for text, _ in pages] for kind, pages in composed.items()}
    assert texts == {"commas": ["3,890"], "dates": ["7/8/26"], "minus": ["-380"], "touch-10": ["95"]}


def test_a_sheet_of_no_wrong_pictures_is_blank(tmp_path: Path) -> None:
    write_wrong(tmp_path / "wrong.png", tmp_path, [])
    sheet = cv2.imread(str(tmp_path / "wrong.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    assert (sheet == 255).all()


def test_a_folder_without_a_table_says_so(classifier: Classifier, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"There is no pictures\.csv"):
        measurements.measure_pictures(classifier, tmp_path / "pictures.csv")
