"""Clients as persons: a contact's id or a phone number says who somebody is, across all cases of a firm."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.casestatus.firm import Firm
from sandbox.casestatus.phones import CellPhone, Reach
from sandbox.casestatus.records import Case, Client, Link
from sandbox.casestatus.refusals import Refusal, refuse
from sandbox.casestatus.schema import ClientFields


@dataclass(frozen=True, slots=True)
class DraftClient:
    """A client of a body that passed judgement."""

    fields: ClientFields
    phone: CellPhone

    @property
    def name(self) -> str:
        """The company, or first and last name."""
        fields = self.fields
        return fields.get("company_name") or f"{fields.get('first_name')} {fields.get('last_name')}"


@dataclass(frozen=True, slots=True)
class Placement:
    """A draft with the person it turned out to be (None: somebody new)."""

    draft: DraftClient
    client: Client | None


def identify(firm: Firm, source: str, drafts: Sequence[DraftClient]) -> list[Placement]:
    """Who the drafts are: by the contact's id, then by phone number. A person listed twice is taken once.

    Raises Refusal (409 ``client_phone_conflict``) for a number that belongs to a client of another name.
    """
    placements: list[Placement] = []
    taken: dict[str, str] = {}
    for draft in _each_contact_once(drafts):
        client, number = _by_external_id(firm, source, draft.fields), draft.phone.e164
        owner = firm.clients_by_phone.get(number)
        if owner is not None and owner is not client and not _same_name(owner.name, draft.name):
            raise phone_conflict(owner.id, owner.name)
        if number in taken:
            if not _same_name(taken[number], draft.name):
                raise phone_conflict(None, taken[number])
            continue
        person = owner or client
        # Somebody listed before under another number: one of the two entries holds a number that is not theirs.
        if person is not None and any(person is placement.client for placement in placements):
            raise phone_conflict(person.id, person.name)
        taken[number] = draft.name
        placements.append(Placement(draft, person))
    return placements


def phone_conflict(client_id: int | None, existing_name: str) -> Refusal:
    """409 for a number that belongs to somebody else."""
    return refuse(
        409,
        "client_phone_conflict",
        "This phone number belongs to a client of another name.",
        field="clients",
        client_id=client_id,
        existing_name=existing_name,
    )


def _each_contact_once(drafts: Sequence[DraftClient]) -> list[DraftClient]:
    """The drafts without those that repeat the contact's id of an earlier one."""
    met: set[str] = set()
    kept = []
    for draft in drafts:
        external_id = draft.fields.get("external_id")
        if external_id is None or external_id not in met:
            kept.append(draft)
        met.update([external_id] if external_id else [])
    return kept


def _by_external_id(firm: Firm, source: str, fields: ClientFields) -> Client | None:
    external_id = fields.get("external_id")
    return firm.clients_by_external.get((source, external_id)) if external_id else None


def _same_name(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def listed(links: Iterable[Link]) -> list[dict[str, Any]]:
    """A case's clients as changes show them."""
    return [
        {
            "external_id": link.external_id,
            "first_name": link.client.first_name,
            "last_name": link.client.last_name,
            "company_name": link.client.company_name,
            "cell_phone": link.client.cell_phone,
            "email": link.client.email,
            "preferred_language": link.client.preferred_language,
            "primary": link.primary,
        }
        for link in links
    ]


def foreseen(case: Case | None, placements: Sequence[Placement]) -> list[dict[str, Any]]:
    """What :func:`listed` will say once the placements are settled; absent fields stay as they are."""
    present = {link.client.id: link for link in case.links} if case else {}
    chosen = primary_index(placements)
    rows = []
    for index, placement in enumerate(placements):
        fields, client = placement.draft.fields, placement.client
        link = present.get(client.id) if client else None
        rows.append(
            {
                "external_id": fields.get("external_id", link.external_id if link else None),
                "first_name": fields.get("first_name"),
                "last_name": fields.get("last_name"),
                "company_name": fields.get("company_name"),
                "cell_phone": placement.draft.phone.e164,
                "email": fields.get("email", client.email if client else None),
                "preferred_language": fields.get("preferred_language", client.preferred_language if client else None),
                "primary": index == chosen,
            }
        )
    return rows


def primary_index(placements: Sequence[Placement]) -> int:
    """The first one called primary, else the first."""
    flags = (index for index, placement in enumerate(placements) if placement.draft.fields.get("primary"))
    return next(flags, 0)


def settle(firm: Firm, case: Case, placements: Sequence[Placement], next_id: Callable[[], int]) -> None:
    """Make the placements the clients of ``case``; other cases of a person who changed are touched."""
    rows = foreseen(case, placements)
    former = {link.client.id: link.client for link in case.links}
    links = []
    for row, placement in zip(rows, placements, strict=True):
        client = placement.client or _new_client(firm, next_id(), placement.draft.phone)
        write_person(firm, client, row, placement.draft.phone, but=case)
        link = Link(client, row["external_id"], row["primary"])
        _attach(firm, case, link)
        former.pop(client.id, None)
        links.append(link)
    for client in former.values():
        detach(firm, case, client)
    case.links = tuple(links)


def write_person(firm: Firm, client: Client, row: Mapping[str, Any], phone: CellPhone, but: Case | None) -> None:
    """Put a person's data into effect; cases that show changed data are touched, except ``but``."""
    names = ("first_name", "last_name", "company_name", "email", "preferred_language")
    changed = client.cell_phone != phone.e164 or any(getattr(client, name) != row[name] for name in names)
    for name in names:
        setattr(client, name, row[name])
    if client.cell_phone != phone.e164:
        _release_number(firm, client)
        client.sms_opted_out = phone.reach is Reach.OPTED_OUT
    client.cell_phone, client.line_type, client.reach = phone.e164, phone.line_type, phone.reach
    firm.clients_by_phone[phone.e164] = client
    if changed:
        for case in client.cases:
            if case is not but:
                firm.touch(case)


def detach(firm: Firm, case: Case, client: Client) -> None:
    """Take a client off a case; a person on no case is forgotten, number and all."""
    client.cases.remove(case)
    if client.cases:
        return
    del firm.clients[client.id]
    _release_number(firm, client)
    for key in client.external_keys:
        if firm.clients_by_external.get(key) is client:
            del firm.clients_by_external[key]


def _new_client(firm: Firm, identity: int, phone: CellPhone) -> Client:
    opted_out = phone.reach is Reach.OPTED_OUT
    client = Client(identity, None, None, None, phone.e164, phone.line_type, phone.reach, sms_opted_out=opted_out)
    firm.clients[identity] = client
    return client


def _release_number(firm: Firm, client: Client) -> None:
    if firm.clients_by_phone.get(client.cell_phone) is client:
        del firm.clients_by_phone[client.cell_phone]


def _attach(firm: Firm, case: Case, link: Link) -> None:
    client = link.client
    if case not in client.cases:
        client.cases.append(case)
    if link.external_id is not None:
        key = (case.source, link.external_id)
        firm.clients_by_external[key] = client
        if key not in client.external_keys:
            client.external_keys = (*client.external_keys, key)
