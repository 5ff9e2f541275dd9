"""Read with examples: an example decides where a digit is nearer to it than to what the network knows.

    features of a digit ── nearest example of another class   ─┐
                        ── nearest prototype, or example,      ├─> weight, 0 to 1 -> probabilities
                           of the class that the network names ┘

The features are what the network's last layer sees; near means a high cosine. Knows neither databases nor hands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..models.classifier import Prediction
from ..models.prototypes import References, normalise, sort_references


class Weights(NamedTuple):
    """How much an example weighs: the logarithm of the odds that it is right against what the network reads."""

    nearer: float  # for the logarithm of how many times nearer the example is than what is known
    against: float  # of the network's own odds for its answer, as a logarithm
    bias: float


# Source: `python -m train fit-corrections`, on the served network. Logistic regression on 423,000 pairs of a digit and
# the nearest example of another class (synthesised hands, strangers as one hand and MNIST's validation split, as they
# are and varied) gives the first two, and a bias of 0.2. To break a right answer is worse than to leave a wrong one, so
# the bias is the highest that harms at most 0.05 % of the digits of each of these groups
WEIGHTS = Weights(nearer=3.4, against=0.32, bias=-2.0)
SOFTENING = 1e-3  # of a distance: two scans of one drawing differ by as much
FADE = 0.1  # logarithm of how many times nearer, over which an example comes to its full weight
MIN_PROBABILITY = 1e-7
# An example contradicts what is known where it looks like an ordinary digit of another class. With these numbers 82 of
# 100 wrong labels on MNIST's validation digits are doubted, 0.4 of 100 corrections of misread synthesised digits, and 3
# of 100 where those are varied
ORDINARY = 0.97  # cosine to that class's nearest prototype
CLEARLY = 0.15  # difference to the cosine to its own class's nearest prototype


@dataclass(frozen=True)
class Examples:
    """Digits of one hand, with what they are, as one network sees them."""

    numbers: tuple[int, ...]  # of the corrections, (m,)
    trusted: NDArray[np.bool_]  # (m,), false where one contradicts what is known and no second one agrees
    references: References  # those that are trusted
    reach: NDArray[np.float32]  # (10, k), by class and prototype: see measure_reach()


def judge_examples(
    numbers: Sequence[int], features: NDArray[np.float32], labels: NDArray[np.uint8], prototypes: References
) -> Examples:
    """Prepare examples to be read with, and say which are to be trusted.

    One that looks like an ordinary digit of another class may be a slip of a finger; a second one of the same label,
    nearer to it than that class's prototypes are, says that it is meant.

    Args:
        numbers: of the corrections, (m,).
        features: float32 (m, count), as the network answers them.
        labels: uint8 (m,), what the digits are.
        prototypes: of the network.
    """
    directions = normalise(features)
    nearest = prototypes.measure_nearest(directions)
    rows = np.arange(len(labels))
    own = nearest[rows, labels]
    nearest[rows, labels] = -1
    other = nearest.max(axis=1) if len(labels) else own
    trusted = (other < ORDINARY) | (other - own < CLEARLY)
    for doubted in np.flatnonzero(~trusted):
        cosines = directions @ directions[doubted]
        agrees = (cosines > other[doubted]) & (labels == labels[doubted])
        agrees[doubted] = False
        trusted[doubted] = agrees.any()
    references = sort_references(directions[trusted], labels[trusted])
    return Examples(tuple(numbers), trusted, references, measure_reach(references, prototypes))


def measure_reach(examples: References, prototypes: References) -> NDArray[np.float32]:
    """Return from which cosine to a prototype on no example of another class can be nearer to a digit.

    A digit that lies within half the angle between a prototype and an example is nearer to the prototype: the angles of
    a triangle on a sphere add up to at least the third. Most digits are found to be so near to what is known of their
    class, and are not compared with the examples, however many there are.

    Returns:
        float32 (10, k) by the class that a digit is read as, and the prototype; infinite for those of other classes.
    """
    reach = np.full((10, len(prototypes.labels)), np.inf, np.float32)
    others = examples.measure_nearest(prototypes.features)
    for label in range(10):
        own = prototypes.labels == label
        nearest = np.delete(others[own], label, axis=1).max(axis=1)
        reach[label, own] = np.sqrt((1 + np.clip(nearest, -1, 1)) / 2)
    return reach


def read_with(
    prediction: Prediction, examples: Examples, prototypes: References, weights: Weights = WEIGHTS
) -> Prediction:
    """Let the examples of a hand change what a network answers.

    Args:
        prediction: of a network that answers features.
        examples: of the hand, seen by the same network.
        prototypes: of the network.
        weights: how much an example weighs.

    Returns:
        The same, or a prediction whose probabilities count the examples, and which keeps what the network alone reads.
    """
    if prediction.features is None:
        return prediction
    references = examples.references
    if not len(references.labels):
        return prediction
    read = prediction.probabilities.argmax(axis=1)
    if (prediction.compare(prototypes) >= examples.reach[read]).any(axis=1).all():  # nearly always
        return prediction
    rows = np.arange(len(read))
    nearer, against = compare(prediction, references, prototypes)
    shares = np.clip(nearer / FADE, 0, 1)
    shares /= 1 + np.exp(-(weights.nearer * nearer - weights.against * against + weights.bias))
    shares[rows, read] = 0
    label = shares.argmax(axis=1)
    share, own = shares[rows, label], prediction.probabilities[rows, label]
    changed = np.flatnonzero(share > own)
    if not len(changed):
        return prediction
    probabilities = prediction.probabilities.copy()
    probabilities[changed] *= ((1 - share[changed]) / (1 - own[changed]))[:, None]
    probabilities[changed, label[changed]] = share[changed]
    return replace(prediction, probabilities=probabilities, alone=read)


def compare(
    prediction: Prediction, references: References, prototypes: References
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compare digits with the nearest example of each class.

    Args:
        prediction: of a network that answers features.
        references: examples of one hand.
        prototypes: of the network.

    Returns:
        float32 (n, 10) the logarithm of how many times nearer the example is than what is known of the class that the
        network reads, and float32 (n, 10) the logarithm of the network's odds for that class against the example's.
    """
    read = prediction.probabilities.argmax(axis=1)
    rows = np.arange(len(read))
    taught = references.measure_nearest(prediction.directions)
    known = prediction.measure_nearest(prototypes)[rows, read]
    known = np.maximum(known, taught[rows, read])  # what was confirmed is known as well
    nearer = np.log((1 - known + SOFTENING)[:, None] / (1 - taught + SOFTENING))
    logarithms = np.log(np.maximum(prediction.probabilities, MIN_PROBABILITY))
    return nearer, logarithms[rows, read][:, None] - logarithms
