"""Fit the server's constants that depend on a network, and print them: corrections, slashes, pages of one hand.

saved model, MNIST's training and validation digits -> evaluation/'s fits -> constants, and what they mend and harm
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from app.preprocessing.slashes import SLASH, Weights
from app.reading.consistency import LEAST, UNLIKE, WEIGHTS

from .data import datasets
from .data.datasets import Dataset
from .evaluation import consistency, fitting, slashes
from .evaluation.consistency import Tally
from .recipes.recipe import Recipe


def fit_corrections(name: str, data: Path | None, output: Path, console: Console) -> None:
    """Fit how much a correction weighs against a saved model, and print it with what each bias does."""
    classifier, dataset = load_to_fit(name, data, output)
    fitted = fitting.fit_weights(classifier, fitting.write_groups(dataset.validation))
    table = Table("bias", "digits of", "digits", "errors before", "after", "harmed", box=None)
    for bias, groups in fitted.tried.items():
        for group, tally in groups.items():
            numbers = (tally.digits, tally.before, tally.after, tally.harmed)
            table.add_row(str(bias), group, *map(str, numbers))
    console.print(table)
    console.print(f"logistic regression on {fitted.pairs:,} pairs: {fitted.regression}")
    console.print(f"app/memory/comparing.py: {fitted.weights}")


def fit_pages(name: str, compare: bool, data: Path | None, output: Path, console: Console) -> None:
    """Fit what tells a slash from a 1, and what a page's sure digits tell of the others, and print it."""
    classifier, dataset = load_to_fit(name, data, output)
    fit_slashes(classifier, dataset, compare, console)
    fit_consistency(classifier, dataset, compare, console)


def fit_slashes(classifier: Classifier, dataset: Dataset, compare: bool, console: Console) -> None:
    """Fit what tells a slash from a 1, and print it; compared with what the app holds on pages of other digits."""

    def show(name: str, strokes: slashes.Strokes, weights: Weights) -> None:
        told = slashes.count_told(strokes, weights)
        console.print(f"{name}: {told.ones_right} of {told.ones} ones, {told.slashes_right} of {told.slashes} slashes")

    strokes = slashes.collect_strokes(classifier, slashes.compose_strokes(dataset.training))
    weights = slashes.fit_weights(strokes)
    console.print(f"app/preprocessing/slashes.py: {weights}", soft_wrap=True)
    show("told rightly", strokes, weights)
    if compare:
        pages = slashes.compose_strokes(dataset.validation, slashes.OTHER_SEED)
        others = slashes.collect_strokes(classifier, pages)
        show("on other pages", others, weights)
        show("by the weights in use", others, SLASH)


def fit_consistency(classifier: Classifier, dataset: Dataset, compare: bool, console: Console) -> None:
    """Fit what sure digits tell of others, and print it; compared with what the app holds on pages of other seeds."""
    groups = consistency.read_groups(classifier, consistency.write_groups(dataset.validation))
    fitted = consistency.fit_weights(groups)
    show_tallies("read anew from", {f"e^{odds}": each for odds, each in fitted.read_anew.items()}, console)
    show_tallies("doubted from", {f"e^{odds}": each for odds, each in fitted.doubted.items()}, console)
    constants = f"{fitted.weights}, LEAST = {fitted.least}, UNLIKE = {fitted.unlike}"
    console.print(f"logistic regression on {fitted.digits:,} doubtful digits")
    console.print(f"app/reading/consistency.py: {constants}", soft_wrap=True)
    if compare:
        pages = consistency.write_groups(dataset.validation, consistency.OTHER_SEED)
        others = consistency.read_groups(classifier, pages)
        both = {"fitted": (fitted.weights, fitted.least, fitted.unlike), "in use": (WEIGHTS, LEAST, UNLIKE)}
        read_anew = {name: consistency.count_read_anew(others, each[0], each[1]) for name, each in both.items()}
        doubted = {name: consistency.count_doubted(others, each[0], each[2]) for name, each in both.items()}
        show_tallies("read anew, other pages", read_anew, console)
        show_tallies("doubted, other pages", doubted, console)


def show_tallies(title: str, tried: Mapping[str, Mapping[str, Tally]], console: Console) -> None:
    """Show what became of the digits of each group, whatever was tried."""
    table = Table(title, "digits of", "digits", "mended", "harmed", "of", box=None)
    for name, groups in tried.items():
        for group, tally in groups.items():
            numbers = (tally.digits, tally.mended, tally.harmed, tally.of_digits)
            table.add_row(name, group, *(f"{number:,}" for number in numbers))
    console.print(table)


def load_to_fit(name: str, data: Path | None, output: Path) -> tuple[Classifier, Dataset]:
    """Return a saved model, and MNIST with the validation digits held out that its recipe did not train on."""
    mnist = datasets.load("mnist", datasets.data_folder(data))
    return load_classifier(load(output / name)), datasets.hold_out(mnist, Recipe.validation)
