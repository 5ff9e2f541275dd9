"""Turn a tensor into probabilities, by LiteRT or, where there is no compiled file, by TensorFlow.

    tensor (n, 28, 28, 1) -> runtime -> Prediction: probabilities (n, classes), certainty (n,)

Owns the runtimes and their threads. Knows nothing of pictures or HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .artifact import Artifact, BadModel, load_keras
from .preprocessing import FRAMINGS

BLOCK = 8  # digits that LiteRT takes at once: 3 % faster than one by one, as fast as any more (tests/bench)
CERTAIN_FROM = 0.5  # certainty; for a model whose card names no threshold

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
            raise BadModel(f"{artifact.folder} was framed by {framing!r}, expected one of {', '.join(FRAMINGS)}.")
        self.framing = FRAMINGS[framing]
        self.certain_from = float(artifact.card.get("certain_from", CERTAIN_FROM))
        self._run = runtime

    def predict(self, tensor: NDArray[np.float32]) -> Prediction:
        """Classify n digits.

        Args:
            tensor: float32 (n, 28, 28, 1), 0.0 paper to 1.0 ink; n at least 1.
        """
        probabilities, *rest = self._run(tensor)
        return Prediction(probabilities, rest[0][:, 0] if rest else probabilities.max(axis=1))

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
    runtime: Runtime
    if artifact.compiled:
        runtime, name = LiteRTRuntime(artifact.compiled, threads), "LiteRT"
    else:
        runtime, name = load_tensorflow(artifact), "TensorFlow"
    classifier = Classifier(artifact, runtime, name)
    probabilities = classifier.predict(np.zeros((1, 28, 28, 1), np.float32)).probabilities
    if probabilities.shape != (1, len(classifier.classes)):
        expected, found = len(classifier.classes), probabilities.shape[1:]
        raise BadModel(f"{artifact.folder} answers {found} probabilities where its card names {expected} classes.")
    return classifier


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
            raise BadModel(f"{path} is damaged ({error}). Delete it, or train the model again.") from error
        entry: dict[str, Any] = self._interpreter.get_input_details()[0]
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
            f"{artifact.folder} cannot be served: {artifact.stale}, and TensorFlow is not installed. "
            "Run `pip install -r requirements.txt`, or train the model again."
        ) from error
    model = load_keras(artifact.folder)
    signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    answer = tf.function(lambda tensor: model(tensor, training=False), input_signature=[signature])

    def run(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        outputs = answer(tensor)
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        return widest_first([output.numpy() for output in outputs])

    return run


def widest_first(outputs: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Order a network's outputs: the probabilities (n, classes), then the certainty (n, 1) where there is one."""
    return sorted(outputs, key=lambda output: -output.shape[-1])
