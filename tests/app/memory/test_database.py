"""The database of corrections, as SQLite and as a real PostgreSQL: what it keeps, its tables, and when it is away."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.errors import TooLarge
from app.memory import corrections, database
from app.memory.corrections import Read
from app.memory.database import MIGRATIONS, Database, Unreachable, open_engine, parse_url, read_version
from app.memory.migrations import LATEST
from app.memory.pngs import decode_png
from app.memory.tables import metadata
from app.settings import BadSetting
from tests.app.memory.conftest import HAND
from tests.support.postgres import Postgres, running_postgres

OTHER = "another-hand-of-tests"
SOON = 10.0  # seconds within which a database that is back is found


@pytest.fixture(scope="module")
def cluster() -> Iterator[Postgres]:
    """A running PostgreSQL."""
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture
def own_cluster() -> Iterator[Postgres]:
    """A PostgreSQL that a test may break."""
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture(params=("sqlite", "postgresql"))
def kept(request: pytest.FixtureRequest, url: str) -> Iterator[Database]:
    """An empty database of each sort."""
    if request.param == "postgresql":
        cluster = request.getfixturevalue("cluster")
        found = Database(cluster.url)
        found.write(empty)
    else:
        found = Database(url)
    yield found
    found.close()


def empty(connection: Connection) -> None:
    for name in ("corrections", "hands", "alembic_version"):
        if connection.dialect.has_table(connection, name):
            connection.execute(text(f"DELETE FROM {name}" if name != "alembic_version" else "SELECT 1"))


def drop(connection: Connection) -> None:
    for name in ("corrections", "hands", "alembic_version"):
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))


def picture(seed: int = 0) -> Read:
    pixels = np.random.default_rng(seed).integers(0, 256, (28, 28)).astype(np.uint8)
    return Read(pixels, 9, "robust", "12")


def add(found: Database, hand: str, digit: int, seed: int = 0, time: datetime | None = None) -> int:
    return found.write(lambda connection: corrections.add(connection, hand, digit, picture(seed), time))


def count(found: Database, hand: str) -> int:
    return sum(found.read(lambda connection: corrections.count_digits(connection, hand)).values())


def test_what_is_kept_comes_back_as_it_was(kept: Database) -> None:
    time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    number = add(kept, HAND, 4, time=time)
    (found,) = kept.read(lambda connection: list(corrections.read_all(connection, HAND)))
    assert (found.number, found.hand, found.digit, found.was) == (number, HAND, 4, 9)
    assert (found.model, found.version, found.time) == ("robust", "12", time)
    np.testing.assert_array_equal(decode_png(found.png), picture().picture)
    assert kept.read(corrections.list_hands) == [(HAND, 1, time)]


def test_nothing_else_is_kept_of_a_person(kept: Database) -> None:
    columns = kept.read(lambda connection: connection.execute(text("SELECT * FROM corrections")).keys())
    assert set(columns) == {"id", "hand", "digit", "was", "model", "version", "time", "picture"}


def test_a_hand_is_forgotten_whole_and_no_other(kept: Database) -> None:
    for seed in range(3):
        add(kept, HAND, seed, seed)
    number = add(kept, OTHER, 4)
    mark = kept.read(lambda connection: corrections.read_mark(connection, OTHER))
    assert kept.write(lambda connection: corrections.forget_hand(connection, HAND)) == 3
    assert kept.read(lambda connection: list(corrections.read_all(connection, HAND))) == []
    assert kept.read(lambda connection: corrections.read_mark(connection, HAND)) is None
    assert kept.read(lambda connection: corrections.read_mark(connection, OTHER)) == mark
    assert not kept.write(lambda connection: corrections.delete_one(connection, HAND, number))
    assert kept.write(lambda connection: corrections.delete_one(connection, OTHER, number))


def test_the_marks_of_several_hands_are_read_at_once(kept: Database) -> None:
    assert kept.read(lambda connection: corrections.read_marks(connection, [])) == {}
    add(kept, HAND, 1)
    add(kept, OTHER, 2)
    marks = kept.read(lambda connection: corrections.read_marks(connection, [HAND, OTHER, "a-hand-that-is-not-kept"]))
    assert marks == {
        HAND: kept.read(lambda connection: corrections.read_mark(connection, HAND)),
        OTHER: kept.read(lambda connection: corrections.read_mark(connection, OTHER)),
    }


def test_every_change_leaves_another_mark(kept: Database) -> None:
    marks = [kept.read(lambda connection: corrections.read_mark(connection, HAND))]
    numbers = [add(kept, HAND, 1)]
    marks.append(kept.read(lambda connection: corrections.read_mark(connection, HAND)))
    add(kept, HAND, 2)
    marks.append(kept.read(lambda connection: corrections.read_mark(connection, HAND)))
    kept.write(lambda connection: corrections.delete_one(connection, HAND, numbers[0]))
    marks.append(kept.read(lambda connection: corrections.read_mark(connection, HAND)))
    assert len({*marks}) == 4


def test_limits_hold_though_many_write_at_once(kept: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "MAX_CORRECTIONS", 20)
    add(kept, HAND, 0)
    old = datetime.now(UTC) - timedelta(hours=1)
    refused = []

    def write() -> None:
        for seed in range(8):
            try:
                add(kept, HAND, 1, seed, old)
            except TooLarge:
                refused.append(seed)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(kept, HAND) == 20
    assert len(refused) == 13


def test_a_full_hand_is_listed_in_pages(kept: Database) -> None:
    old = datetime.now(UTC) - timedelta(hours=1)
    numbers = [add(kept, HAND, seed % 10, seed, old) for seed in range(7)]
    first = kept.read(lambda connection: corrections.list_newest(connection, HAND, 3))
    rest = kept.read(lambda connection: corrections.list_newest(connection, HAND, 10, first[-1].number))
    assert [each.number for each in (*first, *rest)] == numbers[::-1]
    pngs = kept.read(lambda connection: corrections.read_pngs(connection, [*numbers, 10**6]))
    assert sorted(pngs) == numbers


# ---- tables ----


def test_the_migrations_make_the_tables_of_this_version(kept: Database) -> None:
    def compare(connection: Connection) -> list[object]:
        assert read_version(connection) == LATEST
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert kept.read(compare, 10) == []


def test_a_new_file_is_made_without_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("alembic").setLevel(logging.NOTSET)
    with caplog.at_level(logging.INFO):
        Database(f"sqlite:///{tmp_path / 'new.sqlite3'}").write(read_version)
    assert caplog.records == []


def test_the_latest_migration_is_the_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert script.get_current_head() == LATEST


@pytest.mark.parametrize("sort", ("sqlite", "postgresql"))
def test_servers_that_start_at_once_make_the_tables_once(sort: str, url: str, request: pytest.FixtureRequest) -> None:
    if sort == "postgresql":
        url = request.getfixturevalue("cluster").url
        Database(url).write(drop)
    several = [Database(url) for _ in range(4)]
    versions: list[object] = []

    def start(each: Database) -> None:
        try:
            versions.append(each.write(read_version, 30))
        except Exception as error:
            versions.append(error)

    threads = [threading.Thread(target=start, args=(each,)) for each in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions == [LATEST] * 4
    for each in several:
        each.close()


def test_many_connections_begin_a_new_file_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CONNECTING", 30)  # the machine may be busy
    failures: list[Exception] = []

    def connect(place: Path, together: threading.Barrier) -> None:
        together.wait()
        try:
            engine = open_engine(parse_url(f"sqlite:///{place}"))
            engine.connect().close()
            engine.dispose()
        except Exception as error:
            failures.append(error)

    for number in range(60):  # one in ten was locked
        together = threading.Barrier(4)
        threads = [threading.Thread(target=connect, args=(tmp_path / str(number), together)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


@pytest.mark.parametrize("leave_log", [False, True])
def test_a_file_that_is_removed_under_a_server_takes_nothing_with_it_that_is_kept_later(
    tmp_path: Path, leave_log: bool, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "kept.sqlite3"
    server, other = Database(f"sqlite:///{file}"), Database(f"sqlite:///{file}")
    add(server, HAND, 7)
    assert count(other, HAND) == 1
    for path in [file] if leave_log else tmp_path.glob(f"{file.name}*"):
        path.unlink()

    add(server, HAND, 4)
    add(other, HAND, 9)

    assert count(server, HAND) == count(other, HAND) == count(Database(f"sqlite:///{file}"), HAND) == 2
    assert caplog.text.count("was removed or replaced") == 2


def test_a_file_that_another_takes_the_place_of_is_read_as_it_is_now(tmp_path: Path) -> None:
    file, copy = tmp_path / "kept.sqlite3", tmp_path / "copy.sqlite3"
    server, archived = Database(f"sqlite:///{file}"), Database(f"sqlite:///{copy}")
    add(server, HAND, 7)
    for digit in range(3):
        add(archived, HAND, digit, seed=digit)
    archived.close()

    copy.replace(file)

    assert count(server, HAND) == 3


def test_a_database_of_a_newer_version_is_left_alone(url: str) -> None:
    found = Database(url)
    found.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    found.close()
    with pytest.raises(Unreachable, match="of another version"):
        Database(url).read(read_version)


@pytest.mark.parametrize(
    "url",
    ("digits.sqlite3", "mysql://here/digits", "sqlite://", "postgresql+asyncpg://here/digits", "://", "oracle://x"),
)
def test_a_url_of_another_sort_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(BadSetting, match="expected"):
        Database(url)


def test_a_password_is_never_said() -> None:
    secret = "hush-1234"
    assert secret not in Database(f"postgresql://me:{secret}@127.0.0.1:1/digits").name
    with pytest.raises(BadSetting) as error:
        parse_url(f"mysql://me:{secret}@here/digits")
    assert secret not in str(error.value)


# ---- when it is away ----


def check_refused_at_once(found: Database, times: int) -> None:
    """Read often; this machine may stall now and then, but not each time."""
    seconds = []
    for _ in range(times):
        began = time.monotonic()
        with pytest.raises(Unreachable):
            found.read(read_version)
        seconds.append(time.monotonic() - began)
    assert sorted(seconds)[times * 9 // 10] < 0.01


def wait_until_back(found: Database) -> None:
    deadline = time.monotonic() + SOON
    while not found.look():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_that_is_not_there_is_waited_for_once(own_cluster: Postgres, caplog: pytest.LogCaptureFixture) -> None:
    own_cluster.kill()
    found = Database(own_cluster.url)
    with pytest.raises(Unreachable):
        found.read(read_version)
    check_refused_at_once(found, 50)
    assert not found.look()
    own_cluster.start()
    wait_until_back(found)
    assert found.read(read_version) == LATEST
    lines = [record.getMessage() for record in caplog.records if record.name == database.__name__]
    assert [re.sub(":.*", "", line, flags=re.DOTALL) for line in lines] == [
        "The database of corrections is away, so digits are read without it",
        "The database of corrections answers again",
    ]


def test_a_server_that_hangs_is_waited_for_a_moment(
    own_cluster: Postgres, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = Database(own_cluster.url)
    number = add(found, HAND, 4)
    own_cluster.freeze()
    monkeypatch.setattr(database, "MAX_READING", 1.0)
    began = time.monotonic()
    with pytest.raises(Unreachable):
        found.read(read_version)
    assert time.monotonic() - began < SOON
    assert "no answer within 1.0 s" in caplog.text
    check_refused_at_once(found, 20)
    own_cluster.thaw()
    wait_until_back(found)
    kept = found.read(lambda connection: corrections.list_numbers(connection, HAND, 10))
    assert kept == {number: 4}


def test_a_server_that_was_killed_has_lost_nothing(own_cluster: Postgres) -> None:
    found = Database(own_cluster.url)
    numbers = [add(found, HAND, seed % 10, seed) for seed in range(20)]
    own_cluster.kill()
    with pytest.raises(Unreachable):
        add(found, HAND, 1)
    own_cluster.start()
    wait_until_back(found)
    assert sorted(found.read(lambda connection: corrections.list_numbers(connection, HAND, 100))) == numbers
