"""The compiled networks answer as Keras does with model.json and model.h5, digit by digit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.artifact import load, load_keras
from app.classifier import LiteRTRuntime, widest_first
from app.preprocessing import to_tensor
from app.registry import choose_default, find_artifacts
from tests.conftest import MODELS

COUNT = 1000  # digits
TOLERANCE = 1e-4  # in any probability


@pytest.mark.parametrize("name", sorted({choose_default(find_artifacts(MODELS)), "keras_flask"}))
def test_the_compiled_network_answers_as_keras(
    name: str, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    tensor = to_tensor(mnist_test[0][:COUNT])
    artifact = load(MODELS / name)
    assert artifact.compiled, artifact.stale
    compiled = LiteRTRuntime(artifact.compiled)(tensor)
    outputs = load_keras(artifact.folder)(tensor, training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    for ours, theirs in zip(compiled, widest_first([np.asarray(output) for output in outputs]), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE, rtol=0)
