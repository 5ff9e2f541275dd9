"""The default model's recipe: its extra training data, and how the trained network is finished for serving.

    MNIST + written digits + morphs + non-digits (handwriting/) -> augment -> batches of eleven classes
    trained network -> float32 -> statistics of the averaged weights -> temperature, certainty -> three outputs

The eleventh class trains features that represent non-digits; the saved network answers the ten digits' probabilities,
the certainty, which certainty.py learns from features, and the features of which the probabilities are made. The
temperature and the thresholds are fitted on validation digits and on digits written for validation, and on
nothing else.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from app.framing import to_tensor
from app.models.classifier import Prediction, measure_likeness
from app.models.prototypes import References

from ..data.augmentation import augment
from ..data.datasets import Dataset, Split
from ..handwriting.synthesis import BATCH, synthesise_digits, synthesise_morphs, synthesise_non_digits
from ..learning import networks
from ..learning.predictions import PREDICTION_BATCH, predict
from .certainty import HIDDEN, Head, fit_threshold, take_features, train_head
from .prototypes import find_prototypes

NON_DIGIT = 10  # class of non-digits
WRITTEN = 90_000  # digits written by handwriting/ to choose from
MORPHS = 15_000  # drawings between two digits to choose from
NON_DIGITS = 80_000  # drawings of non-digits to choose from
WRITTEN_SHARE = 0.6  # written digits in a batch, for each of MNIST's digits
MORPHS_SHARE = 0.1  # drawings between two digits in a batch, for each of MNIST's digits
NON_DIGITS_SHARE = 0.4  # non-digits in a batch, for each of MNIST's digits
SHOWN = 60  # written digits of each class that are shown: of BATCH digits each class has about 100
UNVARIED = 0.25  # share of MNIST's digits in a batch that stay as they are: that is how they are tested
# Where training starts from a finished network, the share of its weights in the mean that is kept
# Source: Wortsman et al., "Robust fine-tuning of zero-shot models", 2022; EXPERIMENTS.md compares shares
START_SHARE = 0.4
SEED = 28  # of what handwriting/ writes; the same for every run, so that runs differ by training alone
VALIDATION_WRITTEN = 10_000  # digits written for validation, from another seed
STATISTICS_BATCHES = 40  # of 256 MNIST digits and what mix() adds, for batch normalisation's final statistics
REJECTED_MNIST = 0.004  # of validation digits may be called uncertain
REJECTED_WRITTEN = 0.006  # of digits written for validation may be called uncertain
DOUBTED_MNIST = 0.012  # of validation digits may be doubted by score, be it as no digit or as one of two
DOUBTED_WRITTEN = 0.018  # of digits written for validation, likewise
UNLIKE_MNIST = 0.009  # of validation digits may be doubted by likeness: mostly those that are doubted by score
UNLIKE_WRITTEN = 0.0135  # of digits written for validation, likewise
TEMPERATURES = np.geomspace(0.3, 3, 200)

Logits = NDArray[np.float32]  # (n, 10)


class Pool(NamedTuple):
    """What handwriting/ wrote, framed."""

    written: Split
    morphs: NDArray[np.uint8]  # (m, 28, 28)
    morph_targets: NDArray[np.float32]  # (m, 10), how likely each digit is
    non_digits: NDArray[np.uint8]  # (n, 28, 28)


@lru_cache(maxsize=1)
def load_pool() -> Pool:
    """Write the digits, what lies between digits, and the non-digits that every run chooses from."""
    workers = os.cpu_count() or 1
    written = Split(*synthesise_digits(WRITTEN, SEED, workers))
    morphs = synthesise_morphs(MORPHS, SEED, workers)
    return Pool(written, *morphs, synthesise_non_digits(NON_DIGITS, SEED, workers=workers))


def mix(
    digits: NDArray[np.uint8], labels: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Join MNIST's digits with written ones, with what lies between digits and with non-digits, and vary them all.

    Args:
        digits: uint8 (n, 28, 28).
        labels: uint8 (n,).
        rng: decides what is chosen and how it is varied.

    Returns:
        tensor float32 (m, 28, 28, 1) and targets float32 (m, 11), the last class for non-digits; m is about twice n.
    """
    pool = load_pool()
    written = rng.integers(0, len(pool.written), round(len(digits) * WRITTEN_SHARE))
    morphs = rng.integers(0, len(pool.morphs), round(len(digits) * MORPHS_SHARE))
    chosen_non_digits = rng.integers(0, len(pool.non_digits), round(len(digits) * NON_DIGITS_SHARE))
    pictures = np.concatenate(
        [digits, pool.written.digits[written], pool.morphs[morphs], pool.non_digits[chosen_non_digits]]
    )
    targets = np.zeros((len(pictures), NON_DIGIT + 1), np.float32)
    targets[len(targets) - len(chosen_non_digits) :, NON_DIGIT] = 1
    labelled = len(digits) + len(written)
    targets[np.arange(labelled), np.concatenate([labels, pool.written.labels[written]])] = 1
    targets[labelled : labelled + len(morphs), :NON_DIGIT] = pool.morph_targets[morphs]
    unvaried = round(len(digits) * UNVARIED)
    pictures[unvaried:] = augment(pictures[unvaried:], rng)
    return to_tensor(pictures), targets


def adopt(network: keras.Model, saved: keras.Model) -> None:
    """Give an untrained network the weights of a finished one, which has no class for non-digits any more."""
    for layer in network.layers[:-1]:
        layer.set_weights(saved.get_layer(layer.name).get_weights())
    kernel, bias = network.layers[-1].get_weights()
    kernel[:, :NON_DIGIT], bias[:NON_DIGIT] = saved.get_layer("probabilities").get_weights()
    network.layers[-1].set_weights([kernel, bias])


def finish(network: keras.Model, dataset: Dataset) -> keras.Model:
    """Turn the trained network of eleven logits into what is served.

    Args:
        network: networks.robust(), trained in any precision.
        dataset: MNIST, with its validation split held out.

    Returns:
        A float32 network with three outputs: probabilities (n, 10), calibrated, certainty (n, 1), which is at least
        0.5 where the answer may be trusted, and features (n, 144), which app/memory compares.
    """
    exact = networks.robust()
    exact.set_weights(network.get_weights())
    settle_statistics(exact, dataset)
    written = Split(*synthesise_digits(VALIDATION_WRITTEN, SEED + 1))
    validation = [predict(exact, split.digits) for split in (dataset.validation, written)]
    labels = np.concatenate([dataset.validation.labels, written.labels])
    temperature = fit_temperature(np.concatenate(validation)[:, :NON_DIGIT], labels)
    look = keras.Model(exact.input, take_features(exact))
    head = train_certainty(look, dataset)
    threshold = fit_threshold(
        (head.judge(predict(look, dataset.validation.digits)), REJECTED_MNIST),
        (head.judge(predict(look, written.digits)), REJECTED_WRITTEN),
    )
    return with_certainty(exact, temperature, head._replace(logit_bias=head.logit_bias - threshold))


def choose_prototypes(network: keras.Model, dataset: Dataset, written: Split | None = None) -> References:
    """Choose the features of typical digits, of MNIST's and of written ones, for a finished network.

    Args:
        network: what finish() returns.
        dataset: MNIST, with its validation split held out.
        written: digits of handwriting/; None takes those of the training.
    """
    look = keras.Model(network.input, network.get_layer("features").output)
    written = load_pool().written if written is None else written
    digits = np.concatenate([dataset.training.digits, written.digits])
    labels = np.concatenate([dataset.training.labels, written.labels])
    right = predict(network, digits).argmax(axis=1) == labels
    return find_prototypes(predict(look, digits[right]), labels[right], SEED)


def show_learned() -> NDArray[np.uint8]:
    """Return the first written digits of each class in the pool, for people who ask what the network learned from.

    Returns:
        uint8 (10, SHOWN, 28, 28).
    """
    digits, labels = synthesise_digits(WRITTEN, SEED, first=BATCH)
    return np.stack([digits[labels == label][:SHOWN] for label in range(NON_DIGIT)])


def fit_card(network: keras.Model, dataset: Dataset, prototypes: References | None) -> dict[str, Any]:
    """Find below which score and which likeness an answer is ambiguous, on digits that training has not seen.

    Args:
        network: what finish() returns.
        dataset: MNIST, with its validation split held out.
        prototypes: of the network; without them there is no likeness.
    """
    written = synthesise_digits(VALIDATION_WRITTEN, SEED + 1)[0]
    answers = [answer_as_served(network, digits) for digits in (dataset.validation.digits, written)]
    mnist, by_hand = (answer.score for answer in answers)
    fitted = {"ambiguous_below": fit_threshold((mnist, DOUBTED_MNIST), (by_hand, DOUBTED_WRITTEN))}
    if prototypes is not None:
        mnist, by_hand = (measure_likeness(answer, prototypes) for answer in answers)
        fitted["unlike_below"] = fit_threshold((mnist, UNLIKE_MNIST), (by_hand, UNLIKE_WRITTEN))
    return {name: round(threshold, 6) for name, threshold in fitted.items()}


def answer_as_served(network: keras.Model, digits: NDArray[np.uint8]) -> Prediction:
    """Return what a finished network answers, in the form in which the server judges it."""
    outputs = [network.get_layer(name).output for name in ("probabilities", "certainty", "features")]
    probabilities, certainty, features = keras.Model(network.input, outputs).predict(
        to_tensor(digits), batch_size=PREDICTION_BATCH, verbose=0
    )
    return Prediction(probabilities, certainty[:, 0], features)


def train_certainty(look: keras.Model, dataset: Dataset) -> Head:
    """Train the head on all training data of the network, both unvaried and varied."""
    pool = load_pool()
    rng = np.random.default_rng(SEED)
    digits = np.concatenate([dataset.training.digits, pool.written.digits, pool.morphs])
    of_digits, of_non_digits = (
        np.concatenate([predict(look, drawings), predict(look, augment(drawings, rng))])
        for drawings in (digits, pool.non_digits)
    )
    return train_head(of_digits, of_non_digits, SEED)


def settle_statistics(network: keras.Model, dataset: Dataset) -> None:
    """Give batch normalisation the mean statistics of training batches under the final weights.

    The averaged weights were never trained with; the statistics at hand are of the weights before averaging.
    """
    rng = np.random.default_rng(SEED)
    normalisations = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]
    for number in range(STATISTICS_BATCHES):
        chosen = rng.integers(0, len(dataset.training), 256)
        tensor, _ = mix(dataset.training.digits[chosen], dataset.training.labels[chosen], rng)
        for layer in normalisations:
            layer.momentum = number / (number + 1)  # a plain mean over the batches
        network(tensor, training=True)
    for layer in normalisations:
        layer.momentum = networks.MOMENTUM


def fit_temperature(logits: Logits, labels: NDArray[np.uint8]) -> float:
    """Return the temperature with the lowest cross-entropy.

    Source: Guo et al., "On Calibration of Modern Neural Networks", 2017.
    """

    def cross_entropy(temperature: float) -> float:
        scaled = logits.astype(np.float64) / temperature
        top = scaled.max(axis=1)
        log_sum = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        return float(np.mean(log_sum - scaled[np.arange(len(labels)), labels]))

    return float(min(TEMPERATURES, key=cross_entropy))


def with_certainty(network: keras.Model, temperature: float, head: Head) -> keras.Model:
    """Replace the eleven logits by the digits' calibrated probabilities, the certainty and the features."""
    kernel, bias = network.layers[-1].get_weights()
    ten = layers.Dense(NON_DIGIT, activation="softmax", name="probabilities")
    hidden = layers.Dense(HIDDEN, activation="relu", name="certainty_hidden")
    certain = layers.Dense(1, activation="sigmoid", name="certainty")
    averages = network.layers[-2].output
    finished = with_features(
        keras.Model(network.input, [ten(averages), certain(hidden(take_features(network)))], name=network.name)
    )
    ten.set_weights([kernel[:, :NON_DIGIT] / temperature, bias[:NON_DIGIT] / temperature])
    hidden.set_weights([head.hidden, head.hidden_bias])
    certain.set_weights([head.logit, head.logit_bias])
    return finished


def with_features(network: keras.Model) -> keras.Model:
    """Let a finished network also answer the features of which it makes the probabilities."""
    features = layers.Identity(name="features")(network.get_layer("average").output)
    return keras.Model(network.input, [*network.outputs, features], name=network.name)
