"""Finds the case and the people of what the portal sends: first in the ledger, then in the portal and the case system."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from blocks.firm import Firm
from connectors.casestatus import CaseStatusClient
from connectors.errors import NotFound, WrongReference
from connectors.ports import CaseFiles
from domain.case import Case, StaffMember
from domain.letters import People
from domain.portal import PortalCase
from domain.relay import Correspondent, PartyKind, PortalPlace
from ledger import Ledger, Link
from tasks.relay.courier import Held


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case of the portal that belongs to one of the firm's case system; either side as far as it is known."""

    integration_id: str
    source: Case | None
    portal: PortalCase | None


class Whereabouts:
    """Finds cases and people for one firm during one tick; what was asked once is kept."""

    def __init__(self, firm: Firm, ledger: Ledger, portal: CaseStatusClient, files: CaseFiles) -> None:
        self._firm, self._ledger, self._portal, self._files = firm, ledger, portal, files
        self._system = firm.case_system.system
        self._system_name = firm.rules().system.name
        self._portal_cases: dict[int, PortalCase | None] = {}
        self._links: dict[str, Link | None] = {}
        self._staff: dict[str, Correspondent] | None = None
        self._asking = asyncio.Lock()

    async def case(self, place: PortalPlace) -> FoundCase:
        """The case system's case that something in the portal belongs to.

        Raises:
            Held: the portal's case is linked to none, or to one of another system.
            ConnectorError: the portal could not be asked.
        """
        integration_id, source, portal_case = place.integration_id, place.source, None
        if not integration_id:
            # It may have been linked since: the portal is asked how it is now.
            portal_case = await self._portal_case(place.case_id)
            integration_id = portal_case.integration_id if portal_case else None
            source = portal_case.source if portal_case else None
        shown = place.readable_id or f"number {place.case_id}"
        if not integration_id:
            raise Held(
                "case_not_linked",
                f"The case {shown} in Case Status is linked to no case in {self._system_name}. Enter the integration id "
                "on the case in Case Status, or file it there by hand.",
            )
        if source is not None and source != self._system:
            raise Held(
                "case_not_linked", f"The case {shown} in Case Status belongs to {source}, not to {self._system_name}."
            )
        try:
            integration_id = self._firm.case_system.case_id(integration_id)
        except WrongReference as error:
            sentence = f"The case {shown} in Case Status has an integration id that names no case: {error}"
            raise Held("case_not_linked", sentence) from error
        link = await self._link(integration_id)
        known = link.portal if link is not None and link.portal_id == place.case_id else None
        return FoundCase(integration_id, link.source if link else None, portal_case or known)

    async def _link(self, integration_id: str) -> Link | None:
        if integration_id not in self._links:
            self._links[integration_id] = await asyncio.to_thread(
                self._ledger.links.get, self._firm.slug, integration_id, system=self._system
            )
        return self._links[integration_id]

    async def people(self, place: PortalPlace, found: FoundCase, clients: set[int], staff: set[str]) -> People:
        """Who of these clients (portal ids) and staff (e-mails) the case system knows. Raises ConnectorError."""
        portal_case = found.portal
        listed = {client.id for client in portal_case.clients} if portal_case else set()
        if portal_case is None or not clients <= listed:
            portal_case = await self._portal_case(place.case_id) or portal_case
        on_portal = portal_case.clients if portal_case else ()
        names = {
            client.id: client.company_name or " ".join(filter(None, (client.first_name, client.last_name)))
            for client in on_portal
        }
        known = {
            client.id: Correspondent(PartyKind.CLIENT, client.external_id, names[client.id])
            for client in on_portal
            if client.external_id
        }
        return People(known, names, await self._staff_of(found.source, staff), await self._attorney(found, portal_case))

    async def _staff_of(self, source: Case | None, wanted: set[str]) -> dict[str, Correspondent]:
        """Staff by e-mail: those on the case without asking anybody, the others by the firm's list of users."""
        on_case = _by_email(source.staff if source else ())
        wanted = {email.casefold() for email in wanted if email}
        if wanted <= on_case.keys():
            return on_case
        return await self._everyone() | on_case

    async def _attorney(self, found: FoundCase, portal_case: PortalCase | None) -> Correspondent | None:
        if found.source is not None and found.source.attorney is not None:
            return _staff(found.source.attorney)
        email = portal_case.attorney_email if portal_case else None
        return (await self._everyone()).get(email.casefold()) if email else None

    async def _everyone(self) -> dict[str, Correspondent]:
        async with self._asking:
            if self._staff is None:
                self._staff = _by_email(await self._files.staff())
            return self._staff

    async def _portal_case(self, case_id: int) -> PortalCase | None:
        async with self._asking:
            if case_id not in self._portal_cases:
                try:
                    self._portal_cases[case_id] = await self._portal.case(case_id)
                except NotFound:
                    self._portal_cases[case_id] = None
            return self._portal_cases[case_id]


def _by_email(staff: Sequence[StaffMember]) -> dict[str, Correspondent]:
    return {one.email.casefold(): _staff(one) for one in staff if one.email}


def _staff(one: StaffMember) -> Correspondent:
    return Correspondent(PartyKind.STAFF, one.external_id, one.name or one.email or "")
