"""Reach the database of corrections, and never wait long for one that is away.

    work -> a thread of its own, for a bounded time -> its result, or Unreachable
    after a failure: refused at once, and asked again every second until it answers

SQLite in a file of its own, or PostgreSQL. Owns connections, deadlines and migrations; does not know what is kept.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep, time_ns
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from ..errors import NotReady
from ..settings import BadSetting
from .migrations import LATEST

MAX_READING = 1.0  # seconds that a request waits for what it reads with
MAX_FIRST = 3.0  # seconds that the first one waits, which may have to make the tables
MAX_WRITING = 5.0  # seconds that one waits for what it changes or asks for
PAUSE = 1.0  # seconds between attempts to reach a database that is away
SHORT = 0.01  # seconds between attempts to let a new file have a log
SETTLED = 10**8  # nanoseconds after which no other change has the same time: systems count that in ticks of up to 10 ms
CONNECTING = 2  # seconds that a connection may take; the least that PostgreSQL's library heeds
MAX_WAITING = 8  # threads that may wait for the database
CONNECTIONS = 4  # kept open by a worker
MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 0x0D161725  # of PostgreSQL, that whoever migrates holds; any number that nobody else uses
DRIVERS = ("sqlite", "postgresql+psycopg")

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

log = logging.getLogger(__name__)


class Unreachable(NotReady):
    """The database does not answer."""


class Database:
    """A database, as one process reaches it. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet.

        Raises:
            BadSetting: the URL names no database that can be used.
        """
        self.url = parse_url(url)
        self._engine = open_engine(self.url)
        self.close = weakref.finalize(self, self._engine.dispose)
        on_disk = self.url.get_backend_name() == "sqlite"
        self._files = [f"{self.url.database}{suffix}" for suffix in ("", "-wal")] if on_disk else None
        self._waiting = threading.BoundedSemaphore(MAX_WAITING)
        self._migrating = threading.Lock()
        self._migrated = False
        self._opened: list[tuple[int, int] | None] = []  # of the files, when the tables were made or found in them
        self._failed: float | None = None  # when it was found away
        self._probing = threading.Lock()
        self._probed = monotonic() - PAUSE

    @property
    def name(self) -> str:
        """What may be said about where it is: a file, or a server without its password."""
        if self.url.get_backend_name() == "sqlite":
            return str(self.url.database)
        return self.url.set(drivername="postgresql").render_as_string(hide_password=True)

    def read(self, work: Work[Result], max_seconds: float | None = None) -> Result:
        """Return what some work reads.

        Raises:
            Unreachable: the database is away, or did not answer in time.
        """
        return self._run(lambda: self._begin(work, reading=True), max_seconds or MAX_READING)

    def write(self, work: Work[Result], max_seconds: float = MAX_WRITING) -> Result:
        """Return what some work answers, once all that it changed is kept for good.

        Raises:
            Unreachable: the database is away, or did not answer in time; the change may have been kept or not.
        """
        return self._run(lambda: self._begin(work, reading=False), max_seconds)

    def read_stamp(self) -> tuple[int, ...] | None:
        """Return what is the same as long as a file's database is; waits for nothing.

        None of a server, and of a file that has just changed: they have to be asked.
        """
        if self._files is None:
            return None
        stamp = tuple(_time_change(file) for file in self._files)
        return stamp if max(stamp) < time_ns() - SETTLED else None

    def look(self) -> bool:
        """Return whether the database answered when it was last asked, and ask again; waits for nothing."""
        if self._files is None or self._failed is not None:
            self._probe()
        return self._failed is None

    def _probe(self) -> None:
        """Ask in the background whether the database answers, unless that was done within PAUSE."""
        if monotonic() - self._probed < PAUSE or not self._probing.acquire(blocking=False):
            return
        self._probed = monotonic()

        def ask() -> None:
            try:
                self._begin(lambda connection: connection.execute(text("SELECT 1")).scalar(), reading=True)
            except (SQLAlchemyError, Unreachable) as error:
                self._note_failure(error)
            else:
                self._note_success()
            finally:
                self._probing.release()

        threading.Thread(target=ask, daemon=True).start()

    def _run(self, work: Callable[[], Result], max_seconds: float) -> Result:
        if self._failed is not None:
            self._probe()
            raise Unreachable("The database of corrections cannot be reached now. Try again.")
        if not self._waiting.acquire(blocking=False):
            raise Unreachable("Too many requests wait for the database of corrections. Try again.")
        outcome: list[Result | BaseException] = []
        done = threading.Event()

        def run() -> None:
            try:
                outcome.append(work())
            except BaseException as error:  # raised where it is waited for
                outcome.append(error)
            finally:
                self._waiting.release()
                done.set()

        threading.Thread(target=run, daemon=True).start()  # a server that hangs would hold this thread
        if not self._migrated:
            max_seconds = max(max_seconds, MAX_FIRST)
        if not done.wait(max_seconds):
            late = f"no answer within {max_seconds} s"
            self._note_failure(TimeoutError(late))
            raise Unreachable("The database of corrections does not answer in time. Try again.")
        found = outcome[0]
        if isinstance(found, SQLAlchemyError):
            self._note_failure(found)
            raise Unreachable("The database of corrections cannot be reached now. Try again.") from found
        if isinstance(found, BaseException):
            raise found
        return found

    def _begin(self, work: Work[Result], *, reading: bool) -> Result:
        if not self._migrated or self._is_replaced():
            self._migrate()
        with self._engine.execution_options(reading=reading).begin() as connection:
            return work(connection)

    def _migrate(self) -> None:
        with self._migrating:
            if self._migrated and self._is_replaced():
                log.warning("The file of corrections was removed or replaced, so it is opened anew: %s", self.name)
                self._engine.dispose()  # what is written through connections to a removed file is lost
                self._remove_old_log()
                self._migrated = False
            if not self._migrated:
                migrate(self._engine)
                self._opened = [_identify(file) for file in self._files or ()]
                self._migrated = True

    def _is_replaced(self) -> bool:
        """Return whether another file, or none, is where the one was that is open."""
        return self._files is not None and _identify(self._files[0]) != self._opened[0]

    def _remove_old_log(self) -> None:
        """Remove the log of the file that was there, which SQLite would write into the one that is there now."""
        assert self._files is not None
        file, written_ahead = self._files
        if _identify(file) is not None and _identify(written_ahead) == self._opened[1]:
            for suffix in ("-wal", "-shm"):
                Path(f"{file}{suffix}").unlink(missing_ok=True)

    def _note_failure(self, error: BaseException) -> None:
        if self._failed is None:
            reason = next(iter(str(getattr(error, "orig", None) or error).strip().splitlines()), type(error).__name__)
            log.error("The database of corrections is away, so digits are read without it: %s", reason)
        self._failed = monotonic()

    def _note_success(self) -> None:
        if self._failed is not None:
            log.warning("The database of corrections answers again")
        self._failed = None


def _time_change(file: str) -> int:
    """Return when a file was changed last, in nanoseconds; 0 where there is none."""
    found = _look_up(file)
    return found.st_mtime_ns if found else 0


def _identify(file: str) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name: its device and number; None where there is none."""
    found = _look_up(file)
    return (found.st_dev, found.st_ino) if found else None


def _look_up(file: str) -> os.stat_result | None:
    """Return what the system knows of a file; None where there is none."""
    try:
        return os.stat(file)  # noqa: PTH116 - a third of the time that Path takes
    except OSError:
        return None


def parse_url(url: str) -> URL:
    """Read where a database is; PostgreSQL may be named without its driver.

    Raises:
        BadSetting: it is no such URL, or names another sort of database.
    """
    expected = '"sqlite:///FILE", "postgresql://USER:PASSWORD@HOST/NAME", or nothing'
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadSetting(f"DIGITS_DATABASE is {url.partition('@')[0][:20]!r}..., expected {expected}.") from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in DRIVERS or (parsed.get_backend_name() == "sqlite" and not parsed.database):
        raise BadSetting(f"DIGITS_DATABASE is {parsed.render_as_string()!r}, expected {expected}.")
    return parsed


def open_engine(url: URL) -> Engine:
    """Prepare connections with short timeouts; none is made yet.

    Raises:
        BadSetting: what the URL asks of a connection is not possible.
    """
    options: dict[str, Any] = {"pool_size": CONNECTIONS, "max_overflow": MAX_WAITING, "pool_timeout": MAX_WRITING}
    try:
        if url.get_backend_name() == "sqlite":
            engine = create_engine(url, connect_args={"timeout": CONNECTING}, **options)
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        limits = {"connect_timeout": CONNECTING, "options": f"-c statement_timeout={int(MAX_WRITING * 1000)}"}
        return create_engine(url, connect_args=limits, pool_pre_ping=True, **options)
    except (ArgumentError, NoSuchModuleError, TypeError) as error:
        raise BadSetting(f"DIGITS_DATABASE cannot be used: {error}") from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Let readers go on while another process writes, and an acknowledged change survive a power cut."""
    connection.isolation_level = None  # transactions begin where _begin_sqlite() says
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let a file have a log of what is written; of servers that begin a new one at once, all but one wait.

    SQLite does not wait for the lock that this takes, as it does for others: it says at once that the file is locked.
    """
    deadline = monotonic() + CONNECTING
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if monotonic() > deadline:
                raise
            sleep(SHORT)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """Take the lock for writing at once: a transaction that read first could not get it any more."""
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def migrate(engine: Engine) -> None:
    """Bring a database to the tables of this version; whoever comes second finds them made.

    Raises:
        Unreachable: the database was left by a newer version of this program.
    """
    with engine.begin() as connection:
        if read_version(connection) == LATEST:
            return
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        logging.getLogger("alembic").setLevel(logging.WARNING)  # else it lists its plugins at the first start
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise Unreachable(f"The database of corrections is of another version ({error}).") from error


def read_version(connection: Connection) -> str | None:
    """Return the latest migration that a database has seen; None for one that is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
