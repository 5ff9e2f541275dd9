"""Read pictures from a program, without a server: what it answers is what the server would answer.

    from app.reading import Reader

    reader = Reader()
    reader.read("7.png")["digit"]

A path, bytes, a picture of Pillow or an array -> the answer of POST /predict or POST /read, as a dictionary.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..commandline import without_greetings
from ..errors import BadRequest, DigitsError, describe
from ..models.classifier import load_classifier
from ..models.importing import load_ready
from ..models.registry import PREFERRED, choose_default, find_artifacts
from ..preprocessing.decoding import Body
from ..settings import SERVED
from .answers import Answer, predict_one, predict_several, read_one, read_several

File: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
Given: TypeAlias = File | Image.Image | NDArray[np.generic]

COLOURS = (3, 4)  # RGB, or RGB and how opaque
BATCH = 64  # pictures that are held and read at once

AnswerSeveral = Callable[..., list[Answer]]


class Reader:
    """Read digits with one model. Safe to share between threads."""

    def __init__(self, model: str = "", models: str | os.PathLike[str] = SERVED / "models") -> None:
        """Load a model, by its name.

        Args:
            model: its name; "" is robust, or where there is none the first by name.
            models: folder of model folders.

        Raises:
            BadModel: there is none of that name, or it cannot be used.
        """
        folder = Path(models)
        if not model:  # the others are not even looked at: their checksums take longer than an answer
            model = PREFERRED if (folder / PREFERRED).is_dir() else choose_default(find_artifacts(folder))
        with without_greetings():  # LiteRT's
            self._classifier = load_classifier(load_ready(folder / model))

    @property
    def model(self) -> str:
        """The name of the model."""
        return self._classifier.name

    def read(self, picture: Given, explained: bool = False, against: int | None = None) -> Answer:
        """Read the one digit of a picture.

        Args:
            picture: the path of a file, its bytes, a file that is open, a picture of Pillow, or an array: grey
                (h, w) or RGB (h, w, 3), 0 to 255 as whole numbers or 0.0 to 1.0; dark on light or light on dark.
            explained: adds "steps", the way from the picture to the digit, and "evidence", why it is not another one.
            against: the class that the evidence compares with; the second guess where None.

        Returns:
            As POST /predict: "digit", "confidence", "certain", "probabilities" (ten), "model".

        Raises:
            DigitsError: what is wrong with the picture.
            OSError: the file cannot be opened.
        """
        return predict_one(self._classifier, open_given(picture), explained, against)

    def read_number(self, picture: Given) -> Answer:
        """Read all digits of a picture, in reading order.

        Returns:
            As POST /read: "text", "digits" (each as read() answers it, with its "box"), "model".

        Raises:
            DigitsError: what is wrong with the picture.
            OSError: the file cannot be opened.
        """
        return read_one(self._classifier, open_given(picture))

    def read_several(self, pictures: Iterable[Given]) -> list[Answer]:
        """Read the one digit of each picture, in batches: faster than one by one.

        Returns:
            An answer for each picture in their order; {"error", "code"} where one cannot be read.
        """
        return self._in_batches(predict_several, pictures)

    def read_numbers(self, pictures: Iterable[Given]) -> list[Answer]:
        """Read all digits of each picture.

        Returns:
            An answer for each picture in their order; {"error", "code"} where one cannot be read.
        """
        return self._in_batches(read_several, pictures)

    def _in_batches(self, answer: AnswerSeveral, pictures: Iterable[Given]) -> list[Answer]:
        answers: list[Answer] = []
        batch: list[Body | DigitsError] = []
        for picture in pictures:
            batch.append(_open_or_explain(picture))
            if len(batch) == BATCH:
                answers += self._answer_batch(answer, batch)
                batch = []
        return answers + self._answer_batch(answer, batch)

    def _answer_batch(self, answer: AnswerSeveral, batch: list[Body | DigitsError]) -> list[Answer]:
        bodies = [body for body in batch if not isinstance(body, DigitsError)]
        answered = iter(answer(self._classifier, bodies) if bodies else [])
        return [describe(one) if isinstance(one, DigitsError) else next(answered) for one in batch]


def _open_or_explain(picture: Given) -> Body | DigitsError:
    try:
        return open_given(picture)
    except DigitsError as error:
        return error
    except OSError as error:
        return BadRequest(f"{error.filename or 'The file'} cannot be read: {error.strerror or error}.")


def open_given(picture: Given) -> Body:
    """Return what a program gave as what is decoded.

    Raises:
        BadRequest: it is no picture, nor names one.
        OSError: the file cannot be opened.
    """
    if isinstance(picture, Image.Image):
        return picture
    if isinstance(picture, np.ndarray):
        return to_image(picture)
    if isinstance(picture, bytes | bytearray | memoryview):
        return bytes(picture)
    if isinstance(picture, str | os.PathLike):
        return Path(picture).read_bytes()
    body = picture.read() if hasattr(picture, "read") else None
    if isinstance(body, bytes):
        return body
    raise BadRequest(
        f"Expected a path, bytes, a file open for bytes, a picture of Pillow or an array, not {type(picture).__name__}."
    )


def to_image(array: NDArray[np.generic]) -> Image.Image:
    """Return an array as a picture of Pillow.

    Args:
        array: (h, w), (h, w, 1), (h, w, 3) or (h, w, 4); bool, whole numbers from 0 to 255, or floats from 0.0 to 1.0.
            Floats beyond 1.0 are taken for 0 to 255.

    Raises:
        BadRequest: it has another shape, or other values.
    """
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.size == 0 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in COLOURS):
        raise BadRequest(f"The array has the shape {array.shape}; expected (h, w), (h, w, 3) or (h, w, 4).")
    if array.dtype.kind not in "buif":
        raise BadRequest(f"The array holds {array.dtype}; expected whole numbers from 0 to 255, or 0.0 to 1.0.")
    lowest, highest = array.min(), array.max()
    if not 0 <= lowest <= highest <= 255:  # written so that NaN fails
        raise BadRequest(f"The array holds {lowest} to {highest}; expected 0 to 255, or 0.0 to 1.0.")
    in_units = array.dtype.kind == "b" or (array.dtype.kind == "f" and highest <= 1)
    scaled = np.rint(np.multiply(array, 255.0)) if in_units else array
    return Image.fromarray(np.ascontiguousarray(scaled, np.uint8))
