"""Say why a digit is read as it is: what of its ink speaks for the answer, and what for another digit.

    digit -> the same without each patch, and without each piece (one batch) -> what their loss changes
          -> patch after patch is erased -> the smallest change that flips the answer

All of it is occlusion: the network is asked again about the digit without some of its ink. Evidence is measured in
natural logarithms of the odds of the answer against the other digit; 0.7 doubles or halves them.
Knows the classifier alone, neither pictures' files nor HTTP.

Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..framing import SIDE, frame_digit, to_tensor
from ..models.classifier import Classifier, Prediction
from ..preprocessing.pieces import Piece, split_ink

PATCH = 5  # pixels, height and width of what is taken away at once: wider than most lines, so that it cuts them
STRIDE = 2  # pixels between patches: each pixel is in about six
BITE = 3  # pixels, height and width of what is erased at once on the way to another answer
INK = 128  # of 255: bites are centred on such pixels
MAX_BITES = 12
MAX_TRIED = 40  # bites that are tried again after the first; those that changed most before
MAX_ERASED = 0.4  # of the ink: more is no small change
FLOOR = 1e-6  # probability below which none is told apart

CELL = 8  # pixels of a shown picture for each of the digit
WEAK = 0.5  # what the strongest evidence is shown against, where there is less: noise is not shown as evidence
PALE = 0.3  # of black: ink that says little
TINT = 0.35  # of a colour between the lines or dots of its pattern
FOR, AGAINST = (191, 72, 33), (0, 95, 213)  # blue, green, red; told apart by the colour-blind, and by their patterns

Digit = NDArray[np.uint8]  # (28, 28), paper 0 to ink 255
Masks = NDArray[np.bool_]  # (n, 28, 28)


@dataclass(frozen=True)
class Change:
    """A digit without some of its ink, and what is read then."""

    without: NDArray[np.bool_]  # (28, 28)
    prediction: Prediction  # of one digit


@dataclass(frozen=True)
class Evidence:
    """Why a digit is read as `digit` and not as `against`."""

    digit: int
    against: int
    gains: NDArray[np.float32]  # (28, 28): above 0 the ink speaks for the digit, below 0 against it; 0 on paper
    pieces: list[Piece]
    without: list[Change]  # for each piece, the rest framed anew
    smallest: Change | None  # None where no small change flips the answer


def find_evidence(classifier: Classifier, digit: Digit, against: int | None = None) -> Evidence:
    """Find out what of a digit's ink speaks for the answer.

    Args:
        classifier: whose answer it is.
        digit: uint8 (28, 28), framed; not blank.
        against: the other class, by its place; the second guess where None, or where it is the answer itself.
    """
    patches = _list_patches(digit)
    pieces = [piece for piece in split_ink(digit) if (digit[~piece.mask] > 0).any()]
    rests = [frame_digit(np.where(piece.mask, np.uint8(0), digit), classifier.framing) for piece in pieces]
    prediction = classifier.predict(to_tensor(np.stack([digit, *_erase(digit, patches), *rests])))
    order = np.argsort(-prediction.probabilities[0], kind="stable")
    read = int(order[0])
    other = int(order[1]) if against is None or against == read else against
    margins = _measure_margins(prediction, read, other)
    return Evidence(
        read,
        other,
        _spread(margins[0] - margins[1 : 1 + len(patches)], patches, digit),
        pieces,
        [Change(piece.mask, _take(prediction, 1 + len(patches) + place)) for place, piece in enumerate(pieces)],
        _find_smallest(classifier, digit, read, None if other != against else other),
    )


def _list_patches(digit: Digit) -> Masks:
    """Return the patches that hold any ink."""
    starts = range(-(PATCH // 2), SIDE - PATCH // 2, STRIDE)
    return _keep_inked(np.stack([_square(row, column, PATCH) for row in starts for column in starts]), digit)


def _square(row: int, column: int, side: int) -> NDArray[np.bool_]:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[max(0, row) : row + side, max(0, column) : column + side] = True
    return mask


def _keep_inked(masks: Masks, digit: Digit) -> Masks:
    return masks[(masks & (digit > 0)).any(axis=(1, 2))]


def _erase(digit: Digit, masks: Masks) -> NDArray[np.uint8]:
    """Return the digit without the ink of each mask, (n, 28, 28)."""
    return np.where(masks, np.uint8(0), digit)


def _measure_margins(prediction: Prediction, read: int, other: int | None) -> NDArray[np.float32]:
    """Return the logarithm of the odds of `read` against `other`, or against the likeliest other, (n,)."""
    logs = np.log(np.maximum(prediction.probabilities, FLOOR))
    against = np.delete(logs, read, axis=1).max(axis=1) if other is None else logs[:, other]
    return np.asarray(logs[:, read] - against, np.float32)


def _spread(gains: NDArray[np.float32], patches: Masks, digit: Digit) -> NDArray[np.float32]:
    """Give each pixel of ink the mean of what the patches around it change."""
    sums = np.einsum("n,nhw->hw", gains, patches, dtype=np.float32)
    return np.asarray(np.where(digit > 0, sums / np.maximum(patches.sum(axis=0), 1), 0), np.float32)


def _find_smallest(classifier: Classifier, digit: Digit, read: int, other: int | None) -> Change | None:
    """Erase bite after bite, each time the one that weakens the answer most, until another class is likelier.

    The answer is weakened against `other`, or against all others. Greedy, so there may be a smaller change; bites that
    turn out not to be needed are put back.
    """
    bites = _keep_inked(
        np.stack(
            [_square(row - 1, column - 1, BITE) for row, column in np.argwhere(digit >= INK)]
            or [np.zeros((SIDE, SIDE), np.bool_)]
        ),
        digit,
    )
    chosen: list[NDArray[np.bool_]] = []
    erased = np.zeros((SIDE, SIDE), np.bool_)
    while len(bites) and len(chosen) < MAX_BITES:
        left = _erase(digit, erased | bites)
        whole = left.any(axis=(1, 2)) & (_share_erased(digit, left) <= MAX_ERASED)
        if not whole.any():
            return None
        bites, left = bites[whole], left[whole]
        prediction = classifier.predict(to_tensor(left))
        flipped = prediction.probabilities.argmax(axis=1) != read
        margins = _measure_margins(prediction, read, other)
        best = int(np.where(flipped, margins - 1e3, margins).argmin())
        chosen.append(bites[best])
        erased = erased | bites[best]
        if flipped[best]:
            return _put_back(classifier, digit, read, chosen)
        order = np.argsort(margins, kind="stable")
        bites = bites[order[order != best][:MAX_TRIED]]
    return None


def _share_erased(digit: Digit, left: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(1 - left.sum(axis=(1, 2)) / digit.sum(), np.float64)


def _put_back(classifier: Classifier, digit: Digit, read: int, chosen: list[NDArray[np.bool_]]) -> Change:
    """Put back, one at a time, each bite without which the answer is flipped all the same."""
    while len(chosen) > 1:
        unions = np.stack(
            [
                np.any([one for other, one in enumerate(chosen) if other != place], axis=0)
                for place in range(len(chosen))
            ]
        )
        labels = classifier.predict(to_tensor(_erase(digit, unions))).probabilities.argmax(axis=1)
        needless = np.flatnonzero(labels != read)
        if not len(needless):
            break
        chosen = [one for place, one in enumerate(chosen) if place != needless[0]]
    mask = np.any(chosen, axis=0) & (digit > 0)
    return Change(mask, classifier.predict(to_tensor(_erase(digit, mask[None]))))


def _take(prediction: Prediction, place: int) -> Prediction:
    """Return the prediction of one digit of several."""
    rows = slice(place, place + 1)
    features = None if prediction.features is None else prediction.features[rows]
    alone = None if prediction.alone is None else prediction.alone[rows]
    return Prediction(prediction.probabilities[rows], prediction.certainty[rows], features, alone)


def paint_evidence(digit: Digit, gains: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Show a digit enlarged on white: what speaks for the answer hatched in blue, what against it dotted in orange.

    Args:
        digit: uint8 (28, 28).
        gains: as Evidence holds them.

    Returns:
        uint8 (28 * CELL, 28 * CELL, 3), blue, green, red as OpenCV keeps them; ink that matters little is grey.
    """
    strength = np.clip(np.abs(gains) / max(float(np.abs(gains).max()), WEAK), 0, 1) * (digit / 255.0)
    rows, columns = np.indices((SIDE * CELL, SIDE * CELL))
    hatched = (rows + columns) % CELL < 3
    dotted = (rows % 4 < 2) & (columns % 4 < 2)
    large = np.ones((CELL, CELL), np.float32)
    picture = np.kron(255 - digit * PALE, large)[..., None].repeat(3, axis=2)
    for sign, pattern, colour in ((1, hatched, FOR), (-1, dotted, AGAINST)):
        weight = np.kron(np.where(gains * sign > 0, strength, 0), large)[..., None]
        shade = np.where(pattern[..., None], weight, weight * TINT)
        picture = picture * (1 - shade) + np.array(colour) * shade
    return np.asarray(picture.round(), np.uint8)
