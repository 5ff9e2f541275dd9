"""The learning rate's schedules as data, and the optimiser that follows one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    from .recipes import Recipe


@dataclass(frozen=True)
class Steps:
    """A learning rate that changes at the beginning of some epochs: pairs of epoch, counted from 0, and rate."""

    pairs: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Cosine:
    """A learning rate that rises in a line to its peak, then falls along a cosine to its end at the last step."""

    peak: float
    warmup: float = 1.0  # epochs
    end: float = 0.0


def build_optimiser(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """Build the optimiser of a recipe.

    Args:
        steps: batches in an epoch.
    """
    options: dict[str, object] = {"momentum": recipe.momentum} if recipe.optimiser == "sgd" else {}
    if recipe.averaging is not None:
        options |= {"use_ema": True, "ema_momentum": recipe.averaging}
    if recipe.weight_decay is not None:
        options["weight_decay"] = recipe.weight_decay
    build = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "rmsprop": keras.optimizers.RMSprop,
        "sgd": keras.optimizers.SGD,
    }[recipe.optimiser]
    return build(build_schedule(recipe.learning_rate, steps, recipe.epochs), **options)


def build_schedule(
    rate: float | Steps | Cosine, steps: int, epochs: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Turn a learning rate in epochs into one in steps.

    Args:
        rate: as the recipe says it.
        steps: batches in an epoch.
        epochs: of the whole run.
    """
    if isinstance(rate, Steps):
        starts, rates = zip(*rate.pairs, strict=True)
        # Keras changes after a boundary, not at it
        return keras.optimizers.schedules.PiecewiseConstantDecay([start * steps - 1 for start in starts[1:]], rates)
    if isinstance(rate, Cosine):
        warmup = round(rate.warmup * steps)
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warmup else rate.peak,
            decay_steps=max(1, epochs * steps - warmup),
            alpha=rate.end / rate.peak,
            warmup_target=rate.peak if warmup else None,
            warmup_steps=warmup,
        )
    return rate
