"""What of a digit's ink speaks for the answer, and the digits that the network learned from."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.framing import to_tensor
from app.models.classifier import Classifier, Prediction, load_classifier
from app.models.files import BadModel
from app.models.folder import load
from app.preprocessing.digits import read_picture
from app.reading import Reader
from app.reading.evidence import find_evidence, paint_evidence
from app.reading.likeness import find_like, read_sheet, write_sheet
from tests.conftest import ROOT
from tests.support.drawings import draw_digit, to_png

ROBUST = ROOT / "models" / "robust"
MAX_ASKED = 400  # digits of which the network is asked for one explanation: about 30 ms


def read(label: int) -> NDArray[np.uint8]:
    return read_picture(to_png(draw_digit(label)))


def test_the_bar_of_a_seven_speaks_for_seven_and_not_one(robust: Classifier) -> None:
    digit = read(7)
    evidence = find_evidence(robust, digit, against=1)
    bar = next(piece for piece in evidence.pieces if piece.shape == "bar")
    assert (evidence.digit, evidence.against) == (7, 1)
    assert evidence.gains[bar.mask].mean() > evidence.gains[~bar.mask & (digit > 0)].mean()
    assert not evidence.gains[digit == 0].any(), "only ink is evidence"


def test_without_its_bar_a_seven_is_a_one(robust: Classifier) -> None:
    evidence = find_evidence(robust, read(7))
    place = next(place for place, piece in enumerate(evidence.pieces) if piece.shape == "bar")
    assert evidence.without[place].prediction.probabilities.argmax() == 1


@pytest.mark.parametrize("label", range(10))
def test_the_smallest_change_flips_the_answer(robust: Classifier, label: int) -> None:
    digit = read(label)
    smallest = find_evidence(robust, digit).smallest
    assert smallest is not None
    assert smallest.without.any()
    assert digit[smallest.without].sum() <= 0.4 * digit.sum()
    left = np.where(smallest.without, np.uint8(0), digit)
    assert robust.predict(to_tensor(left[None])).probabilities.argmax() != label
    assert smallest.prediction.probabilities.argmax() != label


def test_another_network_is_asked_with_its_own_framing() -> None:
    classifier = load_classifier(load(ROOT / "models" / "lenet5"))
    assert find_evidence(classifier, read(7)).digit == 7
    assert find_like(classifier, read(7)) == [], "it does not show its features"


@pytest.mark.parametrize("side", (1, 28))
def test_a_dot_and_a_full_square_are_explained_too(robust: Classifier, side: int) -> None:
    digit = np.zeros((28, 28), np.uint8)
    digit[14 - side // 2 :, 14 - side // 2 :][:side, :side] = 255
    evidence = find_evidence(robust, digit)
    assert np.isfinite(evidence.gains).all()
    assert evidence.against != evidence.digit


@pytest.mark.parametrize("label", range(10))
def test_an_explanation_asks_the_network_a_bounded_number_of_times(robust: Classifier, label: int) -> None:
    asked: list[int] = []

    def count(prediction: Prediction) -> Prediction:
        asked.append(len(prediction.certainty))
        return prediction

    find_evidence(robust.adjusted(count), read(label))
    assert sum(asked) <= MAX_ASKED


def test_the_picture_shows_the_ink_and_leaves_paper_white(robust: Classifier) -> None:
    digit = read(1)
    gains = find_evidence(robust, digit, against=7).gains
    picture = cv2.resize(paint_evidence(digit, gains), (28, 28), interpolation=cv2.INTER_AREA).astype(int)
    assert (picture[digit == 0] == 255).all()
    strongest = [np.unravel_index(place, gains.shape) for place in (gains.argmax(), gains.argmin())]
    blue, orange = (picture[place] for place in strongest)
    assert blue[0] > blue[2], "what speaks for it is blue"
    assert orange[0] < orange[2], "what speaks against it is orange"


# ---- digits like it ----


@pytest.mark.parametrize("label", range(10))
def test_the_digits_most_like_one_are_of_its_class(robust: Classifier, label: int) -> None:
    like = find_like(robust, read(label))
    assert [one.similarity for one in like] == sorted((one.similarity for one in like), reverse=True)
    assert sum(one.label == label for one in like) > len(like) / 2


def test_a_digit_of_the_sheet_is_most_like_itself(robust: Classifier) -> None:
    sheet = read_sheet(ROBUST)
    assert sheet is not None
    for place in (0, 100, len(sheet) - 1):
        nearest = find_like(robust, sheet[place])[0]
        assert nearest.similarity == pytest.approx(1, abs=1e-3)
        np.testing.assert_array_equal(nearest.picture, sheet[place])


def test_a_sheet_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    digits = (np.arange(10 * 3 * 28 * 28) % 16 * 17).astype(np.uint8).reshape(10, 3, 28, 28)
    write_sheet(tmp_path / "report" / "learned.png", digits)
    np.testing.assert_array_equal(read_sheet(tmp_path), digits.reshape(30, 28, 28))


def test_a_folder_without_a_sheet_has_none(tmp_path: Path) -> None:
    assert read_sheet(tmp_path) is None


@pytest.mark.parametrize(
    "body", (b"", b"no picture", to_png(np.zeros((28, 280), np.uint8)), to_png(np.zeros((280, 28 * 101), np.uint8)))
)
def test_a_damaged_sheet_is_as_none(tmp_path: Path, body: bytes) -> None:
    folder = tmp_path / "robust"
    shutil.copytree(ROBUST, folder)
    (folder / "report" / "learned.png").write_bytes(body)
    with pytest.raises(BadModel, match=r"learned\.png is no sheet"):
        read_sheet(folder)
    assert find_like(load_classifier(load(folder)), read(7)) == []


def test_the_library_explains_as_the_server_does() -> None:
    evidence = Reader().read(to_png(draw_digit(7)), explained=True, against=2)["evidence"]
    assert (evidence["digit"], evidence["against"]) == (7, 2)
