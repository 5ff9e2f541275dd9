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
        return self.take_nearest(features @ self.features.T)

    def take_nearest(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the same, float32 (n, 10), of the cosines between digits and all references, float32 (n, k)."""
        if not len(self.labels):
            return np.full((len(cosines), 10), -1, np.float32)
        found = np.maximum.reduceat(cosines, self._starts, axis=1)
        if len(self._starts) == 10:
            return np.asarray(found, np.float32)
        nearest = np.full((len(cosines), 10), -1, np.float32)
        nearest[:, self.labels[self._starts]] = found
        return nearest


def sort_references(features: NDArray[np.float32], labels: NDArray[np.uint8]) -> References:
    """Return features, each row of length 1, as references."""
    order = np.argsort(labels, kind="stable")
    return References(features[order], labels[order])


def normalise(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length 1, so that a product of two is their cosine; a row of zeros stays as it is."""
    lengths = np.sqrt(np.vecdot(features, features))[:, None]
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
