"""Networks in the forms in which other people save them. Those of Keras 1 are written by hand, as 1.2 wrote them."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import tensorflow as tf
import tf_keras

from app.framing import to_tensor
from app.models.samples import vary_samples

from .foreign import HIDDEN, Weights, train_weights

Write = Callable[[Path], None]  # into a folder


def arrays(weights: Weights) -> list[np.ndarray[Any, Any]]:
    return [weights.kernel, weights.bias, weights.last_kernel, weights.last_bias]


def keras2(shape: tuple[int, ...] = (28, 28, 1), pair: tuple[float, float] = (0, 1), end: str = "softmax") -> Any:
    """Return a Sequential network of Keras 2, trained for other values."""
    layers = tf_keras.layers
    network = tf_keras.Sequential(
        [
            layers.Flatten(input_shape=shape),
            layers.Dense(HIDDEN, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation=end),
        ]
    )
    network.set_weights(arrays(train_weights().for_values(*pair)))
    network.compile("adam", "categorical_crossentropy")
    return network


def keras2_functional() -> Any:
    """Return a network of Keras 2 with augmentation, arithmetic, a branch and a network within it; for 0 to 255."""
    layers = tf_keras.layers
    augment = tf_keras.Sequential([layers.RandomRotation(0.1, input_shape=(28, 28, 1))], name="augment")
    entry = tf_keras.Input((28, 28, 1))
    flat = layers.Flatten()(augment(entry) / 255.0)
    hidden = layers.Dense(HIDDEN, activation="relu", name="first")(flat)
    hidden = layers.add([layers.Rescaling(0.5)(hidden), hidden * 0.5])
    network = tf_keras.Model(entry, layers.Activation("softmax")(layers.Dense(10, name="last")(hidden)))
    weights = train_weights()
    network.get_layer("first").set_weights([weights.kernel, weights.bias])
    network.get_layer("last").set_weights([weights.last_kernel, weights.last_bias])
    return network


def keras3(shape: tuple[int, ...] = (28, 28, 1), pair: tuple[float, float] = (0, 1)) -> keras.Model:
    """Return a Sequential network of Keras 3."""
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input(shape),
            layers.Flatten(),
            layers.Dense(HIDDEN, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    network.set_weights(arrays(train_weights().for_values(*pair)))
    return network


def keras3_functional() -> keras.Model:
    """Return a network of Keras 3 with arithmetic in it; for 0 to 255."""
    layers = keras.layers
    entry = keras.Input((28, 28, 1))
    hidden = layers.Dense(HIDDEN, activation="relu", name="first")(layers.Flatten()(entry / 255.0))
    network = keras.Model(entry, layers.Dense(10, activation="softmax", name="last")(hidden + hidden - hidden))
    weights = train_weights()
    network.get_layer("first").set_weights([weights.kernel, weights.bias])
    network.get_layer("last").set_weights([weights.last_kernel, weights.last_bias])
    return network


def write_keras(make: Callable[[], Any], name: str) -> Write:
    """Save a network of Keras under a name, whose ending says the form; "" is a SavedModel."""

    def write(folder: Path) -> None:
        with warnings.catch_warnings(action="ignore"):
            network = make()
            if name.endswith((".h5", ".keras", ".hdf5")):
                network.save(folder / name)
            else:
                network.save(folder / name, save_format="tf")

    return write


def write_json(make: Callable[[], Any], network_name: str, weights_name: str) -> Write:
    """Save a network as JSON, and its weights beside it."""

    def write(folder: Path) -> None:
        with warnings.catch_warnings(action="ignore"):
            network = make()
            (folder / network_name).write_text(network.to_json())
            network.save_weights(folder / weights_name)

    return write


def write_keras1(layers: list[Any], weights: dict[str, list[Any]]) -> Write:
    """Write an HDF5 file as Keras 1.2 did."""

    def write(folder: Path) -> None:
        with h5py.File(folder / "mnist.h5", "w") as file:
            file.attrs["keras_version"] = b"1.2.2"
            file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": layers}).encode()
            group = file.create_group("model_weights")
            group.attrs["layer_names"] = [item["config"]["name"].encode() for item in layers]
            for item in layers:
                name = item["config"]["name"]
                part = group.create_group(name)
                names = [f"{name}_{letter}".encode() for letter in "Wb"] if name in weights else []
                part.attrs["weight_names"] = names
                for each, values in zip(names, weights.get(name, ()), strict=True):
                    part.create_dataset(each, data=values)
            file.create_group("optimizer_weights").create_dataset("adam/iterations", data=5)

    return write


def keras1_layer(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, "trainable": True, **fields}}


def keras1_dense() -> Write:
    """Return a writer of the network in Keras 1: Dense, Dropout, Activation."""
    weights = train_weights()
    dense = {"init": "glorot_uniform", "bias": True, "W_regularizer": None, "activity_regularizer": None}
    return write_keras1(
        [
            keras1_layer(
                "Dense", "dense_1", output_dim=HIDDEN, input_dim=784, batch_input_shape=[None, 784], activation="relu",
                input_dtype="float32", **dense,
            ),
            keras1_layer("Dropout", "dropout_1", p=0.2),
            keras1_layer("Dense", "dense_2", output_dim=10, input_dim=None, activation="linear", **dense),
            keras1_layer("Activation", "activation_1", activation="softmax"),
        ],
        {"dense_1": [weights.kernel, weights.bias], "dense_2": [weights.last_kernel, weights.last_bias]},
    )  # fmt: skip


def keras1_theano() -> Write:
    """Return a writer of the network as a convolution of Keras 1 on Theano: channels first, kernels turned round."""
    weights = train_weights()
    kernel = weights.kernel.T.reshape(HIDDEN, 1, 28, 28)[:, :, ::-1, ::-1]
    return write_keras1(
        [
            keras1_layer(
                "Convolution2D", "convolution2d_1", nb_filter=HIDDEN, nb_row=28, nb_col=28, border_mode="valid",
                subsample=[1, 1], dim_ordering="th", batch_input_shape=[None, 1, 28, 28], activation="relu", bias=True,
            ),
            keras1_layer("Flatten", "flatten_1"),
            keras1_layer("Dense", "dense_1", output_dim=10, input_dim=None, activation="softmax", bias=True),
        ],
        {"convolution2d_1": [kernel, weights.bias], "dense_1": [weights.last_kernel, weights.last_bias]},
    )  # fmt: skip


def write_tensorflow1(folder: Path) -> None:
    """Write a SavedModel as programs of TensorFlow 1 do: dropout with a probability to keep, and several outputs."""
    first, weights = tf.compat.v1, train_weights()
    with tf.Graph().as_default() as graph, first.Session(graph=graph) as session:
        images = first.placeholder(tf.float32, [None, 784], name="x")
        keep = first.placeholder(tf.float32, name="keep_prob")
        values = [first.Variable(value) for value in arrays(weights)]
        hidden = first.nn.dropout(tf.nn.relu(tf.matmul(images, values[0]) + values[1]), keep_prob=keep)
        scores = tf.nn.softmax(tf.matmul(hidden, values[2]) + values[3])
        session.run(first.global_variables_initializer())
        signature = first.saved_model.signature_def_utils.predict_signature_def(
            {"images": images, "keep_prob": keep}, {"scores": scores, "classes": tf.argmax(scores, 1)}
        )
        builder = first.saved_model.builder.SavedModelBuilder(str(folder / "1"))
        builder.add_meta_graph_and_variables(session, ["serve"], {"predict_images": signature})
        builder.save()


def write_tensorflow1_keras(folder: Path) -> None:
    """Write a SavedModel as Keras on TensorFlow 1 does: dropout only where a phase says that it learns."""
    first, weights = tf.compat.v1, train_weights()
    switched = first.control_flow_v2_enabled()
    first.disable_control_flow_v2()
    try:
        with tf.Graph().as_default() as graph, first.Session(graph=graph) as session:
            images = first.placeholder(tf.float32, [None, 28, 28, 1], name="conv2d_1_input")
            learning = first.placeholder_with_default(False, [], name="keras_learning_phase")
            values = [
                first.get_variable(f"v{place}", initializer=value, use_resource=True)
                for place, value in enumerate(arrays(weights))
            ]
            hidden = tf.nn.relu(tf.matmul(tf.reshape(images, [-1, 784]), values[0]) + values[1])
            hidden = first.cond(learning, lambda: first.nn.dropout(hidden, rate=0.5), lambda: tf.identity(hidden))
            scores = tf.nn.softmax(tf.matmul(hidden, values[2]) + values[3])
            session.run(first.global_variables_initializer())
            signature = first.saved_model.signature_def_utils.predict_signature_def({"image": images}, {"out": scores})
            builder = first.saved_model.builder.SavedModelBuilder(str(folder / "export"))
            builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
            builder.save()
    finally:
        if switched:
            first.enable_control_flow_v2()


def write_keras212(folder: Path) -> None:
    """Write a .keras file whose groups of weights are called as Keras 2.12 called them."""
    with warnings.catch_warnings(action="ignore"):
        keras2().save(folder / "m.keras")
    with zipfile.ZipFile(folder / "m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    weights = folder / "model.weights.h5"
    weights.write_bytes(members["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
    members["model.weights.h5"] = weights.read_bytes()
    weights.unlink()
    with zipfile.ZipFile(folder / "m.keras", "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)


def keras2_normalised() -> Any:
    """Return a network of Keras 2 that subtracts and divides each of the 784 numbers by its own; for 0 to 255."""
    layers, weights = tf_keras.layers, train_weights()
    rng = np.random.default_rng(0)
    mean, deviation = rng.uniform(0, 0.3, 784).astype("f4"), rng.uniform(0.5, 2, 784).astype("f4")
    known = layers.Normalization(axis=-1)
    network = tf_keras.Sequential([layers.InputLayer((784,)), layers.Rescaling(1 / 255), known])
    network.add(layers.Dense(HIDDEN, activation="relu"))
    network.add(layers.Dense(10, activation="softmax"))
    kernel = weights.kernel * deviation[:, None]
    network.set_weights(
        [mean, deviation**2, 1, kernel, weights.bias + mean @ weights.kernel, weights.last_kernel, weights.last_bias]
    )
    return network


def keras2_functions() -> Any:
    """Return a network of Keras 2 that calls functions of TensorFlow between its layers; for 0 to 255."""
    layers, weights = tf_keras.layers, train_weights()
    entry = tf_keras.Input((28, 28))
    scaled = tf.cast(tf.expand_dims(entry, -1), tf.float32) / 255.0
    hidden = layers.Dense(HIDDEN, activation="relu", name="first")(tf.reshape(scaled, (-1, 784)))
    logits = layers.Dense(10, name="last")(tf.concat([hidden, hidden], -1))
    network = tf_keras.Model(entry, tf.nn.softmax(logits))
    network.get_layer("first").set_weights([weights.kernel, weights.bias])
    network.get_layer("last").set_weights([np.concatenate([weights.last_kernel / 2] * 2), weights.last_bias])
    return network


def keras3_functions() -> keras.Model:
    """Return a network of Keras 3, of half precision, that calls functions of Keras between its layers."""
    layers, ops, weights = keras.layers, keras.ops, train_weights()
    former = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        entry = keras.Input((28, 28))
        flat = ops.reshape(ops.cast(ops.expand_dims(entry, -1), "float32"), (-1, 784))
        hidden = layers.Dense(HIDDEN, activation="relu", name="first")(flat)
        network = keras.Model(entry, ops.softmax(layers.Dense(10, name="last", dtype="float32")(hidden)))
    finally:
        keras.mixed_precision.set_dtype_policy(former)
    network.get_layer("first").set_weights([weights.kernel, weights.bias])
    network.get_layer("last").set_weights([weights.last_kernel, weights.last_bias])
    return network


def write_any_size(folder: Path) -> None:
    """Write a SavedModel without Keras, which takes pictures of any size."""
    values = [tf.Variable(value) for value in arrays(train_weights())]

    def answer(image: Any) -> Any:
        flat = tf.reshape(tf.image.resize(image, (28, 28)), (-1, 784))
        return tf.nn.softmax(tf.nn.relu(flat @ values[0] + values[1]) @ values[2] + values[3])

    owner = tf.Module()
    owner.values = values
    owner.predict = tf.function(answer, input_signature=[tf.TensorSpec((None, None, None, 1))])
    tf.saved_model.save(owner, str(folder), signatures=owner.predict)


def write_named_model(folder: Path) -> None:
    """Write HDF5 under a name that does not say so, as TensorFlow 1 did."""
    write_keras(keras2, "mnist.h5")(folder)
    (folder / "mnist.h5").rename(folder / "epic_num_reader.model")


def write_estimator(folder: Path) -> None:
    """Write a SavedModel as estimators do: for texts that hold digits, with names of the classes, deep in folders."""
    first, weights = tf.compat.v1, train_weights()
    with tf.Graph().as_default() as graph, first.Session(graph=graph) as session:
        examples = first.placeholder(tf.string, [None], name="input_example_tensor")
        parsed = first.parse_example(examples, {"x": first.FixedLenFeature([784], tf.float32)})["x"]
        images = first.placeholder_with_default(parsed, [None, 784], name="x")
        values = [first.Variable(value) for value in arrays(weights)]
        logits = tf.matmul(tf.nn.relu(tf.matmul(images, values[0]) + values[1]), values[2]) + values[3]
        scores = tf.nn.softmax(logits)
        names = tf.as_string(tf.argmax(scores, 1))
        session.run(first.global_variables_initializer())
        utilities = first.saved_model.signature_def_utils
        builder = first.saved_model.builder.SavedModelBuilder(str(folder / "export" / "Servo" / "1700000000"))
        signatures = {
            "serving_default": utilities.classification_signature_def(examples, names[:, None], scores),
            "predict": utilities.predict_signature_def(
                {"x": images}, {"probabilities": scores, "classes": names, "logits": logits}
            ),
        }
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()


def write_code(folder: Path) -> None:
    """Write a SavedModel whose graph writes a file."""

    def harm(given: Any) -> Any:
        tf.io.write_file(str(folder / "written"), "x")
        return tf.reshape(given, (-1, 784))[:, :10]

    function = tf.function(harm, input_signature=[tf.TensorSpec((None, 28, 28, 1))])
    tf.saved_model.save(tf.Module(), str(folder), signatures=function.get_concrete_function())


def write_tflite(kind: Any = None, shape: tuple[int | None, ...] = (1, 28, 28, 1)) -> Write:
    """Return a writer of a .tflite file alone, of floats or of 8 bits."""

    def write(folder: Path) -> None:
        network = keras2(shape[1:])  # type: ignore[arg-type]
        function = tf.function(
            lambda given: network(given, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)]
        )
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], network)
        if kind is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            digits = to_tensor(vary_samples()[:60])
            converter.representative_dataset = lambda: ([digit[None].reshape(1, *shape[1:])] for digit in digits)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = kind
        (folder / "mnist.tflite").write_bytes(converter.convert())

    return write
