"""The state of a run after every epoch, so that it can be resumed after any interruption, power cuts included.

    FOLDER/epoch-0003/   state.keras        network and optimiser
                         kept.weights.h5    the weights of the epoch that is kept so far
                         progress.json      settings, what every epoch so far gave, and where the random numbers are

An epoch is written beside, forced to the disk, and renamed; only then the one before it goes. So there is always one
whole epoch, and a half-written one is never taken for it.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from ..errors import TrainingError

DONE = "done.json"  # in the folder of a run that is over, while the series it belongs to is not

Epoch = dict[str, float]  # loss, accuracy, validation_loss, validation_accuracy, learning_rate, seconds, ...
Settings = dict[str, Any]  # everything that changes what a run gives, as JSON keeps it


@dataclass(frozen=True)
class Checkpoint:
    """One finished epoch on disk."""

    folder: Path
    epochs: list[Epoch]
    random: list[list[int]]  # state of each generator of random numbers within the network

    def load(self) -> keras.Model:
        """Load the network with its optimiser, compiled, as it was after the epoch."""
        network = keras.models.load_model(self.folder / "state.keras")
        for state, value in zip(_random_states(network), self.random, strict=True):
            state.assign(value)
        return network


def save(folder: Path, network: keras.Model, settings: Settings, epochs: list[Epoch], kept: int) -> None:
    """Save a finished epoch, then remove those before it.

    Args:
        folder: of the run.
        network: compiled, right after the epoch.
        epochs: what every epoch so far gave.
        kept: the best epoch so far, counted from 0.
    """
    before = sorted(folder.glob("epoch-*"))
    final = folder / f"epoch-{len(epochs):04d}"
    beside = folder / f"writing-{len(epochs):04d}"
    for leftover in folder.glob("writing-*"):
        shutil.rmtree(leftover)
    beside.mkdir(parents=True)
    network.save(beside / "state.keras")
    if kept == len(epochs) - 1:
        network.save_weights(beside / "kept.weights.h5")
    else:
        os.link(before[-1] / "kept.weights.h5", beside / "kept.weights.h5")
    random = [state.numpy().tolist() for state in _random_states(network)]
    progress = {"settings": settings, "epochs": epochs, "random": random}
    (beside / "progress.json").write_text(json.dumps(progress))
    for path in (*beside.iterdir(), beside):
        _force_to_disk(path)
    beside.rename(final)
    _force_to_disk(folder)
    for epoch in before:
        shutil.rmtree(epoch)


def _force_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _random_states(network: keras.Model) -> list[keras.Variable]:
    """Return the states of dropout's random numbers, which Keras does not save."""
    return [variable for variable in network.variables if variable.name == "seed_generator_state"]


def newest(folder: Path, settings: Settings) -> Checkpoint | None:
    """Find the last finished epoch of a run, or None where none is finished.

    Raises:
        TrainingError: the run was started with other settings.
    """
    finished = sorted(folder.glob("epoch-*"))
    if not finished:
        return None
    progress = json.loads((finished[-1] / "progress.json").read_text())
    for name, value in settings.items():
        if progress["settings"].get(name) != value:
            raise TrainingError(
                f"The run in {folder} was started with {name.replace('_', ' ')} {progress['settings'].get(name)}; "
                f"now it is {value}. Give the same options as before, or delete the folder to start again."
            )
    return Checkpoint(finished[-1], progress["epochs"], progress["random"])


def load_kept(folder: Path, network: keras.Model) -> None:
    """Load the weights of the best epoch of a finished run."""
    network.load_weights(max(folder.glob("epoch-*")) / "kept.weights.h5")


def mark_done(folder: Path, what: Settings) -> None:
    """Note that a run of a series is over, so that the series need not repeat it after an interruption."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DONE).write_text(json.dumps(what))


def is_done(folder: Path, what: Settings) -> bool:
    """Return whether the same run of the series is over."""
    return (folder / DONE).is_file() and (folder / DONE).read_text() == json.dumps(what)


def clear(folder: Path) -> None:
    """Forget a run."""
    shutil.rmtree(folder, ignore_errors=True)
