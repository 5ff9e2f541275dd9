"""Read a page's doubtful digits as its sure ones are written: mostly one person wrote them all.

    features of a digit ── nearest sure digit of the page, of the class that the network reads ─┐
                        ── nearest sure digit of the page, of the second likeliest class       ─┴─> odds of the second

Where the page has no sure digit of one of the two classes, the nearest prototype stands for it. What the network is
sure of never changes, and what changes stays doubted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..models.classifier import Prediction
from ..models.prototypes import References, normalise, sort_references


class Likeness(NamedTuple):
    """How much it weighs that a digit is like one of another class: the logarithm of that class's odds."""

    nearer: float  # for the logarithm of how many times nearer it is than one of the class that the network reads
    bias: float


# Logistic regression on 1,210 digits that the network doubts: of 2,100 synthesised hands, and of pages that put
# together MNIST's validation digits, as they are and varied. EXPERIMENTS.md says what it mends and harms
PROBABLE = 0.73  # for the logarithm of how many times likelier the network finds the second class
BOTH_WRITTEN = Likeness(nearer=1.83, bias=-0.23)  # the page has sure digits of both classes,
SECOND_WRITTEN = Likeness(nearer=0.92, bias=-0.39)  # of the second alone: the other is a prototype,
FIRST_WRITTEN = Likeness(nearer=0.82, bias=0.8)  # or of the first alone
LEAST = 1.0  # odds' logarithm from which the second class is read: so few right digits were harmed that none is left
SOFTENING = 1e-2  # of a distance: two digits of one hand differ by as much
MIN_PROBABILITY = 1e-7


def read_consistently(
    prediction: Prediction, certain: NDArray[np.bool_], prototypes: References
) -> tuple[Prediction, NDArray[np.bool_]]:
    """Let the sure digits of a page decide between the two likeliest classes of a doubtful one.

    Args:
        prediction: of the page's digits, by a network that answers features.
        certain: what the network is sure of, (n,).
        prototypes: of the network.

    Returns:
        The prediction, and what was changed in it, (n,).
    """
    changed = np.zeros(len(certain), bool)
    doubtful = np.flatnonzero(~certain)
    if prediction.features is None or not len(doubtful) or not certain.any():
        return prediction, changed
    directions = normalise(prediction.features)
    read = prediction.probabilities.argmax(axis=1)
    written = sort_references(directions[certain], read[certain].astype(np.uint8))
    odds = weigh_second(prediction.probabilities[doubtful], directions[doubtful], written, prototypes)
    changed[doubtful] = odds >= LEAST
    if not changed.any():
        return prediction, changed
    probabilities = prediction.probabilities.copy()
    for place, one in zip(doubtful.tolist(), odds.tolist(), strict=True):
        if changed[place]:
            second, first = np.argsort(probabilities[place], kind="stable")[-2:]
            both = probabilities[place, [first, second]].sum()
            share = both / (1 + np.exp(-one))
            probabilities[place, [first, second]] = both - share, share
    return replace(prediction, probabilities=probabilities), changed


def weigh_second(
    probabilities: NDArray[np.float32], directions: NDArray[np.float32], written: References, prototypes: References
) -> NDArray[np.float64]:
    """Return the logarithm of the odds that each digit is of its second likeliest class; -inf where nothing tells.

    Args:
        probabilities: of the network, (n, classes).
        directions: features of the digits, each of length 1, (n, count).
        written: sure digits of the page.
        prototypes: of the network.
    """
    rows = np.arange(len(probabilities))
    second, first = np.argsort(probabilities, axis=1, kind="stable")[:, -2:].T
    on_page, known = written.measure_nearest(directions), prototypes.measure_nearest(directions)
    has_first, has_second = (np.isin(label, written.labels) for label in (first, second))
    likely = np.log(np.maximum(probabilities[rows, [second, first]], MIN_PROBABILITY)).astype(np.float64)
    cosines = [
        np.where(has, on_page[rows, label], known[rows, label])
        for has, label in ((has_first, first), (has_second, second))
    ]
    nearer = np.log((1 - cosines[0] + SOFTENING) / (1 - cosines[1] + SOFTENING))
    odds = np.full(len(rows), -np.inf)
    for weights, own in (
        (BOTH_WRITTEN, has_first & has_second),
        (SECOND_WRITTEN, has_second & ~has_first),
        (FIRST_WRITTEN, has_first & ~has_second),
    ):
        odds[own] = PROBABLE * (likely[0] - likely[1])[own] + weights.nearer * nearer[own] + weights.bias
    return odds
