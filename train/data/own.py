"""One's own digits as a dataset: pictures in folders by label, an .npz file, or the IDX files that MNIST comes in.

    FOLDER/7/a.png, FOLDER/WHO/7/a.png -> framed by the server's own functions -> training + test, by WHO
    FILE.npz: x and y, or x_train, y_train, x_test and y_test -> training + test
    FOLDER/*-images-idx3-ubyte, *-labels-idx1-ubyte -> training + test

Pictures of one source, the folder above the label's, are never in two splits: one hand is not tested on itself.
"""

from __future__ import annotations

import functools
import gzip
import os
import struct
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import DigitsError
from app.framing import SIDE
from app.preprocessing.digits import read_ink

from ..errors import TrainingError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
TEST_SHARE = 1 / 7  # as MNIST's 10,000 of 70,000
SEED = 70_000  # of the order in which sources, or pictures, are put into the test split
MIN_EXAMPLES = 20  # of all: fewer cannot be split into training, validation and test
UNBALANCED = 3.0  # times as many pictures of one digit as of another, from which it is said
SHOWN = 80  # pictures on the sheet of what may be framed badly, besides those that cannot be read
IDX_IMAGES, IDX_LABELS = "-images-idx3-ubyte", "-labels-idx1-ubyte"
IDX_PARTS = {
    "training": ("train",),
    "test": ("t10k", "test"),
}  # how the names of the files begin. Source: MNIST, EMNIST
IDX_MAGIC = {3: 0x803, 1: 0x801}  # by the number of sizes. Source: http://yann.lecun.com/exdb/mnist/


@dataclass(frozen=True)
class Doubtful:
    """A picture that cannot be read, or is framed unlike the others of its label: its path, label and why."""

    path: str
    label: str
    why: str


@dataclass(frozen=True)
class Examples:
    """Framed digits uint8 (n, 28, 28), labels uint8 (n,), and the number of each one's source, int64 (n,)."""

    digits: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    sources: NDArray[np.int64]


@dataclass(frozen=True)
class Own:
    """What one's own data holds."""

    training: Examples
    test: Examples
    doubtful: tuple[Doubtful, ...] = ()
    folder: Path | None = None  # that the paths of doubtful pictures begin in


def is_own(place: Path | None) -> bool:
    """Return whether a place holds one's own digits, rather than mnist.npz and fashion_mnist.npz."""
    if place is None:
        return False
    if place.is_file():
        return True
    return not (place / "mnist.npz").is_file() and not (place / "fashion_mnist.npz").is_file()


@functools.lru_cache(maxsize=2)
def load(place: Path) -> Own:
    """Load one's own digits.

    Raises:
        TrainingError: there are none, too few, or they are damaged.
    """
    if place.is_file():
        own = _load_npz(place)
    elif list(_find_idx(place)):
        own = _load_idx(place)
    else:
        own = _load_pictures(place)
    count = len(own.training.labels) + len(own.test.labels)
    if count < MIN_EXAMPLES or not len(own.test.labels) or not len(own.training.labels):
        raise TrainingError(f"{place} holds {count} digits that can be read; expected {MIN_EXAMPLES} at least.")
    return own


def describe(own: Own) -> list[str]:
    """Say how many digits there are of each label, from how many sources, and what could not be read."""
    labels = np.concatenate([own.training.labels, own.test.labels])
    counts = np.bincount(labels, minlength=10)
    sources = len(set(own.training.sources.tolist()) | set(own.test.sources.tolist()))
    lines = ["digits of each label: " + ", ".join(f"{label}: {count:,}" for label, count in enumerate(counts))]
    missing = [str(label) for label in range(10) if counts[label] == 0]
    if missing:
        lines.append(f"there is no {', no '.join(missing)}: the network will hardly ever answer so")
    elif counts.max() > UNBALANCED * counts.min():
        lines.append(
            f"the labels are unbalanced: {counts.max():,} of {counts.argmax()}, {counts.min():,} of {counts.argmin()}"
        )
    how = f"by their {sources} sources" if sources > 1 else "at random, as they come from one source"
    lines.append(
        f"{len(own.training.labels):,} for training and validation, {len(own.test.labels):,} for the test, split {how}"
    )
    unread = [one for one in own.doubtful if one.why != UNLIKE]
    lines += [f"{len(unread):,} could not be read: {one.path}: {one.why}" for one in unread[:1]]
    return lines


# ---- pictures ----

UNLIKE = "unlike the others"


def label_of(path: Path) -> str | None:
    """Return the label of a picture, the name of the nearest folder that is one digit."""
    return next((parent.name for parent in path.parents if parent.name in tuple("0123456789")), None)


def source_of(path: Path) -> str:
    """Return the source of a picture: the folder that its label's is in."""
    return next((str(parent.parent) for parent in path.parents if parent.name in tuple("0123456789")), "")


def _load_pictures(folder: Path) -> Own:
    paths = sorted(
        Path(root, name).relative_to(folder)
        for root, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith(SUFFIXES) and not name.startswith(".")
    )
    labelled = [(path, label) for path in paths if (label := label_of(path)) is not None]
    if not labelled:
        raise TrainingError(
            f"There is no mnist.npz in {folder}, no IDX file and no picture in a folder by label, e.g. 7/a.png. Give "
            "the folder that holds them with --data."
        )
    kept, digits, doubtful = [], [], []
    for path, label in labelled:
        try:
            found = read_ink((folder / path).read_bytes())
        except DigitsError as error:
            doubtful.append(Doubtful(str(path), label, str(error)))
            continue
        kept.append((path, label))
        digits.append(found.ink)
    if not kept:
        raise TrainingError(f"None of the {len(labelled):,} pictures in {folder} can be read: {doubtful[0].why}")
    names = {name: number for number, name in enumerate(sorted({source_of(path) for path, _ in kept}))}
    every = Examples(
        np.stack(digits),
        np.array([int(label) for _, label in kept], np.uint8),
        np.array([names[source_of(path)] for path, _ in kept], np.int64),
    )
    doubtful += [Doubtful(str(kept[index][0]), kept[index][1], UNLIKE) for index in find_unlike(every)]
    training, test = split(every)
    return Own(training, test, tuple(doubtful), folder)


def find_unlike(examples: Examples) -> list[int]:
    """Return the digits that are least like the mean of their label: mislabelled, or framed badly, or rare."""
    flat = examples.digits.reshape(len(examples.digits), -1).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-9
    likeness = np.ones(len(flat))
    for label in range(10):
        own = examples.labels == label
        if own.sum() > 2:
            mean = flat[own].mean(axis=0)
            likeness[own] = flat[own] @ mean / (np.linalg.norm(mean) + 1e-9)
    count = min(SHOWN, len(flat) // 10)
    return [int(index) for index in np.argsort(likeness, kind="stable")[:count]]


def split(examples: Examples, share: float = TEST_SHARE) -> tuple[Examples, Examples]:
    """Split examples in two by their sources, or at random where they come from one; the second is the smaller.

    Args:
        share: of the second part, about.
    """
    chosen = choose_part(examples.sources, share, SEED)
    return _take(examples, ~chosen), _take(examples, chosen)


def choose_part(sources: NDArray[np.int64], share: float, seed: int) -> NDArray[np.bool_]:
    """Choose about a share of examples: whole sources, as long as they do not exceed twice the share; else any."""
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(sources), np.bool_)
    counts = Counter(sources.tolist())
    wanted = max(1, round(len(sources) * share))
    for source in rng.permutation(sorted(counts)):
        if len(counts) > 1 and chosen.sum() < wanted and chosen.sum() + counts[int(source)] <= 2 * wanted:
            chosen |= sources == source
    if not chosen.any():
        chosen[rng.permutation(len(sources))[:wanted]] = True
    return chosen


def _take(examples: Examples, mask: NDArray[np.bool_]) -> Examples:
    return Examples(examples.digits[mask], examples.labels[mask], examples.sources[mask])


# ---- arrays ----


def _to_examples(digits: NDArray[np.generic], labels: NDArray[np.generic], where: Path) -> Examples:
    if digits.ndim == 4 and digits.shape[3] == 1:
        digits = digits[..., 0]
    if digits.ndim == 2 and digits.shape[1] == SIDE * SIDE:
        digits = digits.reshape(-1, SIDE, SIDE)
    fits = digits.shape == (len(labels), SIDE, SIDE) and labels.shape == (len(digits),)
    if not fits or labels.dtype.kind not in "iu" or (len(labels) and not 0 <= labels.min() <= labels.max() <= 9):
        raise TrainingError(
            f"{where} holds {digits.dtype} {digits.shape} and {labels.dtype} {labels.shape}; expected digits uint8 "
            f"(n, {SIDE}, {SIDE}), paper 0 to ink 255, and labels from 0 to 9 (n,)."
        )
    if digits.dtype != np.uint8:
        raise TrainingError(f"{where} holds digits as {digits.dtype}; expected uint8, paper 0 to ink 255.")
    count = len(labels)
    return Examples(np.ascontiguousarray(digits), labels.astype(np.uint8), np.zeros(count, np.int64))


def _load_npz(path: Path) -> Own:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise TrainingError(f"{path} is damaged or no .npz file ({error}).") from error
    if {"x_train", "y_train", "x_test", "y_test"} <= found.keys():
        training, test = (_to_examples(found[f"x_{part}"], found[f"y_{part}"], path) for part in ("train", "test"))
        return Own(training, test)
    if {"x", "y"} <= found.keys():
        return Own(*split(_to_examples(found["x"], found["y"], path)))
    raise TrainingError(f"{path} holds {', '.join(found)}; expected x and y, or x_train, y_train, x_test and y_test.")


def _find_idx(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if IDX_IMAGES in path.name.replace(".idx3", "-idx3"))


def _load_idx(folder: Path) -> Own:
    parts = {}
    for part, starts in IDX_PARTS.items():
        for images in _find_idx(folder):
            if any(start in images.name for start in starts):
                labels = images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))
                parts[part] = _to_examples(read_idx(images, 3), read_idx(labels, 1), images)
    if "training" not in parts:
        raise TrainingError(f"{folder} holds IDX files, but no train{IDX_IMAGES}.")
    if "test" in parts:
        return Own(parts["training"], parts["test"])
    return Own(*split(parts["training"]))


def read_idx(path: Path, sizes: int) -> NDArray[np.uint8]:
    """Read an IDX file, compressed by gzip or not.

    Args:
        sizes: that its array has: 3 for images, 1 for labels.

    Raises:
        TrainingError: it is not there, or damaged.
    """
    try:
        body = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise TrainingError(f"{path} cannot be read ({error}).") from error
    head = 4 * (1 + sizes)
    if len(body) < head or struct.unpack_from(">I", body)[0] != IDX_MAGIC[sizes]:
        raise TrainingError(f"{path} is no IDX file of {sizes} {'size' if sizes == 1 else 'sizes'}.")
    shape = struct.unpack_from(f">{sizes}I", body, 4)
    array = np.frombuffer(body, np.uint8, offset=head)
    if array.size != int(np.prod(shape, dtype=np.int64)):
        raise TrainingError(f"{path} says {shape}, which its {array.size:,} bytes are not. Fetch it again.")
    return array.reshape(shape)
