"""Take a compiled network apart, for people who look inside: its layers in order, with their weights.

    model.tflite -> operations from the digit to the probabilities -> layers -> one body: what they are, their weights

It is the file that answers, so what is shown is what answered. Large kernels of 32 bits are sent as 16, all others as
they are. Owns the format of that body. Does not run a network; static/inside/network.js does, on the page.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .card import Card
from .files import COMPILED, BadModel, name_file, read_file
from .keras_files import INPUT, MAX_LAYERS, describe_error

ALIGNMENT = 4  # bytes: every array begins at a multiple of it
MAX_WEIGHTS = 8 * 2**20  # numbers; a page has to take them all: 0.9 million are the most here
# Numbers of a kernel that are sent as 32 bits; more take 16. So LeNet-5 takes 150 kB instead of 250, and probabilities
# differ by 0.0005 at most over 600 digits; with 16 bits for all it was 0.0045
MAX_EXACT = 2**14

# Names of LiteRT's operations and of what a layer ends with, as the page knows them
ENDINGS = {"TANH": "tanh", "LOGISTIC": "sigmoid", "RELU": "relu", "RELU6": "relu6", "SOFTMAX": "softmax"}
FUSED = {"NONE": "linear", "RELU": "relu", "RELU6": "relu6", "TANH": "tanh"}


class Opaque(Exception):
    """A network that cannot be shown layer by layer, with a sentence that says why."""


@dataclass
class Layer:
    """A step from one array of numbers to the next."""

    kind: str  # scale, conv, dense, max, average or mean
    shape: list[int]  # of what it answers for one digit: height, width, maps; or how many numbers
    activation: str = "linear"  # what each number goes through last
    name: str = ""  # as the network's author called it
    facts: dict[str, Any] = field(default_factory=dict)  # strides, padding, size, factor and offset
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)  # kernel, scales and bias


def describe_layers(folder: Path, card: Card) -> bytes:
    """Return the layers of a model folder's compiled file as one body, for the page.

    The body: the length of what follows as uint32; JSON, filled up with spaces; the arrays that it names, in order. All
    numbers are little-endian.

    Raises:
        BadModel: the file is missing or damaged.
        Opaque: it is not the card's, or its layers are not a chain of those that the page can show.
    """
    body = read_file(folder, COMPILED)
    if hashlib.sha256(body).hexdigest() != card["sha256"].get(COMPILED):
        raise Opaque(f"its {COMPILED} is not the one that its card describes")
    layers = read_layers(
        name_file(folder, COMPILED), body, [str(layer.get("name")) for layer in card.get("layers", [])]
    )
    described, arrays, at = [], [], 0
    for layer in layers:
        places = {}
        for name, array in layer.weights.items():
            packed = array.astype("<f2") if array.dtype == np.float32 and array.size > MAX_EXACT else array
            padded = packed.tobytes() + bytes(-packed.nbytes % ALIGNMENT)
            places[name] = {"at": at, "type": packed.dtype.name, "shape": list(packed.shape)}
            arrays.append(padded)
            at += len(padded)
        described.append(
            {"kind": layer.kind, "name": layer.name, "shape": layer.shape, "activation": layer.activation}
            | layer.facts
            | places
        )
    head = json.dumps({"model": folder.name, "classes": card["classes"], "layers": described}).encode()
    head += b" " * (-len(head) % ALIGNMENT)
    return b"".join((struct.pack("<I", len(head)), head, *arrays))


def read_layers(file_name: str, body: bytes, names: list[str]) -> list[Layer]:
    """Return the layers from the digit to the probabilities.

    Args:
        file_name: as a sentence may name it.
        body: of a compiled file.
        names: of the network's layers, as its author called them.

    Raises:
        BadModel: the file is damaged.
        Opaque: the layers are not a chain, or one of a kind that the page does not know.
    """
    try:
        graph = _Graph(body)
        steps = list(_walk_back(graph))[::-1]
        return _to_layers(graph, steps, names)
    except Opaque:
        raise
    except Exception as error:  # a damaged file leads anywhere
        raise BadModel(f"{file_name} is damaged ({describe_error(error)})") from error


@dataclass(frozen=True)
class _Step:
    """An operation of a compiled file, with the array that it works on."""

    operation: str
    options: Any
    source: int  # the tensor that depends on the digit
    constants: list[int]
    target: int


class _Graph:
    """A compiled file, as its schema has it."""

    def __init__(self, body: bytes) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self.schema = schema
        self._model = schema.Model.GetRootAs(body, 0)
        self._graph = self._model.Subgraphs(0)
        self._names = {number: name for name, number in vars(schema.BuiltinOperator).items() if name[0] != "_"}
        self.made = {
            int(self._graph.Operators(place).Outputs(0)): place for place in range(self._graph.OperatorsLength())
        }
        self.input = int(self._graph.Inputs(0))

    def outputs(self) -> list[int]:
        return [int(self._graph.Outputs(place)) for place in range(self._graph.OutputsLength())]

    def shape(self, tensor: int) -> list[int]:
        return [
            int(self._graph.Tensors(tensor).Shape(axis)) for axis in range(self._graph.Tensors(tensor).ShapeLength())
        ]

    def tensor_name(self, tensor: int) -> str:
        return str(self._graph.Tensors(tensor).Name().decode("utf-8", "replace"))

    def constant(self, tensor: int) -> NDArray[Any] | None:
        """Return the numbers of a tensor that the file holds; None where they are computed."""
        entry = self._graph.Tensors(tensor)
        buffer = self._model.Buffers(entry.Buffer())
        kinds = {
            self.schema.TensorType.FLOAT32: "<f4",
            self.schema.TensorType.INT8: "<i1",
            self.schema.TensorType.INT32: "<i4",
        }
        if not buffer.DataLength() or entry.Type() not in kinds:
            return None
        return np.frombuffer(buffer.DataAsNumpy().tobytes(), kinds[entry.Type()]).reshape(self.shape(tensor))

    def scales(self, tensor: int) -> NDArray[np.float32] | None:
        """Return what a unit of rounded weights is worth, for each output; None where they are not rounded."""
        quantization = self._graph.Tensors(tensor).Quantization()
        if quantization is None or not quantization.ScaleLength():
            return None
        if np.any(quantization.ZeroPointAsNumpy()):
            raise Opaque("its weights are rounded about another number than 0")
        return np.asarray(quantization.ScaleAsNumpy(), "<f4")

    def step(self, tensor: int) -> _Step:
        """Return the operation that makes a tensor."""
        operator = self._graph.Operators(self.made[tensor])
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        operation = self._names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs = [int(operator.Inputs(place)) for place in range(operator.InputsLength())]
        if operation == "RESHAPE":  # the second says the shape, and may be computed from the first
            inputs = inputs[:1]
        sources = [one for one in inputs if one == self.input or one in self.made]
        if len(sources) != 1:
            raise Opaque("its layers are not a chain")
        constants = [one for one in inputs if one not in sources and one >= 0]
        return _Step(operation, self._options(operator), sources[0], constants, tensor)

    def _options(self, operator: Any) -> Any:
        kinds = {number: name for name, number in vars(self.schema.BuiltinOptions).items() if name[0] != "_"}
        table, kind = operator.BuiltinOptions(), getattr(self.schema, kinds[operator.BuiltinOptionsType()], None)
        if table is None or kind is None:
            return None
        options = kind()
        options.Init(table.Bytes, table.Pos)
        return options


def _walk_back(graph: _Graph) -> Iterator[_Step]:
    """Yield the operations from the probabilities back to the digit."""
    tensor = next((one for one in graph.outputs() if graph.step(one).operation == "SOFTMAX"), None)
    if tensor is None:
        raise Opaque("it does not end in probabilities")
    for _ in range(MAX_LAYERS):
        if tensor == graph.input:
            return
        step = graph.step(tensor)
        yield step
        tensor = step.source
    raise Opaque(f"it has more than {MAX_LAYERS} operations")  # or one that works on its own answer


def _to_layers(graph: _Graph, steps: list[_Step], names: list[str]) -> list[Layer]:
    """Make layers of operations: what only ends a layer belongs to it, and what changes no number is left out."""
    if tuple(graph.shape(graph.input)[1:]) != INPUT:
        raise Opaque(f"it takes {graph.shape(graph.input)[1:]}")
    layers: list[Layer] = []
    for step in steps:
        shape = graph.shape(step.target)[1:]
        if step.operation == "RESHAPE":
            continue
        if step.operation in ENDINGS and layers and layers[-1].activation == "linear":
            layers[-1].activation = ENDINGS[step.operation]
        elif step.operation in ("MUL", "ADD") and all(layer.kind == "scale" for layer in layers):
            _add_scale(graph, layers, step, shape)
        else:
            layers.append(_to_layer(graph, step, shape))
        layers[-1].name = _find_name(graph.tensor_name(step.target), names) or layers[-1].name
    if sum(array.size for layer in layers for array in layer.weights.values()) > MAX_WEIGHTS:
        raise Opaque(f"it has more than {MAX_WEIGHTS:,} weights")
    return layers


def _add_scale(graph: _Graph, layers: list[Layer], step: _Step, shape: list[int]) -> None:
    """Let the digit's own numbers be multiplied or shifted before the first layer."""
    number = graph.constant(step.constants[0])
    if number is None or number.size != 1:
        raise Opaque("its first numbers are changed one by one")
    if not layers:
        layers.append(Layer("scale", shape, facts={"factor": 1.0, "offset": 0.0}))
    facts, value = layers[0].facts, float(number.reshape(-1)[0])
    if step.operation == "MUL":
        facts.update(factor=facts["factor"] * value, offset=facts["offset"] * value)
    else:
        facts["offset"] += value


def _to_layer(graph: _Graph, step: _Step, shape: list[int]) -> Layer:
    options, schema = step.options, graph.schema
    fused = {number: name for name, number in vars(schema.ActivationFunctionType).items() if name[0] != "_"}
    ending = fused[options.FusedActivationFunction()] if hasattr(options, "FusedActivationFunction") else "NONE"
    if ending not in FUSED:
        raise Opaque(f"a layer ends in {ending.lower()}")
    layer = Layer("", shape, FUSED[ending])
    if hasattr(options, "StrideH"):
        layer.facts["strides"] = [options.StrideH(), options.StrideW()]
        layer.facts["padding"] = "same" if options.Padding() == schema.Padding.SAME else "valid"
    if step.operation in ("CONV_2D", "FULLY_CONNECTED"):
        layer.kind = "conv" if step.operation == "CONV_2D" else "dense"
        layer.weights = _read_weights(graph, step)
        if layer.kind == "conv" and (options.DilationHFactor(), options.DilationWFactor()) != (1, 1):
            raise Opaque("a kernel has gaps")
    elif step.operation in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        layer.kind = "max" if step.operation == "MAX_POOL_2D" else "average"
        layer.facts["size"] = [options.FilterHeight(), options.FilterWidth()]
    elif step.operation == "MEAN" and len(shape) == 1:
        layer.kind = "mean"
    else:
        raise Opaque(f"it has a layer of another kind ({step.operation.lower()})")
    return layer


def _read_weights(graph: _Graph, step: _Step) -> dict[str, NDArray[Any]]:
    """Return the kernel of a layer (outputs, ..., inputs), its bias, and what a unit is worth where it is rounded."""
    kernel = graph.constant(step.constants[0])
    if kernel is None:
        raise Opaque("the weights of a layer are computed")
    scales = graph.scales(step.constants[0]) if kernel.dtype == np.int8 else None
    if kernel.dtype == np.int8 and (scales is None or scales.size not in (1, len(kernel))):
        raise Opaque("its weights are rounded in another way than by output")
    bias = graph.constant(step.constants[1]) if len(step.constants) > 1 else None
    weights = {"kernel": kernel, "bias": np.zeros(len(kernel), "<f4") if bias is None else bias.reshape(-1)}
    return weights if scales is None else weights | {"scales": np.broadcast_to(scales, len(kernel)).copy()}


def _find_name(tensor: str, names: list[str]) -> str:
    """Return how the author called the layer that made a tensor, where the compiler kept it."""
    parts = [part.rsplit("_", 1)[0] for path in tensor.split(";") for part in path.split("/")]
    return next((part for part in parts if part in names), "")
