"""Datasets are what they claim to be, and an epoch's order depends on nothing but seed and number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.framing import to_tensor
from train.data import datasets
from train.data.datasets import Batches, Split
from train.errors import TrainingError

from ..conftest import TEST, TRAINING, print_digits, write_npz

DIGITS, LABELS = print_digits(10, seed=5)
GOOD = {"x_train": DIGITS, "y_train": LABELS, "x_test": DIGITS, "y_test": LABELS}


def test_a_dataset_comes_with_its_classes(printed: Path) -> None:
    mnist, fashion = (datasets.load(name, printed) for name in ("mnist", "fashion_mnist"))
    assert (len(mnist.training), len(mnist.validation), len(mnist.test)) == (TRAINING, 0, TEST)
    assert mnist.classes == tuple("0123456789")
    assert (fashion.classes[0], fashion.classes[9]) == ("t-shirt/top", "ankle boot")


@pytest.mark.parametrize("name", ("mnist", "fashion_mnist"))
def test_the_real_data_is_whole(data: Path, name: str) -> None:
    dataset = datasets.hold_out(datasets.load(name, data), 1 / 12)
    assert (len(dataset.training), len(dataset.validation), len(dataset.test)) == (55_000, 5_000, 10_000)


@pytest.mark.parametrize(
    ("changes", "message"),
    (
        ({"x_test": None}, "damaged"),
        ({"x_train": DIGITS.astype(np.float32)}, "should hold uint8"),
        ({"x_train": DIGITS[:, :27]}, "should hold uint8"),
        ({"y_test": LABELS[:-1]}, "should hold uint8"),
        ({"y_train": LABELS + np.uint8(1)}, "labels 0 to 9"),
        ({"x_test": DIGITS[:0], "y_test": LABELS[:0]}, "should hold uint8"),
        ({"x_train": np.array([{}], object)}, "damaged"),
    ),
)
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    arrays = {key: array for key, array in (GOOD | changes).items() if array is not None}
    np.savez(tmp_path / "mnist.npz", allow_pickle=True, **arrays)
    with pytest.raises(TrainingError, match=message):
        datasets.load("mnist", tmp_path)


@pytest.mark.parametrize("kept", (0, 10, 0.5, 0.99))
def test_a_damaged_file_is_refused(tmp_path: Path, kept: float) -> None:
    write_npz(tmp_path / "mnist.npz")
    whole = (tmp_path / "mnist.npz").read_bytes()
    (tmp_path / "mnist.npz").write_bytes(whole[: int(kept * len(whole) if kept < 1 else kept)])
    with pytest.raises(TrainingError, match="damaged"):
        datasets.load("mnist", tmp_path)


def test_flipped_bytes_are_refused(tmp_path: Path) -> None:
    write_npz(tmp_path / "mnist.npz")
    damaged = bytearray((tmp_path / "mnist.npz").read_bytes())
    damaged[600:640] = bytes(40)
    (tmp_path / "mnist.npz").write_bytes(damaged)
    with pytest.raises(TrainingError, match="damaged"):
        datasets.load("mnist", tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no mnist\.npz in .* --data"):
        datasets.load("mnist", tmp_path)


def test_the_data_folder_is_the_option_else_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    assert datasets.data_folder(None) is None
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path))
    assert datasets.data_folder(None) == tmp_path
    with pytest.raises(TrainingError, match="no data folder"):
        datasets.data_folder(tmp_path / "nowhere")


@pytest.mark.parametrize(("share", "held"), ((1 / 12, 5), (0.2, 13), (0.5, 32)))
def test_validation_is_held_out_of_training_and_always_the_same(printed: Path, share: float, held: int) -> None:
    whole = datasets.load("mnist", printed)
    one, other = (datasets.hold_out(whole, share) for _ in range(2))
    assert (len(one.training), len(one.validation)) == (TRAINING - held, held)
    np.testing.assert_array_equal(one.validation.digits, other.validation.digits)
    together = np.concatenate([one.training.labels, one.validation.labels])
    assert sorted(together) == sorted(whole.training.labels)
    assert one.test is whole.test


def test_targets_are_whole_numbers_or_one_hot() -> None:
    labels = np.array([3, 0], np.uint8)
    assert datasets.to_targets(labels, one_hot=False).tolist() == [3, 0]
    assert datasets.to_targets(labels, one_hot=True).tolist() == np.eye(10)[[3, 0]].tolist()


def numbered(count: int) -> Split:
    """Digits that differ in their first pixel."""
    digits = np.zeros((count, 28, 28), np.uint8)
    digits[:, 0, 0] = np.arange(count)
    return Split(digits, np.arange(count, dtype=np.uint8) % 10)


def deal(batches: Batches, epoch: int) -> list[int]:
    batches.begin(epoch)
    return [round(float(pixel) * 255) for index in range(len(batches)) for pixel in batches[index][0][:, 0, 0, 0]]


def test_an_epoch_deals_every_digit_once() -> None:
    batches = Batches(numbered(50), 16, one_hot=False, seed=1)
    assert len(batches) == 4
    assert sorted(deal(batches, 0)) == list(range(50))


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    once = Batches(numbered(50), 16, one_hot=False, seed=1)
    deal(once, 0)
    again = Batches(numbered(50), 16, one_hot=False, seed=1)
    assert deal(once, 1) == deal(again, 1)
    assert deal(once, 1) != deal(once, 0)
    assert deal(once, 1) != deal(Batches(numbered(50), 16, one_hot=False, seed=2), 1)


def test_labels_stay_with_their_digits() -> None:
    batches = Batches(numbered(50), 16, one_hot=False, seed=1)
    for index in range(len(batches)):
        tensor, targets = batches[index]
        assert np.round(tensor[:, 0, 0, 0] * 255).astype(int).__mod__(10).tolist() == targets.tolist()


def blur(
    digits: NDArray[np.uint8], labels: NDArray[np.uint8], random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[Any]]:
    noise = random.random(digits.shape, np.float32)[..., None]
    return to_tensor(digits) * noise, datasets.to_targets(labels, one_hot=True)


def test_augmentation_repeats_itself_for_the_same_seed_epoch_and_batch() -> None:
    batches = Batches(numbered(50), 16, one_hot=True, seed=1, augment=blur)
    first = batches[2][0]
    np.testing.assert_array_equal(first, batches[2][0])
    batches.begin(1)
    assert not np.array_equal(first, batches[2][0])
