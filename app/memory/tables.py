"""The tables of the database, as its migrations leave them: corrections, and for each hand a mark that changes with it.

Nothing in them says who a person is: a hand is a random name that the client made.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table

MAX_HAND = 64  # characters
MAX_MODEL = 255  # characters of a model's name: those of a folder
MAX_VERSION = 20  # characters

metadata = MetaData()

corrections = Table(
    "corrections",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("hand", String(MAX_HAND), nullable=False),
    Column("digit", SmallInteger, nullable=False),  # what was written
    Column("was", SmallInteger, nullable=False),  # what was read
    Column("model", String(MAX_MODEL), nullable=False),  # that read it
    Column("version", String(MAX_VERSION), nullable=False),
    Column("time", DateTime(timezone=True), nullable=False),
    Column("picture", LargeBinary, nullable=False),  # the framed digit, 28x28, as PNG
    Index("corrections_of_hand", "hand", "id"),
    sqlite_autoincrement=True,  # the number of a deleted correction is never given again
)

hands = Table(
    "hands",
    metadata,
    Column("id", String(MAX_HAND), primary_key=True),
    Column("mark", BigInteger, nullable=False),  # random; another one after every change of the hand's corrections
)
