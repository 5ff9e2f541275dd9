"""What teachers say of a batch, for one network to learn beside the labels.

    tensor -> every teacher's probabilities -> mean of their logarithms -> softened -> joined with the labels

An ensemble is right more often than any of its members, and how it divides its doubt tells a network more than the
label does. It is needed while the network is trained and never served.
Source: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app import artifact
from app.classifier import Classifier, load_classifier

LEAST = 1e-12  # probability; below it a logarithm tells of rounding alone


@dataclass(frozen=True)
class Ensemble:
    """Trained teachers, which answer together."""

    teachers: Sequence[Classifier]
    temperature: float
    share: float

    def teach(self, tensor: NDArray[np.float32], targets: NDArray[np.float32]) -> NDArray[np.float32]:
        """Join the labels with what the teachers say.

        Args:
            tensor: float32 (n, 28, 28, 1).
            targets: one-hot float32 (n, classes).

        Returns:
            targets float32 (n, classes), each row summing to 1.
        """
        each = [np.log(np.maximum(teacher.predict(tensor).probabilities, LEAST)) for teacher in self.teachers]
        softened = np.exp(np.mean(each, axis=0) / self.temperature)
        softened /= softened.sum(axis=1, keepdims=True)
        joined: NDArray[np.float32] = targets + np.float32(self.share) * (softened - targets)
        return joined


def load_ensemble(folders: Sequence[Path], temperature: float, share: float) -> Ensemble:
    """Load teachers from their model folders.

    Raises:
        BadModel: one is missing or damaged.
    """
    return Ensemble([load_classifier(artifact.load(folder)) for folder in folders], temperature, share)
