"""Run a network: by LiteRT, or by TensorFlow where there is no compiled file.

    tensor (n, 28, 28, 1) -> outputs: probabilities, and certainty and features where the network has them

A LiteRT interpreter belongs to one thread at a time. Neither library is imported before it is needed.
Owns interpreters and their threads. Does not know what the outputs mean.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .adaptation import Adaptation
from .files import BadModel, name_file
from .folder import Artifact
from .keras_files import INPUT, check_size, load_keras

PART = 4 * 8  # digits that TensorFlow takes at once: the largest output of a layer has 4 MB a digit
OPEN_FILES = Path("/dev/fd")  # what a process has open, on Linux and macOS
BLOCK = 8  # digits that LiteRT takes at once: 3 % faster than one by one, as fast as any more (tests/bench)

Runtime = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]


class LiteRTRuntime:
    """Answer by LiteRT. An interpreter belongs to one thread at a time: it is borrowed, and made where none is idle.

    So there are never more than threads that predicted at once, and the one that answered at the start goes on.
    """

    def __init__(self, path: Path, threads: int = 1, classes: int = 10, adaptation: Adaptation | None = None) -> None:
        """Open the file, so that interpreters made later have the same one, whatever replaced it in its folder.

        Its pages are mapped, so that interpreters and workers share them.

        Args:
            path: of the compiled network.
            threads: that one answer uses.
            classes: that it tells apart.
            adaptation: how digits and answers are adapted, for a network that others trained.
        """
        self._path = path
        self._opened = _hold_open(self, path) if OPEN_FILES.is_dir() else path
        self._threads = threads
        self._classes = classes
        self._adaptation = adaptation
        self._fixed = adaptation.batch if adaptation else 0
        self._idle: dict[int, list[Interpreter]] = {}

    def __call__(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs for float32 (n, 28, 28, 1), in the order of order_outputs(); adapted the probabilities."""
        if self._adaptation is None:
            return self.answer_raw(tensor)
        outputs = self.answer_raw(self._adaptation.adapt_input(tensor))
        return [self._adaptation.adapt_output(outputs)]

    def answer_raw(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the network's own answers to its own input."""
        if self._fixed:
            starts = range(0, len(tensor), self._fixed)
            parts = [self._answer_padded(tensor[at : at + self._fixed]) for at in starts]
        else:
            whole = len(tensor) - len(tensor) % BLOCK
            parts = [self._answer(tensor[at : at + BLOCK]) for at in range(0, whole, BLOCK)]
            parts += [self._answer(tensor[at : at + 1]) for at in range(whole, len(tensor))]
        return parts[0] if len(parts) == 1 else [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def _answer_padded(self, part: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Answer with a network that takes a fixed number of digits: the last ones are no digits, and left out."""
        empty = np.zeros((self._fixed - len(part), *part.shape[1:]), np.float32)
        return [output[: len(part)] for output in self._answer(np.concatenate((part, empty)))]

    def _answer(self, part: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Answer one digit, or BLOCK of them: another number would cost a new allocation each time it changes."""
        idle = self._idle.setdefault(len(part), [])
        try:
            interpreter = idle.pop()
        except IndexError:
            # the outputs of a network that others trained have their own order
            expected = Expected(self._adaptation.shape) if self._adaptation else Expected(INPUT, self._classes)
            interpreter = Interpreter(self._path, len(part), self._threads, expected, self._opened)
        try:
            return interpreter.answer(part)
        finally:
            idle.append(interpreter)


class Expected(NamedTuple):
    """What a file has to take, and how its outputs are ordered."""

    shape: tuple[int, ...]  # of one digit
    classes: int = 0  # that it tells apart; 0 leaves the outputs in the file's order


class Interpreter:
    """A LiteRT interpreter with room for one batch size. Values of 8 bits are scaled as the file says."""

    def __init__(
        self,
        path: Path,
        size: int,
        threads: int = 1,
        expected: Expected | None = None,
        opened: Path | None = None,
    ) -> None:
        """Load the file.

        Args:
            path: of the compiled network.
            size: digits that it answers at once; 0 keeps the number that the file names.
            threads: that one answer uses.
            expected: of it; anything if none.
            opened: where the file is read from, if not from its path.

        Raises:
            BadModel: it is damaged, or takes something else.
        """
        from ai_edge_litert.interpreter import Interpreter as LiteRTInterpreter

        file_name = name_file(path.parent, path.name)
        try:
            self._interpreter = LiteRTInterpreter(model_path=str(opened or path), num_threads=threads)
        except ValueError as error:
            raise BadModel(f"{file_name} is damaged ({error}). Delete it, or train the model again.") from error
        entries: list[dict[str, Any]] = self._interpreter.get_input_details()
        if not entries or len(entries) > 1:
            raise BadModel(f"{file_name} takes {len(entries)} inputs; expected one, a digit.")
        entry = entries[0]
        self.full_shape = tuple(int(side) for side in entry["shape"])
        self.shape = self.full_shape[1:]
        if expected and self.shape != tuple(expected.shape):
            raise BadModel(f"{file_name} takes {entry['shape'][1:]}; expected {expected.shape}, a digit.")
        self._input = entry
        if size and size != self.full_shape[0]:
            self._interpreter.resize_tensor_input(entry["index"], (size, *self.shape))
        self._interpreter.allocate_tensors()
        outputs: list[dict[str, Any]] = self._interpreter.get_output_details()
        if expected and expected.classes:
            order = order_outputs([int(entry["shape"][-1]) for entry in outputs], expected.classes)
            outputs = [outputs[place] for place in order]
        self._outputs = outputs

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and the largest value that the input can hold."""
        kind = np.dtype(self._input["dtype"])
        scale, zero = self._input["quantization"]
        if kind.kind == "f":
            return -np.inf, np.inf
        low, high = np.iinfo(kind).min, np.iinfo(kind).max
        return ((low - zero) * float(scale), (high - zero) * float(scale)) if scale else (float(low), float(high))

    def answer(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs for as many digits as there is room for."""
        self._interpreter.reset_all_variables()  # what a recurrent network remembers of the digits before
        self._interpreter.set_tensor(self._input["index"], _quantise(tensor, self._input))
        self._interpreter.invoke()
        return [_dequantise(self._interpreter.get_tensor(entry["index"]), entry) for entry in self._outputs]


def _hold_open(owner: object, path: Path) -> Path:
    """Open a file for as long as its owner lives, and return where it can be read from."""
    descriptor = os.open(path, os.O_RDONLY)
    weakref.finalize(owner, os.close, descriptor)
    return OPEN_FILES / str(descriptor)


def _quantise(tensor: NDArray[np.float32], entry: dict[str, Any]) -> NDArray[Any]:
    """Return values in the type of an input: whole numbers by its scale and zero point, where it has them."""
    kind = np.dtype(entry["dtype"])
    if kind.kind == "f":
        return np.asarray(tensor, kind)
    scale, zero = entry["quantization"]
    numbers = np.round(tensor / np.float32(scale)) + zero if scale else np.round(tensor)
    limits = np.iinfo(kind)
    return np.asarray(np.clip(numbers, limits.min, limits.max), kind)


def _dequantise(output: NDArray[Any], entry: dict[str, Any]) -> NDArray[np.float32]:
    scale, zero = entry["quantization"]
    if output.dtype.kind == "f" or not scale:
        return np.asarray(output, np.float32)
    return np.asarray((output.astype(np.float32) - zero) * np.float32(scale), np.float32)


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
