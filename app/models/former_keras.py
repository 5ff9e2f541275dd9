"""Build with Keras 3 what Keras 1 and 2 described: layers by their former names, channels first, calls as nodes.

    configuration -> layers, each of today's classes -> called as they were -> network

Only Keras's own layers are made, after keras_files.py has checked their names. What only trains (dropout, noise,
augmentation, initializers) is left out. Knows no files.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .files import BadModel, walk

if TYPE_CHECKING:
    import keras

Config = dict[str, Any]

RENAMED = {  # classes
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "ThresholdedReLU": "ReLU",
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
}
NETWORK_KINDS = frozenset(("Sequential", "Functional", "Model"))
FORMER_LAYERS = frozenset((*RENAMED, "RandomHeight", "RandomWidth"))
FIELDS = {  # of any class, by their names in Keras 1 and 2
    "output_dim": "units",
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "pool_length": "pool_size",
    "stride": "strides",
    "bias": "use_bias",
    "p": "rate",
    "inner_activation": "recurrent_activation",
    "dim_ordering": "data_format",
}
FORMATS = {"th": "channels_first", "tf": "channels_last"}
IDLE_NAMES = """
    ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise RandomBrightness RandomContrast RandomFlip
    RandomHeight RandomRotation RandomTranslation RandomWidth RandomZoom SpatialDropout1D SpatialDropout2D
    SpatialDropout3D
"""
IDLE = frozenset(IDLE_NAMES.split())  # while answering
ON_CHANNELS = ("Conv", "Pooling", "Padding", "Cropping", "UpSampling", "SeparableConv", "DepthwiseConv")
OPERATIONS = {  # TensorFlow functions of Keras 2, by their last name, and classes of Keras 3: functions of keras.ops
    **{"truediv": "divide", "divide": "divide", "multiply": "multiply", "mul": "multiply", "add": "add"},
    **{"subtract": "subtract", "sub": "subtract", "relu": "relu", "softmax": "softmax", "sigmoid": "sigmoid"},
    **{"TrueDivide": "divide", "Divide": "divide", "Multiply": "multiply", "Add": "add", "Subtract": "subtract"},
    **{"Relu": "relu", "Softmax": "softmax", "Sigmoid": "sigmoid"},
    **{"cast": "cast", "expand_dims": "expand_dims", "reshape": "reshape", "concat": "concat"},
}
SHAPING = ("cast", "expand_dims", "reshape", "concat")
MERGING = {"add": "Add", "subtract": "Subtract", "multiply": "Multiply"}
FUNCTIONS = re.compile(r"((math|nn|__operators__)\.)?[a-z_]+")
IMAGE, ROWS = (28, 28, 1), (28, 28)
DEFAULT_INPUTS: dict[str, tuple[int | None, ...]] = {  # of a network that does not say it, by its first layer
    **dict.fromkeys(("Conv2D", "Convolution2D", "Flatten", "Rescaling"), IMAGE),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "Bidirectional"), ROWS),
    "Dense": (784,),
}


class Former:
    """A network as it is built: its layers by name, in the order of the configuration."""

    def __init__(self, config: Config, version: int, name: str = "network") -> None:
        """Build it.

        Args:
            config: as to_json() of Keras 1, 2 or 3 describes a network, or its HDF5 files do.
            version: of the Keras that wrote it, its first number.
            name: for a network that has none.

        Raises:
            BadModel: something in it has no counterpart today. The sentence has no subject.
        """
        self.layers: dict[str, Any] = {}
        self.version = version
        kind, details = config["class_name"], config["config"]
        self.name = (details.get("name") if isinstance(details, dict) else None) or name
        build = self._build_sequential if kind == "Sequential" else self._build_functional
        self.model: keras.Model = build(details)

    def _build_sequential(self, details: Any) -> keras.Model:
        import keras

        items = details["layers"] if isinstance(details, dict) else details  # before Keras 2.2.3 a bare list
        entry = tensor = keras.Input(find_input(details, items))
        layers = []
        for number, item in enumerate(items):
            if item["class_name"] != "InputLayer":
                named = isinstance(item["config"], dict) and item["config"].get("name")
                layers.append(self._make(item, named or f"layer_{number}"))
        if not any(isinstance(layer, Operation) or getattr(layer, "channels_first", False) for layer in layers):
            return keras.Sequential([entry, *layers], name=_plain(self.name))  # by this name .keras files know it
        for layer in layers:
            tensor = self._call(layer, [tensor], {})
        return keras.Model(entry, tensor, name=_plain(self.name))

    def _build_functional(self, details: Config) -> keras.Model:
        import keras

        results = Results(details)
        calls: list[tuple[str, Any, Any]] = []
        for item in details["layers"]:
            name = item.get("name") or item["config"]["name"]
            layer = self._make(item, name)
            if item["class_name"] == "InputLayer":
                results.add(name, layer)
            calls += [(name, layer, node) for node in item.get("inbound_nodes", ())]
        while calls:
            waiting = []
            for name, layer, node in calls:
                try:
                    arguments, others = results.resolve(node)
                except Missing:
                    waiting.append((name, layer, node))
                else:
                    results.add(name, self._call(layer, arguments, others))
            if len(waiting) == len(calls):
                raise BadModel(f"calls {waiting[0][0]} with what no layer gives; expected a network without gaps")
            calls = waiting
        try:
            inputs, outputs = (
                [results.pick(reference) for reference in _list_references(details[field])]
                for field in ("input_layers", "output_layers")
            )
        except Missing as error:
            raise BadModel("names an input or an output that no layer gives") from error
        return keras.Model(_single(inputs), _single(outputs), name=_plain(self.name))

    def _make(self, item: Config, name: str) -> Any:
        """Make a layer, a network within the network, or an input."""
        import keras

        kind = item["class_name"]
        if kind in NETWORK_KINDS:
            layer: Any = Former(item, self.version, name).model
        elif kind == "InputLayer":
            shape = item["config"].get("batch_input_shape") or item["config"].get("batch_shape")
            return keras.Input(tuple(shape[1:]), name=_plain(name))
        else:
            layer = make_layer(item, self.version)
        if not isinstance(layer, Operation):
            self.layers[name] = layer
        return layer

    @staticmethod
    def _call(layer: Any, arguments: list[Any], others: Config) -> Any:
        """Call a layer; one that takes its channels first is given them last, since nothing else runs everywhere."""
        import keras

        kind = type(layer).__name__
        if not isinstance(layer, Operation) and len(arguments) > 1 and kind in OPERATIONS:
            return Operation(kind, layer.name)(
                *arguments
            )  # x + y, which HDF5 files of Keras 3 call as the layer is called
        tensor: Any = arguments[0] if arguments else None
        if not getattr(layer, "channels_first", False):
            return layer(*arguments, **others)
        axes = list(range(1, len(tensor.shape)))
        answer = layer(keras.layers.Permute((*axes[1:], 1))(tensor))
        if len(answer.shape) < len(tensor.shape):
            return answer
        return keras.layers.Permute((axes[-1], *axes[:-1]))(answer)


class Missing(Exception):
    """A call takes what has not been computed yet."""


class Results:
    """What the layers of a network have given so far, by the references that its calls use."""

    def __init__(self, details: Config) -> None:
        """Know which layers there are.

        A network within the network counts its own making as a call in Keras 2, and not in Keras 3.
        """
        self._given: dict[str, list[Any]] = {}
        self._offsets: dict[str, int] = {}
        for item in details["layers"]:
            name = item.get("name") or item["config"]["name"]
            self._given[name] = []
            if item["class_name"] in NETWORK_KINDS:
                calls = len(item.get("inbound_nodes", ()))
                named = (part[1] for part, _ in walk(details) if self._is_reference(part) and part[0] == name)
                self._offsets[name] = max(0, max(named, default=0) - calls + 1)

    def add(self, name: str, result: Any) -> None:
        """Note what the next call of a layer gave."""
        self._given[name].append(result)

    def pick(self, reference: Sequence[Any]) -> Any:
        """Return what a call of a layer gave.

        Raises:
            Missing: nothing yet.
        """
        name, call, output = reference[:3]
        call = max(0, call - self._offsets.get(name, 0))
        if call >= len(self._given.get(name, ())):
            raise Missing
        given = self._given[name][call]
        return given[output] if isinstance(given, list | tuple) else given

    def resolve(self, node: Any) -> tuple[list[Any], Config]:
        """Return the arguments of a call.

        Raises:
            Missing: one is not there yet.
            BadModel: the call is described in no known way.
        """
        if isinstance(node, dict) and "args" in node:  # Keras 3
            arguments, others = self._replace(node["args"]), self._replace(node.get("kwargs") or {})
        elif isinstance(node, list) and node:
            parts = [node] if isinstance(node[0], str) else node
            tensors = [part[2] if part[0] == "_CONSTANT_VALUE" else self.pick(part) for part in parts]
            arguments = [_single(tensors)]
            others = self._replace(next((part[3] for part in parts if len(part) > 3 and part[3]), {}))
        else:
            raise BadModel("describes the calls of its layers as no known version of Keras does")
        dropped = ("training", "mask", "name")
        return arguments, {key: value for key, value in others.items() if key not in dropped and value is not None}

    def _replace(self, value: Any) -> Any:
        """Put tensors in the place of what stands for them."""
        if self._is_reference(value):
            return self.pick(value)
        if isinstance(value, list):
            return [self._replace(part) for part in value]
        if not isinstance(value, dict):
            return value
        if value.get("class_name") == "__keras_tensor__":
            return self.pick(value["config"]["keras_history"])
        return {key: self._replace(part) for key, part in value.items()}

    def _is_reference(self, value: Any) -> bool:
        return (
            isinstance(value, list)
            and len(value) in (3, 4)
            and isinstance(value[0], str)
            and value[0] in self._given
            and isinstance(value[1], int)
        )


class Operation:
    """A function that a network calls beside its layers; a few are known, and each is a layer here."""

    def __init__(self, function: str, name: Any) -> None:
        """Keep which.

        Raises:
            BadModel: it is none of the few.
        """
        if function not in OPERATIONS:
            raise BadModel(f"calls the function {function:.60}; expected layers of Keras")
        self.function = OPERATIONS[function]
        self.name = f"operation_{name}".replace("/", "_").replace(".", "_")

    def __call__(self, *arguments: Any, **others: Any) -> Any:
        """Compute it.

        Raises:
            BadModel: it is given what no layer takes.
        """
        import keras

        parts = [*arguments, *others.values()]
        if self.function in SHAPING:
            return self._shape(*arguments, **others)
        if len(parts) == 1 and isinstance(parts[0], list):
            parts = parts[0]
        if len(parts) == 1:
            return keras.layers.Activation(self.function, name=self.name)(parts[0])
        if len(parts) == 2 and all(hasattr(part, "shape") for part in parts) and self.function in MERGING:
            return getattr(keras.layers, MERGING[self.function])(name=self.name)(parts)
        if len(parts) != 2 or not any(isinstance(part, int | float) for part in parts):
            raise BadModel(f"calls {self.function} with what is no number; expected layers of Keras")
        first, second = parts
        if isinstance(second, int | float):
            scale, offset = {
                "add": (1, second),
                "subtract": (1, -second),
                "multiply": (second, 0),
                "divide": (1 / (second or 1), 0),
            }[self.function]
            return keras.layers.Rescaling(scale, offset, name=self.name)(first)
        if self.function == "divide":
            raise BadModel("divides a number by what a layer gives; expected layers of Keras")
        scale, offset = {"add": (1, first), "subtract": (-1, first), "multiply": (first, 0)}[self.function]
        return keras.layers.Rescaling(scale, offset, name=self.name)(second)

    def _shape(self, tensor: Any, value: Any = None, **others: Any) -> Any:
        """Change the shape or the type of what a layer gives, or join several; the digits stay apart.

        Raises:
            BadModel: it would mix digits, or is described in no known way.
        """
        import keras

        given = (
            value if value is not None else next(iter(others[key] for key in ("axis", "shape") if key in others), None)
        )
        if self.function == "cast":  # all is computed in float32
            return keras.layers.Identity(name=self.name)(tensor)
        if self.function == "concat":
            if not isinstance(tensor, list) or not isinstance(given, int) or given == 0:
                raise BadModel("joins what no layer gives, or digits; expected layers of Keras")
            return keras.layers.Concatenate(given, name=self.name)(tensor)
        if self.function == "expand_dims" and isinstance(given, int):
            place = given if given >= 0 else given + len(tensor.shape) + 1
            shape = [*tensor.shape[:place], 1, *tensor.shape[place:]][1:]
        elif self.function == "reshape" and isinstance(given, list) and given[0] in (-1, None):
            place, shape = 1, given[1:]
        else:
            raise BadModel(f"calls {self.function} with what is not known here; expected layers of Keras")
        if place < 1:
            raise BadModel(f"calls {self.function} on the axis of digits; expected layers of Keras")
        return keras.layers.Reshape(shape, name=self.name)(tensor)


def make_layer(item: Config, version: int) -> Any:
    """Make a layer of Keras 3 from the description of a former one.

    Raises:
        BadModel: there is none.
    """
    import keras

    kind, former = item["class_name"], dict(item["config"])
    if kind == "TFOpLambda":
        return Operation(str(former.get("function")).rpartition(".")[2], former.get("name"))
    if kind in IDLE:
        return keras.layers.Identity(name=_plain(former.get("name")))
    today = str(RENAMED.get(kind, kind))
    maker = getattr(keras.layers, today, None)
    if maker is None and kind in OPERATIONS:
        return Operation(kind, former.get("name"))
    if maker is None:
        raise BadModel(f"has a layer {kind}, which Keras 3 does not know")
    config = _rename_fields(kind, former)
    known = inspect.signature(maker.__init__).parameters
    channels_first = config.get("data_format") == "channels_first" and any(part in kind for part in ON_CHANNELS)
    if channels_first:
        config["data_format"] = "channels_last"
    kept = {key: _revive(value, version) for key, value in config.items() if key in known and not _only_trains(key)}
    layer = maker(**kept, name=_plain(former.get("name")))
    layer.channels_first = channels_first
    return layer


def _rename_fields(kind: str, former: Config) -> Config:
    """Give the fields of a former layer today's names and forms.

    Raises:
        BadModel: it computes what no layer does today.
    """
    config = {FIELDS.get(key, key): value for key, value in former.items()}
    if "nb_row" in config:
        config["kernel_size"] = [config["nb_row"], config["nb_col"]]
    if "data_format" in config:
        config["data_format"] = FORMATS.get(config["data_format"], config["data_format"])
    if kind == "LeakyReLU" and "alpha" in config:
        config["negative_slope"] = config["alpha"]
    if kind == "ThresholdedReLU":
        config["threshold"] = config.get("theta", 1.0)
    if kind.startswith("BatchNormalization"):
        if config.get("mode"):
            raise BadModel(f"has a batch normalisation of mode {config['mode']}, which is not computed any more")
        if isinstance(config.get("axis"), list):
            config["axis"] = config["axis"][0]
    if kind in ("GRU", "GRUCell"):
        config.setdefault("reset_after", False)
    if kind == "CuDNNGRU":
        config["reset_after"] = True
    if config.get("time_major"):
        raise BadModel("takes its steps before its digits (time_major); expected the digits first")
    config["stateful"] = False
    return config


def _only_trains(key: str) -> bool:
    return key in ("dtype", "trainable", "seed", "name", "unroll", "dropout", "recurrent_dropout") or key.endswith(
        ("_initializer", "_regularizer", "_constraint")
    )


def _revive(value: Any, version: int) -> Any:
    """Turn what a field holds into what today's layer takes: a layer within it, an activation, or itself."""
    if isinstance(value, str):
        value = value.removesuffix("_v2")  # as TensorFlow 2.0 called its own
        return hard_sigmoid if value == "hard_sigmoid" and version < 3 else value
    if isinstance(value, list) and any(isinstance(item, dict) and "class_name" in item for item in value):
        return [_revive(item, version) for item in value]
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    if value["class_name"] == "function":
        return _revive(value["config"], version)
    if value["class_name"] in NETWORK_KINDS:
        return Former(value, version).model
    return make_layer(value, version)


def hard_sigmoid(tensor: Any) -> Any:
    """Compute what Keras 1 and 2 called so; the function of that name in Keras 3 has another slope.

    Source: keras-team/keras 2.2.4, keras/activations.py: 0.2 * x + 0.5 between 0 and 1.
    """
    import keras

    return keras.ops.clip(0.2 * tensor + 0.5, 0.0, 1.0)


def find_input(details: Any, items: Sequence[Config]) -> tuple[int | None, ...]:
    """Return the shape that a sequence of layers takes, for one digit.

    Raises:
        BadModel: nothing says it.
    """
    first: Config = items[0] if items else {"class_name": "nothing", "config": {}}
    kind = str(first["class_name"])
    if kind in NETWORK_KINDS:
        return _find_inner_input(kind, first["config"])
    for item in items:
        if shape := _find_shape(item["config"]):
            return shape
    if isinstance(details, dict) and details.get("build_input_shape"):
        return tuple(details["build_input_shape"][1:])
    for start, shape in DEFAULT_INPUTS.items():
        if kind.startswith(start):
            return shape
    raise BadModel("does not say the shape of its input")


def _find_inner_input(kind: str, details: Any) -> tuple[int | None, ...]:
    if kind != "Sequential":
        name = next(iter(_list_references(details["input_layers"])))[0]
        items = [item for item in details["layers"] if (item.get("name") or item["config"]["name"]) == name]
        return find_input({}, items)
    return find_input(details, details["layers"] if isinstance(details, dict) else details)


def _find_shape(config: Config) -> tuple[int | None, ...] | None:
    """Return the shape that a layer says it is given; None where it does not."""
    for field in ("batch_input_shape", "batch_shape"):
        if config.get(field):
            return tuple(config[field][1:])
    if not config.get("input_dim"):
        return None
    length = config.get("input_length")
    return (length, config["input_dim"]) if length else (config["input_dim"],)


def _plain(name: Any) -> str | None:
    """Return a name without slashes, which Keras 3 does not allow."""
    return str(name).replace("/", "_") if name else None


def _single(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


def _list_references(ends: Any) -> Iterator[Sequence[Any]]:
    """Yield the inputs or outputs of a network; a single one may be written without a list around it."""
    if isinstance(ends, list) and ends and isinstance(ends[0], str):
        yield ends
    elif isinstance(ends, dict):
        yield from ends.values()
    else:
        yield from ends
