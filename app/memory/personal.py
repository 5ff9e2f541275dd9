"""A model as one hand taught it: a classifier that reads with the hand's corrections. Needs no database.

corrections -> the model sees them -> Examples -> a classifier that shares the model's runtime
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..framing import DIGIT, to_tensor
from ..models.card import DIGITS
from ..models.classifier import Classifier
from ..models.prototypes import References
from .comparing import Examples, judge_examples, read_with
from .pngs import decode_png


@dataclass(frozen=True)
class Taught:
    """What a hand has corrected, to be sent to processes that reach no database."""

    hand: str
    corrections: tuple[tuple[int, bytes], ...]  # digit, and its picture as PNG


def find_prototypes(classifier: Classifier) -> References | None:
    """Return what a model's examples are compared with; None where it cannot be corrected."""
    corrigible = classifier.framing is DIGIT and classifier.classes == DIGITS
    return classifier.prototypes if corrigible else None


def personalise(classifier: Classifier, taught: Taught) -> Classifier:
    """Return a classifier that reads with what a hand has corrected; the same where the model cannot be corrected."""
    prototypes = find_prototypes(classifier)
    if prototypes is None or not taught.corrections:
        return classifier
    features = see(classifier, [decode_png(png) for _, png in taught.corrections])
    labels = np.array([digit for digit, _ in taught.corrections], np.uint8)
    return read_with_examples(classifier, judge_examples(range(len(labels)), features, labels, prototypes))


def read_with_examples(classifier: Classifier, examples: Examples) -> Classifier:
    """Return a classifier that reads with examples; the same where none of them is trusted."""
    if classifier.prototypes is None or not len(examples.references.labels):
        return classifier
    return classifier.adjusted(partial(read_with, examples=examples, prototypes=classifier.prototypes))


def see(classifier: Classifier, pictures: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Return the features (n, count) of framed digits, of a model that answers them."""
    features = classifier.predict(to_tensor(np.stack(pictures))).features if pictures else None
    return np.zeros((0, 1), np.float32) if features is None else features
