"""Train recipes and seeds on a Ray cluster, each as a task of its own.

    (recipe, seed), (recipe, seed), ... -> Ray tasks -> networks and cards -> the model folders, as if run one by one

Every task keeps its checkpoints in the folder of runs and goes on after its last finished epoch when it is started
again: by Ray, because its machine died, or by whoever resumes the whole. So all machines see the same folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.bulk.connection import BadCluster, connect, prepare
from app.settings import ROOT

from .errors import TrainingError

if TYPE_CHECKING:
    from .runs import Places, Result, Run

PROCESSORS = 2  # that a task reserves, where a machine has as many: networks of this size hardly use more


def train_on_cluster(address: str, every: Sequence[Run], seeds: Sequence[int]) -> Iterator[list[Result]]:
    """Train every run with every seed, all at once, and yield the results of each run in the order of the runs.

    Args:
        address: host:port of the cluster's head, or local.

    Raises:
        TrainingError: there is no cluster, or Ray is not installed.
    """
    try:
        prepare(address)
        with connect(address, ROOT / "train"):
            yield from _train(every, seeds)
    except BadCluster as error:
        raise TrainingError(str(error)) from error


def _train(every: Sequence[Run], seeds: Sequence[int]) -> Iterator[list[Result]]:
    import ray

    from .learning import checkpoints

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    processors = min(PROCESSORS, *(int(node.get("CPU", 0)) or PROCESSORS for node in nodes))
    gpus = int(any(node.get("GPU") for node in nodes))
    task = ray.remote(num_cpus=processors, num_gpus=gpus, max_retries=3)(train_one)
    started = []
    for run in every:
        if not run.resume:
            checkpoints.clear(run.places.runs / run.name)  # a task that is started again goes on
        places = replace(run.places, **_make_absolute(run.places))
        started.append([task.remote(run.name, run.overridden, places, seed) for seed in seeds])
    for run, tasks in zip(every, started, strict=True):
        run.console.print(f"{run.name}: {len(tasks)} on the cluster")
        yield ray.get(tasks)


def _make_absolute(places: Places) -> dict[str, Path]:
    return {name: path.resolve() for name, path in vars(places).items() if path is not None}


def train_one(name: str, overridden: dict[str, Any], places: Places, seed: int) -> Result:
    """Train one network of a recipe, in a process of the cluster, and measure it."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    from .learning.devices import prepare_device

    device = prepare_device()
    from . import runs
    from .data import datasets
    from .learning.progress import open_console
    from .recipes.catalogue import RECIPES

    recipe = RECIPES[name].override(overridden)
    run = runs.Run(name, recipe, places, device, open_console(), overridden, resume=True)
    dataset = datasets.hold_out(datasets.load(recipe.dataset, places.data), recipe.validation)
    return runs.train_and_evaluate(run, dataset, seed)
