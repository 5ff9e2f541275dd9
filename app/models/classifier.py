"""Turn a tensor into probabilities and say which answers to trust.

    tensor (n, 28, 28, 1) -> runtime -> Prediction: probabilities (n, classes), certainty (n,)

Owns what a prediction is, its threshold, and the trial that a model must pass. Does not know how a runtime works.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..framing import FRAMINGS
from .adaptation import read_adaptation
from .files import BadModel
from .folder import Artifact
from .keras_files import INPUT, describe_error
from .runtimes import LiteRTRuntime, Runtime, load_tensorflow

CERTAIN_FROM = 0.5  # certainty; for a model whose card names no threshold

TRIAL = np.stack((np.zeros(INPUT, np.float32), np.linspace(0, 1, math.prod(INPUT), dtype=np.float32).reshape(INPUT)))


@dataclass(frozen=True)
class Prediction:
    """What a network answers for n digits."""

    probabilities: NDArray[np.float32]  # (n, classes), each row sums to 1
    certainty: NDArray[np.float32]  # (n,), 0..1


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
        framing = artifact.card.get("framing", "digit")
        if framing not in FRAMINGS:
            raise BadModel(f"{artifact.name} was framed by {framing!r}, expected one of {', '.join(FRAMINGS)}.")
        self.framing = FRAMINGS[framing]
        self.certain_from = float(artifact.card.get("certain_from", CERTAIN_FROM))
        self._run = runtime

    def predict(self, tensor: NDArray[np.float32]) -> Prediction:
        """Classify n digits.

        Args:
            tensor: float32 (n, 28, 28, 1), 0.0 paper to 1.0 ink; n at least 1.
        """
        probabilities, *rest = self.answer(tensor)
        return Prediction(probabilities, rest[0][:, 0] if rest else probabilities.max(axis=1))

    def answer(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs of the network for n digits, widest first."""
        return self._run(tensor)

    def certain(self, prediction: Prediction) -> NDArray[np.bool_]:
        """Say of each answer whether it should be trusted, (n,)."""
        return prediction.certainty >= self.certain_from


def load_classifier(artifact: Artifact, threads: int = 1) -> Classifier:
    """Start the runtime of a model and let it answer once.

    Args:
        artifact: a model folder as load() found it.
        threads: threads that LiteRT uses for one prediction.

    Raises:
        BadModel: neither runtime can serve the folder.
    """
    try:
        classifier = _start_runtime(artifact, threads)
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
        return Classifier(artifact, LiteRTRuntime(artifact.compiled, threads, adaptation), "LiteRT")
    return Classifier(artifact, load_tensorflow(artifact), "TensorFlow")


def _check_outputs(artifact: Artifact, outputs: list[NDArray[np.float32]]) -> None:
    """See that a network answers a number for every class, and one certainty at most.

    Raises:
        BadModel: it answers something else.
    """
    shapes, expected = [output.shape for output in outputs], len(artifact.classes)
    if not 1 <= len(shapes) <= 2 or shapes[1:] not in ([], [(len(TRIAL), 1)]) or len(shapes[0]) != 2:
        came = " and ".join(str(shape[1:]) for shape in shapes) or "nothing"
        raise BadModel(f"{artifact.name} answers {came}; expected probabilities, and a certainty at most.")
    if shapes[0] != (len(TRIAL), expected):
        found = shapes[0][1]
        raise BadModel(f"{artifact.name} answers {found} probabilities where its card names {expected} classes.")
    if not all(output.dtype == np.float32 and np.isfinite(output).all() for output in outputs):
        raise BadModel(f"{artifact.name} answers what is no number. Train it again or restore its files.")
