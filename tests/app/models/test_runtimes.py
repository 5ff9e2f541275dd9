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
from app.models.runtimes import LiteRTRuntime, order_outputs
from app.models.saving import COMPILED_TOLERANCE, answer_by_keras, compile_folder
from tests.conftest import MODELS

COUNT = 1000  # digits
FEATURES_COSINE = 0.98  # at least, between the features that are served and Keras's
USUALLY = 0.05  # in 99 of 100 probabilities and certainties, whatever the bits
NAMES = sorted({choose_default(find_artifacts(MODELS)), "keras_flask"})


def answer(name: str, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return answer_by_keras(load_keras(MODELS / name), tensor, 10)


@pytest.mark.parametrize("name", NAMES)
def test_compiled_as_floats_a_network_answers_as_keras(
    name: str, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]], tmp_path: Path
) -> None:
    tensor = to_tensor(mnist_test[0][:COUNT])
    folder = tmp_path / name
    shutil.copytree(MODELS / name, folder)
    compile_folder(folder, 32)
    answers = LiteRTRuntime(folder / COMPILED)(tensor)
    for ours, theirs in zip(answers, answer(name, tensor), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=COMPILED_TOLERANCE[32], rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_served_answers_as_keras(name: str, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    tensor = to_tensor(mnist_test[0][:COUNT])
    artifact = load(MODELS / name)
    assert artifact.compiled, artifact.stale
    answers, expected = LiteRTRuntime(artifact.compiled)(tensor), answer(name, tensor)
    bits = artifact.card.get("weight_bits", 32)
    for ours, theirs in zip(answers[:2], expected[:2], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=COMPILED_TOLERANCE[bits], rtol=0)
        assert np.quantile(np.abs(ours - theirs), 0.99) <= USUALLY
    otherwise = answers[0].argmax(axis=1) != expected[0].argmax(axis=1)
    two_best = np.sort(expected[0], axis=1)[:, -2:]
    assert otherwise.mean() <= 0.002
    assert (np.diff(two_best)[otherwise] <= USUALLY).all(), "read otherwise though Keras was not undecided"
    for ours, theirs in zip(answers[2:], expected[2:], strict=True):
        lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
        assert ((ours * theirs).sum(axis=1) / lengths).min() >= FEATURES_COSINE


def test_a_file_that_is_replaced_meanwhile_answers_as_before(tmp_path: Path) -> None:
    path = tmp_path / COMPILED
    shutil.copy(MODELS / "lenet5" / COMPILED, path)
    runtime, tensor = LiteRTRuntime(path), np.full((1, 28, 28, 1), 0.5, np.float32)
    path.unlink()
    shutil.copy(MODELS / "cnn_16" / COMPILED, path)
    expected = LiteRTRuntime(MODELS / "lenet5" / COMPILED)(tensor)
    np.testing.assert_array_equal(runtime(tensor)[0], expected[0])


@pytest.mark.parametrize(
    ("widths", "classes", "order"),
    (
        ((10,), 10, [0]),
        ((10, 1), 10, [0, 1]),
        ((1, 10), 10, [1, 0]),
        ((10, 1, 144), 10, [0, 1, 2]),
        ((144, 1, 10), 10, [2, 1, 0]),
        ((144, 26), 26, [1, 0]),
        ((1, 10), 3, [1, 0]),
    ),
)
def test_outputs_are_known_by_their_widths_wherever_the_file_has_them(
    widths: tuple[int, ...], classes: int, order: list[int]
) -> None:
    assert order_outputs(widths, classes) == order
