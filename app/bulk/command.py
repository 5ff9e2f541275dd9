"""python -m app read: every picture of the paths named, read as the server reads, into a table or a file.

    paths -> sources -> rows, by every core of this machine or by a Ray cluster -> table, CSV, JSON Lines or Parquet

Exit codes: 0 every picture was read; 1 some could not be, and their rows say why; 2 something to put right, said in
one sentence on standard error; 130 after Ctrl-C and 143 after SIGTERM, with how to go on.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, redirect_stdout
from functools import partial
from pathlib import Path

from ..commandline import OneSentenceParser, Terminated, terminate
from ..errors import DigitsError
from ..escaping import escape_controls
from ..models.files import BadModel
from ..models.folder import Artifact
from ..models.registry import choose_default, describe_refused, find_artifacts
from ..preprocessing.decoding import Picture, decode_picture
from ..settings import BadSetting, Settings, read_settings
from .connection import BadCluster, connect, prepare
from .files import BadOutput, Common, Output
from .outputs import open_output
from .processes import count_cores, read_sources
from .progress import Tally, show_progress
from .rows import Failure, Job, Row, read_body
from .sources import STANDARD_INPUT, BadPath, Source, check_paths, find_files, find_sources, name_source
from .tables import open_table
from .truth import LABELS, Comparison

WRONG = "wrong.png"  # the sheet of the wrong ones, where there is no file beside which to put it
FILES = (".csv", ".jsonl", ".ndjson", ".parquet")  # suffixes of files, which a cluster does not write
PIPE_CLOSED = 141  # exit code of a program whose reader went away, as shells count it


class BadOption(Exception):
    """An option that cannot be used, with a sentence for whoever typed it."""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneSentenceParser(prog="python -m app read", description="Read every picture of a folder, or of many.")
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="file, folder (every picture in it and below), pattern in quotes, or -: a picture on standard input, or "
        "names, one a line",
    )
    parser.add_argument("--many", action="store_true", help="read all digits of each picture, not one")
    parser.add_argument("--model", metavar="NAME", help="the network that reads (DIGITS_DEFAULT_MODEL, else robust)")
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="file that ends in .csv, .jsonl or .parquet (standard output); with --ray a folder of Parquet parts",
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run, or add new pictures")
    parser.add_argument(
        "--label-from",
        choices=tuple(LABELS),
        help="compare with the number that is the name of a picture's folder, or with which its own name begins",
    )
    parser.add_argument(
        "--wrong",
        type=Path,
        metavar="FILE",
        help=f"PNG of the wrong ones, with --label-from (beside --output, {WRONG})",
    )
    parser.add_argument("--processes", type=_positive, metavar="N", help="pictures read at once (one a core)")
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="read on the Ray cluster at HOST:PORT, or on one started here: local"
    )
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return number


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    options = parse_arguments(arguments)
    former = signal.signal(signal.SIGTERM, terminate)
    try:
        return int(read_paths(options) > 0)
    except (BadPath, BadOption, BadOutput, BadCluster, BadModel, BadSetting) as error:
        _say(str(error))
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody is left to be told at exit
        return PIPE_CLOSED
    except OSError as error:
        _say(f"{error.filename or 'A file'} could not be read or written: {error.strerror}.")
        return 2
    except KeyboardInterrupt as interruption:
        again = [argument for argument in arguments if argument != "--resume"]
        command = shlex.join(["python", "-m", "app", "read", *again, "--resume"])
        _say(f"Interrupted; go on with: {command}" if options.output else "Interrupted.")
        return 143 if isinstance(interruption, Terminated) else 130
    finally:
        signal.signal(signal.SIGTERM, former)


def _say(sentence: str) -> None:
    print(escape_controls(sentence), file=sys.stderr)  # noqa: T201


def read_paths(options: argparse.Namespace) -> int:
    """Do what was asked for, and return how many pictures could not be read.

    Raises:
        BadPath, BadOption, BadOutput, BadModel, BadSetting: it cannot be done, and why.
    """
    settings = read_settings()
    model = choose_model(settings, options.model)
    check_options(options)
    job = Job(model.folder, options.many, settings.max_bytes)
    kind = {"model": model.name, "many": options.many}
    if options.ray is not None:
        return read_to_parts(options, job, kind)
    check_paths(options.paths)
    if options.output is None:
        return read_to_table(options, job)
    with closing(open_output(Path(options.output), kind, options.resume)) as output:
        return read_to_file(options, job, output)


def choose_model(settings: Settings, name: str | None) -> Artifact:
    """Return the model that reads, by its name, else the server's default.

    Raises:
        BadOption: there is none of that name.
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


def check_options(options: argparse.Namespace) -> None:
    """See that the options fit together.

    Raises:
        BadOption: they do not.
    """
    if options.resume and options.output is None:
        raise BadOption("--resume goes on with a file: name it with --output.")
    if options.wrong is not None and options.label_from is None:
        raise BadOption("--wrong shows what was read wrong: say with --label-from what is right.")
    if options.ray is not None and (options.output is None or Path(options.output).suffix in FILES):
        raise BadOption("With --ray, --output names the folder of Parquet parts to write.")
    if options.paths.count(STANDARD_INPUT) > 1:
        raise BadOption("Standard input can be read only once: name - once.")


def read_to_table(options: argparse.Namespace, job: Job) -> int:
    """Read all pictures to standard output, and return how many could not be read."""
    comparison = Comparison(options.label_from, options.many) if options.label_from else None
    table = open_table(sys.stdout)
    failures = 0
    for rows in follow_rows(options, job, find_sources(options.paths, sys.stdin.buffer)):
        table.write(rows)
        failures += count_failures(rows)
        if comparison:
            comparison.add(rows)
    if comparison:
        report(comparison, options, partial(read_place, most=job.most_bytes), sys.stderr.write)
    return failures


def read_to_file(options: argparse.Namespace, job: Job, output: Output) -> int:
    """Read the pictures that a file does not hold yet, and return how many of all in it could not be read."""
    done = Counter(row["path"] for row in output.read_rows())
    failures = count_failures(output.read_rows()) if done else 0
    sources = leave_out(done, find_sources(options.paths, sys.stdin.buffer))
    for rows in follow_rows(options, job, sources):
        output.write(rows)
        failures += count_failures(rows)
    if options.label_from:
        comparison = Comparison(options.label_from, options.many)
        comparison.add(output.read_rows())
        report(comparison, options, partial(read_place, most=job.most_bytes), sys.stdout.write)
    output.finish()
    return failures


def read_to_parts(options: argparse.Namespace, job: Job, kind: Common) -> int:
    """Read the pictures on a cluster, and return how many of all in the parts could not be read.

    Raises:
        BadCluster: Ray is not installed, or there is no cluster.
    """
    prepare(options.ray)
    from . import cluster

    check_paths(path for path in options.paths if "://" not in path)
    sources = list(cluster.find_places(options.paths, sys.stdin.buffer))
    parts = cluster.Parts(options.output, kind, options.resume)
    done = Counter(row["path"] for row in parts.read_rows("path"))
    left = list(leave_out(Counter(done), iter(sources)))
    tally = Tally()
    if left:
        with redirect_stdout(sys.stderr), connect(options.ray, job.model) as processors:  # Ray tells of what dies there
            cluster.read(job, left, parts, options.processes or processors)
    parts.finish(done.total() + len(left))
    tally.add(parts.read_rows("error", "certain"))
    _say(f"{tally}")
    if options.label_from:
        comparison = Comparison(options.label_from, options.many)
        comparison.add(parts.read_rows())
        report(comparison, options, partial(cluster.read_place, most=job.most_bytes), sys.stdout.write)
    return tally.failures


def leave_out(done: Counter[str], sources: Iterator[Source]) -> Iterator[Source]:
    """Yield the sources that are not done, each as often as it is named."""
    for source in sources:
        if done[source.path] > 0:
            done[source.path] -= 1
        else:
            yield source


def follow_rows(options: argparse.Namespace, job: Job, sources: Iterator[Source]) -> Iterator[list[Row]]:
    """Yield the rows of every batch, and show how far it is."""
    with show_progress(lambda: count_pictures(options.paths)) as show:
        for rows in read_sources(job, sources, options.processes or count_cores()):
            show(rows)
            yield rows


def count_pictures(paths: Sequence[str]) -> int | None:
    """Count the pictures that paths name; None where they come on standard input."""
    if STANDARD_INPUT in paths:
        return None
    return sum(1 for path in paths for _ in find_files(path))


def count_failures(rows: Sequence[Row] | Iterator[Row]) -> int:
    """Return how many rows say what is wrong with a picture."""
    return sum(row["error"] is not None for row in rows)


def read_place(name: str, most: int) -> bytes | Failure:
    """Return the bytes of a picture, by its name in a row."""
    return read_body(name_source(name), most)


def report(
    comparison: Comparison,
    options: argparse.Namespace,
    read: Callable[[str], bytes | Failure],
    write: Callable[[str], object],
) -> None:
    """Tell how the readings compare with the labels, and draw those that differ.

    Args:
        read: returns the bytes of a picture by its name in a row.
        write: takes what is to be told.
    """
    write(f"{comparison.describe()}\n")
    if not comparison.wrong:
        return
    path = options.wrong or (Path(options.output).with_suffix(f".{WRONG}") if options.output else Path(WRONG))

    def open_picture(name: str) -> Picture | None:
        body = read(name)
        try:
            return decode_picture(body) if isinstance(body, bytes) else None
        except DigitsError:
            return None

    comparison.draw_sheet(path, open_picture)
    write(f"Those read wrong are in {escape_controls(str(path))}.\n")
