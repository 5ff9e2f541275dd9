"""Measurements on real-world pictures: texts are compared in order, pictures are read by the server's functions."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from keras import layers

from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from app.models.saving import save
from tests.support.drawings import draw_digit, to_png
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
    measured = measurements.measure_pictures(classifier, tmp_path)
    assert measured["accuracy"] == pytest.approx(1 / 3)
    assert measured["by_kind"] == {"drawn": 1.0, "photo": 0.0}
    assert (measured["count"], measured["refused"], measured["uncertain"]) == (3, 1, 1.0)
    assert [wrong["path"] for wrong in measured["wrong"]] == ["2.png", "blank.png"]
    write_wrong(tmp_path / "sheets" / "wrong.png", tmp_path, measured["wrong"])
    sheet = cv2.imread(str(tmp_path / "sheets" / "wrong.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    caption, sent, framed = np.split(255 - sheet[:CELL, : LABEL + 2 * CELL], [LABEL, LABEL + CELL], axis=1)
    assert all(part.max() > 200 for part in (caption, sent, framed))


def test_a_sheet_of_no_wrong_pictures_is_blank(tmp_path: Path) -> None:
    write_wrong(tmp_path / "wrong.png", tmp_path, [])
    sheet = cv2.imread(str(tmp_path / "wrong.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    assert (sheet == 255).all()


def test_a_folder_without_a_table_says_so(classifier: Classifier, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"There is no pictures\.csv"):
        measurements.measure_pictures(classifier, tmp_path)
