"""The architectures, one function each, every network a literal to be read from top to bottom.

Every network takes the tensor of the server: float32 (n, 28, 28, 1), 0.0 paper to 1.0 ink. One that was designed
for another range has the scaling as its first layer, so that it travels with the weights. The comment after a layer
is the shape it leaves, without n. Knows nothing of data, optimisers or epochs.
"""

from __future__ import annotations

import keras
from keras import Sequential, layers

TENSOR = (28, 28, 1)

# Mean and standard deviation of every pixel of MNIST's 60,000 training digits, scaled to 0..1.
# Source: x_train of mnist.npz, (x_train / 255).mean() and .std(); tests/train/test_networks.py computes them again
MNIST_MEAN = 0.1306604762738429
MNIST_STD = 0.30810780385646264


def keras_flask() -> keras.Model:
    """Build the network of the classic "Keras + Flask" digit page: 887,530 parameters.

    Source: Yassine Ghouzam, "Introduction to CNN Keras", which the page's tutorials copy.
    """
    return Sequential(
        [
            layers.Input(TENSOR, name="tensor"),
            layers.Conv2D(32, 5, padding="same", activation="relu", name="conv_1"),  # 28, 28, 32
            layers.Conv2D(32, 5, padding="same", activation="relu", name="conv_2"),  # 28, 28, 32
            layers.MaxPooling2D(2, name="pool_1"),  # 14, 14, 32
            layers.Dropout(0.25, name="dropout_1"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv_3"),  # 14, 14, 64
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv_4"),  # 14, 14, 64
            layers.MaxPooling2D(2, strides=2, name="pool_2"),  # 7, 7, 64
            layers.Dropout(0.25, name="dropout_2"),
            layers.Flatten(name="flatten"),  # 3136
            layers.Dense(256, activation="relu", name="dense"),
            layers.Dropout(0.25, name="dropout_3"),
            layers.Dense(10, activation="softmax", name="probabilities"),
        ],
        name="keras_flask",
    )


def lenet5() -> keras.Model:
    """Build LeNet-5 with trainable kernels throughout and a softmax at its end: 61,706 parameters.

    Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998, figure 2:
    C1 6@28x28, S2 6@14x14, C3 16@10x10, S4 16@5x5, C5 120, F6 84, output 10.
    """
    return Sequential(
        [
            layers.Input(TENSOR, name="tensor"),
            layers.Rescaling(1 / MNIST_STD, offset=-MNIST_MEAN / MNIST_STD, name="scaled"),
            layers.Conv2D(6, 5, padding="same", activation="tanh", name="c1"),  # 28, 28, 6
            layers.AveragePooling2D(2, name="s2"),  # 14, 14, 6
            layers.Conv2D(16, 5, activation="tanh", name="c3"),  # 10, 10, 16
            layers.AveragePooling2D(2, name="s4"),  # 5, 5, 16
            layers.Conv2D(120, 5, activation="tanh", name="c5"),  # 1, 1, 120
            layers.Flatten(name="flatten"),  # 120
            layers.Dense(84, activation="tanh", name="f6"),
            layers.Dense(10, activation="softmax", name="probabilities"),
        ],
        name="lenet5",
    )


def lenet_sigmoid() -> keras.Model:
    """Build LeNet with sigmoids and Xavier's start, as it is introduced before relu: 61,706 parameters.

    Source: Zhang, Lipton, Li, Smola, "Dive into Deep Learning", section 7.6.
    """
    return Sequential(
        [
            layers.Input(TENSOR, name="tensor"),
            layers.Conv2D(
                6, 5, padding="same", activation="sigmoid", kernel_initializer="glorot_uniform", name="conv_1"
            ),  # 28, 28, 6
            layers.AveragePooling2D(2, name="pool_1"),  # 14, 14, 6
            layers.Conv2D(
                16, 5, activation="sigmoid", kernel_initializer="glorot_uniform", name="conv_2"
            ),  # 10, 10, 16
            layers.AveragePooling2D(2, name="pool_2"),  # 5, 5, 16
            layers.Flatten(name="flatten"),  # 400
            layers.Dense(120, activation="sigmoid", kernel_initializer="glorot_uniform", name="dense_1"),
            layers.Dense(84, activation="sigmoid", kernel_initializer="glorot_uniform", name="dense_2"),
            layers.Dense(10, activation="softmax", kernel_initializer="glorot_uniform", name="probabilities"),
        ],
        name="lenet_sigmoid",
    )


def lenet_relu() -> keras.Model:
    """Build LeNet with 3x3 kernels and relu after the pooling, answering logits: 60,074 parameters."""
    return Sequential(
        [
            layers.Input(TENSOR, name="tensor"),
            layers.Rescaling(2.0, offset=-1.0, name="scaled"),  # -1..1
            layers.Conv2D(6, 3, name="conv_1"),  # 26, 26, 6
            layers.MaxPooling2D(2, name="pool_1"),  # 13, 13, 6
            layers.ReLU(name="relu_1"),
            layers.Conv2D(16, 3, name="conv_2"),  # 11, 11, 16
            layers.MaxPooling2D(2, name="pool_2"),  # 5, 5, 16
            layers.ReLU(name="relu_2"),
            layers.Flatten(name="flatten"),  # 400
            layers.Dense(120, activation="relu", name="dense_1"),
            layers.Dense(84, activation="relu", name="dense_2"),
            layers.Dense(10, name="logits"),
        ],
        name="lenet_relu",
    )


def cnn() -> keras.Model:
    """Build three convolutions and one dense layer as a Sequential: 104,202 parameters.

    Source: Chollet, "Deep Learning with Python", second edition, listing 8.1.
    """
    return Sequential(
        [
            layers.Input(TENSOR, name="tensor"),
            layers.Conv2D(32, 3, activation="relu", name="conv_1"),  # 26, 26, 32
            layers.MaxPooling2D(2, name="pool_1"),  # 13, 13, 32
            layers.Conv2D(64, 3, activation="relu", name="conv_2"),  # 11, 11, 64
            layers.MaxPooling2D(2, name="pool_2"),  # 5, 5, 64
            layers.Conv2D(128, 3, activation="relu", name="conv_3"),  # 3, 3, 128
            layers.Flatten(name="flatten"),  # 1152
            layers.Dense(10, activation="softmax", name="probabilities"),
        ],
        name="cnn",
    )


def cnn_functional() -> keras.Model:
    """Build the same network as cnn by the functional API: layers are called on what the layer before left."""
    tensor = layers.Input(TENSOR, name="tensor")
    x = layers.Conv2D(32, 3, activation="relu", name="conv_1")(tensor)  # 26, 26, 32
    x = layers.MaxPooling2D(2, name="pool_1")(x)  # 13, 13, 32
    x = layers.Conv2D(64, 3, activation="relu", name="conv_2")(x)  # 11, 11, 64
    x = layers.MaxPooling2D(2, name="pool_2")(x)  # 5, 5, 64
    x = layers.Conv2D(128, 3, activation="relu", name="conv_3")(x)  # 3, 3, 128
    x = layers.Flatten(name="flatten")(x)  # 1152
    probabilities = layers.Dense(10, activation="softmax", name="probabilities")(x)
    return keras.Model(tensor, probabilities, name="cnn_functional")


def cnn_filters(*filters: int) -> keras.Model:
    """Build a convolution and a max-pool for each number of filters, then a dense layer of 128.

    With 16 and 36 filters: 28x28x1 -> 14x14x16 -> 7x7x36 -> 1764 -> 128 -> 10.
    """
    network = Sequential([layers.Input(TENSOR, name="tensor")], name="cnn_" + "_".join(map(str, filters)))
    for number, count in enumerate(filters, start=1):
        network.add(layers.Conv2D(count, 3, padding="same", activation="relu", name=f"conv_{number}"))
        network.add(layers.MaxPooling2D(2, name=f"pool_{number}"))
    network.add(layers.Dropout(0.25, name="dropout_1"))
    network.add(layers.Flatten(name="flatten"))
    network.add(layers.Dense(128, activation="relu", name="dense"))
    network.add(layers.Dropout(0.25, name="dropout_2"))
    network.add(layers.Dense(10, activation="softmax", name="probabilities"))
    return network


def with_softmax(network: keras.Model) -> keras.Model:
    """Append a softmax to a network that answers logits, so that what is saved answers probabilities."""
    return Sequential(
        [layers.Input(TENSOR, name="tensor"), *network.layers, layers.Softmax(name="probabilities")], name=network.name
    )


MOMENTUM = 0.99  # of the statistics of batch normalisation


def robust(dtype: str = "float32") -> keras.Model:
    """Build the default model's network: 264,667 parameters, eleven logits, the last for non-digits.

    Early strides make it cheap: nothing is convolved at 28x28 but the single channel of the picture.

    Args:
        dtype: policy of all layers but the last; devices.fastest_dtype() chooses it for training.
    """
    tensor = layers.Input(TENSOR, name="tensor")
    features = _normalised(tensor, 32, 5, "conv_1", dtype, strides=2)  # 14, 14, 32
    features = _normalised(features, 32, 3, "conv_2", dtype)  # 14, 14, 32
    features = _normalised(features, 32, 3, "conv_3", dtype)  # 14, 14, 32
    features = _normalised(features, 80, 3, "conv_4", dtype, strides=2)  # 7, 7, 80
    features = _normalised(features, 80, 3, "conv_5", dtype)  # 7, 7, 80
    features = _normalised(features, 80, 3, "conv_6", dtype)  # 7, 7, 80
    features = _normalised(features, 144, 3, "conv_7", dtype, padding="valid")  # 5, 5, 144
    features = layers.GlobalAveragePooling2D(name="average", dtype=dtype)(features)  # 144
    logits = layers.Dense(11, name="logits", dtype="float32")(features)
    return keras.Model(tensor, logits, name="robust")


def _normalised(
    features: keras.KerasTensor, filters: int, kernel: int, name: str, dtype: str, **options: object
) -> keras.KerasTensor:
    """Convolve, normalise over the batch, and keep what is positive."""
    padding = options.pop("padding", "same")
    convolve = layers.Conv2D(filters, kernel, padding=padding, use_bias=False, name=name, dtype=dtype, **options)
    normalise = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm", dtype=dtype)
    return layers.ReLU(name=f"{name}_relu", dtype=dtype)(normalise(convolve(features)))
