"""Writing the two sides of links: only what changed is rewritten; what is read of a case system is marked as read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, delete, select, update

from domain.case import Case, CaseState
from domain.portal import PortalCase
from ledger.codec import encode
from ledger.database import chunks, upsert
from ledger.tables import bodies, case_clients, links

SideName = Literal["source", "portal"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One side of a link as it was read: the columns of its link, its JSON text, and the digest of that text."""

    integration_id: str
    columns: dict[str, Any]
    body: str
    digest: str


def write_sources(connection: Connection, firm: str, system: str, cases: Iterable[Case], seen: dict[str, Any]) -> int:
    """Write the case system's side of ``cases`` (all of ``system``), the columns ``seen`` on all; how many changed.

    When a case comes twice, the last one counts.
    """
    changed = 0
    for page in chunks({case.integration_id: case for case in cases}.values()):
        written = _write(connection, firm, system, "source", [_source_sheet(case) for case in page], seen)
        _note_clients(connection, firm, system, [case for case in page if case.integration_id in written])
        changed += len(written)
    return changed


def write_portals(connection: Connection, firm: str, system: str, portal_cases: Mapping[str, PortalCase]) -> int:
    """Write the portal's side by integration id; how many changed."""
    return sum(
        len(_write(connection, firm, system, "portal", [_portal_sheet(*item) for item in page], {}))
        for page in chunks(portal_cases.items())
    )


def _write(
    connection: Connection, firm: str, system: str, side: SideName, sheets: Sequence[Sheet], seen: dict[str, Any]
) -> set[str]:
    digest = links.c[f"{side}_digest"]
    page = (links.c.firm == firm) & links.c.integration_id.in_([sheet.integration_id for sheet in sheets])
    of_page = page & (links.c.system == system)
    held = dict(connection.execute(select(links.c.integration_id, digest).where(of_page)).tuples().all())
    changed = [sheet for sheet in sheets if held.get(sheet.integration_id) != sheet.digest]
    if seen and len(changed) < len(sheets):
        # One statement for the whole page: the changed rows among it get the same columns again below.
        connection.execute(update(links).where(of_page).values(**seen))
    common = {"firm": firm, "system": system}
    upsert(connection, links, [common | sheet.columns | {digest.name: sheet.digest} | seen for sheet in changed])
    upsert(
        connection, bodies, [common | {"integration_id": sheet.integration_id, side: sheet.body} for sheet in changed]
    )
    return {sheet.integration_id for sheet in changed}


def _source_sheet(case: Case) -> Sheet:
    columns = {
        "integration_id": case.integration_id,
        "readable_id": case.readable_id,
        "client_name": case.clients[0].display_name if case.clients else None,
        "source_practice_area": case.practice_area,
        "source_stage": case.stage,
        "source_open": case.state is CaseState.OPEN,
    }
    return Sheet(case.integration_id, columns, *encode(case))


def _portal_sheet(integration_id: str, case: PortalCase) -> Sheet:
    body, digest = encode(case)
    columns = {"integration_id": integration_id, "portal_id": case.id}
    return Sheet(integration_id, columns, body, case.fingerprint or digest)


def _note_clients(connection: Connection, firm: str, system: str, cases: Sequence[Case]) -> None:
    if not cases:
        return
    of_cases = case_clients.c.integration_id.in_([case.integration_id for case in cases])
    connection.execute(
        delete(case_clients).where(case_clients.c.firm == firm, case_clients.c.system == system, of_cases)
    )
    # What a connected user may not see is no known version of anything.
    rows = {
        (client.external_id, case.integration_id): {
            "firm": firm,
            "system": system,
            "client_id": client.external_id,
            "integration_id": case.integration_id,
            "version": None if client.redacted else client.version,
        }
        for case in cases
        for client in case.clients
    }
    upsert(connection, case_clients, list(rows.values()))
