"""The recipes, whole at a glance.

`python -m train NAME` runs one; `claimed` is the test accuracy that the tutorial it comes from states.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import keras

from ..data.datasets import Dataset
from ..learning import devices, loops, networks
from ..learning.schedules import Cosine, Steps
from . import robust
from .recipe import Recipe


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
        title="Robust: real-world digits, and rejecting non-digits",
        network=_robust,
        optimiser="adamw",
        learning_rate=Cosine(peak=0.003),
        weight_decay=0.02,
        averaging=0.998,
        batch_size=128,
        epochs=36,
        labels="one-hot",
        outputs=robust.NON_DIGIT + 1,
        logits=True,
        augment=robust.mix,
        start_share=robust.START_SHARE,
        adopt=robust.adopt,
        finish=robust.finish,
        prototypes=robust.choose_prototypes,
        learned=robust.show_learned,
        fit_card=robust.fit_card,
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
