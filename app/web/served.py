"""The models that the app serves, as its views find them."""

from __future__ import annotations

from flask import current_app, request

from ..errors import NotReady
from ..lifecycle import is_stopping
from ..models.classifier import Classifier
from ..models.registry import Registry

EXTENSION = "digits"  # under which the factory keeps the models


def served_models() -> Registry:
    """Return the models that this app serves."""
    models: Registry = current_app.extensions[EXTENSION]
    return models


def chosen_classifier() -> Classifier:
    """Return the model that a request names by ?model=NAME, or the default one.

    Raises:
        NotFound: no model has that name.
    """
    return served_models().get(request.args.get("model"))


def check_ready() -> None:
    """Check that the server accepts requests; its models have worked once, else there would be no app.

    Raises:
        NotReady: the server is going away.
    """
    if is_stopping():
        raise NotReady("The server is going away; ask another one.")
