"""What a model learned, as pictures, and what all of them reached, as the README's table.

    dataset -> samples.png, pixels.png       card -> curves.png, confusion.png       network -> errors.png, filters.png

Drawn six inches wide with large letters, for a phone and for print. Trains nothing: everything comes from model
folders and the data they were taught on.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from rich.console import Console

from app import artifact
from app.preprocessing import FRAMINGS

from . import evaluation
from .data import datasets
from .data.datasets import Dataset
from .errors import TrainingError
from .learning.devices import without_greetings
from .learning.predictions import predict
from .learning.progress import format_seconds
from .recipes.catalogue import RECIPES

WIDTH = 6.0  # inches
RESOLUTION = 150  # pixels an inch
MOST_ERRORS = 40  # pictures in errors.png
MARKS = ("<!-- results:begin -->", "<!-- results:end -->")
TRAINING, VALIDATION = "#1f77b4", "#d95f02"  # told apart by the colour-blind and in grey print

Card = dict[str, Any]


def draw(folder: Path, network: keras.Model, card: Card, dataset: Dataset) -> None:
    """Draw the pictures of a model into its report/, in place of those that were there.

    Args:
        folder: of the model.
        card: as saved.
        dataset: what the model was trained on, nothing held out.
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
    """Draw how often each class is read as each other."""
    matrix, classes = np.array(card["confusion"]), card["classes"]
    wrong = matrix.sum() - np.trace(matrix)
    figure = _figure(
        6.8,
        f"What the {matrix.sum():,} test pictures are (rows) and are read as (columns). {wrong:,} off the diagonal "
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
    axes.set_xlabel("read as")
    axes.set_ylabel("is")
    return figure


def draw_errors(network: keras.Model, card: Card, dataset: Dataset) -> Figure:
    """Draw the wrong test pictures, the one that the network finds least likely to be what it is first."""
    wrong = np.array(card["wrong"], int)
    probabilities = predict(network, dataset.test.digits[wrong]) if len(wrong) else np.zeros((0, 10))
    labels = dataset.test.labels[wrong]
    worst = np.argsort(probabilities[np.arange(len(wrong)), labels])[:MOST_ERRORS]
    rows = max(1, -(-len(worst) // 5))
    which = "All" if len(worst) == len(wrong) else f"The {len(worst)} worst of the"
    figure = _figure(
        1.2 + 1.55 * rows,
        f"{which} {len(wrong):,} wrong of {len(dataset.test):,} test pictures, the worst first: what it is → what it "
        "is read as, how sure, and its index.",
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


def rebuild(models: Path, data: Path | None, readme: Path, console: Console) -> None:
    """Draw all reports again from cards and networks, and write the README's table of results.

    Nothing is trained. The served accuracy is measured anew: the way in which the server reads may have changed.

    Raises:
        TrainingError: there is no model with a card of ours, the data is missing, or the README has no marks.
    """
    cards = read_cards(models)
    if not cards:
        raise TrainingError(f"There is no model in {models} that was trained here. Train one first.")
    text = readme.read_text(encoding="utf-8")
    write_results(text, cards)  # refuses before the work, not after it
    read_data = functools.cache(lambda name: datasets.load(name, data))
    read_pages = functools.cache(lambda name: _read_pages(read_data(name)))
    for name, card in cards.items():
        if not (models / name / artifact.WEIGHTS).is_file():
            console.print(f"{name}: only its card is here, so its pictures stay as they are")
            continue
        dataset = read_data(card["dataset"])
        with without_greetings():
            network = artifact.load_keras(models / name)
        served = evaluation.served_accuracy(network, read_pages(dataset.name), dataset.test.labels)
        card["metrics"]["served_accuracy"] = served
        artifact.write_card(models / name, card)
        draw(models / name, network, card, dataset)
        console.print(f"{name}: served accuracy {served:.2%}, pictures in {models / name / 'report'}")
    readme.write_text(write_results(text, cards), encoding="utf-8")


def _read_pages(dataset: Dataset) -> evaluation.Pages:
    return evaluation.read_pages(dataset.test, FRAMINGS[dataset.framing])


def read_cards(models: Path) -> dict[str, Card]:
    """Return the cards of the models that were trained by a recipe, in the order of the recipes."""
    order: Callable[[str], int] = list(RECIPES).index
    found = {}
    for folder in models.glob("[!.]*"):
        card = artifact.read_card(folder)
        if card is not None and card.get("recipe") in RECIPES:
            found[folder.name] = card
    return dict(sorted(found.items(), key=lambda item: (order(item[1]["recipe"]), item[0])))


def write_results(readme: str, cards: dict[str, Card]) -> str:
    """Return the README with the table of results between its marks.

    Raises:
        TrainingError: a mark is missing.
    """
    begin, end = (readme.find(mark) for mark in MARKS)
    if not 0 <= begin < end:
        raise TrainingError(f"README.md needs the lines {MARKS[0]} and {MARKS[1]}, in this order, for the results.")
    return f"{readme[: begin + len(MARKS[0])]}\n{tabulate(cards)}\n{readme[end:]}"


def tabulate(cards: dict[str, Card]) -> str:
    """Return the table of results in Markdown."""
    lines = [
        "| recipe | parameters | claimed | ours | served accuracy | seconds | examples per second |",
        "|---|---:|---|---:|---:|---:|---:|",
    ]
    for name, card in cards.items():
        metrics, training = card["metrics"], card["training"]
        lines.append(
            f"| {name} | {card['parameters']:,} | {card['claimed']} | {_describe_accuracy(card)} | "
            f"{metrics['served_accuracy']:.2%} | {training['seconds']:,.0f} | {training['examples_per_second']:,.0f} |"
        )
    devices = sorted({card["training"]["device"] for card in cards.values()})
    epochs = sum(card["training"]["seconds"] for card in cards.values())
    lines += ["", f"Trained on {' and '.join(devices)}, {format_seconds(epochs)} in all; the test set chose nothing."]
    return "\n".join(lines)


def _describe_accuracy(card: Card) -> str:
    text = f"{card['metrics']['test_accuracy']:.2%}"
    if "seeds" in card:
        seeds = card["seeds"]["test_accuracy"]
        text += f" (mean {seeds['mean']:.2%}, sd {seeds['sd'] * 100:.2f}, {len(seeds['each'])} seeds)"
    return text
