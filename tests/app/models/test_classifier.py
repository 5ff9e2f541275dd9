"""A classifier answers the same alone, in a batch and from any thread."""

from __future__ import annotations

import copy
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.models.card import read_card, write_card
from app.models.classifier import MAX_FEATURES, Classifier, Prediction, load_classifier, measure_likeness
from app.models.files import BadModel
from app.models.folder import load
from app.models.prototypes import sort_references
from app.models.runtimes import BLOCK
from app.models.saving import save


@pytest.fixture(scope="module")
def classifier(tiny_models: Path) -> Classifier:
    return load_classifier(load(tiny_models / "unsure"))


@pytest.mark.parametrize("count", (1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK))
def test_a_batch_answers_as_one_by_one(classifier: Classifier, count: int) -> None:
    tensor = np.random.default_rng(count).random((count, 28, 28, 1), np.float32)
    together = classifier.predict(tensor)
    alone = [classifier.predict(tensor[index : index + 1]) for index in range(count)]
    assert together.probabilities.shape == (count, 10)
    np.testing.assert_allclose(together.probabilities, np.concatenate([one.probabilities for one in alone]), atol=1e-6)
    np.testing.assert_allclose(together.certainty, np.concatenate([one.certainty for one in alone]), atol=1e-6)
    np.testing.assert_allclose(together.probabilities.sum(axis=1), 1, atol=1e-5)


def test_threads_do_not_share_an_answer(classifier: Classifier) -> None:
    tensors = np.random.default_rng(0).random((64, 1, 28, 28, 1), np.float32)
    expected = [classifier.predict(tensor).probabilities for tensor in tensors]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(classifier.predict, tensors))
    for answer, probabilities in zip(answers, expected, strict=True):
        np.testing.assert_array_equal(answer.probabilities, probabilities)


def test_certainty_is_the_second_output(classifier: Classifier) -> None:
    prediction = classifier.predict(np.random.default_rng(1).random((40, 28, 28, 1), np.float32))
    assert prediction.certainty.shape == (40,)
    np.testing.assert_array_equal(classifier.certain(prediction), prediction.certainty >= 0.5)


@pytest.fixture(scope="module")
def tensors_and_networks() -> tuple[Any, dict[str, Any]]:
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    tensor = keras.Input((28, 28, 1))
    features = layers.GlobalAveragePooling2D()(layers.Conv2D(6, 5, strides=4, activation="relu")(tensor))
    outputs = {
        "features": features,
        "certainty": layers.Dense(1, activation="sigmoid")(features),
        "probabilities": layers.Dense(10, activation="softmax")(features),
        "more": layers.Dense(4)(features),
        "large": layers.Dense(MAX_FEATURES + 1)(features),
    }
    return tensor, outputs


@pytest.mark.parametrize("names", (("features", "certainty", "probabilities"), ("probabilities", "features")))
def test_features_are_answered_besides(
    tensors_and_networks: tuple[Any, dict[str, Any]], tmp_path: Path, names: tuple[str, ...]
) -> None:
    import keras

    tensor, outputs = tensors_and_networks
    save(keras.Model(tensor, [outputs[name] for name in names]), tmp_path / "inside", {})
    digits = np.random.default_rng(1).random((11, 28, 28, 1), np.float32)
    prediction = load_classifier(load(tmp_path / "inside")).predict(digits)
    np.testing.assert_allclose(prediction.probabilities.sum(axis=1), 1, atol=1e-5)
    assert prediction.features is not None
    np.testing.assert_allclose(prediction.features, keras.Model(tensor, outputs["features"])(digits), atol=1e-4)
    confidence = prediction.probabilities.max(axis=1)
    assert np.array_equal(prediction.certainty, confidence) == ("certainty" not in names)


@pytest.mark.parametrize(
    "names",
    (
        ("probabilities", "features", "more"),
        ("probabilities", "large"),
        ("probabilities", "probabilities"),
        ("probabilities", "certainty", "certainty"),
    ),
)
def test_a_network_that_answers_more_than_can_be_told_apart_is_refused(
    tensors_and_networks: tuple[Any, dict[str, Any]], tmp_path: Path, names: tuple[str, ...]
) -> None:
    import keras

    tensor, outputs = tensors_and_networks
    save(keras.Model(tensor, [outputs[name] for name in names]), tmp_path / "inside", {})
    with pytest.raises(BadModel, match="expected probabilities, a certainty and features at most"):
        load_classifier(load(tmp_path / "inside"))


def test_a_network_without_features_answers_none(classifier: Classifier) -> None:
    assert classifier.predict(np.zeros((1, 28, 28, 1), np.float32)).features is None


def test_certainty_is_the_confidence_where_a_network_has_none(tiny_models: Path) -> None:
    prediction = load_classifier(load(tiny_models / "plain")).predict(np.zeros((2, 28, 28, 1), np.float32))
    np.testing.assert_array_equal(prediction.certainty, prediction.probabilities.max(axis=1))


DOUBTS = (  # top probability, certainty, what is doubted where answers below 0.8 are ambiguous
    (0.99, 0.99, None),
    (0.6, 0.99, "ambiguous"),
    (0.99, 0.4, "not_a_digit"),
    (0.99, 0.6, "not_a_digit"),
    (0.3, 0.4, "not_a_digit"),
    (0.95, 0.95, None),
    (0.86, 0.86, "ambiguous"),
    (0.8, 0.9, "ambiguous"),
)


@pytest.mark.parametrize(("likely", "certainty", "doubt"), DOUBTS)
def test_a_doubt_says_whether_it_is_no_digit_or_one_of_two(
    classifier: Classifier, likely: float, certainty: float, doubt: str | None
) -> None:
    probabilities = np.full((1, 10), (1 - likely) / 9, np.float32)
    probabilities[0, 3] = likely
    prediction = Prediction(probabilities, np.array([certainty], np.float32))
    strict = copy.copy(classifier)
    strict.ambiguous_below = 0.8
    assert strict.doubts(prediction) == [doubt]
    assert strict.certain(prediction).tolist() == [doubt is None]


def test_likeness_is_high_near_a_prototype_and_half_between_two() -> None:
    prototypes = sort_references(np.eye(3, dtype=np.float32), np.array([2, 5, 7], np.uint8))
    features = np.array([[3, 0, 0], [1, 1, 0], [0.2, 1, 0], [0, 0, 1]], np.float32)
    probabilities = np.eye(10, dtype=np.float32)[[2, 2, 2, 7]]
    likeness = measure_likeness(Prediction(probabilities, np.ones(4, np.float32), features), prototypes)
    assert likeness[0] > 0.99
    assert likeness[1] == pytest.approx(0.5, abs=0.01)
    assert likeness[2] < 0.1  # the network says 2, but it looks like a 5
    assert likeness[3] > 0.99


def test_what_is_unlike_its_class_is_ambiguous(classifier: Classifier) -> None:
    strict = copy.copy(classifier)
    strict.prototypes = sort_references(np.eye(2, dtype=np.float32), np.array([2, 5], np.uint8))
    strict.unlike_below = 0.6
    probabilities = np.eye(10, dtype=np.float32)[[2, 2]]
    features = np.array([[1, 0.1], [1, 1]], np.float32)
    prediction = Prediction(probabilities, np.ones(2, np.float32), features)
    assert strict.doubts(prediction) == [None, "ambiguous"]
    corrected = replace(prediction, alone=np.array([5, 5]))  # a hand's corrections know better than the prototypes
    assert strict.doubts(corrected) == [None, None]


def test_a_card_without_a_score_doubts_by_certainty_alone(classifier: Classifier) -> None:
    prediction = classifier.predict(np.random.default_rng(1).random((40, 28, 28, 1), np.float32))
    assert classifier.ambiguous_below == 0
    assert [doubt is None for doubt in classifier.doubts(prediction)] == (prediction.certainty >= 0.5).tolist()


def test_the_score_of_a_card_is_used(tiny_models: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models / "unsure", tmp_path / "unsure"))
    write_card(folder, {**(read_card(folder) or {}), "ambiguous_below": 1.0})
    strict = load_classifier(load(folder))
    assert None not in strict.doubts(strict.predict(np.zeros((1, 28, 28, 1), np.float32)))


def test_a_card_that_names_an_unknown_framing_is_refused(tiny_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    shutil.copytree(tiny_models / "plain", folder)
    write_card(folder, {**(read_card(folder) or {}), "framing": "round"})
    with pytest.raises(BadModel, match="'round', expected one of digit, whole"):
        load_classifier(load(folder))


def test_a_card_that_names_other_classes_is_refused(tiny_models: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models / "plain", tmp_path / "plain"))
    write_card(folder, {**(read_card(folder) or {}), "classes": ["yes", "no"], "confusion": []})
    with pytest.raises(BadModel, match="names 2 classes"):
        load_classifier(load(folder))
