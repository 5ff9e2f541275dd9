"""A recipe is data, and all of it fits together."""

from __future__ import annotations

import pytest

from train.learning import loops
from train.recipes.catalogue import RECIPES

from ..conftest import small

TUTORIALS = (
    ("keras_flask", "adam", 128, 10, "mnist"),
    ("lenet5", "adam", 32, 20, "mnist"),
    ("cnn", "rmsprop", 64, 5, "mnist"),
    ("cnn_functional", "rmsprop", 64, 5, "mnist"),
    ("cnn_16_36", "adam", 256, 20, "mnist"),
    ("cnn_32_64", "adam", 256, 10, "mnist"),
    ("cnn_64_128", "adam", 256, 10, "mnist"),
    ("cnn_128_256", "adam", 256, 10, "mnist"),
    ("cnn_16_36_64", "adam", 256, 10, "mnist"),
    ("cnn_16", "adam", 256, 10, "mnist"),
    ("lenet_sigmoid", "sgd", 256, 10, "fashion_mnist"),
    ("lenet_relu", "sgd", 64, 30, "mnist"),
)


@pytest.mark.parametrize(("name", "optimiser", "batch_size", "epochs", "dataset"), TUTORIALS)
def test_a_tutorial_is_trained_as_its_author_did(
    name: str, optimiser: str, batch_size: int, epochs: int, dataset: str
) -> None:
    recipe = RECIPES[name]
    assert (recipe.optimiser, recipe.batch_size, recipe.epochs, recipe.dataset) == (
        optimiser,
        batch_size,
        epochs,
        dataset,
    )
    assert recipe.claimed


def test_the_differences_between_tutorials_are_where_they_say() -> None:
    assert RECIPES["lenet5"].keep == "best"
    assert (RECIPES["cnn"].labels, RECIPES["cnn_functional"].labels) == ("sparse", "one-hot")
    assert RECIPES["cnn_16_36"].validation == 0.2
    assert RECIPES["lenet_relu"].loop is loops.gradient_tape
    assert RECIPES["lenet_relu"].report_every == 200
    assert RECIPES["lenet_sigmoid"].learning_rate == 0.9


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if recipe.logits])
def test_what_was_trained_on_logits_is_finished(name: str) -> None:
    assert RECIPES[name].finish is not None


@pytest.mark.parametrize("changes", ({"keep": "best", "averaging": 0.99}, {"labels": "sparse", "label_smoothing": 0.1}))
def test_what_does_not_go_together_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"epoch|one-hot"):
        small("cnn", **changes)
