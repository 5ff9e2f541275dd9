"""python -m app corrections: list, export, import and delete the corrections of the server's database.

Exit codes: 0 done; 2 a mistake, described in one sentence on standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ..errors import DigitsError
from ..escaping import escape_controls
from ..settings import BadSetting, read_settings
from .archives import BadArchive, Found, parse_time, read_archive, write_zip
from .names import check_hand, name_hand

if TYPE_CHECKING:
    from .corrections import Read
    from .database import Database

MAX_SECONDS = 600.0  # that a command may wait for the database
UNKNOWN = "unknown"  # model of a picture whose archive does not say which read it

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

database_option: Decorator = click.option(
    "--database", metavar="URL", help="Database of the corrections. Default: DIGITS_DATABASE."
)
hand_argument: Decorator = click.option("--hand", metavar="ID", required=True, help="Whose corrections.")


@click.group("corrections")
def corrections() -> None:
    """List, export, import and delete what people corrected."""


@corrections.command("list")
@database_option
def list_command(database: str | None) -> None:
    """Show every hand, with how many corrections it has and when it got the latest."""
    from .corrections import list_hands

    with opened(database) as found:
        for hand, count, latest in found.read(list_hands, MAX_SECONDS):
            click.echo(f"{hand}\t{count}\t{latest:%Y-%m-%d %H:%M} UTC")


@corrections.command("export")
@click.option("--hand", metavar="ID", help="Whose corrections. Default: those of all hands, together.")
@click.argument("file", type=click.Path(path_type=Path))
@database_option
def export_command(hand: str | None, file: Path, database: str | None) -> None:
    """Write corrections into FILE, a zip of PNGs in folders by label."""
    from .corrections import read_all

    with opened(database) as found:
        if hand is not None:
            check_hand(hand)
        if file.exists():
            raise BadArchive(f"{file} is there already. Name another file.")
        with file.open("xb") as stream:
            count = found.read(lambda connection: write_zip(stream, read_all(connection, hand)), MAX_SECONDS)
        click.echo(f"{count} corrections are in {file}.")


@corrections.command("import")
@click.option("--hand", metavar="ID", help="Whose corrections they become. Default: a new hand's, which is shown.")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@database_option
def import_command(hand: str | None, path: Path, database: str | None) -> None:
    """Read corrections from PATH, a zip or a folder of pictures of one digit in folders named 0 to 9."""
    from .corrections import add_many

    with opened(database) as found:
        chosen = name_hand() if hand is None else check_hand(hand)
        several = [frame(each) for each in read_archive(path)]
        kept = found.write(lambda connection: add_many(connection, chosen, several), MAX_SECONDS)
        click.echo(f"{kept} of {len(several)} pictures are new corrections of the hand {chosen}.")


@corrections.command("delete")
@hand_argument
@database_option
def delete_command(hand: str, database: str | None) -> None:
    """Delete everything of a hand."""
    from .corrections import forget_hand

    with opened(database) as found:
        count = found.write(lambda connection: forget_hand(connection, check_hand(hand)), MAX_SECONDS)
        click.echo(f"{count} corrections of the hand {hand} are deleted.")


@contextmanager
def opened(url: str | None) -> Iterator[Database]:
    """Give the database, and end the program with a sentence where something is wrong."""
    from .opening import open_memory

    try:
        settings = read_settings()
        memory = open_memory(settings if url is None else replace(settings, database=url))
    except BadSetting as error:
        fail(str(error))
    if memory is None:
        fail("Corrections are off here: name their database with --database or DIGITS_DATABASE.")
    try:
        yield memory.database
    except (BadSetting, BadArchive, DigitsError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'A file'} could not be read or written: {error.strerror}.")
    finally:
        memory.database.close()


def fail(sentence: str) -> NoReturn:
    """Say what is wrong, and end with code 2.

    Raises:
        click.exceptions.Exit: always.
    """
    print(escape_controls(sentence), file=sys.stderr)  # noqa: T201
    raise click.exceptions.Exit(2)


def frame(found: Found) -> tuple[int, Read, datetime]:
    """Return a picture of an archive as it is kept.

    Raises:
        BadArchive: it cannot be read.
    """
    from ..preprocessing.digits import read_picture
    from .corrections import Read

    try:
        picture = read_picture(found.body)
    except DigitsError as error:
        raise BadArchive(f"{found.name} cannot be read: {error}") from error
    was, known = found.known.get("was", ""), found.known
    read = Read(
        picture,
        int(was) if was in tuple("0123456789") else found.digit,
        known.get("model", "")[:255] or UNKNOWN,
        known.get("version", "")[:20] or "1",
    )
    return found.digit, read, parse_time(known.get("time"))
