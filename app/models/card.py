"""Read, check and write card.json: every field that is read is checked first, so callers may rely on it.

The fields are a table of checks; a card that fails one is refused with the field, what was expected and what came.
Knows no other file of the folder.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..escaping import is_plain
from .adaptation import FITS, READINGS, UNITS
from .files import CARD, BadModel, has_file, name_file, read_json

DIGITS = tuple("0123456789")
MAX_VERSION = 2**63 - 1  # TensorFlow Serving's clients read an int64
MAX_TEXT = 500  # characters of a title, a class's name, ...
MAX_CLASSES = 1000
MAX_LIST = 100_000  # epochs, layers
MAX_NUMBER = 1e12  # either way; charts are drawn of these

BY_HAND = {"input", "output", "guard"}  # fields that a person may write for a network that others trained

Card = dict[str, Any]
Check = Callable[[str, Any], None]  # of a field's name and its value


class BadField(Exception):
    """A field that is not what it should be: its name, what was expected, and what came."""

    def __init__(self, field: str, expected: str, found: Any) -> None:
        """Make the sentence."""
        super().__init__(f"has {field} {reprlib.repr(found)}; expected {expected}")


def read_card(folder: Path) -> Card | None:
    """Read card.json; None where a folder has none.

    Raises:
        BadModel: the card is damaged, or a field of it is not what it should be.
    """
    if not has_file(folder, CARD):
        return None
    file_name, card = name_file(folder, CARD), read_json(folder, CARD)
    written = isinstance(card, dict) and "sha256" not in card and bool(card.keys() & BY_HAND)
    if not isinstance(card, dict) or not (written or isinstance(card.get("sha256"), dict)):
        raise BadModel(f"{file_name} is not a model's card: expected an object with checksums under sha256.")
    card = {"classes": list(DIGITS), **card, "version": str(card.get("version", 1)), "name": folder.name}
    try:
        FIELDS("", card)
        check_tables(card)
    except BadField as error:
        raise BadModel(f"{file_name} {error}. Train the model again, or restore the card.") from error
    return card


def check_tables(card: Card) -> None:
    """Check that tables have a row for every class, and histories a number for every epoch.

    Raises:
        BadField: it is not.
    """
    count = len(card["classes"])
    for field in ("confusion", "per_class"):
        if len(card.get(field, ())) not in (0, count):
            raise BadField(field, f"a row for each of the {count} classes", card[field])
    for row in card.get("confusion", ()):
        if len(row) != count:
            raise BadField("confusion", f"{count} counts in each row", row)
    lengths = {name: len(values) for name, values in card.get("history", {}).items()}
    if len({*lengths.values()}) > 1:
        raise BadField("history", "as many numbers of each quantity", lengths)


def is_number(value: Any, low: float, high: float) -> bool:
    """Say whether a JSON value is a number in a range; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def text(field: str, value: Any) -> None:
    """Expect a text.

    Raises:
        BadField: it is none, as of all checks below.
    """
    if not isinstance(value, str) or len(value) > MAX_TEXT or not is_plain(value):
        raise BadField(field, f"a text of one line and at most {MAX_TEXT} characters", value)


def name(field: str, value: Any) -> None:
    """Expect a text that is not empty."""
    text(field, value)
    if not value.strip():
        raise BadField(field, "a text", value)


def version(field: str, value: Any) -> None:
    """Expect a whole number as a text."""
    digits = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20
    if not digits or int(value) > MAX_VERSION:
        raise BadField(field, f"a whole number up to {MAX_VERSION}, as clients read it", value)


def sha256(field: str, value: Any) -> None:
    """Expect a SHA-256 in hexadecimal."""
    if not isinstance(value, str) or len(value) != 64 or not {*value} <= {*"0123456789abcdef"}:
        raise BadField(field, "64 hexadecimal digits", value)


def number(low: float = -MAX_NUMBER, high: float = MAX_NUMBER) -> Check:
    """Expect a number in a range."""

    def check(field: str, value: Any) -> None:
        if not is_number(value, low, high):
            raise BadField(field, f"a number from {low:g} to {high:g}", value)

    return check


def count(field: str, value: Any) -> None:
    """Expect a whole number that is not negative."""
    if not isinstance(value, int) or not is_number(value, 0, MAX_NUMBER):
        raise BadField(field, "a whole number", value)


def flag(field: str, value: Any) -> None:
    """Expect true or false."""
    if not isinstance(value, bool):
        raise BadField(field, "true or false", value)


def unknown(field: str, value: Any) -> None:
    """Expect no such field: a person who writes a card has to know what was not understood."""
    raise BadField(field, "no such field", value)


def size(field: str, value: Any) -> None:
    """Expect a whole number, or null for a size that is not fixed."""
    if value is not None:
        count(field, value)


def choice(*values: Any) -> Check:
    """Expect one of a few values."""

    def check(field: str, value: Any) -> None:
        if isinstance(value, bool) or value not in values:
            raise BadField(field, f"one of {', '.join(map(str, values))}", value)

    return check


def list_of(check_item: Check, low: int = 0, high: int = MAX_LIST) -> Check:
    """Expect a list whose items pass a check."""

    def check(field: str, value: Any) -> None:
        if not isinstance(value, list) or not low <= len(value) <= high:
            raise BadField(field, f"a list of {low:,} to {high:,} items", value)
        for index, item in enumerate(value):
            check_item(f"{field}[{index}]", item)

    return check


def fields(checks: Mapping[str, Check], others: Check | None = None, needed: tuple[str, ...] = ()) -> Check:
    """Expect an object, in which some fields pass checks.

    Args:
        checks: by the names of fields.
        others: of fields that are not among them; None lets anything pass.
        needed: the names of fields that have to be there.
    """

    def check(field: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise BadField(field, "an object", value)
        for missing in (name for name in needed if name not in value):
            raise BadField(field, f"an object with {missing}", value)
        for key, item in value.items():
            check_item = checks.get(key, others)
            if check_item:
                check_item(f"{field}.{key:.40}".lstrip("."), item)

    return check


SHARE = number(0, 1)
BIN = fields({"confidence": SHARE, "accuracy": SHARE, "count": count}, needed=("confidence", "accuracy", "count"))
LAYER = fields(
    {"name": text, "type": text, "output_shape": list_of(size, high=16), "parameters": count},
    needed=("name", "type", "output_shape", "parameters"),
)
CALIBRATION = fields({"expected_error": SHARE, "bins": list_of(BIN, high=1000)}, needed=("expected_error",))
FIELDS = fields(
    {
        **dict.fromkeys(("name", "title", "claimed", "recipe", "dataset", "dataset_title", "data"), text),
        "version": version,
        "classes": list_of(name, 2, MAX_CLASSES),
        "framing": text,  # which there are, the classifier knows
        "certain_from": SHARE,
        "ambiguous_below": SHARE,
        "unlike_below": SHARE,
        "weight_bits": choice(8, 32),
        "parameters": count,
        "seed": count,
        "sha256": fields({}, sha256),
        "examples": fields({}, count),
        "versions": fields({}, text),
        "training": fields(
            {"epochs": count, "kept_epoch": count, "seconds": number(0), "device": text},
            needed=("epochs", "seconds", "device"),
        ),
        "history": fields({}, list_of(number(), low=1)),
        "metrics": fields(
            {
                **dict.fromkeys(("test_accuracy", "served_accuracy", "validation_accuracy"), SHARE),
                "calibration": CALIBRATION,
            },
            number(),
        ),
        "confusion": list_of(list_of(count, high=MAX_CLASSES), high=MAX_CLASSES),
        "per_class": list_of(fields({}, number()), high=MAX_CLASSES),
        "layers": list_of(LAYER, high=MAX_LIST),
        "wrong": list_of(count),
        "measured": fields({}),
        "guard": flag,
        "input": fields(
            {
                "shape": list_of(count, 1, 6),
                "paper": number(-1e6, 1e6),
                "ink": number(-1e6, 1e6),
                "fit": choice(*FITS),
                "unit": choice(*UNITS),
                "transposed": flag,
                "batch": count,
            },
            unknown,
        ),
        "output": fields({"index": count, "values": choice(*READINGS)}, unknown),
        "imported": fields(
            {"file": text, "form": text, "adapted": list_of(text, high=20), "right": count, "samples": count},
            needed=("file", "form", "adapted", "right", "samples"),
        ),
        "seeds": fields({}),
    }
)


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write card.json in one step: readers see the old card or the new one."""
    beside = folder / f".{CARD}"
    beside.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(folder / CARD)
