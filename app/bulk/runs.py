"""One run: the pictures of a command line, read to a table, a file or the parts of a cluster, and compared with labels.

sources -> those that are not done -> rows -> table, file or parts -> report of how they compare with the labels
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import DigitsError
from ..escaping import escape_controls
from ..preprocessing.decoding import Picture, decode_picture
from .connection import connect, prepare
from .files import Output
from .processes import count_cores, read_sources
from .progress import Tally, say, show_progress
from .rows import Failure, Job, Row, read_body
from .sources import STANDARD_INPUT, Source, check_paths, find_files, find_sources, name_source
from .tables import open_table
from .truth import Comparison


@dataclass(frozen=True)
class Destination:
    """The file or folder that is written, and whether an interrupted run is resumed in it."""

    name: str
    resume: bool


@dataclass(frozen=True)
class Evaluation:
    """Where labels come from, and the PNG that shows the wrong readings."""

    label_from: str
    sheet: Path


@dataclass(frozen=True)
class Cluster:
    """The Ray cluster that reads: its address, and the number of workers; None: one a processor."""

    address: str
    workers: int | None


def describe_job(job: Job) -> dict[str, Any]:
    """Return what all rows of one output must have in common."""
    return {"model": job.model.name, "many": job.many, **({"hand": job.taught.hand} if job.taught else {})}


def read_to_table(job: Job, paths: Sequence[str], processes: int | None, evaluation: Evaluation | None) -> int:
    """Read all pictures to standard output, and return how many could not be read."""
    comparison = Comparison(evaluation.label_from, job.many) if evaluation else None
    table = open_table(sys.stdout)
    failures = 0
    for rows in follow_rows(job, paths, find_sources(paths, sys.stdin.buffer), processes):
        table.write(rows)
        failures += count_failures(rows)
        if comparison:
            comparison.add(rows)
    if evaluation and comparison:
        report(comparison, evaluation.sheet, partial(read_place, max_bytes=job.max_bytes), sys.stderr.write)
    return failures


def read_to_file(
    job: Job, paths: Sequence[str], processes: int | None, output: Output, evaluation: Evaluation | None
) -> int:
    """Read the pictures that a file does not hold yet, and return how many of all in it could not be read."""
    done = Counter(row["path"] for row in output.read_rows())
    failures = count_failures(output.read_rows()) if done else 0
    sources = leave_out(done, find_sources(paths, sys.stdin.buffer))
    for rows in follow_rows(job, paths, sources, processes):
        output.write(rows)
        failures += count_failures(rows)
    if evaluation:
        comparison = Comparison(evaluation.label_from, job.many)
        comparison.add(output.read_rows())
        report(comparison, evaluation.sheet, partial(read_place, max_bytes=job.max_bytes), sys.stdout.write)
    output.finish()
    return failures


def read_to_parts(
    job: Job, paths: Sequence[str], cluster: Cluster, destination: Destination, evaluation: Evaluation | None
) -> int:
    """Read the pictures on a cluster, and return how many of all in the parts could not be read.

    Raises:
        BadCluster: Ray is not installed, or there is no cluster.
    """
    prepare(cluster.address)
    from .cluster import Parts, find_places
    from .cluster import read as read_on_cluster
    from .cluster import read_place as read_remote

    check_paths(path for path in paths if "://" not in path)
    sources = list(find_places(paths, sys.stdin.buffer))
    parts = Parts(destination.name, describe_job(job), destination.resume)
    done = Counter(row["path"] for row in parts.read_rows("path"))
    left = list(leave_out(Counter(done), iter(sources)))
    tally = Tally()
    if left:
        # Ray writes to standard output what dies on the cluster
        with redirect_stdout(sys.stderr), connect(cluster.address, job.model) as processors:
            read_on_cluster(job, left, parts, cluster.workers or processors)
    parts.finish(done.total() + len(left))
    tally.add(parts.read_rows("error", "certain"))
    say(f"{tally}")
    if evaluation:
        comparison = Comparison(evaluation.label_from, job.many)
        comparison.add(parts.read_rows())
        report(comparison, evaluation.sheet, partial(read_remote, max_bytes=job.max_bytes), sys.stdout.write)
    return tally.failures


def leave_out(done: Counter[str], sources: Iterator[Source]) -> Iterator[Source]:
    """Yield the sources that are not done, each as often as it is named."""
    for source in sources:
        if done[source.path] > 0:
            done[source.path] -= 1
        else:
            yield source


def follow_rows(
    job: Job, paths: Sequence[str], sources: Iterator[Source], processes: int | None
) -> Iterator[list[Row]]:
    """Yield the rows of every batch, and show the progress."""
    with show_progress(lambda: count_pictures(paths)) as show:
        for rows in read_sources(job, sources, processes or count_cores()):
            show(rows)
            yield rows


def count_pictures(paths: Sequence[str]) -> int | None:
    """Count the pictures that paths name; None where they come on standard input."""
    if STANDARD_INPUT in paths:
        return None
    return sum(1 for path in paths for _ in find_files(path))


def count_failures(rows: Sequence[Row] | Iterator[Row]) -> int:
    """Return how many rows hold an error."""
    return sum(row["error"] is not None for row in rows)


def read_place(name: str, max_bytes: int) -> bytes | Failure:
    """Return the bytes of a picture, by its name in a row."""
    return read_body(name_source(name), max_bytes)


def report(
    comparison: Comparison, sheet: Path, read_picture: Callable[[str], bytes | Failure], write: Callable[[str], object]
) -> None:
    """Write how the readings compare with the labels, and draw those that differ.

    Args:
        comparison: of all rows.
        sheet: PNG of the wrong readings; not written where there are none.
        read_picture: returns the bytes of a picture by its name in a row.
        write: takes the report.
    """
    write(f"{comparison.describe()}\n")
    if not comparison.wrong:
        return

    def open_picture(name: str) -> Picture | None:
        body = read_picture(name)
        try:
            return decode_picture(body) if isinstance(body, bytes) else None
        except DigitsError:
            return None

    comparison.draw_sheet(sheet, open_picture)
    write(f"Wrong readings are shown in {escape_controls(str(sheet))}.\n")
