"""Pens follow their strokes and leave ink."""

from __future__ import annotations

import numpy as np
import pytest

from train.handwriting.curves import trace
from train.handwriting.digits import five
from train.handwriting.pens import PENS, Pen, draw, pick_hand, write


def test_the_pen_passes_through_every_point() -> None:
    stroke = [(0.0, 0.0), (0.3, 0.5, 1.0), (0.6, 0.2), (0.5, 1.0)]
    path = trace(stroke)
    for point in stroke:
        assert np.abs(path - point[:2]).sum(axis=1).min() < 1e-9


@pytest.mark.parametrize("pen", PENS, ids=[pen.name for pen in PENS])
def test_every_pen_leaves_ink(pen: Pen) -> None:
    rng = np.random.default_rng(3)
    for style in five.STYLES:
        ink = draw(write(style.draw(rng), pick_hand(rng), rng), pen, rng)
        assert (ink > 60).sum() > 12
