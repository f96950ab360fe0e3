"""Clients of a case one at a time: adding, taking off, and changing a person wherever they are a client."""

from sandbox.casestatus import lifecycle
from sandbox.casestatus.firm import Firm
from sandbox.casestatus.judging import judge_client
from sandbox.casestatus.people import (
    DraftClient,
    Placement,
    detach,
    identify,
    listed,
    phone_conflict,
    settle,
    write_person,
)
from sandbox.casestatus.phones import CellPhone
from sandbox.casestatus.records import Case, Client, Link, State
from sandbox.casestatus.refusals import Entry, Refusal, not_found, refuse
from sandbox.casestatus.schema import ClientFields
from sandbox.casestatus.writing import Writer, Written


def add_client(writer: Writer, case: Case, fields: ClientFields) -> Written:
    """Put one more client on a case; somebody who is on it already is brought up to date. Raises Refusal."""
    defects: list[Entry] = []
    draft = judge_client(fields, defects)
    if draft is None:
        raise Refusal(422, *defects)
    [placement] = identify(writer.firm, case.source, [draft])
    _require_open(case)
    replaced_primary = bool(fields.get("primary"))
    others = [
        Placement(_as_draft(link, primary=link.primary and not replaced_primary), link.client)
        for link in case.links
        if link.client is not placement.client
    ]
    before = listed(case.links)
    settle(writer.firm, case, [*others, placement], writer.next_id)
    return _written(writer.firm, case, before)


def remove_client(writer: Writer, case: Case, client_id: int) -> Written:
    """Take a client off a case; never the last one (422). Raises Refusal."""
    leaving = next((link for link in case.links if link.client.id == client_id), None)
    if leaving is None:
        raise not_found("client", client_id)
    if len(case.links) == 1:
        raise refuse(422, "client_required", "The last client of a case cannot be removed.", field="clients")
    _require_open(case)
    before = listed(case.links)
    detach(writer.firm, case, leaving.client)
    case.links = tuple(link for link in case.links if link is not leaving)
    if leaving.primary:
        case.links[0].primary = True
    return _written(writer.firm, case, before)


def change_client(firm: Firm, client: Client, fields: ClientFields) -> None:
    """Change a person's own data on all their cases; absent fields stay. Raises Refusal."""
    merged: ClientFields = {**_person(client), **fields}
    defects: list[Entry] = []
    draft = judge_client(merged, defects)
    if draft is None:
        raise Refusal(422, *defects)
    owner = firm.clients_by_phone.get(draft.phone.e164)
    if owner is not None and owner is not client:
        raise phone_conflict(owner.id, owner.name)
    if all(case.state is State.CLOSED for case in client.cases):
        raise lifecycle.case_closed(client.cases[0])
    write_person(firm, client, merged, draft.phone, but=None)


def _person(client: Client) -> ClientFields:
    return {
        "first_name": client.first_name,
        "last_name": client.last_name,
        "company_name": client.company_name,
        "cell_phone": client.cell_phone,
        "email": client.email,
        "preferred_language": client.preferred_language,
    }


def _as_draft(link: Link, *, primary: bool) -> DraftClient:
    client = link.client
    fields: ClientFields = {**_person(client), "external_id": link.external_id, "primary": primary}
    return DraftClient(fields, CellPhone(client.cell_phone, client.line_type, client.reach))


def _require_open(case: Case) -> None:
    if case.state is State.CLOSED:
        raise lifecycle.case_closed(case)


def _written(firm: Firm, case: Case, before: list[dict[str, object]]) -> Written:
    after = listed(case.links)
    if after == before:
        return Written(case, "unchanged")
    firm.touch(case)
    return Written(case, "updated", [{"field": "clients", "from": before, "to": after}])
