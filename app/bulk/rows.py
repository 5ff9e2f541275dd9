"""Turn pictures into rows, with the functions that the server answers by.

    Source -> body, or what is wrong with it -> answer -> Row: path, text, digit, confidence, ..., error, code

A batch is predicted at once. A failure is noted in the picture's row and does not affect other pictures.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import cv2

from ..commandline import without_greetings
from ..errors import DigitsError, NotFound, OutOfMemory, TooLarge, Unreadable, describe, is_out_of_memory
from ..memory.personal import Taught, personalise
from ..models.classifier import Classifier, load_classifier
from ..models.folder import load
from ..preprocessing.decoding import Body
from ..preprocessing.pages import open_pages
from ..reading.answers import Answer, predict_several, read_several
from .sources import Source

COLUMNS = ("path", "text", "digit", "confidence", "certain", "doubt", "probabilities", "error", "code")
BATCH = 64  # pictures read at once: eight of the runtime's blocks, and little to read again after a crash
PAGE = re.compile(r"#([1-9]\d{0,3})\Z")  # after the name of a file, in the name of a row
UNEXPECTED = "Something went wrong on our side with this picture; the log says more."

Row = dict[str, Any]
Failure = dict[str, str]  # the sentence and the code of a failure

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """How pictures are read: by which model, one digit or many in each, and how large a file may be."""

    model: Path  # folder of the model
    many: bool
    max_bytes: int
    taught: Taught | None = None  # what is read with, of a hand's corrections


@functools.cache
def open_classifier(model: Path, taught: Taught | None = None) -> Classifier:
    """Return the classifier of a model folder, as a hand taught it; a process loads it once.

    Raises:
        BadModel: it cannot be used.
    """
    cv2.setNumThreads(1)  # processes already run in parallel
    with without_greetings():  # LiteRT's
        classifier = load_classifier(load(model))
    return personalise(classifier, taught) if taught else classifier


def read_batch(job: Job, sources: Sequence[Source]) -> list[Row]:
    """Read the pictures at some places; return a row for each, in the same order."""
    bodies = [read_body(source, job.max_bytes) for source in sources]
    named = [
        page
        for source, body in zip(sources, bodies, strict=True)
        for page in split_pages(source.path, body)[source.done :]
    ]
    return answer_pictures(open_classifier(job.model, job.taught), named, job.many)


def split_pages(path: str, body: bytes | Failure) -> list[tuple[str, Body | Failure]]:
    """Return the pages of a file with the names of their rows: scan.tif, scan.tif#2, scan.tif#3; a picture is one."""
    if not isinstance(body, bytes):
        return [(path, body)]
    try:
        pages = open_pages(body)
    except DigitsError as error:
        return [(path, describe(error))]
    return [(path if page.number == 1 else f"{path}#{page.number}", page) for page in pages] or [(path, body)]


def find_page(path: str) -> tuple[str, int]:
    """Return the file that a row is of, and the number of the page, from 1."""
    found = PAGE.search(path)
    return (path[: found.start()], int(found[1])) if found else (path, 1)


def read_body(source: Source, max_bytes: int) -> bytes | Failure:
    """Return a picture's bytes, or the failure.

    Args:
        max_bytes: of the file.
    """
    if isinstance(source.body, DigitsError):
        return describe(source.body)
    if source.body is not None:
        return check_size(source.body, max_bytes)
    return open_body(lambda: open_regular(source.place), max_bytes)


def open_regular(place: str) -> BinaryIO:
    """Open a regular file for reading; never wait for a pipe or a device.

    Raises:
        OSError: it cannot be opened, or is not a regular file.
    """
    path = Path(place)
    check_regular(path.stat())  # before it is opened: to open a device may do something
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    try:
        check_regular(os.fstat(stream.fileno()))
    except OSError:
        stream.close()
        raise
    return stream


def check_regular(status: os.stat_result) -> None:
    """Refuse what is not a regular file.

    Raises:
        OSError: it is something else.
    """
    if not stat.S_ISREG(status.st_mode):
        kinds = ((stat.S_ISDIR, "folder"), (stat.S_ISFIFO, "pipe"), (stat.S_ISSOCK, "socket"))
        kind = next((kind for is_kind, kind in kinds if is_kind(status.st_mode)), "device")
        raise OSError(f"it is a {kind}, not a file with a picture")


def open_body(open_file: Callable[[], BinaryIO], max_bytes: int) -> bytes | Failure:
    """Open a file and return its bytes, or the failure."""
    try:
        with open_file() as file:
            return check_size(file.read(max_bytes + 1), max_bytes)
    except FileNotFoundError:
        return describe(NotFound("There is no such file."))
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        return describe(Unreadable(f"The file cannot be read: {reason or error}."))


def check_size(body: bytes, max_bytes: int) -> bytes | Failure:
    """Return the bytes, or the failure where there are too many."""
    if len(body) > max_bytes:
        return describe(TooLarge(f"The file has more than {max_bytes:,} bytes. Reduce it, or raise DIGITS_MAX_BYTES."))
    return body


def make_rows(classifier: Classifier, paths: Sequence[str], bodies: Sequence[bytes | Failure], many: bool) -> list[Row]:
    """Read files as one batch, a row a page.

    Args:
        paths: each file's name in its rows.
        bodies: each file, or its failure.
        many: read all digits of each picture, not one.
    """
    named = [page for path, body in zip(paths, bodies, strict=True) for page in split_pages(path, body)]
    return answer_pictures(classifier, named, many)


def answer_pictures(classifier: Classifier, named: Sequence[tuple[str, Body | Failure]], many: bool) -> list[Row]:
    """Read pictures as one batch: each with its name in its row, or its failure."""
    answer = read_several if many else predict_several
    answers = iter(_answer(answer, classifier, [body for _, body in named if not isinstance(body, dict)]))
    describe_row = describe_number if many else describe_digit
    return [
        {**dict.fromkeys(COLUMNS), "path": path} | describe_row(body if isinstance(body, dict) else next(answers))
        for path, body in named
    ]


def _answer(
    answer: Callable[[Classifier, list[Body]], list[Answer]], classifier: Classifier, bodies: list[Body]
) -> list[Answer]:
    """Answer every picture; where a batch fails, answer each alone to find the cause."""
    try:
        return answer(classifier, bodies)
    except Exception as error:  # a worker must go on
        if len(bodies) == 1:
            log.exception("Failed to read a picture")
            failure = OutOfMemory() if is_out_of_memory(error) else DigitsError(UNEXPECTED)
            return [describe(failure)]
    return [alone for body in bodies for alone in _answer(answer, classifier, [body])]


def describe_digit(answer: Answer) -> Row:
    """Return the columns of an answer about one digit."""
    if "error" in answer:
        return answer
    row = {name: answer[name] for name in ("digit", "confidence", "certain", "probabilities")}
    return {"text": answer.get("label", str(answer["digit"])), **row, "doubt": answer.get("doubt")}


def describe_number(answer: Answer) -> Row:
    """Return the columns of an answer about several digits: the lowest confidence of theirs, and the first doubt."""
    if "error" in answer:
        return answer
    digits = answer["digits"]
    alone = len(digits) == 1 and answer["text"] == str(digits[0]["digit"])
    return {
        "text": answer["text"],
        "digit": digits[0]["digit"] if alone else None,
        "confidence": min(digit["confidence"] for digit in digits),
        "certain": all(one["certain"] for one in (*digits, *answer["marks"])),
        "doubt": next((digit["doubt"] for digit in digits if "doubt" in digit), None),
        "probabilities": [digit["probabilities"] for digit in digits],
    }
