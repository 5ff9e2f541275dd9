"""Turn a tensor into probabilities and say which answers to trust.

    tensor (n, 28, 28, 1) -> runtime -> Prediction: probabilities (n, classes), certainty (n,), features (n, count)
    -> doubts

Owns what a prediction is, its thresholds, and the trial that a model must pass. Does not know how a runtime works.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..framing import FRAMINGS
from .adaptation import read_adaptation
from .files import BadModel
from .folder import Artifact
from .keras_files import INPUT, describe_error
from .prototypes import References, normalise
from .runtimes import LiteRTRuntime, Runtime, load_tensorflow

CERTAIN_FROM = 0.5  # certainty; for a model whose card names no threshold
AMBIGUOUS_BELOW = 0.0  # score; likewise
UNLIKE_BELOW = 0.0  # likeness; likewise
SAME = 0.001  # of a cosine: digits that differ by less are the same to a network

Doubt = Literal["not_a_digit", "ambiguous", "faint"]  # why an answer should not be trusted: stable words
NOT_A_DIGIT: Doubt = "not_a_digit"  # it does not look like any class
AMBIGUOUS: Doubt = "ambiguous"  # it could be one of two classes
FAINT: Doubt = "faint"  # there is too little ink to tell; preprocessing says so
MAX_FEATURES = 4096  # numbers that a network may answer for a digit besides

TRIAL = np.stack((np.zeros(INPUT, np.float32), np.linspace(0, 1, math.prod(INPUT), dtype=np.float32).reshape(INPUT)))


@dataclass(frozen=True)
class Prediction:
    """What a network answers for n digits."""

    probabilities: NDArray[np.float32]  # (n, classes), each row sums to 1
    certainty: NDArray[np.float32]  # (n,), 0..1
    features: NDArray[np.float32] | None = None  # (n, count): what the last layer sees; None where a network hides it
    alone: NDArray[np.intp] | None = None  # (n,): classes that the network alone reads, where something changed them
    guarded: tuple[Doubt | None, ...] | None = None  # (n,): what the model doubts that guards this one, if one does

    @cached_property
    def directions(self) -> NDArray[np.float32]:
        """The features scaled to length 1, (n, count), where a network answers them."""
        assert self.features is not None
        return normalise(self.features)

    def compare(self, prototypes: References) -> NDArray[np.float32]:
        """Return the cosine between each digit and each prototype, (n, k).

        It is worked out once for whoever asks: a hand's corrections and the doubts do, one after the other.
        """
        kept: tuple[References, NDArray[np.float32]] | None = self.__dict__.get("_compared")
        if kept is None or kept[0] is not prototypes:
            kept = self.__dict__["_compared"] = prototypes, self.directions @ prototypes.features.T
        return kept[1]

    def measure_nearest(self, prototypes: References) -> NDArray[np.float32]:
        """Return the cosine between each digit and the nearest prototype of each class, (n, 10)."""
        return prototypes.take_nearest(self.compare(prototypes))

    @property
    def score(self) -> NDArray[np.float32]:
        """Return how much each answer can be trusted, (n,), 0 to 1: its probability, times the root of its certainty.

        Source: train/EXPERIMENTS.md, which compares it with other scores.
        """
        return np.asarray(self.probabilities.max(axis=1) * np.sqrt(self.certainty), np.float32)

    def pick(self, digits: Sequence[int]) -> Prediction:
        """Return what is answered for some of the digits, in that order."""
        rows = np.asarray(digits, np.intp)
        return Prediction(
            self.probabilities[rows],
            self.certainty[rows],
            None if self.features is None else self.features[rows],
            None if self.alone is None else self.alone[rows],
            None if self.guarded is None else tuple(self.guarded[row] for row in digits),
        )


class Classifier:
    """A served model: its card, and the runtime that answers. Safe to share between threads."""

    def __init__(self, artifact: Artifact, runtime: Runtime, runtime_name: str) -> None:
        """Keep the artifact and its runtime.

        Raises:
            BadModel: the card names a framing that there is none of.
        """
        self.name = artifact.name
        self.card = artifact.card
        self.folder = artifact.folder
        self.classes = artifact.classes
        self.runtime = runtime_name
        self.stale = artifact.stale
        self.prototypes = artifact.prototypes
        framing = artifact.card.get("framing", "digit")
        if framing not in FRAMINGS:
            raise BadModel(f"{artifact.name} was framed by {framing!r}, expected one of {', '.join(FRAMINGS)}.")
        self.framing = FRAMINGS[framing]
        self.certain_from = float(artifact.card.get("certain_from", CERTAIN_FROM))
        self.ambiguous_below = float(artifact.card.get("ambiguous_below", AMBIGUOUS_BELOW))
        self.unlike_below = float(artifact.card.get("unlike_below", UNLIKE_BELOW))
        self._run = runtime
        self._adjust: Callable[[Prediction], Prediction] | None = None
        self._guard: Classifier | None = None

    def predict(self, tensor: NDArray[np.float32]) -> Prediction:
        """Classify n digits.

        Args:
            tensor: float32 (n, 28, 28, 1), 0.0 paper to 1.0 ink; n at least 1.
        """
        probabilities, *rest = self.answer(tensor)
        certainty = rest.pop(0)[:, 0] if rest and rest[0].shape[1] == 1 else probabilities.max(axis=1)
        prediction = Prediction(probabilities, certainty, rest[0] if rest else None)
        if self._guard:
            prediction = _guard(prediction, self._guard, self._guard.predict(tensor))
        return self._adjust(prediction) if self._adjust else prediction

    @property
    def network(self) -> Runtime:
        """The runtime: the same for all classifiers that adjusted() made of one."""
        return self._run

    def adjusted(self, adjust: Callable[[Prediction], Prediction]) -> Classifier:
        """Return a classifier that shares this one's runtime and changes what it predicts."""
        other = copy.copy(self)
        other._adjust = adjust
        return other

    @property
    def is_guarded(self) -> bool:
        """Whether another model's doubts are added to this one's."""
        return self._guard is not None

    def guarded_by(self, guard: Classifier) -> Classifier:
        """Return a classifier that shares this one's runtime, and doubts what another model doubts."""
        other = copy.copy(self)
        other._guard = guard
        return other

    def answer(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs of the network for n digits: probabilities, then certainty and features if it has them."""
        return self._run(tensor)

    def certain(self, prediction: Prediction) -> NDArray[np.bool_]:
        """Say of each answer whether it should be trusted, (n,)."""
        trusted = (prediction.certainty >= self.certain_from) & (prediction.score >= self.ambiguous_below)
        if self.unlike_below and self.prototypes and prediction.features is not None and prediction.alone is None:
            trusted &= measure_likeness(prediction, self.prototypes) >= self.unlike_below
        if prediction.guarded is None:
            return trusted
        return np.asarray(trusted & np.array([doubt is None for doubt in prediction.guarded]), np.bool_)

    def doubts(self, prediction: Prediction) -> list[Doubt | None]:
        """Say of each answer why it should not be trusted; None where it should."""
        certain = self.certain(prediction).tolist()
        if all(certain):  # what most requests ask is the one digit that was drawn
            return [None] * len(certain)
        likely, certainty = prediction.probabilities.max(axis=1), prediction.certainty
        is_measured = certainty != likely  # else the network has no certainty of its own
        strange = is_measured & ((certainty < self.certain_from) | (np.sqrt(certainty) < likely))
        guarded = prediction.guarded or (None,) * len(strange)
        return [
            None if trusted else doubt or (NOT_A_DIGIT if is_strange else AMBIGUOUS)
            for trusted, is_strange, doubt in zip(certain, strange, guarded, strict=True)
        ]


def measure_likeness(prediction: Prediction, prototypes: References) -> NDArray[np.float32]:
    """Return how much more like its own class than like any other a digit is to the network, (n,).

    The distance to the nearest prototype of another class, as a share of that and of the distance to its own: 0.5
    between two classes, near 1 in the middle of one.

    Args:
        prediction: with features.
        prototypes: of the network.
    """
    nearest = prediction.measure_nearest(prototypes).tolist()
    likeness = []
    for cosines, own_class in zip(nearest, prediction.probabilities.argmax(axis=1).tolist(), strict=True):
        own = 1 - cosines.pop(own_class)
        other = 1 - max(cosines)
        likeness.append(other / (other + own + SAME))
    return np.array(likeness, np.float32)


def _guard(prediction: Prediction, guard: Classifier, other: Prediction) -> Prediction:
    """Return a prediction that is as doubtful as that of a model that guards it; where they differ it is ambiguous."""
    same = prediction.probabilities.argmax(axis=1) == other.probabilities.argmax(axis=1)
    doubts = tuple(
        doubt or (None if is_same else AMBIGUOUS) for doubt, is_same in zip(guard.doubts(other), same, strict=True)
    )
    certainty = np.minimum(prediction.certainty, other.certainty)
    return replace(prediction, certainty=certainty, guarded=doubts)


def load_classifier(artifact: Artifact, threads: int = 1, tried: bool = False) -> Classifier:
    """Start the runtime of a model and let it answer once.

    Args:
        artifact: a model folder as load() found it.
        threads: threads that LiteRT uses for one prediction.
        tried: another process has let it answer: here it takes no memory until it is asked.

    Raises:
        BadModel: neither runtime can serve the folder.
    """
    try:
        classifier = _start_runtime(artifact, threads)
        if tried:
            return classifier
        outputs = classifier.answer(TRIAL)
    except BadModel:
        raise
    except Exception as error:  # LiteRT, Keras and TensorFlow raise errors of any kind
        raise BadModel(
            f"{artifact.name} cannot be loaded: {describe_error(error)} Train it again or restore it."
        ) from error
    _check_outputs(artifact, outputs)
    return classifier


def _start_runtime(artifact: Artifact, threads: int) -> Classifier:
    if artifact.compiled:
        adaptation = read_adaptation(artifact.card)
        runtime = LiteRTRuntime(artifact.compiled, threads, len(artifact.classes), adaptation)
        return Classifier(artifact, runtime, "LiteRT")
    return Classifier(artifact, load_tensorflow(artifact), "TensorFlow")


def _check_outputs(artifact: Artifact, outputs: list[NDArray[np.float32]]) -> None:
    """See that a network answers a number for every class; besides, one certainty and one row of features at most.

    Raises:
        BadModel: it answers something else.
    """
    shapes, expected = [output.shape for output in outputs], len(artifact.classes)
    others = shapes[1:]
    if others[:1] == [(len(TRIAL), 1)]:
        others = others[1:]
    in_rows = all(len(shape) == 2 and shape[0] == len(TRIAL) for shape in (*shapes[:1], *others))
    known = all(1 < shape[1] <= MAX_FEATURES and shape != shapes[0] for shape in others)
    if not shapes or not in_rows or len(others) > 1 or not known:
        came = " and ".join(str(shape[1:]) for shape in shapes) or "nothing"
        raise BadModel(f"{artifact.name} answers {came}; expected probabilities, a certainty and features at most.")
    if shapes[0] != (len(TRIAL), expected):
        found = shapes[0][1]
        raise BadModel(f"{artifact.name} answers {found} probabilities where its card names {expected} classes.")
    if not all(output.dtype == np.float32 and np.isfinite(output).all() for output in outputs):
        raise BadModel(f"{artifact.name} answers what is no number. Train it again or restore its files.")
