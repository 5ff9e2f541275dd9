"""What tells ink from paper: its numbers are numpy's, only sooner."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.preprocessing.paper import find_percentile

VALUES: dict[str, NDArray[np.float32] | NDArray[np.uint8]] = {
    "one": np.array([7], np.uint8),
    "few": np.random.default_rng(1).integers(0, 256, 90).astype(np.uint8),
    "many": np.random.default_rng(2).normal(0, 9, 60_000).astype(np.float32),
    "many alike": np.random.default_rng(3).normal(0, 1, 60_000).round().astype(np.float32),
    "sorted": np.linspace(-5, 200, 30_000).astype(np.float32),
    "not like the sample": np.where(np.arange(32_000) % 16, 3.0, 100.0).astype(np.float32),
}


@pytest.mark.parametrize("percent", (0, 5, 40, 75, 90, 100))
@pytest.mark.parametrize("name", VALUES)
def test_a_percentile_is_numpys(name: str, percent: int) -> None:
    expected = np.percentile(VALUES[name].astype(np.float64), percent)
    assert find_percentile(VALUES[name], percent) == pytest.approx(float(expected))
