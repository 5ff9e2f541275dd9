"""What is trained on what, how, and for how long: every recipe is data, whole at a glance.

    recipe = network + dataset + optimiser + schedule + batch size + epochs + what is kept

`python -m train NAME` runs one; `claimed` is what the tutorial it comes from says, for the same test digits.
Knows nothing of how training goes: loops.py does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import keras

from app.artifact import WeightBits

from . import robust
from .data.datasets import Augment, Dataset
from .learning import devices, loops, networks
from .learning.schedules import Cosine, Optimiser, Steps


@dataclass(frozen=True)
class Recipe:
    """One named, reproducible run."""

    title: str
    network: Callable[[], keras.Model]
    optimiser: Optimiser
    learning_rate: float | Steps | Cosine
    batch_size: int
    epochs: int
    claimed: str  # by the tutorial, on the 10,000 test pictures
    dataset: Literal["mnist", "fashion_mnist"] = "mnist"
    labels: Literal["sparse", "one-hot"] = "sparse"
    validation: float = 1 / 12  # share of the training split that is held out: 5,000 of 60,000
    keep: Literal["last", "best"] = "last"  # epoch; best is the one with the lowest validation loss
    momentum: float = 0.0  # of sgd
    weight_decay: float | None = None  # a step, times the learning rate
    averaging: float | None = None  # momentum of the moving average of the weights, which is then what is kept
    label_smoothing: float = 0.0  # needs one-hot labels
    logits: bool = False  # the network's last layer has no softmax while it is trained
    augment: Augment | None = None  # digits and labels of one batch -> tensor and targets
    loop: loops.Loop = loops.fit
    report_every: int | None = None  # steps between reports within an epoch
    weight_bits: WeightBits = 32  # of the compiled file; with 8 it answers three times as fast, and nearly the same
    finish: Callable[[keras.Model, Dataset], keras.Model] | None = None  # trained network -> what is saved

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.keep == "best" and self.averaging is not None:
            raise ValueError("averaged weights are those at the end of a run: keep the last epoch")
        if self.label_smoothing and self.labels != "one-hot":
            raise ValueError("label smoothing needs one-hot labels")


def with_softmax(network: keras.Model, _dataset: Dataset) -> keras.Model:
    """Finish a network that was trained on logits."""
    return networks.with_softmax(network)


def _robust() -> keras.Model:
    return networks.robust(devices.fastest_dtype())


_FILTERS = Recipe(
    title="CNN, 16 and 36 filters",
    network=partial(networks.cnn_filters, 16, 36),
    optimiser="adam",
    learning_rate=0.001,
    batch_size=256,
    epochs=10,
    validation=0.2,
    labels="one-hot",
    claimed="",
)

RECIPES = {
    "robust": Recipe(
        title="Robust: other people's digits, and what is none",
        network=_robust,
        optimiser="adamw",
        learning_rate=Cosine(peak=0.003),
        weight_decay=0.02,
        averaging=0.998,
        batch_size=128,
        epochs=36,
        logits=True,
        augment=robust.mix,
        finish=robust.finish,
        weight_bits=8,
        claimed="99.64 % (mean of 1,500 single networks, Deotte 2020)",
    ),
    "keras_flask": Recipe(
        title="The classic Keras + Flask network",
        network=networks.keras_flask,
        optimiser="adam",
        learning_rate=0.001,
        batch_size=128,
        epochs=10,
        labels="one-hot",
        claimed='"99.9" and "over 95" %',
    ),
    "lenet5": Recipe(
        title="LeNet-5",
        network=networks.lenet5,
        optimiser="adam",
        learning_rate=Steps(((0, 5e-4), (3, 2e-4), (6, 5e-5), (10, 1e-5))),
        batch_size=32,
        epochs=20,
        keep="best",
        claimed="99.05 % (LeCun 1998)",
    ),
    "cnn": Recipe(
        title="CNN, Sequential",
        network=networks.cnn,
        optimiser="rmsprop",
        learning_rate=0.001,
        batch_size=64,
        epochs=5,
        claimed="99.17 %",
    ),
    "cnn_functional": Recipe(
        title="CNN, functional",
        network=networks.cnn_functional,
        optimiser="rmsprop",
        learning_rate=0.001,
        batch_size=64,
        epochs=5,
        labels="one-hot",
        claimed="99.13 %",
    ),
    "cnn_16_36": replace(_FILTERS, epochs=20, claimed="99.21 % (10 epochs: 99.11 %)"),
    "cnn_32_64": replace(
        _FILTERS,
        title="CNN, 32 and 64 filters",
        network=partial(networks.cnn_filters, 32, 64),
        claimed="99.16 %",
    ),
    "cnn_64_128": replace(
        _FILTERS,
        title="CNN, 64 and 128 filters",
        network=partial(networks.cnn_filters, 64, 128),
        claimed="99.14 %",
    ),
    "cnn_128_256": replace(
        _FILTERS,
        title="CNN, 128 and 256 filters",
        network=partial(networks.cnn_filters, 128, 256),
        claimed="99.32 %",
    ),
    "cnn_16_36_64": replace(
        _FILTERS,
        title="CNN, 16, 36 and 64 filters",
        network=partial(networks.cnn_filters, 16, 36, 64),
        claimed="99.17 %",
    ),
    "cnn_16": replace(
        _FILTERS,
        title="CNN, 16 filters",
        network=partial(networks.cnn_filters, 16),
        claimed="98.6 %",
    ),
    "lenet_sigmoid": Recipe(
        title="LeNet with sigmoids",
        network=networks.lenet_sigmoid,
        dataset="fashion_mnist",
        optimiser="sgd",
        learning_rate=0.9,
        batch_size=256,
        epochs=10,
        claimed="0.78 to 0.81",
    ),
    "lenet_relu": Recipe(
        title="LeNet with relu, own loop",
        network=networks.lenet_relu,
        optimiser="sgd",
        learning_rate=0.01,
        batch_size=64,
        epochs=30,
        logits=True,
        loop=loops.gradient_tape,
        report_every=200,
        finish=with_softmax,
        claimed="97.7 %",
    ),
}
