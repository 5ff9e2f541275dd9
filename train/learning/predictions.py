"""What a network answers for digits: one way for evaluation, for recipes and for reports."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from app.framing import to_tensor

PREDICTION_BATCH = 500  # digits; changes nothing but memory and speed


def predict(network: keras.Model, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what a network answers for digits.

    Args:
        network: takes the tensor; of several outputs, the first is returned: the probabilities.
        digits: uint8 (n, 28, 28).

    Returns:
        float32 (n, count): ten probabilities of a finished network, else its logits or features.
    """
    outputs = network.predict(to_tensor(digits), batch_size=PREDICTION_BATCH, verbose=0)
    if isinstance(outputs, list | tuple):
        outputs = outputs[0]
    answers: NDArray[np.float32] = outputs
    return answers
