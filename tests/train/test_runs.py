"""A run is reproducible, survives interruptions, and leaves a model folder that the server serves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from app import create_app
from app.framing import to_tensor
from app.models.classifier import load_classifier
from app.models.folder import load
from app.models.keras_files import load_keras
from train import runs
from train.data import datasets
from train.data.datasets import Dataset
from train.evaluation.metrics import loss
from train.evaluation.pages import draw_page
from train.learning.predictions import predict
from train.recipes.catalogue import RECIPES
from train.recipes.recipe import Recipe
from train.runs import Run, Trained

from .conftest import TEST, prepare, print_digits, small

Saved = dict[str, tuple[Run, dict[str, Any]]]  # runs and cards of models, by name

TIMES = ("seconds", "examples_per_second")  # of an epoch: never the same twice


def train(run: Run, seed: int = 1) -> Trained:
    whole = datasets.load(run.recipe.dataset, run.places.data)
    return runs.train(run, datasets.hold_out(whole, run.recipe.validation), seed)


def results(trained: Trained) -> list[dict[str, float]]:
    """What every epoch gave, without the times it took."""
    return [{name: value for name, value in epoch.items() if name not in TIMES} for epoch in trained.epochs]


def assert_same(one: Trained, other: Trained) -> None:
    assert results(one) == results(other)
    for weights, others in zip(one.network.get_weights(), other.network.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, others)


class MachineOff(Exception):
    """The power goes after some epochs."""


def interrupt(recipe: Recipe, epochs: int) -> Recipe:
    """Return the recipe with a loop that is broken off in the epoch after the given number of them."""

    def broken_off(network: keras.Model, batches: Any, validation: Any, every: range, callbacks: Any) -> None:
        class Break(keras.callbacks.Callback):  # type: ignore[misc]
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                if self.model.optimizer.iterations.numpy() > epochs * len(batches):
                    raise MachineOff

        recipe.loop(network, batches, validation, every, [*callbacks, Break()])

    return replace(recipe, loop=broken_off)


@pytest.mark.parametrize(
    ("name", "changes"),
    (
        pytest.param("cnn_16_36_64", {"epochs": 4}, marks=pytest.mark.backends),  # dropout, Adam
        ("lenet5", {"epochs": 5}),  # a schedule, and the best epoch is kept
        ("lenet_relu", {"epochs": 4}),  # the loop written by hand
        ("cnn", {"epochs": 4, "keep": "last", "averaging": 0.9}),  # averaged weights
    ),
)
def test_an_interrupted_run_ends_as_an_uninterrupted_one(
    printed: Path, tmp_path: Path, name: str, changes: dict[str, object]
) -> None:
    recipe = small(name, **changes)
    whole = train(prepare(recipe, printed, tmp_path / "whole", name))
    with pytest.raises(MachineOff):
        train(prepare(interrupt(recipe, 2), printed, tmp_path / "broken", name))
    resumed = train(prepare(recipe, printed, tmp_path / "broken", name, resume=True))
    assert len(resumed.epochs) == recipe.epochs
    assert_same(whole, resumed)


def test_a_run_that_ended_before_it_was_saved_is_not_trained_again(printed: Path, tmp_path: Path) -> None:
    recipe = small("cnn", averaging=0.9)
    once = train(prepare(recipe, printed, tmp_path))
    again = train(prepare(recipe, printed, tmp_path, resume=True))
    assert once.epochs == again.epochs
    assert_same(once, again)


def test_the_same_seed_gives_the_same_network_and_another_seed_a_different_one(printed: Path, tmp_path: Path) -> None:
    run = prepare(small("cnn_16_36_64", epochs=1), printed, tmp_path)
    trained = train(run)
    assert_same(trained, train(run))
    assert results(trained) != results(train(run, seed=2))


def test_the_best_epoch_is_the_one_with_the_lowest_validation_loss(printed: Path, tmp_path: Path) -> None:
    recipe = small("lenet5", epochs=4, learning_rate=0.03)  # so large that later epochs ruin earlier ones
    trained = train(prepare(recipe, printed, tmp_path))
    losses = [epoch["validation_loss"] for epoch in trained.epochs]
    assert trained.kept == int(np.argmin(losses))
    validation = datasets.hold_out(datasets.load("mnist", printed), recipe.validation).validation
    kept = loss(predict(trained.network, validation.digits), validation.labels)
    assert kept == pytest.approx(min(losses), rel=1e-3)


def test_averaged_weights_are_what_is_kept(printed: Path, tmp_path: Path) -> None:
    recipe = small("cnn", averaging=0.9)
    averaged = train(prepare(recipe, printed, tmp_path))
    plain = train(prepare(replace(recipe, averaging=None), printed, tmp_path))
    assert not np.array_equal(averaged.network.get_weights()[0], plain.network.get_weights()[0])
    assert averaged.epochs[0]["loss"] == pytest.approx(plain.epochs[0]["loss"], abs=1e-6)
    assert averaged.epochs[0]["validation_loss"] != plain.epochs[0]["validation_loss"]


def halve_ink(
    digits: NDArray[np.uint8], labels: NDArray[np.uint8], random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[Any]]:
    return to_tensor(digits) * np.float32(0.5), datasets.to_targets(labels, one_hot=True)


def with_certainty(network: keras.Model, dataset: Dataset) -> keras.Model:
    """Add a second output, as a recipe may that measures on the validation split how far to trust the first."""
    assert len(dataset.validation) > 0
    probabilities = network.outputs[0]
    certainty = keras.layers.GlobalMaxPooling1D()(keras.layers.Reshape((10, 1))(probabilities))
    return keras.Model(network.inputs[0], [probabilities, certainty])


def test_a_recipe_may_vary_its_digits_smooth_its_labels_and_finish_its_network(printed: Path, tmp_path: Path) -> None:
    recipe = small("cnn", labels="one-hot", label_smoothing=0.1, augment=halve_ink, finish=with_certainty)
    run = prepare(recipe, printed, tmp_path, "cnn")
    card = runs.train_and_save(run, [1])
    classifier = load_classifier(load(run.places.output / "cnn"))
    prediction = classifier.predict(to_tensor(print_digits(3, seed=9)[0]))
    assert prediction.probabilities.shape == (3, 10)
    np.testing.assert_allclose(prediction.certainty, prediction.probabilities.max(axis=1), atol=1e-6)
    assert card["metrics"]["test_accuracy"] >= 0


@pytest.mark.parametrize("name", (pytest.param("lenet5", marks=pytest.mark.backends), "lenet_relu"))
def test_a_run_goes_the_whole_way_to_the_server(saved: Saved, printed: Path, tmp_path: Path, name: str) -> None:
    if name in saved:
        run, card = saved[name]
    else:
        run = prepare(small(name, epochs=1), printed, tmp_path, name)
        card = runs.train_and_save(run, [1])
    folder = run.places.output / name
    assert {path.name for path in (folder / "report").iterdir()} == {
        "samples.png",
        "pixels.png",
        "curves.png",
        "confusion.png",
        "errors.png",
        "filters.png",
    }
    assert json.loads((folder / "card.json").read_text()) == card
    assert card["versions"]["backend"] == keras.backend.backend()
    assert not (run.places.runs / name).exists()
    assert sum(map(sum, card["confusion"])) == TEST
    assert len(card["wrong"]) == TEST - round(card["metrics"]["test_accuracy"] * TEST)
    assert card["training"]["epochs"] == len(card["history"]["loss"]) == 1

    client = create_app({"models": run.places.output}).test_client()
    page = draw_page(print_digits(8, seed=4)[0][7], np.random.default_rng(1))
    answer = client.post(f"/predict?model={name}", data=page).get_json()
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert answer["model"] == name


def test_several_seeds_leave_the_best_on_validation_and_all_their_numbers(saved: Saved) -> None:
    _, card = saved["lenet_sigmoid"]
    seeds = card["seeds"]
    assert seeds["seeds"] == [4, 5]
    assert seeds["kept"] == card["seed"]
    assert seeds["test_accuracy"]["mean"] == pytest.approx(np.mean(seeds["test_accuracy"]["each"]))
    assert seeds["test_accuracy"]["sd"] == pytest.approx(np.std(seeds["test_accuracy"]["each"], ddof=1))
    assert card["classes"][9] == "ankle boot"


def test_seeds_that_begin_with_the_same_weights_leave_their_mean(printed: Path, tmp_path: Path) -> None:
    begin = prepare(small("lenet_relu", epochs=1), printed, tmp_path, "lenet_relu")
    runs.train_and_save(begin, [1])

    def adopt(network: keras.Model, saved: keras.Model) -> None:
        network.set_weights(saved.get_weights())

    start = str(begin.places.output / "lenet_relu")
    recipe = replace(begin.recipe, adopt=adopt, start=start, start_share=0.5)
    run = prepare(recipe, printed, tmp_path / "mean", "lenet_relu")
    results = runs.train_seeds(run, [1, 2, 3])
    card = runs.save_best(run, results)
    assert card["seeds"]["seeds"] == [1, 2, 3]
    assert card["seeds"]["kept"] == "mean"
    each = [network.get_weights() for network, _ in results]
    assert not np.array_equal(each[0][0], each[1][0])
    mean = [np.mean(same, axis=0) for same in zip(*each, strict=True)]
    for expected, weights in zip(mean, load_keras(run.places.output / "lenet_relu").get_weights(), strict=True):
        np.testing.assert_allclose(weights, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "kind", "rate"),
    (
        ("lenet5", "Adam", 5e-4),
        ("cnn", "RMSprop", 0.001),
        ("lenet_sigmoid", "SGD", 0.9),
        ("keras_flask", "Adam", 0.001),
    ),
)
def test_a_recipe_gets_its_optimiser(name: str, kind: str, rate: float) -> None:
    optimiser = runs.build_network(RECIPES[name], steps=7, seed=1).optimizer
    assert type(optimiser).__name__ == kind
    assert float(optimiser.learning_rate) == pytest.approx(rate)


def test_a_recipes_options_reach_its_optimiser() -> None:
    recipe = small("cnn", optimiser="adamw", weight_decay=0.05, averaging=0.99)
    optimiser = runs.build_network(recipe, steps=7, seed=1).optimizer
    assert (optimiser.weight_decay, optimiser.use_ema, optimiser.ema_momentum) == (0.05, True, 0.99)
    assert runs.build_network(small("lenet_relu", momentum=0.9), steps=7, seed=1).optimizer.momentum == 0.9


def test_tensorboard_gets_every_epoch(printed: Path, tmp_path: Path) -> None:
    run = prepare(small("lenet_relu"), printed, tmp_path, "lenet_relu")
    run = replace(run, places=replace(run.places, tensorboard=tmp_path / "logs"))
    train(run)
    folders = {path.parent.name for path in (tmp_path / "logs" / "lenet_relu" / "seed-1").glob("*/events*")}
    assert folders == {"train", "validation"}
