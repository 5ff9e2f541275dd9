"""Append rows to a file, so that an interrupted run can be resumed: CSV, JSON Lines or Parquet.

    CSV, JSON Lines   FILE grows by whole batches; FILE.unfinished holds the settings of the run until it is over
    Parquet           the rows are in FILE.unfinished, as JSON Lines after the settings, and become FILE at the end:
                      a Parquet file can be read only once its last bytes are there

After a crash the last record may be incomplete: a resumed run begins by cutting it off. Not SQLite: the CSV and JSON
Lines files are their own journal, and a database would be a second copy to keep in step with them.
"""

from __future__ import annotations

import csv
import fcntl
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from .rows import COLUMNS, Row

UNFINISHED = ".unfinished"

QUOTE = "'"
# How a cell begins that a spreadsheet computes; numbers do not match, nor "-", the name of standard input
BEGINS_FORMULA = re.compile(r"'*(?![-+][0-9.,]*\Z)[-=+@\t\r\n\uff0b\uff0d\uff1d\uff20]")

WORDS = ("path", "text", "doubt", "error", "code")  # columns of text; the others are JSON in CSV

FIRST_COLUMN = b'{"path": '  # how a file of JSON Lines begins

Common = Mapping[str, Any]  # settings that all rows of one output share


class BadOutput(Exception):
    """An output that cannot be written to, with a sentence that says what to do."""


class Form(Protocol):
    """How rows are written as text."""

    header: bytes

    def encode(self, rows: Iterable[Row]) -> bytes:
        """Return rows as whole records."""

    def split(self, file: BinaryIO) -> Iterator[bytes]:
        """Yield every whole record of a file, the header included."""

    def decode(self, record: bytes) -> Row:
        """Return the row that a record is."""


class Csv:
    """Comma-separated values, the first record the names of the columns. Probabilities are JSON.

    A text that a spreadsheet would compute, e.g. the name =1+1.png, has a quote before it, as a spreadsheet writes it.
    """

    header = (",".join(COLUMNS) + "\n").encode()

    def encode(self, rows: Iterable[Row]) -> bytes:
        """Return rows as whole records."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([_to_cell(name, row[name]) for name in COLUMNS] for row in rows)
        return text.getvalue().encode()

    def split(self, file: BinaryIO) -> Iterator[bytes]:
        """Yield every whole record: it ends at the end of a line before which quotes are paired."""
        record = b""
        for line in file:
            record += line
            if line.endswith(b"\n") and record.count(b'"') % 2 == 0:
                yield record
                record = b""

    def decode(self, record: bytes) -> Row:
        """Return the row that a record is."""
        cells = next(csv.reader(io.StringIO(record.decode(), newline="")))
        return {
            name: (unguard_formula(cell) or None) if name in WORDS else json.loads(cell or "null")
            for name, cell in zip(COLUMNS, cells, strict=True)
        }


def guard_formula(cell: str) -> str:
    """Put a quote before a text that a spreadsheet would take for a formula, and before one that begins as these do.

    Numbers stay as they are, and so do paths that begin with / or a letter.

    Source: OWASP, CSV Injection.
    """
    return QUOTE + cell if BEGINS_FORMULA.match(cell) else cell


def unguard_formula(cell: str) -> str:
    """Return a text as it was before guard_formula()."""
    return cell.removeprefix(QUOTE) if BEGINS_FORMULA.match(cell.removeprefix(QUOTE)) else cell


def _to_cell(name: str, value: Any) -> Any:
    if name in WORDS:
        return None if value is None else guard_formula(value)
    return None if value is None else json.dumps(value)


class JsonLines:
    """One JSON object a line."""

    def __init__(self, header: bytes = b"") -> None:
        """Set the header: a line of another kind, or none."""
        self.header = header

    def encode(self, rows: Iterable[Row]) -> bytes:
        """Return rows as whole records."""
        return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)

    def split(self, file: BinaryIO) -> Iterator[bytes]:
        """Yield every whole record."""
        return (line for line in file if line.endswith(b"\n"))

    def decode(self, record: bytes) -> Row:
        """Return the row that a record is."""
        row: Row = json.loads(record)
        return row


class Journal:
    """An append-only file of records."""

    def __init__(self, path: Path, form: Form) -> None:
        """Open or create the file, and cut off an incomplete record at its end.

        Raises:
            BadOutput: another run writes to it, or it was not written by this program.
        """
        self._path = path
        self._form = form
        self._file = path.open("a+b")
        try:
            self._lock()
            self._cut()
        except BaseException:
            self._file.close()
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadOutput(f"Another run is writing to {self._path}. Wait for it, or choose another file.") from error

    def _cut(self) -> None:
        self._file.seek(0)
        begin = self._form.header or FIRST_COLUMN
        start = self._file.read(len(begin))
        self._check(start == begin[: len(start)])
        self._file.seek(0)
        whole = sum(map(len, self._form.split(self._file)))
        self._file.truncate(whole)
        if whole == 0:
            self._append(self._form.header)

    def _check(self, ours: bool) -> None:
        if not ours:
            raise BadOutput(f"{self._path} was not written by this program. Choose another file.")

    def _decode(self, record: bytes) -> Row:
        try:
            row = self._form.decode(record)
        except ValueError:
            row = {}
        self._check(set(row) == set(COLUMNS))
        return row

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows, all in one piece."""
        self._append(self._form.encode(rows))

    def _append(self, records: bytes) -> None:
        self._file.write(records)
        self._file.flush()

    def read_rows(self) -> Iterator[Row]:
        """Yield every row.

        Raises:
            BadOutput: one is not a row.
        """
        with self._path.open("rb") as file:
            for record in itertools.islice(self._form.split(file), int(bool(self._form.header)), None):
                yield self._decode(record)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Output(Protocol):
    """The destination of a run's rows."""

    def read_rows(self) -> Iterator[Row]:
        """Yield what has been written so far."""

    def write(self, rows: Sequence[Row]) -> None:
        """Add the rows of a batch."""

    def finish(self) -> None:
        """Mark the run as complete."""

    def close(self) -> None:
        """Close the files."""


class TextOutput:
    """CSV or JSON Lines."""

    def __init__(self, path: Path, form: Form, settings: Common) -> None:
        """Start or resume."""
        self._unfinished = name_unfinished(path)
        check_settings(self._unfinished, settings)
        self._journal = Journal(path, form)
        self._unfinished.write_bytes(to_line(settings))

    def read_rows(self) -> Iterator[Row]:
        """Yield what has been written so far."""
        return self._journal.read_rows()

    def write(self, rows: Sequence[Row]) -> None:
        """Add the rows of a batch."""
        self._journal.write(rows)

    def finish(self) -> None:
        """Mark the run as complete."""
        self._unfinished.unlink()

    def close(self) -> None:
        """Close the file."""
        self._journal.close()


def name_unfinished(path: Path) -> Path:
    """Return the file beside an output that exists until its run is complete."""
    return path.with_name(path.name + UNFINISHED)


def to_line(settings: Common) -> bytes:
    """Return settings as a line."""
    return json.dumps(settings).encode() + b"\n"


def check_settings(unfinished: Path, settings: Common) -> None:
    """Check that a run is resumed with the settings it was started with.

    Raises:
        BadOutput: the settings differ.
    """
    if unfinished.exists():
        with unfinished.open("rb") as file:
            check_line(unfinished.name.removesuffix(UNFINISHED), file.readline(), settings)


def check_line(name: str, line: bytes, settings: Common) -> None:
    """Check settings against the line that an output was started with.

    Raises:
        BadOutput: they differ.
    """
    started = read_line(line)
    for key, value in settings.items():
        if started and started.get(key) != value:
            raise BadOutput(
                f"{name} was started with {key.replace('_', ' ')} {started.get(key)}; now it is {value}. "
                "Give the same options as before, or another name."
            )


def read_line(line: bytes) -> Common:
    """Return the settings that a line holds; an empty dictionary for an incomplete line."""
    settings: Common = json.loads(line) if line.endswith(b"\n") else {}
    return settings
