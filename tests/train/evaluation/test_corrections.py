"""The measurement of corrections, and what it promises: fewer errors, and nobody harmed."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from app.framing import to_tensor
from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from tests.conftest import MODELS
from tests.support.drawings import draw_digit, to_png
from train.data.augmentation import augment
from train.data.datasets import Split
from train.errors import TrainingError
from train.evaluation import corrections
from train.evaluation.corrections import Reader, Tally, measure_corrections, measure_hand, measure_hands
from train.handwriting.synthesis import synthesise_hand

LEFT = 0.6  # of the errors, at most, after 30 corrections
HARMED = 0.002  # of the digits, at most


@pytest.fixture(scope="module")
def robust() -> Classifier:
    return load_classifier(load(MODELS / "robust"))


def test_corrections_take_most_errors_and_harm_hardly_anybody(robust: Classifier) -> None:
    hands = [Split(*synthesise_hand(seed, corrections.PER_CLASS)) for seed in corrections.HANDS[:60]]
    measured = measure_hands(robust, hands, 1)["30"]
    assert measured["errors_before"] >= 10
    assert measured["left"] <= LEFT
    assert measured["harmed"] <= HARMED
    assert measured["hands"] == 60
    assert measured["digits"] == 60 * 5 * corrections.PER_CLASS


def test_hands_that_are_read_right_stay_so(robust: Classifier) -> None:
    """All hands as one person, who corrects for the others: what one is corrected in must not harm another."""
    hands = [Split(*synthesise_hand(seed, 10)) for seed in range(9100, 9130)]
    measured = measure_hands(robust, [corrections.join(hands)], 1)["70"]
    assert measured["errors_after"] <= measured["errors_before"]
    assert measured["harmed"] <= HARMED


def test_a_person_corrects_one_digit_after_the_other_as_each_is_read(robust: Classifier) -> None:
    digits, labels = synthesise_hand(9200, 40)
    digits = augment(digits, np.random.default_rng(0))
    prediction, prototypes = robust.predict(to_tensor(digits)), robust.prototypes
    assert prototypes is not None
    order = np.random.default_rng(1).permutation(len(labels))
    naive = Reader(labels, prediction, prototypes)
    for place in order[: len(order) // 2]:
        if naive.read(place[None])[0] != labels[place]:
            naive.correct(int(place))
    reader, tallies = Reader(labels, prediction, prototypes), {1: Tally(), 70: Tally()}
    measure_hand(reader, order, tallies)
    assert len(naive.corrected) >= 2
    assert reader.corrected == naive.corrected
    assert (tallies[1].corrections, tallies[70].corrections) == (1, len(naive.corrected))
    second = order[len(order) // 2 :]
    assert tallies[70].after == (naive.read(second) != labels[second]).sum()


def test_sources_of_a_folder_are_measured_apart_and_together(
    robust: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "HANDS", range(9000, 9001))
    monkeypatch.setattr(corrections, "PER_CLASS", 2)
    with (tmp_path / "pictures.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("path", "label", "source"))
        for source, count in (("large", 10), ("small", 3)):
            for digit in range(count):
                (tmp_path / f"{source}-{digit}.png").write_bytes(to_png(draw_digit(digit)))
                rows.writerow((f"{source}-{digit}.png", digit, source))
        (tmp_path / "blank.png").write_bytes(to_png(np.full((60, 60), 255, np.uint8)))
        rows.writerow(("blank.png", 1, "large"))
    measured = measure_corrections(robust, tmp_path)
    assert set(measured) == {"synthesised_hands", "pictures_by_source", "pictures_as_one_hand"}
    assert measured["pictures_by_source"]["5"]["hands"] == corrections.TURNS
    assert measured["pictures_by_source"]["5"]["digits"] == 5 * corrections.TURNS
    assert set(measured["synthesised_hands"]) == {"5", "10", "30", "70"}


def test_a_tally_tells_errors_from_harm() -> None:
    tally = Tally()
    tally.add(np.array([True, True, False, False]), np.array([True, False, True, False]), 3)
    described = tally.describe()
    assert (described["errors_before"], described["errors_after"], described["harmed"]) == (2, 2, 0.25)
    assert Tally().describe()["left"] == 1


def test_a_model_that_cannot_be_corrected_is_refused(tiny_plain: Classifier) -> None:
    with pytest.raises(TrainingError, match="has no prototypes"):
        measure_corrections(tiny_plain, None)


@pytest.fixture(scope="module")
def tiny_plain() -> Classifier:
    """A model without features."""
    return load_classifier(load(MODELS / "lenet5"))
