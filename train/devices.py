"""What the training runs on, and the silence of the libraries that drive it. Imports them only when asked to."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import platform
import tempfile
from collections.abc import Iterator


def prepare_device() -> str:
    """Let a GPU's memory grow as needed instead of taking all of it, and name what the training will run on."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with without_greetings():
        import keras

        backend = keras.backend.backend()
        if backend == "tensorflow":
            import tensorflow as tf

            for gpu in tf.config.list_physical_devices("GPU"):
                tf.config.experimental.set_memory_growth(gpu, True)
                return str(tf.config.experimental.get_device_details(gpu).get("device_name", "GPU"))
            tf.constant(0)  # TensorFlow looks for GPUs a second time, and says so, at its first operation
        elif backend == "jax":
            jax = importlib.import_module("jax")
            if jax.default_backend() == "gpu":
                return str(jax.devices()[0].device_kind)
        elif backend == "torch":
            torch = importlib.import_module("torch")
            if torch.cuda.is_available():
                return str(torch.cuda.get_device_name())
    return f"CPU, {os.cpu_count()} cores, {platform.machine()}"


@contextlib.contextmanager
def without_greetings() -> Iterator[None]:
    """Keep back what TensorFlow's C++ writes to standard error of its own accord; what fails raises all the same."""
    logging.getLogger("absl").setLevel(logging.ERROR)
    former = os.dup(2)
    with tempfile.TemporaryFile() as greetings:
        os.dup2(greetings.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(former, 2)
            os.close(former)
