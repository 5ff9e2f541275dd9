"""python -m app read: every picture of the paths named, read as the server reads, into a table or a file.

    paths -> sources -> rows, by every core of this machine or by a Ray cluster -> table, CSV, JSON Lines or Parquet

Exit codes: 0 every picture was read; 1 some could not be, and their rows say why; 2 a mistake in the request, described
in one sentence on standard error; 130 after Ctrl-C and 143 after SIGTERM, with how to resume.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from ..commandline import NumberFrom, Terminated, interruptible, run_command
from ..errors import DigitsError
from ..escaping import escape_controls
from ..memory.names import check_hand
from ..memory.personal import Taught
from ..models.files import PROTOTYPES, BadModel
from ..models.folder import Artifact
from ..models.registry import choose_default, describe_refused, find_artifacts
from ..settings import BadSetting, Settings, read_settings
from .connection import BadCluster
from .files import BadOutput
from .outputs import open_output
from .rows import Job
from .runs import Cluster, Destination, Evaluation, describe_job, read_to_file, read_to_parts, read_to_table
from .sources import STANDARD_INPUT, BadPath, check_paths, localise
from .truth import LABELS

PROGRAM = "python -m app read"
WRONG = "wrong.png"  # the sheet of wrong readings, where there is no output file to put it beside
FILES = (".csv", ".jsonl", ".ndjson", ".parquet")  # suffixes of files, which a cluster does not write
PIPE_CLOSED = 141  # exit code of a program whose reader closed the pipe, as shells count it


class BadOption(Exception):
    """An option that cannot be used, with a sentence for whoever typed it."""


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
@click.option("--hand", metavar="ID", help="Read with what this hand has corrected, of the database DIGITS_DATABASE.")
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
    try:
        with interruptible():
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
    hand: str | None,
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
    artifact = choose_model(settings, model)
    job = Job(artifact.folder, many, settings.max_bytes, choose_hand(settings, artifact, hand))
    destination = choose_destination(output, resume)
    evaluation = choose_evaluation(label_from, wrong, destination)
    if paths.count(STANDARD_INPUT) > 1:
        raise BadOption("Standard input can be read only once: name - once.")
    if ray is not None:
        if destination is None or Path(destination.name).suffix in FILES:
            raise BadOption("With --ray, --output names the folder of Parquet parts to write.")
        return read_to_parts(job, paths, Cluster(ray, processes), destination, evaluation)
    paths = tuple(map(localise, paths))
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


def choose_hand(settings: Settings, artifact: Artifact, hand: str | None) -> Taught | None:
    """Return what a hand has corrected; None where none is named.

    Raises:
        BadOption: it has corrected nothing, or the model cannot be corrected.
    """
    if hand is None:
        return None
    if artifact.prototypes is None:
        raise BadOption(f"The model {artifact.name} cannot be corrected: it has no {PROTOTYPES}. Leave --hand out.")
    from ..memory.opening import open_memory

    memory = open_memory(settings)
    if memory is None:
        raise BadOption("Corrections are off: DIGITS_DATABASE is empty, or its folder cannot be written to.")
    try:
        taught = memory.read_taught(check_hand(hand))
    except DigitsError as error:
        raise BadOption(str(error)) from error
    finally:
        memory.database.close()
    if not taught.corrections:
        raise BadOption(f"The hand {hand} has no corrections in {memory.database.name}.")
    return taught


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
