"""A network is asked in one way, however many outputs it has."""

from __future__ import annotations

import keras

from train.learning.predictions import predict

from ..conftest import print_digits


def test_of_several_outputs_the_first_is_the_probabilities() -> None:
    tensor = keras.Input((28, 28, 1))
    flat = keras.layers.Flatten()(tensor)
    probabilities, certainty = keras.layers.Dense(10, "softmax")(flat), keras.layers.Dense(1)(flat)
    network = keras.Model(tensor, [probabilities, certainty, flat])
    assert predict(network, print_digits(3, seed=1)[0]).shape == (3, 10)
