"""Fine-tune a finished network with corrections, mixed with the digits that it learned from.

    corrections -> absurd ones apart -> held out | training
    MNIST + written digits + non-digits + corrections -> batches -> network -> kept only where nothing gets worse

The trunk learns slowly, batch normalisation keeps its statistics, and the certainty is held to what it was. Held-out
corrections choose the epoch; validation digits and typical digits of each class refuse it. Knows no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from app.framing import to_tensor
from app.memory.comparing import judge_examples
from app.models.prototypes import References, normalise

from ..data.augmentation import augment
from ..data.datasets import Dataset, Split
from ..errors import TrainingError
from ..handwriting.synthesis import synthesise_digits, synthesise_non_digits
from ..learning.predictions import PREDICTION_BATCH, predict
from . import robust

HELD_OUT = 0.3  # share of the corrections that decides
MIN_HELD_OUT = 5  # corrections: fewer decide nothing
SEED = 31  # of what handwriting/ writes here
WRITTEN = 6000  # digits written to train with, and half as many to validate with
NON_DIGITS = 2000  # drawings of non-digits, on which the certainty stays as it was
BATCH = 128
SHARE = 0.15  # of a batch that corrections are
MOST_OFTEN = 20  # times that a correction is seen in an epoch: more of it would be learned by heart
STEPS = 300  # batches in an epoch
EPOCHS = 3
LEARNING_RATE = 1e-4  # a thirtieth of the recipe's highest; falls along a cosine. With 3e-4 an epoch costs other digits
# How far to go from the former weights to the tuned ones: between them lies what reads both old and new digits.
# Source: Wortsman et al., "Robust fine-tuning of zero-shot models", 2022
WAY = (1.0, 0.5, 0.25)
CERTAINTY_WEIGHT = 0.5  # of the loss of the certainty, for each of the digits'
UNLIKELY = 1e-3  # probability of its label below which the network finds a correction absurd
TYPICAL = 5  # digits that are nearest to each prototype
# How much may be lost: as much as two trainings with other seeds differ by
MAX_LOST = 0.0004  # of validation digits
MAX_LOST_CLASS = 0.004  # of the validation digits of one class
MAX_LOST_TYPICAL = 0.002  # of typical digits

Digits = NDArray[np.uint8]  # (n, 28, 28)


@dataclass(frozen=True)
class Correction:
    """A digit, what a person says that it is, and whose it is."""

    number: int
    hand: str
    picture: NDArray[np.uint8]  # (28, 28)
    digit: int


@dataclass(frozen=True)
class Effort:
    """How long a network may learn."""

    epochs: int = EPOCHS  # at most; the best is kept
    steps: int = STEPS  # batches in an epoch
    seed: int = 0  # of what is held out, and of the order


@dataclass(frozen=True)
class Quality:
    """How good a network is: shares of digits that it reads right."""

    held_out: float  # corrections that nobody trained with
    validation: float
    by_class: tuple[float, ...]  # of validation digits
    typical: float

    def describe(self) -> dict[str, Any]:
        """Return the figures for a card."""
        return {**asdict(self), "by_class": list(self.by_class)}

    def describe_losses(self, before: Quality) -> list[str]:
        """Return what is worse than before, beyond chance."""
        losses = []
        if self.held_out < before.held_out:
            losses.append(f"held-out corrections {before.held_out:.2%} -> {self.held_out:.2%}")
        if self.validation < before.validation - MAX_LOST:
            losses.append(f"validation digits {before.validation:.2%} -> {self.validation:.2%}")
        for digit, (now, then) in enumerate(zip(self.by_class, before.by_class, strict=True)):
            if now < then - MAX_LOST_CLASS:
                losses.append(f"the {digit} among them {then:.2%} -> {now:.2%}")
        if self.typical < before.typical - MAX_LOST_TYPICAL:
            losses.append(f"typical digits {before.typical:.2%} -> {self.typical:.2%}")
        return losses


@dataclass(frozen=True)
class Adapted:
    """A network that learned from corrections, and how good it was before and is now."""

    network: keras.Model
    before: Quality
    after: Quality
    epoch: int  # that is kept, counted from 1


@dataclass(frozen=True)
class Exam:
    """What a network is judged on; nothing of it is trained with."""

    held_out: Split
    validation: Split
    typical: Split

    def grade(self, network: keras.Model) -> Quality:
        """Measure a finished network."""
        right = predict(network, self.validation.digits).argmax(axis=1) == self.validation.labels
        by_class = tuple(float(right[self.validation.labels == digit].mean()) for digit in range(10))
        return Quality(
            _accuracy(network, self.held_out), float(right.mean()), by_class, _accuracy(network, self.typical)
        )


def find_absurd(
    network: keras.Model, prototypes: References, corrections: Sequence[Correction]
) -> list[tuple[Correction, int]]:
    """Return the corrections that both the bank and the network find absurd, with what the network reads.

    They look like ordinary digits of another class, no other correction of their hand agrees with them, and the
    network gives their label hardly any probability: slips of a finger, or bad will.
    """
    digits = np.stack([each.picture for each in corrections])
    labels = np.array([each.digit for each in corrections], np.uint8)
    probabilities, features = predict(network, digits), _see(network, digits)
    unlikely = probabilities[np.arange(len(labels)), labels] < UNLIKELY
    trusted = np.ones(len(labels), bool)
    hands = np.array([each.hand for each in corrections])
    for hand in np.unique(hands):
        own = np.flatnonzero(hands == hand)
        trusted[own] = judge_examples(own.tolist(), features[own], labels[own], prototypes).trusted
    return [
        (corrections[place], int(probabilities[place].argmax()))
        for place in np.flatnonzero(unlikely & ~trusted).tolist()
    ]


def adapt(
    network: keras.Model,
    prototypes: References,
    corrections: Sequence[Correction],
    dataset: Dataset,
    effort: Effort,
) -> Adapted:
    """Fine-tune a finished network, in place.

    Args:
        network: of three outputs, as robust.finish() returns it.
        prototypes: of the network.
        corrections: without the absurd ones.
        dataset: MNIST, with its validation split held out.
        effort: how long it may learn.

    Raises:
        TrainingError: there are too few corrections, or every epoch made something worse.
    """
    rng = np.random.default_rng(effort.seed)
    held_out, taught = _part_corrections(corrections, rng)
    written = Split(*synthesise_digits(WRITTEN, SEED))
    validating = Split(*synthesise_digits(WRITTEN // 2, SEED + 1))
    exam = Exam(held_out, _join(dataset.validation, validating), find_typical(network, prototypes, dataset.training))
    before = exam.grade(network)
    known = _join(dataset.training, written)
    learner = _prepare(network, effort.epochs * effort.steps)
    drawings = synthesise_non_digits(NON_DIGITS, SEED)
    best: tuple[Quality, int, list[NDArray[np.float32]]] | None = None
    losses: list[str] = []
    start = network.get_weights()
    former = _copy_certainty(network)
    for epoch in range(1, effort.epochs + 1):
        for _ in range(effort.steps):
            tensor, labels, weights = _draw_batch(taught, known, drawings, rng, effort.steps)
            targets = former.predict_on_batch(tensor)
            learner.train_on_batch(tensor, [labels, targets], sample_weight=[weights, np.ones(len(weights))])
        tuned = network.get_weights()
        for share in WAY:
            network.set_weights([old + share * (new - old) for old, new in zip(start, tuned, strict=True)])
            after = exam.grade(network)
            losses = after.describe_losses(before)
            if not losses and (best is None or after.held_out > best[0].held_out):
                best = (after, epoch, network.get_weights())
        network.set_weights(tuned)
    if best is None:
        raise TrainingError(f"Nothing is saved, since it got worse: {'; '.join(losses)}.")
    network.set_weights(best[2])
    return Adapted(network, before, best[0], best[1])


def _part_corrections(corrections: Sequence[Correction], rng: np.random.Generator) -> tuple[Split, Split]:
    """Return the corrections that are held out to decide, and those that are learned from.

    Raises:
        TrainingError: there are too few to decide.
    """
    order = rng.permutation(len(corrections))
    count = round(len(order) * HELD_OUT)
    if count < MIN_HELD_OUT:
        least = int(np.ceil(MIN_HELD_OUT / HELD_OUT))
        raise TrainingError(f"There are {len(order)} corrections to learn from; expected {least} or more.")
    return _to_split(corrections, order[:count]), _to_split(corrections, order[count:])


def _copy_certainty(network: keras.Model) -> keras.Model:
    """Return a network that answers the certainty as this one does now, whatever this one learns."""
    certainty = keras.Model(network.input, network.get_layer("certainty").output)
    former = keras.models.clone_model(certainty)
    former.set_weights(certainty.get_weights())
    return former


def find_typical(network: keras.Model, prototypes: References, training: Split) -> Split:
    """Return the training digits that are nearest to each prototype and are read right."""
    sample = np.arange(min(len(training), 20_000))
    digits, labels = training.digits[sample], training.labels[sample]
    cosines = normalise(_see(network, digits)) @ prototypes.features.T
    right = predict(network, digits).argmax(axis=1) == labels
    cosines[~right] = -1
    cosines[labels[:, None] != prototypes.labels[None]] = -1
    nearest = np.argsort(-cosines, axis=0)[:TYPICAL]
    found = np.unique(nearest[np.take_along_axis(cosines, nearest, axis=0) > 0])
    return Split(digits[found], labels[found])


def settle_temperature(network: keras.Model, dataset: Dataset) -> None:
    """Calibrate the probabilities of a network anew, on validation digits."""
    written = Split(*synthesise_digits(WRITTEN // 2, SEED + 1))
    validation = _join(dataset.validation, written)
    logits = np.log(np.maximum(predict(network, validation.digits), 1e-12))
    temperature = robust.fit_temperature(logits, validation.labels)
    last = network.get_layer("probabilities")
    last.set_weights([weights / temperature for weights in last.get_weights()])


def _prepare(network: keras.Model, steps: int) -> keras.Model:
    """Return a network of the same layers that can be trained: batch normalisation stays as it is."""
    for layer in network.layers:
        layer.trainable = not isinstance(layer, layers.BatchNormalization)
    outputs = [network.get_layer(name).output for name in ("probabilities", "certainty")]
    learner = keras.Model(network.input, outputs)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    losses = [keras.losses.SparseCategoricalCrossentropy(), keras.losses.BinaryCrossentropy()]
    learner.compile(keras.optimizers.Adam(rate), losses, loss_weights=[1.0, CERTAINTY_WEIGHT])
    return learner


def _draw_batch(
    taught: Split, known: Split, non_digits: Digits, rng: np.random.Generator, steps: int
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
    """Return tensor, labels and weights of a batch; non-digits have no label that counts."""
    corrections = min(round(BATCH * SHARE), max(1, MOST_OFTEN * len(taught) // steps))
    others = rng.integers(0, len(non_digits), BATCH // 8)
    own, more = rng.integers(0, len(taught), corrections), rng.integers(0, len(known), BATCH - corrections)
    pictures = np.concatenate([taught.digits[own], known.digits[more], non_digits[others]])
    labels = np.concatenate([taught.labels[own], known.labels[more], np.zeros(len(others), np.uint8)])
    weights = np.ones(len(labels), np.float32)
    weights[len(own) + len(more) :] = 0
    varied = rng.random(len(pictures)) < 0.5
    pictures[varied] = augment(pictures[varied], rng)
    return to_tensor(pictures), labels.astype(np.int32), weights


def _see(network: keras.Model, digits: Digits) -> NDArray[np.float32]:
    look = keras.Model(network.input, network.get_layer("features").output)
    return np.asarray(look.predict(to_tensor(digits), batch_size=PREDICTION_BATCH, verbose=0), np.float32)


def _accuracy(network: keras.Model, split: Split) -> float:
    return float((predict(network, split.digits).argmax(axis=1) == split.labels).mean()) if len(split) else 1.0


def _to_split(corrections: Sequence[Correction], places: NDArray[np.intp]) -> Split:
    chosen = [corrections[place] for place in places]
    return Split(np.stack([each.picture for each in chosen]), np.array([each.digit for each in chosen], np.uint8))


def _join(*splits: Split) -> Split:
    return Split(np.concatenate([split.digits for split in splits]), np.concatenate([split.labels for split in splits]))
