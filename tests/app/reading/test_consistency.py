"""A page's sure digits decide what doubtful ones are, and doubt what is sure but unlike them; none of them changes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.framing import frame_digit, to_tensor
from app.models.classifier import Classifier, Prediction
from app.models.prototypes import normalise, sort_references
from app.reading.consistency import read_consistently
from train.handwriting.people import pick_person, write_as

COUNT = 16  # features
KNOWN = sort_references(normalise(np.eye(10, COUNT, dtype=np.float32) + 0.02), np.arange(10, dtype=np.uint8))
HANDS = (20002, 20104, 20216, 20342, 20616, 20800, 20838, 20956, 21115, 21241, 21408)  # who write 1 as 7, 4 as 9


def like(digit: int, other: int = 0, much: float = 0.0, own: int = 10, odd: float = 0.0) -> NDArray[np.float32]:
    """Return features of a digit, as much like another class as is said, and as odd as one hand writes it, (COUNT,)."""
    features = np.zeros(COUNT, np.float32)
    features[digit] = 1
    features[other] += much
    features[own] += odd
    return np.asarray(normalise(features[None])[0], np.float32)


def predict(*digits: tuple[NDArray[np.float32], dict[int, float]]) -> Prediction:
    """Return what a network answers for digits: features, and how likely each class is."""
    probabilities = np.full((len(digits), 10), 1e-6, np.float32)
    for row, (_, likely) in zip(probabilities, digits, strict=True):
        row[list(likely)] = list(likely.values())
    return Prediction(probabilities, np.ones(len(digits), np.float32), np.stack([features for features, _ in digits]))


SEVEN, ONE = (like(7), {7: 1.0}), (like(1, own=11, odd=0.8), {1: 1.0})  # a hand's 1 is unlike others
DOUBTFUL = (like(1, 7, 0.5, own=11, odd=0.8), {7: 0.6, 1: 0.4})
SURE = np.array([True, True, False])


def test_a_doubtful_digit_is_read_as_the_pages_sure_ones_are_written() -> None:
    page = predict(SEVEN, ONE, DOUBTFUL)
    read, doubted = read_consistently(page, SURE, KNOWN)
    assert read.probabilities.argmax(axis=1).tolist() == [7, 1, 1]
    assert doubted.tolist() == [False, False, True]
    np.testing.assert_allclose(read.probabilities.sum(axis=1), page.probabilities.sum(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(read.probabilities[:2], page.probabilities[:2])


@pytest.mark.parametrize(
    ("page", "sure"),
    (
        (predict(DOUBTFUL, DOUBTFUL, DOUBTFUL), np.zeros(3, bool)),  # nothing is sure
        (predict(SEVEN, (like(1), {1: 1.0}), DOUBTFUL), SURE),  # the page's 1 is another one
        (predict((like(3), {3: 1.0}), (like(5), {5: 1.0}), DOUBTFUL), SURE),  # neither class is written
        (predict(SEVEN, ONE, (DOUBTFUL[0], {7: 0.999, 1: 0.001})), SURE),  # hardly doubtful
        (predict(SEVEN, ONE, (like(7, own=12, odd=0.1), {7: 0.6, 1: 0.4})), SURE),  # it is like the page's 7
        (predict(DOUBTFUL), np.zeros(1, bool)),
    ),
)
def test_without_a_sure_digit_that_is_like_it_a_doubtful_one_stays(page: Prediction, sure: NDArray[np.bool_]) -> None:
    read, doubted = read_consistently(page, sure, KNOWN)
    np.testing.assert_array_equal(read.probabilities, page.probabilities)
    assert not doubted.any()


def test_a_sure_digit_like_anothers_of_the_page_is_doubted_and_never_changed() -> None:
    page = predict(SEVEN, ONE, (DOUBTFUL[0], {7: 0.95, 1: 0.05}))
    read, doubted = read_consistently(page, np.ones(3, bool), KNOWN)
    assert read.probabilities.argmax(axis=1).tolist() == [7, 1, 7]
    assert doubted.tolist() == [False, False, True]


def test_hands_whose_digits_the_network_doubts_are_read_better(robust: Classifier) -> None:
    errors, left, harmed = 0, 0, 0
    assert robust.prototypes is not None
    for hand in HANDS:
        rng = np.random.default_rng((hand, 78))
        person = pick_person(rng)
        labels = rng.integers(0, 10, rng.integers(4, 36))
        digits = np.stack([frame_digit(write_as(person, int(label), rng)) for label in labels])
        alone = robust.predict(to_tensor(digits))
        read, _ = read_consistently(alone, robust.certain(alone), robust.prototypes)
        before, after = (one.probabilities.argmax(axis=1) == labels for one in (alone, read))
        errors, left, harmed = errors + (~before).sum(), left + (~after).sum(), harmed + (before & ~after).sum()
    assert left <= 0.7 * errors
    assert harmed <= 1
