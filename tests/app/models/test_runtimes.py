"""The compiled networks answer as Keras does with model.json and model.h5, digit by digit."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.framing import to_tensor
from app.models.files import COMPILED
from app.models.folder import load
from app.models.keras_files import load_keras
from app.models.registry import choose_default, find_artifacts
from app.models.runtimes import LiteRTRuntime, widest_first
from app.models.saving import COMPILED_TOLERANCE, compile_folder
from tests.conftest import MODELS

COUNT = 1000  # digits
USUALLY = 0.05  # in 99 of 100 probabilities and certainties, whatever the bits
NAMES = sorted({choose_default(find_artifacts(MODELS)), "keras_flask"})


def answer_by_keras(name: str, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    outputs = load_keras(MODELS / name)(tensor, training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    return widest_first([np.asarray(output) for output in outputs])


@pytest.mark.parametrize("name", NAMES)
def test_compiled_as_floats_a_network_answers_as_keras(
    name: str, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]], tmp_path: Path
) -> None:
    tensor = to_tensor(mnist_test[0][:COUNT])
    folder = tmp_path / name
    shutil.copytree(MODELS / name, folder)
    compile_folder(folder, 32)
    answers = LiteRTRuntime(folder / COMPILED)(tensor)
    for ours, theirs in zip(answers, answer_by_keras(name, tensor), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=COMPILED_TOLERANCE[32], rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_served_answers_as_keras(name: str, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    tensor = to_tensor(mnist_test[0][:COUNT])
    artifact = load(MODELS / name)
    assert artifact.compiled, artifact.stale
    answers, expected = LiteRTRuntime(artifact.compiled)(tensor), answer_by_keras(name, tensor)
    bits = artifact.card.get("weight_bits", 32)
    for ours, theirs in zip(answers, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=COMPILED_TOLERANCE[bits], rtol=0)
        assert np.quantile(np.abs(ours - theirs), 0.99) <= USUALLY
    same = answers[0].argmax(axis=1) == expected[0].argmax(axis=1)
    assert same.mean() >= 0.999
