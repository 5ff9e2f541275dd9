"""Both loops train, and the one written by hand does what Keras's own does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from train import runs
from train.data import datasets
from train.data.datasets import Batches
from train.learning import loops
from train.recipes.recipe import Recipe

from ..conftest import small


def train(recipe: Recipe, data: Path, loop: loops.Loop) -> tuple[list[NDArray[np.float32]], float]:
    """Train from seed 3 by the loop given; return the weights and the loss on the validation split."""
    dataset = datasets.hold_out(datasets.load(recipe.dataset, data), recipe.validation)
    one_hot = recipe.labels == "one-hot"
    batches = Batches(dataset.training, recipe.batch_size, one_hot, seed=3)
    network = runs.build_network(recipe, len(batches), seed=3)
    validation = datasets.to_arrays(dataset.validation, one_hot)
    loop(network, batches, validation, range(recipe.epochs), [])
    return network.get_weights(), network.evaluate(*validation, verbose=0)[0]


@pytest.mark.parametrize("loop", (loops.fit, loops.gradient_tape))
def test_a_loop_learns_printed_digits(printed: Path, loop: loops.Loop) -> None:
    recipe = small("lenet_relu", learning_rate=0.05, momentum=0.9, epochs=15)
    loss = train(recipe, printed, loop)[1]
    assert loss < 0.3  # 2.3 where nothing is learned; 0.004 to 0.04 with three seeds


@pytest.mark.parametrize("labels", ("sparse", "one-hot"))
def test_the_loop_written_by_hand_does_what_keras_does(printed: Path, labels: str) -> None:
    recipe = small("lenet_relu", labels=labels)
    by_keras, by_hand = (train(recipe, printed, loop) for loop in (loops.fit, loops.gradient_tape))
    for one, other in zip(by_keras[0], by_hand[0], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert by_keras[1] == pytest.approx(by_hand[1], abs=1e-6)
