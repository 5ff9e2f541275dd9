"""What a model's page shows of its card and its report: charts, the confusion matrix, pictures."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from ..models.files import BadModel, open_file
from .charts import LineChart, draw_lines

EARLY = 10  # of so many epochs one is the early one
HEAT = 9  # shades of a confusion matrix, besides none
REPORT_PICTURES = ("errors", "filters", "pixels", "samples")  # those that the page does not draw from the card itself
PNG_HEAD = 24  # bytes at the beginning of a PNG, up to its width and height


@dataclass(frozen=True)
class ReportPicture:
    """A picture of a model's report, with its size in pixels so that the page keeps its place."""

    name: str
    width: int
    height: int


def draw_curves(history: dict[str, list[float]]) -> dict[str, LineChart]:
    """Lay out loss and accuracy over the epochs, for training and validation where both are known.

    The axis is the range of the later epochs: the first tenth is so far off that the others would coincide.
    """
    charts = {}
    for quantity in ("accuracy", "loss"):
        series = {
            part: list(enumerate(history[key], start=1))
            for part, key in (("training", quantity), ("validation", f"validation_{quantity}"))
            if history.get(key)
        }
        if series:
            later = [value for points in series.values() for _, value in points[len(points) // EARLY :]]
            charts[quantity] = draw_lines(series, y_range=(min(later), max(later)), percent=quantity == "accuracy")
    return charts


def draw_reliability(bins: list[dict[str, float]]) -> LineChart | None:
    """Lay out how often a model is right over how sure it is, beside the line of a perfectly calibrated one."""
    if not bins:
        return None
    measured = [(each["confidence"], each["accuracy"]) for each in bins]
    return draw_lines({"perfect": [(0, 0), (1, 1)], "measured": measured}, x_range=(0, 1), percent=True)


def shade_confusion(confusion: list[list[int]]) -> list[list[tuple[int, int]]]:
    """Pair every count with its shade: 0 for none, 1 to HEAT by its share of the most frequent mistake."""
    mistakes = [count for row, counts in enumerate(confusion) for column, count in enumerate(counts) if row != column]
    highest = max(mistakes, default=0) or 1
    return [[(count, min(HEAT, -(-HEAT * count // highest))) for count in counts] for counts in confusion]


def find_report(folder: Path) -> list[ReportPicture]:
    """Return the pictures of a model's report that are there, in the order of the page."""
    found = []
    for name in REPORT_PICTURES:
        try:
            with open_file(folder, f"report/{name}.png") as file:
                found.append(ReportPicture(name, *measure_png(file.read(PNG_HEAD))))
        except BadModel:  # it is not there, or no picture
            continue
    return found


def measure_png(body: bytes) -> tuple[int, int]:
    """Return the width and height that a PNG begins with, in pixels.

    Raises:
        BadModel: it is not a PNG.
    """
    if len(body) < PNG_HEAD or not body.startswith(b"\x89PNG\r\n\x1a\n"):
        raise BadModel("This is not a PNG.")
    width, height = struct.unpack(">II", body[16:PNG_HEAD])
    return width, height
