"""What the tests of training share: two tiny datasets of printed digits, and a recipe that is soon trained on them."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console

from app.framing import frame_digit
from train.recipes.catalogue import RECIPES
from train.recipes.recipe import Recipe
from train.runs import Places, Run, train_and_save

TRAINING, TEST = 64, 20  # digits


def print_digits(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Print framed digits in all sizes: uint8 (n, 28, 28), and their labels 0 1 2 ... 9 0 1 ..., uint8 (n,)."""
    sizes = np.random.default_rng(seed).integers(24, 90, count)
    labels = np.arange(count, dtype=np.uint8) % 10
    digits = []
    for label, size in zip(labels, sizes, strict=True):
        page = Image.new("L", (128, 128), 0)
        ImageDraw.Draw(page).text((20, 10), str(label), 255, ImageFont.load_default(int(size)))
        digits.append(frame_digit(np.asarray(page)))
    return np.stack(digits), labels


def write_npz(path: Path) -> None:
    """Write a dataset as MNIST's own is written."""
    x_train, y_train = print_digits(TRAINING, seed=1)
    x_test, y_test = print_digits(TEST, seed=2)
    np.savez_compressed(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 64 training and 20 test digits, once as MNIST and once as Fashion-MNIST."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("mnist", "fashion_mnist"):
        write_npz(folder / f"{name}.npz")
    return folder


@pytest.fixture(scope="session")
def saved(printed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Run, dict[str, Any]]]:
    """Runs and cards of two models trained for an epoch: lenet5, and on Fashion-MNIST lenet_sigmoid with two seeds.

    Both are in one folder of models, which is not to be changed: work on a copy.
    """
    folder = tmp_path_factory.mktemp("saved")
    models = {}
    for name, seeds in (("lenet5", [1]), ("lenet_sigmoid", [4, 5])):
        run = prepare(small(name, epochs=1), printed, folder, name)
        models[name] = (run, train_and_save(run, seeds))
    return models


def small(name: str, **changes: object) -> Recipe:
    """Return a recipe that a few dozen digits suffice for."""
    return replace(RECIPES[name], **{"batch_size": 16, "epochs": 2, "validation": 0.25, **changes})  # type: ignore[arg-type]


def prepare(recipe: Recipe, data: Path, folder: Path, name: str = "lenet5", resume: bool = False) -> Run:
    """Return the run of a recipe that reads and writes in the folders given, and prints nothing."""
    places = Places(data, folder / "models", folder / "runs")
    places.output.mkdir(parents=True, exist_ok=True)
    return Run(name, recipe, places, "CPU", Console(file=io.StringIO()), {}, resume)
