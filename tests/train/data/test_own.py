"""Digits of one's own: pictures by label, .npz and IDX files, and how they are split."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.framing import SIDE
from tests.support.drawings import draw_digit, to_png
from tests.train.conftest import print_digits
from train.data import datasets, own
from train.errors import TrainingError


def write_pictures(folder: Path, hands: tuple[str, ...] = ("",), each: int = 3) -> Path:
    """Draw digits into folders by hand and label."""
    for number, hand in enumerate(hands):
        for label in range(10):
            place = folder / hand / str(label)
            place.mkdir(parents=True)
            for count in range(each):
                digit = draw_digit(label, height=100 + 20 * count, pen=10 + 3 * number)
                (place / f"{count}.png").write_bytes(to_png(digit))
    return folder


def write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    head = struct.pack(f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape)
    body = head + array.tobytes()
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)


def test_pictures_are_framed_as_the_server_frames_them(tmp_path: Path) -> None:
    dataset = datasets.load("mnist", write_pictures(tmp_path))
    assert (dataset.name, dataset.framing, dataset.classes) == ("own", "digit", tuple("0123456789"))
    assert dataset.training.digits.shape[1:] == (SIDE, SIDE)
    assert len(dataset.training) + len(dataset.test) == 30
    held = datasets.hold_out(dataset, 0.2)
    assert len(held.training) + len(held.validation) == len(dataset.training)
    assert len(held.validation) > 0
    assert datasets.load("fashion_mnist", tmp_path).name == "own"


def test_no_hand_is_in_two_splits(tmp_path: Path) -> None:
    hands = tuple("abcdefgh")
    write_pictures(tmp_path, hands, each=2)
    found = own.load(tmp_path)
    held = datasets.hold_out(datasets.load("mnist", tmp_path), 1 / 6)
    assert held.sources is not None
    training, test = set(held.sources.tolist()), set(found.test.sources.tolist())
    validation = set(found.training.sources.tolist()) - training
    assert min(len(training), len(validation), len(test)) > 0
    assert not training & validation | training & test | validation & test
    assert len(held.validation) == 20 * len(validation)
    assert any("split by their 8 sources" in line for line in own.describe(found))


def test_what_cannot_be_read_is_said_and_left_out(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    (tmp_path / "4" / "letter.png").write_bytes(b"a letter")
    (tmp_path / "4" / "notes.txt").write_bytes(b"no picture")
    (tmp_path / "cover.png").write_bytes(to_png(draw_digit(1)))
    found = own.load(tmp_path)
    assert [one.path for one in found.doubtful if one.why != own.UNLIKE] == ["4/letter.png"]
    assert len(found.training.labels) + len(found.test.labels) == 30
    assert any("1 could not be read: 4/letter.png: This is not a picture" in line for line in own.describe(found))


def test_a_wrong_label_is_among_the_doubtful(tmp_path: Path) -> None:
    write_pictures(tmp_path, each=6)
    (tmp_path / "1" / "seven.png").write_bytes(to_png(draw_digit(0)))
    assert "1/seven.png" in [one.path for one in own.load(tmp_path).doubtful]


def test_missing_and_unbalanced_labels_are_said(tmp_path: Path) -> None:
    digits, labels = print_digits(200, seed=1)
    kept = (labels != 8) & ((labels != 7) | (np.arange(200) < 20))
    np.savez(tmp_path / "a.npz", x=digits[kept], y=labels[kept])
    assert any("there is no 8" in line for line in own.describe(own.load(tmp_path / "a.npz")))
    kept |= labels == 8
    np.savez(tmp_path / "b.npz", x=digits[kept], y=labels[kept])
    assert any("unbalanced: 20 of 0, 2 of 7" in line for line in own.describe(own.load(tmp_path / "b.npz")))


def test_an_npz_of_any_name_is_read_in_both_forms(tmp_path: Path) -> None:
    (x_train, y_train), (x_test, y_test) = print_digits(60, seed=1), print_digits(20, seed=2)
    np.savez(tmp_path / "parts.npz", x_train=x_train, y_train=y_train, x_test=x_test[..., None], y_test=y_test)
    parts = datasets.load("mnist", tmp_path / "parts.npz")
    np.testing.assert_array_equal(parts.training.digits, x_train)
    np.testing.assert_array_equal(parts.test.digits, x_test)
    np.savez(tmp_path / "whole.npz", x=x_train.reshape(60, 784), y=y_train.astype(np.int64))
    whole = datasets.load("mnist", tmp_path / "whole.npz")
    assert (len(whole.training), len(whole.test)) == (51, 9)


@pytest.mark.parametrize(
    ("images", "labels"),
    (
        ("{}-images-idx3-ubyte", "{}-labels-idx1-ubyte"),
        ("{}-images-idx3-ubyte.gz", "{}-labels-idx1-ubyte.gz"),
        ("{}-images.idx3-ubyte", "{}-labels.idx1-ubyte"),
    ),
)
def test_idx_files_are_read_as_mnist_comes(tmp_path: Path, images: str, labels: str) -> None:
    training, test = print_digits(60, seed=1), print_digits(20, seed=2)
    for part, (x, y) in (("train", training), ("t10k", test)):
        write_idx(tmp_path / images.format(part), x)
        write_idx(tmp_path / labels.format(part), y)
    dataset = datasets.load("mnist", tmp_path)
    np.testing.assert_array_equal(dataset.training.digits, training[0])
    np.testing.assert_array_equal(dataset.test.labels, test[1])


def write_bad_idx(folder: Path) -> Path:
    (folder / "train-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, 9, 28, 28))
    return folder


def write_array(name: str, **arrays: object) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        np.savez(folder / name, **arrays)  # type: ignore[arg-type]
        return folder / name

    return write


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "an empty folder": (lambda folder: folder, "no picture in a folder by label"),
    "few": (lambda folder: write_pictures(folder, each=1), "holds 10 digits that can be read; expected 20 at least"),
    "a bad IDX file": (write_bad_idx, "are not. Fetch it again"),
    "floats": (write_array("a.npz", x=np.zeros((30, 28, 28)), y=np.zeros(30, np.uint8)), "as float64; expected uint8"),
    "another shape": (write_array("a.npz", x=np.zeros((30, 27, 28), np.uint8), y=np.zeros(30, np.uint8)), "expected"),
    "a label of 10": (
        write_array("a.npz", x=np.zeros((30, 28, 28), np.uint8), y=np.full(30, 10, np.uint8)),
        "labels from 0 to 9",
    ),
    "other names": (write_array("a.npz", pixels=np.zeros(3)), "holds pixels; expected x and y"),
    "objects": (write_array("a.npz", x=np.array([{}], object), y=np.zeros(1)), "is damaged or no .npz"),
}


@pytest.mark.parametrize(("make", "sentence"), BAD.values(), ids=BAD)
def test_bad_data_is_refused_in_a_sentence(tmp_path: Path, make: Callable[[Path], Path], sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence.replace("(", r"\(")):
        datasets.load("mnist", make(tmp_path))
