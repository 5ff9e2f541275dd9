"""Learning rates follow the recipes' schedules."""

from __future__ import annotations

import keras
import pytest

from train.learning.schedules import Cosine, Optimiser, build_optimiser, build_schedule
from train.recipes.catalogue import RECIPES

STEPS = 7  # batches in an epoch


# Source: the table: 5e-4 for epochs 0-2, 2e-4 for 3-5, 5e-5 for 6-9, then 1e-5
@pytest.mark.parametrize(
    ("epoch", "rate"), ((0, 5e-4), (2, 5e-4), (3, 2e-4), (5, 2e-4), (6, 5e-5), (9, 5e-5), (10, 1e-5), (19, 1e-5))
)
def test_lenet5_changes_its_learning_rate_between_epochs(epoch: int, rate: float) -> None:
    recipe = RECIPES["lenet5"]
    schedule = build_schedule(recipe.learning_rate, STEPS, recipe.epochs)
    for step in (epoch * STEPS, epoch * STEPS + STEPS - 1):
        assert float(schedule(step)) == pytest.approx(rate)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("step", "rate"), ((0, 0.0), (STEPS, 0.5), (2 * STEPS, 1.0), (6 * STEPS, 0.55), (10 * STEPS, 0.1))
)
def test_a_cosine_warms_up_and_ends_with_the_last_step(step: int, rate: float) -> None:
    schedule = build_schedule(Cosine(1.0, warmup=2, end=0.1), STEPS, 10)
    assert float(schedule(step)) == pytest.approx(rate, abs=1e-6)  # type: ignore[operator]


def test_a_cosine_may_begin_at_its_peak() -> None:
    schedule = build_schedule(Cosine(0.3, warmup=0), STEPS, 2)
    assert [float(schedule(step)) for step in (0, 2 * STEPS)] == pytest.approx([0.3, 0.0])  # type: ignore[operator]


@pytest.mark.parametrize(("name", "kind"), (("adam", "Adam"), ("rmsprop", "RMSprop"), ("sgd", "SGD")))
def test_an_optimiser_is_built_by_its_name(name: Optimiser, kind: str) -> None:
    assert type(build_optimiser(name, 0.25)).__name__ == kind
    assert float(build_optimiser(name, 0.25).learning_rate) == 0.25


def test_options_reach_the_optimiser() -> None:
    optimiser = build_optimiser("adamw", 0.1, weight_decay=0.05, averaging=0.99)
    assert isinstance(optimiser, keras.optimizers.AdamW)
    assert (optimiser.weight_decay, optimiser.use_ema, optimiser.ema_momentum) == (0.05, True, 0.99)
    assert build_optimiser("sgd", 0.1, momentum=0.9).momentum == 0.9
