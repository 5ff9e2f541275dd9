"""Rows as Parquet: the types of the columns, and a file that is written at the end from a journal.

Needs pyarrow, so it is imported only where Parquet is written.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .files import BadOutput, Common, Journal, JsonLines, check_settings, name_unfinished, read_line, to_line
from .rows import Row

GROUP = 65536  # rows of a group: held in memory together, here and by readers of the file


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
        BadOutput: it was not written by this program, or with other options.
    """
    try:
        with pq.ParquetFile(path) as file:
            ours, count = file.schema_arrow.equals(describe_columns(many)), file.metadata.num_rows
    except pa.ArrowInvalid as error:
        raise BadOutput(f"{path} was not written by this program. Choose another file.") from error
    if not ours:
        raise BadOutput(f"{path} has other columns. Give the same options as before, or choose another file.")
    return int(count)


def read_rows(path: Path) -> Iterator[Row]:
    """Yield every row of a file."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(GROUP):
            yield from batch.to_pylist()


class ParquetOutput:
    """A Parquet file: a journal of JSON Lines until the run is complete."""

    def __init__(self, path: Path, settings: Common) -> None:
        """Start or resume; the rows of a finished file are kept, before those that are added."""
        self._path = path
        self._many = bool(settings["many"])
        self._unfinished = name_unfinished(path)
        before = count_rows(path, self._many) if path.exists() else 0
        if self._unfinished.exists() and _read_after(self._unfinished) not in (before, None):
            self._unfinished.unlink()  # its rows are in the file already: the machine stopped between the two
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
        """Write the file under another name, rename it, and only then delete the journal."""
        beside = self._path.with_name(f".{self._path.name}")
        write_groups(beside, self.read_rows(), self._many)
        beside.replace(self._path)
        self._unfinished.unlink()

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()


def _read_after(unfinished: Path) -> int | None:
    """Return how many rows the file held when its journal was started."""
    with unfinished.open("rb") as file:
        return read_line(file.readline()).get("after")
