"""Make the tables of corrections and hands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "corrections",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("hand", sa.String(64), nullable=False),
        sa.Column("digit", sa.SmallInteger, nullable=False),
        sa.Column("was", sa.SmallInteger, nullable=False),
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("picture", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("corrections_of_hand", "corrections", ["hand", "id"])
    op.create_table(
        "hands",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("mark", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("hands")
    op.drop_table("corrections")
