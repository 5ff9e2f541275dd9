"""What training runs on, and how its libraries are kept from printing greetings. Imports them only when asked to."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from app import commandline

CPUINFO = Path("/proc/cpuinfo")
# How /proc/cpuinfo calls instructions that compute in bfloat16: x86's of AVX-512 and of AMX, and Arm's
BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}


def prepare_device() -> str:
    """Let a GPU's memory grow as needed instead of taking all of it, and name what the training will run on."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with without_greetings():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            for gpu in tf.config.list_physical_devices("GPU"):
                tf.config.experimental.set_memory_growth(gpu, True)
            tf.constant(0)  # TensorFlow looks for GPUs a second time, and says so, at its first operation
        return find_gpu() or f"CPU, {os.cpu_count()} cores, {platform.machine()}"


def find_gpu() -> str | None:
    """Name the GPU that Keras's backend would train on, if there is one."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            return str(tf.config.experimental.get_device_details(gpu).get("device_name", "GPU"))
    elif backend == "jax":
        jax = importlib.import_module("jax")
        if jax.default_backend() == "gpu":
            return str(jax.devices()[0].device_kind)
    elif backend == "torch":
        torch = importlib.import_module("torch")
        if torch.cuda.is_available():
            return str(torch.cuda.get_device_name())
    return None


def fastest_dtype(cpuinfo: Path = CPUINFO) -> str:
    """Choose the dtype policy that trains fastest here, for a network that learns as well in either.

    A processor that computes in bfloat16 trains twice as fast in it; one that has to emulate it takes nine times as
    long (measured: networks.robust() in TensorFlow on one core of an AMD EPYC with AVX2 alone, 47 digits a second
    instead of 409).

    Args:
        cpuinfo: what Linux knows of the processor; elsewhere there is no such file, and no bfloat16 is assumed.

    Returns:
        mixed_bfloat16 on a GPU and where the processor has instructions for it, else float32.
    """
    known = set(cpuinfo.read_text(encoding="utf-8", errors="replace").split()) if cpuinfo.is_file() else set()
    return "mixed_bfloat16" if find_gpu() or known & BFLOAT16 else "float32"


@contextlib.contextmanager
def without_greetings() -> Iterator[None]:
    """Discard what TensorFlow's C++ and absl write to standard error at the start; exceptions are raised as usual."""
    logging.getLogger("absl").setLevel(logging.ERROR)
    with commandline.without_greetings():
        yield
