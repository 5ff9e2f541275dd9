"""The architectures are those of the tutorials and of the literature."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from train.learning import networks
from train.recipes.catalogue import RECIPES
from train.reports.cards import describe_layers

# Source: LeCun et al. 1998, section II.B: C1 28x28x6, S2 14x14x6, C3 10x10x16, S4 5x5x16, C5 120, F6 84, output 10
LENET5 = (
    ("scaled", (28, 28, 1), 0),
    ("c1", (28, 28, 6), 156),
    ("s2", (14, 14, 6), 0),
    ("c3", (10, 10, 16), 2416),  # every map sees all six; in 1998 some of them, 1,516
    ("s4", (5, 5, 16), 0),
    ("c5", (1, 1, 120), 48120),
    ("flatten", (120,), 0),
    ("f6", (84,), 10164),
    ("probabilities", (10,), 850),
)
# Source: Dive into Deep Learning, section 7.6.1, the output of LeNet().layer_summary
LENET_SIGMOID = (
    ("conv_1", (28, 28, 6), 156),
    ("pool_1", (14, 14, 6), 0),
    ("conv_2", (10, 10, 16), 2416),
    ("pool_2", (5, 5, 16), 0),
    ("flatten", (400,), 0),
    ("dense_1", (120,), 48120),
    ("dense_2", (84,), 10164),
    ("probabilities", (10,), 850),
)


def random_tensor(count: int = 4) -> NDArray[np.float32]:
    return np.random.default_rng(3).random((count, 28, 28, 1), np.float32)


@pytest.mark.parametrize(
    ("name", "parameters"),
    (
        ("keras_flask", 887_530),
        ("lenet5", 61_706),
        ("lenet_sigmoid", 61_706),
        ("lenet_relu", 60_074),
        ("cnn", 104_202),
        ("cnn_functional", 104_202),
        ("cnn_16", 402_986),
        ("cnn_16_36", 232_590),
        ("cnn_16_36_64", 101_326),
        ("cnn_32_64", 421_642),
        ("cnn_64_128", 878_730),
        ("cnn_128_256", 1_903_498),
    ),
)
def test_a_network_has_its_parameters_and_answers_ten_numbers(name: str, parameters: int) -> None:
    network = RECIPES[name].network()
    assert network.name == name
    assert network.count_params() == parameters
    assert network(random_tensor()).shape == (4, 10)


@pytest.mark.parametrize(
    ("build", "table"), ((networks.lenet5, LENET5), (networks.lenet_sigmoid, LENET_SIGMOID)), ids=("1998", "d2l")
)
def test_the_lenets_have_the_shapes_of_the_literature(
    build: partial[keras.Model], table: tuple[tuple[str, tuple[int, ...], int], ...]
) -> None:
    layers = [(each["name"], tuple(each["output_shape"]), each["parameters"]) for each in describe_layers(build())]
    assert layers == list(table)


def test_cnn_and_cnn_functional_are_the_same_network() -> None:
    sequential, functional = networks.cnn(), networks.cnn_functional()
    functional.set_weights(sequential.get_weights())
    tensor = random_tensor()
    np.testing.assert_array_equal(sequential(tensor), functional(tensor))
    assert describe_layers(sequential) == describe_layers(functional)


@pytest.mark.parametrize(("build", "low", "high"), ((networks.lenet5, -0.4241, 2.8215), (networks.lenet_relu, -1, 1)))
def test_the_first_layer_scales(build: partial[keras.Model], low: float, high: float) -> None:
    scaled = build().layers[0](np.array([0.0, 1.0], np.float32).reshape(2, 1, 1, 1))
    np.testing.assert_allclose(np.ravel(scaled), (low, high), atol=1e-4)


def test_mean_and_standard_deviation_are_those_of_the_training_digits(data: Path) -> None:
    with np.load(data / "mnist.npz") as arrays:
        scaled = arrays["x_train"] / 255
    assert scaled.mean() == pytest.approx(networks.MNIST_MEAN, abs=1e-12)
    assert scaled.std() == pytest.approx(networks.MNIST_STD, abs=1e-12)


def test_a_softmax_turns_logits_into_the_probabilities_that_they_stand_for() -> None:
    network = networks.lenet_relu()
    finished = networks.with_softmax(network)
    tensor = random_tensor()
    np.testing.assert_allclose(finished(tensor), keras.ops.softmax(network(tensor)), atol=1e-6)
    assert finished.name == network.name
