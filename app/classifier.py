"""Turn a tensor into probabilities, by LiteRT or, where there is no compiled file, by TensorFlow.

    tensor (n, 28, 28, 1) -> runtime -> Prediction: probabilities (n, classes), certainty (n,)

Owns the runtimes and their threads. Knows nothing of pictures or HTTP.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .artifact import Artifact, BadModel
from .keras_files import INPUT, check_size, describe, load_keras
from .preprocessing import FRAMINGS

PART = 4 * 8  # digits that TensorFlow takes at once: the largest output of a layer has 4 MB a digit
BLOCK = 8  # digits that LiteRT takes at once: 3 % faster than one by one, as fast as any more (tests/bench)
CERTAIN_FROM = 0.5  # certainty; for a model whose card names no threshold

TRIAL = np.stack((np.zeros(INPUT, np.float32), np.linspace(0, 1, math.prod(INPUT), dtype=np.float32).reshape(INPUT)))

Runtime = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]


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
    except Exception as error:  # LiteRT, Keras and TensorFlow raise what they like about a damaged network
        raise BadModel(f"{artifact.name} cannot be loaded: {describe(error)} Train it again or restore it.") from error
    _check_outputs(artifact, outputs)
    return classifier


def _start_runtime(artifact: Artifact, threads: int) -> Classifier:
    if artifact.compiled:
        return Classifier(artifact, LiteRTRuntime(artifact.compiled, threads), "LiteRT")
    return Classifier(artifact, load_tensorflow(artifact), "TensorFlow")


def _check_outputs(artifact: Artifact, outputs: list[NDArray[np.float32]]) -> None:
    """See that a network answers a number for every class, and one certainty at most.

    Raises:
        BadModel: it answers something else.
    """
    shapes, expected = [output.shape for output in outputs], len(artifact.classes)
    if not 1 <= len(shapes) <= 2 or shapes[1:] not in ([], [(len(TRIAL), 1)]) or len(shapes[0]) != 2:
        told = " and ".join(str(shape[1:]) for shape in shapes) or "nothing"
        raise BadModel(f"{artifact.name} answers {told}; expected probabilities, and a certainty at most.")
    if shapes[0] != (len(TRIAL), expected):
        found = shapes[0][1]
        raise BadModel(f"{artifact.name} answers {found} probabilities where its card names {expected} classes.")
    if not all(output.dtype == np.float32 and np.isfinite(output).all() for output in outputs):
        raise BadModel(f"{artifact.name} answers what is no number. Train it again or restore its files.")


class LiteRTRuntime:
    """Answer by LiteRT. An interpreter belongs to one thread at a time: it is borrowed, and made where none is idle.

    So there are never more than threads that predicted at once, and the one that answered at the start goes on.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Remember the file; its pages are mapped, so that interpreters and workers share them."""
        self._path = path
        self._threads = threads
        self._idle: dict[int, list[_Interpreter]] = {1: [], BLOCK: []}

    def __call__(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs for float32 (n, 28, 28, 1), widest first."""
        whole = len(tensor) - len(tensor) % BLOCK
        parts = [self._answer(tensor[at : at + BLOCK]) for at in range(0, whole, BLOCK)]
        parts += [self._answer(tensor[at : at + 1]) for at in range(whole, len(tensor))]
        return parts[0] if len(parts) == 1 else [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def _answer(self, part: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Answer one digit, or BLOCK of them: another number would cost a new allocation each time it changes."""
        idle = self._idle[len(part)]
        try:
            interpreter = idle.pop()
        except IndexError:
            interpreter = _Interpreter(self._path, len(part), self._threads)
        try:
            return interpreter.answer(part)
        finally:
            idle.append(interpreter)


class _Interpreter:
    """A LiteRT interpreter with room for one batch size."""

    def __init__(self, path: Path, size: int, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
        except ValueError as error:
            told = f"{path.parent.name}/{path.name}"
            raise BadModel(f"{told} is damaged ({error}). Delete it, or train the model again.") from error
        entry: dict[str, Any] = self._interpreter.get_input_details()[0]
        if tuple(entry["shape"][1:]) != INPUT:
            raise BadModel(f"{path.parent.name}/{path.name} takes {entry['shape'][1:]}; expected {INPUT}, a digit.")
        self._input = entry["index"]
        self._interpreter.resize_tensor_input(self._input, (size, *entry["shape"][1:]))
        self._interpreter.allocate_tensors()
        outputs: list[dict[str, Any]] = self._interpreter.get_output_details()
        self._outputs = [entry["index"] for entry in sorted(outputs, key=lambda entry: -int(entry["shape"][-1]))]

    def answer(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


def load_tensorflow(artifact: Artifact) -> Runtime:
    """Answer by TensorFlow: the network of model.json and model.h5 as one traced function.

    Raises:
        BadModel: TensorFlow is not installed, or the folder cannot be loaded.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        raise BadModel(
            f"{artifact.name} cannot be served: {artifact.stale}, and TensorFlow is not installed. "
            "Run `pip install -r requirements.txt`, or train the model again."
        ) from error
    check_size(artifact.folder)
    model = load_keras(artifact.folder)
    signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    answer = tf.function(lambda tensor: model(tensor, training=False), input_signature=[signature])

    def run(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        parts = [answer(tensor[at : at + PART]) for at in range(0, len(tensor), PART)]
        listed = [part if isinstance(part, list | tuple) else [part] for part in parts]
        return widest_first([np.concatenate([one.numpy() for one in outputs]) for outputs in zip(*listed, strict=True)])

    return run


def widest_first(outputs: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Order a network's outputs: the probabilities (n, classes), then the certainty (n, 1) where there is one."""
    return sorted(outputs, key=lambda output: -output.shape[-1])
