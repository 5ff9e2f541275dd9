"""People see how far it is, on a terminal and in a log."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from train import runs
from train.data import datasets
from train.learning import progress
from train.runs import Run

from ..conftest import prepare, small


def train_telling(console: Console, name: str, changes: dict[str, object], data: Path, folder: Path) -> None:
    """Train two epochs of 48 digits and let the console show it."""
    recipe = small(name, **changes)
    run = prepare(recipe, data, folder, name)
    dataset = datasets.hold_out(datasets.load(recipe.dataset, data), recipe.validation)
    runs.train(Run(run.name, recipe, run.places, run.device, console, {}), dataset, seed=0)


def test_a_log_gets_one_line_an_epoch(printed: Path, tmp_path: Path) -> None:
    log = io.StringIO()
    train_telling(Console(file=log, soft_wrap=True), "lenet5", {}, printed, tmp_path)
    first, second = log.getvalue().splitlines()
    assert first.startswith("epoch 1/2  loss ")
    assert second.startswith("epoch 2/2  loss ")
    for word in ("accuracy", "validation loss", "learning rate 0.0005", "examples/s"):
        assert word in first


def test_a_recipe_may_report_within_an_epoch(printed: Path, tmp_path: Path) -> None:
    log = io.StringIO()
    train_telling(Console(file=log, soft_wrap=True), "lenet_relu", {"report_every": 2, "epochs": 1}, printed, tmp_path)
    assert [line.split("  loss")[0] for line in log.getvalue().splitlines()] == ["epoch 1/1  step 2/3", "epoch 1/1"]


def test_a_terminal_shows_a_bar(printed: Path, tmp_path: Path) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=160, soft_wrap=True)
    train_telling(console, "lenet5", {"epochs": 1}, printed, tmp_path)
    for word in ("epoch 1/1", "100 %", "loss", "accuracy", "learning rate", "examples/s", "left"):
        assert word in screen.getvalue()


@pytest.mark.parametrize(("seconds", "text"), ((0.4, "0 s"), (42, "42 s"), (185, "3:05"), (3723, "1:02:03")))
def test_durations_are_said_as_people_do(seconds: float, text: str) -> None:
    assert progress.format_seconds(seconds) == text
