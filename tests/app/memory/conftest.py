"""What the tests of corrections share: an app with a database of its own, and digits that are easily confused."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app

HAND = "a-hand-of-the-tests-0"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of an empty database."""
    return f"sqlite:///{tmp_path / 'digits.sqlite3'}"


@pytest.fixture
def keeping_client(url: str) -> FlaskClient:
    """A client of an app with the committed models that keeps corrections."""
    return create_app({"database": url}).test_client()
