"""Tell MLflow what a run gives, where MLFLOW_TRACKING_URI says that there is one. Imports mlflow only then."""

from __future__ import annotations

import os
from typing import Any

import keras

from ..errors import TrainingError
from .checkpoints import Epoch, Settings

VARIABLE = "MLFLOW_TRACKING_URI"
EXPERIMENT = "digits"
HOW_TO_GET_MLFLOW = f"{VARIABLE} is set, but MLflow is not installed: `pip install '.[mlflow]'`, or unset it."


def is_wanted() -> bool:
    """Return whether runs are to be told to MLflow."""
    return bool(os.environ.get(VARIABLE))


class Tracker(keras.callbacks.Callback):  # type: ignore[misc]
    """Tell every epoch of a run; comes after the Recorder, whose numbers it tells."""

    def __init__(self, settings: Settings, epochs: list[Epoch]) -> None:
        """Begin to tell.

        Args:
            settings: of the run, its recipe among them.
            epochs: what every epoch gave; those of before an interruption are in the run before.

        Raises:
            TrainingError: MLflow is not installed.
        """
        super().__init__()
        try:
            import mlflow
        except ModuleNotFoundError as error:
            raise TrainingError(HOW_TO_GET_MLFLOW) from error
        self.mlflow = mlflow
        self.settings = settings
        self.epochs = epochs

    def on_train_begin(self, _logs: Any = None) -> None:
        """Begin a run of MLflow's, with what was chosen."""
        self.mlflow.set_experiment(EXPERIMENT)
        self.mlflow.start_run(run_name=f"{self.settings['recipe']} seed {self.settings['seed']}")
        self.mlflow.log_params(self.settings)

    def on_epoch_end(self, epoch: int, _logs: Any = None) -> None:
        """Tell what an epoch gave."""
        self.mlflow.log_metrics(dict(self.epochs[-1]), step=epoch + 1)

    def on_train_end(self, _logs: Any = None) -> None:
        """End the run."""
        self.mlflow.end_run()
