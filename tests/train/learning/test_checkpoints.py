"""Whatever happens to the process, one whole epoch is on the disk."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from train.errors import TrainingError
from train.learning import checkpoints

SETTINGS = {"recipe": "tiny", "seed": 1, "batch_size": 16}
EPOCH = {"loss": 0.1 + 0.2, "validation_loss": 1 / 3}


def tiny_network(weight: float) -> keras.Model:
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    network.compile(keras.optimizers.Adam(), keras.losses.MeanSquaredError())
    network.optimizer.build(network.trainable_variables)
    network.set_weights([np.full((2, 1), weight)])
    return network


def test_only_the_newest_epoch_is_kept_and_comes_back_whole(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        checkpoints.save(tmp_path, tiny_network(number), SETTINGS, [EPOCH] * number, kept=number - 1)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0003"]
    checkpoint = checkpoints.newest(tmp_path, SETTINGS)
    assert checkpoint is not None
    assert checkpoint.epochs == [EPOCH] * 3
    network = checkpoint.load()
    assert np.ravel(network.get_weights()).tolist() == [3, 3]
    assert isinstance(network.optimizer, keras.optimizers.Adam)


def test_an_incomplete_epoch_is_ignored(tmp_path: Path) -> None:
    checkpoints.save(tmp_path, tiny_network(1), SETTINGS, [EPOCH], kept=0)
    (tmp_path / "writing-0002").mkdir()
    (tmp_path / "writing-0002" / "state.keras").write_bytes(b"half")
    checkpoint = checkpoints.newest(tmp_path, SETTINGS)
    assert checkpoint is not None
    assert len(checkpoint.epochs) == 1
    checkpoints.save(tmp_path, tiny_network(2), SETTINGS, [EPOCH] * 2, kept=1)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0002"]


def test_the_best_epoch_outlives_later_ones(tmp_path: Path) -> None:
    for number, kept in ((1, 0), (2, 1), (3, 1), (4, 1)):
        checkpoints.save(tmp_path, tiny_network(number), SETTINGS, [EPOCH] * number, kept)
    network = tiny_network(0)
    checkpoints.load_kept(tmp_path, network)
    assert np.ravel(network.get_weights()).tolist() == [2, 2]


@pytest.mark.parametrize(
    ("changed", "message"), (({"batch_size": 32}, "batch size 16; now it is 32"), ({"seed": 2}, "seed 1"))
)
def test_a_run_is_not_resumed_with_other_settings(tmp_path: Path, changed: dict[str, int], message: str) -> None:
    checkpoints.save(tmp_path, tiny_network(1), SETTINGS, [EPOCH], kept=0)
    with pytest.raises(TrainingError, match=message):
        checkpoints.newest(tmp_path, SETTINGS | changed)


def test_without_a_finished_epoch_there_is_nothing_to_resume(tmp_path: Path) -> None:
    assert checkpoints.newest(tmp_path / "never", SETTINGS) is None


def test_a_run_of_a_series_is_done_for_the_same_options_only(tmp_path: Path) -> None:
    assert not checkpoints.is_done(tmp_path, SETTINGS)
    checkpoints.mark_done(tmp_path, SETTINGS)
    assert checkpoints.is_done(tmp_path, SETTINGS)
    assert not checkpoints.is_done(tmp_path, SETTINGS | {"seed": 2})
    checkpoints.clear(tmp_path)
    assert not tmp_path.exists()
