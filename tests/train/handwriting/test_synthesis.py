"""Digits and non-digits by the thousand: the same for the same seed, whoever draws them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.framing import SIDE
from train.handwriting.synthesis import synthesise_digits, synthesise_hand, synthesise_morphs, synthesise_non_digits


def test_a_seed_gives_the_same_digits_again() -> None:
    first, labels = synthesise_digits(60, seed=5)
    again, labels_again = synthesise_digits(60, seed=5)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert (first != synthesise_digits(60, seed=6)[0]).any()


def test_the_first_digits_are_those_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.handwriting.synthesis.BATCH", 20)
    every, labels = synthesise_digits(60, seed=5)
    first, first_labels = synthesise_digits(60, seed=5, first=25)
    np.testing.assert_array_equal(first[:20], every[:20])  # a batch that is cut short is drawn from its own beginning
    np.testing.assert_array_equal(first, every[:25])
    np.testing.assert_array_equal(first_labels, labels[:25])


def test_labels_are_dealt_evenly_and_mixed() -> None:
    digits, labels = synthesise_digits(200, seed=1)
    assert digits.shape == (200, SIDE, SIDE)
    assert labels.dtype == np.uint8
    assert np.bincount(labels, minlength=10).tolist() == [20] * 10
    assert (np.diff(labels.astype(int)) != 0).mean() > 0.7


def test_the_number_of_workers_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.handwriting.synthesis.BATCH", 20)
    np.testing.assert_array_equal(synthesise_digits(60, seed=2, workers=2)[0], synthesise_digits(60, seed=2)[0])
    np.testing.assert_array_equal(synthesise_non_digits(60, seed=2, workers=2), synthesise_non_digits(60, seed=2))
    for parallel, alone in zip(synthesise_morphs(60, seed=2, workers=2), synthesise_morphs(60, seed=2), strict=True):
        np.testing.assert_array_equal(parallel, alone)


def test_none_asked_for_are_none_drawn() -> None:
    assert synthesise_digits(0, seed=1)[0].shape == (0, SIDE, SIDE)
    assert synthesise_non_digits(0, seed=1).shape == (0, SIDE, SIDE)
    assert [array.shape for array in synthesise_morphs(0, seed=1)] == [(0, SIDE, SIDE), (0, 10)]


def test_a_hand_writes_as_many_of_each_digit_and_the_same_again() -> None:
    digits, labels = synthesise_hand(3, per_class=4)
    assert digits.shape == (40, SIDE, SIDE)
    assert np.bincount(labels).tolist() == [4] * 10
    again, labels_again = synthesise_hand(3, per_class=4)
    np.testing.assert_array_equal(digits, again)
    np.testing.assert_array_equal(labels, labels_again)


def test_one_hand_writes_a_digit_more_alike_than_two_hands_do() -> None:
    hands = [synthesise_hand(seed, per_class=6) for seed in range(12)]
    alike, apart = [], []
    for (digits, labels), (others, other_labels) in itertools.pairwise(hands):
        for label in range(10):
            own = digits[labels == label].reshape(6, -1).astype(float)
            foreign = others[other_labels == label].reshape(6, -1).astype(float)
            alike.append(np.abs(own[:3] - own[3:]).mean())
            apart.append(np.abs(own[:3] - foreign[:3]).mean())
    assert np.mean(alike) < 0.75 * np.mean(apart)
    assert min(alike) > 0


def test_targets_of_morphs_share_the_whole_between_two_digits() -> None:
    digits, targets = synthesise_morphs(400, seed=1)
    assert digits.shape == (400, SIDE, SIDE)
    assert targets.dtype == np.float32
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    assert ((targets > 0).sum(axis=1) <= 2).all()
    assert 0.2 < (targets.max(axis=1) == 1).mean() < 0.7
    assert (digits != synthesise_morphs(400, seed=2)[0]).any()
