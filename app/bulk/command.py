"""python -m app read: every picture of the paths named, read as the server reads, into a table or a file.

    paths -> sources -> rows, by every core of this machine or by a Ray cluster -> table, CSV, JSON Lines or Parquet

Exit codes: 0 every picture was read; 1 some could not be, and their rows say why; 2 a mistake in the request, described
in one sentence on standard error; 130 after Ctrl-C and 143 after SIGTERM, with how to resume.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from ..commandline import NumberFrom, Terminated, run_command, terminate
from ..errors import DigitsError
from ..escaping import escape_controls
from ..models.files import BadModel
from ..models.folder import Artifact
from ..models.registry import choose_default, describe_refused, find_artifacts
from ..preprocessing.decoding import Picture, decode_picture
from ..settings import BadSetting, Settings, read_settings
from .connection import BadCluster, connect, prepare
from .files import BadOutput, Output
from .outputs import open_output
from .processes import count_cores, read_sources
from .progress import Tally, show_progress
from .rows import Failure, Job, Row, read_body
from .sources import STANDARD_INPUT, BadPath, Source, check_paths, find_files, find_sources, name_source
from .tables import open_table
from .truth import LABELS, Comparison

PROGRAM = "python -m app read"
WRONG = "wrong.png"  # the sheet of wrong readings, where there is no output file to put it beside
FILES = (".csv", ".jsonl", ".ndjson", ".parquet")  # suffixes of files, which a cluster does not write
PIPE_CLOSED = 141  # exit code of a program whose reader closed the pipe, as shells count it


class BadOption(Exception):
    """An option that cannot be used, with a sentence for whoever typed it."""


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


class ReadCommand(click.Command):
    """A command that keeps its arguments, from which it says how to resume."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments as the context's object."""
        ctx.obj = tuple(args)
        return super().parse_args(ctx, args)


@click.command("read", cls=ReadCommand)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--many", is_flag=True, help="Read all digits of each picture, not one.")
@click.option("--model", metavar="NAME", help="The network that reads. Default: DIGITS_DEFAULT_MODEL, else robust.")
@click.option(
    "--output",
    metavar="FILE",
    help="File that ends in .csv, .jsonl or .parquet; with --ray a folder of Parquet parts. Default: standard output.",
)
@click.option("--resume", is_flag=True, help="Resume an interrupted run, or add new pictures.")
@click.option(
    "--label-from",
    type=click.Choice(tuple(LABELS)),
    help="Compare with the number that is the name of a picture's folder, or with which its own name begins.",
)
@click.option(
    "--wrong",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"PNG of the wrong readings, with --label-from. Default: {WRONG}, beside --output.",
)
@click.option("--processes", type=NumberFrom(1), help="Pictures read at once. Default: one a core.")
@click.option("--ray", metavar="ADDRESS", help="Read on the Ray cluster at HOST:PORT, or on one started here: local.")
@click.pass_obj
def read(arguments: Sequence[str], /, **options: Any) -> int:
    """Read every picture of the paths: a table, or a file.

    PATH is a file, a folder (every picture in it and below), a pattern in quotes, or -: a picture on standard input, or
    names, one a line.
    """
    former = signal.signal(signal.SIGTERM, terminate)
    try:
        return int(read_paths(**options) > 0)
    except (BadPath, BadOption, BadOutput, BadCluster, BadModel, BadSetting) as error:
        _say(str(error))
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # flushing at exit must not fail again
        return PIPE_CLOSED
    except OSError as error:
        _say(f"{error.filename or 'A file'} could not be read or written: {error.strerror}.")
        return 2
    except KeyboardInterrupt as interruption:
        again = [argument for argument in arguments if argument != "--resume"]
        command = shlex.join([*PROGRAM.split(), *again, "--resume"])
        _say(f"Interrupted; resume with: {command}" if options["output"] else "Interrupted.")
        return 143 if isinstance(interruption, Terminated) else 130
    finally:
        signal.signal(signal.SIGTERM, former)


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    return run_command(read, PROGRAM, arguments)


def _say(sentence: str) -> None:
    print(escape_controls(sentence), file=sys.stderr)  # noqa: T201


def read_paths(  # noqa: PLR0913 - a command's options are its parameters
    *,
    paths: tuple[str, ...],
    many: bool,
    model: str | None,
    output: str | None,
    resume: bool,
    label_from: str | None,
    wrong: Path | None,
    processes: int | None,
    ray: str | None,
) -> int:
    """Read pictures as the options say, and return how many could not be read.

    Raises:
        BadPath, BadOption, BadOutput, BadCluster, BadModel, BadSetting: it cannot be done, and why.
    """
    settings = read_settings()
    job = Job(choose_model(settings, model).folder, many, settings.max_bytes)
    destination = choose_destination(output, resume)
    evaluation = choose_evaluation(label_from, wrong, destination)
    if paths.count(STANDARD_INPUT) > 1:
        raise BadOption("Standard input can be read only once: name - once.")
    if ray is not None:
        if destination is None or Path(destination.name).suffix in FILES:
            raise BadOption("With --ray, --output names the folder of Parquet parts to write.")
        return read_to_parts(job, paths, Cluster(ray, processes), destination, evaluation)
    check_paths(paths)
    if destination is None:
        return read_to_table(job, paths, processes, evaluation)
    with closing(open_output(Path(destination.name), describe_job(job), resume)) as opened:
        return read_to_file(job, paths, processes, opened, evaluation)


def choose_model(settings: Settings, name: str | None) -> Artifact:
    """Return the model that reads, by its name, else the server's default.

    Raises:
        BadOption: no model has that name.
        BadModel: the models cannot be used.
    """
    found = find_artifacts(settings.models)
    artifacts = {artifact.name: artifact for artifact in found.artifacts}
    for one in found.refused:
        if one.name == name:
            raise BadModel(describe_refused([one]))
        _say(describe_refused([one]))
    if name is not None and name not in artifacts:
        raise BadOption(f"There is no model {name!r}. There are: {', '.join(artifacts)}.")
    return artifacts[name or choose_default(found, settings.default_model)]


def choose_destination(output: str | None, resume: bool) -> Destination | None:
    """Return what is written; None is standard output.

    Raises:
        BadOption: standard output cannot be resumed.
    """
    if output is not None:
        return Destination(output, resume)
    if resume:
        raise BadOption("--resume continues a file: name it with --output.")
    return None


def choose_evaluation(label_from: str | None, wrong: Path | None, destination: Destination | None) -> Evaluation | None:
    """Return how readings are compared with labels; None where they are not.

    Raises:
        BadOption: a sheet of wrong readings is wanted, but no labels.
    """
    if label_from is not None:
        beside = Path(destination.name).with_suffix(f".{WRONG}") if destination else Path(WRONG)
        return Evaluation(label_from, wrong or beside)
    if wrong is not None:
        raise BadOption("--wrong shows wrong readings: say with --label-from where the labels are.")
    return None


def describe_job(job: Job) -> dict[str, Any]:
    """Return what all rows of one output must have in common."""
    return {"model": job.model.name, "many": job.many}


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
    _say(f"{tally}")
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
