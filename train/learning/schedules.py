"""Learning-rate schedules as data, and the optimiser that follows one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import keras

Optimiser = Literal["adam", "adamw", "rmsprop", "sgd"]
Rate: TypeAlias = float | keras.optimizers.schedules.LearningRateSchedule


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


def build_optimiser(
    name: Optimiser,
    rate: Rate,
    momentum: float = 0.0,
    weight_decay: float | None = None,
    averaging: float | None = None,
) -> keras.optimizers.Optimizer:
    """Build an optimiser.

    Args:
        name: of the algorithm.
        rate: the learning rate, or the schedule of it that build_schedule() returns.
        momentum: of sgd.
        weight_decay: a step, times the learning rate.
        averaging: momentum of the moving average of the weights.
    """
    options: dict[str, object] = {"momentum": momentum} if name == "sgd" else {}
    if averaging is not None:
        options |= {"use_ema": True, "ema_momentum": averaging}
    if weight_decay is not None:
        options["weight_decay"] = weight_decay
    build = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "rmsprop": keras.optimizers.RMSprop,
        "sgd": keras.optimizers.SGD,
    }[name]
    return build(rate, **options)


def build_schedule(rate: float | Steps | Cosine, steps: int, epochs: int) -> Rate:
    """Turn a learning rate in epochs into one in steps.

    Args:
        rate: as in the recipe.
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
