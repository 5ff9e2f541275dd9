"""Whether this server keeps corrections, and where: DIGITS_DATABASE, as it is made ready and said at the start.

SQLAlchemy takes 14 MB of each process and 0.2 s: where the database is a file, nobody loads it before it is asked.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import BadSetting, Settings
from .migrations import LATEST

if TYPE_CHECKING:  # SQLAlchemy is not loaded where corrections are off
    from ..models.classifier import Classifier
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


class Corrections:
    """The corrections of a server, which are opened when they are first asked for."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet, but see that a database that was named can be used.

        Raises:
            BadSetting: it cannot.
        """
        self.are_kept = bool(find_database(settings))
        self._settings = settings
        self._opening = threading.Lock()
        self._memory: Memory | None = None
        if settings.database != EMBEDDED:
            self.open()

    def open(self) -> Memory | None:
        """Return them; None where none are kept."""
        if self._memory is None and self.are_kept:
            with self._opening:
                self._memory = self._memory or open_memory(self._settings)
        return self._memory

    def find_reader(self, classifier: Classifier, hand: str) -> Classifier | None:
        """Return a model as a hand taught it where that is ready; None where something would have to be waited for."""
        if not self.are_kept:
            return classifier
        return self._memory.find_reader(classifier, hand) if self._memory else None

    def describe(self) -> str:
        """Say whether they can be read with and kept: on, off or unreachable; the answer does not wait for them."""
        if not self.are_kept:
            return "off"
        return "on" if self._memory is None or self._memory.database.look() else "unreachable"


def start_describing(settings: Settings) -> Callable[[], str]:
    """Let another process do what describe_memory() does, and return what waits for it and says the same."""
    file = settings.models.parent / FILE
    if find_database(settings) == f"sqlite:///{file}" and _is_current(file):
        return lambda: _describe_kept(str(file))
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_describe, args=(settings, sender), daemon=True)
    child.start()
    sender.close()

    def receive() -> str:
        with receiver:
            try:
                said = receiver.recv()
            except EOFError:
                said = "Corrections are not ready: the process that looked for their database has ended."
        child.join()
        if isinstance(said, BadSetting):
            raise said
        return str(said)

    return receive


def _describe(settings: Settings, sender: Connection) -> None:
    """Be the other process."""
    try:
        sender.send(describe_memory(settings))
    except BadSetting as error:
        sender.send(error)


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
    return _describe_kept(database.name)


def _describe_kept(name: str) -> str:
    return f"Corrections are kept in {name}."


def _is_current(file: Path) -> bool:
    """Return whether the tables of a file are those that this version works with."""
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            found: object = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return False
    return found == (LATEST,)
