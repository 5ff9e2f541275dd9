"""What all models reached: the table of docs/results.md, from the cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.models.card import read_card

from ..errors import TrainingError
from ..learning.progress import format_seconds
from ..recipes.catalogue import RECIPES

MARKS = ("<!-- results:begin -->", "<!-- results:end -->")

Card = dict[str, Any]


def read_cards(models: Path) -> dict[str, Card]:
    """Return the cards of the models that were trained by a recipe, in the order of the recipes."""
    order: Callable[[str], int] = list(RECIPES).index
    found = {}
    for folder in models.glob("[!.]*"):
        card = read_card(folder)
        if card is not None and card.get("recipe") in RECIPES:
            found[folder.name] = card
    return dict(sorted(found.items(), key=lambda item: (order(item[1]["recipe"]), item[0])))


def write_results(page: str, cards: dict[str, Card]) -> str:
    """Return the page with the table of results between its marks.

    Raises:
        TrainingError: a mark is missing.
    """
    begin, end = (page.find(mark) for mark in MARKS)
    if not 0 <= begin < end:
        raise TrainingError(
            f"docs/results.md needs the lines {MARKS[0]} and {MARKS[1]}, in this order, for the results."
        )
    return f"{page[: begin + len(MARKS[0])]}\n{tabulate(cards)}\n{page[end:]}"


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
    seconds = sum(card["training"]["seconds"] for card in cards.values())
    trained = f"Trained on {' and '.join(devices)}, {format_seconds(seconds)} in all"
    lines += [
        "",
        f"{trained}; the test set was not used for any decision.",
    ]
    return "\n".join(lines)


def _describe_accuracy(card: Card) -> str:
    text = f"{card['metrics']['test_accuracy']:.2%}"
    if "seeds" in card:
        seeds = card["seeds"]["test_accuracy"]
        text += f" (mean {seeds['mean']:.2%}, sd {seeds['sd'] * 100:.2f}, {len(seeds['each'])} seeds)"
    return text
