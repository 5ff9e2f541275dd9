"""Whether this server keeps corrections, and where: DIGITS_DATABASE, as it is made ready and said at the start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..settings import Settings

if TYPE_CHECKING:  # SQLAlchemy is not loaded where corrections are off
    from .hands import Memory

EMBEDDED = "sqlite"  # the setting that means a file beside the folder of models
FILE = "digits.sqlite3"
MAX_STARTING = 2.0  # seconds that the start waits for the database


def find_database(settings: Settings) -> str:
    """Return the URL of the database; nothing where corrections are off, or the file beside models cannot be made."""
    if settings.database != EMBEDDED:
        return settings.database
    file = settings.models.parent / FILE
    usable = os.access(file, os.R_OK | os.W_OK) if file.exists() else True
    return f"sqlite:///{file}" if usable and os.access(file.parent, os.W_OK) else ""


def open_memory(settings: Settings) -> Memory | None:
    """Return the corrections of a server, connected to nothing yet; None where they are off.

    Raises:
        BadSetting: DIGITS_DATABASE names no database that can be used.
    """
    url = find_database(settings)
    if not url:
        return None
    from .database import Database
    from .hands import Memory

    return Memory(Database(url))


def describe_memory(settings: Settings) -> str:
    """Make the database ready and say where corrections are kept, or why they are not.

    Raises:
        BadSetting: DIGITS_DATABASE names no database that can be used.
    """
    memory = open_memory(settings)
    if memory is None:
        why = f"{settings.models.parent} cannot be written to" if settings.database else "DIGITS_DATABASE is empty"
        return f"Corrections are off: {why}."
    from .database import Unreachable, read_version

    database = memory.database
    try:
        database.read(read_version, MAX_STARTING)
    except Unreachable:
        return f"Corrections wait for {database.name}, which cannot be reached now."
    finally:
        database.close()
    return f"Corrections are kept in {database.name}."
