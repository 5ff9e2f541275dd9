"""One recipe's run, in the order of events.

    load -> hold out -> train (every epoch a checkpoint) -> finish -> evaluate -> save the model folder -> report

With several seeds the middle part runs once for each, and the network with the lowest validation loss is saved; where
all of them started with the weights of one saved model, their mean is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console

from app.models.card import Card
from app.models.keras_files import load_keras
from app.models.saving import save

from .data import datasets, own
from .data.datasets import Batches, Dataset
from .evaluation.results import evaluate
from .learning import checkpoints, tracking
from .learning.devices import without_greetings
from .learning.progress import Display, Recorder, Stopper, format_seconds
from .learning.schedules import build_optimiser, build_schedule
from .recipes.recipe import Recipe
from .reports import cards, figures, sheets

Result = tuple[keras.Model, Card]  # what one seed gave


@dataclass(frozen=True)
class Places:
    """Where a run reads and writes."""

    data: Path | None  # folder of NAME.npz; None asks keras.datasets
    output: Path  # folder of the model folders
    runs: Path  # folder of the checkpoints
    tensorboard: Path | None = None  # folder of logs


@dataclass(frozen=True)
class Run:
    """A recipe that is to be trained, and under which circumstances."""

    name: str
    recipe: Recipe
    places: Places
    device: str
    console: Console
    overridden: dict[str, Any]  # fields of the recipe that the command line replaced, for the card
    resume: bool = False  # continue after the last finished epoch of an interrupted run


@dataclass(frozen=True)
class Trained:
    """What training gave: the finished network, what every epoch gave, and the kept epoch, counted from 0."""

    network: keras.Model
    epochs: list[checkpoints.Epoch]
    kept: int


def train_and_save(run: Run, seeds: list[int]) -> Card:
    """Train a recipe once with every seed, save the network that is best on the validation split, and return its card.

    Raises:
        TrainingError: the data is missing or damaged, or the interrupted run was another.
    """
    return save_best(run, train_seeds(run, seeds))


def train_seeds(run: Run, seeds: list[int]) -> list[Result]:
    """Train a recipe once with every seed, one after the other.

    Raises:
        TrainingError: the data is missing or damaged, or the interrupted run was another.
    """
    recipe = run.recipe
    dataset = datasets.hold_out(datasets.load(recipe.dataset, run.places.data), recipe.validation)
    if dataset.name == datasets.OWN and run.places.data is not None:
        describe_own(run, own.load(run.places.data))
    run.console.print(
        f"{run.name}: {len(dataset.training):,} examples of {datasets.TITLES[dataset.name]}, {recipe.epochs} epochs "
        f"of batches of {recipe.batch_size}, on {run.device}"
    )
    return [train_and_evaluate(run, dataset, seed) for seed in seeds]


def describe_own(run: Run, data: own.Own) -> None:
    """Say what one's own digits are, and draw a sheet of those that may be framed badly."""
    for line in own.describe(data):
        run.console.print(f"{run.name}: {line}")
    if data.doubtful and data.folder is not None:
        sheet = run.places.runs / "own" / "doubtful.png"
        wrong = [{"path": one.path, "label": one.label, "read": ""} for one in data.doubtful[: 2 * own.SHOWN]]
        sheets.write_wrong(sheet, data.folder, wrong)
        run.console.print(f"{run.name}: what cannot be read or is unlike the others of its label: {sheet}")


def save_best(run: Run, results: list[Result]) -> Card:
    """Save the network that is best on the validation split, or the mean; draw its report, and return its card."""
    network, card = min(results, key=lambda result: result[1]["metrics"]["validation_loss"])
    dataset = datasets.load(run.recipe.dataset, run.places.data)
    held_out = datasets.hold_out(dataset, run.recipe.validation)
    if len(results) > 1:
        card["seeds"] = cards.describe_seeds([card for _, card in results], card["seed"])
        if run.recipe.start is not None and run.recipe.adopt is not None:
            network = average(run.recipe, [network for network, _ in results], held_out)
            card |= evaluate(network, held_out)
            card["seeds"]["kept"] = "mean"
            run.console.print(f"{run.name}, mean of {len(results)} seeds: {describe_result(card)}")
    folder = run.places.output / run.name
    prototypes = run.recipe.prototypes(network, held_out) if run.recipe.prototypes else None
    if run.recipe.fit_card is not None:
        card |= run.recipe.fit_card(network, held_out, prototypes)
    with without_greetings():
        card = save(network, folder, card, run.recipe.weight_bits, prototypes)
    figures.draw_report(folder, network, card, dataset, run.recipe.learned() if run.recipe.learned else None)
    checkpoints.clear(run.places.runs / run.name)
    run.console.print(f"{run.name}: saved to {folder}")
    return card


def train_and_evaluate(run: Run, dataset: Dataset, seed: int) -> Result:
    """Train one network and measure it; the test split is measured here, once, and used for no decision."""
    trained = train(run, dataset, seed)
    measured = {
        "training": cards.describe_training(run.recipe, trained.epochs, trained.kept)
        | {"device": run.device, "overridden": run.overridden},
        "history": cards.describe_history(trained.epochs),
        **evaluate(trained.network, dataset),
    }
    card = {
        "recipe": run.name,
        "seed": seed,
        **cards.describe_recipe(run.recipe, dataset),
        **cards.describe_place(dataset, run.places.data),
        "versions": cards.describe_versions(),
        "layers": cards.describe_layers(trained.network),
        **measured,
    }
    run.console.print(f"{run.name}: {describe_result(card)}")
    return trained.network, card


def describe_result(card: Card) -> str:
    """Return one line about a model: how good it is and what it cost."""
    metrics, training = card["metrics"], card["training"]
    return (
        f"test accuracy {metrics['test_accuracy']:.2%}, served accuracy {metrics['served_accuracy']:.2%}, "
        f"seed {card['seed']}, {format_seconds(training['seconds'])}, "
        f"{training['examples_per_second']:,.0f} examples/s"
    )


def train(run: Run, dataset: Dataset, seed: int) -> Trained:
    """Train one network of a recipe, from the start or from its last finished epoch."""
    recipe = run.recipe
    state = run.places.runs / run.name / f"seed-{seed}"
    settings = describe_settings(run.name, recipe, dataset, seed)
    one_hot = recipe.labels == "one-hot"
    batches = Batches(dataset.training, recipe.batch_size, one_hot, seed, recipe.augment)
    validation = datasets.to_arrays(dataset.validation, one_hot, recipe.outputs)
    checkpoint = checkpoints.newest(state, settings) if run.resume else None
    if checkpoint is None:
        checkpoints.clear(state)
        network = build_network(recipe, len(batches), seed)
        if recipe.start is not None and recipe.adopt is not None:
            recipe.adopt(network, load_keras(Path(recipe.start)))
        epochs: list[checkpoints.Epoch] = []
    else:
        network, epochs = checkpoint.load(), checkpoint.epochs
        run.console.print(f"{run.name}: going on after epoch {len(epochs)} of {recipe.epochs}, seed {seed}")

    def save(epochs: list[checkpoints.Epoch]) -> None:
        checkpoints.save(state, network, settings, epochs, find_kept(recipe, epochs))

    recorder = Recorder(len(dataset.training), epochs, save)
    display = Display(recorder, recipe.epochs, recipe.batch_size, recipe.report_every, run.console)
    logs = run.places.tensorboard / run.name / f"seed-{seed}" if run.places.tensorboard else None
    callbacks = [*_followers(recipe, logs), recorder, display]
    if recipe.patience is not None:
        callbacks.append(Stopper(epochs, recipe.patience))
    if tracking.is_wanted():
        callbacks.append(tracking.Tracker(settings, epochs))
    with display:
        recipe.loop(network, batches, validation, range(len(epochs), recipe.epochs), callbacks)
    if recipe.averaging is not None:
        network.optimizer.finalize_variable_values(network.trainable_variables)
    if recipe.start is not None:
        blend(network, recipe, load_keras(Path(recipe.start)))
    if recipe.keep == "best":
        checkpoints.load_kept(state, network)
    if recipe.finish is not None:
        network = recipe.finish(network, dataset)
    return Trained(network, epochs, find_kept(recipe, epochs))


def blend(network: keras.Model, recipe: Recipe, start: keras.Model) -> None:
    """Replace a network's weights by their mean with those that its training started from."""
    if recipe.adopt is None or not recipe.start_share:
        return
    trained = network.get_weights()
    recipe.adopt(network, start)
    mean = [
        after + recipe.start_share * (before - after)
        for after, before in zip(trained, network.get_weights(), strict=True)
    ]
    network.set_weights(mean)


def average(recipe: Recipe, finished: list[keras.Model], dataset: Dataset) -> keras.Model:
    """Return one network with the mean of the weights of several, which started with the same weights.

    From one start they stay so close to each other that their mean misreads fewer digits than each of them, at the cost
    of one. Source: Wortsman et al., "Model soups", 2022; EXPERIMENTS.md compares.
    """
    if recipe.adopt is None:
        raise ValueError(f"{recipe.title} cannot take the weights of a finished network")
    network = recipe.network()
    weights = []
    for each in finished:
        recipe.adopt(network, each)
        weights.append(network.get_weights())
    network.set_weights([np.mean(same, axis=0) for same in zip(*weights, strict=True)])
    return network if recipe.finish is None else recipe.finish(network, dataset)


def describe_settings(name: str, recipe: Recipe, dataset: Dataset, seed: int) -> checkpoints.Settings:
    """Return every setting that must be the same when an interrupted run is resumed."""
    return {
        "recipe": name,
        "seed": seed,
        "epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "learning_rate": str(recipe.learning_rate),
        "labels": recipe.labels,
        "start": recipe.start,
        "training_examples": len(dataset.training),
        "backend": keras.backend.backend(),
    }


def build_network(recipe: Recipe, steps: int, seed: int) -> keras.Model:
    """Build and compile the untrained network of a recipe, the same for the same seed.

    Args:
        steps: batches in an epoch.
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    network = recipe.network()
    if recipe.labels == "one-hot":
        loss = keras.losses.CategoricalCrossentropy(from_logits=recipe.logits, label_smoothing=recipe.label_smoothing)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=recipe.logits)
    # XLA does not speed up networks of this size in TensorFlow on a CPU; JAX is slow without it
    jit_compile = False if keras.backend.backend() == "tensorflow" else "auto"
    optimiser = build_optimiser(
        recipe.optimiser,
        build_schedule(recipe.learning_rate, steps, recipe.epochs),
        recipe.momentum,
        recipe.weight_decay,
        recipe.averaging,
    )
    network.compile(optimiser, loss, metrics=["accuracy"], jit_compile=jit_compile)
    return network


def find_kept(recipe: Recipe, epochs: list[checkpoints.Epoch]) -> int:
    """Return the epoch that the recipe keeps, counted from 0; the validation split decides, never the test split."""
    if recipe.keep == "last":
        return len(epochs) - 1
    return min(range(len(epochs)), key=lambda epoch: epochs[epoch]["validation_loss"])


def _followers(recipe: Recipe, logs: Path | None) -> list[keras.callbacks.Callback]:
    """Return the callbacks that run before an epoch is recorded: weight averaging and TensorBoard."""
    followers: list[keras.callbacks.Callback] = []
    if recipe.averaging is not None:
        followers.append(keras.callbacks.SwapEMAWeights())
    if logs is not None:
        followers.append(keras.callbacks.TensorBoard(str(logs), write_graph=False))
    return followers
