"""One run: the pictures of a command line, read to a table, a file or the parts of a cluster, and compared with labels.

sources -> those that are not done -> rows -> table, file or parts -> report of how they compare with the labels
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import DigitsError
from ..escaping import escape_controls
from ..preprocessing.decoding import Picture, decode_picture
from .archives import is_archive
from .connection import connect, prepare
from .files import Output
from .processes import count_cores, read_sources
from .progress import Tally, say, show_progress
from .rows import Failure, Job, Row, find_page, open_regular, read_body, split_pages
from .sources import STANDARD_INPUT, Source, check_paths, find_files, find_sources, read_named
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
    for rows in follow_rows(job, paths, find_here(job, paths), processes):
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
    done = count_done(output.read_rows())
    failures = count_failures(output.read_rows()) if done.files else 0
    sources = leave_out(done, find_here(job, paths))
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
    done = Counter(path for path, page in map(find_page, (row["path"] for row in parts.read_rows("path"))) if page == 1)
    left = list(leave_out(Done(Counter(done)), iter(sources)))
    tally = Tally()
    if left:
        # Ray writes to standard output what dies on the cluster
        with redirect_stdout(sys.stderr), connect(cluster.address, job.model) as processors:
            read_on_cluster(job, left, parts, cluster.workers or processors)
    parts.finish(done.total() + sum(find_page(source.path)[1] == 1 for source in left))
    tally.add(parts.read_rows("error", "certain"))
    say(f"{tally}")
    if evaluation:
        comparison = Comparison(evaluation.label_from, job.many)
        comparison.add(parts.read_rows())
        report(comparison, evaluation.sheet, partial(read_remote, max_bytes=job.max_bytes), sys.stdout.write)
    return tally.failures


@dataclass
class Done:
    """The files that an output holds, how often each, and the last of them, of which pages may be missing."""

    files: Counter[str]
    last: str = ""
    pages: int = 0  # of the last file that are there


def count_done(rows: Iterator[Row]) -> Done:
    """Count the files of an output by its rows; the rows of a file's pages follow each other."""
    done = Done(Counter())
    for row in rows:
        if find_page(row["path"]) == (done.last, done.pages + 1):
            done.pages += 1
        else:
            done.last, done.pages = row["path"], 1
            done.files[done.last] += 1
    return done


def leave_out(done: Done, sources: Iterator[Source]) -> Iterator[Source]:
    """Yield the sources that are not done, each as often as it is named; the last is looked at for more pages."""
    for source in sources:
        if done.files[source.path] > 0:
            done.files[source.path] -= 1
            if done.files[source.path] == 0 and source.path == done.last:
                yield replace(source, done=done.pages)
        else:
            yield source


def find_here(job: Job, paths: Sequence[str]) -> Iterator[Source]:
    """Find every picture that the paths name on this machine."""
    return find_sources(paths, sys.stdin.buffer, open_regular, job.max_bytes)


def follow_rows(
    job: Job, paths: Sequence[str], sources: Iterator[Source], processes: int | None
) -> Iterator[list[Row]]:
    """Yield the rows of every batch, and show the progress."""
    with show_progress(lambda: count_pictures(paths)) as show:
        for rows in read_sources(job, sources, processes or count_cores()):
            show(rows)
            yield rows


def count_pictures(paths: Sequence[str]) -> int | None:
    """Count the pictures that paths name; None where they come on standard input, or several in a file."""
    if STANDARD_INPUT in paths:
        return None
    count = 0
    for path in paths:
        for name in find_files(path):
            if is_archive(name) or name.lower().endswith(".pdf"):
                return None
            count += 1
    return count


def count_failures(rows: Sequence[Row] | Iterator[Row]) -> int:
    """Return how many rows hold an error."""
    return sum(row["error"] is not None for row in rows)


def read_place(name: str, max_bytes: int) -> bytes | Failure:
    """Return the bytes of a picture's file, by its name."""
    return read_body(read_named(name, open_regular, max_bytes), max_bytes)


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
        file, number = find_page(name)
        pages = split_pages(file, read_picture(file))
        _, body = pages[min(number, len(pages)) - 1]
        try:
            return None if isinstance(body, dict) else decode_picture(body)
        except DigitsError:
            return None

    comparison.draw_sheet(sheet, open_picture)
    write(f"Wrong readings are shown in {escape_controls(str(sheet))}.\n")
