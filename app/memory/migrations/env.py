"""What Alembic runs: the steps that a database lacks, on the connection that it is given, in one transaction."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
