"""Show rows on standard output: a table for a person at a terminal, CSV for the next program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from ..escaping import escape_controls
from .files import Csv
from .rows import Row

TEXT_WIDTH = 6  # characters, of the column of what was read; a longer text moves its line to the right


class PersonsTable:
    """A line a picture, as it is read: what is written there, how sure that is, and where."""

    def __init__(self, stream: TextIO) -> None:
        """Write the head."""
        self._stream = stream
        print(f"{'read':{TEXT_WIDTH}}  {'sure':>7}  picture", file=stream)

    def write(self, rows: Sequence[Row]) -> None:
        """Show the rows of a batch."""
        print("\n".join(map(describe_row, rows)), file=self._stream, flush=True)


def describe_row(row: Row) -> str:
    """Say on one line what a row says; "?" marks what should not be trusted."""
    if row["error"]:
        return escape_controls(f"{'-':{TEXT_WIDTH}}  {'':7}  {row['path']}: {row['error']}")
    text = row["text"].replace("\n", " / ") + ("" if row["certain"] else " ?")
    return f"{text:{TEXT_WIDTH}}  {row['confidence']:7.1%}  {escape_controls(row['path'])}"


class ProgramsTable:
    """CSV, as it is written to files."""

    def __init__(self, stream: TextIO) -> None:
        """Write the head."""
        self._form = Csv()
        self._stream = stream
        self._stream.write(self._form.header.decode())

    def write(self, rows: Sequence[Row]) -> None:
        """Write the rows of a batch."""
        self._stream.write(self._form.encode(rows).decode())
        self._stream.flush()


def open_table(stream: TextIO) -> PersonsTable | ProgramsTable:
    """Begin the table that suits a stream."""
    return PersonsTable(stream) if stream.isatty() else ProgramsTable(stream)
