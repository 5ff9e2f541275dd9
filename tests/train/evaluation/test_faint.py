"""Rows with faint signs say what their text says, with signs paler than digits, dry ink, or a rule under them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.preprocessing.decoding import decode_picture
from train.evaluation.faint import KINDS, WRITTEN, compose_faint

from .test_papers import to_grey
from .test_written import print_split


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_comes_written_and_set(kind: str) -> None:
    pages = list(compose_faint(print_split(), 2 * len(WRITTEN), 1, [kind]))
    assert {name for name, _, _ in pages} == {kind}
    assert {sign for _, text, _ in pages for sign in text if not sign.isdigit()} == {*".,:-"}
    assert all(min(decode_picture(body).pixels.shape) > 40 for _, _, body in pages)


def test_signs_that_were_pressed_less_are_paler_than_digits() -> None:
    for _, text, body in compose_faint(print_split(), 2 * len(WRITTEN), 5, ["pale signs"]):
        grey = to_grey(body)
        ink = np.asarray(grey < np.median(grey) - 25, np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(ink)
        low = [label for label in range(1, len(stats)) if 4 <= stats[label, 3] < 0.3 * (len(grey) - 75)]
        darkest = [float(grey[labels == label].min()) for label in low]
        if text.isdigit() or not darkest:
            continue
        assert min(darkest) > grey.min() + 20, text


def test_a_rule_goes_from_border_to_border() -> None:
    for _, _, body in compose_faint(print_split(), 4, 2, ["on a rule"]):
        grey = to_grey(body)
        sides = grey[:, :6].mean(axis=1), grey[:, -6:].mean(axis=1)
        assert all(side.min() < np.median(side) - 20 for side in sides)


def test_the_same_seed_takes_the_same_pages() -> None:
    once, twice = (list(compose_faint(print_split(), 2, 3)) for _ in range(2))
    assert once == twice
    assert once != list(compose_faint(print_split(), 2, 4))
