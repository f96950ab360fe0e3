"""Running alembic's migrations from within the process, in a transaction that is already begun."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ledger.errors import LedgerTooNew


def migrate(connection: Connection, present: str | None, revision: str) -> None:
    """Go from the ``present`` revision (None: an empty database) up to ``revision``.

    Raises:
        LedgerTooNew: the present revision is none that this casebridge knows.
    """
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise LedgerTooNew(
            f"The ledger has revision {present}, which this casebridge does not know: install the newer release."
        )
    command.upgrade(config, revision)
