"""A network is asked in one way, however many outputs it has."""

from __future__ import annotations

import keras

from train.learning.predictions import predict

from ..conftest import print_digits


def test_of_two_outputs_the_wider_is_the_probabilities() -> None:
    tensor = keras.Input((28, 28, 1))
    flat = keras.layers.Flatten()(tensor)
    certainty, probabilities = keras.layers.Dense(1)(flat), keras.layers.Dense(10, "softmax")(flat)
    network = keras.Model(tensor, [certainty, probabilities])
    assert predict(network, print_digits(3, seed=1)[0]).shape == (3, 10)
