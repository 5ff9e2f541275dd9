"""What the tests of corrections share: an app with a database of its own, and digits that are easily confused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from numpy.typing import NDArray

from app import create_app
from app.memory import database
from app.memory.database import SETTLED
from tests.support.drawings import draw_digit

HAND = "a-hand-of-the-tests-0"
SETTLING = SETTLED / 1e9 + 0.05  # seconds after which a file's time says that it has not changed


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is read in the process of the tests wait for a busy machine."""
    monkeypatch.setattr(database, "MAX_READING", 30.0)


def draw_odd_digit(label: int = 4) -> NDArray[np.uint8]:
    """A digit in a way that the network does not know: a bar goes through it, and it leans."""
    picture = draw_digit(label, pen=14)
    picture[60:70, 60:220] = 0
    picture[200:212, 90:230] = 0
    return picture


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of an empty database."""
    return f"sqlite:///{tmp_path / 'digits.sqlite3'}"


@pytest.fixture
def keeping_client(url: str) -> FlaskClient:
    """A client of an app with the committed models that keeps corrections."""
    return create_app({"database": url}).test_client()
