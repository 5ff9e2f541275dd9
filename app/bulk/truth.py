"""Compare readings with labels, which come from the names of folders or files.

rows, with a label from each path -> accuracy, confusion matrix, and a sheet of the wrong readings
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from PIL import Image, ImageDraw, ImageFont

from ..escaping import escape_controls
from ..preprocessing.decoding import Picture
from .rows import Row

MAX_SHOWN = 100  # wrong readings on a sheet: those of the highest confidence
SHEET_COLUMNS = 10  # of a sheet
CELL = 120  # pixels, height and width of a picture on a sheet
CAPTION = 34  # pixels, height of two lines under it
NOTHING = "-"  # read where a picture could not be
LEADING = re.compile(r"\d+")
NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+(?![.,]?\d))?")  # 7, 2024, -7, 7.3, but 2024 of 2024.08.07


def label_from_folder(path: str, many: bool) -> str | None:
    """Return the name of the folder that a picture is in, where it is a number: scans/7/a.png is a 7.

    Args:
        path: of the picture.
        many: whether it holds a number, so that the name may have a sign and a point: -7.3.
    """
    found = (NUMBER if many else LEADING).fullmatch(PurePosixPath(path).parent.name)
    return found[0] if found else None


def label_from_name(path: str, many: bool) -> str | None:
    """Return the number that a file's name begins with: 7-a.png is a 7, 2024_b.png is 2024, and -7.3.png is -7.3.

    Args:
        path: of the picture.
        many: whether it holds a number, so that the name may have a sign and a point; else 7.3.png is a 7.
    """
    found = (NUMBER if many else LEADING).match(PurePosixPath(path).name)
    return found[0] if found else None


def show_count(count: int) -> str:
    """Return a cell of the confusion matrix; a dot for 0, so that the mistakes stand out."""
    return f"{count:,}" if count else "."


LABELS: dict[str, Callable[[str, bool], str | None]] = {"folder": label_from_folder, "name": label_from_name}


class Comparison:
    """Counts of right and wrong readings, and the wrong ones to show."""

    def __init__(self, label_from: str, many: bool) -> None:
        """Begin with nothing.

        Args:
            label_from: folder or name.
            many: whether pictures hold numbers; else labels of several digits are ignored.
        """
        self._find_label = LABELS[label_from]
        self._many = many
        self.compared = self.right = 0
        self.confusion: Counter[tuple[str, str]] = Counter()  # of (label, read)
        self.wrong: list[tuple[float, int, str, Row]] = []  # a heap: confidence, number, label
        self._numbers = itertools.count()

    def add(self, rows: Iterable[Row]) -> None:
        """Compare rows; one without a label is left out, one that could not be read is wrong."""
        for row in rows:
            label = self._find_label(row["path"], self._many)
            if label is not None and (self._many or len(label) == 1):
                self._compare(label, row)

    def _compare(self, label: str, row: Row) -> None:
        text = NOTHING if row["error"] else row["text"].replace("\n", "")
        self.compared += 1
        self.right += text == label
        if len(text) == len(label):
            self.confusion.update(zip(label, text, strict=True))
        if text != label:
            heapq.heappush(self.wrong, (row["confidence"] or 0.0, next(self._numbers), label, row))
            if len(self.wrong) > MAX_SHOWN:
                heapq.heappop(self.wrong)

    def describe(self) -> str:
        """Return the accuracy and the confusion matrix as text."""
        if not self.compared:
            return "No picture has a label, so nothing could be compared."
        share = f"{self.right:,} of {self.compared:,} right: accuracy {self.right / self.compared:.2%}"
        return f"{share}\n{self._draw_matrix()}"

    def _draw_matrix(self) -> str:
        labels = sorted({label for label, _ in self.confusion})
        answers = sorted({*labels, *(answer for _, answer in self.confusion)})
        if not labels:
            return "No number has the length of its label."
        width = max(len(f"{count:,}") for count in self.confusion.values()) + 2
        lines = ["label" + "".join(f"{answer:>{width}}" for answer in answers) + "   read"]
        for label in labels:
            cells = (f"{show_count(self.confusion[label, answer]):>{width}}" for answer in answers)
            lines.append(f"{label:>5}" + "".join(cells))
        return "\n".join(lines)

    def draw_sheet(self, path: Path, open_picture: Callable[[str], Picture | None]) -> None:
        """Draw the wrong readings as PNG, those of the highest confidence first.

        Args:
            open_picture: returns the picture of a row's path; None for one that cannot be opened.
        """
        shown = sorted(self.wrong, key=lambda one: (-one[0], one[1]))
        columns = min(SHEET_COLUMNS, len(shown))
        height = CELL + CAPTION
        sheet = Image.new("RGB", (columns * CELL, -(-len(shown) // columns) * height), "white")
        drawing, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
        for number, (confidence, _, label, row) in enumerate(shown):
            left, top = number % columns * CELL, number // columns * height
            picture = open_picture(row["path"])
            if picture is not None:
                thumbnail = Image.fromarray(picture.pixels)
                thumbnail.thumbnail((CELL - 4, CELL - 4))
                sheet.paste(thumbnail, (left + 2, top + 2))
            caption = row["code"] or f"{row['text']} {confidence:.1%}".replace("\n", " / ")
            drawing.text((left + 3, top + CELL), escape_controls(f"{label}: {caption}"), "black", font)
            drawing.text(
                (left + 3, top + CELL + 16), escape_controls(PurePosixPath(row["path"]).name)[-18:], "gray", font
            )
        sheet.save(path, "PNG")
