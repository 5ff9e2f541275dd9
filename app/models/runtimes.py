"""Run a network: by LiteRT, or by TensorFlow where there is no compiled file.

    tensor (n, 28, 28, 1) -> outputs: probabilities, and certainty and features where the network has them

A LiteRT interpreter belongs to one thread at a time. Neither library is imported before it is needed.
Owns interpreters and their threads. Does not know what the outputs mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import BadModel, name_file
from .folder import Artifact
from .keras_files import INPUT, check_size, load_keras

PART = 4 * 8  # digits that TensorFlow takes at once: the largest output of a layer has 4 MB a digit
BLOCK = 8  # digits that LiteRT takes at once: 3 % faster than one by one, as fast as any more (tests/bench)

Runtime = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]


class LiteRTRuntime:
    """Answer by LiteRT. An interpreter belongs to one thread at a time: it is borrowed, and made where none is idle.

    So there are never more than threads that predicted at once, and the one that answered at the start goes on.
    """

    def __init__(self, path: Path, threads: int = 1, classes: int = 10) -> None:
        """Remember the file; its pages are mapped, so that interpreters and workers share them."""
        self._path = path
        self._threads = threads
        self._classes = classes
        self._idle: dict[int, list[_Interpreter]] = {1: [], BLOCK: []}

    def __call__(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs for float32 (n, 28, 28, 1), in the order of order_outputs()."""
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
            interpreter = _Interpreter(self._path, len(part), self._threads, self._classes)
        try:
            return interpreter.answer(part)
        finally:
            idle.append(interpreter)


class _Interpreter:
    """A LiteRT interpreter with room for one batch size."""

    def __init__(self, path: Path, size: int, threads: int, classes: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        file_name = name_file(path.parent, path.name)
        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
        except ValueError as error:
            raise BadModel(f"{file_name} is damaged ({error}). Delete it, or train the model again.") from error
        entry: dict[str, Any] = self._interpreter.get_input_details()[0]
        if tuple(entry["shape"][1:]) != INPUT:
            raise BadModel(f"{file_name} takes {entry['shape'][1:]}; expected {INPUT}, a digit.")
        self._input = entry["index"]
        self._interpreter.resize_tensor_input(self._input, (size, *entry["shape"][1:]))
        self._interpreter.allocate_tensors()
        outputs: list[dict[str, Any]] = self._interpreter.get_output_details()
        order = order_outputs([int(entry["shape"][-1]) for entry in outputs], classes)
        self._outputs = [outputs[place]["index"] for place in order]

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
    model, classes = load_keras(artifact.folder), len(artifact.classes)
    signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    answer = tf.function(lambda tensor: model(tensor, training=False), input_signature=[signature])

    def run(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        parts = [answer(tensor[at : at + PART]) for at in range(0, len(tensor), PART)]
        listed = [part if isinstance(part, list | tuple) else [part] for part in parts]
        outputs = [np.concatenate([one.numpy() for one in outputs]) for outputs in zip(*listed, strict=True)]
        return [outputs[place] for place in order_outputs([output.shape[-1] for output in outputs], classes)]

    return run


def order_outputs(widths: Sequence[int], classes: int) -> list[int]:
    """Return the places of a network's outputs in the order in which they are used, whatever the file's own.

    The probabilities (n, classes) come first, then the certainty (n, 1) and the features (n, any other width), where
    the network has them. Where no output is as wide as there are classes, the widest comes first.

    Args:
        widths: numbers that each output has for a digit.
        classes: that the card names.
    """
    first = classes if classes in widths else max(widths, default=0)
    return sorted(range(len(widths)), key=lambda place: (widths[place] != first, widths[place] != 1, place))
