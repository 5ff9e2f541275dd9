"""Load the arrays of an HDF5 file of Keras 1, 2 or 3 into layers, by their names, else in their order.

Knows no configurations; the file has been checked before (keras_files.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .files import BadModel

if TYPE_CHECKING:
    import h5py

Arrays = list[NDArray[Any]]
NOT_WEIGHTS = ("StateVar", "seed_generator_state", "rng_state")  # what random layers remember
FLIPPED = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose")  # by Theano, whose convolutions run backwards


def load_layers(layers: Mapping[str, Any], weights: Path) -> None:
    """Give layers their arrays.

    Args:
        layers: by their names, in the order of the configuration; a network within the network is one layer.
        weights: an HDF5 file of weights, or of a whole network.

    Raises:
        BadModel: they do not fit each other. The sentence is whole.
        KeyError, ValueError: the file is not as Keras writes it.
    """
    import h5py

    with h5py.File(weights, "r") as file:
        group = file.get("model_weights", file)
        saved = _read_groups(group)
        theano = _text(group.attrs.get("backend", file.attrs.get("backend"))) == "theano"
    wanted = {name: weighted for name, layer in layers.items() if (weighted := _list_weights(layer))}
    if not set(wanted) <= set(saved):
        if len(wanted) != len(saved):
            raise BadModel(
                f"{weights.parent.name}/{weights.name} holds the weights of {len(saved)} layers; expected those of "
                f"{len(wanted)}."
            )
        saved = dict(zip(wanted, saved.values(), strict=True))
    for name, variables in wanted.items():
        arrays = _arrange(layers[name], saved[name], [tuple(variable.shape) for variable in variables], theano)
        if [array.shape for array in arrays] != [tuple(variable.shape) for variable in variables]:
            raise BadModel(
                f"{weights.parent.name}/{weights.name} holds {_describe_shapes(arrays)} for the layer {name:.60}; "
                f"expected {_describe_shapes(variables)}."
            )
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
        for layer in layers[name]._flatten_layers():
            if hasattr(layer, "finalize_state"):  # Normalization computes with what it makes of its arrays
                layer.finalize_state()


def _read_groups(group: h5py.Group) -> dict[str, Arrays]:
    """Return the arrays of each layer that has some, by its name, in the order of the file."""
    found = {}
    for name in _read_names(group, "layer_names"):
        named = group[name]
        arrays = [
            np.asarray(named[each])
            for each in _read_names(named, "weight_names")
            if not any(part in each for part in NOT_WEIGHTS)
        ]
        if arrays:
            found[name] = arrays
    return found


def _read_names(group: h5py.Group, field: str) -> list[str]:
    """Return a list of names, which Keras splits into several where it is long."""
    if field in group.attrs:
        return [_text(name) for name in group.attrs[field]]
    parts: list[Any] = []
    while f"{field}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{field}{len(parts)}"])
    return [_text(name) for part in parts for name in part]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _list_weights(layer: Any) -> list[Any]:
    """Return the variables of a layer in the order in which files keep them: those that are trained first."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _arrange(layer: Any, arrays: Arrays, shapes: Sequence[tuple[int, ...]], theano: bool) -> Arrays:
    """Bring arrays of former layers into the form of today's."""
    kind = type(layer).__name__
    if len(arrays) != len(shapes) or not arrays:
        return arrays
    kernel, *others = arrays
    if kind in FLIPPED and kernel.ndim == 4:
        first = kernel.transpose(2, 3, 1, 0)  # Keras 1, dim_ordering "th": filters, channels, rows, columns
        if kernel.shape != shapes[0] and first.shape == shapes[0]:
            return [first[::-1, ::-1], *others]
        if theano:
            return [kernel[::-1, ::-1], *others]
    if kind == "LSTM" and len(arrays) == 3 and arrays[2].shape == (2 * shapes[2][0],):  # CuDNNLSTM has two biases
        half = shapes[2][0]
        return [*arrays[:2], arrays[2][:half] + arrays[2][half:]]
    if kind == "GRU" and len(arrays) == 3 and arrays[2].size == np.prod(shapes[2]):
        return [*arrays[:2], arrays[2].reshape(shapes[2])]
    return arrays


def _describe_shapes(arrays: Sequence[Any]) -> str:
    return ", ".join(str(tuple(array.shape)) for array in arrays) or "nothing"
