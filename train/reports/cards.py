"""What is written down about a model: the parts of card.json, as server, report and docs/results.md read them."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..data.datasets import OWN, TITLES, Dataset
from ..learning.checkpoints import Epoch
from ..recipes.recipe import Recipe

LIBRARIES = ("keras", "tensorflow", "jax", "torch", "numpy")
CERTAIN_FROM = 0.5  # certainty; a recipe that knows better puts its threshold into its network's second output


def describe_recipe(recipe: Recipe, dataset: Dataset) -> dict[str, Any]:
    """Return what was to be trained on what."""
    return {
        "title": recipe.title,
        "claimed": recipe.claimed,
        "dataset": dataset.name,
        "dataset_title": TITLES[dataset.name],
        "classes": list(dataset.classes),
        "framing": dataset.framing,
        "examples": {
            "training": len(dataset.training),
            "validation": len(dataset.validation),
            "test": len(dataset.test),
        },
        "certain_from": CERTAIN_FROM,
    }


def describe_place(dataset: Dataset, data: Path | None) -> dict[str, str]:
    """Return where one's own digits are, so that the report can be drawn again; nothing for other datasets."""
    return {"data": str(data.absolute())} if dataset.name == OWN and data is not None else {}


def describe_versions() -> dict[str, str]:
    """Return Keras's backend, and the versions of Python and of the libraries that are installed."""
    versions = {"backend": keras.backend.backend(), "python": platform.python_version()}
    for library in LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return versions


def describe_layers(network: keras.Model) -> list[dict[str, Any]]:
    """Return name, type, output shape without n, and number of parameters of every layer."""
    return [
        {
            "name": layer.name,
            "type": type(layer).__name__,
            "output_shape": list(layer.output.shape[1:]),
            "parameters": layer.count_params(),
        }
        for layer in network.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]


def describe_training(recipe: Recipe, epochs: list[Epoch], kept: int) -> dict[str, Any]:
    """Return how the training went; seconds are those of the epochs, and examples per second of the median epoch."""
    return {
        "epochs": len(epochs),
        "kept_epoch": kept + 1,
        "batch_size": recipe.batch_size,
        "optimiser": recipe.optimiser,
        "learning_rate": str(recipe.learning_rate),
        "labels": recipe.labels,
        "seconds": round(sum(epoch["seconds"] for epoch in epochs), 1),
        "examples_per_second": round(float(np.median([epoch["examples_per_second"] for epoch in epochs])), 1),
    }


def describe_history(epochs: list[Epoch]) -> dict[str, list[float]]:
    """Turn what every epoch gave into one list for each quantity."""
    return {name: [epoch[name] for epoch in epochs] for name in epochs[0]}


def describe_seeds(cards: list[dict[str, Any]], chosen: int) -> dict[str, Any]:
    """Return the accuracies of every seed with their mean and standard deviation, and which seed was kept."""
    seeds: dict[str, Any] = {"seeds": [card["seed"] for card in cards], "kept": chosen}
    for name in ("test_accuracy", "served_accuracy", "validation_accuracy"):
        each = [card["metrics"][name] for card in cards]
        seeds[name] = {"each": each, "mean": float(np.mean(each)), "sd": float(np.std(each, ddof=1))}
    return seeds
