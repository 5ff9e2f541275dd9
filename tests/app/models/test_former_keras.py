"""What Keras 2 wrote answers in Keras 3 as it did: every kind of layer, in HDF5, in .keras and as JSON with weights."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tf_keras import layers

from app.models.conversion import compile_source, load_source
from app.models.files import BadModel
from app.models.former_keras import Former, find_input, hard_sigmoid, make_layer
from app.models.keras_files import find_version
from app.models.runtimes import Interpreter
from app.models.sources import find_source


def sequential(*parts: Any, shape: tuple[int, ...] = (28, 28, 1)) -> Any:
    return tf_keras.Sequential([tf_keras.Input(shape), *parts, layers.Dense(10, activation="softmax")])


def rows(*parts: Any) -> Any:
    return sequential(*parts, shape=(28, 28))


def residual() -> Any:
    entry = tf_keras.Input((28, 28, 1))
    first = layers.Conv2D(4, 3, padding="same", activation="relu")(layers.ZeroPadding2D(1)(entry))
    second = layers.BatchNormalization()(layers.SeparableConv2D(4, 3, padding="same")(first))
    both = layers.Concatenate()([layers.Add()([first, second]), first * second, 1.0 - first])
    ends = [layers.GlobalAveragePooling2D()(both), layers.GlobalMaxPooling2D()(both - 0.5)]
    return tf_keras.Model(entry, layers.Dense(10, activation="softmax")(layers.Average()(ends)))


def shared() -> Any:
    entry, one = tf_keras.Input((28, 28)), layers.Dense(6, activation="tanh")
    inner = tf_keras.Sequential([tf_keras.Input((28, 6)), layers.Dense(6), layers.BatchNormalization()], name="inner")
    twice = layers.Maximum()([inner(one(entry)), inner(one(layers.Reshape((28, 28))(layers.Permute((2, 1))(entry))))])
    return tf_keras.Model(entry, layers.Dense(10)(layers.Flatten()(twice)))


NETWORKS: dict[str, Any] = {
    "activations": lambda: sequential(
        layers.Flatten(), layers.Dense(8), layers.LeakyReLU(0.2), layers.ELU(0.7), layers.ThresholdedReLU(0.1),
        layers.Dense(8, activation="hard_sigmoid"), layers.PReLU(), layers.ReLU(max_value=3.0),
        layers.Dense(8, activation="swish"), layers.Activation("softplus"),
    ),
    "convolutions": lambda: sequential(
        layers.Rescaling(1 / 255.0, offset=0.1), layers.Conv2D(4, 5, strides=2, use_bias=False),
        layers.BatchNormalization(axis=3, scale=False), layers.DepthwiseConv2D(3), layers.AveragePooling2D(),
        layers.Conv2DTranspose(3, 3), layers.UpSampling2D(), layers.Cropping2D(1), layers.SpatialDropout2D(0.3),
        layers.Flatten(),
    ),
    "augmented": lambda: sequential(
        layers.RandomRotation(0.1), layers.RandomZoom(0.1), layers.GaussianNoise(0.2), layers.Resizing(14, 14),
        layers.Normalization(mean=0.3, variance=0.2), layers.Flatten(), layers.Dropout(0.5),
    ),
    "lstm": lambda: rows(layers.LSTM(6, return_sequences=True, recurrent_activation="hard_sigmoid"), layers.LSTM(5)),
    "gru_before": lambda: rows(layers.GRU(6, reset_after=False)),
    "gru_after": lambda: rows(layers.GRU(6, dropout=0.2, recurrent_dropout=0.1)),
    "both_ways": lambda: rows(layers.Bidirectional(layers.LSTM(4, return_sequences=True)), layers.SimpleRNN(5)),
    "in_time": lambda: rows(layers.TimeDistributed(layers.Dense(4)), layers.Conv1D(4, 3), layers.GlobalMaxPooling1D()),
    "residual": residual,
    "shared": shared,
}  # fmt: skip


@pytest.fixture(scope="module")
def networks() -> dict[str, Any]:
    """Networks with random weights, none of them as they begin."""
    tf_keras.utils.set_random_seed(3)
    made = {name: make() for name, make in NETWORKS.items()}
    rng = np.random.default_rng(0)
    for network in made.values():
        changed = [value + 0.1 * rng.random(value.shape) for value in network.get_weights()]
        network.set_weights(
            [np.asarray(value, before.dtype) for value, before in zip(changed, network.get_weights(), strict=True)]
        )
    return made


@pytest.mark.parametrize("form", ("m.h5", "m.keras", "m.json"))
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_answers_as_in_keras_2(networks: dict[str, Any], tmp_path: Path, name: str, form: str) -> None:
    network = networks[name]
    with warnings.catch_warnings(action="ignore"):
        if form == "m.json":
            (tmp_path / form).write_text(network.to_json())
            network.save_weights(tmp_path / "m.h5")
        else:
            network.save(tmp_path / form)
    given = np.random.default_rng(1).random((5, *network.input_shape[1:]), np.float32)
    today, said = load_source(find_source(tmp_path))
    assert said.startswith("Keras 2")
    np.testing.assert_allclose(np.asarray(today(given, training=False)), network(given, training=False), atol=2e-6)


def test_a_compiled_recurrent_network_forgets_the_digits_before(tmp_path: Path) -> None:
    network = rows(layers.LSTM(6))
    with warnings.catch_warnings(action="ignore"):
        network.save(tmp_path / "saved", save_format="tf")
    (tmp_path / "model.tflite").write_bytes(compile_source(find_source(tmp_path)).body)
    interpreter = Interpreter(tmp_path / "model.tflite", 1)
    given = np.random.default_rng(1).random((3, 28, 28), np.float32)
    answers = [interpreter.answer(digit[None])[0] for digit in given]
    np.testing.assert_allclose(np.concatenate(answers), network(given, training=False), atol=1e-5)


def former(kind: str, **fields: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": kind.lower(), **fields}}


@pytest.mark.parametrize("bare", (True, False))
def test_layers_that_take_channels_first_are_given_them_last(bare: bool) -> None:
    items = [
        former(
            "Conv2D", filters=3, kernel_size=[3, 3], data_format="channels_first", batch_input_shape=[None, 1, 28, 28]
        ),
        former("BatchNormalization", axis=[1]),
        former("MaxPooling2D", pool_size=[2, 2], data_format="channels_first"),
        former("Flatten", data_format="channels_last"),
        former("Dense", units=10),
    ]  # fmt: skip
    built = Former({"class_name": "Sequential", "config": items if bare else {"name": "s", "layers": items}}, 2)
    last = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Conv2D(3, 3), keras.layers.BatchNormalization(),
         keras.layers.MaxPooling2D(), keras.layers.Permute((3, 1, 2)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )  # fmt: skip
    last.set_weights(built.model.get_weights())
    given = np.random.default_rng(0).random((3, 1, 28, 28), np.float32)
    answers = np.asarray(built.model(given, training=False))
    np.testing.assert_allclose(answers, last(given.transpose(0, 2, 3, 1), training=False), atol=1e-5)


def test_the_hard_sigmoid_is_the_former_one() -> None:
    given = np.linspace(-4, 4, 33, dtype=np.float32)
    np.testing.assert_allclose(hard_sigmoid(given), tf_keras.activations.hard_sigmoid(tf.constant(given)), atol=1e-6)
    assert not np.allclose(hard_sigmoid(given), keras.activations.hard_sigmoid(given), atol=1e-2)


@pytest.mark.parametrize(
    ("details", "items", "shape"),
    (
        ({}, [former("Dense", input_dim=784)], (784,)),
        ({}, [former("Conv2D", batch_input_shape=[32, 28, 28, 1])], (28, 28, 1)),
        ({"build_input_shape": [None, 28, 28]}, [former("Flatten")], (28, 28)),
        ({}, [former("Flatten")], (28, 28, 1)),
        ({}, [former("LSTM", input_dim=28, input_length=28)], (28, 28)),
        ({}, [{"class_name": "Sequential", "config": [former("Dense", input_dim=9)]}], (9,)),
    ),
)
def test_the_shape_of_the_input_is_found(details: Any, items: Any, shape: tuple[int, ...]) -> None:
    assert find_input(details, items) == shape


@pytest.mark.parametrize(
    ("item", "sentence"),
    (
        (former("BatchNormalization", mode=1), "mode 1"),
        (former("LSTM", units=3, time_major=True), "time_major"),
        (former("MaxoutDense", units=3), "which Keras 3 does not know"),
    ),
)
def test_a_layer_without_a_counterpart_is_refused(item: Any, sentence: str) -> None:
    with pytest.raises(BadModel, match=sentence):
        make_layer(item, 2)


@pytest.mark.parametrize(
    ("config", "said", "version"),
    (
        ({}, "2.2.4-tf", 2),
        ({"keras_version": "1.2.2"}, None, 1),
        ({"config": [former("InputLayer", batch_shape=[None])]}, None, 3),
        ({"config": [former("Dense", output_dim=3)]}, None, 1),
        ({"config": [former("Dense", units=3)]}, None, 2),
    ),
)
def test_the_version_of_keras_is_found(config: Any, said: Any, version: int) -> None:
    assert find_version(config, said) == version


def test_weights_that_do_not_fit_are_refused_with_their_shapes(networks: dict[str, Any], tmp_path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        networks["gru_after"].save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][1]["config"]["units"] = 7
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(BadModel, match=r"m\.h5 holds \(28, 18\).* for the layer gru.*; expected \(28, 21\)"):
        load_source(find_source(tmp_path))
