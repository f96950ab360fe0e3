"""Clients inside cases: which are held in which version, and taking in those whose own record moved."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from domain.case import Case, Client
from ledger.codec import clients_of, to_case
from ledger.database import chunks
from ledger.leases import Lease, fenced
from ledger.sides import write_sources
from ledger.store import Store
from ledger.tables import bodies, case_clients

_same_case = and_(*(case_clients.c[name] == bodies.c[name] for name in ("firm", "integration_id", "system")))


class Clients(Store):
    """The part of the links that knows clients."""

    def known_clients(self, firm: str, system: str, versions: Mapping[str, str]) -> dict[str, Client]:
        """Those of the clients ``{id: version}`` that are held with exactly that version, by id."""
        found: dict[str, Client] = {}
        columns = (case_clients.c.client_id, case_clients.c.version, bodies.c.source)
        with self._database.reading() as connection:
            for ids in chunks(versions):
                for client_id, version, source in connection.execute(_cases_of(firm, system, ids, *columns)):
                    if version == versions[client_id] and client_id not in found:
                        found[client_id] = next(c for c in clients_of(source) if c.external_id == client_id)
        return found

    def refresh_clients(
        self, lease: Lease, run_id: str, firm: str, system: str, clients: Sequence[Client]
    ) -> list[str]:
        """Put these clients into every case that has them; those cases count as read by this run. Their ids, sorted.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
        """
        fresh = {client.external_id: client for client in clients}
        touched: set[str] = set()
        with fenced(self._database, lease) as connection:
            read = {"source_run": run_id, "source_read_at": self._database.now(connection)}
            for ids in chunks(fresh):
                sources = connection.execute(_cases_of(firm, system, ids, bodies.c.source).distinct()).scalars()
                cases = [_with_clients(to_case(source), fresh) for source in sources.all()]
                write_sources(connection, firm, system, cases, read)
                touched.update(case.integration_id for case in cases)
        return sorted(touched)


def _cases_of(firm: str, system: str, ids: Sequence[str], *columns: ColumnElement[Any]) -> Select[Any]:
    of_clients = and_(case_clients.c.firm == firm, case_clients.c.system == system, case_clients.c.client_id.in_(ids))
    return select(*columns).select_from(case_clients.join(bodies, _same_case)).where(of_clients)


def _with_clients(case: Case, fresh: Mapping[str, Client]) -> Case:
    return replace(case, clients=tuple(fresh.get(client.external_id, client) for client in case.clients))
