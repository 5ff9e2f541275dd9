"""Read a SavedModel as data: which signature takes a digit, and whether its graph only computes.

    saved_model.pb -> signature -> every operation that it reaches, each of a list -> a function to compile

Nothing of a graph runs before every operation in it is known to do nothing but compute. Graphs of TensorFlow 1 are
made constant here: variables become their values, and what only trains (dropout) is set to do nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .adaptation import find_layout
from .files import BadModel, name_file, read_file
from .keras_files import describe_error
from .sources import GRAPH, MAX_SOURCE

COMPUTING_NAMES = """
    Abs Add AddN AddV2 All Any ArgMax ArgMin AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchToSpaceND BiasAdd
    BroadcastArgs BroadcastTo Cast Ceil CheckNumerics ClipByValue Concat ConcatV2 Const Conv2D Conv2DBackpropInput
    Conv3D Cos Cumsum DepthToSpace DepthwiseConv2dNative DisableCopyOnRead Div DivNoNan Einsum Elu EnsureShape Enter
    Equal Erf Exit Exp ExpandDims FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel
    Fill Floor FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 Gather GatherNd GatherV2 Greater
    GreaterEqual Identity IdentityN If Inv InvertPermutation L2Loss LRN LeakyRelu Less LessEqual Log Log1p LogSoftmax
    LogicalAnd LogicalNot LogicalOr LoopCond MatMul Max MaxPool MaxPoolV2 Maximum Mean Merge Min Minimum MirrorPad Mul
    MulNoNan Neg NextIteration NoOp NotEqual OneHot OnesLike OptionalFromValue OptionalGetValue OptionalHasValue
    OptionalNone Pack Pad PadV2 PartitionedCall Placeholder PlaceholderWithDefault Pow PreventGradient Prod
    RandomStandardNormal RandomUniform Range Rank ReadVariableOp RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear
    ResizeNearestNeighbor ReverseSequence ReverseV2 Round Rsqrt Select SelectV2 Selu Shape Sigmoid Sign Sin Size Slice
    Snapshot Softmax Softplus Softsign SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze
    StatefulPartitionedCall StatelessIf StatelessWhile StopGradient StridedSlice Sub Sum Switch Tanh
    TensorListElementShape TensorListFromTensor TensorListGetItem TensorListLength TensorListReserve TensorListSetItem
    TensorListStack Tile TopKV2 Transpose TruncateDiv TruncatedNormal Unpack VarHandleOp Variable VariableV2 Where
    While Xdivy ZerosLike
"""
COMPUTING = frozenset(COMPUTING_NAMES.split())
OBJECTS = frozenset(("user_object", "variable", "function", "bare_concrete_function", "constant", "captured_tensor"))
PREFERRED = ("serving_default", "serve", "predict", "predict_images", "call")
LISTS = {"TensorListReserve": 0, "TensorListStack": 1}  # and which input says the shape of what is in the list
RANDOM = ("RandomUniform", "RandomStandardNormal", "TruncatedNormal")
STRING = 7  # Source: TensorFlow, types.proto: DT_STRING
VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
MAX_NODES = 100_000  # of a graph, its functions included


def load_function(folder: Path, name: str, single: bool = False) -> tuple[Any, Any, tuple[int | None, ...]]:
    """Return the function of a SavedModel that takes digits.

    Args:
        folder: the model folder.
        name: of saved_model.pb within it.
        single: whether lists of what is computed in steps are those of one digit: LiteRT has to know their sizes.

    Returns:
        A concrete function; what it needs to live; the shape of its input, without the number of digits.

    Raises:
        BadModel: it has none, carries code, or is damaged.
    """
    file_name = name_file(folder, name)
    meta = _read_graph(file_name, read_file(folder, name, MAX_SOURCE))
    key, signature = _choose_signature(file_name, meta)
    _check_operations(file_name, meta, signature)
    root = (folder / name).parent
    _check_variables(folder, root)
    try:
        if meta.object_graph_def.nodes and single:
            with tempfile.TemporaryDirectory() as beside:
                _copy_for_one(meta, root, Path(beside))
                return _load_second(file_name, Path(beside), meta, key, signature)
        if meta.object_graph_def.nodes:
            return _load_second(file_name, root, meta, key, signature)
        return _freeze_first(file_name, root, meta, signature)
    except BadModel:
        raise
    except Exception as error:  # TensorFlow raises errors of any kind for a damaged graph
        raise BadModel(f"{file_name} cannot be loaded: {describe_error(error)}") from error


def _read_graph(file_name: str, body: bytes) -> Any:
    """Parse saved_model.pb and return its graph for serving.

    Raises:
        BadModel: it is damaged, or holds none.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    try:
        graphs = saved_model_pb2.SavedModel.FromString(body).meta_graphs
    except DecodeError as error:
        raise BadModel(f"{file_name} is damaged, or no SavedModel.") from error
    if not graphs:
        raise BadModel(f"{file_name} holds no graph. Save the network again.")
    return next((graph for graph in graphs if "serve" in graph.meta_info_def.tags), graphs[0])


def _choose_signature(file_name: str, meta: Any) -> tuple[str, Any]:
    """Return the signature that takes a digit, by its name.

    Raises:
        BadModel: there is none.
    """
    usable = {key: each for key, each in meta.signature_def.items() if each.inputs and each.outputs}
    named = sorted(usable, key=lambda key: (PREFERRED.index(key) if key in PREFERRED else len(PREFERRED), key))
    taken: list[str] = []
    for key in named:
        for entry in usable[key].inputs.values():
            shape = _read_shape(entry.tensor_shape)
            if entry.dtype == STRING:
                taken.append("texts or files")
            elif shape is None or _is_digit(shape):
                return key, usable[key]
            else:
                taken.append(str(shape))
    raise BadModel(
        f"{file_name} has no signature that takes a digit, but {' and '.join(taken) or 'none at all'}; expected one "
        "that takes (28, 28, 1) or (784)."
    )


def _read_shape(shape: Any) -> tuple[int | None, ...] | None:
    """Return a shape without the number of digits; None where it is not known."""
    if shape.unknown_rank or not shape.dim:
        return None
    return tuple(side.size if side.size > 0 else None for side in shape.dim)[1:]


def _is_digit(shape: tuple[int | None, ...]) -> bool:
    try:
        find_layout([size or 28 for size in shape])
    except BadModel:
        return False
    return True


def _check_operations(file_name: str, meta: Any, signature: Any) -> None:
    """See that everything that a signature reaches only computes, and that loading runs nothing.

    Raises:
        BadModel: it does not.
    """
    for item in meta.object_graph_def.nodes:
        kind = item.WhichOneof("kind")
        if kind not in OBJECTS or item.saveable_objects or item.registered_saver or item.registered_name:
            raise BadModel(f"{file_name} holds a {kind or 'thing'} that runs when it is loaded, which is never done.")
    functions = {function.signature.name: function for function in meta.graph_def.library.function}
    if not meta.object_graph_def.nodes:
        _cut_before(meta.graph_def, [entry.name for entry in signature.inputs.values()])
    for number, node in enumerate(_reach(meta, signature, functions)):
        if node.op not in COMPUTING and node.op not in functions:
            raise BadModel(
                f"{file_name} runs {node.op:.60}, which is not known to compute only, and is never done. "
                "Save the network without it."
            )
        if number > MAX_NODES:
            raise BadModel(f"{file_name} has over {MAX_NODES:,} operations, which is too many.")


def _reach(meta: Any, signature: Any, functions: dict[str, Any]) -> Iterator[Any]:
    """Yield every operation that the outputs of a signature depend on, in functions too."""
    nodes = {node.name: node for node in meta.graph_def.node}
    waiting = [_node_name(entry.name) for entry in _list_numbers(signature)]
    seen: set[str] = set()
    called: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in nodes:
            continue
        seen.add(name)
        yield nodes[name]
        waiting += [_node_name(source) for source in nodes[name].input]
        called |= set(_list_called(nodes[name]))
    done: set[str] = set()
    while called - done:
        name = min(called - done)
        done.add(name)
        for node in functions[name].node_def if name in functions else ():
            yield node
            called |= set(_list_called(node))


def _list_numbers(signature: Any) -> list[Any]:
    """Return the outputs that are numbers; estimators name the classes in texts as well."""
    return [entry for entry in signature.outputs.values() if entry.dtype != STRING]


def _cut_before(graph: Any, entries: list[str]) -> None:
    """Make placeholders of the inputs, which may have a default: what is parsed out of texts, in estimators."""
    names = {_node_name(entry) for entry in entries}
    for node in graph.node:
        if node.name in names and node.op == "PlaceholderWithDefault":
            node.op = "Placeholder"
            del node.input[:]


def _list_called(node: Any) -> Iterator[str]:
    """Yield the functions that an operation calls."""
    yield node.op
    for value in node.attr.values():
        if value.func.name:
            yield value.func.name
        yield from (function.name for function in value.list.func)


def _node_name(tensor: str) -> str:
    return tensor.lstrip("^").partition(":")[0]


def _check_variables(folder: Path, root: Path) -> None:
    """See that the variables are regular files in the folder.

    Raises:
        BadModel: they are not.
    """
    from .files import open_file

    variables = root / "variables"
    for path in sorted(variables.iterdir()) if variables.is_dir() else ():
        open_file(folder, str(path.relative_to(folder)), MAX_SOURCE).close()


def _load_second(
    file_name: str, root: Path, meta: Any, key: str, signature: Any
) -> tuple[Any, Any, tuple[int | None, ...]]:
    """Load a function as TensorFlow 2 saved it."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(root), tags=list(meta.meta_info_def.tags))
    function = loaded.signatures[key]
    if len(signature.inputs) != 1:
        raise BadModel(f"{file_name} takes {len(signature.inputs)} inputs; expected one, a digit.")
    shape = _read_shape(next(iter(signature.inputs.values())).tensor_shape)
    return function, loaded, shape if shape is not None else (28, 28, 1)


def _copy_for_one(meta: Any, root: Path, target: Path) -> None:
    """Write a SavedModel whose lists in loops hold what belongs to one digit, where the number of digits was open."""
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    copied = saved_model_pb2.SavedModel(saved_model_schema_version=1, meta_graphs=[meta])
    graph = copied.meta_graphs[0].graph_def
    for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
        named = {node.name: node for node in nodes}
        for node in nodes:
            shape = named.get(_node_name(node.input[LISTS[node.op]])) if node.op in LISTS else None
            if shape is not None and shape.op == "Const":
                sizes = tf.make_ndarray(shape.attr["value"].tensor).copy()
                if sizes.ndim == 1 and sizes.size and sizes[0] < 0:
                    sizes[0] = 1
                    shape.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(sizes))
    (target / GRAPH).write_bytes(copied.SerializeToString())
    for inner in ("variables", "assets"):
        if (root / inner).is_dir():
            (target / inner).symlink_to((root / inner).resolve(), target_is_directory=True)


def _freeze_first(file_name: str, root: Path, meta: Any, signature: Any) -> tuple[Any, Any, tuple[int | None, ...]]:
    """Make a graph of TensorFlow 1 constant, and a function of it."""
    import tensorflow as tf

    shapes = {entry.name: _read_shape(entry.tensor_shape) for entry in signature.inputs.values()}
    by_worth = sorted(
        shapes, key=lambda name: (shapes[name] is None, name)
    )  # a probability to keep has no shape, often
    entry = next(name for name in by_worth if (shape := shapes[name]) is None or _is_digit(shape))
    outputs = [each.name for each in _list_numbers(signature)]
    graph = tf.compat.v1.graph_util.extract_sub_graph(meta.graph_def, [_node_name(name) for name in outputs])
    values = tf.train.load_checkpoint(str(root / "variables" / "variables")) if (root / "variables").is_dir() else None
    zero = graph.node.add()
    zero.CopyFrom(_make_constant("digits_zero", np.zeros((), np.float32)))
    for node in graph.node:
        _freeze(file_name, node, _node_name(entry), values)
    graph.library.CopyFrom(meta.graph_def.library)
    wrapped = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
    function = wrapped.prune(
        wrapped.graph.as_graph_element(entry), [wrapped.graph.as_graph_element(name) for name in outputs]
    )
    shape = shapes[entry]
    if shape is None:
        found = wrapped.graph.as_graph_element(entry).shape
        shape = tuple(found[1:]) if found.rank else (784,)
    return function, wrapped, shape


def _freeze(file_name: str, node: Any, entry: str, values: Any) -> None:
    """Turn a variable into its value, and what only trains into what does nothing.

    Raises:
        BadModel: a variable has no value.
    """
    if node.op in VARIABLES:
        key = node.attr["shared_name"].s.decode() or node.name
        if values is None or not values.has_tensor(key):
            raise BadModel(f"{file_name} has no value for its variable {key:.60}. Save the network again.")
        node.CopyFrom(_make_constant(node.name, values.get_tensor(key)))
    elif node.op == "ReadVariableOp":
        name, kind, source = node.name, node.attr["dtype"].type, node.input[0]
        node.Clear()
        node.name, node.op = name, "Identity"
        node.input.append(source)
        node.attr["T"].type = kind
    elif node.op == "Placeholder" and node.name != entry:
        node.CopyFrom(_make_constant(node.name, _switch_off(node)))
    elif node.op in RANDOM:
        name, kind, source = node.name, node.attr["T"].type, node.input[0]
        node.Clear()
        node.name, node.op = name, "Fill"
        node.input.extend((source, "digits_zero"))
        node.attr["index_type"].type = kind
        node.attr["T"].type = 1  # float32


def _switch_off(node: Any) -> Any:
    """Return the value of a second input while answering: dropout keeps all, and nothing is being trained."""
    from tensorflow import dtypes

    kind = dtypes.as_dtype(node.attr["dtype"].type).as_numpy_dtype
    if kind is np.bool_:
        return np.zeros((), kind)
    return np.zeros((), kind) if "rate" in node.name.lower() else np.ones((), kind)


def _make_constant(name: str, value: Any) -> Any:
    import tensorflow as tf

    node = tf.compat.v1.NodeDef(name=name, op="Const")
    array = np.asarray(value)
    node.attr["dtype"].type = tf.dtypes.as_dtype(array.dtype).as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array))
    return node
