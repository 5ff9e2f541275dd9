"""Digit or non-digit: a small head trained on the features of a trained network.

    network -> features at three depths, averaged and at their largest -> one hidden layer -> logit, above 0 for a digit

The last layer's features separate the ten digits; earlier layers also separate digits from non-digits.
The network's own weights do not change, so its answers for digits stay the same.
"""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

Features = NDArray[np.float32]  # (n, count of features)

DEPTHS = ("conv_3_relu", "conv_6_relu", "conv_7_relu")  # layers of networks.robust(): 14x14, 7x7 and 5x5
HIDDEN = 48  # units
EPOCHS = 12
BATCH = 512
LEARNING_RATE = 0.002  # falls along a cosine
WEIGHT_DECAY = 0.01


class Head(NamedTuple):
    """Weights of the hidden layer and of the logit."""

    hidden: NDArray[np.float32]  # (features, HIDDEN)
    hidden_bias: NDArray[np.float32]  # (HIDDEN,)
    logit: NDArray[np.float32]  # (HIDDEN, 1)
    logit_bias: NDArray[np.float32]  # (1,)

    def judge(self, features: Features) -> NDArray[np.float32]:
        """Return the logits float32 (n,)."""
        hidden = np.maximum(features @ self.hidden + self.hidden_bias, 0)
        return np.asarray(hidden @ self.logit + self.logit_bias, np.float32)[:, 0]


def take_features(network: keras.Model) -> keras.KerasTensor:
    """Return the symbolic features (n, count) of a network: each filter's mean and largest value at every depth."""
    parts = []
    for depth in DEPTHS:
        filtered = network.get_layer(depth).output
        largest = layers.MaxPooling2D(filtered.shape[1:3], name=f"{depth}_largest")(filtered)
        parts += [
            layers.GlobalAveragePooling2D(name=f"{depth}_mean")(filtered),
            layers.Flatten(name=f"{depth}_largest_flat")(largest),
        ]
    return layers.Concatenate(name="certainty_features")(parts)


def train_head(digits: Features, non_digits: Features, seed: int) -> Head:
    """Train a head to separate the features of digits from those of non-digits."""
    keras.utils.set_random_seed(seed)
    features = np.concatenate([digits, non_digits])
    labels = np.concatenate([np.ones(len(digits), np.float32), np.zeros(len(non_digits), np.float32)])
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    features -= mean
    features /= spread
    head = keras.Sequential(
        [
            layers.Input((features.shape[1],)),
            layers.Dense(HIDDEN, activation="relu"),
            layers.Dropout(0.1),
            layers.Dense(1),
        ]
    )
    steps = EPOCHS * -(-len(features) // BATCH)
    head.compile(
        keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps), weight_decay=WEIGHT_DECAY),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    head.fit(features, labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    hidden, hidden_bias, logit, logit_bias = head.get_weights()
    hidden = hidden / spread[:, None]  # takes the features as they come
    return Head(hidden, hidden_bias - mean @ hidden, logit, logit_bias)


def fit_threshold(*groups: tuple[NDArray[np.float32], float]) -> float:
    """Return the highest score below which no more than a share of any group lies.

    Args:
        groups: scores (n,) of digits, such as logits, and the share of them, 0 to 1, that may be rejected.
    """
    return min(float(np.quantile(scores, share, method="lower")) for scores, share in groups)
