"""How near a prediction comes to what a core can do: multiply-adds a second against a large matrix product.

Set OPENBLAS_NUM_THREADS=1: a prediction has one thread, so the matrix product gets one, too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

import numpy as np

from app.models.classifier import load_classifier
from app.models.folder import load
from app.models.keras_files import read_network
from app.models.registry import choose_default, find_artifacts
from app.settings import read_settings

PEAK_SIDE = 2048  # rows and columns of the matrices: far more than the caches hold
ROUNDS = 7
ROUND_SECONDS = 0.05
BATCHES = tuple(2**power for power in range(11))  # 1 to 1,024 digits
WITH_KERNEL = ("Conv2D", "Dense")


def count_multiply_adds(folder: Path) -> int:
    """Count what a network multiplies and adds for one digit, from its layers' shapes and parameters."""
    configurations = {layer["config"]["name"]: layer["config"] for layer in read_network(folder)["config"]["layers"]}
    total = 0
    for layer in load(folder).card["layers"]:
        if layer["type"] not in WITH_KERNEL:
            continue
        *places, channels = layer["output_shape"]
        biases = channels if configurations[layer["name"]]["use_bias"] else 0
        total += (layer["parameters"] - biases) * math.prod(places)
    return total


def measure_peak() -> float:
    """Return the multiply-adds a second of a float32 matrix product."""
    left = np.random.default_rng(0).random((PEAK_SIDE, PEAK_SIDE), np.float32)
    return PEAK_SIDE**3 / measure_seconds(lambda: left @ left)


def measure_models(models: Path) -> Mapping[str, Any]:
    """Return the multiply-adds and the seconds of each model for one digit."""
    tensor = np.random.default_rng(0).random((1, 28, 28, 1), np.float32)
    return {
        artifact.name: {
            "multiply_adds": count_multiply_adds(artifact.folder),
            "seconds": measure_seconds(partial(load_classifier(artifact).predict, tensor)),
        }
        for artifact in find_artifacts(models).artifacts
        if artifact.compiled and "layers" in artifact.card
    }


def measure_batches(folder: Path) -> Mapping[int, float]:
    """Return the digits a second that a model reads, by the size of the batch."""
    classifier = load_classifier(load(folder))
    tensor = np.random.default_rng(0).random((max(BATCHES), 28, 28, 1), np.float32)
    return {count: count / measure_seconds(partial(classifier.predict, tensor[:count])) for count in BATCHES}


def measure_seconds(work: Callable[[], object]) -> float:
    """Return the seconds of processor time that some work takes, the median of some rounds."""
    work()
    spent = []
    for _ in range(ROUNDS):
        count, begin = 0, thread_time()
        while thread_time() - begin < ROUND_SECONDS or not count:
            work()
            count += 1
        spent.append((thread_time() - begin) / count)
    return median(spent)


def main() -> None:
    """Print the peak, the models and the default model's batches as JSON."""
    models = read_settings().models
    default = choose_default(find_artifacts(models))
    batches = measure_batches(models / default)
    print(json.dumps({"peak": measure_peak(), "models": measure_models(models), "batches": batches}))


if __name__ == "__main__":
    main()
