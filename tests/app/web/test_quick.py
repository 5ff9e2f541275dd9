"""Which requests are answered at once: drawings, also with a hand that is ready to be read with."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app import create_app
from app.memory.changes import announce_change
from app.web.quick import is_quick
from app.web.served import MEMORY, READER
from tests.support.drawings import draw_digit, to_png

HAND = "a-hand-of-the-tests-0"
DRAWING = to_png(draw_digit(7))
TEXT = PngInfo()
TEXT.add_text("note", "x" * 10**5, zip=True)


def ask(app: Flask, query: str, body: bytes = DRAWING) -> tuple[bool, object]:
    """Return whether a request is quick, and what it is read with."""
    environ: dict[str, object] = {"PATH_INFO": "/predict", "QUERY_STRING": query}
    return is_quick(app, environ, body), environ.get(READER)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An app with the committed models that keeps corrections."""
    return create_app({"database": f"sqlite:///{tmp_path / 'digits.sqlite3'}"})


def test_a_hand_is_quick_once_it_was_read_with(app: Flask) -> None:
    client = app.test_client()
    assert ask(app, f"hand={HAND}") == (False, None)
    app.extensions[MEMORY].open().database.write(lambda _: None, 30)  # makes the tables
    assert client.post(f"/corrections?digit=4&hand={HAND}", data=DRAWING).status_code == 201
    assert client.post(f"/predict?hand={HAND}", data=DRAWING).status_code == 200
    quick, reader = ask(app, f"hand={HAND}")
    assert quick
    answers = [
        client.post(f"/predict?hand={HAND}", data=DRAWING, environ_overrides=found).get_json()
        for found in ({}, {READER: reader})
    ]
    assert answers[0] == answers[1]
    announce_change(HAND)
    assert ask(app, f"hand={HAND}") == (False, None)


@pytest.mark.parametrize(
    "query",
    (
        "hand=short",
        f"hand={HAND}&explain=1",
        f"explain=1&hand={HAND}",
        f"hand={HAND}&hand=another-hand-of-tests",
        f"hand={HAND}&model=lenet5",
        f"hand={HAND}%20",
        f"hand={HAND}\n",
        "hand=" + "x" * 65,
        "model=robust",
        "&",
    ),
)
def test_what_asks_for_more_than_a_hand_is_not_quick(app: Flask, query: str) -> None:
    app.test_client().post(f"/predict?hand={HAND}", data=DRAWING)
    assert ask(app, query) == (False, None)


def test_where_no_corrections_are_kept_every_hand_is_quick(tiny_models: Path) -> None:
    app = create_app({"database": "", "models": tiny_models})
    quick, reader = ask(app, f"hand={HAND}")
    assert quick
    assert reader is not None
    assert ask(app, f"hand={HAND}", b"hello") == (False, None)


def write_dots(mode: str, **options: object) -> bytes:
    """Write a picture of nothing but dots, which costs most to look at."""
    dots = (np.indices((512, 512)) // 2).sum(axis=0) % 2 * np.uint8(255)
    buffer = io.BytesIO()
    Image.fromarray(dots.astype(np.uint8)).convert(mode).save(buffer, "PNG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("body", "quick"),
    (
        (write_dots("L"), True),
        (write_dots("1"), False),
        (write_dots("P"), False),
        (write_dots("L", icc_profile=bytes(10**6)), False),
        (write_dots("L", pnginfo=TEXT), False),
    ),
    ids=("grey", "eight pixels a byte", "palette", "compressed profile", "compressed text"),
)
def test_forms_of_png_that_cost_more_are_not_quick(app: Flask, body: bytes, quick: bool) -> None:
    assert ask(app, "", body)[0] == quick
