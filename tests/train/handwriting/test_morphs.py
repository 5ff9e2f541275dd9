"""Where two digits meet, and how likely each is there."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from train.handwriting.curves import trace
from train.handwriting.digits.morphs import MORPHS, Morph
from train.handwriting.pens import Hand, write
from train.handwriting.styles import between
from train.handwriting.synthesis import draw_morph

IDS = [f"{morph.labels[0]}-{morph.labels[1]} {morph.styles[0].name} to {morph.styles[1].name}" for morph in MORPHS]
STEADY = Hand(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, haste=1)  # writes every glyph as it stands


def test_the_digits_that_people_confuse_are_there() -> None:
    pairs = {frozenset(morph.labels) for morph in MORPHS}
    for pair in ((1, 7), (4, 9), (2, 7), (3, 9), (5, 9), (3, 5), (1, 2), (1, 4), (4, 6), (0, 6), (3, 8)):
        assert frozenset(pair) in pairs


@pytest.mark.parametrize("morph", MORPHS, ids=IDS)
def test_the_ends_are_pure_and_what_lies_between_is_not(morph: Morph) -> None:
    assert (morph.weigh(0.0), morph.weigh(1.0)) == (0.0, 1.0)
    assert morph.weigh(morph.centre) == pytest.approx(0.5)
    weights = [morph.weigh(share) for share in np.linspace(0, 1, 50)]
    assert weights == sorted(weights)
    assert 0 < morph.weigh(morph.centre - 0.9 * morph.doubt) < 0.1


@pytest.mark.parametrize("morph", MORPHS, ids=IDS)
def test_a_morph_changes_little_by_little(morph: Morph) -> None:
    """Its skeleton moves no further in a twentieth of the way than a pen is wide."""
    for seed in range(5):
        paths = []
        for share in np.linspace(0, 1, 21):
            style = between(*morph.styles, share)
            strokes = write(style.draw(np.random.default_rng(seed)), STEADY, np.random.default_rng(0))
            paths.append(np.concatenate(strokes[:1]))
        for before, after in itertools.pairwise(paths):
            distance = np.sqrt(((before[:, None] - after[None]) ** 2).sum(axis=2))
            assert max(distance.min(axis=0).max(), distance.min(axis=1).max()) < 0.17


@pytest.mark.parametrize("morph", MORPHS, ids=IDS)
def test_every_morph_leaves_ink(morph: Morph) -> None:
    rng = np.random.default_rng(3)
    for share in (0.0, 0.3, 0.5, 0.7, 1.0):
        ink = draw_morph(morph, share, rng)
        assert ink.max() > 100
        assert (ink > 60).sum() > 12


def test_a_flag_falls_to_a_top_on_the_way_from_one_to_seven() -> None:
    morph = MORPHS[0]
    slopes = []
    for share in (0.0, 0.5, 1.0):
        glyph = between(*morph.styles, share).draw(np.random.default_rng(1))
        path = trace(glyph[0])
        corner = path[path[:, 1].argmin()]
        slopes.append((path[0, 1] - corner[1]) / (corner[0] - path[0, 0]))
    assert slopes[0] > 0.6 > slopes[1] > slopes[2]
