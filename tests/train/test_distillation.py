"""What teachers say is joined with the labels, for the split's own digits alone, and survives an interruption."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.artifact import CARD, Artifact
from app.classifier import Classifier
from app.preprocessing import to_tensor
from train import cluster, recipes, runs
from train.datasets import Batches, Dataset, Split
from train.distillation import Ensemble
from train.errors import TrainingError
from train.recipes import Recipe, Teachers
from train.runs import Run, Trained

from .conftest import prepare, print_digits, small

DIGITS = np.zeros((2, 28, 28, 1), np.float32)
TARGETS = np.eye(3, dtype=np.float32)[[0, 1]]


def teacher(*probabilities: float) -> Classifier:
    """Return a classifier that answers the same for every digit."""

    def answer(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return [np.repeat(np.array([probabilities], np.float32), len(tensor), axis=0)]

    return Classifier(Artifact("teacher", Path(), {"classes": ["0", "1", "2"]}, None, None), answer, "none")


def test_teachers_answer_by_the_mean_of_their_logarithms() -> None:
    ensemble = Ensemble([teacher(0.8, 0.1, 0.1), teacher(0.2, 0.4, 0.4)], temperature=1.0, share=1.0)
    means = np.sqrt([0.8 * 0.2, 0.1 * 0.4, 0.1 * 0.4])
    np.testing.assert_allclose(ensemble.teach(DIGITS, TARGETS), np.tile(means / means.sum(), (2, 1)), rtol=1e-5)


def test_a_temperature_softens_what_they_say() -> None:
    softened = Ensemble([teacher(0.9, 0.09, 0.01)], temperature=2.0, share=1.0).teach(DIGITS, TARGETS)[0]
    np.testing.assert_allclose(softened[0] / softened[1:], np.sqrt([0.9 / 0.09, 0.9 / 0.01]), rtol=1e-5)
    assert softened.sum() == pytest.approx(1)


@pytest.mark.parametrize("share", (0.0, 0.25, 1.0))
def test_the_rest_of_a_target_is_the_label(share: float) -> None:
    joined = Ensemble([teacher(0.5, 0.25, 0.25)], temperature=1.0, share=share).teach(DIGITS, TARGETS)
    np.testing.assert_allclose(joined, (1 - share) * TARGETS + share * np.array([[0.5, 0.25, 0.25]]), rtol=1e-5)
    assert joined.dtype == np.float32


def test_a_teacher_that_rules_a_class_out_does_not_break_the_logarithm() -> None:
    joined = Ensemble([teacher(1.0, 0.0, 0.0)], temperature=2.0, share=1.0).teach(DIGITS, TARGETS)
    assert np.isfinite(joined).all()
    assert joined[0, 0] == pytest.approx(1, abs=1e-4)


def join_one(
    digits: NDArray[np.uint8], labels: NDArray[np.uint8], _random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Join one more picture to a batch, of class 2."""
    return to_tensor(np.concatenate([digits, digits[:1]])), np.append(labels, np.uint8(2))


def test_teachers_are_asked_about_the_digits_of_the_split_alone() -> None:
    split = Split(np.zeros((4, 28, 28), np.uint8), np.ones(4, np.uint8))
    batches = Batches(split, 4, one_hot=3, seed=0, augment=join_one)
    batches.teach = Ensemble([teacher(0.5, 0.25, 0.25)], temperature=1.0, share=1.0).teach
    _, targets = batches[0]
    np.testing.assert_allclose(targets[:4], np.tile([0.5, 0.25, 0.25], (4, 1)), rtol=1e-5)
    assert targets[4].tolist() == [0, 0, 1]


def test_a_recipe_with_teachers_needs_one_hot_labels() -> None:
    with pytest.raises(ValueError, match="needs one-hot labels"):
        small("cnn", labels="sparse", teachers=Teachers(small("cnn"), count=1, temperature=1.0, share=0.5))


def taught(count: int = 2, share: float = 1.0) -> Recipe:
    """Return a recipe whose network learns from others of its kind."""
    return small("cnn", labels="one-hot", epochs=1, teachers=Teachers(small("cnn", epochs=1), count, 1.0, share))


def test_a_taught_run_differs_from_one_by_labels_alone_and_leaves_no_teachers(printed: Path, tmp_path: Path) -> None:
    by_teachers = runs.train_and_save(prepare(taught(), printed, tmp_path / "taught", "cnn"), [1])
    by_labels = runs.train_and_save(prepare(replace(taught(), teachers=None), printed, tmp_path / "alone", "cnn"), [1])
    assert by_teachers["history"]["loss"] != by_labels["history"]["loss"]
    assert by_teachers["training"]["teachers"] == {"count": 2, "epochs": 1, "temperature": 1.0, "share": 1.0}
    assert "teachers" not in by_labels["training"]
    assert not (tmp_path / "taught" / "runs" / "cnn").exists()


def test_teachers_of_an_interrupted_run_are_not_trained_again(
    printed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepare(taught(), printed, tmp_path, "cnn", resume=True)
    dataset = runs.load_dataset(run)
    tensor = to_tensor(print_digits(3, seed=9)[0])
    first = runs.prepare_teachers(run, dataset)
    assert first is not None
    trained: list[int] = []
    train = runs.train

    def train_and_note(run: Run, dataset: Dataset, seed: int) -> Trained:
        trained.append(seed)
        return train(run, dataset, seed)

    monkeypatch.setattr(runs, "train", train_and_note)
    again = runs.prepare_teachers(run, dataset)
    assert again is not None
    targets = np.eye(10, dtype=np.float32)[[0, 1, 2]]
    np.testing.assert_array_equal(first.teach(tensor, targets), again.teach(tensor, targets))
    assert not trained
    (run.places.runs / "cnn" / "teachers" / f"teacher-{runs.TEACHER_SEED + 1}" / CARD).unlink()
    runs.prepare_teachers(run, dataset)
    assert trained == [runs.TEACHER_SEED + 1]
    runs.prepare_teachers(replace(run, resume=False), dataset)
    assert trained[1:] == [runs.TEACHER_SEED, runs.TEACHER_SEED + 1]


def test_teachers_that_were_taught_otherwise_are_not_taken(printed: Path, tmp_path: Path) -> None:
    run = prepare(taught(count=1), printed, tmp_path, "cnn", resume=True)
    dataset = runs.load_dataset(run)
    runs.prepare_teachers(run, dataset)
    longer = Teachers(small("cnn", epochs=2), count=1, temperature=1.0, share=1.0)
    with pytest.raises(TrainingError, match="was begun with epochs 1, and now it is 2"):
        runs.prepare_teachers(replace(run, recipe=replace(run.recipe, teachers=longer)), dataset)


def test_a_task_of_the_cluster_learns_from_teachers_that_a_task_trained(
    printed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recipes.RECIPES, "cnn", taught())
    run = prepare(taught(), printed, tmp_path, "cnn")
    cluster.train_teachers("cnn", {}, run.places)
    given: list[Ensemble | None] = []
    monkeypatch.setattr(runs, "train", lambda *_: pytest.fail("teachers were trained again"))
    monkeypatch.setattr(runs, "train_and_evaluate", lambda *arguments: given.append(arguments[-1]))
    cluster.train_one("cnn", {}, run.places, 3, None)
    assert given[0] is not None
    assert len(given[0].teachers) == 2


def test_the_same_seed_gives_the_same_taught_network(printed: Path, tmp_path: Path) -> None:
    histories = []
    for name in ("one", "other"):
        run = prepare(taught(), printed, tmp_path / name, "cnn")
        dataset = runs.load_dataset(run)
        trained = runs.train(run, dataset, 1, runs.prepare_teachers(run, dataset))
        histories.append([epoch["loss"] for epoch in trained.epochs])
    assert histories[0] == histories[1]
