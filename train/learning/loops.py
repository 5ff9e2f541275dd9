"""The two ways to go through the epochs: Keras's own fit(), and the same by hand with TensorFlow's GradientTape.

    for every epoch: shuffle -> for every batch: loss -> gradients -> step -> validation -> callbacks

fit() runs on any backend of Keras; the hand-written loop shows what happens inside of it and is TensorFlow's own.
Both take a compiled network and tell the same callbacks the same things. Owns no files and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ..data.datasets import Batches
from ..errors import TrainingError

VALIDATION_BATCH = 500  # digits; changes nothing but memory and speed

Validation = tuple[NDArray[np.float32], NDArray[Any]]  # tensor and targets
Callbacks = list[keras.callbacks.Callback]
Loop = Callable[[keras.Model, Batches, Validation, range, Callbacks], None]


def fit(network: keras.Model, batches: Batches, validation: Validation, epochs: range, callbacks: Callbacks) -> None:
    """Train a compiled network by Keras's own loop.

    Args:
        epochs: still to run, counted from 0.
    """
    shuffle = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _logs: batches.begin(epoch))
    network.fit(
        batches,
        initial_epoch=epochs.start,
        epochs=epochs.stop,
        shuffle=False,  # Batches does it, so that an epoch's order depends on its number alone
        validation_data=validation,
        validation_batch_size=VALIDATION_BATCH,
        callbacks=[shuffle, *callbacks],
        verbose=0,
    )


def gradient_tape(
    network: keras.Model, batches: Batches, validation: Validation, epochs: range, callbacks: Callbacks
) -> None:
    """Train a compiled network by a loop written out: record the loss on a tape, ask it for gradients, step.

    Raises:
        TrainingError: Keras runs on another backend than TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise TrainingError(
            "This recipe's loop is written with TensorFlow's GradientTape, but KERAS_BACKEND is "
            f"{keras.backend.backend()}. Set KERAS_BACKEND=tensorflow."
        )
    import tensorflow as tf

    mean_loss, accuracy = keras.metrics.Mean(), keras.metrics.CategoricalAccuracy()
    if not batches.one_hot:
        accuracy = keras.metrics.SparseCategoricalAccuracy()

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def train_step(tensor: Any, targets: Any) -> None:
        with tf.GradientTape() as tape:
            outputs = network(tensor, training=True)
            loss = network.loss(targets, outputs)
        gradients = tape.gradient(loss, network.trainable_variables)
        network.optimizer.apply(gradients, network.trainable_variables)
        mean_loss.update_state(loss, sample_weight=tf.shape(tensor)[0])
        accuracy.update_state(targets, outputs)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def validation_step(tensor: Any, targets: Any) -> None:
        outputs = network(tensor, training=False)
        mean_loss.update_state(network.loss(targets, outputs), sample_weight=tf.shape(tensor)[0])
        accuracy.update_state(targets, outputs)

    def read() -> dict[str, float]:
        return {"loss": float(mean_loss.result()), "accuracy": float(accuracy.result())}

    def reset() -> None:
        mean_loss.reset_state()
        accuracy.reset_state()

    listeners = keras.callbacks.CallbackList(callbacks, model=network, epochs=epochs.stop, steps=len(batches))
    network.stop_training = False
    listeners.on_train_begin()
    for epoch in epochs:
        batches.begin(epoch)
        reset()
        listeners.on_epoch_begin(epoch)
        for step in range(len(batches)):
            listeners.on_train_batch_begin(step)
            train_step(*map(tf.constant, batches[step]))
            listeners.on_train_batch_end(step, read())
        logs = read()
        reset()
        listeners.on_test_begin()
        for start in range(0, len(validation[0]), VALIDATION_BATCH):
            validation_step(*(tf.constant(part[start : start + VALIDATION_BATCH]) for part in validation))
        listeners.on_test_end()
        listeners.on_epoch_end(epoch, logs | {f"val_{name}": value for name, value in read().items()})
        if network.stop_training:
            break
    listeners.on_train_end()
