"""What a person types, what is said, and the exit code."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.processes import heed_interrupts, interrupt_again
from train.__main__ import main
from train.recipes.catalogue import RECIPES

from .data.test_own import write_pictures
from .test_runs import TIMES

ROOT = Path(__file__).parents[2]
SMALL_BATCHES = ["--batch-size", "16"]


def start(*arguments: str, folder: Path, data: Path) -> subprocess.Popen[str]:
    """Start `python -m train` on its own, writing into a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "train", *arguments, *SMALL_BATCHES, *places(folder, data)],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=heed_interrupts,  # noqa: PLW1509
    )


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    """Read what the process writes until a line with the word."""
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return
    raise AssertionError(f"{word!r} never came")


def read_history(folder: Path, name: str) -> dict[str, list[float]]:
    card: dict[str, Any] = json.loads((folder / "models" / name / "card.json").read_text())
    return {name: values for name, values in card["history"].items() if name not in TIMES}


@pytest.mark.parametrize(("number", "code"), ((signal.SIGTERM, 143), (signal.SIGINT, 130)), ids=("term", "int"))
def test_an_interrupted_training_says_how_to_resume(
    printed: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with start("cnn_16_36_64", "--epochs", "500", folder=tmp_path, data=printed) as process:
        wait_for(process, "epoch 2/500")
        process.send_signal(number)
        said = process.communicate()[1]
    assert process.returncode == code
    assert said.startswith("Interrupted.")
    assert "resume with: python -m train cnn_16_36_64 --epochs 500" in said
    assert said.endswith(" --resume\n")
    assert said.count("\n") == 1
    assert list((tmp_path / "runs" / "cnn_16_36_64" / "seed-0").glob("epoch-*"))
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM))
def test_a_training_that_is_interrupted_again_while_it_ends_says_how_to_resume(number: signal.Signals) -> None:
    done = interrupt_again(number, "train.__main__", "run_command", "lenet5")
    assert done.stderr.startswith("Interrupted. ")
    assert done.stderr.endswith("resume with: python -m train lenet5 --resume\n")
    assert (done.stderr.count("\n"), done.returncode) == (1, 128 + number)


def test_a_killed_and_resumed_training_gives_the_same_as_an_uninterrupted_one(printed: Path, tmp_path: Path) -> None:
    command = ["cnn_16_36_64", "--epochs", "12"]
    whole = tmp_path / "whole"
    for attempt in range(9):  # where this machine stalls, the training may end before it is killed
        killed = tmp_path / f"killed {attempt}"
        with start(*command, folder=killed, data=printed) as process:
            wait_for(process, "epoch 3/12")
            process.kill()
        if process.returncode == -signal.SIGKILL:
            break
    else:
        raise AssertionError("every training ended before it was killed")
    with start(*command, "--resume", folder=killed, data=printed) as process:
        said, complained = process.communicate()
    assert (process.returncode, complained) == (0, "")
    assert "going on after epoch " in said
    assert main([*command, *SMALL_BATCHES, *places(whole, printed)]) == 0
    assert read_history(killed, "cnn_16_36_64") == read_history(whole, "cnn_16_36_64")


def places(folder: Path, data: Path) -> list[str]:
    return ["--data", str(data), "--output", str(folder / "models"), "--runs", str(folder / "runs")]


def test_samples_of_what_training_sees_are_drawn(printed: Path, tmp_path: Path) -> None:
    assert main(["samples", "--data", str(printed), "--runs", str(tmp_path / "runs")]) == 0
    assert (tmp_path / "runs" / "samples" / "augmented.png").is_file()


def test_a_network_is_trained_on_ones_own_pictures(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = write_pictures(tmp_path / "mine", ("ann", "bob", "cem", "dan", "eva", "fay", "gil"))
    assert main(["lenet5", "--epochs", "1", *SMALL_BATCHES, *places(tmp_path, data)]) == 0
    said = capfd.readouterr().out
    assert "digits of each label: 0: 21, 1: 21" in said
    assert "split by their 7 sources" in said
    sheet = tmp_path / "runs" / "own" / "doubtful.png"
    assert f"unlike the others of its label: {sheet}" in said
    assert sheet.is_file()
    card = json.loads((tmp_path / "models" / "lenet5" / "card.json").read_text())
    assert (card["dataset"], card["dataset_title"], card["framing"]) == ("own", "own digits", "digit")
    assert Path(card["data"]).is_dir()
    assert sum(card["examples"].values()) == 210


@pytest.mark.parametrize("loop", ("lenet5", "lenet_relu"), ids=("fit", "tape"))
def test_a_run_ends_early_where_it_does_not_get_better(
    printed: Path, tmp_path: Path, loop: str, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--epochs", "40", "--patience", "1", "--learning-rate", "0.5"]
    assert main([loop, *options, *SMALL_BATCHES, *places(tmp_path, printed)]) == 0
    card = json.loads((tmp_path / "models" / loop / "card.json").read_text())
    losses = card["history"]["validation_loss"]
    assert len(losses) < 40
    assert losses.index(min(losses)) == len(losses) - 2
    assert card["training"]["overridden"]["patience"] == 1


def test_mlflow_is_told_where_it_is_named(printed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "mlruns"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    assert main(["lenet5", "--epochs", "2", *SMALL_BATCHES, *places(tmp_path, printed)]) == 0
    (losses,) = store.glob("*/*/metrics/validation_loss")
    card = json.loads((tmp_path / "models" / "lenet5" / "card.json").read_text())
    told = [float(line.split()[1]) for line in losses.read_text().splitlines()]
    np.testing.assert_allclose(told, card["history"]["validation_loss"], atol=1e-3)
    assert (losses.parents[1] / "params" / "recipe").read_text() == "lenet5"
    assert "status: 3" in (losses.parents[1] / "meta.yaml").read_text()  # finished


MINE = """
from dataclasses import replace
from train.recipes.catalogue import RECIPES
RECIPE = replace(RECIPES["lenet5"], title="Mine", epochs=1)
"""


def test_a_recipe_of_ones_own_is_named_by_its_file(
    printed: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(MINE)
    assert main([str(file), *SMALL_BATCHES, *places(tmp_path, printed)]) == 0
    card = json.loads((tmp_path / "models" / "mine" / "card.json").read_text())
    assert (card["title"], card["recipe"]) == ("Mine", "mine")
    monkeypatch.chdir(tmp_path)
    assert main(["mine", *places(tmp_path, printed)]) == 2  # found by itself, never
    assert "There is no recipe 'mine'" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "sentence"),
    (
        (None, "There is no file "),
        ("x = 1", "holds nothing as RECIPE"),
        ("RECIPE = 7", "holds int as RECIPE; expected a train.recipes.recipe.Recipe."),
        ("1 / 0", "fails: ZeroDivisionError: division by zero"),
        ("(", "fails: SyntaxError"),
    ),
)
def test_a_file_without_a_recipe_is_refused_in_a_sentence(
    tmp_path: Path, text: str | None, sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    if text is not None:
        file.write_text(text)
    assert main([str(file), *places(tmp_path, tmp_path)]) == 2
    said = capfd.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_overrides_are_in_the_card(printed: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    options = ["--epochs", "1", "--learning-rate", "0.01", "--labels", "one-hot", "--seed", "3"]
    assert main(["lenet5", *options, *SMALL_BATCHES, *places(tmp_path, printed)]) == 0
    card = json.loads((tmp_path / "models" / "lenet5" / "card.json").read_text())
    expected = {"epochs": 1, "batch_size": 16, "learning_rate": 0.01, "labels": "one-hot"}
    assert card["training"]["overridden"] == expected
    assert {name: card["training"][name] for name in expected} == expected | {"learning_rate": "0.01"}
    assert card["seed"] == 3
    said = capfd.readouterr()
    assert "test accuracy" in said.out
    assert "CPU" in said.out or "GPU" in said.out


@pytest.mark.parametrize("word", ("list", "--list"))
def test_recipes_are_listed_in_80_columns(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    for name in RECIPES:
        assert f"\n{name} " in said
    for words in ("887,530", "99.17 %", "Fashion-MNIST"):
        assert words in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    (
        (["run"], "Missing argument 'RECIPE'."),
        (["run", "keras"], "There is no recipe 'keras'. There are: "),
        (["measure", "nobody", "--output", "{empty}"], "nobody"),
        (["report", "--epochs", "3"], "No such option '--epochs'."),
        (["keras"], "There is no recipe 'keras'. There are: "),
        (["cnn", "--data", "/nowhere"], "There is no data folder /nowhere."),
        (["cnn", "--data", "{empty}"], "There is no mnist.npz in "),
        (["cnn", "--data", "{damaged}"], "mnist.npz is damaged"),
        (["cnn", "--output", "/proc/models"], "The folder /proc/models cannot be written to"),
        (["cnn", "--runs", "{damaged}/mnist.npz"], "mnist.npz cannot be written to"),
        (["cnn", "--tensorboard", "/proc/logs"], "The folder /proc/logs cannot be written to"),
        (["report", "--output", "{empty}"], "There is no model in "),
        ([], "Name a recipe: python -m train list shows them"),
        (["cnn", "--epochs", "0"], "Option --epochs: expected a whole number from 1, got '0'."),
        (["cnn", "--batch-size", "many"], "Option --batch-size: expected a whole number from 1, got 'many'."),
        (["cnn", "--learning-rate", "nan"], "Option --learning-rate: expected a number above 0, got 'nan'."),
        (["cnn", "--seed", "-1"], "Option --seed: expected a whole number from 0, got -1."),
        (["cnn", "--labels", "both"], "Option --labels: 'both' is not one of 'sparse', 'one-hot'."),
        (["cnn", "--fast"], "No such option '--fast'."),
    ),
)
def test_an_error_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    empty, damaged = tmp_path / "empty", tmp_path / "damaged"
    empty.mkdir()
    damaged.mkdir()
    (damaged / "mnist.npz").write_bytes(np.random.default_rng(0).bytes(1000))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGITS_DATA", str(empty))
    try:
        code = main([argument.format(empty=empty, damaged=damaged) for argument in arguments])
    except SystemExit as leaving:
        code = int(str(leaving.code))
    said = capfd.readouterr()
    assert code == 2
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert not list(tmp_path.glob("models/*"))


def test_a_series_is_resumed_where_it_was_interrupted(
    printed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in set(RECIPES) - {"lenet5", "lenet_sigmoid"}:
        monkeypatch.delitem(RECIPES, name)
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(printed / "mnist.npz", data)
    arguments = ["all", "--epochs", "1", *SMALL_BATCHES, *places(tmp_path, data)]
    assert main(arguments) == 2
    assert "fashion_mnist.npz" in capfd.readouterr().err
    assert [folder.name for folder in (tmp_path / "models").iterdir()] == ["lenet5"]
    shutil.copy(printed / "fashion_mnist.npz", data)
    assert main(arguments) == 0
    assert "lenet5: already finished before the interruption" in capfd.readouterr().out
    assert sorted(folder.name for folder in (tmp_path / "models").iterdir()) == ["lenet5", "lenet_sigmoid"]
    assert list((tmp_path / "runs").iterdir()) == []
