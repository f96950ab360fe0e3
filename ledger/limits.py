"""Request budgets that every process working for one connection sees at once (``LimitStore`` of the connectors)."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, select, update

from ledger.database import upsert
from ledger.store import Store
from ledger.tables import limits

State = dict[str, Any]

# Composed once: every request of every process passes here.
_own = limits.c.key == bindparam("of")
_locked = select(limits.c.state).where(_own).with_for_update()
_changed = update(limits).where(_own).values(state=bindparam("state"))


class Limits(Store):
    """JSON states by key, each changed by one caller at a time."""

    def change(self, key: str, decide: Callable[[State | None], State]) -> State:
        """Replace the state under ``key`` by ``decide(state)``, None the first time; return the new state.

        ``decide`` must be pure and quick: others wait for it.
        """
        with self._database.writing() as connection:
            row = connection.execute(_locked, {"of": key}).one_or_none()
            if row is None:
                upsert(connection, limits, [{"key": key}], update=())
                row = connection.execute(_locked, {"of": key}).one()
            state = decide(row.state)
            connection.execute(_changed, {"of": key, "state": state})
        return state
