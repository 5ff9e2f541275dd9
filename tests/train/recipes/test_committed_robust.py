"""The committed robust model: what it doubts, and what it must not doubt, on drawings that training did not see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.framing import frame_digit, to_tensor
from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from train.handwriting.digits.catalogue import STYLES
from train.handwriting.kinds import HELD_OUT_KINDS
from train.handwriting.synthesis import draw_digit, synthesise_digits, synthesise_morphs, synthesise_non_digits

SEED = 2024  # training draws with another
ONCE_CERTAIN = (
    "upper case",
    "lower case",
    "squeezed pairs",
    "touching halves",
    "parts of words",
    "parts of digits",
    "commas",
    "printed lines",
    "shadows' edges",
    "spectra",
    "garments",
    "scribbles",
    "scrawls",
)


@pytest.fixture(scope="module")
def robust() -> Classifier:
    return load_classifier(load(Path(__file__).parents[3] / "models" / "robust"))


@pytest.mark.parametrize("kind", ONCE_CERTAIN)
def test_non_digits_that_were_once_certain_are_doubted(robust: Classifier, kind: str) -> None:
    drawings = synthesise_non_digits(100, SEED, (kind,))
    assert np.mean(robust.certain(robust.predict(to_tensor(drawings)))) <= 0.08


def test_non_digits_of_unseen_kinds_are_doubted(robust: Classifier) -> None:
    drawings = synthesise_non_digits(400, SEED, HELD_OUT_KINDS)
    assert np.mean(robust.certain(robust.predict(to_tensor(drawings)))) <= 0.05


def test_digits_that_resemble_letters_are_not_doubted(robust: Classifier) -> None:
    digits, labels = synthesise_digits(2000, SEED)
    alike = digits[np.isin(labels, (0, 1, 2, 5))]
    assert np.mean(robust.certain(robust.predict(to_tensor(alike)))) >= 0.96


@pytest.mark.parametrize("label", STYLES)
def test_every_way_to_write_a_digit_is_read(robust: Classifier, label: int) -> None:
    """Flags near 25 degrees are 7s to some people, so a few of the ones with a flat flag are misread."""
    for style in STYLES[label]:
        rng = np.random.default_rng(SEED)
        digits = np.stack([frame_digit(draw_digit(label, rng, style)) for _ in range(50)])
        prediction = robust.predict(to_tensor(digits))
        right = prediction.probabilities.argmax(axis=1) == label
        assert right.sum() >= (40 if style.name == "flat flag" else 45), style.name
        assert (~right & robust.certain(prediction)).sum() <= 3, style.name


def test_what_could_be_two_digits_is_doubted_most(robust: Classifier) -> None:
    morphs, targets = synthesise_morphs(1500, SEED)
    between = targets.max(axis=1) < 0.65
    doubts = robust.doubts(robust.predict(to_tensor(morphs)))
    doubted = np.array([doubt is not None for doubt in doubts])
    assert doubted[between].mean() > 3 * doubted[targets.max(axis=1) == 1].mean()
    assert [doubt for doubt in doubts if doubt].count("ambiguous") > 0.5 * doubted.sum()
