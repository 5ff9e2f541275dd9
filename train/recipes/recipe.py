"""A recipe: everything that decides what a run gives, as data.

recipe = network + dataset + optimiser + schedule + batch size + epochs + what is kept
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from app.models.prototypes import References
from app.models.saving import WeightBits

from ..data.datasets import Augment, Dataset
from ..errors import TrainingError
from ..learning import loops
from ..learning.schedules import Cosine, Optimiser, Steps


@dataclass(frozen=True)
class Recipe:
    """One named, reproducible run."""

    title: str
    network: Callable[[], keras.Model]
    optimiser: Optimiser
    learning_rate: float | Steps | Cosine
    batch_size: int
    epochs: int
    claimed: str  # by the tutorial, on the 10,000 test pictures
    dataset: Literal["mnist", "fashion_mnist"] = "mnist"
    labels: Literal["sparse", "one-hot"] = "sparse"
    outputs: int = 10  # of the network while it is trained
    validation: float = 1 / 12  # share of the training split that is held out: 5,000 of 60,000
    keep: Literal["last", "best"] = "last"  # epoch; best is the one with the lowest validation loss
    patience: int | None = None  # epochs without a lower validation loss after which a run ends early
    momentum: float = 0.0  # of sgd
    weight_decay: float | None = None  # a step, times the learning rate
    averaging: float | None = None  # momentum of the moving average of the weights, which is then what is kept
    label_smoothing: float = 0.0  # needs one-hot labels
    logits: bool = False  # the network's last layer has no softmax while it is trained
    augment: Augment | None = None  # digits and labels of one batch -> tensor and targets
    loop: loops.Loop = loops.fit
    report_every: int | None = None  # steps between reports within an epoch
    weight_bits: WeightBits = 32  # of the compiled file; with 8 it answers three times as fast, and nearly the same
    start: str | None = None  # folder of the saved model with whose weights training starts; else with random ones
    start_share: float = 0.0  # of the weights of that model in the mean that is kept
    adopt: Callable[[keras.Model, keras.Model], None] | None = None  # untrained network, saved one -> its weights
    finish: Callable[[keras.Model, Dataset], keras.Model] | None = None  # trained network -> what is saved
    # What is saved -> fields of its card
    fit_card: Callable[[keras.Model, Dataset, References | None], dict[str, Any]] | None = None
    # what is saved -> features of typical digits
    prototypes: Callable[[keras.Model, Dataset], References] | None = None
    learned: Callable[[], NDArray[np.uint8]] | None = None  # written digits of the training data, (10, n, 28, 28)

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.keep == "best" and self.averaging is not None:
            raise ValueError("averaged weights are those at the end of a run: keep the last epoch")
        if self.label_smoothing and self.labels != "one-hot":
            raise ValueError("label smoothing needs one-hot labels")

    def override(self, fields: dict[str, Any]) -> Recipe:
        """Return the recipe with other fields; a learning rate replaces a schedule, or is the peak of a cosine.

        Raises:
            TrainingError: the recipe cannot start from a saved model.
        """
        if fields.get("start") is not None and self.adopt is None:
            raise TrainingError(f"{self.title} cannot start from a saved model, only from random weights.")
        if "learning_rate" in fields and isinstance(self.learning_rate, Cosine):
            fields = {**fields, "learning_rate": replace(self.learning_rate, peak=fields["learning_rate"])}
        return replace(self, **fields)
