"""Build a Keras network from model.json and model.h5: data only, of a bounded size.

    model.json -> configuration, of known layers -> its size, before anything is allocated -> network <- model.h5

A configuration may name what Python would import and call, and weights may name other files: both are refused.
Knows neither cards nor compiled files.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .files import NETWORK, WEIGHTS, BadModel, name_file, open_file, read_json, walk

if TYPE_CHECKING:
    import h5py
    import keras

INPUT = (28, 28, 1)  # shape of a digit
MAX_LAYERS = 500  # ResNet-50 has 175, DenseNet-121 427
MAX_PARAMETERS = 32_000_000  # 128 MB as float32; ResNet-50 has 26 million
MAX_OUTPUT = 2**20  # numbers that a layer answers for one digit
MAX_WORK = 10**9  # multiplications for one digit, about a second of one core; the largest network here takes 60 million
MAX_WEIGHT_BYTES = 16 * MAX_PARAMETERS  # of all arrays in model.h5, which may hold what an optimizer remembers
MAX_WEIGHT_OBJECTS = 20_000  # groups and arrays in model.h5

# Those that compute with numbers. Not among them: what carries code (Lambda, JaxLayer, FlaxLayer, TorchModuleWrapper)
# and what reads files (TFSMLayer, TextVectorization, StringLookup, IntegerLookup).
LAYER_NAMES = """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average AveragePooling1D
    AveragePooling2D AveragePooling3D BatchNormalization Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D
    Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D Cropping1D Cropping2D Cropping3D
    Dense DepthwiseConv1D DepthwiseConv2D Discretization Dot Dropout ELU EinsumDense Embedding Flatten GRU GRUCell
    GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization GroupQueryAttention Identity InputLayer
    LSTM LSTMCell LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum
    MultiHeadAttention Multiply Normalization PReLU Permute RMSNormalization RNN RandomBrightness RandomContrast
    RandomCrop RandomFlip RandomRotation RandomTranslation RandomZoom ReLU RepeatVector Rescaling Reshape Resizing
    SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D
    SpectralNormalization StackedRNNCells Subtract TimeDistributed UnitNormalization UpSampling1D UpSampling2D
    UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
"""
LAYERS = frozenset(LAYER_NAMES.split())
NETWORKS = frozenset(("Sequential", "Functional", "Model"))
VALUE_NAMES = "__keras_tensor__ __numpy__ __tensor__ __ellipsis__ slice DTypePolicy FloatDTypePolicy"
VALUES = frozenset(VALUE_NAMES.split())
# Classes in these set values and sizes; they are called by name, and none of them opens or runs anything.
PARTS = frozenset(f"keras.{module}" for module in ("constraints", "dtype_policies", "initializers", "regularizers"))
PLACES = frozenset(
    ("keras", "builtins", "keras.layers", "keras.models", "keras.src.models.functional", "keras.src.models.sequential")
)
ACTIVATION_NAMES = """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid
    sparsemax squareplus swish tanh tanh_shrink threshold
"""
ACTIVATIONS = frozenset(ACTIVATION_NAMES.split())


def read_network(folder: Path) -> dict[str, Any]:
    """Read model.json as the configuration of a Keras 3 network; also as Keras 2 and older tutorials wrote it.

    How it was to be trained is left out: to answer needs no optimizer.

    Raises:
        BadModel: not such a configuration, one with code in it (a Lambda, a custom class), or too large.
    """
    file_name = name_file(folder, NETWORK)
    config: dict[str, Any] = read_json(folder, NETWORK)
    if not isinstance(config, dict) or "class_name" not in config or "config" not in config:
        raise BadModel(f"{file_name} is not a Keras network: expected the object that model.to_json() writes.")
    if "module" not in config:
        try:
            config = _from_keras2(file_name, config)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise BadModel(f"{file_name} is not a Keras network: a layer is not described as Keras 2 does.") from error
    layers = 0
    for item, _ in walk(config):
        if isinstance(item, dict):
            item.pop("compile_config", None)
    for item, _ in walk(config):
        if isinstance(item, dict) and "class_name" in item:
            _check_class(file_name, item)
            layers += item["class_name"] in LAYERS
    if layers > MAX_LAYERS:
        raise BadModel(f"{file_name} has {layers:,} layers; expected at most {MAX_LAYERS}.")
    return config


def _check_class(file_name: str, item: dict[str, Any]) -> None:
    """See that what a configuration names is a layer or a part of one.

    Raises:
        BadModel: it is something else.
    """
    kind, module = str(item["class_name"]), str(item.get("module") or "keras")
    if kind == "function":
        known = module in (*PLACES, "keras.activations") and str(item.get("config")) in ACTIVATIONS
    elif module in PARTS or module.rpartition(".")[0] in PARTS:
        known = kind.isidentifier()
    else:
        known = module in PLACES and kind in LAYERS | NETWORKS | VALUES
    if not known or "Lambda" in kind:
        raise BadModel(
            f"{file_name} carries code or reads files ({module:.60}.{kind:.60}), which is never done. "
            "Use Keras layers that compute only."
        )


def load_keras(folder: Path) -> keras.Model:
    """Build the network of model.json and load the weights of model.h5 into it, in Keras 3 or Keras 2 format.

    Raises:
        BadModel: the two files do not fit each other, or one is damaged.
    """
    import keras

    config = read_network(folder)
    check_weights(folder)
    try:
        model = keras.models.model_from_json(json.dumps(config))
        model.load_weights(folder / WEIGHTS)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadModel(
            f"{folder.name} cannot be loaded: {describe_error(error)} Train it again or restore it."
        ) from error
    return model


def describe_error(error: BaseException) -> str:
    """Return the first line of what a library says of a file, as the beginning of a sentence."""
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
    return first if first.endswith(".") else f"{first}."


def check_size(folder: Path) -> None:
    """See how large a network is before it is built: its variables have shapes, and no values yet.

    Raises:
        BadModel: it takes other digits than ours, is too large, or cannot be built.
    """
    import keras
    from keras.src.backend.common import global_state

    config = read_network(folder)
    file_name = name_file(folder, NETWORK)
    try:
        with keras.StatelessScope(initialize_variables=False):
            network = keras.models.model_from_json(json.dumps(config))
            shape = tuple(network.input_shape[1:]) if isinstance(network.input_shape, tuple) else network.input_shape
            sizes = [_measure(layer) for layer in _list_layers(network)]
            parameters = sum(math.prod(variable.shape) for variable in network.variables)
    except Exception as error:  # Keras raises errors of any kind for a damaged configuration
        raise BadModel(f"{file_name} cannot be built: {describe_error(error)} Restore the file.") from error
    finally:
        global_state.set_global_attribute("uninitialized_variables", [])
    if shape != INPUT:
        raise BadModel(f"{file_name} takes {shape}; expected {INPUT}, a digit.")
    largest, work = max(output for output, _ in sizes), sum(work for _, work in sizes)
    for found, high, what in (
        (parameters, MAX_PARAMETERS, "parameters"),
        (largest, MAX_OUTPUT, "numbers in one layer"),
        (work, MAX_WORK, "multiplications a digit"),
    ):
        if found > high:
            raise BadModel(f"{file_name} is too large to be served: {found:,} {what}; expected at most {high:,}.")


def _list_layers(network: Any) -> list[Any]:
    return list(network._flatten_layers(include_self=False))


def _measure(layer: Any) -> tuple[int, int]:
    """Return how many numbers a layer answers for a digit at most, and about how often it multiplies."""
    shapes = [tensor.shape[1:] for node in layer._inbound_nodes for tensor in node.output_tensors]
    outputs = [(math.prod(size or 1 for size in shape), (shape or (1,))[-1] or 1) for shape in shapes]
    own = 0 if hasattr(layer, "layers") else sum(math.prod(variable.shape) for variable in layer.variables)
    work = max((own * (output // max(channels, 1)) for output, channels in outputs), default=own)
    return max((output for output, _ in outputs), default=0), work


def check_weights(folder: Path) -> None:
    """See that model.h5 holds arrays of numbers, of a bounded size, and leads to no other file.

    Raises:
        BadModel: it does not.
    """
    import h5py

    file_name = name_file(folder, WEIGHTS)
    with open_file(folder, WEIGHTS) as stream:
        try:
            with h5py.File(stream, "r") as file:
                found = _check_group(file_name, file)
        except BadModel:
            raise
        except Exception as error:  # HDF5 raises errors of any kind for a damaged file
            raise BadModel(f"{folder.name} cannot be loaded: {WEIGHTS} is damaged ({describe_error(error)})") from error
    if found > MAX_WEIGHT_BYTES:
        raise BadModel(f"{file_name} holds {found:,} bytes of numbers; expected at most {MAX_WEIGHT_BYTES:,}.")


def _check_group(file_name: str, file: h5py.File) -> int:
    """Return how many bytes the arrays of a file have, unpacked."""
    import h5py

    waiting: list[Any] = [file]
    seen: set[int] = set()
    total = 0
    while waiting:
        item = waiting.pop()
        address = h5py.h5o.get_info(item.id).addr
        if address in seen:
            continue
        seen.add(address)
        if len(seen) > MAX_WEIGHT_OBJECTS:
            raise BadModel(f"{file_name} holds more than {MAX_WEIGHT_OBJECTS:,} groups and arrays.")
        if isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                raise BadModel(f"{file_name} keeps an array in another file. Save the model again.")
            if item.dtype.hasobject:
                raise BadModel(f"{file_name} holds {item.dtype} where numbers were expected. Save the model again.")
            total += max(math.prod(item.shape or ()), math.prod(item.chunks or ())) * item.dtype.itemsize
        elif isinstance(item, h5py.Group):
            if any(not isinstance(item.get(name, getlink=True), h5py.HardLink) for name in item):
                raise BadModel(f"{file_name} holds a link to somewhere else. Save the model again.")
            waiting += [item[name] for name in item]
    return total


def _from_keras2(file_name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Turn the configuration of a Keras 2 Sequential network into one that Keras 3 reads.

    Raises:
        BadModel: the network is not Sequential, or carries code.
    """
    if config["class_name"] != "Sequential":
        kind = str(config["class_name"])[:60]
        raise BadModel(
            f"{file_name} is a {kind} network in Keras 2 format, which cannot be read. Save it with Keras 3."
        )
    former = config["config"]
    layers = former["layers"] if isinstance(former, dict) else former  # before Keras 2.2.3 a bare list
    for layer in layers:
        _check_class(file_name, layer)
    shape = next(
        (layer["config"]["batch_input_shape"] for layer in layers if "batch_input_shape" in layer["config"]),
        None,
    )
    if shape is None:
        raise BadModel(f"{file_name} in Keras 2 format does not say the shape of its input. Save it with Keras 3.")
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
