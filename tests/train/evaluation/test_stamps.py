"""Photographs carry the date that their text ends in, in a lower corner."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.preprocessing.decoding import decode_picture
from train.evaluation.stamps import COLOURS, KINDS, SIZES, compose_stamps, draw_scene, stamp

from .test_written import print_split


@pytest.mark.parametrize("kind", KINDS)
def test_a_date_is_the_last_line(kind: str) -> None:
    for name, text, body in compose_stamps(print_split(), 2, 1, [kind]):
        lines = text.split("\n")
        assert name == kind
        assert len(lines) == (1 if kind == "scene" else 2)
        assert set(lines[-1]) <= {*"0123456789.:/-"}
        picture = decode_picture(body)
        assert (picture.width, picture.height) in SIZES


def test_a_date_is_light_in_a_lower_corner() -> None:
    rng = np.random.default_rng(1)
    scene = draw_scene((600, 800), rng)
    changed = cv2.absdiff(scene, stamp(scene, "98 7 15", rng)).max(axis=2) > 30
    rows, columns = np.nonzero(changed)
    assert rows.min() > 480
    assert columns.min() > 400 or columns.max() < 400
    assert changed.sum() > 200


def test_colours_are_warm_or_white() -> None:
    assert all(red >= green >= blue for red, green, blue in COLOURS)


def test_the_same_seed_takes_the_same_photographs() -> None:
    once, twice = (list(compose_stamps(print_split(), 1, 3)) for _ in range(2))
    assert once == twice
    assert once != list(compose_stamps(print_split(), 1, 4))
