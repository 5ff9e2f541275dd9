"""Show rows on standard output: a table for a person at a terminal, CSV for the next program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from ..escaping import escape_controls
from .files import Csv
from .rows import Row

TEXT_WIDTH = 6  # characters of the first column; a longer text moves its line to the right


class TerminalTable:
    """One line a picture, as it is read: text, confidence and path."""

    def __init__(self, stream: TextIO) -> None:
        """Write the head."""
        self._stream = stream
        print(f"{'read':{TEXT_WIDTH}}  {'sure':>7}  picture", file=stream)

    def write(self, rows: Sequence[Row]) -> None:
        """Show the rows of a batch."""
        print("\n".join(map(describe_row, rows)), file=self._stream, flush=True)


def describe_row(row: Row) -> str:
    """Return a row as one line; "?" marks an uncertain reading."""
    if row["error"]:
        return escape_controls(f"{'-':{TEXT_WIDTH}}  {'':7}  {row['path']}: {row['error']}")
    text = row["text"].replace("\n", " / ") + ("" if row["certain"] else " ?")
    return f"{text:{TEXT_WIDTH}}  {row['confidence']:7.1%}  {escape_controls(row['path'])}"


class CsvTable:
    """CSV, as in files."""

    def __init__(self, stream: TextIO) -> None:
        """Write the head."""
        self._form = Csv()
        self._stream = stream
        self._stream.write(self._form.header.decode())

    def write(self, rows: Sequence[Row]) -> None:
        """Write the rows of a batch."""
        self._stream.write(self._form.encode(rows).decode())
        self._stream.flush()


def open_table(stream: TextIO) -> TerminalTable | CsvTable:
    """Return a table for a terminal, or CSV for any other stream."""
    return TerminalTable(stream) if stream.isatty() else CsvTable(stream)
