"""The pictures say what the card says, and the table of results what the cards say."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from app.reading.likeness import read_sheet
from train.data import datasets, own
from train.errors import TrainingError
from train.handwriting.synthesis import synthesise_digits
from train.learning.networks import cnn, lenet5
from train.recipes.catalogue import RECIPES
from train.reports import figures
from train.reports.figures import draw_errors, first_kernels
from train.reports.rebuilding import rebuild
from train.reports.results import MARKS, read_cards, write_results
from train.runs import Run

PAGE = f"# Digits\n\nbefore\n\n{MARKS[0]}\nan old table\n{MARKS[1]}\n\nafter\n"


@pytest.mark.parametrize("remembered", (True, False))
def test_digits_of_ones_own_are_found_by_the_card_or_said_to_be_gone(
    models: Path, tmp_path: Path, remembered: bool
) -> None:
    copied, place = tmp_path / "models", tmp_path / "digits.npz"
    shutil.copytree(models / "lenet5", copied / "mine")
    digits, labels = synthesise_digits(60, 3)
    np.savez(place, x=digits, y=labels)
    card = json.loads((copied / "mine" / "card.json").read_text()) | {"dataset": "own", "data": str(place), "wrong": []}
    card["examples"]["test"] = len(datasets.load("own", place).test)
    (copied / "mine" / "card.json").write_text(json.dumps(card))
    (tmp_path / "results.md").write_text(PAGE)
    said = io.StringIO()
    if not remembered:
        place.unlink()
    before = {path: path.stat().st_mtime_ns for path in copied.glob("mine/report/*.png")}
    rebuild(copied, None, tmp_path / "results.md", Console(file=said, width=400))
    if remembered:
        np.savez(place, x=np.repeat(digits, 2, axis=0), y=np.repeat(labels, 2))
        own.load.cache_clear()
        rebuild(copied, None, tmp_path / "results.md", Console(file=said, width=400))
        assert f"mine: {place} holds other digits than it was trained on" in said.getvalue()
        assert "mine: served accuracy" in said.getvalue()
    else:
        assert f"the digits it was trained on are not in {place} any more" in said.getvalue()
        assert before == {path: path.stat().st_mtime_ns for path in copied.glob("mine/report/*.png")}


class Rebuilt(NamedTuple):
    """A copy of two models whose reports were removed and drawn again, and what there was before."""

    models: Path
    pictures: dict[Path, bytes]
    cards: dict[Path, Any]
    readme: str


@pytest.fixture(scope="module")
def models(saved: dict[str, tuple[Run, dict[str, Any]]]) -> Path:
    """The folder of two trained models; not to be changed."""
    return saved["lenet5"][0].places.output


@pytest.fixture(scope="module")
def rebuilt(models: Path, printed: Path, tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    folder = tmp_path_factory.mktemp("rebuilt")
    copied = folder / "models"
    shutil.copytree(models, copied)
    pictures = {path: path.read_bytes() for path in copied.glob("*/report/*.png")}
    cards = {path: json.loads(path.read_text()) for path in copied.glob("*/card.json")}
    for path in pictures:
        path.unlink()
    (folder / "results.md").write_text(PAGE)
    rebuild(copied, printed, folder / "results.md", quiet())
    return Rebuilt(copied, pictures, cards, (folder / "results.md").read_text())


def quiet() -> Console:
    return Console(file=io.StringIO())


def test_reports_are_drawn_again_without_training(rebuilt: Rebuilt) -> None:
    assert len(rebuilt.pictures) == 12
    assert {path: path.read_bytes() for path in rebuilt.models.glob("*/report/*.png")} == rebuilt.pictures
    assert {path: json.loads(path.read_text()) for path in rebuilt.models.glob("*/card.json")} == rebuilt.cards
    assert not list(rebuilt.models.glob("*/.report*"))


def test_pictures_fit_a_phone(models: Path) -> None:
    paths = list(models.glob("*/report/*.png"))
    assert len(paths) == 12
    for path in paths:
        with Image.open(path) as picture:
            assert picture.width == figures.WIDTH * figures.RESOLUTION
            assert np.asarray(picture.convert("L")).std() > 10  # something is drawn


def test_the_table_stands_between_its_marks(rebuilt: Rebuilt) -> None:
    text = rebuilt.readme
    assert "an old table" not in text
    assert text.startswith(f"# Digits\n\nbefore\n\n{MARKS[0]}\n| recipe | parameters | claimed | ours |")
    assert text.endswith(f"{MARKS[1]}\n\nafter\n")
    assert "| lenet5 | 61,706 | 99.05 % (LeCun 1998) |" in text
    assert "2 seeds)" in text
    assert write_results(text, read_cards(rebuilt.models)) == text


@pytest.mark.parametrize("readme", ("no marks", f"{MARKS[0]} only the first", f"{MARKS[1]}{MARKS[0]}"))
def test_a_readme_without_marks_is_left_alone(models: Path, printed: Path, tmp_path: Path, readme: str) -> None:
    (tmp_path / "results.md").write_text(readme)
    with pytest.raises(TrainingError, match="results:begin"):
        rebuild(models, printed, tmp_path / "results.md", quiet())
    assert (tmp_path / "results.md").read_text() == readme


def test_the_served_accuracy_is_measured_again(models: Path, printed: Path, tmp_path: Path) -> None:
    copied = tmp_path / "models"
    shutil.copytree(models / "lenet5", copied / "lenet5")
    path = copied / "lenet5" / "card.json"
    card = json.loads(path.read_text())
    true = card["metrics"]["served_accuracy"]
    path.write_text(json.dumps(card | {"metrics": card["metrics"] | {"served_accuracy": 0.123}}))
    (tmp_path / "results.md").write_text(PAGE)
    rebuild(copied, printed, tmp_path / "results.md", quiet())
    assert json.loads(path.read_text())["metrics"]["served_accuracy"] == true


def test_a_card_without_weights_keeps_its_pictures_and_its_line(models: Path, printed: Path, tmp_path: Path) -> None:
    copied = tmp_path / "models"
    shutil.copytree(models / "lenet5", copied / "lenet5", ignore=shutil.ignore_patterns("model.*"))
    (tmp_path / "results.md").write_text(PAGE)
    rebuild(copied, printed, tmp_path / "results.md", quiet())
    assert "| lenet5 | 61,706 |" in (tmp_path / "results.md").read_text()
    assert len(list(copied.glob("lenet5/report/*.png"))) == 6


def test_without_models_there_is_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no model"):
        rebuild(tmp_path, None, tmp_path / "results.md", quiet())


def test_a_model_without_errors_has_a_picture_too(printed: Path) -> None:
    figure = draw_errors(lenet5(), {"wrong": []}, datasets.load("mnist", printed))
    figure.savefig(io.BytesIO())


def test_written_digits_that_it_learned_from_stand_in_the_report(
    models: Path, printed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = np.zeros((10, 2, 28, 28), np.uint8)
    digits[:, :, 4:24, 12:16] = 255
    monkeypatch.setitem(RECIPES, "lenet5", replace(RECIPES["lenet5"], learned=lambda: digits))
    shutil.copytree(models / "lenet5", tmp_path / "models" / "lenet5")
    (tmp_path / "results.md").write_text(PAGE)
    rebuild(tmp_path / "models", printed, tmp_path / "results.md", quiet())
    np.testing.assert_array_equal(read_sheet(tmp_path / "models" / "lenet5"), digits.reshape(20, 28, 28))


@pytest.mark.parametrize(("network", "shape"), ((lenet5, (5, 5, 6)), (cnn, (3, 3, 32))))
def test_the_kernels_are_those_of_the_first_convolution(network: type[keras.Model], shape: tuple[int, ...]) -> None:
    assert first_kernels(network()).shape == shape
