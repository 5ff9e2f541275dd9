"""Learn for good: a model's next version, of the corrections that a server keeps, in the order of events.

    database -> corrections -> absurd ones are listed -> fine-tune -> nothing worse? -> the model folder, a version on

A server with DIGITS_WATCH serves the new version by itself; the corrections are read with it as with the former.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from app.memory.corrections import read_all
from app.memory.database import Database, Unreachable
from app.memory.opening import find_database
from app.models.card import Card
from app.models.folder import load
from app.models.keras_files import load_keras
from app.models.saving import save
from app.settings import BadSetting, read_settings

from .data import datasets
from .data.datasets import Split
from .errors import TrainingError
from .evaluation.results import evaluate
from .handwriting.synthesis import synthesise_digits
from .learning.devices import without_greetings
from .recipes import adapting, robust
from .recipes.adapting import Correction, Effort
from .recipes.recipe import Recipe

MAX_SECONDS = 600.0  # that reading all corrections may take
LISTED = 20  # absurd corrections that are shown


def adapt_model(
    folder: Path, corrections: Sequence[Correction], data: Path | None, effort: Effort, console: Console
) -> Card:
    """Fine-tune a saved model with corrections, save it as its next version, and return its card.

    Args:
        folder: of the model.
        corrections: what was corrected.
        data: folder of mnist.npz, or None.
        effort: how long it may learn.
        console: where it is said what happens.

    Raises:
        TrainingError: there are no corrections, too few, or what they teach makes the model worse.
    """
    found, name = load(folder), folder.name
    if found.prototypes is None:
        raise TrainingError(
            f"{name} has no prototypes, so it cannot be corrected. Train it again: python -m train {name}"
        )
    dataset = datasets.hold_out(datasets.load("mnist", data), Recipe.validation)
    with without_greetings():
        network = load_keras(folder)
    absurd = adapting.find_absurd(network, found.prototypes, corrections)
    describe_absurd(absurd, console.print)
    doubted = {each.number for each, _ in absurd}
    sound = [each for each in corrections if each.number not in doubted]
    hands = len({each.hand for each in sound})
    console.print(f"{name}: learning from {len(sound)} corrections of {hands} hands")
    adapted = adapting.adapt(network, found.prototypes, sound, dataset, effort)
    adapting.settle_temperature(network, dataset)
    written = Split(*synthesise_digits(adapting.WRITTEN, adapting.SEED))
    prototypes = robust.choose_prototypes(network, dataset, written)
    version = str(int(found.card["version"]) + 1)
    card = {
        **found.card,
        "version": version,
        **robust.fit_card(network, dataset, prototypes),
        **evaluate(network, dataset),
        "adapted": {
            "corrections": len(sound),
            "hands": hands,
            "left_out": len(absurd),
            "from_version": found.card["version"],
            "epoch": adapted.epoch,
            "before": adapted.before.describe(),
            "after": adapted.after.describe(),
        },
    }
    with without_greetings():
        saved = save(network, folder, card, found.card.get("weight_bits", 32), prototypes)
    before, after = adapted.before, adapted.after
    console.print(
        f"{name}: version {version} is saved to {folder}; held-out corrections {before.held_out:.1%} -> "
        f"{after.held_out:.1%}, validation digits {before.validation:.2%} -> {after.validation:.2%}"
    )
    return saved


def read_corrections(url: str | None, hand: str | None) -> list[Correction]:
    """Read the corrections of a database.

    Args:
        url: of the database; None: what DIGITS_DATABASE says.
        hand: whose; None: everybody's.

    Raises:
        TrainingError: there is no database, it does not answer, or it holds none.
    """
    try:
        database = Database(url or _find_database())
    except BadSetting as error:
        raise TrainingError(str(error)) from error
    try:
        kept = database.read(lambda connection: list(read_all(connection, hand)), MAX_SECONDS)
    except Unreachable as error:
        raise TrainingError(f"{error} It is at {database.name}.") from error
    finally:
        database.close()
    if not kept:
        raise TrainingError(f"{database.name} holds no corrections{f' of the hand {hand}' if hand else ''}.")
    return [Correction(each.number, each.hand, each.picture, each.digit) for each in kept]


def describe_absurd(absurd: list[tuple[Correction, int]], write: Callable[[str], Any]) -> None:
    """List the corrections that are left out, for a person to look at."""
    if not absurd:
        return
    write(f"Left out: {len(absurd)}, which look like other digits while no second one agrees. Look at them:")
    for each, read in absurd[:LISTED]:
        write(f"  correction {each.number} of {each.hand}: said to be {each.digit}, looks like {read}")
    if len(absurd) > LISTED:
        write(f"  and {len(absurd) - LISTED} more")


def _find_database() -> str:
    url = find_database(read_settings())
    if not url:
        raise BadSetting("Corrections are off here: name their database with --database or DIGITS_DATABASE.")
    return url
