"""Corrections as files: a zip of PNGs in folders by label, with a table of what else is known of them.

    4/00000017.png, 9/00000018.png, ... corrections.csv: file, digit, was, model, version, time

What write_zip() writes, read_zip() reads; it also reads such a zip, or such a folder, that other programs made: any
pictures of one digit in folders named by what they are.
"""

from __future__ import annotations

import csv
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from .corrections import Correction

TABLE = "corrections.csv"
COLUMNS = ("file", "digit", "was", "model", "version", "time")
MAX_FILES = 20_000  # in an archive
MAX_BYTES = 2**20  # of a picture in it
MAX_TABLE = 16 * 2**20  # bytes of its table


# What zipfile and the decompressors under it raise for damaged files
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, NotImplementedError, RuntimeError, EOFError,
    ValueError, LookupError, OverflowError,
)  # fmt: skip


class BadArchive(Exception):
    """A zip or a folder that holds no corrections, with a sentence that says why."""


@dataclass(frozen=True)
class Found:
    """A picture in an archive, what it is, and what its table knows of it besides."""

    name: str
    digit: int
    body: bytes
    known: dict[str, str]


def write_zip(stream: BinaryIO, corrections: Iterable[Correction]) -> int:
    """Write corrections as a zip, and return how many there were; PNGs are compressed already."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(COLUMNS)
    count = 0
    with zipfile.ZipFile(stream, "w") as archive:
        for each in corrections:
            name = f"{each.digit}/{each.number:08}.png"
            entry = zipfile.ZipInfo(name, each.time.timetuple()[:6])
            archive.writestr(entry, each.png)
            rows.writerow((name, each.digit, each.was, each.model, each.version, each.time.isoformat()))
            count += 1
        archive.writestr(TABLE, table.getvalue())
    return count


def read_archive(path: Path) -> Iterator[Found]:
    """Yield the pictures of a zip or of a folder that lie in folders named 0 to 9.

    Raises:
        BadArchive: it is neither, or too large.
    """
    files = _list_folder(path) if path.is_dir() else _list_zip(path)
    known = _read_table(files.pop(TABLE)) if TABLE in files else {}
    labelled = {name: body for name, body in files.items() if PurePosixPath(name).parent.name in tuple("0123456789")}
    if not labelled:
        raise BadArchive(f"{path} holds no pictures in folders named 0 to 9.")
    for name in sorted(labelled):
        yield Found(name, int(PurePosixPath(name).parent.name), labelled[name], known.get(name, {}))


def parse_time(text: str | None) -> datetime:
    """Return a time of the table; now where it has none that can be read."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return datetime.now(UTC)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _list_folder(folder: Path) -> dict[str, bytes]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()][: MAX_FILES + 1]
    _check_count(folder, len(paths))
    found = {}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        _check_size(name, path.stat().st_size)
        found[name] = path.read_bytes()
    return found


def _list_zip(path: Path) -> dict[str, bytes]:
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check_count(path, len(entries))
            for entry in entries:
                _check_size(entry.filename, entry.file_size)
                found[entry.filename] = archive.read(entry)
    except (*DAMAGED, OSError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise BadArchive(f"{path} is no zip that can be read ({error}).") from error
    return found


def _check_count(path: Path, count: int) -> None:
    if count > MAX_FILES:
        raise BadArchive(f"{path} holds more than {MAX_FILES:,} files.")


def _check_size(name: str, size: int) -> None:
    max_size = MAX_TABLE if name == TABLE else MAX_BYTES
    if size > max_size:
        raise BadArchive(f"{name} has {size:,} bytes; expected at most {max_size:,}.")


def _read_table(body: bytes) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(body.decode("utf-8", errors="replace")))
    return {row.get("file") or "": {name: row.get(name) or "" for name in COLUMNS} for row in rows}
