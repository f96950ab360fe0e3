"""Contacts and casefiles: found in the books before they are made there, and made once."""

import asyncio
from dataclasses import dataclass
from typing import Any

from connectors.errors import FixData
from domain.books import BooksUser, Casefile, CasefileDraft, Contact, ContactDraft
from domain.books_preflight import Finding, check_casefile
from domain.case import Case, Client
from domain.phones import choose_phone
from domain.posting_markers import casefile_marker, client_marker
from ledger import Delivery, State
from tasks.books.payloads import casefile_draft, contact_draft
from tasks.books.push import Push
from tasks.books.refusals import held, held_for, refusal
from tasks.books.streams import CASEFILES, CONTACTS
from tasks.relay.courier import Courier

THERE = "It was there already."
CONTACT, CASEFILE = "contact", "casefile"
"""In the payload: what is to be made."""


def vendor(marker: str, name: str) -> ContactDraft:
    """A payee: a company as far as anybody knows."""
    return ContactDraft(marker, "Vendor", " ".join(name.split()))


def client_contact(slug: str, client: Client) -> ContactDraft | None:
    """A case's client; None for one without a name."""
    last_name = client.company_name or client.last_name or client.first_name
    if not last_name:
        return None
    first_name = client.first_name if client.last_name and not client.company_name else None
    return ContactDraft(
        client_marker(slug, client.external_id),
        "Client",
        last_name,
        first_name or "",
        client.email or "",
        choose_phone(client.phones).e164 or "",
    )


@dataclass(frozen=True, slots=True)
class ReadyContact:
    """A contact to be made, or one that is there."""

    case_id: str
    draft: ContactDraft
    there: Contact | None


class ContactCourier(Courier[ReadyContact]):
    """Makes contacts in a firm's books; see :class:`tasks.relay.courier.Courier`.

    A vendor that the bookkeeper has entered under the same name is used as it is. Clients are told apart by more than a
    name: only one that carries our own marker is the same.
    """

    stream = CONTACTS
    at_once = 4

    def __init__(self, push: Push) -> None:
        self._accounting = push.accounting

    async def prepare(self, delivery: Delivery) -> ReadyContact:
        """Look for it. Raises Held when several vendors have its name."""
        draft = _contact_in(delivery)
        found = await self._accounting.contacts(draft.kind, marker=draft.marker)
        if not found and draft.kind == "Vendor":
            found = await self._accounting.contacts(draft.kind, name=draft.last_name)
        if len(found) > 1:
            numbers = ", ".join(sorted(one.number for one in found))
            raise held("contact_twice", name=draft.last_name, numbers=numbers, marker=draft.marker)
        return ReadyContact(delivery.case_id, draft, found[0] if found else None)

    async def call(self, delivery: Delivery, prepared: ReadyContact) -> tuple[str, str | None]:  # noqa: ARG002 (as the engine has it)
        """Make it, unless it is there. Raises Held, Refused."""
        if prepared.there is not None:
            return prepared.there.id, THERE
        try:
            made = await self._accounting.create_contact(prepared.draft)
        except FixData as error:
            raise refusal(error) from error
        return made.id, None

    async def find(self, delivery: Delivery) -> str | None:
        """By its marker."""
        draft = _contact_in(delivery)
        found = await self._accounting.contacts(draft.kind, marker=draft.marker)
        return found[0].id if found else None


def _contact_in(delivery: Delivery) -> ContactDraft:
    return contact_draft.validate_python(delivery.payload[CONTACT])


@dataclass(frozen=True, slots=True)
class ReadyCasefile:
    """A casefile to be made, or one that is there."""

    case_id: str
    draft: CasefileDraft | None
    there: Casefile | None


class CasefileCourier(Courier[ReadyCasefile]):
    """Makes casefiles in a firm's books; see :class:`tasks.relay.courier.Courier`."""

    stream = CASEFILES
    at_once = 4

    def __init__(self, push: Push) -> None:
        self._push = push

    async def prepare(self, delivery: Delivery) -> ReadyCasefile:
        """Look for it, and see that everything for it is there. Raises Held, Refused."""
        push, case_id = self._push, delivery.case_id
        case = push.cases.get(case_id)
        if case is None:
            raise held("case_gone")
        there = usable_casefile(push, case, await push.casefiles(case_id))
        if there is not None:
            return ReadyCasefile(case_id, None, there)
        client_id = await _client_id(push, case)
        draft = CasefileDraft(
            marker=delivery.marker,
            client_id=client_id,
            area_id=push.plan.area_id,
            responsible_user_id=answering(push, case_id).id,
            description=_description(case),
            opened_on=push.today,
        )
        return ReadyCasefile(case_id, draft, None)

    def on_record(self, prepared: ReadyCasefile) -> tuple[dict[str, Any], str] | None:
        """What it was made as."""
        if prepared.draft is None:
            return None
        return {CASEFILE: casefile_draft.dump_python(prepared.draft, mode="json")}, prepared.draft.client_id

    async def call(self, delivery: Delivery, prepared: ReadyCasefile) -> tuple[str, str | None]:  # noqa: ARG002 (as the engine has it)
        """Make it, unless it is there. Raises Held, Refused."""
        if prepared.there is not None:
            return prepared.there.id, THERE
        assert prepared.draft is not None
        try:
            made = await self._push.accounting.create_casefile(prepared.draft)
        except FixData as error:
            raise refusal(error) from error
        self._push.has_now(prepared.case_id, made)
        return made.id, None

    async def find(self, delivery: Delivery) -> str | None:
        """By its marker. Raises Held when several carry it."""
        found = await self._push.accounting.casefiles(marker=delivery.marker)
        if len(found) > 1:
            numbers = ", ".join(sorted(one.number for one in found))
            raise held("casefile_twice", numbers=numbers, marker=delivery.marker)
        return found[0].id if found else None


def usable_casefile(push: Push, case: Case, found: tuple[Casefile, ...]) -> Casefile | None:
    """The case's casefile; None when there is none yet. Raises Held when it cannot be used, or nobody knows which it is."""
    marker = casefile_marker(push.slug, case.integration_id)
    checked = check_casefile(case.integration_id, found, marker)
    if isinstance(checked, Finding):
        raise held_for(checked)
    if checked is not None and checked.marker != marker and not _is_of(case, checked):
        raise held("casefile_of_another", casefile=checked.number, client=checked.description, marker=marker)
    return checked


def _is_of(case: Case, casefile: Casefile) -> bool:
    """Whether a casefile that only shares the case's number names its client."""
    client = case.clients[0] if case.clients else None
    name = (client.company_name or client.last_name or "") if client else ""
    return bool(name) and name.casefold() in casefile.description.casefold()


def answering(push: Push, case_id: str) -> BooksUser:
    """Who answers for a case in the books. Raises Held when nobody can."""
    found = push.answerable.get(case_id)
    if found is None:
        raise held("attorney_missing")
    if isinstance(found, Finding):
        raise held_for(found)
    return found


async def contact_id(push: Push, marker: str, name: str) -> str:
    """The contact in the books under this marker. Raises Held while there is none."""
    contact = await asyncio.to_thread(push.ledger.deliveries.get, push.slug, CONTACTS, marker)
    if contact is None or contact.state is not State.DELIVERED or contact.remote_id is None:
        raise held("contact_waits", payee=name, problem=contact.reason if contact and contact.reason else "")
    return contact.remote_id


async def _client_id(push: Push, case: Case) -> str:
    draft = client_contact(push.slug, case.clients[0]) if case.clients else None
    if draft is None:
        raise held("client_missing")
    return await contact_id(push, draft.marker, case.clients[0].display_name)


def _description(case: Case) -> str:
    """As the books show it in lists, such as ``Okafor, Lena - 08/19/2030``."""
    client = case.clients[0]
    name = client.company_name or ", ".join(part for part in (client.last_name, client.first_name) if part)
    return f"{name} - {case.case_date:%m/%d/%Y}" if case.case_date else name
