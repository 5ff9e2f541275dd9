"""What eight bits instead of float32 would gain and cost: seconds a digit, accuracy, and how far the answers move.

    python -m tests.bench.quantised      with DIGITS_DATA: the folder with mnist.npz

Measured to decide which recipes are compiled with weights of eight bits: see docs/bench/README.md.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import DigitsError
from app.framing import to_tensor
from app.models.files import COMPILED
from app.models.keras_files import load_keras
from app.models.runtimes import LiteRTRuntime
from app.models.saving import compile_folder
from app.preprocessing.digits import read_picture

from .floor import measure_seconds
from .servers import ROOT

MODELS = ("robust", "keras_flask")
EXAMPLES = 1000  # training digits that show the converter the range of every layer

Digits = tuple[NDArray[np.float32], NDArray[np.uint8]]  # tensor and labels


def compile_every_way(folder: Path, examples: NDArray[np.float32], made: Path) -> Mapping[str, Path]:
    """Compile a model with floats, with weights of eight bits, and with activations of eight bits, too."""
    files = {}
    for name, bits in (("float32", 32), ("int8 weights", 8)):
        copy = made / f"{folder.name} {name}"
        shutil.copytree(folder, copy)
        compile_folder(copy, 8 if bits == 8 else 32)
        files[name] = copy / COMPILED
    files["int8"] = made / f"{folder.name}-int8.tflite"
    files["int8"].write_bytes(convert_whole(folder, examples))
    return files


def convert_whole(folder: Path, examples: NDArray[np.float32]) -> bytes:
    """Compile a model with weights and activations of eight bits, whose ranges are those of examples."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(load_keras(folder))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([example[None]] for example in examples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    compiled: bytes = converter.convert()
    return compiled


def measure(path: Path, sets: Mapping[str, Digits], exact: LiteRTRuntime) -> Mapping[str, Any]:
    """Return what a compiled file costs and how well it reads each set."""
    runtime = LiteRTRuntime(path)
    tensor, _ = next(iter(sets.values()))
    moved = np.abs(runtime(tensor)[0] - exact(tensor)[0]).max()
    accuracy = {name: float(np.mean(runtime(x)[0].argmax(axis=1) == labels)) for name, (x, labels) in sets.items()}
    return {
        "seconds": measure_seconds(lambda: runtime(tensor[:1])),
        "bytes": path.stat().st_size,
        "accuracy": accuracy,
        "farthest": float(moved),  # the largest difference in any probability
    }


def read_sets(data: Path) -> Mapping[str, Digits]:
    """Return the test digits, and the digits of other people's pictures where the folder has them."""
    with np.load(data / "mnist.npz") as arrays:
        sets = {"MNIST test": (to_tensor(arrays["x_test"]), arrays["y_test"])}
    if (data / "pictures.csv").is_file():
        digits, labels = zip(*_read_pictures(data), strict=True)
        sets["pictures"] = (to_tensor(np.stack(digits)), np.array(labels, np.uint8))
    return sets


def _read_pictures(data: Path) -> Iterator[tuple[NDArray[np.uint8], int]]:
    with (data / "pictures.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                yield read_picture((data / row["path"]).read_bytes()), int(row["label"])
            except DigitsError:
                continue


def main() -> None:
    """Print, for each model, how it does when compiled in each way, as JSON."""
    data = Path(os.environ["DIGITS_DATA"])
    sets = read_sets(data)
    with np.load(data / "mnist.npz") as arrays:
        examples = to_tensor(arrays["x_train"][:EXAMPLES])
    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as made:
        for name in MODELS:
            kinds = compile_every_way(ROOT / "models" / name, examples, Path(made))
            exact = LiteRTRuntime(kinds["float32"])
            measured[name] = {kind: measure(path, sets, exact) for kind, path in kinds.items()}
    print("\n" + json.dumps(measured))  # on a line of its own: the converter writes to stdout, too


if __name__ == "__main__":
    main()
