"""The models that the app serves, and the corrections that it reads with, as its views find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from ..errors import BadRequest, CorrectionsOff, NotReady
from ..lifecycle import is_stopping
from ..memory.names import check_hand
from ..memory.opening import Corrections
from ..models.classifier import Classifier
from ..models.registry import Registry
from .synchronous import asked

if TYPE_CHECKING:  # SQLAlchemy is loaded with the first correction
    from ..memory.hands import Memory

EXTENSION = "digits"  # under which the factory keeps the models
MEMORY = "digits.memory"  # under which it keeps the corrections
READER = "digits.reader"  # under which a request's environment has the model that answers, where it is known already


def served_models() -> Registry:
    """Return the models that this app serves."""
    models: Registry = current_app.extensions[EXTENSION]
    return models


def served_corrections() -> Corrections:
    """Return what opens the corrections that this app keeps, and knows whether it keeps any."""
    corrections: Corrections = current_app.extensions[MEMORY]
    return corrections


def needed_memory() -> Memory:
    """Return the corrections that this app keeps.

    Raises:
        CorrectionsOff: it keeps none.
    """
    memory = served_corrections().open()
    if memory is None:
        raise CorrectionsOff("This server keeps no corrections. Whoever runs it may name a database: DIGITS_DATABASE.")
    return memory


def chosen_classifier() -> Classifier:
    """Return the model that a request names by ?model=NAME, or the default one; with ?hand=ID, as that hand taught it.

    With ?guard=1 it also doubts what the model for real-world digits doubts.

    Raises:
        NotFound: no model has that name.
        BadRequest: no hand can have that name, or nothing can guard the model.
    """
    request, models = asked(), served_models()
    if not request.query_string:
        return models.get()
    known: Classifier | None = request.environ.get(READER)
    if known is not None:
        return known
    arguments = request.args
    classifier = (models.get_guarded if read_flag("guard") else models.get)(arguments.get("model"))
    hand = arguments.get("hand")
    if hand is None:
        return classifier
    check_hand(hand)
    memory = served_corrections().open()
    return memory.personalise(classifier, hand) if memory else classifier


def asks_nothing_else() -> bool:
    """Return whether a request asks for nothing by its query, or for no more than what was found before it came."""
    request = asked()
    return not request.query_string or request.environ.get(READER) is not None


def read_flag(name: str) -> bool:
    """Return whether a flag of the query is set.

    Raises:
        BadRequest: it is neither 0 nor 1.
    """
    value = asked().args.get(name, "0")
    if value not in ("0", "1"):
        raise BadRequest(f"?{name}={value} is not possible; expected {name}=1 or {name}=0.")
    return value == "1"


def check_ready() -> None:
    """Check that the server accepts requests; its models have worked once, else there would be no app.

    Raises:
        NotReady: the server is going away.
    """
    if is_stopping():
        raise NotReady("The server is going away; ask another one.")
