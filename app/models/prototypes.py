"""The bank of prototypes: what digits of each class look like to a network, as a few features of each.

    training digits -> features -> a few typical ones a class (train/) -> prototypes.npz -> References
    features of a digit -> the cosine to the nearest reference of each class

A new digit whose features lie far from all prototypes of the class that the network names is none that it knows well.
Owns the file. Does not know who compares with it, nor how.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .files import PROTOTYPES, BadModel, name_file, read_file

MAX_UNPACKED = 4 * 2**20  # bytes of the arrays; 240 prototypes of 144 features have 69 kB
ARRAYS = {"features.npy", "labels.npy"}


@dataclass(frozen=True)
class References:
    """Features of digits that others are compared with, in the order of their labels: sort_references() makes it."""

    features: NDArray[np.float32]  # (k, count), each row of length 1
    labels: NDArray[np.uint8]  # (k,), ascending

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        """Where each label begins."""
        return np.flatnonzero(np.diff(self.labels, prepend=255) != 0)

    def measure_nearest(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine between digits and the nearest reference of each class; -1 where a class has none.

        Args:
            features: float32 (n, count), each row of length 1.

        Returns:
            float32 (n, 10).
        """
        if not len(self.labels):
            return np.full((len(features), 10), -1, np.float32)
        found = np.maximum.reduceat(features @ self.features.T, self._starts, axis=1)
        if len(self._starts) == 10:
            return np.asarray(found, np.float32)
        nearest = np.full((len(features), 10), -1, np.float32)
        nearest[:, self.labels[self._starts]] = found
        return nearest

    @cached_property
    def _by_label(self) -> list[NDArray[np.float32]]:
        """The references of each class, without a copy."""
        return [self.features[slice(*np.searchsorted(self.labels, (label, label + 1)))] for label in range(10)]

    def measure_nearest_of(self, features: NDArray[np.float32], labels: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the product of each digit and the nearest reference of one class, float32 (n,); -1 without one.

        Args:
            features: float32 (n, count); a product is the cosine where rows have length 1.
            labels: the class of each digit, (n,).
        """
        nearest = np.full(len(features), -1, np.float32)
        for place, label in enumerate(labels.tolist()):
            references = self._by_label[label]
            if len(references):
                nearest[place] = (references @ features[place]).max()
        return nearest


def sort_references(features: NDArray[np.float32], labels: NDArray[np.uint8]) -> References:
    """Return features, each row of length 1, as references."""
    order = np.argsort(labels, kind="stable")
    return References(features[order], labels[order])


def normalise(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length 1, so that a product of two is their cosine; a row of zeros stays as it is."""
    lengths = np.sqrt(np.einsum("ij,ij->i", features, features))[:, None]
    return np.asarray(features / np.maximum(lengths, np.float32(1e-6)), np.float32)


def write_prototypes(folder: Path, prototypes: References) -> None:
    """Write the bank into a model folder, in half precision: a cosine changes by less than 0.0005."""
    features = prototypes.features.astype(np.float16)
    with (folder / PROTOTYPES).open("wb") as stream:
        np.savez(stream, features=features, labels=prototypes.labels.astype(np.uint8))


def read_prototypes(folder: Path) -> References:
    """Read the bank of a model folder.

    Raises:
        BadModel: the file is damaged or too large, or holds something else.
    """
    file_name, body = name_file(folder, PROTOTYPES), io.BytesIO(read_file(folder, PROTOTYPES))
    try:
        with zipfile.ZipFile(body) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        if sizes.keys() != ARRAYS or sum(sizes.values()) > MAX_UNPACKED:
            raise BadModel(f"{file_name} holds {', '.join(sorted(sizes))}; expected features and labels, and few.")
        body.seek(0)
        with np.load(body, allow_pickle=False) as arrays:
            features, labels = arrays["features"], arrays["labels"]
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise BadModel(f"{file_name} is damaged ({error}). Train the model again or restore the file.") from error
    fits = features.ndim == 2 and labels.shape == (len(features),) and features.dtype == np.float16
    if not fits or labels.dtype != np.uint8 or not len(labels) or labels.max() > 9 or not np.isfinite(features).all():
        raise BadModel(f"{file_name} holds other arrays than features (k, count) and labels (k,) from 0 to 9.")
    return sort_references(normalise(features.astype(np.float32)), labels)
