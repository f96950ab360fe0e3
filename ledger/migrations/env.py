"""What alembic runs: the migrations, inside the transaction that :mod:`ledger.upgrade` has begun."""

from alembic import context

from ledger.tables import metadata
from ledger.upgrade import REVISION_TABLE

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=REVISION_TABLE
)
context.run_migrations()
