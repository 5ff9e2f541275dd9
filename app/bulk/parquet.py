"""Rows as Parquet: the columns' types, and a file of them, written at the end from a journal of what is read.

Alone knows pyarrow; imported only where Parquet is asked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .files import BadOutput, Common, Journal, JsonLines, check_settings, name_unfinished, read_line, to_line
from .rows import Row

GROUP = 65536  # rows of a group: what is held at once, and what a reader of the file takes at once


def describe_columns(many: bool) -> pa.Schema:
    """Return the types of the columns; with many digits a picture, probabilities are a list of ten for each."""
    probabilities = pa.list_(pa.float64())
    return pa.schema(
        {
            "path": pa.string(),
            "text": pa.string(),
            "digit": pa.int8(),
            "confidence": pa.float64(),
            "certain": pa.bool_(),
            "doubt": pa.string(),
            "probabilities": pa.list_(probabilities) if many else probabilities,
            "error": pa.string(),
            "code": pa.string(),
        }
    )


def to_table(rows: Sequence[Row], many: bool) -> pa.Table:
    """Return rows as a table."""
    return pa.Table.from_pylist(list(rows), describe_columns(many))


def write_groups(path: Path, rows: Iterable[Row], many: bool) -> None:
    """Write rows to a file, a group at a time."""
    remaining = iter(rows)
    with pq.ParquetWriter(path, describe_columns(many)) as writer:
        while group := list(itertools.islice(remaining, GROUP)):
            writer.write_table(to_table(group, many))


def count_rows(path: Path, many: bool) -> int:
    """Return how many rows a file holds.

    Raises:
        BadOutput: it is not such a file.
    """
    try:
        with pq.ParquetFile(path) as file:
            ours, count = file.schema_arrow.equals(describe_columns(many)), file.metadata.num_rows
    except pa.ArrowInvalid as error:
        raise BadOutput(f"{path} was not written by this program. Choose another file.") from error
    if not ours:
        raise BadOutput(f"{path} has other columns. Give the same options as then, or choose another file.")
    return int(count)


def read_rows(path: Path) -> Iterator[Row]:
    """Yield every row of a file."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(GROUP):
            yield from batch.to_pylist()


class ParquetOutput:
    """Parquet, which is a journal until it is whole."""

    def __init__(self, path: Path, settings: Common) -> None:
        """Begin or go on; what a finished file holds is kept, and comes before what is added."""
        self._path = path
        self._many = bool(settings["many"])
        self._unfinished = name_unfinished(path)
        before = count_rows(path, self._many) if path.exists() else 0
        if self._unfinished.exists() and _read_after(self._unfinished) not in (before, None):
            self._unfinished.unlink()  # its rows are in the file already: the machine stopped right after that
        settings = {**settings, "after": before}
        check_settings(self._unfinished, settings)
        self._journal = Journal(self._unfinished, JsonLines(to_line(settings)))

    def read_rows(self) -> Iterator[Row]:
        """Yield what has been written so far."""
        if self._path.exists():
            yield from read_rows(self._path)
        if self._unfinished.exists():  # until it is finished
            yield from self._journal.read_rows()

    def write(self, rows: Sequence[Row]) -> None:
        """Add the rows of a batch."""
        self._journal.write(rows)

    def finish(self) -> None:
        """Write the file beside, give it its name, and only then forget the journal."""
        beside = self._path.with_name(f".{self._path.name}")
        write_groups(beside, self.read_rows(), self._many)
        beside.replace(self._path)
        self._unfinished.unlink()

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()


def _read_after(unfinished: Path) -> int | None:
    """Return how many rows a file held when a journal was begun."""
    with unfinished.open("rb") as file:
        return read_line(file.readline()).get("after")
