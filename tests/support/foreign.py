"""A tiny network that reads digits, as other people might have trained it: for other values, shapes and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.framing import to_tensor
from train.handwriting.synthesis import synthesise_digits

HIDDEN = 32
STEPS = 300
RATE = 0.005

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """Two dense layers: 784 -> 32, ReLU -> 10."""

    kernel: Array
    bias: Array
    last_kernel: Array
    last_bias: Array

    def logits(self, flat: Array) -> Array:
        """Answer for (n, 784)."""
        hidden = np.maximum(flat @ self.kernel + self.bias, 0)
        return np.asarray(hidden @ self.last_kernel + self.last_bias, np.float32)

    def for_values(self, paper: float, ink: float) -> Weights:
        """Return weights that answer alike where paper and ink have other values than 0 and 1."""
        kernel = self.kernel / np.float32(ink - paper)
        bias = self.bias - np.float32(paper) * kernel.sum(axis=0)
        return Weights(kernel, bias, self.last_kernel, self.last_bias)


@cache
def train_weights() -> Weights:
    """Train on digits that the project draws, by Adam: not on the samples, so that it errs where they are varied."""
    digits, labels = synthesise_digits(1500, 5)
    flat, wanted = to_tensor(digits).reshape(len(digits), -1), np.eye(10, dtype=np.float32)[labels]
    rng = np.random.default_rng(1)
    values = [
        rng.normal(0, 0.05, (784, HIDDEN)).astype(np.float32),
        np.zeros(HIDDEN, np.float32),
        rng.normal(0, 0.2, (HIDDEN, 10)).astype(np.float32),
        np.zeros(10, np.float32),
    ]
    first, second = ([np.zeros_like(value) for value in values] for _ in range(2))
    for step in range(1, STEPS + 1):
        chosen = rng.integers(0, len(flat), 128)
        hidden = np.maximum(flat[chosen] @ values[0] + values[1], 0)
        error = (softmax(hidden @ values[2] + values[3]) - wanted[chosen]) / len(chosen)
        back = (error @ values[2].T) * (hidden > 0)
        slopes = [flat[chosen].T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
        for place, slope in enumerate(slopes):
            first[place] = 0.9 * first[place] + 0.1 * slope
            second[place] = 0.999 * second[place] + 0.001 * slope**2
            change = (first[place] / (1 - 0.9**step)) / (np.sqrt(second[place] / (1 - 0.999**step)) + 1e-8)
            values[place] = (values[place] - RATE * change).astype(np.float32)
    return Weights(*values)


def softmax(logits: Array) -> Array:
    """Return probabilities."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


ANSWERS: dict[str, Callable[[Array], Any]] = {
    "probabilities": softmax,
    "logits": lambda logits: logits,
    "log_probabilities": lambda logits: logits - np.logaddexp.reduce(logits, axis=1, keepdims=True),
    "scores": lambda logits: 0.5 + 0.5 * np.tanh(logits / 2),
}
