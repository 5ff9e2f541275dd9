"""How much corrections help, and whom they harm: a person corrects what is misread, and goes on writing.

    digits of one hand -> half to correct from, half to measure with
    read the first half one by one, correct what is misread until there are so many -> errors on the other half

`python -m train measure --corrections` measures synthesised hands and, where there are any, development pictures by
their source. Reads with app/memory's own functions. Decides nothing: fitting.py takes the constants from other
synthesised hands, and from MNIST's validation split.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import DigitsError
from app.framing import to_tensor
from app.memory.comparing import WEIGHTS, Examples, Weights, judge_examples, read_with
from app.models.classifier import Classifier, Prediction
from app.models.prototypes import References
from app.preprocessing.digits import read_picture

from ..data.datasets import Split
from ..errors import TrainingError
from ..handwriting.synthesis import synthesise_hand
from .pages import draw_strokes

COUNTS = (5, 10, 30, 70)  # corrections
HANDS = range(5000, 5120)  # seeds of synthesised hands; the constants were chosen with others
PER_CLASS = 40  # digits that each of them writes
SMALLEST = 8  # digits of a source that is measured alone
# Times that a source of few digits is split anew: one digit is 0.7 % of the smallest set in one split, and whether what
# misleads it is corrected is chance. In 20 splits harm by one pair of digits, 0.17 %, was measured as 0.20 and 0.31 %
TURNS = 400

Digits = NDArray[np.uint8]  # (n, 28, 28)


@dataclass
class Tally:
    """What became of digits that nobody corrected."""

    digits: int = 0
    hands: int = 0
    corrections: int = 0
    before: int = 0  # errors without corrections
    after: int = 0
    harmed: int = 0  # right before, wrong after

    def add(self, before: NDArray[np.bool_], after: NDArray[np.bool_], corrections: int) -> None:
        """Count one hand: whether each digit is read right before and after."""
        self.digits += len(before)
        self.hands += 1
        self.corrections += corrections
        self.before += int((~before).sum())
        self.after += int((~after).sum())
        self.harmed += int((before & ~after).sum())

    def describe(self) -> dict[str, Any]:
        """Return the figures for a card."""
        return {
            "digits": self.digits,
            "hands": self.hands,
            "corrections": self.corrections,
            "errors_before": self.before,
            "errors_after": self.after,
            "left": self.after / self.before if self.before else 1.0,
            "harmed": self.harmed / max(1, self.digits),
        }


class Reader:
    """Reads digits of one hand, for which a network has answered already, with those that are corrected."""

    def __init__(
        self,
        labels: NDArray[np.uint8],
        prediction: Prediction,
        prototypes: References,
        weights: Weights = WEIGHTS,
    ) -> None:
        """Start with nothing corrected."""
        self.labels = labels
        self.prediction = prediction
        self.prototypes = prototypes
        self.weights = weights
        self.corrected: list[int] = []  # places
        self._examples: Examples | None = None

    def correct(self, place: int) -> None:
        """Add a digit to those that are corrected."""
        self.corrected.append(place)
        places, features = np.array(self.corrected), self.prediction.features
        assert features is not None
        self._examples = judge_examples(self.corrected, features[places], self.labels[places], self.prototypes)

    def read(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return what digits are read as."""
        features = self.prediction.features
        assert features is not None
        part = Prediction(self.prediction.probabilities[places], self.prediction.certainty[places], features[places])
        if self._examples is not None:
            part = read_with(part, self._examples, self.prototypes, self.weights)
        return np.asarray(part.probabilities.argmax(axis=1))


def measure_corrections(classifier: Classifier, data: Path | None) -> dict[str, Any]:
    """Measure synthesised hands, and the development sets of a folder.

    Raises:
        TrainingError: the model answers no features, or has no prototypes.
    """
    if classifier.prototypes is None:
        raise TrainingError(f"{classifier.name} has no prototypes, so it cannot be corrected.")
    written = (Split(*synthesise_hand(seed, PER_CLASS)) for seed in HANDS)
    measured = {"synthesised_hands": measure_hands(classifier, written, 1)}
    if data is not None:
        groups = {"pictures": "pictures.csv", "cases": "cases/single.csv"}
        for name, table in groups.items():
            if (data / table).is_file():
                sources = read_sources(data / table)
                measured[f"{name}_by_source"] = measure_hands(classifier, sources, TURNS)
                measured[f"{name}_as_one_hand"] = measure_hands(classifier, [join(sources)], TURNS)
        if (data / "strokes.json").is_file():
            writers = list(split_writers(*draw_strokes(data / "strokes.json")))
            measured["strokes_by_writer"] = measure_hands(classifier, writers, TURNS)
            measured["strokes_as_one_hand"] = measure_hands(classifier, [join(writers)], TURNS)
    return measured


def measure_hands(classifier: Classifier, hands: Iterable[Split], turns: int) -> dict[str, Any]:
    """Measure hands with each number of corrections, each hand as often as it is split anew."""
    tallies = {count: Tally() for count in COUNTS}
    assert classifier.prototypes is not None
    for hand in hands:
        prediction = classifier.predict(to_tensor(hand.digits))
        for turn in range(turns):
            order = np.random.default_rng((turn, len(hand))).permutation(len(hand))
            measure_hand(Reader(hand.labels, prediction, classifier.prototypes), order, tallies)
    return {str(count): tally.describe() for count, tally in tallies.items()}


def measure_hand(reader: Reader, order: NDArray[np.intp], tallies: dict[int, Tally]) -> None:
    """Correct what is misread of the first half, one after the other, and measure the second half at each count.

    A hand in which fewer digits are misread than a count is measured with those that there are.
    """
    first, second = order[: len(order) // 2], order[len(order) // 2 :]
    labels = reader.labels[second]
    before = reader.read(second) == labels
    left = sorted(tallies)
    while len(wrong := np.flatnonzero(reader.read(first) != reader.labels[first])):
        reader.correct(int(first[wrong[0]]))
        first = first[wrong[0] + 1 :]  # what came before is read already, and stays as it was read
        if len(reader.corrected) == left[0]:
            tallies[left.pop(0)].add(before, reader.read(second) == labels, len(reader.corrected))
            if not left:
                return
    after = reader.read(second) == labels
    for count in left:
        tallies[count].add(before, after, len(reader.corrected))


def read_sources(table: Path) -> list[Split]:
    """Read the pictures of a table (path, label, source), those of each source as one hand; small sources together."""
    by_source: dict[str, list[tuple[Digits, int]]] = {}
    with table.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            try:
                digit = read_picture((table.parent / row["path"]).read_bytes())
            except DigitsError:
                continue
            by_source.setdefault(row["source"], []).append((digit, int(row["label"])))
    large = [rows for rows in by_source.values() if len(rows) >= SMALLEST]
    return [
        Split(np.stack([digit for digit, _ in rows]), np.array([label for _, label in rows], np.uint8))
        for rows in large
    ]


def split_writers(digits: Digits, labels: NDArray[np.uint8]) -> Iterator[Split]:
    """Yield the digits of each writer, who wrote each digit once; they are in the same order for every digit."""
    ranks = np.zeros(len(labels), int)
    for label in np.unique(labels):
        ranks[labels == label] = np.arange((labels == label).sum())
    for writer in range(ranks.max() + 1):
        yield Split(digits[ranks == writer], labels[ranks == writer])


def join(hands: Sequence[Split]) -> Split:
    """Return the digits of all hands as those of one, who then writes in many ways: nobody may be harmed by it."""
    return Split(np.concatenate([hand.digits for hand in hands]), np.concatenate([hand.labels for hand in hands]))
