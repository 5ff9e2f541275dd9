"""How much slope and height tell a slash from a plain 1: the weights of app/preprocessing/slashes.py, from pages.

    pages of many hands, rows of one hand -> straight strokes that are read as 1 or as a slash -> logistic regression

The pages are of training digits and of drawn ones. Pages of many hands hold numbers alone: their ones teach that uneven
digits make a leaning 1 likelier than a slash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import NoInk
from app.framing import to_tensor
from app.models.classifier import Classifier
from app.preprocessing.decoding import decode_picture
from app.preprocessing.slashes import FORMS, Straight, Weights, Written, find_straight, weigh_all
from app.preprocessing.writing import find_writing

from ..data.datasets import Split
from .fitting import regress
from .pages import compose_pages
from .written import compose_written

SEED, OTHER_SEED = 9001, 9002  # of the pages that are fitted on, and of others, to compare on
MANY_HANDS = 1600  # pages
ONE_HAND = 240  # rows of each kind
# Kinds of written.py; numbers with ones, and dates, twice
ROWS = ("plain", "ones", "date /", "fraction", "ones", "date /", "long fraction")
ONES_COUNT = 10  # times: numbers outnumber dates, and one that is read as a date misleads more
RIDGE = 3e-3  # of the regression: with less, the weights grow, since nearly all strokes can be told
SLASH = "/"


@dataclass(frozen=True)
class Strokes:
    """Straight strokes, what speaks for a slash in each, and which are one."""

    given: NDArray[np.float64]  # (n, 8), as Straight.given
    forms: NDArray[np.intp]  # (n,)
    slashes: NDArray[np.bool_]  # (n,)


@dataclass(frozen=True)
class Told:
    """How many strokes are told rightly."""

    ones: int
    slashes: int
    ones_right: int
    slashes_right: int


def compose_strokes(split: Split, seed: int = SEED) -> Iterable[tuple[str, bytes]]:
    """Compose the pages whose straight strokes are weighed: text and picture."""
    yield from compose_pages(split, MANY_HANDS, seed)
    for _, text, picture in compose_written(split, ONE_HAND, seed, ROWS):
        yield text, picture


def collect_strokes(classifier: Classifier, pages: Iterable[tuple[str, bytes]]) -> Strokes:
    """Collect the straight strokes of pages on which as many digits and signs are found as were written."""
    given: list[Sequence[float]] = []
    forms: list[int] = []
    slashes: list[bool] = []
    for text, picture in pages:
        texts = text.split("\n")
        for lines, straight in _find_straight(classifier, picture):
            if len(lines) != len(texts):
                continue
            for one in straight:
                if len(lines[one.line]) == len(texts[one.line]):
                    given.append(one.given)
                    forms.append(one.form)
                    slashes.append(texts[one.line][one.place] == SLASH)
    return Strokes(np.array(given, np.float64), np.array(forms, np.intp), np.array(slashes, bool))


def _find_straight(
    classifier: Classifier, picture: bytes
) -> list[tuple[Sequence[Sequence[Written]], Sequence[Straight]]]:
    """Return the lines of each page as they are weighed, with their straight strokes."""
    seen: list[tuple[Sequence[Sequence[Written]], Sequence[Straight]]] = []

    def look(digits: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        prediction = classifier.predict(to_tensor(digits))
        return prediction.probabilities, prediction.certainty

    def weigh(lines: Sequence[Sequence[Written]]) -> dict[tuple[int, int], float]:
        straight = find_straight(lines)
        seen.append((lines, straight))
        return weigh_all(straight)

    try:
        find_writing(decode_picture(picture), look, weigh=weigh)
    except NoInk:
        return []
    return seen


def fit_weights(strokes: Strokes) -> Weights:
    """Fit the weights by logistic regression, in which each 1 counts ONES_COUNT times."""
    columns = _to_columns(strokes)
    times = np.where(strokes.slashes, 1, ONES_COUNT)
    weights = regress(np.repeat(columns, times, axis=0), np.repeat(strokes.slashes, times), RIDGE)
    rounded = np.round(weights, 1).tolist()
    return Weights(tuple(rounded[: len(FORMS)]), tuple(rounded[len(FORMS) :]))


def count_told(strokes: Strokes, weights: Weights) -> Told:
    """Count the strokes that weights tell rightly."""
    is_slash = _to_columns(strokes) @ np.concatenate(weights) > 0
    slashes = strokes.slashes
    return Told(
        ones=int((~slashes).sum()),
        slashes=int(slashes.sum()),
        ones_right=int((~is_slash & ~slashes).sum()),
        slashes_right=int((is_slash & slashes).sum()),
    )


def _to_columns(strokes: Strokes) -> NDArray[np.float64]:
    """Return what is weighed of each stroke: which form it has, and what is given, (n, 14)."""
    return np.hstack([np.eye(len(FORMS))[strokes.forms], strokes.given])
