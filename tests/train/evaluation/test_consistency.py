"""How much a page tells of its doubtful digits is fitted on pages, and harms nearly nobody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from app.reading.consistency import BOTH, FIRST, SECOND, Evidence, Likeness, Weights, weigh_evidence
from tests.conftest import MODELS
from tests.train.conftest import print_digits
from train.__main__ import main
from train.data.datasets import Split
from train.errors import TrainingError
from train.evaluation import consistency, slashes
from train.evaluation.consistency import (
    MAX_DOUBTED,
    MAX_HARMED,
    Read,
    Tally,
    count_doubted,
    count_read_anew,
    find_lowest,
    fit_evidence,
    fit_weights,
    put_together,
    read_groups,
    write_groups,
    write_hands,
)
from train.handwriting.synthesis import synthesise_hand


@pytest.fixture(scope="module")
def robust() -> Classifier:
    """The default model."""
    return load_classifier(load(MODELS / "robust"))


def test_a_page_of_a_hand_is_the_same_each_time_and_of_that_hand_alone() -> None:
    once, again = (list(write_hands(3, 5)) for _ in range(2))
    assert len({len(page) for page in once}) > 1
    for one, other in zip(once, again, strict=True):
        np.testing.assert_array_equal(one.digits, other.digits)
        assert len(one) == len(one.labels)


def test_each_digit_is_on_one_page_a_turn() -> None:
    split = Split(
        np.zeros((101, 28, 28), np.uint8) + np.arange(101, dtype=np.uint8)[:, None, None], np.zeros(101, np.uint8)
    )
    pages = list(put_together(split, 3))
    values = np.concatenate([page.digits[:, 0, 0] for page in pages])
    np.testing.assert_array_equal(np.bincount(values), np.full(101, consistency.TURNS))


def test_the_weights_that_made_the_answers_are_found() -> None:
    rng = np.random.default_rng(0)
    count = 60_000
    written = rng.choice([FIRST, SECOND, BOTH], count)
    evidence = Evidence(rng.normal(size=count).astype("f4"), rng.normal(size=count).astype("f4"), written)
    true = Weights(0.7, Likeness(0.5, 0.8), Likeness(1.0, -0.5), Likeness(2.0, 0.0))
    second = rng.random(count) < 1 / (1 + np.exp(-weigh_evidence(evidence, true)))
    sure = rng.random(count) < 0.1
    second[sure] = False  # what the network is sure of is not fitted on
    weights, digits = fit_evidence([Read(evidence, sure, ~second, second, count)])
    assert digits == (~sure).sum()
    assert weights.probable == pytest.approx(0.7, abs=0.06)
    for found, likeness in zip(weights[1:], true[1:], strict=True):
        np.testing.assert_allclose(found, likeness, atol=0.12)


@pytest.mark.parametrize(
    ("harmed", "lowest"),
    (
        ({0.0: 3, 1.0: 1, 2.0: 1, 3.0: 0}, 1.0),
        ({0.0: 1, 1.0: 2, 2.0: 1, 3.0: 0}, 2.0),  # what harms less at lower odds does so by chance
        ({0.0: 1, 1.0: 1}, 0.0),
    ),
)
def test_the_lowest_odds_are_taken_from_which_on_nearly_nobody_is_harmed(
    harmed: dict[float, int], lowest: float
) -> None:
    tried = {odds: {"a": Tally(9, 0, 0, 100), "b": Tally(9, 0, count, 100)} for odds, count in harmed.items()}
    assert find_lowest(tried, 0.01) == lowest


def test_where_all_odds_harm_nothing_is_fitted() -> None:
    with pytest.raises(TrainingError, match=r"Even the highest odds harm more than 1\.000%"):
        find_lowest({1.0: {"a": Tally(9, 0, 2, 100)}}, 0.01)


def test_pages_are_read_better_by_what_is_fitted_on_others(robust: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consistency, "HANDS", 320)
    monkeypatch.setattr(consistency, "TURNS", 1)
    groups = read_groups(robust, write_groups(Split(*synthesise_hand(9300, 10))))
    assert set(groups) == {"hands", "validation", "varied validation"}
    fitted = fit_weights(groups)
    assert fitted.weights.both.nearer > 0
    assert fitted.weights.probable > 0
    for tally in fitted.read_anew[fitted.least].values():
        assert tally.harmed <= MAX_HARMED * tally.of_digits
    others = read_groups(robust, {"hands": list(write_hands(400, 77))})
    (counted,) = count_read_anew(others, fitted.weights, fitted.least).values()
    assert counted.mended > counted.harmed
    (doubted,) = count_doubted(others, fitted.weights, fitted.unlike).values()
    assert doubted.harmed <= 5 * MAX_DOUBTED * doubted.of_digits


def test_a_model_without_prototypes_is_refused() -> None:
    with pytest.raises(TrainingError, match="lenet5 has no prototypes"):
        read_groups(load_classifier(load(MODELS / "lenet5")), {})


def test_the_command_prints_what_the_app_is_to_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    x_train, y_train = print_digits(600, seed=1)  # so many that every label is among those that are held out
    np.savez(tmp_path / "mnist.npz", x_train=x_train, y_train=y_train, x_test=x_train[:20], y_test=y_train[:20])
    monkeypatch.setattr(consistency, "HANDS", 20)
    monkeypatch.setattr(slashes, "MANY_HANDS", 4)
    monkeypatch.setattr(slashes, "ONE_HAND", 3)
    assert main(["fit-pages", "--compare", "--data", str(tmp_path), "--output", str(MODELS)]) == 0
    shown = capsys.readouterr().out
    assert "varied validation" in shown
    assert "by the weights in use: " in shown
    assert "app/preprocessing/slashes.py: Weights(forms=" in shown
    assert "app/reading/consistency.py: Weights(probable=" in shown
