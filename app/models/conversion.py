"""Compile what others saved to model.tflite. Runs TensorFlow, in a process of its own (importing.py).

Source -> network of Keras, or function of a SavedModel -> model.tflite, and what is known about the network
"""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .files import COMPILED, MAX_BYTES, NETWORK, WEIGHTS, BadModel, check_json, name_file, open_file, read_file
from .keras_files import (
    check_network,
    check_weights,
    describe_error,
    find_version,
    load_network,
    measure_network,
    read_network,
)
from .saved_models import load_function
from .sources import KERAS_ARCHIVE, KERAS_HDF5, KERAS_JSON, MAX_SOURCE, SAVED_MODEL, TFLITE, Source

if TYPE_CHECKING:
    import h5py
    import keras

UNROLLED = 64  # steps of a recurrent layer, up to which it is compiled without a loop
SIDE = 28  # pixels, of an input that takes pictures of any size
FORMER_GROUP = "_layer_checkpoint_dependencies"
CONFIG, ARCHIVED_WEIGHTS = "config.json", "model.weights.h5"  # within a .keras file


@dataclass(frozen=True)
class Compiled:
    """A compiled network, and what its card says about it."""

    body: bytes  # of model.tflite
    form: str  # in words
    known: dict[str, Any] = field(default_factory=dict)  # fields of the card


def compile_source(source: Source) -> Compiled:
    """Compile a network that others saved.

    Raises:
        BadModel: it carries code, is damaged, or cannot be compiled.
    """
    if source.form == TFLITE:
        return Compiled(read_file(source.folder, source.files[0], MAX_BYTES[COMPILED]), source.form)
    if source.form == SAVED_MODEL:
        return Compiled(_convert_saved_model(source), source.form)
    network, form = load_source(source)
    return Compiled(_convert_keras(name_file(source.folder, source.files[0]), network), form, describe_network(network))


def load_source(source: Source) -> tuple[keras.Model, str]:
    """Return the Keras network that others saved, and its form in words.

    Raises:
        BadModel: it carries code, is damaged, or too large.
    """
    if source.form == KERAS_JSON:
        name, weights = source.files
        config = read_network(source.folder, name)
        check_weights(source.folder, weights)
        version = find_version(config)
        return _load(source, config, source.folder / weights, version), f"Keras {version}, JSON and HDF5"
    if source.form == KERAS_HDF5:
        check_weights(source.folder, source.files[0])
        config, version = _read_hdf5(source)
        return _load(source, config, source.folder / source.files[0], version), f"Keras {version}, HDF5"
    if source.form != KERAS_ARCHIVE:
        raise BadModel(f"{source.title} is no file of Keras.")
    with tempfile.TemporaryDirectory() as folder:
        config = _unpack(source, Path(folder))
        version = find_version(config)
        return _load(source, config, Path(folder) / ARCHIVED_WEIGHTS, version), f"Keras {version}, .keras"


def _load(source: Source, config: dict[str, Any], weights: Path, version: int) -> keras.Model:
    file_name = name_file(source.folder, source.files[0])
    measure_network(file_name, config, version)
    return load_network(file_name, config, weights, version)


def _read_hdf5(source: Source) -> tuple[dict[str, Any], int]:
    """Return the configuration that an HDF5 file holds beside its weights, and the Keras that wrote it.

    Raises:
        BadModel: it holds none.
    """
    import h5py

    name = source.files[0]
    file_name = name_file(source.folder, name)
    with open_file(source.folder, name, MAX_SOURCE) as stream, h5py.File(stream, "r") as file:
        written = _read_text(file, "model_config")
        said = _read_text(file, "keras_version") or (
            _read_text(file["model_weights"], "keras_version") if "model_weights" in file else None
        )
    if written is None:
        raise BadModel(
            f"{file_name} holds weights alone, without the network that they belong to. Put the JSON of "
            "model.to_json() beside it, or save the whole network: model.save()."
        )
    found = check_json(file_name, written.encode("utf-8"))
    config = check_network(file_name, found)
    return config, find_version(config, said)


def _read_text(group: h5py.Group, field_name: str) -> str | None:
    value = group.attrs.get(field_name)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)


def _unpack(source: Source, folder: Path) -> dict[str, Any]:
    """Take the weights out of a .keras file, and return its configuration.

    Raises:
        BadModel: it is damaged, or too large.
    """
    file_name = name_file(source.folder, source.files[0])
    with open_file(source.folder, source.files[0], MAX_SOURCE) as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                written = _read_member(file_name, archive, CONFIG, MAX_BYTES[NETWORK])
                weights = _read_member(file_name, archive, ARCHIVED_WEIGHTS, MAX_BYTES[WEIGHTS])
        except (zipfile.BadZipFile, KeyError, NotImplementedError, OSError, RuntimeError) as error:
            raise BadModel(f"{file_name} is damaged, or not what Keras writes: {describe_error(error)}") from error
    (folder / ARCHIVED_WEIGHTS).write_bytes(weights)
    check_weights(folder, ARCHIVED_WEIGHTS)
    _rename_groups(folder / ARCHIVED_WEIGHTS)
    return check_network(file_name, check_json(file_name, written))


def _rename_groups(weights: Path) -> None:
    """Give the groups of layers the name that they have today; Keras 2.12 called them otherwise."""
    import h5py

    with h5py.File(weights, "r+") as file:
        named: list[str] = []
        file.visit(lambda name: named.append(name) if name.rpartition("/")[2] == FORMER_GROUP else None)
        for name in sorted(named, key=len, reverse=True):  # the inner ones first, whose paths would change
            file.move(name, name.removesuffix(FORMER_GROUP) + "layers")


def _read_member(file_name: str, archive: zipfile.ZipFile, name: str, max_bytes: int) -> bytes:
    """Return a file of an archive, unpacked to at most so many bytes.

    Raises:
        BadModel: it is larger.
        KeyError: it is not there.
    """
    with archive.open(name) as member:
        body = member.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise BadModel(f"{file_name} unpacks to more than {max_bytes:,} bytes ({name}); expected at most those.")
    return body


def describe_network(network: keras.Model) -> dict[str, Any]:
    """Return what a card says of a network: its parameters, and its layers in order."""
    layers = [
        {
            "name": str(layer.name)[:100],
            "type": type(layer).__name__,
            "output_shape": list(layer.output.shape[1:]),
            "parameters": int(layer.count_params()),
        }
        for layer in network.layers
        if not isinstance(layer.output, list | tuple | dict)
    ]
    return {"parameters": int(network.count_params()), "layers": layers}


def _convert_keras(file_name: str, network: keras.Model) -> bytes:
    """Compile a network of Keras.

    Raises:
        BadModel: it cannot be.
    """
    import tensorflow as tf

    if not isinstance(network.input_shape, tuple):
        count = len(network.input_shape)
        raise BadModel(f"{file_name} takes {count} inputs; expected one, a digit.")
    _unroll(network)
    owner = tf.Module()
    owner.values = [variable.value for variable in network.variables]  # the converter saves what its owner holds
    shape = [side or SIDE for side in network.input_shape[1:]]
    failed: Exception | None = None
    for batch in (None, 1):  # what is computed in steps needs to know for how many digits
        signature = tf.TensorSpec((batch, *shape), tf.float32)
        function = tf.function(lambda tensor: network(tensor, training=False), input_signature=[signature])
        try:
            return _convert(file_name, function.get_concrete_function(), owner)
        except BadModel as error:
            failed = error
    raise failed or BadModel(f"{file_name} cannot be compiled.")


def _convert_saved_model(source: Source) -> bytes:
    """Compile a function of a SavedModel; one that computes in steps only for one digit at once.

    Raises:
        BadModel: it cannot be.
    """
    import tensorflow as tf

    file_name = name_file(source.folder, source.files[0])
    function, owner, shape = load_function(source.folder, source.files[0])
    try:
        if None in shape:
            known = [side or SIDE for side in shape]
            sized = tf.function(function, input_signature=[tf.TensorSpec((None, *known), function.inputs[0].dtype)])
            return _convert(file_name, sized.get_concrete_function(), owner)
        return _convert(file_name, function, owner)
    except BadModel:
        function, owner, shape = load_function(source.folder, source.files[0], single=True)
        entry = function.inputs[0]
        known = [side or SIDE for side in shape]
        one = tf.function(function, input_signature=[tf.TensorSpec((1, *known), entry.dtype)])
        return _convert(file_name, one.get_concrete_function(), owner)


def _unroll(network: keras.Model) -> None:
    """Let recurrent layers of few steps be computed without a loop."""
    for outer in network._flatten_layers(include_self=False):
        entry: Any = getattr(outer, "input", None)
        steps = entry.shape[1] if getattr(entry, "shape", None) and len(entry.shape) == 3 else None
        layers: list[Any] = [outer, getattr(outer, "forward_layer", None), getattr(outer, "backward_layer", None)]
        for layer in layers:
            if getattr(layer, "unroll", None) is False and steps and steps <= UNROLLED:
                layer.unroll = True


def _convert(file_name: str, function: Any, owner: Any) -> bytes:
    """Compile a function of TensorFlow with LiteRT's own operations alone.

    Raises:
        BadModel: it needs others.
    """
    import tensorflow as tf

    try:
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], owner)
        body: bytes = converter.convert()
    except Exception as error:  # the converter raises errors of any kind
        if "TensorList" in str(error):
            raise BadModel(
                f"{file_name} computes in steps, as recurrent layers may, in a way that cannot be compiled. "
                "Save the network of Keras as .keras or .h5, and import that."
            ) from error
        raise BadModel(f"{file_name} cannot be compiled: {describe_error(error)}") from error
    return body
