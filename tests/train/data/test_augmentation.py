"""How training digits are varied."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from app.framing import SIDE
from train.data import augmentation
from train.data.augmentation import augment, draw_maps
from train.handwriting.synthesis import synthesise_digits


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    return synthesise_digits(300, seed=4)[0]


def test_shape_and_type_stay(digits: NDArray[np.uint8]) -> None:
    varied = augment(digits, np.random.default_rng(0))
    assert varied.shape == digits.shape
    assert varied.dtype == np.uint8


def test_digits_are_left_as_they_were(digits: NDArray[np.uint8]) -> None:
    before = digits.copy()
    augment(digits, np.random.default_rng(0))
    np.testing.assert_array_equal(digits, before)


def test_no_digit_vanishes_or_floods_the_frame(digits: NDArray[np.uint8]) -> None:
    varied = augment(digits, np.random.default_rng(1))
    ink = varied.reshape(len(varied), -1).mean(axis=1)
    was = digits.reshape(len(digits), -1).mean(axis=1)
    assert (ink > 0.06 * was).all()
    assert (ink < 4 * was + 40).all()


def test_every_digit_is_varied_in_its_own_way(digits: NDArray[np.uint8]) -> None:
    varied = augment(np.repeat(digits[:1], 50, axis=0), np.random.default_rng(2))
    assert len({digit.tobytes() for digit in varied}) == 50


def test_a_digit_stays_where_it_was_and_resembles_itself(digits: NDArray[np.uint8]) -> None:
    """The mean over many variations lies over the digit: nothing is mirrored, turned over or moved away."""
    for digit in digits[:10].astype(float):
        many = augment(np.repeat(digit[None].astype(np.uint8), 200, axis=0), np.random.default_rng(3))
        mean = many.astype(float).mean(axis=0)
        likeness = [np.corrcoef(mean.ravel(), other.ravel())[0, 1] for other in (digit, digit[::-1], digit[:, ::-1])]
        assert likeness[0] > 0.6  # thin strokes blur the most
        assert likeness[0] >= max(likeness) - 0.02


def test_the_same_state_gives_the_same_digits(digits: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(augment(digits, np.random.default_rng(5)), augment(digits, np.random.default_rng(5)))


def test_threads_do_not_disturb_each_other(digits: NDArray[np.uint8]) -> None:
    alone = [augment(digits, np.random.default_rng(seed)) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: augment(digits, np.random.default_rng(seed)), range(4)))
    np.testing.assert_array_equal(alone, together)


def test_no_digits_give_an_empty_array() -> None:
    empty = np.zeros((0, SIDE, SIDE), np.uint8)
    assert augment(empty, np.random.default_rng(0)).shape == empty.shape


def test_nothing_is_turned_by_more_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every other change off, a row of pixels comes from a line that rises by at most the limit."""
    for name in ("SHEAR", "SCALE", "STRETCH", "SHIFT"):
        monkeypatch.setattr(augmentation, name, 0.0)
    monkeypatch.setattr(augmentation, "ELASTIC", (0.0, 0.0))
    maps = draw_maps(2000, np.random.default_rng(6))
    rise = maps[:, 1, 14, -1] - maps[:, 1, 14, 0]
    run = maps[:, 0, 14, -1] - maps[:, 0, 14, 0]
    assert np.abs(np.arctan2(rise, run)).max() <= augmentation.TURN_LIMIT + 1e-4


def test_with_everything_off_a_digit_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, digits: NDArray[np.uint8]) -> None:
    for name in ("TURN", "SHEAR", "SCALE", "STRETCH", "SHIFT", "WIDER", "THINNER", "COARSE", "HARD", "PALE"):
        monkeypatch.setattr(augmentation, name, 0.0)
    for name in ("BLUR", "NOISE", "SPECK", "HOLE"):
        monkeypatch.setattr(augmentation, name, 0.0)
    monkeypatch.setattr(augmentation, "ELASTIC", (0.0, 0.0))
    np.testing.assert_array_equal(augment(digits, np.random.default_rng(7)), digits)
