"""Fuzzing as far as a test run has time for, and properties that hold for anything."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app import corrections
from app.framing import frame_digit
from app.memory import database
from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from tests.conftest import MODELS, ROOT
from tests.support.drawings import draw_digit

from .corpus import corpus
from .targets import TARGETS

SECONDS = 12  # a target, on cores that other tests use too; `make fuzz` looks longer
BOUNDED = settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(autouse=True, scope="module")
def kept_limits() -> Iterator[None]:
    """What the targets allow a busy machine holds for no other test of the same process."""
    kept = database.MAX_READING, corrections.RATE
    yield
    database.MAX_READING, corrections.RATE = kept


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_breaks_nothing(target: str) -> None:
    tried = 0
    for body in corpus(target):
        TARGETS[target](body)
        tried += 1
    assert tried > 5


@pytest.fixture(scope="module")
def fuzzing() -> Iterator[subprocess.Popen[str]]:
    """A process that fuzzes one target after another: what is instrumented is imported once."""
    command = [sys.executable, "-m", "tests.fuzz", *TARGETS, "--seconds", str(SECONDS), "--seed", "1"]
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    with process:
        yield process
        process.terminate()


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_found_in_a_while(fuzzing: subprocess.Popen[str], target: str) -> None:
    said = []
    assert fuzzing.stdout
    for line in fuzzing.stdout:
        said.append(line)
        if line.startswith(f"{target}: "):
            break
    told = "".join(said)[-6000:]
    assert said[-1:] == [f"{target}: 0\n"], told
    assert "stat::number_of_executed_units" in told


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    folder = next(path for path in sorted(MODELS.iterdir()) if (path / "model.tflite").is_file())
    return load_classifier(load(folder))


@BOUNDED
@given(tensor=arrays.arrays(np.float32, (2, 28, 28, 1), elements=st.floats(0, 1, width=32), fill=st.just(0.0)))
def test_any_tensor_in_range_gives_probabilities(classifier: Classifier, tensor: Any) -> None:
    prediction = classifier.predict(tensor)
    assert (prediction.probabilities >= 0).all()
    np.testing.assert_allclose(prediction.probabilities.sum(axis=1), 1, atol=1e-4)
    assert ((prediction.certainty >= 0) & (prediction.certainty <= 1 + 1e-6)).all()


@BOUNDED
@given(label=st.integers(0, 9), x=st.integers(-40, 40), y=st.integers(-40, 40))
def test_framing_does_not_depend_on_the_place(label: int, x: int, y: int) -> None:
    ink = draw_digit(label, shape=(200, 200), height=100, pen=12, paper=0, ink=255)
    moved = np.roll(ink, (y, x), axis=(0, 1))
    np.testing.assert_array_equal(frame_digit(moved), frame_digit(ink))


@BOUNDED
@given(label=st.integers(0, 9))
def test_framing_what_is_framed_changes_nothing(label: int) -> None:
    once = frame_digit(draw_digit(label, shape=(200, 200), height=100, pen=12, paper=0, ink=255))
    np.testing.assert_array_equal(frame_digit(once), once)
