"""Save a model folder: model.json, model.h5, model.tflite and the card that vouches for them.

    network -> files beside the folder -> loaded again, and its answers compared -> in the folder's place

A folder is either whole or as it was. Owns writing; does not know who trained the network, nor how.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .card import DIGITS, Card, write_card
from .files import COMPILED, NETWORK, PROTOTYPES, WEIGHTS, BadModel
from .folder import checksum
from .keras_files import load_keras
from .prototypes import References, write_prototypes

if TYPE_CHECKING:
    import keras


RELOADED_TOLERANCE = 1e-6  # probability; Keras reloads bit-equal, but a batch may be summed in another order
# Probability by which the compiled file may differ from the network, by the bits of its weights: LiteRT fuses and
# reorders float32 sums, and rounds eight-bit ones (seen: 0.02 on the noise that save() compares, 0.26 on one of 1,000
# digits)
COMPILED_TOLERANCE = {32: 1e-4, 8: 0.3}

WeightBits = Literal[8, 32]


def save(
    model: keras.Model,
    folder: Path,
    card: Mapping[str, Any],
    weight_bits: WeightBits = 32,
    prototypes: References | None = None,
) -> Card:
    """Write a model folder, load it again and compare its answers; a failure leaves the old folder as it was.

    Args:
        model: takes float32 (n, 28, 28, 1) in 0..1, answers (n, classes) probabilities, and may answer
            (n, 1), the certainty, and (n, another width), the features of which the probabilities are made.
        folder: models/NAME. An existing report/ in it is kept.
        card: what is known about the model; name, version, parameters and checksums are added.
        weight_bits: of the compiled file; with 8 it answers three times as fast, and nearly the same.
        prototypes: features of typical digits, of a model that answers features.

    Raises:
        BadModel: what was written does not answer as the model did.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _folder_beside(folder) as beside:
        (beside / NETWORK).write_text(model.to_json(), encoding="utf-8")
        model.save(beside / WEIGHTS, include_optimizer=False)
        _compile_in_tensorflow(beside, weight_bits)
        written = [NETWORK, WEIGHTS, COMPILED]
        if prototypes is not None:
            write_prototypes(beside, prototypes)
            written.append(PROTOTYPES)
        complete = {
            "name": folder.name,
            "version": "1",
            "classes": list(DIGITS),
            **card,
            "parameters": int(model.count_params()),
            "weight_bits": weight_bits,
            "sha256": {name: checksum(beside / name) for name in written},
        }
        write_card(beside, complete)
        _compare(model, beside, COMPILED_TOLERANCE[weight_bits], len(complete["classes"]))
    return complete


def compile_folder(folder: Path, weight_bits: WeightBits = 32) -> None:
    """Compile model.json and model.h5 of a folder to model.tflite, float32 in and out. Runs in TensorFlow."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as exported:
        load_keras(folder).export(exported, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(exported)
        if weight_bits == 8:  # activations are rounded as they come, each digit by its own range
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        compiled = converter.convert()
    (folder / COMPILED).write_bytes(compiled)


@contextlib.contextmanager
def _folder_beside(folder: Path) -> Iterator[Path]:
    """Give a new folder to write in, and put it in the place of `folder` if nothing went wrong."""
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield beside
        beside.chmod(0o755)
        if folder.exists():
            if (folder / "report").is_dir():
                shutil.copytree(folder / "report", beside / "report")
            former = beside.with_name(beside.name + "-former")
            folder.replace(former)
            beside.replace(folder)
            shutil.rmtree(former)
        else:
            beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _compile_in_tensorflow(folder: Path, weight_bits: WeightBits) -> None:
    """Compile here where Keras runs on TensorFlow, else in a process of its own where it does."""
    import keras

    if keras.backend.backend() == "tensorflow":
        compile_folder(folder, weight_bits)
        return
    command = [sys.executable, "-m", __name__, str(folder.resolve()), str(weight_bits)]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    root = Path(__file__).parents[2]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadModel(f"{folder} could not be compiled: {done.stderr.strip()[-500:]}")


def _compare(model: keras.Model, folder: Path, compiled_tolerance: float, classes: int) -> None:
    """Check that the folder answers as the model does, through Keras and through the compiled file."""
    from .runtimes import LiteRTRuntime

    tensor = np.random.default_rng(0).random((16, *model.input_shape[1:]), np.float32)
    expected = answer_by_keras(model, tensor, classes)
    reloaded = answer_by_keras(load_keras(folder), tensor, classes)
    compiled = LiteRTRuntime(folder / COMPILED, classes=classes)(tensor)
    for answers, tolerance, way in (
        (reloaded, RELOADED_TOLERANCE, "Keras"),
        (compiled, compiled_tolerance, "LiteRT"),
    ):
        for one, other in zip(expected, answers, strict=True):
            difference = float(np.abs(one - other).max()) / max(1.0, float(np.abs(one).max()))  # features exceed 1
            if not difference <= tolerance:
                raise BadModel(f"Saved to {folder}, {way} answers differently by {difference:.2g}; nothing was kept.")


def answer_by_keras(model: keras.Model, tensor: NDArray[np.float32], classes: int) -> list[NDArray[np.float32]]:
    """Return the outputs of a Keras model as a list, in the order in which every runtime gives them."""
    from .runtimes import order_outputs

    outputs = model(tensor, training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    found = [np.asarray(output, np.float32) for output in outputs]
    return [found[place] for place in order_outputs([output.shape[-1] for output in found], classes)]


if __name__ == "__main__":
    compile_folder(Path(sys.argv[1]), 8 if sys.argv[2] == "8" else 32)
