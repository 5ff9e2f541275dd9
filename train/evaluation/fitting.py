"""How much an example weighs against a network: the constants of app/memory/comparing.py, from digits.

    groups of hands -> pairs of a digit and the nearest example of another class -> logistic regression
    -> two weights -> the highest bias that harms nearly nobody

The groups are synthesised hands, strangers as one hand, and MNIST's validation split as one, all as they are and
varied. corrections.py measures other hands. Test splits and development pictures choose nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.framing import to_tensor
from app.memory.comparing import Weights, compare
from app.models.classifier import Classifier, Prediction
from app.models.prototypes import References, normalise, sort_references

from ..data.augmentation import augment
from ..data.datasets import Split
from ..errors import TrainingError
from ..handwriting.synthesis import synthesise_digits, synthesise_hand
from .corrections import COUNTS, Reader, Tally, measure_hand

PLAIN, PER_CLASS = range(1000, 1240), 20  # seeds of hands, and the digits of each class that they write
VARIED, PER_CLASS_VARIED = range(2000, 2060), 40  # seeds of hands whose digits are varied
STRANGERS, STRANGERS_SEED = 6000, 777  # digits that as many people write
TURNS = 5  # times that strangers are split anew
BIASES = tuple(np.arange(1.0, -5.1, -0.5).tolist())  # to choose from, the highest first
MAX_HARMED = 0.0005  # of the digits of each group: a quarter of the most that is promised of people's digits
CORRECTED = 30  # corrections with which harm is counted
RIDGE = 1e-3  # of the regression
ROUNDS = 60  # of Newton's method; it settles in fewer

Hands = Sequence[tuple[Split, Prediction]]
Pairs = tuple[
    NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]
]  # nearer, against, whether the example is right


@dataclass(frozen=True)
class Fitted:
    """What is fitted, and what each bias that was tried does to each group."""

    regression: Weights  # with the likeliest bias
    pairs: int
    weights: Weights
    tried: Mapping[float, Mapping[str, Tally]]  # by bias and group


def write_groups(validation: Split) -> dict[str, list[Split]]:
    """Write the hands of each group."""
    strangers = Split(*synthesise_digits(STRANGERS, STRANGERS_SEED))
    return {
        "hands": [Split(*synthesise_hand(seed, PER_CLASS)) for seed in PLAIN],
        "varied hands": [_vary(Split(*synthesise_hand(seed, PER_CLASS_VARIED)), (seed, 9)) for seed in VARIED],
        "strangers": [strangers],
        "varied strangers": [_vary(strangers, STRANGERS_SEED + 1)],
        "validation": [validation],
        "varied validation": [_vary(validation, STRANGERS_SEED + 2)],
    }


def fit_weights(classifier: Classifier, groups: Mapping[str, Sequence[Split]]) -> Fitted:
    """Fit how much an example weighs for one network.

    Args:
        classifier: answers features, and has prototypes.
        groups: hands by the name of their group; a group of one hand is split several times.

    Raises:
        TrainingError: the model cannot be corrected, or every bias harms too many.
    """
    prototypes = classifier.prototypes
    if prototypes is None:
        raise TrainingError(f"{classifier.name} has no prototypes, so it cannot be corrected.")
    seen = {
        name: [(hand, classifier.predict(to_tensor(hand.digits))) for hand in hands] for name, hands in groups.items()
    }
    pairs = [collect_pairs(hands, prototypes) for hands in seen.values()]
    nearer, against, right = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    columns = np.stack([nearer, -against, np.ones_like(nearer)], axis=1).astype(np.float64)
    regression = Weights(*regress(columns, right).tolist())
    tried: dict[float, dict[str, Tally]] = {}
    for bias in BIASES:
        weights = Weights(round(regression.nearer, 1), round(regression.against, 2), bias)
        tried[bias] = {name: measure_group(hands, prototypes, weights) for name, hands in seen.items()}
        if all(tally.harmed <= MAX_HARMED * tally.digits for tally in tried[bias].values()):
            return Fitted(regression, len(right), weights, tried)
    raise TrainingError(f"Every bias down to {BIASES[-1]} harms more than {MAX_HARMED:.2%} of a group's digits.")


def collect_pairs(hands: Hands, prototypes: References) -> Pairs:
    """Pair one half of each hand's digits with the nearest examples of other classes in the other half."""
    collected = []
    for number, (hand, prediction) in enumerate(hands):
        order = np.random.default_rng((0, number)).permutation(len(hand))
        examples, digits = order[: len(order) // 2], order[len(order) // 2 :]
        assert prediction.features is not None
        references = sort_references(normalise(prediction.features[examples]), hand.labels[examples])
        part = Prediction(prediction.probabilities[digits], prediction.certainty[digits], prediction.features[digits])
        nearer, against = compare(part, references, prototypes)
        classes = np.arange(10)[None]
        others = np.isin(classes, hand.labels[examples]) & (classes != part.probabilities.argmax(axis=1)[:, None])
        right = classes == hand.labels[digits][:, None]
        collected.append((nearer[others], against[others], right[others]))
    nearer, against, right = (np.concatenate(parts) for parts in zip(*collected, strict=True))
    return nearer, against, right


def regress(columns: NDArray[np.float64], right: NDArray[np.bool_], ridge: float = RIDGE) -> NDArray[np.float64]:
    """Return the weights of a logistic regression, by Newton's method.

    Args:
        columns: (n, k), one of them constant.
        right: (n,).
        ridge: holds the weights down where nothing else does.
    """
    weights, held = np.zeros(columns.shape[1]), ridge * np.eye(columns.shape[1])
    for _ in range(ROUNDS):
        probability = 1 / (1 + np.exp(-np.clip(columns @ weights, -40, 40)))
        slope = columns.T @ (probability - right) + held @ weights
        bend = (columns * (probability * (1 - probability))[:, None]).T @ columns + held
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def measure_group(hands: Hands, prototypes: References, weights: Weights) -> Tally:
    """Return what up to CORRECTED corrections do to a group; of one hand, split several times."""
    tallies = {count: Tally() for count in COUNTS if count <= CORRECTED}
    for hand, prediction in hands:
        for turn in range(TURNS if len(hands) == 1 else 1):
            order = np.random.default_rng((turn, len(hand))).permutation(len(hand))
            measure_hand(Reader(hand.labels, prediction, prototypes, weights), order, tallies)
    return tallies[CORRECTED]


def _vary(hand: Split, seed: int | tuple[int, int]) -> Split:
    return Split(augment(hand.digits, np.random.default_rng(seed)), hand.labels)
