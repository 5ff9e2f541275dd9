"""python -m app corrections, and reading folders as a hand taught: what is typed, said and written."""

from __future__ import annotations

import csv
import io
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from app.__main__ import main
from app.bulk.command import main as read
from app.memory.archives import read_archive
from app.memory.corrections import Read, add, read_all
from app.memory.database import Database
from app.preprocessing.digits import read_picture
from tests.app.memory.conftest import HAND, draw_odd_digit
from tests.support.drawings import draw_digit, to_png

OTHER = "another-hand-of-tests"


@pytest.fixture
def database(url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database with corrections of two hands; DIGITS_DATABASE names it."""
    monkeypatch.setenv("DIGITS_DATABASE", url)
    database = Database(url)
    for hand, digit in ((HAND, 4), (HAND, 9), (OTHER, 4)):
        picture = Read(read_picture(to_png(draw_digit(digit))), 7, "robust", "1")
        database.write(partial(add, hand=hand, digit=digit, read=picture))
    return database


def test_hands_are_listed(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corrections", "list"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in lines] == [[HAND, "2"], [OTHER, "1"]]


def test_what_is_exported_is_imported_as_it_was(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept.zip"
    assert main(["corrections", "export", "--hand", HAND, str(file)]) == 0
    assert main(["corrections", "delete", "--hand", HAND]) == 0
    assert "2 corrections of the hand" in capsys.readouterr().out
    assert database.read(lambda connection: list(read_all(connection, HAND))) == []
    for kept in (2, 0):
        assert main(["corrections", "import", "--hand", HAND, str(file)]) == 0
        assert capsys.readouterr().out.startswith(f"{kept} of 2 pictures")
    found = database.read(lambda connection: list(read_all(connection, HAND)))
    assert [(each.digit, each.was, each.model, each.version) for each in found] == [
        (4, 7, "robust", "1"),
        (9, 7, "robust", "1"),
    ]
    assert database.read(lambda connection: len(list(read_all(connection)))) == 3


def test_a_folder_of_other_programs_pictures_is_imported(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for digit in (3, 8):
        folder = tmp_path / "mine" / str(digit)
        folder.mkdir(parents=True)
        (folder / "large.png").write_bytes(to_png(draw_digit(digit)))
    assert main(["corrections", "import", str(tmp_path / "mine")]) == 0
    hand = capsys.readouterr().out.split()[-1].rstrip(".")
    assert [each.digit for each in database.read(lambda connection: list(read_all(connection, hand)))] == [3, 8]


def make_zip(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in files.items():
            archive.writestr(name.replace("__", "/"), body)
    return path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    (
        (("export", "{there}"), "is there already"),
        (("export", "--hand", "short", "{new}"), "is no name of a hand"),
        (("export", "{folder}/no/where.zip"), "could not be read or written"),
        (("import", "{text}"), "is no zip that can be read"),
        (("import", "{empty}"), "holds no pictures in folders named 0 to 9"),
        (("import", "{bad}"), "cannot be read: "),
        (("import", "{folder}/nowhere"), "does not exist"),
        (("delete", "--hand", "short"), "is no name of a hand"),
        (("delete",), "Missing option '--hand'"),
        (("list", "--database", "mysql://here/digits"), "DIGITS_DATABASE is"),
        (("list", "--database", "sqlite:////no/where/d.sqlite3"), "cannot be reached"),
        (("list", "--database", ""), "Corrections are off"),
    ),
)
def test_what_cannot_be_done_is_one_sentence(
    database: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    places = {
        "there": make_zip(tmp_path / "there.zip"),
        "new": tmp_path / "new.zip",
        "folder": tmp_path,
        "text": tmp_path / "text.zip",
        "empty": make_zip(tmp_path / "empty.zip", a__b=b"c"),
        "bad": make_zip(tmp_path / "bad.zip", **{"4__b.png": b"no picture"}),
    }
    places["text"].write_text("hello")
    assert main(["corrections", *(argument.format(**places) for argument in arguments)]) == 2
    error = capfd.readouterr().err.strip().splitlines()[-1]
    assert sentence in error


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    from app.memory.archives import BadArchive

    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("4/large.png", bytes(2**21))
    with pytest.raises(BadArchive, match="expected at most"):
        list(read_archive(tmp_path / "bomb.zip"))


def test_a_folder_is_read_as_a_hand_taught(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = to_png(draw_odd_digit(7))
    scans = tmp_path / "scans"
    scans.mkdir()
    (scans / "one.png").write_bytes(picture)
    for shift in (0, 1):  # the second agrees with the first
        kept = Read(read_picture(to_png(np.roll(draw_odd_digit(7), shift))), 7, "robust", "1")
        database.write(partial(add, hand=HAND, digit=2, read=kept))
    texts: list[str] = []
    for options in ((), ("--hand", HAND)):
        assert read([*options, "--output", str(tmp_path / f"{len(texts)}.csv"), str(scans)]) == 0
        rows = list(csv.DictReader(io.StringIO((tmp_path / f"{len(texts)}.csv").read_text())))
        texts += [row["text"] for row in rows]
    assert texts[1] == "2" != texts[0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    (
        (("--hand", "nobodys-hand-so-far-0"), "has no corrections in"),
        (("--hand", "short"), "is no name of a hand"),
        (("--hand", HAND, "--model", "lenet5"), "cannot be corrected"),
    ),
)
def test_a_hand_that_cannot_be_read_with_is_said(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "one.png").write_bytes(to_png(draw_digit(7)))
    assert read([*options, str(tmp_path / "one.png")]) == 2
    assert sentence in capsys.readouterr().err
