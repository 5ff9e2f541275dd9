"""How much an example weighs is fitted on hands, and harms nearly nobody in any group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from tests.conftest import MODELS
from train.__main__ import main
from train.data.datasets import Split
from train.errors import TrainingError
from train.evaluation import fitting
from train.evaluation.fitting import MAX_HARMED, fit_weights, regress, write_groups
from train.handwriting.synthesis import synthesise_hand


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few people write few digits."""
    for name, value in (
        ("PLAIN", range(1000, 1003)),
        ("VARIED", range(2000, 2002)),
        ("PER_CLASS", 4),
        ("PER_CLASS_VARIED", 4),
        ("STRANGERS", 100),
    ):
        monkeypatch.setattr(fitting, name, value)


def test_logistic_regression_finds_the_weights_that_made_the_answers() -> None:
    rng = np.random.default_rng(0)
    columns = np.stack([rng.normal(size=40_000), rng.normal(size=40_000), np.ones(40_000)], axis=1)
    true = np.array([2.0, -0.7, -1.5])
    right = rng.random(len(columns)) < 1 / (1 + np.exp(-columns @ true))
    np.testing.assert_allclose(regress(columns, right), true, atol=0.1)


@pytest.mark.usefixtures("small")
def test_the_highest_bias_that_harms_nearly_nobody_is_taken() -> None:
    robust = load_classifier(load(MODELS / "robust"))
    groups = write_groups(Split(*synthesise_hand(9300, 10)))
    fitted = fit_weights(robust, groups)
    assert set(fitted.tried[fitted.weights.bias]) == set(groups)
    assert fitted.weights.nearer == round(fitted.regression.nearer, 1)
    *rejected, taken = fitted.tried
    assert taken == fitted.weights.bias
    for bias in (*rejected, taken):
        within = all(tally.harmed <= MAX_HARMED * tally.digits for tally in fitted.tried[bias].values())
        assert within == (bias == taken)


@pytest.mark.usefixtures("small")
def test_where_every_bias_harms_nothing_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    robust = load_classifier(load(MODELS / "robust"))
    monkeypatch.setattr(fitting, "MAX_HARMED", -1)
    monkeypatch.setattr(fitting, "BIASES", (0.0,))
    with pytest.raises(TrainingError, match=r"Every bias down to 0\.0"):
        fit_weights(robust, write_groups(Split(*synthesise_hand(9300, 10))))


@pytest.mark.usefixtures("small")
def test_the_command_prints_what_each_bias_does_and_what_is_taken(
    printed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit-corrections", "--data", str(printed), "--output", str(MODELS)]) == 0
    shown = capsys.readouterr().out
    assert "varied strangers" in shown
    assert "logistic regression on" in shown
    assert "app/memory/comparing.py: Weights(nearer=" in shown


def test_a_model_that_cannot_be_corrected_is_refused(lenet: Classifier) -> None:
    with pytest.raises(TrainingError, match="has no prototypes"):
        fit_weights(lenet, {})


@pytest.fixture(scope="module")
def lenet() -> Classifier:
    """A model without features."""
    return load_classifier(load(MODELS / "lenet5"))
