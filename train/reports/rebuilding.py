"""Draw the reports of all models again, and write the table of results, without training anything.

models/NAME -> served accuracy -> card.json -> report/*.png -> docs/results.md
"""

from __future__ import annotations

import functools
from pathlib import Path

from rich.console import Console

from app.framing import FRAMINGS
from app.models.card import Card, write_card
from app.models.files import WEIGHTS
from app.models.keras_files import load_keras

from ..data import datasets, own
from ..data.datasets import Dataset
from ..errors import TrainingError
from ..evaluation import served
from ..learning.devices import without_greetings
from ..recipes.catalogue import RECIPES
from .figures import draw_report
from .results import read_cards, write_results


def rebuild(models: Path, data: Path | None, page: Path, console: Console) -> None:
    """Draw all reports again from cards and networks, and write the table of results.

    Nothing is trained. The served accuracy is measured again: the server may read differently by now.

    Raises:
        TrainingError: there is no model with a card of ours, the data is missing, or the page has no marks.
    """
    cards = read_cards(models)
    if not cards:
        raise TrainingError(f"There is no model in {models} that was trained here. Train one first.")
    text = page.read_text(encoding="utf-8")
    write_results(text, cards)  # fails before the work, not after it
    read_data = functools.cache(datasets.load)
    read_pages = functools.cache(lambda name, place: _read_pages(read_data(name, place)))
    for name, card in cards.items():
        if not (models / name / WEIGHTS).is_file():
            console.print(f"{name}: only its card is here, so its pictures stay as they are")
            continue
        place = find_data(card, data)
        if card["dataset"] == datasets.OWN and (place is None or not place.exists()):
            console.print(f"{name}: {describe_missing(card)}")
            continue
        dataset = read_data(card["dataset"], place)
        if len(dataset.test) != card["examples"]["test"]:
            console.print(
                f"{name}: {place} holds other digits than it was trained on, so its pictures stay as they are"
            )
            continue
        with without_greetings():
            network = load_keras(models / name)
        accuracy = served.served_accuracy(network, read_pages(dataset.name, place), dataset.test.labels)
        card["metrics"]["served_accuracy"] = accuracy
        write_card(models / name, card)
        recipe = RECIPES.get(card["recipe"])
        learned = recipe.learned() if recipe and recipe.learned else None
        draw_report(models / name, network, card, dataset, learned)
        console.print(f"{name}: served accuracy {accuracy:.2%}, pictures in {models / name / 'report'}")
    page.write_text(write_results(text, cards), encoding="utf-8")


def find_data(card: Card, data: Path | None) -> Path | None:
    """Return where the digits of a model are: what is named with --data, if it holds such, else what its card says."""
    named = data if own.is_own(data) == (card["dataset"] == datasets.OWN) else None
    return named or (Path(card["data"]) if card.get("data") else None)


def describe_missing(card: Card) -> str:
    """Say that the digits are gone that a model was trained on."""
    where = f"are not in {card['data']} any more" if card.get("data") else "are not named in its card"
    return f"the digits it was trained on {where}, so its pictures stay as they are; name them with --data"


def _read_pages(dataset: Dataset) -> served.ReadBack:
    return served.read_pages(dataset.test, FRAMINGS[dataset.framing])
