"""Typical digits of each class, as a network's features see them.

features of training digits -> k-means on the sphere, class by class -> prototypes
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.models.prototypes import References, normalise

A_CLASS = 24  # prototypes: 10 leave the rarer ways of writing far from all, 40 bring them no nearer by much
SAMPLE = 8000  # digits of a class that are clustered
ROUNDS = 12  # of k-means; it settles in fewer


def find_prototypes(features: NDArray[np.float32], labels: NDArray[np.uint8], seed: int) -> References:
    """Cluster the features of each class by their cosine, and return the clusters' centres.

    Args:
        features: float32 (n, count).
        labels: uint8 (n,), 0 to 9.
        seed: of the choice of digits and of the first centres.
    """
    rng = np.random.default_rng(seed)
    found, classes = [], np.unique(labels)
    for label in classes:
        of_class = features[labels == label]
        sample = rng.permutation(len(of_class))[:SAMPLE]
        found.append(_cluster(normalise(of_class[sample]), min(A_CLASS, len(sample)), rng))
    counts = [len(centres) for centres in found]
    return References(np.concatenate(found), np.repeat(classes, counts).astype(np.uint8))


def _cluster(directions: NDArray[np.float32], count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the centres (count, ...) of clusters of directions, which begin at some of them."""
    centres = directions[rng.choice(len(directions), count, replace=False)]
    for _ in range(ROUNDS):
        nearest = (directions @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, directions)
        kept = np.bincount(nearest, minlength=count) > 0
        centres = np.where(kept[:, None], normalise(sums), centres)
    return centres
