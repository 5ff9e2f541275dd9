"""The head that separates digits from non-digits."""

import numpy as np
import pytest

from train.recipes import certainty


def make_features(count: int, shift: float, seed: int) -> certainty.Features:
    """Return features of which only the first tells the sorts apart; one is large and one never changes."""
    features = np.random.default_rng(seed).normal(0, 1, (count, 6)).astype(np.float32)
    features[:, 0] += shift
    features[:, 1] = features[:, 1] * 100 + 1000
    features[:, 2] = 7
    return features


def test_the_head_learns_to_separate_digits_from_non_digits() -> None:
    head = certainty.train_head(make_features(4000, 3, 0), make_features(4000, -3, 1), seed=0)
    assert (head.judge(make_features(500, 3, 2)) > 0).mean() > 0.98
    assert (head.judge(make_features(500, -3, 3)) < 0).mean() > 0.98


def test_the_same_seed_trains_the_same_head() -> None:
    digits, non_digits = make_features(600, 1, 0), make_features(600, -1, 1)
    first, second = (certainty.train_head(digits, non_digits, seed=4).judge(digits) for _ in range(2))
    np.testing.assert_allclose(first, second, atol=1e-5)


@pytest.mark.parametrize("shares", ((0.01, 0.2), (0.2, 0.01), (0.0, 0.5)))
def test_the_threshold_rejects_as_many_as_it_may(shares: tuple[float, float]) -> None:
    rng = np.random.default_rng(0)
    groups = [rng.normal(3, 1, 1000).astype(np.float32), rng.normal(2, 2, 1000).astype(np.float32)]
    threshold = certainty.fit_threshold(*zip(groups, shares, strict=True))
    rejected = [float((group < threshold).mean()) for group in groups]
    assert all(share <= limit for share, limit in zip(rejected, shares, strict=True))
    assert any(share == pytest.approx(limit, abs=0.002) for share, limit in zip(rejected, shares, strict=True))
