"""The page's languages: which one a visitor reads, and everything that is said in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

from flask import request

from ..settings import SERVED

LANGUAGES = ("en", "zh")
TEXTS = SERVED / "static" / "texts"


def choose_language() -> str:
    """Choose by the address, then by the choice made before, then by the browser."""
    for choice in (request.args.get("language"), request.cookies.get("language")):
        if choice in LANGUAGES:
            return choice
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def translator(language: str) -> Callable[..., str]:
    """Make the function that says a text by its key, with its {names} filled in."""
    texts = load_texts(language)["page"]
    return lambda key, **values: texts[key].format(**values)


@cache
def load_texts(language: str) -> dict[str, dict[str, str]]:
    """Load everything that the page says in one language."""
    texts: dict[str, dict[str, str]] = json.loads((TEXTS / f"{language}.json").read_text("utf-8"))
    return texts
