"""How much a page's sure digits tell of its doubtful ones: the constants of app/reading/consistency.py, from digits.

    pages of digits -> the evidence for each digit's second class -> doubtful ones: logistic regression -> weights
    -> the lowest odds that harm nearly nobody

A page is what one synthesised hand writes, or MNIST's validation digits side by side, each of another hand, as they are
and varied. Nothing is drawn: how digits are found changes none of this. Test splits and development pictures choose
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.framing import frame_digit, to_tensor
from app.models.classifier import Classifier
from app.models.prototypes import References
from app.reading.consistency import NEITHER, Evidence, Likeness, Weights, collect_evidence, weigh_evidence

from ..data.augmentation import augment
from ..data.datasets import Split
from ..errors import TrainingError
from ..handwriting.people import pick_person, write_as
from .fitting import regress

SEED, OTHER_SEED = 8001, 8002  # of the pages that are fitted on, and of others, to compare on
HANDS = 2100  # pages that a hand each writes
HAND_DIGITS = (4, 36)  # on such a page, fewest and most
TURNS = 4  # times that validation digits are put together to pages
PAGE_DIGITS = (3, 14)  # on such a page, fewest and most: one or two lines
LEAST = tuple(np.arange(0.0, 5.1, 0.5).tolist())  # odds' logarithms from which a doubtful digit may be read anew,
UNLIKE = tuple(np.arange(-4.0, 2.1, 0.5).tolist())  # and a sure one be doubted
MAX_HARMED = 1 / 20_000  # of the digits of each group: read rightly before, and wrongly after
MAX_DOUBTED = 1 / 1000  # of each group's digits that are sure and right
RIDGE = 1e-2  # of the regression

Pages = Sequence[Split]


class Read(NamedTuple):
    """A group's digits with what is weighed of them, (n,) each; those of which nothing tells are left out."""

    evidence: Evidence
    sure: NDArray[np.bool_]
    first: NDArray[np.bool_]  # it is of the class that the network reads,
    second: NDArray[np.bool_]  # or of the second likeliest
    digits: int  # of the group, those that are left out as well


@dataclass(frozen=True)
class Tally:
    """What becomes of a group's digits from odds on."""

    digits: int  # doubtful ones that are read anew, or sure ones that are doubted
    mended: int  # wrong before: read rightly now, or doubted
    harmed: int  # right before: read wrongly now, or doubted
    of_digits: int  # that may be harmed: all of the group, or those that are sure and right


@dataclass(frozen=True)
class Fitted:
    """What is fitted, on how many digits, and what each of the odds that were tried does to each group."""

    weights: Weights
    digits: int
    least: float
    unlike: float
    read_anew: Mapping[float, Mapping[str, Tally]]  # by the logarithm of the odds, and group
    doubted: Mapping[float, Mapping[str, Tally]]


def write_groups(validation: Split, seed: int = SEED) -> dict[str, Pages]:
    """Write the pages of each group."""
    varied = Split(augment(validation.digits, np.random.default_rng((seed, 1))), validation.labels)
    return {
        "hands": list(write_hands(HANDS, seed)),
        "validation": list(put_together(validation, (seed, 2))),
        "varied validation": list(put_together(varied, (seed, 3))),
    }


def write_hands(count: int, seed: int) -> Iterator[Split]:
    """Write pages of one hand each."""
    for number in range(count):
        rng = np.random.default_rng((seed, 0, number))
        person = pick_person(rng)
        labels = rng.integers(0, 10, rng.integers(*HAND_DIGITS, endpoint=True)).astype(np.uint8)
        yield Split(np.stack([frame_digit(write_as(person, int(label), rng)) for label in labels]), labels)


def put_together(split: Split, seed: int | tuple[int, int]) -> Iterator[Split]:
    """Put a split's digits together to pages, each digit on one page a turn."""
    rng = np.random.default_rng(seed)
    for _ in range(TURNS):
        order, start = rng.permutation(len(split)), 0
        while start < len(order):
            page = order[start : start + int(rng.integers(*PAGE_DIGITS, endpoint=True))]
            yield Split(split.digits[page], split.labels[page])
            start += len(page)


def read_groups(classifier: Classifier, groups: Mapping[str, Pages]) -> dict[str, Read]:
    """Let a network that answers features read the pages of each group.

    Raises:
        TrainingError: the model has no prototypes.
    """
    if classifier.prototypes is None:
        raise TrainingError(f"{classifier.name} has no prototypes, so its pages are not read by their sure digits.")
    return {name: read_pages(classifier, classifier.prototypes, pages) for name, pages in groups.items()}


def read_pages(classifier: Classifier, prototypes: References, pages: Pages) -> Read:
    """Let a network read pages, and collect the evidence of their digits."""
    collected = []
    for page in pages:
        prediction = classifier.predict(to_tensor(page.digits))
        sure = classifier.certain(prediction)
        order = np.argsort(prediction.probabilities, axis=1, kind="stable")
        first, second = order[:, -1], order[:, -2]
        evidence = collect_evidence(prediction, first, second, sure, prototypes)
        told = evidence.written != NEITHER
        columns = (*evidence, sure, first == page.labels, second == page.labels)
        collected.append([column[told] for column in columns])
    likelier, nearer, written, sure, is_first, is_second = (
        np.concatenate(parts) for parts in zip(*collected, strict=True)
    )
    return Read(Evidence(likelier, nearer, written), sure, is_first, is_second, sum(map(len, pages)))


def fit_weights(groups: Mapping[str, Read]) -> Fitted:
    """Fit how much a page tells of its digits.

    Raises:
        TrainingError: whatever the odds, too many are harmed.
    """
    weights, digits = fit_evidence(list(groups.values()))
    read_anew = {least: count_read_anew(groups, weights, least) for least in LEAST}
    doubted = {unlike: count_doubted(groups, weights, unlike) for unlike in UNLIKE}
    least, unlike = find_lowest(read_anew, MAX_HARMED), find_lowest(doubted, MAX_DOUBTED)
    return Fitted(weights, digits, least, unlike, read_anew, doubted)


def fit_evidence(groups: Sequence[Read]) -> tuple[Weights, int]:
    """Return the weights of a logistic regression on the doubtful digits of all groups, and how many these are."""
    likelier, nearer, written, second = (
        np.concatenate(parts)
        for parts in zip(
            *((*(column[~each.sure] for column in each.evidence), each.second[~each.sure]) for each in groups),
            strict=True,
        )
    )
    cases = np.eye(4)[written][:, NEITHER + 1 :]  # (n, 3)
    columns = np.hstack([likelier[:, None], cases * nearer[:, None], cases])
    probable, *others = np.round(regress(columns, second, RIDGE), 2).tolist()
    return Weights(probable, *(Likeness(*each) for each in zip(others[:3], others[3:], strict=True))), len(second)


def count_read_anew(groups: Mapping[str, Read], weights: Weights, least: float) -> dict[str, Tally]:
    """Count the doubtful digits that are read anew from odds on, of each group."""
    return {
        name: _count(read, ~read.sure & (weigh_evidence(read.evidence, weights) >= least), read.second, read.digits)
        for name, read in groups.items()
    }


def count_doubted(groups: Mapping[str, Read], weights: Weights, unlike: float) -> dict[str, Tally]:
    """Count the sure digits that are doubted from odds on, of each group."""
    return {
        name: _count(
            read,
            read.sure & (weigh_evidence(read.evidence, weights) >= unlike),
            ~read.first,
            int((read.sure & read.first).sum()),
        )
        for name, read in groups.items()
    }


def _count(read: Read, changed: NDArray[np.bool_], mended: NDArray[np.bool_], of_digits: int) -> Tally:
    """Count what becomes of the digits that change, (n,) each."""
    harmed = changed & read.first
    return Tally(int(changed.sum()), int((changed & mended).sum()), int(harmed.sum()), of_digits)


def find_lowest(tried: Mapping[float, Mapping[str, Tally]], most: float) -> float:
    """Return the lowest odds from which on, whatever they are, no more than a share of any group's digits is harmed.

    Raises:
        TrainingError: even the highest harm more.
    """
    lowest = None
    for odds in sorted(tried, reverse=True):
        if any(tally.harmed > most * tally.of_digits for tally in tried[odds].values()):
            break
        lowest = odds
    if lowest is None:
        raise TrainingError(f"Even the highest odds harm more than {most:.3%} of a group's digits.")
    return lowest
