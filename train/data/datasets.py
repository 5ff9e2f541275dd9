"""MNIST and Fashion-MNIST as arrays of bytes, and the batches of an epoch.

    mnist.npz -> load -> training + test -> hold_out -> training, validation, test -> Batches -> (tensor, targets)

The test split is only carried here. Owns the order of every epoch: it depends on the seed and the epoch's number
alone, so a run that goes on after an interruption sees what it would have seen. Knows nothing of networks.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from app.framing import SIDE, to_tensor

from ..errors import TrainingError
from . import own

DIGITS = tuple("0123456789")
# Source: https://github.com/zalandoresearch/fashion-mnist, "Labels"
GARMENTS = (
    "t-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
OWN = "own"  # name of a dataset of one's own digits
FRAMING = {
    "mnist": "digit",
    "fashion_mnist": "whole",
    OWN: "digit",
}  # how their pictures are laid out: app.framing.FRAMINGS
CLASSES = {"mnist": DIGITS, "fashion_mnist": GARMENTS}
TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", OWN: "own digits"}
SPLIT_SEED = 60_000  # of the permutation whose end is held out: one for all runs, so that their validations compare

Augment = Callable[
    [NDArray[np.uint8], NDArray[np.uint8], np.random.Generator], tuple[NDArray[np.float32], NDArray[Any]]
]


@dataclass(frozen=True)
class Split:
    """Digits uint8 (n, 28, 28), paper 0 to ink 255, and their labels uint8 (n,), 0 to 9."""

    digits: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.digits)


@dataclass(frozen=True)
class Dataset:
    """One dataset: its name, what its ten labels mean, and its splits. Validation is empty until held out."""

    name: str
    classes: tuple[str, ...]
    training: Split
    validation: Split
    test: Split
    sources: NDArray[np.int64] | None = None  # of each training digit, where validation is held out by them

    @property
    def framing(self) -> str:
        """How a picture is laid out, by its name in app.framing.FRAMINGS."""
        return FRAMING[self.name]


def load(name: str, folder: Path | None) -> Dataset:
    """Load a dataset from NAME.npz in a folder, or through keras.datasets where no folder is given.

    Args:
        name: mnist or fashion_mnist.
        folder: holds NAME.npz with x_train, y_train, x_test, y_test as uint8; or one's own digits, as own.py tells,
            which take the place of any dataset.

    Raises:
        TrainingError: the file is missing, damaged or holds something else.
    """
    if folder is not None and own.is_own(folder):
        found = own.load(folder)
        training, test = (Split(part.digits, part.labels) for part in (found.training, found.test))
        return Dataset(
            OWN, DIGITS, training, Split(training.digits[:0], training.labels[:0]), test, found.training.sources
        )
    arrays = _download(name) if folder is None else _read_npz(folder / f"{name}.npz")
    training, test = (Split(arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test"))
    for split in (training, test):
        _check(name, split)
    empty = Split(training.digits[:0], training.labels[:0])
    return Dataset(name, CLASSES[name], training, empty, test)


def _read_npz(path: Path) -> dict[str, NDArray[np.uint8]]:
    if not path.is_file():
        raise TrainingError(f"There is no {path.name} in {path.parent}. Give the folder that holds it with --data.")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in ("x_train", "y_train", "x_test", "y_test")}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise TrainingError(f"{path} is damaged or is not the dataset ({error}). Fetch it again.") from error


def _download(name: str) -> dict[str, NDArray[np.uint8]]:
    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # keras.utils.get_file raises a bare Exception where the network fails
        raise TrainingError(
            f"{TITLES[name]} could not be downloaded ({error}). Give the folder that holds {name}.npz with --data."
        ) from error
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _check(name: str, split: Split) -> None:
    digits, labels = split.digits, split.labels
    fits = digits.dtype == labels.dtype == np.uint8 and digits.shape == (len(labels), SIDE, SIDE) and len(labels) > 0
    if not fits or labels.max() > 9:
        raise TrainingError(
            f"{name}.npz should hold uint8 (n, {SIDE}, {SIDE}) pictures and labels 0 to 9, but holds "
            f"{digits.dtype} {digits.shape} and {labels.dtype} {labels.shape}."
        )


def hold_out(dataset: Dataset, share: float) -> Dataset:
    """Hold out the end of a seeded permutation of the training split for validation.

    Args:
        share: of the training split, 0 to 1.
    """
    if dataset.sources is not None:
        held = own.choose_part(dataset.sources, share, SPLIT_SEED)
        kept, validation = (
            Split(dataset.training.digits[part], dataset.training.labels[part]) for part in (~held, held)
        )
        return replace(dataset, training=kept, validation=validation, sources=dataset.sources[~held])
    order = np.random.default_rng(SPLIT_SEED).permutation(len(dataset.training))
    border = len(order) - round(len(order) * share)
    training, validation = (
        Split(dataset.training.digits[part], dataset.training.labels[part]) for part in np.split(order, [border])
    )
    return Dataset(dataset.name, dataset.classes, training, validation, dataset.test)


def to_targets(labels: NDArray[np.uint8], one_hot: bool, outputs: int = 10) -> NDArray[Any]:
    """Return labels as a loss wants them: int32 (n,), or one-hot float32 (n, outputs)."""
    return np.eye(outputs, dtype=np.float32)[labels] if one_hot else labels.astype(np.int32)


def to_arrays(split: Split, one_hot: bool, outputs: int = 10) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Return a split as tensor float32 (n, 28, 28, 1) and targets for a network of so many outputs."""
    return to_tensor(split.digits), to_targets(split.labels, one_hot, outputs)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Deal a split out in batches of (tensor, targets); begin() shuffles it for an epoch.

    A batch depends on the seed, the epoch and its index alone, never on what was asked for before.
    """

    def __init__(self, split: Split, batch_size: int, one_hot: bool, seed: int, augment: Augment | None = None) -> None:
        """Deal out a split.

        Args:
            seed: of the order, and of what `augment` leaves to chance.
            augment: turns the digits and labels of a batch into tensor and targets.
        """
        super().__init__()
        self.split = split
        self.batch_size = batch_size
        self.one_hot = one_hot
        self.seed = seed
        self.augment = augment
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Shuffle for an epoch, counted from 0."""
        self.epoch = epoch
        self.order = np.random.default_rng((self.seed, epoch)).permutation(len(self.split))

    def __len__(self) -> int:
        return (len(self.split) + self.batch_size - 1) // self.batch_size

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[Any]]:
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        digits, labels = self.split.digits[chosen], self.split.labels[chosen]
        if self.augment is None:
            return to_tensor(digits), to_targets(labels, self.one_hot)
        return self.augment(digits, labels, np.random.default_rng((self.seed, self.epoch, index)))


def data_folder(option: Path | None) -> Path | None:
    """Return the folder or file given by --data, else by DIGITS_DATA, else None.

    Raises:
        TrainingError: it is not there.
    """
    folder = option or (Path(os.environ["DIGITS_DATA"]) if os.environ.get("DIGITS_DATA") else None)
    if folder is not None and not folder.exists():
        raise TrainingError(f"There is no data folder {folder}. Give the folder that holds mnist.npz with --data.")
    return folder
