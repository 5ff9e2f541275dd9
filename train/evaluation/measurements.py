"""How well a saved model reads what is not MNIST's: real-world pictures, pages and strokes, and non-digits.

    a folder of labelled pictures -> the server's own functions -> shares that are right, wrong, uncertain -> card

`python -m train measure NAME --pictures DIR` measures; the figures are used for no decision. DIR holds pictures.csv
(path, label, kind) and, if there are any, pages.csv (path, text with " / " between lines) and strokes.json.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import DigitsError
from app.framing import to_tensor
from app.models.classifier import Classifier, Prediction
from app.preprocessing.decoding import decode_picture
from app.preprocessing.digits import read_picture
from app.reading.numbers import read_number

from ..data.datasets import Split
from ..errors import TrainingError
from ..handwriting.kinds import HELD_OUT_KINDS
from ..handwriting.synthesis import synthesise_non_digits
from .metrics import calibration
from .pages import compose_pages, draw_strokes

Digits = NDArray[np.uint8]  # (n, 28, 28)

HELD_OUT = 10_000  # non-digits of the held-out kinds
HELD_OUT_SEED = 1989

# Labels of MNIST's test split that are known to be wrong, and what is written instead; and digits whose label
# is undecidable. Source: the project's issue "Reads real people's digits"; they agree with the digits by eye
CORRECTED = {947: 9, 1621: 6, 1901: 4, 2462: 0, 2597: 3, 3558: 0, 5937: 3, 6651: 6, 6783: 6, 9729: 6}
UNDECIDABLE = (2130, 2654, 3520, 8527, 9679)


def measure(classifier: Classifier, test: Split, pictures: Path | None) -> dict[str, Any]:
    """Measure a model on all data available; figures are fractions unless their names say otherwise.

    Args:
        classifier: as the server loads it.
        test: MNIST's test split.
        pictures: folder of real-world pictures, or None.

    Raises:
        TrainingError: the folder holds no pictures.csv.
    """
    measured = {
        "mnist_test": measure_digits(classifier, test.digits, test.labels),
        "mnist_test_corrected": measure_digits(classifier, *_correct(test)),
        "not_digits": measure_rejection(classifier),
        "composed_pages": measure_pages(classifier, compose_pages(test)),
    }
    if pictures is not None:
        measured["pictures"] = measure_pictures(classifier, pictures)
        if (pictures / "strokes.json").is_file():
            measured["strokes"] = measure_digits(classifier, *draw_strokes(pictures / "strokes.json"))
        if (pictures / "pages.csv").is_file():
            measured["pages"] = measure_pages(classifier, _read_pages(pictures))
    return measured


def measure_digits(classifier: Classifier, digits: Digits, labels: NDArray[np.uint8]) -> dict[str, Any]:
    """Measure a model on framed digits."""
    prediction = classifier.predict(to_tensor(digits))
    right = prediction.probabilities.argmax(axis=1) == labels
    certain = classifier.certain(prediction)
    return {
        "count": len(labels),
        "accuracy": float(right.mean()),
        "uncertain": float(1 - certain.mean()),
        "wrong_but_certain": int((~right & certain).sum()),
        "expected_calibration_error": calibration(prediction.probabilities, labels)["expected_error"],
    }


def measure_rejection(classifier: Classifier) -> dict[str, Any]:
    """Measure the fraction of held-out non-digits that is called uncertain, overall and for each kind."""
    by_kind = {}
    for kind in HELD_OUT_KINDS:
        drawings = synthesise_non_digits(HELD_OUT // len(HELD_OUT_KINDS), HELD_OUT_SEED, (kind,))
        by_kind[kind] = float(1 - classifier.certain(classifier.predict(to_tensor(drawings))).mean())
    return {"uncertain": float(np.mean(list(by_kind.values()))), "by_kind": by_kind}


def measure_pictures(classifier: Classifier, folder: Path) -> dict[str, Any]:
    """Measure a model on real-world pictures of one digit; a picture that cannot be read counts as wrong."""
    rows = read_table(folder / "pictures.csv")
    framed = [_frame(folder / row["path"]) for row in rows]
    labels = np.array([int(row["label"]) for row in rows], np.uint8)
    refused = np.array([isinstance(digit, str) for digit in framed])
    digits = np.stack([np.zeros((28, 28), np.uint8) if isinstance(digit, str) else digit for digit in framed])
    prediction = classifier.predict(to_tensor(digits))
    right = (prediction.probabilities.argmax(axis=1) == labels) & ~refused
    kinds = np.array([row["kind"] for row in rows])
    return {
        **measure_digits(classifier, digits[~refused], labels[~refused]),
        "count": len(rows),
        "accuracy": float(right.mean()),
        "by_kind": {str(kind): float(right[kinds == kind].mean()) for kind in np.unique(kinds)},
        "refused": int(refused.sum()),
        "wrong": [
            {"path": row["path"], "label": row["label"], "read": _describe(prediction, index, framed[index])}
            for index, row in enumerate(rows)
            if not right[index]
        ],
    }


def measure_pages(classifier: Classifier, pages: Iterable[tuple[str, bytes]]) -> dict[str, Any]:
    """Measure a model on pages of several digits.

    Args:
        classifier: as the server loads it.
        pages: the text, lines separated by newlines, and the picture.
    """
    right, wanted, found, wrong = 0, 0, 0, []
    for number, (text, body) in enumerate(pages):
        read = read_page(classifier, body)
        right += read == text
        wanted += len(text.replace("\n", ""))
        found += count_common(text, read)
        if read != text:
            wrong.append({"page": number, "text": text, "read": read})
    count = right + len(wrong)
    return {"count": count, "entirely_right": right / count, "digits_found": found / wanted, "wrong": wrong}


def read_page(classifier: Classifier, body: bytes) -> str:
    """Read a page as POST /read does; an error gives the empty text."""
    try:
        return read_number(classifier, decode_picture(body)).text
    except DigitsError:
        return ""


def count_common(text: str, read: str) -> int:
    """Count the digits of a text that were read in their order: the longest common subsequence."""
    lengths = [0] * (len(read) + 1)
    for wanted in text.replace("\n", ""):
        before = lengths[:]
        for place, got in enumerate(read):
            lengths[place + 1] = before[place] + 1 if got == wanted else max(before[place + 1], lengths[place])
    return lengths[-1]


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header.

    Raises:
        TrainingError: there is no such file.
    """
    if not path.is_file():
        raise TrainingError(f"There is no {path.name} in {path.parent}. Give the folder that holds it with --pictures.")
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _correct(test: Split) -> tuple[Digits, NDArray[np.uint8]]:
    labels = test.labels.copy()
    labels[list(CORRECTED)] = list(CORRECTED.values())
    return np.delete(test.digits, UNDECIDABLE, axis=0), np.delete(labels, UNDECIDABLE)


def _read_pages(folder: Path) -> Iterable[tuple[str, bytes]]:
    for row in read_table(folder / "pages.csv"):
        yield row["text"].replace(" / ", "\n").replace(" ", ""), (folder / row["path"]).read_bytes()


def _frame(path: Path) -> NDArray[np.uint8] | str:
    """Return the framed digit of a file, or the sentence that says why it has none."""
    try:
        return read_picture(path.read_bytes())
    except DigitsError as error:
        return str(error)


def _describe(prediction: Prediction, index: int, framed: NDArray[np.uint8] | str) -> str:
    return framed if isinstance(framed, str) else str(prediction.probabilities[index].argmax())
