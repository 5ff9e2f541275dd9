"""The robust recipe's own: what it mixes, how it is calibrated, and what it answers once finished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import keras
import numpy as np
import pytest

from app.models.classifier import load_classifier, measure_likeness
from app.models.folder import load
from app.models.saving import save
from train import runs
from train.data.datasets import Dataset, Split
from train.learning import networks
from train.recipes import certainty, robust
from train.recipes.catalogue import RECIPES
from train.recipes.prototypes import find_prototypes

PARAMETERS = 264_667
MAX_PARAMETERS = 300_000  # of what is served


@pytest.fixture
def small_pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("WRITTEN", "MORPHS", "NON_DIGITS"):
        monkeypatch.setattr(robust, name, 60)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    robust.load_pool.cache_clear()
    yield
    robust.load_pool.cache_clear()


def test_the_network_is_small() -> None:
    assert networks.robust().count_params() == PARAMETERS <= MAX_PARAMETERS


@pytest.mark.usefixtures("small_pool")
def test_digits_that_it_learned_from_are_shown_for_each_class() -> None:
    learned = RECIPES["robust"].learned
    assert learned
    shown = learned()
    assert (len(shown), *shown.shape[2:]) == (10, 28, 28)
    assert 0 < shown.shape[1] <= robust.SHOWN
    assert shown.any(axis=(2, 3)).all()


@pytest.mark.usefixtures("small_pool")
def test_a_batch_holds_all_four_sorts() -> None:
    digits = np.random.default_rng(0).integers(0, 255, (20, 28, 28)).astype(np.uint8)
    labels = np.full(20, 3, np.uint8)
    tensor, targets = robust.mix(digits, labels, np.random.default_rng(1))
    written, morphs, non_digits = np.split(targets[20:], np.cumsum((12, 2)))
    assert tensor.shape == (20 + 12 + 2 + 8, 28, 28, 1)
    assert tensor.dtype == np.float32
    assert tensor.min() == 0.0
    assert tensor.max() == 1.0
    assert (targets[:20] == np.eye(11)[3]).all()
    assert (written.max(axis=1) == 1).all()
    assert ((written[:, : robust.NON_DIGIT] > 0).sum(axis=1) == 1).all()
    assert (morphs[:, robust.NON_DIGIT] == 0).all()
    assert (non_digits == np.eye(11)[robust.NON_DIGIT]).all()
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    unvaried = round(20 * robust.UNVARIED)
    np.testing.assert_allclose(tensor[:unvaried, ..., 0], digits[:unvaried] / 255, atol=1e-6)
    again, _ = robust.mix(digits, labels, np.random.default_rng(1))
    np.testing.assert_array_equal(tensor, again)


@pytest.mark.usefixtures("small_pool")
def test_what_lies_between_two_digits_is_trained_with_how_likely_each_is() -> None:
    pool = robust.load_pool()
    assert pool.morph_targets.shape == (60, 10)
    np.testing.assert_allclose(pool.morph_targets.sum(axis=1), 1, atol=1e-6)
    assert ((pool.morph_targets > 0.05) & (pool.morph_targets < 0.95)).any(axis=1).sum() > 10


def finish_without_certainty(network: keras.Model, temperature: float) -> keras.Model:
    size = sum(2 * network.get_layer(depth).output.shape[-1] for depth in certainty.DEPTHS)
    shapes = ((size, certainty.HIDDEN), (certainty.HIDDEN,), (certainty.HIDDEN, 1), (1,))
    return robust.with_certainty(
        network, temperature, certainty.Head(*(np.zeros(shape, np.float32) for shape in shapes))
    )


def test_a_network_starts_from_a_finished_one() -> None:
    keras.utils.set_random_seed(3)
    trained, fresh = networks.robust(), networks.robust()
    finished = finish_without_certainty(trained, temperature=0.5)
    tensor = np.random.default_rng(0).random((5, 28, 28, 1), np.float32)
    assert not np.allclose(fresh(tensor), trained(tensor), atol=1e-3)
    robust.adopt(fresh, finished)
    logits = np.asarray(fresh(tensor))[:, : robust.NON_DIGIT]
    np.testing.assert_allclose(logits, np.asarray(trained(tensor))[:, : robust.NON_DIGIT] / 0.5, atol=1e-4)


def test_the_mean_of_trained_weights_and_those_of_the_start_is_kept() -> None:
    keras.utils.set_random_seed(3)
    before, after = networks.robust(), networks.robust()
    expected = [
        (1 - 0.25) * new + 0.25 * old for new, old in zip(after.get_weights(), before.get_weights(), strict=True)
    ]
    expected[-2][:, robust.NON_DIGIT] = after.get_weights()[-2][:, robust.NON_DIGIT]  # a finished network has none
    expected[-1][robust.NON_DIGIT] = after.get_weights()[-1][robust.NON_DIGIT]
    runs.blend(after, replace(RECIPES["robust"], start_share=0.25), finish_without_certainty(before, temperature=1.0))
    for mean, weights in zip(expected, after.get_weights(), strict=True):
        np.testing.assert_allclose(weights, mean, atol=1e-6)


@pytest.mark.parametrize("true", (0.5, 1.0, 2.0))
def test_the_temperature_that_made_the_labels_is_found(true: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (20_000, 10)).astype(np.float32)
    chance = np.exp(logits / true)
    chance /= chance.sum(axis=1, keepdims=True)
    labels = (chance.cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1).astype(np.uint8)
    assert robust.fit_temperature(logits, labels) == pytest.approx(true, rel=0.05)


def test_the_finished_network_answers_what_was_fitted(tmp_path_factory: pytest.TempPathFactory) -> None:
    keras.utils.set_random_seed(3)
    network = networks.robust()
    rng = np.random.default_rng(0)
    tensor = rng.random((8, 28, 28, 1), np.float32)
    logits = np.asarray(network(tensor))
    features = np.asarray(keras.Model(network.input, certainty.take_features(network))(tensor))
    head = certainty.Head(
        rng.normal(0, 0.1, (features.shape[1], certainty.HIDDEN)).astype(np.float32),
        rng.normal(0, 1, certainty.HIDDEN).astype(np.float32),
        rng.normal(0, 1, (certainty.HIDDEN, 1)).astype(np.float32),
        np.ones(1, np.float32),
    )
    finished = robust.with_certainty(network, temperature=0.5, head=head)
    assert finished.count_params() <= MAX_PARAMETERS
    folder = tmp_path_factory.mktemp("models") / "robust"
    save(finished, folder, {})
    prediction = load_classifier(load(folder)).predict(tensor)
    scaled = np.exp(logits[:, :10] / 0.5)
    np.testing.assert_allclose(prediction.probabilities, scaled / scaled.sum(axis=1, keepdims=True), atol=1e-4)
    average = keras.Model(network.input, network.get_layer("average").output)
    assert prediction.features is not None
    np.testing.assert_allclose(prediction.features, average(tensor), atol=1e-4)
    np.testing.assert_allclose(prediction.certainty, 1 / (1 + np.exp(-head.judge(features))), atol=1e-4)


def test_no_more_validation_digits_are_doubted_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robust, "VALIDATION_WRITTEN", 200)
    keras.utils.set_random_seed(3)
    network = finish_without_certainty(networks.robust(), temperature=0.5)
    digits = np.random.default_rng(0).integers(0, 256, (500, 28, 28)).astype(np.uint8)
    split = Split(digits, np.zeros(500, np.uint8))
    dataset = Dataset("mnist", tuple("0123456789"), split, split, split)
    answers = robust.answer_as_served(network, digits)
    assert answers.features is not None
    prototypes = find_prototypes(answers.features, np.arange(500).astype(np.uint8) % 10, 0)
    fitted = robust.fit_card(network, dataset, prototypes)
    by_score = answers.score < fitted["ambiguous_below"]
    by_likeness = measure_likeness(answers, prototypes) < fitted["unlike_below"]
    assert by_score.mean() <= robust.DOUBTED_MNIST
    assert by_likeness.mean() <= robust.UNLIKE_MNIST
    assert (by_score | by_likeness).mean() <= 0.02  # what may be refused in all
    assert "unlike_below" not in robust.fit_card(network, dataset, None)
