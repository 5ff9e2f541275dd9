"""Load a model folder: its files as they are, checked against the card that vouches for them.

Only reads and compares checksums; it starts no runtime. A folder is data: nothing in it is ever executed, and what
would carry code is refused. Owns what a whole folder is; does not know how to write one (saving.py).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from .card import DIGITS, Card, read_card
from .files import COMPILED, MAX_BYTES, NETWORK, PROTOTYPES, WEIGHTS, BadModel, has_file, open_file
from .keras_files import read_network
from .prototypes import References, read_prototypes
from .sources import KERAS_JSON, MAX_SOURCE, find_source

IMPORTED = "DIGITS_IMPORTED"  # environment variable: a folder for what was compiled and could not be put in its place


@dataclass(frozen=True)
class Artifact:
    """A model folder as found: its card, and the compiled file if it was compiled from what the folder holds."""

    name: str
    folder: Path
    card: Card
    compiled: Path | None
    stale: str | None  # why there is no compiled file to trust
    prototypes: References | None = None  # what known digits look like to the network, where the folder says
    forgetful: str | None = None  # why corrections cannot be read with, though they could be
    foreign: bool = False  # others trained it, and it has to be imported before it can be served

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each class, in the order of the network's outputs."""
        return tuple(self.card["classes"])


def load(folder: Path) -> Artifact:
    """Read a model folder and check its files against its card.

    A folder that other programs wrote has no card, or one that says how it was imported, or a few fields by hand.

    Raises:
        BadModel: a file is missing or cannot be read, the network carries code, or the folder's name cannot be served.
    """
    check_name(folder)
    card = read_card(folder)
    if card is None or "imported" in card or "sha256" not in card:
        return _load_foreign(folder, card)
    for name in (NETWORK, WEIGHTS):
        open_file(folder, name).close()
    read_network(folder)
    stale = _find_stale(folder, card)
    compiled = None if stale else folder / COMPILED
    return Artifact(folder.name, folder, card, compiled, stale, *_load_prototypes(folder, card))


def _load_foreign(folder: Path, card: Card | None) -> Artifact:
    """Read a folder that other programs wrote: compiled in its place, or where it could not be written to."""
    elsewhere = Path(os.environ[IMPORTED]) / folder.name if os.environ.get(IMPORTED) else None
    for place in (folder, elsewhere):
        found = card if place == folder else place and place.is_dir() and read_card(place)
        if found and "imported" in found and _is_current(folder, place or folder, found):
            return Artifact(folder.name, folder, found, (place or folder) / COMPILED, None)
    source = find_source(folder, card)
    if source.form == KERAS_JSON:
        read_network(folder, source.files[0])
    card = {"name": folder.name, "version": "1", "classes": list(DIGITS), **(card or {})}
    return Artifact(folder.name, folder, card, None, "it has not been imported", foreign=True)


def _is_current(folder: Path, place: Path, card: Card) -> bool:
    """Say whether a compiled file is the one that a card describes, and made of what the folder holds."""
    sums = card.get("sha256", {})
    if not has_file(place, COMPILED) or checksum(place / COMPILED) != sums.get(COMPILED):
        return False
    return all(checksum(folder / name) == sums[name] for name in sums if name != COMPILED and has_file(folder, name))


def check_name(folder: Path) -> None:
    """See that a folder's name can stand in an address, in a line of a log and on a page.

    Raises:
        BadModel: it cannot.
    """
    if not folder.name.isprintable() or ":" in folder.name:  # /v1/models/NAME:predict
        raise BadModel(f"The folder's name {folder.name} holds a colon, or what cannot be printed. Rename it.")


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file of a model folder, in hexadecimal.

    Raises:
        BadModel: it is no regular file, or too large.
    """
    with open_file(path.parent, path.name, None if path.name in MAX_BYTES else MAX_SOURCE) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _find_stale(folder: Path, card: Card) -> str | None:
    """Say why the compiled file cannot stand for model.json and model.h5; None where it can."""
    if not has_file(folder, COMPILED):
        return f"it has no {COMPILED}"
    for name in (NETWORK, WEIGHTS, COMPILED):
        if checksum(folder / name) != card["sha256"].get(name):
            return f"{name} is not the one its card describes"
    return None


def _load_prototypes(folder: Path, card: Card) -> tuple[References | None, str | None]:
    """Return the bank that the card vouches for, or why there is none though it does."""
    expected = card["sha256"].get(PROTOTYPES)
    if expected is None:
        return None, None
    try:
        if checksum(folder / PROTOTYPES) != expected:
            return None, f"{PROTOTYPES} is not the one its card describes"
        return read_prototypes(folder), None
    except BadModel as error:
        return None, str(error)
