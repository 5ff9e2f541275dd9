"""Keep every answer to the development sets, or compare with those kept: a saving of time may change none of them.

    python -m tests.bench.answers --keep FILE       before the change; with DIGITS_DATA, the folder of the sets
    python -m tests.bench.answers --against FILE    after it

Each picture is read alone and among others. The same digit, certainty and doubt are expected, and probabilities that
differ by MAX_DIFFERENCE at most.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from app.errors import DigitsError, describe
from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from app.reading.answers import Answer, predict_one, predict_several, read_one
from app.settings import read_settings
from tests.support.drawings import to_bytes
from train.evaluation.pages import draw_canvases

TABLES = ("pictures.csv", "cases/single.csv", "cases/nondigits.csv")
PAGES = ("pages.csv", "cases/pages.csv")
MODEL = "robust"
MNIST_STEP = 20  # of the training digits, every so many: 3,000
TOGETHER = 32  # pictures a batch
MAX_DIFFERENCE = 1e-4  # of a probability
SHOWN = 20  # differences that are printed


def list_pictures(data: Path) -> Iterator[tuple[str, bytes]]:
    """Give every picture of one digit, or of none, with its name."""
    for table in TABLES:
        yield from list_files(data / table)
    for place, canvas in enumerate(draw_canvases(data / "strokes.json")[0]):
        for mode in ("L", "RGB", "RGBA"):
            yield f"strokes {place} {mode}", to_bytes(Image.fromarray(canvas).convert(mode))
        clear = Image.new("RGBA", (canvas.shape[1], canvas.shape[0]))
        clear.putalpha(Image.fromarray(255 - canvas))
        yield f"strokes {place} clear", to_bytes(clear)
    with np.load(data / "mnist.npz") as arrays:
        for place, digit in enumerate(arrays["x_train"][::MNIST_STEP]):
            yield f"mnist {place}", to_bytes(Image.fromarray(digit))


def list_files(table: Path) -> Iterator[tuple[str, bytes]]:
    """Give the files that a table names, with their names."""
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield f"{table.parent.name}/{row['path']}", (table.parent / row["path"]).read_bytes()


def answer_all(classifier: Classifier, data: Path, every: int = 1) -> dict[str, Answer]:
    """Answer every picture alone, again among others, and every page; or only every so many."""
    answers: dict[str, Answer] = {}
    pictures = islice(list_pictures(data), 0, None, every)
    while group := list(islice(pictures, TOGETHER)):
        together = predict_several(classifier, [body for _, body in group])
        for (name, body), answer in zip(group, together, strict=True):
            answers[name] = _answer(predict_one, classifier, body)
            answers[f"{name} among others"] = answer
    for table in PAGES:
        for name, body in islice(list_files(data / table), 0, None, every):
            answers[f"{name} read"] = _answer(read_one, classifier, body)
    return answers


def _answer(read: Any, classifier: Classifier, body: bytes) -> Answer:
    try:
        answer: Answer = read(classifier, body)
    except DigitsError as error:
        answer = describe(error)
    return answer


def find_difference(former: Any, now: Any) -> str:
    """Say how two answers differ; "" where they are the same, but for MAX_DIFFERENCE in their numbers."""
    if isinstance(former, dict) and isinstance(now, dict) and former.keys() == now.keys():
        found = ((name, find_difference(former[name], now[name])) for name in former)
        return next((f"{name} {difference}" for name, difference in found if difference), "")
    if isinstance(former, list) and isinstance(now, list) and len(former) == len(now):
        return next(filter(None, map(find_difference, former, now)), "")
    if isinstance(former, float) and isinstance(now, float):
        return f"{former} is now {now}" if abs(former - now) > MAX_DIFFERENCE else ""
    return "" if former == now else f"{former} is now {now}"


def main() -> None:
    """Keep the answers, or fail where they differ from those kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.answers", description="Compare answers.")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--keep", type=Path, metavar="FILE", help="write the answers to a file")
    way.add_argument("--against", type=Path, metavar="FILE", help="compare them with those of a file")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth picture, to be quick")
    arguments = parser.parse_args()
    classifier = load_classifier(load(read_settings().models / MODEL))
    answers = answer_all(classifier, Path(os.environ["DIGITS_DATA"]), arguments.every)
    if arguments.keep:
        arguments.keep.write_text(json.dumps(answers), encoding="utf-8")
        print(f"{len(answers):,} answers kept")
        return
    former = json.loads(arguments.against.read_text(encoding="utf-8"))
    names = sorted(former.keys() | answers.keys() if arguments.every == 1 else answers)
    differences = {name: find_difference(former.get(name), answers.get(name)) for name in names}
    different = [f"{name}: {difference}" for name, difference in differences.items() if difference]
    print("\n".join(different[:SHOWN]))
    print(f"{len(different):,} of {len(names):,} answers differ")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
