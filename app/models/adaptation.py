"""How a network that others trained takes digits and gives its answers, where that differs from ours.

    tensor (n, 28, 28, 1) -> side, values, shape of its input -> network -> one of its outputs -> probabilities (n, 10)

An adaptation is data: the fields "input" and "output" of a card, which a person may change. Knows no runtime, and not
how an adaptation is found (recognition.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..framing import SIDE
from .files import BadModel

MAX_SIDE = 512  # pixels of an input; networks for photographs take 224 to 299
MIN_SIDE = 7  # pixels; a digit reduced four times. scikit-learn's have 8
COLOURS = (3, 4)  # channels of an input in colour: red, green, blue, and what is opaque
CENTRED, RESIZED = "centred", "resized"
FITS = (CENTRED, RESIZED)
# What has length 1: nothing; or each column, row or digit, as by utils.normalize(x, axis) of Keras with axis 1, 2 or -1
NOTHING, COLUMNS, ROWS, WHOLE = "nothing", "columns", "rows", "digit"
UNITS = (NOTHING, COLUMNS, ROWS, WHOLE)
PROBABILITIES, LOGITS, LOG_PROBABILITIES, SCORES = "probabilities", "logits", "log_probabilities", "scores"
READINGS = (PROBABILITIES, LOGITS, LOG_PROBABILITIES, SCORES)

Array = NDArray[Any]


@dataclass(frozen=True)
class Layout:
    """What the numbers of an input are: a square picture, grey or in colour."""

    side: int  # pixels
    channels: int  # 1: grey
    channels_first: bool = False


@dataclass(frozen=True)
class Adaptation:
    """What is done to digits before a network, and to its answers after it."""

    shape: tuple[int, ...] = (SIDE, SIDE, 1)  # of the input, for one digit
    paper: float = 0.0  # the value of paper
    ink: float = 1.0  # the value of ink
    fit: str = CENTRED  # where the side is not 28: the digit keeps its pixels, or is resized
    transposed: bool = False  # rows are columns, as EMNIST's files have them
    output: int = 0  # which of the outputs, where there are several
    values: str = PROBABILITIES  # what the numbers of the output are
    batch: int = 0  # digits that it takes at once; 0: any number
    unit: str = NOTHING  # what is divided by its length, before paper and ink get their values

    def to_card(self) -> dict[str, Any]:
        """Return the card's fields "input" and "output"."""
        fields = asdict(self)
        fields["shape"] = list(self.shape)
        return {
            "output": {"index": fields.pop("output"), "values": fields.pop("values")},
            "input": fields,
        }

    def adapt_input(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return digits as the network takes them.

        Args:
            tensor: float32 (n, 28, 28, 1), 0.0 paper to 1.0 ink.

        Returns:
            float32 (n, *shape), in the network's own values.
        """
        layout = find_layout(self.shape)
        digits = tensor[..., 0]
        if self.transposed:
            digits = digits.swapaxes(1, 2)
        if layout.side != SIDE:
            digits = _fit(digits, layout.side, self.fit)
        if self.unit != NOTHING:
            digits = _divide_by_length(digits, self.unit)
        digits = np.float32(self.paper) + np.float32(self.ink - self.paper) * digits
        if layout.channels > 1:
            axis = 1 if layout.channels_first else -1
            digits = np.stack([digits] * min(layout.channels, 3), axis)
            if layout.channels == 4:
                opaque = np.full_like(digits.take([0], axis), max(self.paper, self.ink))
                digits = np.concatenate((digits, opaque), axis)
        return np.ascontiguousarray(digits.reshape(len(tensor), *self.shape), np.float32)

    def adapt_output(self, outputs: Sequence[Array]) -> NDArray[np.float32]:
        """Return probabilities (n, 10), whatever the network's own answers are."""
        answers = outputs[self.output]
        return read_probabilities(answers.reshape(len(answers), -1), self.values)


def read_adaptation(card: Mapping[str, Any]) -> Adaptation | None:
    """Return the adaptation that a card describes; None where it describes none. The card is checked.

    Raises:
        BadModel: no digit can have that shape.
    """
    if "input" not in card and "output" not in card:
        return None
    adaptation = override(Adaptation(), card)
    find_layout(adaptation.shape)
    return adaptation


def override(adaptation: Adaptation, card: Mapping[str, Any]) -> Adaptation:
    """Return an adaptation with what a card says instead."""
    given = {name: value for name, value in card.get("input", {}).items() if name in Adaptation.__annotations__}
    if "shape" in given:
        given["shape"] = tuple(given["shape"])
    answers = card.get("output", {})
    given |= {own: answers[name] for name, own in (("index", "output"), ("values", "values")) if name in answers}
    return replace(adaptation, **given)


def find_layout(shape: Sequence[int]) -> Layout:
    """Say what picture an input of a shape is.

    Args:
        shape: of one digit's input.

    Raises:
        BadModel: none that a digit can be made into.
    """
    dimensions = [size for size in shape if size != 1]
    colours = [size for size in dimensions if size in COLOURS]
    pixels = math.prod(dimensions)
    first = bool(dimensions) and len(dimensions) == 3 and dimensions[0] in COLOURS
    for channels in (1, *COLOURS):
        side = math.isqrt(pixels // channels)
        flat = len(dimensions) == 1 or (channels == 1 and pixels == SIDE * SIDE)
        square = [size for size in dimensions if size != channels or channels == 1] == [side, side]
        if (
            side * side * channels == pixels
            and (flat or square)
            and MIN_SIDE <= side <= MAX_SIDE
            and (channels == 1 or flat or colours == [channels])
        ):
            return Layout(side, channels, first and channels > 1)
    raise BadModel(f"takes {_describe_shape(shape)}; expected a digit, such as (28, 28, 1), (784) or (32, 32, 3)")


def _describe_shape(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))})"


def _fit(digits: NDArray[np.float32], side: int, fit: str) -> NDArray[np.float32]:
    """Return digits (n, 28, 28) with another side: of the same pixels within a border or without it, or resized."""
    if fit == RESIZED:
        interpolation = cv2.INTER_AREA if side < SIDE else cv2.INTER_LINEAR
        return np.stack([cv2.resize(digit, (side, side), interpolation=interpolation) for digit in digits])
    if side < SIDE:
        start = (SIDE - side) // 2
        return digits[:, start : start + side, start : start + side]
    before = (side - SIDE) // 2
    border = (before, side - SIDE - before)
    return np.pad(digits, ((0, 0), border, border))


def _divide_by_length(digits: NDArray[np.float32], unit: str) -> NDArray[np.float32]:
    """Return digits (n, side, side) whose columns, rows or whole have the length 1, where they hold ink."""
    axes = {COLUMNS: (1,), ROWS: (2,), WHOLE: (1, 2)}[unit]
    lengths = np.sqrt((digits**2).sum(axis=axes, keepdims=True))
    return np.asarray(np.divide(digits, lengths, out=np.zeros_like(digits), where=lengths > 0), np.float32)


def read_probabilities(answers: Array, values: str) -> NDArray[np.float32]:
    """Turn the numbers of an output into probabilities.

    Args:
        answers: (n, 10).
        values: what they are, of READINGS.

    Returns:
        float32 (n, 10); each row sums to 1.
    """
    numbers = answers.astype(np.float64)
    if values in (LOGITS, LOG_PROBABILITIES):
        shares = np.exp(numbers - numbers.max(axis=1, keepdims=True))
    else:
        shares = np.clip(numbers, 0, None)
    total = shares.sum(axis=1, keepdims=True)
    even = np.full_like(shares, 1 / shares.shape[1])
    return np.asarray(np.divide(shares, total, out=even, where=total > 0), np.float32)
