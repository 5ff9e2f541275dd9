"""What a model learned, as pictures, drawn six inches wide with large letters, for a phone and for print.

    dataset -> samples.png, pixels.png       card -> curves.png, confusion.png       network -> errors.png, filters.png
    written digits -> learned.png, from which the server shows those that are most like another one

Trains nothing: everything comes from a model folder and the data that the model was trained on.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from app.reading.likeness import SHEET, write_sheet

from ..data import datasets
from ..data.datasets import Dataset
from ..learning.predictions import predict

WIDTH = 6.0  # inches
RESOLUTION = 150  # pixels an inch
MAX_ERRORS = 40  # pictures in errors.png
TRAINING, VALIDATION = "#1f77b4", "#d95f02"  # distinguishable for the colour-blind and in grey print

Card = dict[str, Any]


def draw_report(
    folder: Path, network: keras.Model, card: Card, dataset: Dataset, learned: NDArray[np.uint8] | None = None
) -> None:
    """Draw the pictures of a model into its report/, in place of those that were there.

    Args:
        folder: of the model.
        card: as saved.
        dataset: what the model was trained on, nothing held out.
        learned: written digits that it was trained on besides, (10, n, 28, 28), where there are any.
    """
    pictures = {
        "samples": draw_samples(dataset),
        "pixels": draw_pixels(dataset),
        "curves": draw_curves(card),
        "confusion": draw_confusion(card),
        "errors": draw_errors(network, card, dataset),
        "filters": draw_filters(network, card),
    }
    beside = Path(tempfile.mkdtemp(prefix=".report-", dir=folder))
    try:
        for name, figure in pictures.items():
            figure.savefig(beside / f"{name}.png", dpi=RESOLUTION, metadata={"Software": None})
        if learned is not None:
            write_sheet(beside / Path(SHEET).name, learned)
        beside.chmod(0o755)
        shutil.rmtree(folder / "report", ignore_errors=True)
        beside.replace(folder / "report")
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def draw_samples(dataset: Dataset) -> Figure:
    """Draw the first ten training pictures with their labels."""
    figure = _figure(3.4, f"The first ten of {datasets.TITLES[dataset.name]}'s training pictures, and what they are.")
    for index, axes in enumerate(figure.subplots(2, 5).flat):
        _show(axes, dataset.training.digits[index], dataset.classes[dataset.training.labels[index]])
    return figure


def draw_pixels(dataset: Dataset) -> Figure:
    """Draw one training picture with the value of every pixel written in it."""
    digit, label = dataset.training.digits[0], dataset.training.labels[0]
    figure = _figure(
        6.8,
        f"One picture as the network gets it: 28 x 28 numbers, 0 paper to 255 ink (here {dataset.classes[label]}); "
        "they are divided by 255.",
    )
    axes = figure.subplots()
    _show(axes, digit)
    for (row, column), value in np.ndenumerate(digit):
        colour = "white" if value > 110 else "black" if value else "#aaaaaa"
        axes.text(column, row, str(value), ha="center", va="center", fontsize=4.6, color=colour)
    return figure


def draw_curves(card: Card) -> Figure:
    """Draw loss and accuracy of every epoch, training and validation, with the kept epoch marked."""
    history, kept = card["history"], card["training"]["kept_epoch"]
    figure = _figure(
        7.0,
        f"Loss and accuracy after each epoch. The network of epoch {kept} is kept (dotted line). Training is "
        "measured while the network learns, with dropout where there is any; validation after the epoch, without.",
    )
    for axes, name in zip(figure.subplots(2, 1, sharex=True), ("loss", "accuracy"), strict=True):
        epochs = range(1, len(history[name]) + 1)
        axes.plot(epochs, history[name], "o-", color=TRAINING, label="training")
        axes.plot(epochs, history[f"validation_{name}"], "s--", color=VALIDATION, label="validation")
        axes.axvline(kept, color="black", linestyle=":")
        axes.set_ylabel(name)
        axes.grid(alpha=0.3)
        axes.legend()
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def draw_confusion(card: Card) -> Figure:
    """Draw the confusion matrix."""
    matrix, classes = np.array(card["confusion"]), card["classes"]
    wrong = matrix.sum() - np.trace(matrix)
    figure = _figure(
        6.8,
        f"What the {matrix.sum():,} test pictures: labels (rows) and predictions (columns). {wrong:,} off the diagonal "
        "are wrong; the darker, the more often.",
    )
    axes = figure.subplots()
    shade = np.log1p(np.where(np.eye(10, dtype=bool), 0, matrix))
    axes.imshow(shade, cmap="Oranges", vmax=max(1.0, shade.max() * 1.3))
    for (row, column), count in np.ndenumerate(matrix):
        weight = "bold" if row == column else "normal"
        axes.text(column, row, str(count) if count else "·", ha="center", va="center", fontsize=9, fontweight=weight)
    turn = 0 if max(map(len, classes)) == 1 else 45
    axes.set_xticks(range(10), classes, rotation=turn, ha="right" if turn else "center")
    axes.set_yticks(range(10), classes)
    axes.set_xlabel("predicted")
    axes.set_ylabel("label")
    return figure


def draw_errors(network: keras.Model, card: Card, dataset: Dataset) -> Figure:
    """Draw the misclassified test pictures, by the probability of their label, lowest first."""
    wrong = np.array(card["wrong"], int)
    probabilities = predict(network, dataset.test.digits[wrong]) if len(wrong) else np.zeros((0, 10))
    labels = dataset.test.labels[wrong]
    worst = np.argsort(probabilities[np.arange(len(wrong)), labels])[:MAX_ERRORS]
    rows = max(1, -(-len(worst) // 5))
    which = "All" if len(worst) == len(wrong) else f"The {len(worst)} worst of the"
    figure = _figure(
        1.2 + 1.55 * rows,
        f"{which} {len(wrong):,} wrong of {len(dataset.test):,} test pictures, the worst first: label → "
        "prediction, its probability, and the index of the picture.",
    )
    every = list(figure.subplots(rows, 5, squeeze=False).flat)
    for axes, index in zip(every, worst, strict=False):
        answer = probabilities[index].argmax()
        title = f"{dataset.classes[labels[index]]} → {dataset.classes[answer]}"
        title += f"\n{probabilities[index, answer]:.1%}  #{wrong[index]}"
        _show(axes, dataset.test.digits[wrong[index]], title, 8)
    for axes in every[len(worst) :]:
        axes.axis("off")
    return figure


def draw_filters(network: keras.Model, card: Card) -> Figure:
    """Draw the kernels of the first convolution."""
    kernels = first_kernels(network)
    side, count = kernels.shape[0], kernels.shape[2]
    columns = 6 if count <= 6 else 8
    rows = -(-count // columns)
    figure = _figure(
        1.0 + rows * 5.6 / columns,
        f"What the first layer of {card['title']} looks for: its {count} kernels of {side} x {side}. Ink where it is "
        "red speaks for it, ink where it is blue against it.",
    )
    reach = float(np.abs(kernels).max())
    for number, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        axes.axis("off")
        if number < count:
            axes.imshow(kernels[:, :, number], cmap="RdBu_r", vmin=-reach, vmax=reach)
    return figure


def first_kernels(network: keras.Model) -> NDArray[np.float32]:
    """Return the kernels of the first convolution as float32 (height, width, n)."""
    layer = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    kernels: NDArray[np.float32] = keras.ops.convert_to_numpy(layer.kernel)[:, :, 0, :]
    return kernels


def _figure(height: float, caption: str) -> Figure:
    """Return a figure of the report's width with its caption under it."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.supxlabel(_wrap(caption), fontsize=10, x=0.02, ha="left")
    return figure


def _wrap(text: str, width: int = 78) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


def _show(axes: Axes, digit: NDArray[np.uint8], title: str = "", size: float = 11) -> None:
    axes.imshow(digit, cmap="gray_r", vmin=0, vmax=255)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=size)
