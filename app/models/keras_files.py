"""Build a Keras network from model.json and model.h5: data only, of a bounded size.

    model.json -> configuration, of known layers -> its size, before anything is allocated -> network <- model.h5

A configuration may name what Python would import and call, and weights may name other files: both are refused.
Knows neither cards nor compiled files.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .files import MAX_BYTES, NETWORK, WEIGHTS, BadModel, name_file, open_file, read_json, walk
from .former_keras import FORMER_LAYERS, FUNCTIONS, OPERATIONS, Former
from .former_weights import load_layers

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
PLACE_NAMES = """
    builtins keras keras.engine.functional keras.engine.sequential keras.engine.training keras.layers keras.models
    keras.src.engine.functional keras.src.engine.sequential keras.src.engine.training keras.src.models.functional
    keras.src.models.sequential
"""
PLACES = frozenset(PLACE_NAMES.split())
OTHER_NAMES = re.compile(r"^(tf_keras|tensorflow\.python\.keras|tensorflow\.keras)(?=\.|$)")  # under which Keras 2 came
OPERATION_PLACES = frozenset(("keras.src.ops.numpy", "keras.src.ops.nn", "keras.src.ops.core"))
# Functions of Keras 3 that compute, besides those that former_keras.py knows
FUNCTION_NAMES = """
    Absolute Cast Clip Concatenate Exp ExpandDims Flatten GetItem LogSoftmax Max Maximum Mean Min Minimum Moveaxis
    Negative Pad Power Reshape Sqrt Square Squeeze Stack Sum Tanh Transpose
"""
COMPUTING = frozenset(FUNCTION_NAMES.split())
# Fields of former layers that answers do not depend on: they name classes of any kind
ONLY_TRAINS = ("_initializer", "_regularizer", "_constraint")
ACTIVATION_NAMES = """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid
    sparsemax squareplus swish tanh tanh_shrink threshold
"""
ACTIVATIONS = frozenset(ACTIVATION_NAMES.split())


def read_network(folder: Path, name: str = NETWORK) -> dict[str, Any]:
    """Read a network's configuration as Keras 1, 2 or 3 wrote it, without what only trains.

    Raises:
        BadModel: not such a configuration, one with code in it (a Lambda, a custom class), or too large.
    """
    return check_network(name_file(folder, name), read_json(folder, name))


def check_network(file_name: str, config: Any) -> dict[str, Any]:
    """See that a configuration names only layers that compute, and return it without what only trains.

    Raises:
        BadModel: it does not. The sentence begins with the file's name.
    """
    if isinstance(config, dict) and "modelTopology" in config:
        raise BadModel(
            f"{file_name} is a network of TensorFlow.js. Convert it with tensorflowjs_converter to a Keras file."
        )
    if not isinstance(config, dict) or "class_name" not in config or "config" not in config:
        raise BadModel(f"{file_name} is not a Keras network: expected the object that model.to_json() writes.")
    former, layers = is_former(config), 0
    for item, _ in walk(config):
        if isinstance(item, dict):
            for key in [key for key in item if key == "compile_config" or (former and _is_left_out(key, item[key]))]:
                del item[key]
            if item.get("class_name") == "DTypePolicy" and isinstance(item.get("config"), dict):
                item["config"]["name"] = "float32"  # what was trained in half precision is computed in this, too
    for item, _ in walk(config):
        if isinstance(item, dict) and "class_name" in item:
            _check_class(file_name, item)
            layers += item["class_name"] in LAYERS
    if layers > MAX_LAYERS:
        raise BadModel(f"{file_name} has {layers:,} layers; expected at most {MAX_LAYERS}.")
    return config


def _is_left_out(key: str, value: Any) -> bool:
    return key.endswith(ONLY_TRAINS) or (key == "dtype" and isinstance(value, dict))  # all is computed in float32


def is_former(config: dict[str, Any]) -> bool:
    """Say whether a configuration is for former_keras.py to build: not Keras 3's own form, or channels first."""
    return "module" not in config or any(
        isinstance(item, dict)
        and (
            "batch_input_shape" in item
            or item.get("data_format") == "channels_first"
            or OTHER_NAMES.match(str(item.get("module")))
        )
        for item, _ in walk(config)
    )


def find_version(config: dict[str, Any], said: object = None) -> int:
    """Return the first number of the Keras that wrote a configuration.

    Args:
        config: the configuration.
        said: what its file says, such as "2.2.4-tf".
    """
    said = said or config.get("keras_version")
    if isinstance(said, str) and said[:1].isdecimal():
        return int(said[0])
    names = {key for item, _ in walk(config) if isinstance(item, dict) for key in item}
    if "batch_shape" in names:
        return 3
    return 1 if names & {"nb_filter", "output_dim"} else 2


def build_network(file_name: str, config: dict[str, Any], version: int | None = None) -> keras.Model:
    """Build the network of a checked configuration, without its weights.

    Raises:
        BadModel: it cannot be built.
    """
    return build_layers(file_name, config, version)[0]


def build_layers(
    file_name: str, config: dict[str, Any], version: int | None = None
) -> tuple[keras.Model, dict[str, Any] | None]:
    """Build a network; return it and its layers by their names in the configuration, where it is a former one.

    Raises:
        BadModel: it cannot be built.
    """
    import keras

    if not is_former(config):
        return keras.models.model_from_json(json.dumps(config)), None
    try:
        former = Former(config, find_version(config) if version is None else version)
    except BadModel as error:
        raise BadModel(f"{file_name} {error}.") from error
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadModel(f"{file_name} is not a Keras network: a layer is not described as Keras does.") from error
    return former.model, former.layers


def _check_class(file_name: str, item: dict[str, Any]) -> None:
    """See that what a configuration names is a layer or a part of one.

    Raises:
        BadModel: it is something else.
    """
    kind, module = str(item["class_name"]), OTHER_NAMES.sub("keras", str(item.get("module") or "keras"))
    if kind == "function":
        known = module in (*PLACES, "keras.activations") and str(item.get("config")).removesuffix("_v2") in ACTIVATIONS
    elif kind == "TFOpLambda":  # the name of a function of TensorFlow, and what it is given
        config = item.get("config")
        name = str(config.get("function")) if isinstance(config, dict) else ""
        known = bool(FUNCTIONS.fullmatch(name)) and name.rpartition(".")[2] in OPERATIONS
    elif module in OPERATION_PLACES:
        known = kind in OPERATIONS or kind in COMPUTING
    elif module in PARTS or module.rpartition(".")[0] in PARTS:
        known = kind.isidentifier() and "Lambda" not in kind
    else:
        known = module in PLACES and kind in LAYERS | NETWORKS | VALUES | FORMER_LAYERS | OPERATIONS.keys()
    if not known:
        raise BadModel(
            f"{file_name} carries code or reads files ({module:.60}.{kind:.60}), which is never done. "
            "Use Keras layers that compute only."
        )


def load_keras(folder: Path) -> keras.Model:
    """Build the network of model.json and load the weights of model.h5 into it, in Keras 3 or Keras 2 format.

    Raises:
        BadModel: the two files do not fit each other, or one is damaged.
    """
    config = read_network(folder)
    check_weights(folder)
    return load_network(name_file(folder, NETWORK), config, folder / WEIGHTS)


def load_network(file_name: str, config: dict[str, Any], weights: Path, version: int | None = None) -> keras.Model:
    """Build the network of a checked configuration and load checked weights into it.

    Raises:
        BadModel: they do not fit each other, or one is damaged.
    """
    try:
        model, layers = build_layers(file_name, config, version)
        if layers is None or weights.name.endswith(".weights.h5"):
            model.load_weights(weights)
        else:
            load_layers(layers, weights)
    except BadModel:
        raise
    except (OSError, ValueError, TypeError, KeyError) as error:
        folder = file_name.partition("/")[0]
        raise BadModel(f"{folder} cannot be loaded: {describe_error(error)} Train it again or restore it.") from error
    return model


def describe_error(error: BaseException) -> str:
    """Return the first line of what a library says of a file, as the beginning of a sentence."""
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
    return first if first.endswith(".") else f"{first}."


def check_size(folder: Path) -> None:
    """See how large the network of model.json is before it is built, and that it takes our digits.

    Raises:
        BadModel: it takes other digits than ours, is too large, or cannot be built.
    """
    file_name = name_file(folder, NETWORK)
    shape = measure_network(file_name, read_network(folder))
    if shape != INPUT:
        raise BadModel(f"{file_name} takes {shape}; expected {INPUT}, a digit.")


def measure_network(file_name: str, config: dict[str, Any], version: int | None = None) -> Any:
    """See how large a network is before it is built: its variables have shapes, and no values yet.

    Returns:
        The shape of its input, for one digit.

    Raises:
        BadModel: it is too large, or cannot be built.
    """
    import keras
    from keras.src.backend.common import global_state

    try:
        with keras.StatelessScope(initialize_variables=False):
            network = build_network(file_name, config, version)
            shape = tuple(network.input_shape[1:]) if isinstance(network.input_shape, tuple) else network.input_shape
            sizes = [_measure(layer) for layer in _list_layers(network)]
            parameters = sum(math.prod(variable.shape) for variable in network.variables)
    except BadModel:
        raise
    except Exception as error:  # Keras raises errors of any kind for a damaged configuration
        raise BadModel(f"{file_name} cannot be built: {describe_error(error)} Restore the file.") from error
    finally:
        global_state.set_global_attribute("uninitialized_variables", [])
    largest, work = max(output for output, _ in sizes), sum(work for _, work in sizes)
    for found, high, what in (
        (parameters, MAX_PARAMETERS, "parameters"),
        (largest, MAX_OUTPUT, "numbers in one layer"),
        (work, MAX_WORK, "multiplications a digit"),
    ):
        if found > high:
            raise BadModel(f"{file_name} is too large to be served: {found:,} {what}; expected at most {high:,}.")
    return shape


def _list_layers(network: Any) -> list[Any]:
    return list(network._flatten_layers(include_self=False))


def _measure(layer: Any) -> tuple[int, int]:
    """Return how many numbers a layer answers for a digit at most, and about how often it multiplies."""
    shapes = [tensor.shape[1:] for node in layer._inbound_nodes for tensor in node.output_tensors]
    outputs = [(math.prod(size or 1 for size in shape), (shape or (1,))[-1] or 1) for shape in shapes]
    own = 0 if hasattr(layer, "layers") else sum(math.prod(variable.shape) for variable in layer.variables)
    work = max((own * (output // max(channels, 1)) for output, channels in outputs), default=own)
    return max((output for output, _ in outputs), default=0), work


def check_weights(folder: Path, name: str = WEIGHTS) -> None:
    """See that an HDF5 file holds arrays of numbers, of a bounded size, and leads to no other file.

    Raises:
        BadModel: it does not.
    """
    import h5py

    file_name = name_file(folder, name)
    with open_file(folder, name, MAX_BYTES[WEIGHTS]) as stream:
        try:
            with h5py.File(stream, "r") as file:
                found = _check_group(file_name, file)
        except BadModel:
            raise
        except Exception as error:  # HDF5 raises errors of any kind for a damaged file
            raise BadModel(f"{folder.name} cannot be loaded: {name} is damaged ({describe_error(error)})") from error
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
