"""Read a page's digits as its sure ones are written: mostly one person wrote them all.

    features of a digit ── nearest sure digit of the page, of the class that the network reads ─┐
                        ── nearest sure digit of the page, of the second likeliest class       ─┴─> odds of the second

Where the page has no sure digit of one of the two classes, the nearest prototype stands for it. Doubtful digits are
read anew, and stay doubted; sure ones are at most doubted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..models.classifier import Prediction
from ..models.prototypes import References


class Likeness(NamedTuple):
    """How much it weighs that a digit is like one of another class: the logarithm of that class's odds."""

    nearer: float  # for the logarithm of how many times nearer it is than one of the class that the network reads
    bias: float


class Weights(NamedTuple):
    """What speaks for the second likeliest class of a digit, as the logarithm of its odds."""

    probable: float  # for the logarithm of how many times likelier the network finds it than the likeliest
    first: Likeness  # where the page has sure digits of the likeliest alone: a prototype stands for the second,
    second: Likeness  # of the second alone,
    both: Likeness  # or of both


class Evidence(NamedTuple):
    """What is weighed of each digit, (n,) each."""

    likelier: NDArray[np.float32]  # logarithm of how many times likelier the network finds the second class
    nearer: NDArray[np.float32]  # logarithm of how many times nearer the digit is to one of the second class
    written: NDArray[np.intp]  # of which of the two classes the page has sure digits: NEITHER, FIRST, SECOND or BOTH


NEITHER, FIRST, SECOND, BOTH = range(4)  # 1 for the first, 2 for the second

# Logistic regression on 1,210 digits that a former network doubted, of synthesised hands and of pages that put together
# MNIST's validation digits. `python -m train fit-pages` fits them to a network: to the present one it fits others that
# mend and harm as much on other hands (EXPERIMENTS.md)
WEIGHTS = Weights(probable=0.73, first=Likeness(0.82, 0.8), second=Likeness(0.92, -0.39), both=Likeness(1.83, -0.23))
LEAST = 1.5  # odds' logarithm from which the second class is read: then none of 20,000 digits of many hands is harmed
UNLIKE = -2.0  # odds' logarithm from which a sure digit is doubted: one in 1,000 to 2,000 of those that are right
SOFTENING = 1e-2  # of a distance: two digits of one hand differ by as much
MIN_PROBABILITY = 1e-7
NONE = -1.0  # cosine to a class that is not there


def read_consistently(
    prediction: Prediction, certain: NDArray[np.bool_], prototypes: References
) -> tuple[Prediction, NDArray[np.bool_]]:
    """Let the sure digits of a page decide between the two likeliest classes of a doubtful one.

    Args:
        prediction: of the page's digits, by a network that answers features.
        certain: what the network is sure of, (n,).
        prototypes: of the network.

    Returns:
        The prediction, and which digits are to be doubted: those that it reads anew, and sure ones that are more like
        digits of another class, (n,).
    """
    if prediction.features is None or not certain.any() or len(certain) < 2:
        return prediction, np.zeros(len(certain), bool)
    order = np.argsort(prediction.probabilities, axis=1, kind="stable")
    first, second = order[:, -1], order[:, -2]
    odds = weigh_evidence(collect_evidence(prediction, first, second, certain, prototypes))
    changed = ~certain & (odds >= LEAST)
    doubted = changed | (certain & (odds >= UNLIKE))
    if not changed.any():
        return prediction, doubted
    probabilities, rows = prediction.probabilities.copy(), np.flatnonzero(changed)
    likelier, other = probabilities[rows, first[rows]], probabilities[rows, second[rows]]
    share = (likelier + other) / (1 + np.exp(-odds[rows]))
    probabilities[rows, second[rows]], probabilities[rows, first[rows]] = share, likelier + other - share
    return replace(prediction, probabilities=probabilities), doubted


def collect_evidence(
    prediction: Prediction,
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    certain: NDArray[np.bool_],
    prototypes: References,
) -> Evidence:
    """Collect what speaks for the second likeliest class of each digit of a page.

    Args:
        prediction: of the page's digits, with features.
        first: the likeliest class of each, (n,).
        second: the second likeliest, (n,).
        certain: what the network is sure of, (n,).
        prototypes: of the network.
    """
    rows = np.arange(len(first))
    known, written = prediction.measure_nearest(prototypes), _measure_written(prediction.directions, first, certain)
    has_first, has_second = (written[rows, label] > NONE for label in (first, second))
    like_first = np.where(has_first, written[rows, first], known[rows, first])
    like_second = np.where(has_second, written[rows, second], known[rows, second])
    nearer = np.log((1 - like_first + SOFTENING) / (1 - like_second + SOFTENING))
    logarithms = np.log(np.maximum(prediction.probabilities, MIN_PROBABILITY))
    likelier = logarithms[rows, second] - logarithms[rows, first]
    return Evidence(likelier, nearer, FIRST * has_first + SECOND * has_second)


def weigh_evidence(evidence: Evidence, weights: Weights = WEIGHTS) -> NDArray[np.float64]:
    """Return the logarithm of the odds that each digit is of its second class, (n,); -inf where nothing tells."""
    odds = np.full(len(evidence.written), -np.inf)
    for written, likeness in ((FIRST, weights.first), (SECOND, weights.second), (BOTH, weights.both)):
        own = evidence.written == written
        odds[own] = (weights.probable * evidence.likelier + likeness.nearer * evidence.nearer + likeness.bias)[own]
    return odds


def _measure_written(
    directions: NDArray[np.float32], read: NDArray[np.intp], certain: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the cosine of each digit to the nearest other sure digit of each class; NONE without one, (n, 10)."""
    sure = np.flatnonzero(certain)
    cosines = directions @ directions[sure].T
    cosines[sure, np.arange(len(sure))] = NONE  # not to itself
    written = np.full((len(directions), 10), NONE, np.float32)
    for label in np.unique(read[sure]):
        written[:, label] = cosines[:, read[sure] == label].max(axis=1)
    return written
