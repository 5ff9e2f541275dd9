"""The networks' tensor as programs send it: numbers in lists, or pictures.

    numbers or pictures -> tensor, float32 (n, 28, 28, 1), 0.0 paper to 1.0 ink

Knows what may be in a tensor, not how a protocol wraps it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from flask import current_app
from numpy.typing import NDArray

from ..errors import BadRequest, TooLarge
from ..framing import SIDE, Framing, to_tensor
from ..models.classifier import Classifier, Prediction
from ..preprocessing.digits import read_picture
from ..web.json_bodies import List, quote, read_numbers
from ..web.requests import decode_base64, step_aside, take_in_time

TENSOR = "tensor"  # name of the input that holds numbers
PICTURE = "picture"  # name of the input that holds picture files
PROBABILITIES = "probabilities"
CERTAINTY = "certainty"
SHAPE = (SIDE, SIDE, 1)
LAYOUTS = (SHAPE, (1, SIDE, SIDE), (SIDE, SIDE), (SIDE * SIDE,))  # of one digit, as programs have it
WHITE = 255  # ink, where whole numbers come: as MNIST's files hold them
MANY = 256  # digits of a tensor, from which other requests are answered meanwhile: up to 80 ms
MAX_VALUE = 10.0  # distance from 0 in a tensor: noise stays within, greys that were not divided by 255 do not


def parse_numbers(values: Any) -> NDArray[np.float64]:
    """Turn numbers in lists into an array of the same shape.

    Raises:
        BadRequest: the lists differ in length, or something in them is not a number.
        TooLarge: too many digits.
    """
    if not isinstance(values, List):
        raise BadRequest(f"The tensor is {quote(values)}, no number in lists; expected {describe_shape()}.")
    return read_numbers(values, describe_shape(), current_app.config["MAX_DIGITS"] * math.prod(SHAPE))


def count_digits(shape: tuple[int, ...], alone: bool = False) -> int | None:
    """Return how many digits an array of a shape holds; None where it cannot be a tensor.

    Args:
        shape: n and one of LAYOUTS.
        alone: whether one of LAYOUTS is one digit.
    """
    if shape[1:] in LAYOUTS:
        return shape[0]
    return 1 if alone and shape in LAYOUTS else None


def check_tensor(numbers: NDArray[Any], alone: bool = False) -> NDArray[np.float32]:
    """Check that an array is a tensor of the networks, and lay it out as they take it.

    Args:
        numbers: (n, 28, 28, 1), or n of another of LAYOUTS; whole numbers from 0 to 255, others from 0.0 to 1.0.
        alone: whether one digit may come without the axis of many.

    Returns:
        float32 (n, 28, 28, 1).

    Raises:
        BadRequest: another shape, or a value out of range.
        TooLarge: too many digits.
    """
    count = count_digits(numbers.shape, alone)
    if not count:
        raise BadRequest(f"The tensor has the shape {list(numbers.shape)}; expected {describe_shape()}.")
    check_digits(count)
    if numbers.dtype.kind in "iu":
        if not 0 <= numbers.min() <= numbers.max() <= WHITE:
            raise BadRequest(f"The tensor holds values that are no picture's; expected 0 (paper) to {WHITE} (ink).")
        return to_tensor(numbers.astype(np.uint8).reshape(count, *SHAPE[:2]))
    if not -MAX_VALUE <= numbers.min() <= numbers.max() <= MAX_VALUE:  # written so that NaN fails
        raise BadRequest("The tensor holds values that are no picture's; expected 0.0 (paper) to 1.0 (ink).")
    return np.ascontiguousarray(numbers, np.float32).reshape(count, *SHAPE)


def predict_aside(classifier: Classifier, tensor: NDArray[np.float32]) -> Prediction:
    """Classify n digits; many are classified while other requests are answered.

    Raises:
        Overloaded: too many requests take long.
    """
    with step_aside() if len(tensor) > MANY else nullcontext():
        return classifier.predict(tensor)


def read_digits(bodies: Sequence[bytes], framing: Framing) -> NDArray[np.float32]:
    """Read the one digit of each picture, framed as the model was trained.

    Returns:
        float32 (n, 28, 28, 1).

    Raises:
        DigitsError: the first picture that cannot be read.
    """
    if not bodies:
        raise BadRequest("The request holds no picture.")
    return to_tensor(np.stack([read_picture(body, framing=framing) for body in take_in_time(bodies)]))


def decode_pictures(texts: Iterable[Any], count: int) -> list[bytes]:
    """Decode pictures in base64, after checking their number.

    Raises:
        BadRequest: one is not a string, or not base64.
        TooLarge: too many pictures.
    """
    check_pictures(count)
    return [decode_base64(text) for text in texts]


def check_pictures(count: int) -> None:
    """Check the number of pictures in a request.

    Raises:
        TooLarge: more than MAX_PICTURES.
    """
    _check_count(count, current_app.config["MAX_PICTURES"], "pictures")


def check_digits(count: int) -> None:
    """Check the number of digits in a tensor.

    Raises:
        TooLarge: more than MAX_DIGITS.
    """
    _check_count(count, current_app.config["MAX_DIGITS"], "digits")


def name_outputs(prediction: Prediction) -> dict[str, NDArray[np.float32]]:
    """Return a prediction's arrays by the names that the protocols give them."""
    return {PROBABILITIES: prediction.probabilities, CERTAINTY: prediction.certainty}


def version_of(classifier: Classifier) -> str:
    """Return a model's version, which its card says; one version of a model is served at a time."""
    return str(classifier.card["version"])


def describe_shape() -> str:
    """Return the shape of the tensor as a person reads it."""
    return f"[n, {SHAPE[0]}, {SHAPE[1]}, {SHAPE[2]}]"


def _check_count(count: int, max_count: int, things: str) -> None:
    if count > max_count:
        raise TooLarge(f"The request holds {count:,} {things}; at most {max_count:,} are read at once.")
