"""fit() and what follows it run on whatever backend Keras has: TensorFlow here, JAX in `make test-backends`.

So do those tests of test_runs.py that are marked so.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from train.errors import TrainingError
from train.learning.predictions import predict

from .conftest import prepare, print_digits, small
from .test_runs import train

pytestmark = pytest.mark.backends


def test_it_learns(printed: Path, tmp_path: Path) -> None:
    trained = train(prepare(small("cnn", epochs=12), printed, tmp_path))
    digits, labels = print_digits(20, seed=2)
    assert np.mean(predict(trained.network, digits).argmax(axis=1) == labels) > 0.6


def test_the_loop_written_by_hand_is_tensorflows_own(printed: Path, tmp_path: Path) -> None:
    run = prepare(small("lenet_relu", epochs=1), printed, tmp_path)
    if keras.backend.backend() == "tensorflow":
        assert len(train(run).epochs) == 1
    else:
        with pytest.raises(TrainingError, match="KERAS_BACKEND=tensorflow"):
            train(run)
