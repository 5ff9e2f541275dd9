"""Find out how a network that others trained takes digits, by letting it read the sample digits in every way.

    network, its input -> ways to hand it digits -> the samples in each -> the way in which it reads best

Right or wrong is not enough: fed with values 255 times too large, most networks still read clear digits, and are all
too sure of it. So the ways are compared by their mean logarithmic loss on samples that are varied, too: a proper
scoring rule, which is best for the values that the network was trained with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..framing import SIDE, to_tensor
from .adaptation import (
    CENTRED,
    FITS,
    LOG_PROBABILITIES,
    LOGITS,
    NOTHING,
    PROBABILITIES,
    SCORES,
    UNITS,
    WHOLE,
    Adaptation,
    find_layout,
    override,
    read_probabilities,
)
from .files import BadModel
from .samples import LABELS, load_samples, vary_samples

CLASSES = 10
# Values of paper and ink. Source of the last but one: MNIST's mean and standard deviation, as PyTorch's examples
# subtract and divide by; of the others: what programs on the web do
VALUES = ((0, 1), (0, 255), (-1, 1), (-0.4242, 2.8215), (-0.5, 0.5))
UNLIMITED = (-np.inf, np.inf)
UPRIGHT = 15  # samples; of fewer right ones, a network may have been trained on EMNIST's files, which lie on their side
SMALLEST = 1e-7  # probability that a loss is taken of at least: about what float32 leaves of a softmax
WITHIN = 2  # right samples fewer than the best way, up to which a way is compared by its loss
MARGIN = 0.05  # of the mean loss by which a way has to be better than one that is more usual
FEWER = 0.05  # share of the varied samples that a way may read less, if it divides by lengths
ROUNDING = 0.05  # by which the sum of ten probabilities may be off: those of 8 bits are rounded by 1/256 each

Outputs = list[NDArray[Any]]
Run = Callable[[NDArray[np.float32]], Outputs]  # of (n, *shape), in the network's own values


@dataclass(frozen=True)
class Recognition:
    """How a network takes digits, and how many of the samples it reads right so."""

    adaptation: Adaptation
    right: int
    loss: float
    varied: int = 0  # right ones among the samples and what they are varied to


def recognise(
    run: Run, shape: Sequence[int], card: Mapping[str, Any] | None = None, limits: tuple[float, float] = UNLIMITED
) -> Recognition:
    """Find the way in which a network reads the samples best.

    Args:
        run: the network.
        shape: of its input, for one digit.
        limits: the smallest and the largest value that its input can hold.
        card: what a person has written about it; "input" and "output" of it are taken as they are.

    Raises:
        BadModel: it takes no digits, does not give ten numbers, or reads half of the samples at most. The sentence has
            no subject.
    """
    found: list[Recognition] = []
    best = 0
    for transposed in (False, True):
        if best <= UPRIGHT:
            ways = _list_ways(tuple(shape), card or {}, limits, transposed)
            found += [way for adaptation in ways for way in _try(run, adaptation, card or {})]
            best = max((way.right for way in found), default=0)
    if not found:
        raise BadModel("answers what is no number. Train it again, or restore its files")
    if 2 * best <= len(LABELS):
        raise BadModel(
            f"reads {best} of {len(LABELS)} sample digits right, in whatever way they are handed to it; expected more "
            "than half, as of a network that was trained to read the digits 0 to 9"
        )
    close = [way for way in found if way.right >= best - WITHIN]
    if len(close) > 1:
        close = [_measure(run, way) for way in close]
    chosen = close[0]
    for way in close[1:]:
        if way.loss < chosen.loss - MARGIN and (way.adaptation.unit == NOTHING or _reads_as_many(way, chosen)):
            chosen = way
    return chosen


def _reads_as_many(way: Recognition, chosen: Recognition) -> bool:
    """Say whether a way that changes shapes too reads about as many digits: else it only makes a network less sure."""
    return way.right >= chosen.right and way.varied >= chosen.varied * (1 - FEWER)


def _list_ways(
    shape: tuple[int, ...], card: Mapping[str, Any], limits: tuple[float, float], transposed: bool
) -> Iterator[Adaptation]:
    """Yield the ways to hand digits to an input, the more usual first."""
    given = override(Adaptation(shape=shape), card)
    fixed = card.get("input", {})
    if fixed.get("transposed", transposed) != transposed:
        return
    fits = (given.fit,) if "fit" in fixed or find_layout(given.shape).side == SIDE else FITS
    pairs = [*VALUES, *((ink, paper) for paper, ink in VALUES)]
    low, high = limits
    within = [pair for pair in pairs if low - ROUNDING <= min(pair) and max(pair) <= high + ROUNDING]
    pairs = [(fixed.get("paper", paper), fixed.get("ink", ink)) for paper, ink in within or [(low, high), (high, low)]]
    for fit in fits:
        for paper, ink in dict.fromkeys(pairs):
            yield replace(given, fit=fit, transposed=transposed, paper=float(paper), ink=float(ink))
    if not {"paper", "ink", "unit"} & fixed.keys() and low <= 0 and high >= 1:
        for fit in fits:
            for unit in UNITS[1:]:
                yield replace(given, fit=fit, transposed=transposed, unit=unit)


def _try(run: Run, adaptation: Adaptation, card: Mapping[str, Any]) -> Iterator[Recognition]:
    """Let a network read the samples in one way, and yield what each of its outputs may mean.

    Raises:
        BadModel: no output has ten numbers.
    """
    outputs = run(adaptation.adapt_input(to_tensor(load_samples())))
    wanted = card.get("output", {})
    found = False
    for index, answers in enumerate(outputs):
        count = len(LABELS)
        if answers.size != CLASSES * count or len(answers) != count or wanted.get("index", index) != index:
            continue
        found = True
        numbers = answers.reshape(count, CLASSES).astype(np.float64)
        readings = (wanted["values"],) if "values" in wanted else _list_readings(numbers)
        for values in readings:
            yield _score(replace(adaptation, output=index, values=values), numbers, LABELS)
    if not found:
        shapes = " and ".join(_describe_answer(answers) for answers in outputs) or "nothing"
        raise BadModel(f"answers {shapes} for a digit; expected {CLASSES} numbers, one a digit from 0 to 9")


def _describe_answer(answers: NDArray[Any]) -> str:
    if len(answers) != len(LABELS):
        return f"an array of shape {answers.shape}"
    size = answers.size // len(LABELS)
    return "one number" if size == 1 else f"{size:,} numbers"


def _list_readings(numbers: NDArray[np.float64]) -> tuple[str, ...]:
    """Say what the numbers of an output may be."""
    if not np.isfinite(numbers).all():
        return ()
    if numbers.min() >= -1e-6:
        sums = numbers.sum(axis=1)
        if np.abs(sums - 1).max() <= ROUNDING:
            return (PROBABILITIES,)
        return (SCORES,) if numbers.max() <= 1 + ROUNDING else (LOGITS, SCORES)
    if numbers.max() <= 1e-3 and np.abs(np.exp(numbers).sum(axis=1) - 1).max() <= ROUNDING:
        return (LOG_PROBABILITIES,)
    return (LOGITS, SCORES)


def _score(adaptation: Adaptation, numbers: NDArray[np.float64], labels: NDArray[np.int_]) -> Recognition:
    probabilities = read_probabilities(numbers, adaptation.values)
    right = int((probabilities.argmax(axis=1) == labels).sum())
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return Recognition(adaptation, right, float(-np.log(np.clip(own, SMALLEST, 1)).mean()))


def _measure(run: Run, way: Recognition) -> Recognition:
    """Take the loss of a way over the samples and what they are varied to."""
    digits = np.concatenate((load_samples(), vary_samples()))
    answers = run(way.adaptation.adapt_input(to_tensor(digits)))[way.adaptation.output]
    numbers = answers.reshape(len(digits), CLASSES).astype(np.float64)
    if not np.isfinite(numbers).all():
        return replace(way, loss=float("inf"))
    measured = _score(way.adaptation, numbers, np.tile(LABELS, len(digits) // len(LABELS)))
    return replace(way, loss=measured.loss, varied=measured.right)


def describe_adaptation(adaptation: Adaptation) -> list[str]:
    """Say, in a few words each, how a network differs from ours; nothing where it does not."""
    layout = find_layout(adaptation.shape)
    said = []
    if tuple(adaptation.shape) != (SIDE, SIDE, 1):
        said.append(f"input ({', '.join(map(str, adaptation.shape))})")
    if layout.side != SIDE:
        fitted = "in the middle" if adaptation.fit == CENTRED else "resized"
        said.append(f"digits {fitted} of {layout.side}x{layout.side} pixels")
    if (adaptation.paper, adaptation.ink) != (0, 1):
        said.append(f"paper {adaptation.paper:g}, ink {adaptation.ink:g}")
    if adaptation.unit != NOTHING:
        said.append(
            "divided by its length" if adaptation.unit == WHOLE else f"{adaptation.unit} divided by their length"
        )
    if adaptation.transposed:
        said.append("rows and columns exchanged")
    if adaptation.values == SCORES:
        said.append("scores divided by their sum")
    elif adaptation.values == LOGITS:
        said.append("softmax added")
    elif adaptation.values == LOG_PROBABILITIES:
        said.append("logarithms of probabilities")
    return said
