"""Keep, list and forget corrections: what a person says that a digit is, by the hand that wrote it.

Each function is work for a Database: it takes a connection, within a transaction. Knows SQL; no one else does.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import TooLarge, TooManyRequests
from .limits import MAX_A_MINUTE, MAX_CORRECTIONS
from .pngs import decode_png, encode_png
from .tables import corrections, hands

PAGE = 500  # corrections that are read from the database at once


@dataclass(frozen=True)
class Read:
    """A framed digit, what it was read as, and by which model."""

    picture: NDArray[np.uint8]  # (28, 28), paper 0 to ink 255
    was: int
    model: str
    version: str


@dataclass(frozen=True)
class Correction:
    """A correction as it is kept."""

    number: int  # its ID
    hand: str
    digit: int
    was: int
    model: str
    version: str
    time: datetime  # UTC
    png: bytes

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The framed digit, uint8 (28, 28)."""
        return decode_png(self.png)


def add(connection: Connection, hand: str, digit: int, read: Read, time: datetime | None = None) -> int:
    """Keep a correction, and return its number.

    Raises:
        TooLarge: the hand has too many.
        TooManyRequests: it got too many within a minute.
    """
    _mark(connection, hand)  # holds the hand's row until the end: counts of others that write at once are exact
    time = time or datetime.now(UTC)
    of_hand = select(func.count()).select_from(corrections).where(corrections.c.hand == hand)
    if connection.scalars(of_hand).one() >= MAX_CORRECTIONS:
        raise TooLarge(f"This hand has {MAX_CORRECTIONS:,} corrections; at most that many are kept. Delete some first.")
    if connection.scalars(of_hand.where(corrections.c.time > time - timedelta(minutes=1))).one() >= MAX_A_MINUTE:
        raise TooManyRequests(f"This hand got {MAX_A_MINUTE} corrections within a minute. Wait and try again.")
    return _insert(connection, hand, digit, read, time)


def add_many(connection: Connection, hand: str, several: Sequence[tuple[int, Read, datetime]]) -> int:
    """Keep corrections that were exported, with their times, and return how many the hand did not have yet.

    Raises:
        TooLarge: the hand would have too many.
    """
    _mark(connection, hand)
    kept = select(corrections.c.digit, corrections.c.picture).where(corrections.c.hand == hand)
    known = {(int(digit), bytes(png)) for digit, png in connection.execute(kept)}
    before = len(known)
    for digit, read, time in several:
        png = encode_png(read.picture)
        if (digit, png) in known:
            continue
        known.add((digit, png))
        if len(known) > MAX_CORRECTIONS:
            raise TooLarge(f"The hand {hand} would have more than {MAX_CORRECTIONS:,} corrections. Import fewer.")
        _insert(connection, hand, digit, read, time)
    return len(known) - before


def _insert(connection: Connection, hand: str, digit: int, read: Read, time: datetime) -> int:
    values = {
        "hand": hand, "digit": digit, "was": read.was, "model": read.model, "version": read.version, "time": time,
        "picture": encode_png(read.picture),
    }  # fmt: skip
    return int(connection.execute(corrections.insert().values(values).returning(corrections.c.id)).scalar_one())


def _mark(connection: Connection, hand: str) -> None:
    """Let whoever remembers the hand's corrections see that they have changed."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    mark = secrets.randbits(62)
    row = insert(hands).values(id=hand, mark=mark)
    connection.execute(row.on_conflict_do_update(index_elements=[hands.c.id], set_={"mark": mark}))


def read_mark(connection: Connection, hand: str) -> int | None:
    """Return the mark of a hand's corrections, another one after each change; None where it has never had any."""
    return connection.scalars(select(hands.c.mark).where(hands.c.id == hand)).one_or_none()


def read_marks(connection: Connection, of_hands: Sequence[str]) -> dict[str, int]:
    """Return the marks of several hands; none of those that have never had any corrections."""
    found: dict[str, int] = {}
    for start in range(0, len(of_hands), PAGE):
        wanted = select(hands.c.id, hands.c.mark).where(hands.c.id.in_(of_hands[start : start + PAGE]))
        found |= {str(hand): int(mark) for hand, mark in connection.execute(wanted)}
    return found


def count_digits(connection: Connection, hand: str) -> dict[int, int]:
    """Return how many corrections a hand has of each digit that it has any of."""
    counted = select(corrections.c.digit, func.count()).where(corrections.c.hand == hand)
    rows = connection.execute(counted.group_by(corrections.c.digit).order_by(corrections.c.digit))
    return {int(digit): int(count) for digit, count in rows}


def list_newest(connection: Connection, hand: str, limit: int, before: int | None = None) -> list[Correction]:
    """Return the newest corrections of a hand, the newest first.

    Args:
        limit: corrections.
        before: a number; only corrections with a lower one.
    """
    wanted = select(corrections).where(corrections.c.hand == hand)
    if before is not None:
        wanted = wanted.where(corrections.c.id < before)
    return [_to_correction(row) for row in connection.execute(wanted.order_by(corrections.c.id.desc()).limit(limit))]


def list_numbers(connection: Connection, hand: str, limit: int) -> dict[int, int]:
    """Return the numbers of the newest corrections of a hand, and what digit each is."""
    wanted = select(corrections.c.id, corrections.c.digit).where(corrections.c.hand == hand)
    rows = connection.execute(wanted.order_by(corrections.c.id.desc()).limit(limit))
    return {int(number): int(digit) for number, digit in rows}


def read_pngs(connection: Connection, numbers: Sequence[int]) -> dict[int, bytes]:
    """Return the pictures of corrections by their numbers; of those that are gone, none."""
    found: dict[int, bytes] = {}
    for start in range(0, len(numbers), PAGE):
        wanted = corrections.c.id.in_(numbers[start : start + PAGE])
        rows = connection.execute(select(corrections.c.id, corrections.c.picture).where(wanted))
        found |= {int(number): bytes(png) for number, png in rows}
    return found


def read_all(connection: Connection, hand: str | None = None) -> Iterator[Correction]:
    """Yield all corrections, or those of a hand, the oldest first."""
    wanted = select(corrections).order_by(corrections.c.id)
    if hand is not None:
        wanted = wanted.where(corrections.c.hand == hand)
    for row in connection.execution_options(yield_per=PAGE).execute(wanted):
        yield _to_correction(row)


def list_hands(connection: Connection) -> list[tuple[str, int, datetime]]:
    """Return every hand with the number of its corrections and the time of the latest, in the order of their names."""
    counted = select(corrections.c.hand, func.count(), func.max(corrections.c.time)).group_by(corrections.c.hand)
    rows = connection.execute(counted.order_by(corrections.c.hand))
    return [(str(hand), int(count), _in_utc(latest)) for hand, count, latest in rows]


def delete_one(connection: Connection, hand: str, number: int) -> bool:
    """Delete a correction of a hand, and say whether there was one."""
    chosen = delete(corrections).where(corrections.c.hand == hand, corrections.c.id == number)
    if connection.execute(chosen).rowcount == 0:
        return False
    _mark(connection, hand)
    return True


def forget_hand(connection: Connection, hand: str) -> int:
    """Delete everything of a hand, and return how many corrections it had."""
    connection.execute(delete(hands).where(hands.c.id == hand))
    return int(connection.execute(delete(corrections).where(corrections.c.hand == hand)).rowcount)


def _to_correction(row: Row[tuple[object, ...]]) -> Correction:
    return Correction(
        int(row.id), str(row.hand), int(row.digit), int(row.was), str(row.model), str(row.version), _in_utc(row.time),
        bytes(row.picture),
    )  # fmt: skip


def _in_utc(time: datetime) -> datetime:
    """Return a time in UTC, as which SQLite keeps it without saying so."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
