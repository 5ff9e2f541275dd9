"""The pictures say what the card says, and the README's table what the cards say."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from train import runs
from train.data import datasets
from train.errors import TrainingError
from train.learning.networks import cnn, lenet5
from train.reports import figures
from train.reports.figures import draw_errors, first_kernels
from train.reports.rebuilding import rebuild
from train.reports.results import MARKS
from train.runs import Run

from ..conftest import prepare, small

README = f"# Digits\n\nbefore\n\n{MARKS[0]}\nan old table\n{MARKS[1]}\n\nafter\n"


@pytest.fixture(scope="module")
def trained(printed: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two models that were trained for an epoch; the second on Fashion-MNIST with two seeds."""
    folder = tmp_path_factory.mktemp("trained")
    run = prepare(small("lenet5", epochs=1), printed, folder, "lenet5")
    runs.train_and_save(run, [1])
    runs.train_and_save(prepare(small("lenet_sigmoid", epochs=1), printed, folder, "lenet_sigmoid"), [1, 2])
    return run


def quiet() -> Console:
    return Console(file=io.StringIO())


def test_reports_are_drawn_again_without_training(trained: Run, printed: Path, tmp_path: Path) -> None:
    models = trained.places.output
    before = {path: path.read_bytes() for path in models.glob("*/report/*.png")}
    cards = [json.loads(path.read_text()) for path in sorted(models.glob("*/card.json"))]
    assert len(before) == 12
    for path in before:
        path.unlink()
    (tmp_path / "README.md").write_text(README)
    rebuild(models, printed, tmp_path / "README.md", quiet())
    assert {path: path.read_bytes() for path in models.glob("*/report/*.png")} == before
    assert [json.loads(path.read_text()) for path in sorted(models.glob("*/card.json"))] == cards
    assert not list(models.glob("*/.report*"))


def test_pictures_fit_a_phone(trained: Run) -> None:
    for path in trained.places.output.glob("*/report/*.png"):
        with Image.open(path) as picture:
            assert picture.width == figures.WIDTH * figures.RESOLUTION
            assert np.asarray(picture.convert("L")).std() > 10  # something is drawn


def test_the_table_stands_between_its_marks(trained: Run, printed: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(README)
    rebuild(trained.places.output, printed, tmp_path / "README.md", quiet())
    text = (tmp_path / "README.md").read_text()
    assert "an old table" not in text
    assert text.startswith(f"# Digits\n\nbefore\n\n{MARKS[0]}\n| recipe | parameters | claimed | ours |")
    assert text.endswith(f"{MARKS[1]}\n\nafter\n")
    assert "| lenet5 | 61,706 | 99.05 % (LeCun 1998) |" in text
    assert "2 seeds)" in text
    rebuild(trained.places.output, printed, tmp_path / "README.md", quiet())
    assert (tmp_path / "README.md").read_text() == text


@pytest.mark.parametrize("readme", ("no marks", f"{MARKS[0]} only the first", f"{MARKS[1]}{MARKS[0]}"))
def test_a_readme_without_marks_is_left_alone(trained: Run, printed: Path, tmp_path: Path, readme: str) -> None:
    (tmp_path / "README.md").write_text(readme)
    with pytest.raises(TrainingError, match="results:begin"):
        rebuild(trained.places.output, printed, tmp_path / "README.md", quiet())
    assert (tmp_path / "README.md").read_text() == readme


def test_the_served_accuracy_is_measured_anew(trained: Run, printed: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(trained.places.output, models)
    path = models / "lenet5" / "card.json"
    card = json.loads(path.read_text())
    true = card["metrics"]["served_accuracy"]
    path.write_text(json.dumps(card | {"metrics": card["metrics"] | {"served_accuracy": 2}}))
    (tmp_path / "README.md").write_text(README)
    rebuild(models, printed, tmp_path / "README.md", quiet())
    assert json.loads(path.read_text())["metrics"]["served_accuracy"] == true


def test_a_card_without_weights_keeps_its_pictures_and_its_line(trained: Run, printed: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(trained.places.output / "lenet5", models / "lenet5", ignore=shutil.ignore_patterns("model.*"))
    (tmp_path / "README.md").write_text(README)
    rebuild(models, printed, tmp_path / "README.md", quiet())
    assert "| lenet5 | 61,706 |" in (tmp_path / "README.md").read_text()
    assert len(list(models.glob("lenet5/report/*.png"))) == 6


def test_without_models_there_is_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no model"):
        rebuild(tmp_path, None, tmp_path / "README.md", quiet())


def test_a_model_without_errors_has_a_picture_too(trained: Run, printed: Path) -> None:
    figure = draw_errors(lenet5(), {"wrong": []}, datasets.load("mnist", printed))
    figure.savefig(io.BytesIO())


@pytest.mark.parametrize(("network", "shape"), ((lenet5, (5, 5, 6)), (cnn, (3, 3, 32))))
def test_the_kernels_are_those_of_the_first_convolution(network: type[keras.Model], shape: tuple[int, ...]) -> None:
    assert first_kernels(network()).shape == shape
