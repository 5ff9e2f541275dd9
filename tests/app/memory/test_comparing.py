"""An example decides only where a digit is nearer to it than to what is known, smoothly, and slips are not believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from app.framing import to_tensor
from app.memory.comparing import judge_examples, read_with
from app.memory.personal import see
from app.models.classifier import Classifier, Prediction
from app.models.prototypes import References, normalise, sort_references

COUNT = 16  # features


def towards(*directions: int) -> NDArray[np.float32]:
    """Return features that lie between some axes, (1, COUNT)."""
    features = np.zeros((1, COUNT), np.float32)
    for direction in directions:
        features[0, direction] += 1
    return normalise(features)


KNOWN = sort_references(normalise(np.eye(10, COUNT, dtype=np.float32) + 0.02), np.arange(10, dtype=np.uint8))
ODD = normalise(towards(9) + 1.2 * towards(12))  # the network reads a 9, though no 9 that it knows looks so


def predict(features: NDArray[np.float32], digit: int = 9, confidence: float = 0.9) -> Prediction:
    probabilities = np.full((len(features), 10), (1 - confidence) / 9, np.float32)
    probabilities[:, digit] = confidence
    return Prediction(probabilities, np.full(len(features), 0.8, np.float32), features)


def teach(features: NDArray[np.float32], *labels: int) -> tuple[NDArray[np.bool_], Prediction]:
    examples = judge_examples(range(len(labels)), features, np.array(labels, np.uint8), KNOWN)
    return examples.trusted, read_with(predict(ODD), examples, KNOWN)


def test_the_same_digit_is_read_as_it_was_corrected() -> None:
    trusted, read = teach(ODD, 4)
    assert trusted.all()
    assert read.probabilities[0].argmax() == 4
    assert read.alone is not None
    assert read.alone[0] == 9
    assert read.probabilities.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(read.certainty, predict(ODD).certainty)


@pytest.mark.parametrize(
    "features",
    (towards(9), towards(3), towards(9, 3), towards(13), np.zeros((1, COUNT), np.float32)),
)
def test_what_is_not_nearer_to_an_example_than_to_what_is_known_stays_bit_for_bit(
    features: NDArray[np.float32],
) -> None:
    examples = judge_examples([1], ODD, np.array([4], np.uint8), KNOWN)
    before = predict(features)
    after = read_with(before, examples, KNOWN)
    np.testing.assert_array_equal(after.probabilities, before.probabilities)


def test_the_weight_grows_smoothly_as_a_digit_comes_nearer() -> None:
    examples = judge_examples([1], ODD, np.array([4], np.uint8), KNOWN)
    steps = np.linspace(0, 1, 4000, dtype=np.float32)[:, None]
    way = normalise(towards(9) * (1 - steps) + ODD * steps)
    shares = read_with(predict(way), examples, KNOWN).probabilities[:, 4]
    assert (np.diff(shares) >= -1e-6).all()
    assert np.abs(np.diff(shares)).max() < 0.02
    assert shares[0] < 0.05
    assert shares[-1] > 0.8


def test_what_was_confirmed_is_known_too() -> None:
    near = normalise(ODD + 0.1 * towards(14))
    _, corrected = teach(near, 4)
    assert corrected.probabilities[0].argmax() == 4
    _, both = teach(np.concatenate([near, ODD]), 4, 9)
    assert both.probabilities[0].argmax() == 9


def test_a_network_that_is_surer_is_harder_to_overrule() -> None:
    examples = judge_examples([1], normalise(ODD + 0.2 * towards(14)), np.array([4], np.uint8), KNOWN)
    shares = [
        read_with(predict(ODD, confidence=confidence), examples, KNOWN).probabilities[0, 4]
        for confidence in (0.5, 0.9, 0.999, 0.999999)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]


def test_a_slip_of_the_finger_is_not_believed_until_it_is_repeated() -> None:
    ordinary = normalise(KNOWN.features[9:10] + 0.02 * towards(13))
    trusted, _ = teach(ordinary, 4)
    assert not trusted.any()
    examples = judge_examples([1], ordinary, np.array([4], np.uint8), KNOWN)
    np.testing.assert_array_equal(
        read_with(predict(ordinary), examples, KNOWN).probabilities, predict(ordinary).probabilities
    )
    other, _ = teach(np.concatenate([ordinary, ordinary]), 4, 5)
    assert not other.any()
    again, _ = teach(np.concatenate([ordinary, normalise(ordinary + 0.002 * towards(14))]), 4, 4)
    assert again.all()


def test_digits_that_are_in_no_example_s_reach_read_as_if_they_had_been_compared() -> None:
    rng = np.random.default_rng(1)
    near = np.repeat(np.eye(10, COUNT, dtype=np.float32), 3, axis=0) + 0.2 * rng.random((30, COUNT), np.float32)
    prototypes = sort_references(normalise(near), np.repeat(np.arange(10, dtype=np.uint8), 3))
    spread = rng.random((400, COUNT), np.float32) * rng.uniform(0, 0.5, (400, 1)).astype(np.float32)
    features = normalise(np.eye(10, COUNT, dtype=np.float32)[rng.integers(0, 10, 400)] + spread)
    examples = judge_examples(range(9), features[:9], rng.integers(0, 10, 9).astype(np.uint8), prototypes)
    everywhere = replace(examples, reach=np.full_like(examples.reach, np.inf))
    skipped = changed = 0
    for at in range(400):
        probabilities = np.full((1, 10), 0.01, np.float32)
        probabilities[0, rng.integers(0, 10) if at % 4 == 0 else features[at, :10].argmax()] = 0.91
        before = Prediction(probabilities, np.ones(1, np.float32), features[at : at + 1])
        skipped += bool((before.compare(prototypes) >= examples.reach[probabilities.argmax(axis=1)]).any())
        after = read_with(before, examples, prototypes)
        compared = read_with(before, everywhere, prototypes)
        np.testing.assert_allclose(after.probabilities, compared.probabilities, atol=1e-5)
        changed += after is not before
    assert skipped > 100
    assert changed > 5


def test_without_examples_and_without_digits_nothing_changes() -> None:
    none = judge_examples([], np.zeros((0, COUNT), np.float32), np.zeros(0, np.uint8), KNOWN)
    before = predict(ODD)
    assert read_with(before, none, KNOWN) is before
    blind = Prediction(before.probabilities, before.certainty)
    assert read_with(blind, none, KNOWN) is blind


def test_several_digits_are_read_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    features = normalise(np.abs(rng.normal(size=(50, COUNT))).astype(np.float32))
    labels = rng.integers(0, 10, 30).astype(np.uint8)
    examples = judge_examples(range(30), features[:30], labels, KNOWN)
    prediction = predict(features, confidence=0.5)
    together = read_with(prediction, examples, KNOWN).probabilities
    alone = [
        read_with(predict(features[at : at + 1], confidence=0.5), examples, KNOWN).probabilities for at in range(50)
    ]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-6)
    assert (together.argmax(axis=1) != 9).any()
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)


def test_what_strangers_correct_harms_no_ordinary_digit(
    robust: Classifier, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    """30 blots, each said to be some digit: the odd things that people correct must not break ordinary digits."""
    rng = np.random.default_rng(3)
    blots = np.stack([np.kron(rng.random((7, 7)) < 0.4, np.ones((4, 4))) * 255 for _ in range(30)]).astype(np.uint8)
    assert robust.prototypes is not None
    labels = rng.integers(0, 10, len(blots)).astype(np.uint8)
    examples = judge_examples(range(30), see(robust, list(blots)), labels, robust.prototypes)
    before = robust.predict(to_tensor(mnist_test[0][:3000]))
    after = read_with(before, examples, robust.prototypes)
    right = before.probabilities.argmax(axis=1) == mnist_test[1][:3000]
    harmed = right & (after.probabilities.argmax(axis=1) != mnist_test[1][:3000])
    assert harmed.mean() <= 0.001


def test_random_wrong_corrections_of_ordinary_digits_harm_few(
    robust: Classifier, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    digits, labels = mnist_test
    wrong = (labels[5000:5030] + 1) % 10
    assert isinstance(robust.prototypes, References)
    examples = judge_examples(range(30), see(robust, list(digits[5000:5030])), wrong, robust.prototypes)
    assert examples.trusted.mean() <= 0.4
    before = robust.predict(to_tensor(digits[:3000]))
    after = read_with(before, examples, robust.prototypes)
    right = before.probabilities.argmax(axis=1) == labels[:3000]
    assert (right & (after.probabilities.argmax(axis=1) != labels[:3000])).mean() <= 0.002
