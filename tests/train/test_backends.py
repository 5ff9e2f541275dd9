"""fit() and what follows it run on whatever backend Keras has: TensorFlow here, JAX in `make test-backends`."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from app.framing import to_tensor
from app.models.classifier import load_classifier
from app.models.folder import load
from train import runs
from train.errors import TrainingError
from train.learning.predictions import predict

from .conftest import prepare, print_digits, small
from .test_runs import MachineOff, assert_same, interrupt, train

pytestmark = pytest.mark.backends


def test_an_epoch_is_trained_saved_and_served(printed: Path, tmp_path: Path) -> None:
    run = prepare(small("cnn_16_36_64", epochs=1), printed, tmp_path, "cnn_16_36_64")
    card = runs.train_and_save(run, [1])
    assert card["versions"]["backend"] == keras.backend.backend()
    folder = run.places.output / "cnn_16_36_64"
    assert {"model.json", "model.h5", "model.tflite"} <= {path.name for path in folder.iterdir()}
    classifier = load_classifier(load(folder))
    assert classifier.predict(to_tensor(print_digits(5, seed=8)[0])).probabilities.shape == (5, 10)


def test_a_resumed_run_ends_as_an_uninterrupted_one(printed: Path, tmp_path: Path) -> None:
    recipe = small("cnn_16_36_64", epochs=3)
    whole = train(prepare(recipe, printed, tmp_path / "whole"))
    with pytest.raises(MachineOff):
        train(prepare(interrupt(recipe, 1), printed, tmp_path / "broken"))
    assert_same(whole, train(prepare(recipe, printed, tmp_path / "broken", resume=True)))


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
