"""Full pages hold all that their text says, and are as large as a scan of A4."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.preprocessing.decoding import decode_picture
from train.evaluation.dense import DOTS, KINDS, compose_dense

from .test_written import print_split


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_holds_as_many_digits_as_its_text(kind: str) -> None:
    ((name, text, body), _) = compose_dense(print_split(), 2, 1, [kind])
    picture = decode_picture(body)
    assert name == kind
    assert len(text.split("\n")) == KINDS[kind][0]
    assert picture.width == round(8.27 * DOTS[0])
    ink = (picture.pixels < 190).astype(np.uint8)
    digits = len(text.replace("\n", ""))
    assert 0.7 * digits <= cv2.connectedComponents(ink, connectivity=8)[0] - 1 <= 1.5 * digits


def test_the_numbers_of_a_square_count_from_one() -> None:
    ((_, text, _),) = compose_dense(print_split(), 1, 1, ["square"])
    assert text.replace("\n", "") == "".join(str(number) for number in range(1, 401))
