"""How a network takes digits is found by letting it read the samples: every shape, value, side and answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.framing import to_tensor
from app.models.adaptation import Adaptation, find_layout, read_adaptation
from app.models.classifier import load_classifier
from app.models.files import BadModel
from app.models.folder import load
from app.models.recognition import VALUES, describe_adaptation, recognise
from app.models.samples import LABELS, load_samples, vary_samples
from tests.conftest import MODELS
from tests.support.foreign import ANSWERS, Weights, train_weights

Array = NDArray[np.float32]

SHAPES: dict[tuple[int, ...], Callable[[Array], Array]] = {  # and how a network gets its 784 numbers out of them
    (28, 28, 1): lambda given: given,
    (28, 28): lambda given: given,
    (784,): lambda given: given,
    (1, 784): lambda given: given,
    (784, 1): lambda given: given,
    (28, 28, 3): lambda given: given.mean(axis=-1),
    (28, 28, 4): lambda given: given[..., :3].mean(axis=-1),
    (1, 28, 28): lambda given: given,
    (3, 28, 28): lambda given: given.mean(axis=1),
    (32, 32, 1): lambda given: given[:, 2:30, 2:30],
    (32, 32, 3): lambda given: given[:, 2:30, 2:30].mean(axis=-1),
    (1024,): lambda given: given.reshape(-1, 32, 32)[:, 2:30, 2:30],
    (56, 56, 1): lambda given: given.reshape(-1, 28, 2, 28, 2).mean(axis=(2, 4)),
    (3, 64, 64): lambda given: given.mean(axis=1)[:, 18:46, 18:46],
    (2352,): lambda given: given.reshape(-1, 784, 3).mean(axis=-1),
}
PAIRS = [*VALUES, *((ink, paper) for paper, ink in VALUES)]
SOUGHT = PAIRS[:3] + PAIRS[5:7]  # of the others, such as -0.5 to 0.5, a near one may read as well


def network(weights: Weights, answers: str = "probabilities", flatten: Callable[[Array], Array] | None = None) -> Any:
    def run(given: Array) -> list[Array]:
        flat = (flatten(given) if flatten else given).reshape(len(given), 784)
        return [np.asarray(ANSWERS[answers](weights.logits(flat)), np.float32)]

    return run


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pair", SOUGHT)
def test_every_shape_and_value_is_found(shape: tuple[int, ...], pair: tuple[float, float]) -> None:
    weights = train_weights().for_values(*pair)
    found = recognise(network(weights, flatten=SHAPES[shape]), shape)
    adaptation = found.adaptation
    assert (adaptation.paper, adaptation.ink) == pair
    assert (found.right, adaptation.values) == (20, "probabilities")
    assert adaptation.fit == ("resized" if shape == (56, 56, 1) else "centred")


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("answers", ANSWERS)
def test_every_kind_of_answer_becomes_probabilities(answers: str, pair: tuple[float, float]) -> None:
    run = network(train_weights().for_values(*pair), answers)
    adaptation = recognise(run, (28, 28, 1)).adaptation
    assert adaptation.values == answers
    if pair in SOUGHT:
        assert (adaptation.paper, adaptation.ink) == pair
    probabilities = adaptation.adapt_output(run(adaptation.adapt_input(to_tensor(vary_samples()))))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (probabilities >= 0).all()
    assert (probabilities.argmax(axis=1) == np.tile(LABELS, 9)).mean() > 0.7


def test_digits_that_lie_on_their_side_are_found() -> None:
    found = recognise(network(train_weights(), flatten=lambda given: given.swapaxes(1, 2)), (28, 28, 1))
    assert (found.right, found.adaptation.transposed) == (20, True)


@pytest.mark.parametrize(("axis", "unit"), ((1, "columns"), (2, "rows"), ((1, 2), "digit")))
def test_digits_whose_parts_have_length_1_are_found(axis: Any, unit: str) -> None:
    """As keras.utils.normalize() makes them, with any axis."""
    weights = train_weights()

    def undo(given: Array) -> Array:
        """Give the network what it learned, if each part has length 1; else something else than that."""
        lengths = np.sqrt((given**2).sum(axis=axis, keepdims=True))
        ink = to_tensor(np.concatenate((load_samples(), vary_samples())))[: len(given), ..., 0]
        wanted = np.divide(ink, np.sqrt((ink**2).sum(axis=axis, keepdims=True)) + 1e-9)
        assert lengths.shape == np.sqrt((ink**2).sum(axis=axis, keepdims=True)).shape
        return np.asarray(ink + 3 * (given - wanted), np.float32)

    found = recognise(network(weights, flatten=undo), (28, 28)).adaptation
    assert (found.unit, found.paper, found.ink) == (unit, 0, 1)
    assert len(describe_adaptation(found)) == 2


def test_of_several_outputs_the_one_with_ten_numbers_that_are_right_is_used() -> None:
    run = network(train_weights())

    def several(given: Array) -> list[Array]:
        (right,) = run(given)
        return [given.reshape(len(given), -1)[:, :30], right[:, ::-1], right.argmax(axis=1).astype(np.float32), right]

    assert recognise(several, (28, 28, 1)).adaptation.output == 3


def test_answers_with_more_dimensions_are_read() -> None:
    run = network(train_weights())
    assert recognise(lambda given: [run(given)[0].reshape(-1, 1, 1, 10)], (28, 28, 1)).right == 20


@pytest.mark.parametrize(
    ("answer", "sentence"),
    (
        (lambda given: [np.zeros((len(given), 47), np.float32)], "answers 47 numbers for a digit; expected 10"),
        (lambda given: [np.zeros(len(given), np.float32)], "answers one number for a digit"),
        (lambda given: [np.zeros((1, 5), np.float32)], r"answers an array of shape \(1, 5\)"),
        (lambda given: [], "answers nothing"),
        (lambda given: [np.full((len(given), 10), np.nan, np.float32)], "answers what is no number"),
        (lambda given: [np.eye(10, dtype=np.float32)[[3] * len(given)]], "reads 2 of 20 sample digits right"),
    ),
)
def test_what_does_not_read_digits_is_refused_with_what_was_found(answer: Any, sentence: str) -> None:
    with pytest.raises(BadModel, match=sentence):
        recognise(answer, (28, 28, 1))


def test_half_of_the_samples_is_not_enough() -> None:
    run = network(train_weights())

    def forgets(given: Array) -> list[Array]:
        (answers,) = run(given)
        return [np.where(np.arange(10) < 5, answers, 0) + np.float32(1e-9)]

    with pytest.raises(BadModel, match="reads 10 of 20"):
        recognise(forgets, (28, 28, 1))


@pytest.mark.parametrize("shape", ((28, 29), (5,), (150, 150, 2), (3,), (28, 28, 28), (1000, 1000, 1), (28, 28, 5), ()))
def test_an_input_that_no_digit_fits_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadModel, match=r"takes .*; expected a digit"):
        find_layout(shape)


@pytest.mark.parametrize(
    "card", ({"input": {"paper": 1.0, "ink": 0.0}}, {"output": {"values": "scores"}}, {"input": {"transposed": True}})
)
def test_what_a_person_wrote_is_taken_as_it_is(card: dict[str, Any]) -> None:
    weights = train_weights().for_values(1, 0)
    run = network(weights)
    if "transposed" in card.get("input", {}):
        run = network(weights, flatten=lambda given: given.swapaxes(1, 2))
    told = recognise(run, (28, 28, 1), card).adaptation.to_card()
    for part, fields in card.items():
        assert {name: told[part][name] for name in fields} == fields


def test_an_adaptation_survives_its_card() -> None:
    adaptation = Adaptation((3, 32, 32), -1.0, 1.0, "resized", True, 2, "logits", 4)
    assert read_adaptation(adaptation.to_card()) == adaptation
    assert read_adaptation({}) is None
    assert describe_adaptation(Adaptation()) == []
    assert len(describe_adaptation(adaptation)) == 5


@pytest.mark.parametrize("name", ("cnn", "cnn_functional", "keras_flask", "lenet5", "lenet_relu", "robust"))
def test_networks_that_were_trained_on_mnist_are_recognised(name: str) -> None:
    classifier = load_classifier(load(MODELS / name))
    found = recognise(lambda given: classifier.answer(given)[:1], (28, 28, 1))
    assert (found.right, describe_adaptation(found.adaptation)) == (20, [])


def test_a_network_for_garments_is_refused() -> None:
    classifier = load_classifier(load(MODELS / "lenet_sigmoid"))
    with pytest.raises(BadModel, match=r"reads \d of 20 sample digits right"):
        recognise(lambda given: classifier.answer(given)[:1], (28, 28, 1))


def test_there_are_two_samples_of_each_digit_framed_as_the_networks_know_them() -> None:
    from app.framing import frame_digit

    samples = load_samples()
    assert samples.shape == (20, 28, 28)
    np.testing.assert_array_equal(np.bincount(LABELS), [2] * 10)
    for sample in samples:
        assert np.abs(frame_digit(sample).astype(int) - sample).max() <= 1
