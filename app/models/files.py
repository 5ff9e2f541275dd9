"""Open the files of a model folder: regular files inside it, of a bounded size. Nothing else is ever opened.

A name may lead to a pipe on which a reader waits for ever, to a device, or out of the folder; a link within the folder
is followed, as Kubernetes mounts files. Owns names and limits; does not know what the files mean.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, NoReturn

from ..escaping import escape_controls, is_plain

NETWORK = "model.json"
WEIGHTS = "model.h5"
COMPILED = "model.tflite"
PROTOTYPES = "prototypes.npz"
CARD = "card.json"
MAX_BYTES = {NETWORK: 4 * 2**20, WEIGHTS: 512 * 2**20, COMPILED: 256 * 2**20, PROTOTYPES: 4 * 2**20, CARD: 4 * 2**20}
MAX_PICTURE_BYTES = 16 * 2**20  # of a report
MAX_DEPTH = 100  # objects and lists within each other: Keras writes about four a network within a network


class BadModel(Exception):
    """A model folder that cannot be served, with a sentence that says why and what to do."""

    def __init__(self, sentence: str) -> None:
        """Keep the sentence; names in it are untrusted, so control characters are escaped."""
        super().__init__(escape_controls(sentence))


def name_file(folder: Path, name: str) -> str:
    """Return how a file is called in a sentence: by its folder, without where the folders are."""
    return f"{folder.name}/{name}"


def has_file(folder: Path, name: str) -> bool:
    """Say whether something has that name, whatever it is."""
    return os.path.lexists(folder / name)


def open_file(folder: Path, name: str, max_bytes: int | None = None) -> BufferedReader:
    """Open a file of a model folder for reading.

    Args:
        folder: the model folder.
        name: of the file.
        max_bytes: that it may have; by its name if not said.

    Raises:
        BadModel: it is missing, is not a regular file inside the folder, or is too large.
    """
    file_name, max_bytes = name_file(folder, name), max_bytes or MAX_BYTES.get(name, MAX_PICTURE_BYTES)
    try:
        root, path = folder.resolve(strict=True), (folder / name).resolve(strict=True)
        if not path.is_relative_to(root):
            raise BadModel(f"{file_name} is a link to a file outside its folder. Put the file itself there.")
        before = path.lstat()
        if not stat.S_ISREG(before.st_mode):
            raise BadModel(
                f"{file_name} is no regular file, but a pipe, a device or a folder. Put the file itself there."
            )
        stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
    except FileNotFoundError as error:
        raise BadModel(f"{folder.name} has no {name}. Train it again, or take the folder out of models/.") from error
    except (OSError, RuntimeError) as error:  # a link that leads to itself is a RuntimeError
        reason = error.strerror if isinstance(error, OSError) else "it is a link that leads to itself"
        raise BadModel(f"{file_name} cannot be read: {reason}.") from error
    status = os.fstat(stream.fileno())
    replaced, large = not os.path.samestat(before, status), status.st_size > max_bytes
    if replaced or large:
        stream.close()
    if replaced:
        raise BadModel(f"{file_name} was replaced while it was opened. Try again.")
    if large:
        raise BadModel(f"{file_name} has {status.st_size:,} bytes; expected at most {max_bytes:,}.")
    return stream


def read_file(folder: Path, name: str, max_bytes: int | None = None) -> bytes:
    """Return the bytes of a file.

    Raises:
        BadModel: as open_file() does.
    """
    with open_file(folder, name, max_bytes) as stream:
        return stream.read(max_bytes or MAX_BYTES.get(name, MAX_PICTURE_BYTES))


def read_json(folder: Path, name: str) -> Any:
    """Return what a JSON file holds: numbers are finite, texts hold no control characters, nothing is nested deeply.

    A file that is one text holds its JSON in that, as older tutorials wrote model.json.

    Raises:
        BadModel: as open_file() does, or the file is damaged.
    """
    return check_json(name_file(folder, name), read_file(folder, name, MAX_BYTES[NETWORK]))


def check_json(file_name: str, body: bytes) -> Any:
    """Return what JSON holds, as read_json() does.

    Raises:
        BadModel: it is damaged.
    """
    try:
        found = parse_json(body.decode("utf-8"))
        if isinstance(found, str):
            found = parse_json(found)
    except RecursionError as error:
        raise BadModel(f"{file_name} is damaged: it is nested too deeply. Restore the file.") from error
    except ValueError as error:
        raise BadModel(f"{file_name} is damaged ({error}). Train the model again or restore the file.") from error
    for item, depth in walk(found):
        if depth > MAX_DEPTH:
            raise BadModel(f"{file_name} is damaged: it is nested deeper than {MAX_DEPTH} levels. Restore the file.")
        if isinstance(item, float) and not abs(item) < float("inf"):
            raise BadModel(f"{file_name} is damaged: it holds a number that is not finite. Restore the file.")
        if isinstance(item, str) and not is_plain(item.replace("\n", "")):
            raise BadModel(f"{file_name} holds the text {item[:40]!r}, with control characters. Expected plain text.")
    return found


def parse_json(text: str) -> Any:
    """Parse JSON as the standard has it.

    Raises:
        ValueError: it is not; NaN and Infinity are not in the standard.
        RecursionError: it is nested deeper than Python goes.
    """
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def walk(item: Any) -> Iterator[tuple[Any, int]]:
    """Yield everything within a JSON value, itself and the names of its fields included, and how deep it lies."""
    waiting = [(item, 0)]
    while waiting:
        item, depth = waiting.pop()
        yield item, depth
        if isinstance(item, dict):
            waiting += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list):
            waiting += [(part, depth + 1) for part in item]
