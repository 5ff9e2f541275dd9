"""Contact sheets: what training sees, by style and kind, and varied; and the pictures that were read wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.errors import DigitsError
from app.framing import SIDE, frame_digit
from app.preprocessing.decoding import decode_picture
from app.preprocessing.digits import find_ink

from ..data.augmentation import augment
from ..handwriting.digits.catalogue import STYLES
from ..handwriting.digits.morphs import MORPHS
from ..handwriting.kinds import KINDS
from ..handwriting.pens import Ink
from ..handwriting.synthesis import draw_digit, draw_morph

CELL = 56  # pixels, height and width of one drawing on a sheet
COLUMNS = 20
LABEL = 132  # pixels, width of the name before a row
WRONG_COLUMNS = 4  # wrong pictures in a row


def write_sheets(folder: Path, seed: int, digits: NDArray[np.uint8]) -> list[Path]:
    """Write a sheet for each label, one for morphs, one for non-digits, one for augmentation.

    Args:
        folder: made where it is missing.
        digits: uint8 (n, 28, 28), digits of a dataset, to be shown before and after augmentation.

    Returns:
        The files written, PNG, ink on white paper.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    sheets: dict[str, NDArray[np.uint8]] = {}
    for label, styles in STYLES.items():
        sheets[f"digit-{label}"] = np.vstack(
            [_row(style.name, (draw_digit(label, rng, style) for _ in range(COLUMNS))) for style in styles]
        )
    sheets["non-digits"] = np.vstack(
        [_row(name + " *" * kind.held_out, _repeat(kind.draw, rng)) for name, kind in KINDS.items()]
    )
    sheets["morphs"] = np.vstack(
        [
            _row(
                f"{morph.labels[0]}-{morph.labels[1]} at {morph.centre:.2f}",
                (draw_morph(morph, share, rng) for share in np.linspace(0, 1, COLUMNS)),
            )
            for morph in MORPHS
        ]
    )
    sheets["framed"] = np.vstack(
        [_row(f"{label} framed", (frame_digit(draw_digit(label, rng)) for _ in range(COLUMNS))) for label in range(10)]
    )
    sheets["augmented"] = np.vstack(
        [
            _row("first: unvaried", [digit, *augment(np.repeat(digit[None], COLUMNS - 1, 0), rng)])
            for digit in digits[:24]
        ]
    )
    paths = []
    for name, sheet in sheets.items():
        paths.append(folder / f"{name}.png")
        cv2.imwrite(str(paths[-1]), 255 - sheet)
    return paths


def write_wrong(path: Path, pictures: Path, wrong: Sequence[Mapping[str, Any]]) -> None:
    """Write a sheet of the pictures that were read wrong: each as it was sent, as it was framed, and what was read.

    Args:
        path: of the sheet, PNG.
        pictures: folder that the pictures' paths begin in.
        wrong: path, label and read of each, as measurements.measure_pictures() returns them.
    """
    rows = [_wrong_row(pictures / one["path"], f"{one['label']} read {one['read'][:8]}") for one in wrong]
    blank = np.zeros_like(rows[0]) if rows else np.zeros((CELL, LABEL), np.uint8)
    rows += [blank] * (-len(rows) % WRONG_COLUMNS)
    lines = [np.hstack(rows[at : at + WRONG_COLUMNS]) for at in range(0, len(rows), WRONG_COLUMNS)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), 255 - np.vstack(lines) if lines else 255 - blank)


def _wrong_row(path: Path, caption: str) -> NDArray[np.uint8]:
    """Show a picture and its digit; what cannot be decoded, or has no digit, is left blank."""
    grey, digit = np.full((SIDE, SIDE), 255, np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    with contextlib.suppress(DigitsError):
        picture = decode_picture(path.read_bytes())
        pixels = picture.pixels
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels, np.uint8)
        digit = frame_digit(find_ink(picture))
    return _row(caption, (255 - grey, digit))


def _repeat(draw: Callable[[np.random.Generator], Ink], rng: np.random.Generator) -> Iterable[Ink]:
    return (draw(rng) for _ in range(COLUMNS))


def _row(name: str, inks: Iterable[Ink]) -> NDArray[np.uint8]:
    label = np.zeros((CELL, LABEL), np.uint8)
    cv2.putText(label, name, (4, CELL // 2 + 5), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 255, 1, cv2.LINE_AA)
    return np.hstack([label, *(_cell(ink) for ink in inks)])


def _cell(ink: Ink) -> NDArray[np.uint8]:
    """Fit a drawing in a cell; framed digits as they are, enlarged without smoothing."""
    height, width = ink.shape
    scale = (CELL if height == width == SIDE else CELL - 6) / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    cell = np.zeros((CELL, CELL), np.uint8)
    top, left = (CELL - size[1]) // 2, (CELL - size[0]) // 2
    cell[top : top + size[1], left : left + size[0]] = small
    return cell
