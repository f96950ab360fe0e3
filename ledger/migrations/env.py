"""What alembic runs: the migrations, inside the transaction that :mod:`ledger.upgrade` has begun."""

from alembic import context

from ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
