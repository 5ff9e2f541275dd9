"""The networks' tensor as programs send it: numbers in lists, or pictures.

    numbers or pictures -> tensor, float32 (n, 28, 28, 1), 0.0 paper to 1.0 ink

Knows what may be in a tensor, not how a protocol wraps it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flask import current_app
from numpy.typing import NDArray

from ..classifier import Classifier, Prediction
from ..errors import BadRequest, TooLarge
from ..preprocessing import SIDE, Framing, read_picture, to_tensor

TENSOR = "tensor"  # name of the input that holds numbers
PICTURE = "picture"  # name of the input that holds picture files
PROBABILITIES = "probabilities"
CERTAINTY = "certainty"
SHAPE = (SIDE, SIDE, 1)
FARTHEST = 10.0  # from 0 that a tensor may be: noise reaches it, greys that nobody divided by 255 are beyond


def parse_numbers(values: Any) -> NDArray[np.generic]:
    """Turn numbers in lists into an array of the same shape.

    Raises:
        BadRequest: the lists differ in length, or something in them is not a number.
    """
    try:
        numbers = np.asarray(values)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"The tensor's lists differ in length; expected {describe_shape()}.") from error
    if numbers.dtype.kind not in "fiu":
        raise BadRequest(f"The tensor holds something that is no number; expected {describe_shape()} of numbers.")
    return numbers


def check_tensor(numbers: NDArray[np.generic]) -> NDArray[np.float32]:
    """Check that an array is what the networks take.

    Returns:
        float32 (n, 28, 28, 1).

    Raises:
        BadRequest: another shape, or a value that is no picture's.
        TooLarge: too many digits.
    """
    if numbers.ndim != 1 + len(SHAPE) or numbers.shape[1:] != SHAPE or not len(numbers):
        raise BadRequest(f"The tensor has the shape {list(numbers.shape)}; expected {describe_shape()}.")
    _check_count(len(numbers), current_app.config["MAX_DIGITS"], "digits")
    if not np.abs(numbers).max() <= FARTHEST:  # written so that NaN fails
        raise BadRequest("The tensor holds values that are no picture's; expected 0.0 (paper) to 1.0 (ink).")
    return np.ascontiguousarray(numbers, np.float32)


def read_digits(bodies: list[bytes], framing: Framing) -> NDArray[np.float32]:
    """Read the one digit of each picture, framed as the model was taught.

    Returns:
        float32 (n, 28, 28, 1).

    Raises:
        DigitsError: what is wrong with the first picture that cannot be read.
    """
    if not bodies:
        raise BadRequest("The request holds no picture.")
    _check_count(len(bodies), current_app.config["MAX_PICTURES"], "pictures")
    return to_tensor(np.stack([read_picture(body, framing=framing) for body in bodies]))


def name_outputs(prediction: Prediction) -> dict[str, NDArray[np.float32]]:
    """Return a prediction's arrays by the names that the protocols give them."""
    return {PROBABILITIES: prediction.probabilities, CERTAINTY: prediction.certainty}


def version_of(classifier: Classifier) -> str:
    """Return a model's version, which its card says; one version of a model is served at a time."""
    return str(classifier.card["version"])


def describe_shape() -> str:
    """Return the shape of the tensor as a person reads it."""
    return f"[n, {SHAPE[0]}, {SHAPE[1]}, {SHAPE[2]}]"


def _check_count(count: int, most: int, things: str) -> None:
    if count > most:
        raise TooLarge(f"The request holds {count} {things}; at most {most} are read at once.")
