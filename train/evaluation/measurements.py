"""How well a saved model reads what is not MNIST's: real-world pictures, pages and strokes, and non-digits.

    a folder of labelled pictures -> the server's own functions -> shares right, doubted, sure and wrong -> card

`python -m train measure NAME --pictures DIR` measures; the figures are used for no decision. DIR holds pictures.csv
(path, label, kind) and, if there are any, pages.csv (path, text with " / " between lines), strokes.json, and in cases/
single.csv, pages.csv, nondigits.csv and composed/, pages whose names say what is written.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.framing import to_tensor
from app.models.card import write_card
from app.models.classifier import Classifier
from app.reading.answers import Answer, predict_several, read_several

from ..data.datasets import Split
from ..errors import TrainingError
from ..handwriting.kinds import HELD_OUT_KINDS
from ..handwriting.synthesis import synthesise_non_digits
from .metrics import calibration
from .pages import compose_pages, draw_strokes

Digits = NDArray[np.uint8]  # (n, 28, 28)

HELD_OUT = 10_000  # non-digits of the held-out kinds
HELD_OUT_SEED = 1989
BATCH = 64  # pictures that are read at once
SCATTERED = "s"  # what the text of a page begins with whose digits have no order
PAGE_SHARES = ("count", "entirely_right", "doubted", "sure_and_wrong")

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
    if pictures is None:
        return measured
    measured["pictures"] = measure_pictures(classifier, pictures / "pictures.csv")
    if (pictures / "strokes.json").is_file():
        measured["strokes"] = measure_digits(classifier, *draw_strokes(pictures / "strokes.json"))
    if (pictures / "pages.csv").is_file():
        measured["pages"] = measure_pages(classifier, list_pages(pictures / "pages.csv"))
    return {**measured, **measure_cases(classifier, pictures / "cases")}


def note_measured(folder: Path, card: Mapping[str, Any], measured: Mapping[str, Any]) -> None:
    """Write figures into the card of a model's folder, beside those that were measured by another command."""
    write_card(folder, {**card, "measured": {**card.get("measured", {}), **measured}})


def measure_cases(classifier: Classifier, folder: Path) -> dict[str, Any]:
    """Measure a model on what is in a folder of difficult cases: each of its tables, and its composed pages."""
    measures: dict[str, Callable[[Path], dict[str, Any]]] = {
        "single.csv": partial(measure_pictures, classifier),
        "pages.csv": lambda table: measure_pages(classifier, list_pages(table), with_lines=False),
        "nondigits.csv": partial(measure_non_digit_pictures, classifier),
    }
    measured = {
        f"cases_{Path(name).stem}": measure_table(folder / name)
        for name, measure_table in measures.items()
        if (folder / name).is_file()
    }
    composed = list_composed(folder / "composed")
    if composed:
        every = [page for pages in composed.values() for page in pages]
        by_kind = {kind: measure_pages(classifier, pages) for kind, pages in composed.items()}
        shares = {kind: {name: one[name] for name in PAGE_SHARES} for kind, one in by_kind.items()}
        measured["cases_composed"] = {**measure_pages(classifier, every), "by_kind": shares}
    return measured


def measure_digits(classifier: Classifier, digits: Digits, labels: NDArray[np.uint8]) -> dict[str, Any]:
    """Measure a model on framed digits."""
    prediction = classifier.predict(to_tensor(digits))
    right = prediction.probabilities.argmax(axis=1) == labels
    certain = classifier.certain(prediction)
    return {
        "count": len(labels),
        "accuracy": float(right.mean()),
        "doubted": float(1 - certain.mean()),
        "sure_and_wrong": float((~right & certain).mean()),
        "wrong_but_certain": int((~right & certain).sum()),
        "expected_calibration_error": calibration(prediction.probabilities, labels)["expected_error"],
    }


def measure_rejection(classifier: Classifier) -> dict[str, Any]:
    """Measure the fraction of held-out non-digits that is doubted, overall and for each kind."""
    by_kind = {}
    for kind in HELD_OUT_KINDS:
        drawings = synthesise_non_digits(HELD_OUT // len(HELD_OUT_KINDS), HELD_OUT_SEED, (kind,))
        by_kind[kind] = float(1 - classifier.certain(classifier.predict(to_tensor(drawings))).mean())
    return {"doubted": float(np.mean(list(by_kind.values()))), "by_kind": by_kind}


def measure_pictures(classifier: Classifier, table: Path) -> dict[str, Any]:
    """Measure a model on real-world pictures of one digit as POST /predict reads them; one it refuses counts as wrong.

    Args:
        classifier: as the server loads it.
        table: CSV with path, label and kind.
    """
    rows = read_table(table)
    answers = predict_files(classifier, [table.parent / row["path"] for row in rows])
    labels = [int(row["label"]) for row in rows]
    right = np.array([answer.get("digit") == label for answer, label in zip(answers, labels, strict=True)], bool)
    read = [(answer, label) for answer, label in zip(answers, labels, strict=True) if "error" not in answer]
    probabilities = np.array([answer["probabilities"] for answer, _ in read], np.float32).reshape(-1, 10)
    read_labels = np.array([label for _, label in read], np.uint8)
    kinds = np.array([row["kind"] for row in rows])
    return {
        **count_answers(right, answers),
        "expected_calibration_error": calibration(probabilities, read_labels)["expected_error"],
        "by_kind": {
            str(kind): count_answers(right[kinds == kind], [answers[at] for at in np.flatnonzero(kinds == kind)])
            for kind in np.unique(kinds)
        },
        "refused": sum("error" in answer for answer in answers),
        "wrong": [
            {"path": row["path"], "label": row["label"], "read": str(answer.get("digit", answer.get("error")))}
            for row, answer, is_right in zip(rows, answers, right, strict=True)
            if not is_right
        ],
    }


def count_answers(right: NDArray[np.bool_], answers: Sequence[Answer]) -> dict[str, Any]:
    """Return how many answers there are, and the fractions that are right, doubted, and sure and wrong.

    Args:
        right: which answers are, (n,).
        answers: of POST /predict or /read; a refused picture is neither doubted nor sure.
    """
    sure = np.array([is_sure(answer) for answer in answers], bool)
    refused = np.array(["error" in answer for answer in answers], bool)
    return {
        "count": len(answers),
        "accuracy": float(right.mean()),
        "doubted": float((~sure & ~refused).mean()),
        "sure_and_wrong": float((sure & ~right).mean()),
    }


def is_sure(answer: Answer) -> bool:
    """Tell whether an answer, with each digit and mark, says that it can be trusted; one about an error does not."""
    parts = [answer, *answer.get("digits", ()), *answer.get("marks", ())]
    return "error" not in answer and all(part.get("certain", True) and "doubt" not in part for part in parts)


def predict_files(classifier: Classifier, paths: Sequence[Path]) -> list[Answer]:
    """Return the answers of POST /predict to files."""
    batches = [paths[at : at + BATCH] for at in range(0, len(paths), BATCH)]
    return [
        answer for batch in batches for answer in predict_several(classifier, [path.read_bytes() for path in batch])
    ]


def measure_non_digit_pictures(classifier: Classifier, table: Path) -> dict[str, Any]:
    """Measure the fraction of pictures without a digit that is doubted or refused.

    Returns:
        predict: by POST /predict; read: by POST /read, where no digit that it finds may be certain.
    """
    paths = [table.parent / row["path"] for row in read_table(table)]
    predicted = predict_files(classifier, paths)
    numbers = read_several(classifier, [path.read_bytes() for path in paths])
    found = [any(digit["certain"] for digit in number.get("digits", ())) for number in numbers]
    return {
        "count": len(paths),
        "predict": float(np.mean([not is_sure(answer) for answer in predicted])),
        "read": 1 - float(np.mean(found)),
        "sure": [path.name for path, answer in zip(paths, predicted, strict=True) if is_sure(answer)],
    }


def measure_pages(
    classifier: Classifier, pages: Iterable[tuple[str, bytes]], with_lines: bool = True
) -> dict[str, Any]:
    """Measure a model on pages of several digits as POST /read reads them; a refused page counts as wrong.

    Args:
        classifier: as the server loads it.
        pages: the text, lines separated by newlines, and the picture; a text that begins with s is that of scattered
            digits, whose order is free.
        with_lines: the texts say where lines end; else only their characters are compared.
    """
    right, answers, wanted, found, wrong = [], [], 0, 0, []
    for number, (text, body) in enumerate(pages):
        answer = read_several(classifier, [body])[0]
        read = answer.get("text", "")
        read = read if with_lines else read.replace("\n", "")
        expected, compared = (sort_digits(text), sort_digits(read)) if text.startswith(SCATTERED) else (text, read)
        right.append(compared == expected)
        answers.append(answer)
        wanted += len(expected.replace("\n", ""))
        found += count_common(expected, compared)
        if not right[-1]:
            wrong.append({"page": number, "text": text, "read": read, "sure": is_sure(answer)})
    counted = count_answers(np.array(right, bool), answers)
    return {
        "count": counted["count"],
        "entirely_right": counted["accuracy"],
        "digits_found": found / wanted,
        "doubted": counted["doubted"],
        "sure_and_wrong": counted["sure_and_wrong"],
        "wrong": wrong,
    }


def sort_digits(text: str) -> str:
    """Return the digits of a text, sorted: what is written without an order."""
    return "".join(sorted(character for character in text if character.isdigit()))


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


def list_pages(table: Path) -> Iterable[tuple[str, bytes]]:
    """Yield text and picture of each page of a CSV with path and text, in which " / " is between lines."""
    for row in read_table(table):
        yield row["text"].replace(" / ", "\n").replace(" ", ""), (table.parent / row["path"]).read_bytes()


def list_composed(folder: Path) -> dict[str, list[tuple[str, bytes]]]:
    """Return text and picture of each composed page whose name is KIND_HAND_TEXT.png, by kind.

    In the text of a name, s is a slash and c a comma.
    """
    pages: dict[str, list[tuple[str, bytes]]] = {}
    for path in sorted(folder.glob("*.png")):
        kind, *rest = path.stem.split("_")
        text = rest[-1] if rest else ""
        if any(character.isdigit() for character in text):
            pages.setdefault(kind, []).append((text.replace("s", "/").replace("c", ","), path.read_bytes()))
    return pages
