"""The steps by which a database comes to the tables of this version, for Alembic."""

LATEST = "0001"  # migration whose tables this version works with
