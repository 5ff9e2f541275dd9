"""What tells a slash from a 1 is fitted on pages that are read, stroke by stroke."""

from __future__ import annotations

import numpy as np
import pytest

from app.models.classifier import load_classifier
from app.models.folder import load
from app.preprocessing.slashes import FORMS
from tests.conftest import MODELS
from tests.support.drawings import draw_text, to_png
from train.data.datasets import Split
from train.evaluation import slashes
from train.evaluation.slashes import Strokes, collect_strokes, compose_strokes, count_told, fit_weights
from train.handwriting.synthesis import synthesise_hand


def test_the_straight_strokes_of_pages_are_collected() -> None:
    robust = load_classifier(load(MODELS / "robust"))
    pages = [(text, to_png(draw_text(text))) for text in ("7/8/26", "23/5", "2693")]
    unlike, blank = ("12", pages[0][1]), ("5", to_png(np.full((90, 90), 255, np.uint8)))
    strokes = collect_strokes(robust, [*pages, unlike, blank])
    assert strokes.slashes.tolist() == [True] * 3
    assert [FORMS[form] for form in strokes.forms] == ["date", "date", "day and month"]
    assert strokes.given.shape == (3, 8)


def test_pages_of_many_hands_and_rows_of_one_are_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slashes, "MANY_HANDS", 5)
    monkeypatch.setattr(slashes, "ONE_HAND", 1)
    texts = [text for text, _ in compose_strokes(Split(*synthesise_hand(9300, 3)))]
    assert len(texts) == 5 + 7
    assert sum("/" in text for text in texts) == 4


def test_the_weights_tell_what_they_were_fitted_on() -> None:
    rng = np.random.default_rng(0)
    slashes = np.arange(400) % 2 == 0
    given = rng.normal(size=(400, 8)) * 0.05
    given[:, 0] += 0.4 * slashes
    strokes = Strokes(given, np.zeros(400, np.intp), slashes)
    weights = fit_weights(strokes)
    told = count_told(strokes, weights)
    assert (told.ones, told.slashes) == (200, 200)
    assert min(told.ones_right, told.slashes_right) > 190
    assert told.ones_right >= told.slashes_right  # each 1 counts more
    assert weights.given[0] > 5
