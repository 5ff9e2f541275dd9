"""Fine-tuning with corrections: it helps, refuses what makes the model worse, and is not fooled by wrong labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from app.framing import to_tensor
from app.models.folder import load
from app.models.keras_files import load_keras
from app.models.prototypes import References
from tests.conftest import MODELS
from train.data.datasets import Dataset, Split
from train.errors import TrainingError
from train.handwriting.synthesis import synthesise_hand
from train.recipes import adapting
from train.recipes.adapting import Correction, Effort, Quality, adapt, find_absurd

POISONED = 0.05  # share of labels that are wrong
HANDS = range(7000, 7016)
QUICK = Effort(epochs=1, steps=25)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapting, "WRITTEN", 600)
    monkeypatch.setattr(adapting, "NON_DIGITS", 60)


@pytest.fixture(scope="module")
def prototypes() -> References:
    found = load(MODELS / "robust").prototypes
    assert found is not None
    return found


@pytest.fixture(scope="module")
def dataset(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> Dataset:
    """MNIST's test digits, used as training and validation here, where no model is kept."""
    digits, labels = mnist_test
    training, validation, test = (
        Split(digits[part], labels[part]) for part in (slice(0, 3000), slice(3000, 8000), slice(8000, 8010))
    )
    return Dataset("mnist", tuple("0123456789"), training, validation, test)


@pytest.fixture(scope="module")
def few(dataset: Dataset) -> Dataset:
    """The same with fewer digits, for what is plain to see on them."""
    training, validation = (
        Split(split.digits[:1000], split.labels[:1000]) for split in (dataset.training, dataset.validation)
    )
    return replace(dataset, training=training, validation=validation)


def write_corrections() -> list[Correction]:
    """What 16 synthesised people write, each digit said to be what it is."""
    kept: list[Correction] = []
    for seed in HANDS:
        digits, labels = synthesise_hand(seed, 3)
        kept += [
            Correction(len(kept) + number, f"hand-{seed}", digit, int(label))
            for number, (digit, label) in enumerate(zip(digits, labels, strict=True))
        ]
    return kept


def poison(corrections: list[Correction]) -> tuple[list[Correction], set[int]]:
    rng = np.random.default_rng(1)
    wrong = {int(place) for place in rng.permutation(len(corrections))[: round(POISONED * len(corrections))]}
    poisoned = [
        Correction(each.number, each.hand, each.picture, (each.digit + int(rng.integers(1, 10))) % 10)
        if place in wrong
        else each
        for place, each in enumerate(corrections)
    ]
    return poisoned, {corrections[place].number for place in wrong}


def test_wrong_labels_are_listed_and_cost_less_than_a_tenth_of_a_point(
    prototypes: References, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrections = write_corrections()
    poisoned, wrong = poison(corrections)
    found = find_absurd(load_keras(MODELS / "robust"), prototypes, poisoned)
    listed = {each.number for each, _ in found}
    assert len(listed & wrong) >= 0.75 * len(wrong)
    assert len(listed - wrong) <= 0.01 * len(corrections)
    truth = {each.number: each.digit for each in corrections}
    assert np.mean([read == truth[each.number] for each, read in found]) >= 0.9
    monkeypatch.setattr(Quality, "describe_losses", lambda *_: [])  # what is learned counts here, not if it is kept
    monkeypatch.setattr(adapting, "WAY", (1.0,))  # nor how much of it
    accuracies = [
        adapt(load_keras(MODELS / "robust"), prototypes, several, dataset, QUICK).after.validation
        for several in (corrections, [each for each in poisoned if each.number not in listed])
    ]
    assert accuracies[1] >= accuracies[0] - 0.001


def test_what_harms_nothing_is_kept_and_the_certainty_stays(
    prototypes: References, few: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapting, "LEARNING_RATE", 1e-6)
    network, former = load_keras(MODELS / "robust"), load_keras(MODELS / "robust")
    adapted = adapt(network, prototypes, write_corrections()[:60], few, Effort(epochs=1, steps=4))
    assert adapted.after.held_out >= adapted.before.held_out
    assert not adapted.after.describe_losses(adapted.before)
    tensor = to_tensor(few.validation.digits[:100])
    now, then = ([np.asarray(output) for output in each(tensor)] for each in (network, former))
    assert np.abs(now[1] - then[1]).max() < 0.05
    assert not np.array_equal(now[2], then[2])
    for layer in network.layers:
        if "norm" in layer.name:  # the statistics of batch normalisation are not learned anew
            np.testing.assert_array_equal(layer.get_weights()[2], former.get_layer(layer.name).get_weights()[2])


def test_what_makes_the_model_worse_is_refused_and_said(
    prototypes: References, few: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapting, "LEARNING_RATE", 0.5)
    with pytest.raises(TrainingError, match=r"Nothing is saved, since it got worse: .*validation digits"):
        adapt(load_keras(MODELS / "robust"), prototypes, write_corrections()[:60], few, Effort(epochs=1, steps=3))


def test_too_few_corrections_teach_nothing(prototypes: References, few: Dataset) -> None:
    with pytest.raises(TrainingError, match="There are 9 corrections to learn from; expected 17 or more"):
        adapt(load_keras(MODELS / "robust"), prototypes, write_corrections()[:9], few, QUICK)


@pytest.mark.parametrize(
    ("after", "words"),
    (
        (Quality(0.6, 0.99, (0.99,) * 10, 1.0), ""),
        (Quality(0.4, 0.99, (0.99,) * 10, 1.0), "held-out corrections 50.00% -> 40.00%"),
        (Quality(0.6, 0.989, (0.99,) * 10, 1.0), "validation digits 99.00% -> 98.90%"),
        (Quality(0.6, 0.99, (*(0.99,) * 9, 0.98), 1.0), "the 9 among them 99.00% -> 98.00%"),
        (Quality(0.6, 0.99, (0.99,) * 10, 0.99), "typical digits 100.00% -> 99.00%"),
        (Quality(0.5, 0.9898, (0.989,) * 10, 0.999), ""),
    ),
)
def test_each_loss_beyond_chance_is_named(after: Quality, words: str) -> None:
    before = Quality(0.5, 0.99, (0.99,) * 10, 1.0)
    assert "; ".join(after.describe_losses(before)) == words
