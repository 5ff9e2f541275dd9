"""Save and load a model folder: model.json, model.h5, model.tflite and the card that vouches for them.

Owns the contract between train/ and the server. save() writes beside and renames, so a folder is either whole
or as it was. load() only reads and compares checksums; it starts no runtime (that is classifier.py's).
A folder is data: nothing in it is ever executed, and what would carry code is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

NETWORK = "model.json"
WEIGHTS = "model.h5"
COMPILED = "model.tflite"
CARD = "card.json"
DIGITS = tuple("0123456789")
# Where a network's parts may come from; keras.utils, for one, has functions that fetch.
MODULES = (
    *("activations", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics", "models"),
    *("optimizers", "optimizers.schedules", "regularizers", "src.models.functional", "src.models.sequential"),
)
PLAIN = {"keras", "builtins", *(f"keras.{module}" for module in MODULES)}
MOST_VERSION = 2**63 - 1  # TensorFlow Serving's clients read an int64
RELOADED_TOLERANCE = 1e-6  # probability; Keras reloads bit-equal, but a batch may be summed in another order
# Probability by which the compiled file may differ from the network, by the bits of its weights: LiteRT fuses and
# reorders float32 sums, and rounds eight-bit ones (seen: 0.02 on the noise that save() compares, 0.11 on one of 1,000
# digits)
COMPILED_TOLERANCE = {32: 1e-4, 8: 0.25}

Card = dict[str, Any]
WeightBits = Literal[8, 32]


class BadModel(Exception):
    """A model folder that cannot be served, with a sentence that says why and what to do."""


@dataclass(frozen=True)
class Artifact:
    """A model folder as found: its card, and the compiled file if it was compiled from what the folder holds."""

    name: str
    folder: Path
    card: Card
    compiled: Path | None
    stale: str | None  # why there is no compiled file to trust

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each class, in the order of the network's outputs."""
        return tuple(self.card["classes"])


def save(model: keras.Model, folder: Path, card: Mapping[str, Any], weight_bits: WeightBits = 32) -> Card:
    """Write a model folder, load it again and compare its answers; a failure leaves the old folder as it was.

    Args:
        model: takes float32 (n, 28, 28, 1) in 0..1, answers (n, classes) probabilities, and may answer
            a second output (n, 1), the certainty.
        folder: models/NAME. An existing report/ in it is kept.
        card: what is known about the model; name, version, parameters and checksums are added.
        weight_bits: of the compiled file; with 8 it answers three times as fast, and nearly the same.

    Raises:
        BadModel: what was written does not answer as the model did.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _folder_beside(folder) as beside:
        (beside / NETWORK).write_text(model.to_json(), encoding="utf-8")
        model.save(beside / WEIGHTS, include_optimizer=False)
        _compile_in_tensorflow(beside, weight_bits)
        complete = {
            "name": folder.name,
            "version": "1",
            "classes": list(DIGITS),
            **card,
            "parameters": int(model.count_params()),
            "weight_bits": weight_bits,
            "sha256": {name: checksum(beside / name) for name in (NETWORK, WEIGHTS, COMPILED)},
        }
        write_card(beside, complete)
        _compare(model, beside, COMPILED_TOLERANCE[weight_bits])
    return complete


def load(folder: Path) -> Artifact:
    """Read a model folder and check its files against its card.

    A folder without a card, as other people's programs leave them, gets one with its name and the ten digits.

    Raises:
        BadModel: a file is missing or cannot be read, or the network carries code.
    """
    for name in (NETWORK, WEIGHTS):
        if not (folder / name).is_file():
            raise BadModel(f"{folder} has no {name}. Train it again, or take the folder out of models/.")
    read_network(folder)
    card = read_card(folder)
    if card is None:
        card = {"name": folder.name, "version": "1", "classes": list(DIGITS)}
        return Artifact(folder.name, folder, card, None, "it has no card")
    stale = _find_stale(folder, card)
    return Artifact(folder.name, folder, card, None if stale else folder / COMPILED, stale)


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write card.json in one step: readers see the old card or the new one."""
    beside = folder / f".{CARD}"
    beside.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(folder / CARD)


def read_card(folder: Path) -> Card | None:
    """Read card.json; None where a folder has none.

    Raises:
        BadModel: the card is damaged.
    """
    path = folder / CARD
    if not path.is_file():
        return None
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadModel(f"{path} is damaged ({error}). Train the model again or restore the card.") from error
    if not isinstance(card, dict) or not isinstance(card.get("sha256"), dict):
        raise BadModel(f"{path} is not a model's card: expected an object with checksums under sha256.")
    version = str(card.get("version", 1))
    if not re.fullmatch(r"[0-9]{1,19}", version) or int(version) > MOST_VERSION:
        raise BadModel(f"{path} has the version {version!r:.40}; expected a whole number, as clients read it.")
    return {"classes": list(DIGITS), **card, "version": version, "name": folder.name}


def read_network(folder: Path) -> dict[str, Any]:
    """Read model.json as the configuration of a Keras network; also as older tutorials wrote it, JSON within JSON.

    Raises:
        BadModel: not such a configuration, or one with code in it (a Lambda, a class of somebody's own).
    """
    path = folder / NETWORK
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(config, str):
            config = json.loads(config)
    except ValueError as error:
        raise BadModel(f"{path} is damaged ({error}). Train the model again or restore the file.") from error
    if not isinstance(config, dict) or "class_name" not in config or "config" not in config:
        raise BadModel(f"{path} is not a Keras network: expected the object that model.to_json() writes.")
    for item in _walk(config):
        kind, module = str(item.get("class_name", "")), str(item.get("module") or "keras")
        if "Lambda" in kind or module not in PLAIN:
            raise BadModel(f"{path} carries code ({module}.{kind}), which is never run. Use Keras layers only.")
    return config


def load_keras(folder: Path) -> keras.Model:
    """Build the network of model.json and load the weights of model.h5 into it, in Keras 3 or Keras 2 format.

    Raises:
        BadModel: the two files do not fit each other, or one is damaged.
    """
    import keras

    config = read_network(folder)
    if "module" not in config:
        config = _from_keras2(config)
    try:
        model = keras.models.model_from_json(json.dumps(config))
        model.load_weights(folder / WEIGHTS)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise BadModel(f"{folder} cannot be loaded: {reason} Train it again or restore its files.") from error
    return model


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


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
    root = Path(__file__).parents[1]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadModel(f"{folder} could not be compiled: {done.stderr.strip()[-500:]}")


def _compare(model: keras.Model, folder: Path, compiled_tolerance: float) -> None:
    """Check that the folder answers as the model does, through Keras and through the compiled file."""
    from .classifier import LiteRTRuntime

    tensor = np.random.default_rng(0).random((16, *model.input_shape[1:]), np.float32)
    expected = _answers(model, tensor)
    reloaded = _answers(load_keras(folder), tensor)
    compiled = LiteRTRuntime(folder / COMPILED)(tensor)
    for answers, tolerance, way in (
        (reloaded, RELOADED_TOLERANCE, "Keras"),
        (compiled, compiled_tolerance, "LiteRT"),
    ):
        for one, other in zip(expected, answers, strict=True):
            difference = float(np.abs(one - other).max())
            if not difference <= tolerance:
                raise BadModel(f"Saved to {folder}, {way} answers differently by {difference:.2g}; nothing was kept.")


def _answers(model: keras.Model, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return the outputs of a Keras model as a list, widest first, as every runtime gives them."""
    from .classifier import widest_first

    outputs = model(tensor, training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    return widest_first([np.asarray(output, np.float32) for output in outputs])


def _find_stale(folder: Path, card: Card) -> str | None:
    """Say why the compiled file cannot stand for model.json and model.h5; None where it can."""
    if not (folder / COMPILED).is_file():
        return f"it has no {COMPILED}"
    for name in (NETWORK, WEIGHTS, COMPILED):
        if checksum(folder / name) != card["sha256"].get(name):
            return f"{name} is not the one its card describes"
    return None


def _walk(item: Any) -> Iterator[dict[str, Any]]:
    """Yield every object within a configuration."""
    if isinstance(item, dict):
        yield item
        item = list(item.values())
    if isinstance(item, list):
        for part in item:
            yield from _walk(part)


def _from_keras2(config: dict[str, Any]) -> dict[str, Any]:
    """Turn the configuration of a Keras 2 Sequential network into one that Keras 3 reads.

    Raises:
        BadModel: the network is not Sequential.
    """
    if config["class_name"] != "Sequential":
        raise BadModel(f"A {config['class_name']} network in Keras 2 format cannot be read; save it with Keras 3.")
    former = config["config"]
    layers = former["layers"] if isinstance(former, dict) else former  # before Keras 2.2.3 a bare list
    shape = next(
        (layer["config"]["batch_input_shape"] for layer in layers if "batch_input_shape" in layer["config"]),
        None,
    )
    if shape is None:
        raise BadModel("The network in Keras 2 format does not say the shape of its input.")
    first = {
        "class_name": "InputLayer",
        "config": {"batch_shape": shape, "dtype": "float32", "name": "input"},
    }
    rest = [_layer_from_keras2(layer) for layer in layers if layer["class_name"] != "InputLayer"]
    name = former.get("name", "sequential") if isinstance(former, dict) else "sequential"
    converted = {
        "name": name,
        "layers": [{**layer, "module": "keras.layers", "registered_name": None} for layer in [first, *rest]],
    }
    return {"class_name": "Sequential", "module": "keras", "registered_name": None, "config": converted}


def _layer_from_keras2(layer: dict[str, Any]) -> dict[str, Any]:
    """Keep of a Keras 2 layer what decides its answers: what it is, its sizes and its activation."""
    config = {
        key: value
        for key, value in layer["config"].items()
        if key not in ("batch_input_shape", "dtype")
        and not key.endswith(("_initializer", "_regularizer", "_constraint"))
    }
    if layer["class_name"] == "BatchNormalization" and isinstance(config.get("axis"), list):
        config["axis"] = config["axis"][0]
    return {"class_name": layer["class_name"], "config": config}


if __name__ == "__main__":
    compile_folder(Path(sys.argv[1]), 8 if sys.argv[2] == "8" else 32)
