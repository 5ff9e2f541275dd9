"""Learning for good, from the database to the next version of the model folder."""

from __future__ import annotations

import json
import shutil
import time
import urllib.request
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from app.memory.corrections import Read, add_many
from app.memory.database import Database
from app.models.classifier import load_classifier
from app.models.folder import load
from tests.conftest import MODELS
from tests.support.drawings import to_png
from tests.support.servers import START, Load, Server, ask, running
from train.__main__ import main
from train.adaptation import adapt_model, read_corrections
from train.errors import TrainingError
from train.handwriting.synthesis import synthesise_hand
from train.recipes import adapting, robust
from train.recipes.adapting import Effort

HANDS = ("the-first-hand-of-it", "the-other-hand-of-it")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with corrections of two hands, two of which are slips."""
    url = f"sqlite:///{tmp_path / 'digits.sqlite3'}"
    database = Database(url)
    for seed, hand in enumerate(HANDS, 7000):
        digits, labels = synthesise_hand(seed, 2)
        kept = [
            (int(label), Read(digit, 0, "robust", "1"), datetime.now(UTC))
            for digit, label in zip(digits, labels, strict=True)
        ]
        kept[0] = ((kept[0][0] + 3) % 10, *kept[0][1:])
        database.write(partial(add_many, hand=hand, several=kept), 60)
    database.close()
    return url


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a model learn from few digits, and be saved whatever it learns."""
    for name, value in (("WRITTEN", 400), ("NON_DIGITS", 40), ("LEARNING_RATE", 1e-6)):
        monkeypatch.setattr(adapting, name, value)
    monkeypatch.setattr(robust, "VALIDATION_WRITTEN", 200)
    monkeypatch.setattr(adapting.Quality, "describe_losses", lambda *_: [])  # the printed digits are no MNIST


@pytest.mark.usefixtures("quick")
def test_corrections_become_the_next_version(
    url: str, printed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(MODELS / "robust", tmp_path / "robust"))
    before = load(folder)
    card = adapt_model(folder, read_corrections(url, None), printed, Effort(epochs=1, steps=2), Console())
    found = load(folder)
    assert found.stale is None
    assert found.forgetful is None
    assert found.card == card | {"version": str(int(before.card["version"]) + 1)}
    adapted = found.card["adapted"]
    assert adapted["corrections"] + adapted["left_out"] == 40
    assert adapted["hands"] == 2
    assert adapted["from_version"] == before.card["version"]
    assert load_classifier(found).prototypes is not None
    assert found.card["sha256"] != before.card["sha256"]
    assert "saved to" in " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("quick")
def test_a_server_that_watches_takes_up_the_next_version_without_a_gap(printed: Path, tmp_path: Path) -> None:
    """A person corrects through the server, the model learns beside it, and requests go on all the while."""
    models = tmp_path / "models"
    folder = Path(shutil.copytree(MODELS / "robust", models / "robust"))
    before, url = load(folder).card["version"], f"sqlite:///{tmp_path / 'digits.sqlite3'}"
    with running(tmp_path / "log", models=models, database=url, workers=1, watch=1) as server:
        for digit, label in zip(*synthesise_hand(7000, 2), strict=True):
            path = f"/corrections?digit={label}&hand={HANDS[0]}"
            assert ask(server.port, to_png(digit), path)[0] == 201
        with Load(server.port, clients=1) as requests:
            requests.wait_for(1)
            adapt_model(folder, read_corrections(url, None), printed, Effort(epochs=1, steps=2), Console())
            deadline = time.monotonic() + START
            while (version := version_of(server)) == before:
                assert time.monotonic() < deadline, server.log.read_text()
                time.sleep(0.1)
            requests.wait_for(3)
        assert version == str(int(before) + 1)
        assert requests.failures == []
        assert requests.refused == 0
        assert set(requests.statuses) == {200}
        assert ask(server.port, path=f"/hands/{HANDS[0]}", method="GET")[1]["corrections"] == 20


def version_of(server: Server) -> str:
    with urllib.request.urlopen(f"{server.address}/v1/models/robust", timeout=START) as answer:
        version: str = json.load(answer)["model_version_status"][0]["version"]
    return version


def test_one_hand_alone_may_teach(url: str) -> None:
    assert {each.hand for each in read_corrections(url, HANDS[0])} == {HANDS[0]}
    assert len(read_corrections(url, None)) == 40


@pytest.mark.parametrize(
    ("database", "sentence"),
    (
        ("sqlite:///{folder}/none.sqlite3", "holds no corrections"),
        ("sqlite:////no/where/d.sqlite3", "cannot be reached"),
        ("mysql://here/digits", "DIGITS_DATABASE is"),
    ),
)
def test_without_corrections_one_sentence_says_so(
    database: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["adapt", "--database", database.format(folder=tmp_path), "--output", str(MODELS)]) == 2
    assert sentence in capsys.readouterr().err


def test_a_model_that_cannot_be_corrected_is_refused(url: str, printed: Path) -> None:
    with pytest.raises(TrainingError, match="has no prototypes"):
        adapt_model(MODELS / "lenet5", read_corrections(url, None), printed, Effort(1, 1), Console())
