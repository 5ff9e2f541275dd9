"""Seeds trained as tasks of a real Ray cluster give what they give one by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from train.__main__ import main

from .test_main import places, start

SHORT_RUN = ["lenet5", "--epochs", "2", "--seeds", "2"]


def read_model(folder: Path) -> tuple[dict[str, Any], list[Any]]:
    """Return what a card says, but for the times, and the weights."""
    model = folder / "models" / "lenet5"
    card: dict[str, Any] = json.loads((model / "card.json").read_text())
    results = {name: card[name] for name in ("recipe", "seed", "seeds", "metrics", "confusion", "wrong", "parameters")}
    weights: list[Any] = []
    with h5py.File(model / "model.h5") as file:
        file.visititems(lambda _, item: weights.append(item[...]) if isinstance(item, h5py.Dataset) else None)
    return results, weights


def test_seeds_on_a_cluster_give_the_same_as_one_by_one(printed: Path, tmp_path: Path) -> None:
    together, alone = tmp_path / "together", tmp_path / "alone"
    with start(*SHORT_RUN, "--ray", "local", folder=together, data=printed) as process:
        said, complained = process.communicate(timeout=600)
    assert process.returncode == 0, complained
    assert "lenet5: 2 on the cluster" in said
    assert main([*SHORT_RUN, "--batch-size", "16", *places(alone, printed)]) == 0
    results, weights = read_model(together)
    results_alone, weights_alone = read_model(alone)
    assert results == results_alone
    for one, other in zip(weights, weights_alone, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not (together / "runs" / "lenet5").exists()


def test_a_missing_cluster_is_reported_in_one_sentence(
    printed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SHORT_RUN, "--ray", "127.0.0.1:1", *places(tmp_path, printed)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("There is no Ray cluster at 127.0.0.1:1: ")
    assert said.count("\n") == 1
