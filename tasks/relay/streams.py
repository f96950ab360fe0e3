"""The two streams of the relays: how a page of each is read and reserved, and who delivers it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from blocks.firm import Firm
from connectors.casestatus import CaseStatusClient
from connectors.ports import CaseFiles
from domain.case import Unreadable
from domain.letters import MESSAGE_MARK, content_digest, message_marker
from domain.relay import DocumentPage, MessagePage
from ledger import Delivery, Ledger, Reservation
from tasks.relay import documents, messages
from tasks.relay.delivering import UNREADABLE, Courier
from tasks.relay.people import Whereabouts

Page = MessagePage | DocumentPage


class Stream(Protocol):
    """What a tick must know of a stream."""

    @property
    def name(self) -> str:
        """As the ledger calls it."""
        ...

    @property
    def word(self) -> str:
        """One of them, for people."""
        ...

    @property
    def mark(self) -> str:
        """What its markers begin with, before the portal's number."""
        ...

    @property
    def stale_after(self) -> timedelta:
        """When what waits is too old, and somebody is told."""
        ...

    def is_on(self, firm: Firm) -> bool:
        """The firm's switch."""
        ...

    def pages(self, portal: CaseStatusClient, since: datetime) -> AsyncIterator[Page]:
        """The feed from ``since`` on."""
        ...

    async def reservations(self, firm: Firm, ledger: Ledger, page: Any, begins_at: datetime) -> list[Reservation]:
        """What of a page is to be reserved; nothing that was created before ``begins_at``."""
        ...

    def courier(self, firm: Firm, ledger: Ledger, portal: CaseStatusClient, files: CaseFiles) -> Courier[Any]:
        """Who delivers."""
        ...

    def told(self, delivery: Delivery) -> Mapping[str, Any]:
        """What a receipt says of the thing itself."""
        ...


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages, in their order within each case."""

    name: str = messages.STREAM
    word: str = "message"
    mark: str = MESSAGE_MARK
    stale_after: timedelta = timedelta(minutes=10)

    def is_on(self, firm: Firm) -> bool:
        """See :class:`Stream`."""
        return firm.relay_messages

    def pages(self, portal: CaseStatusClient, since: datetime) -> AsyncIterator[Page]:
        """See :class:`Stream`."""
        return portal.messages(since)

    async def reservations(
        self, firm: Firm, ledger: Ledger, page: MessagePage, begins_at: datetime
    ) -> list[Reservation]:
        """See :class:`Stream`."""
        ours = [item for item in page.items if item.created_at >= begins_at]
        markers = [message_marker(item) for item in ours]
        known = await asyncio.to_thread(ledger.deliveries.digests, firm.slug, self.name, markers)
        readable = messages.reservations(
            ours, known, system=firm.case_system.system, keep_automatic=firm.relay_automatic_messages
        )
        return readable + _unreadable(page)

    def courier(self, firm: Firm, ledger: Ledger, portal: CaseStatusClient, files: CaseFiles) -> Courier[Any]:
        """See :class:`Stream`."""
        whereabouts = Whereabouts(firm, ledger, portal, files)
        return messages.MessageCourier(portal, files, whereabouts, firm.rules().system)

    def told(self, delivery: Delivery) -> Mapping[str, Any]:
        """See :class:`Stream`."""
        return messages.told(delivery)


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents, in no order."""

    name: str = documents.STREAM
    word: str = "document"
    mark: str = documents.MARK
    stale_after: timedelta = timedelta(hours=1)

    def is_on(self, firm: Firm) -> bool:
        """See :class:`Stream`."""
        return firm.relay_documents

    def pages(self, portal: CaseStatusClient, since: datetime) -> AsyncIterator[Page]:
        """See :class:`Stream`."""
        return portal.documents(since)

    async def reservations(
        self, firm: Firm, ledger: Ledger, page: DocumentPage, begins_at: datetime
    ) -> list[Reservation]:
        """See :class:`Stream`."""
        ours = [item for item in page.items if item.created_at >= begins_at]
        markers = [documents.document_marker(item) for item in ours]
        known = await asyncio.to_thread(ledger.deliveries.digests, firm.slug, self.name, markers)
        cases = {item.place.key for item in ours if documents.document_marker(item) not in known}
        taken: dict[str, set[str]] = {}
        for case_id, payload in await asyncio.to_thread(
            ledger.deliveries.payloads_of, firm.slug, self.name, sorted(cases)
        ):
            taken.setdefault(case_id, set()).add(payload["name"].casefold())
        return documents.reservations(ours, known, taken, system=firm.case_system.system) + _unreadable(page)

    def courier(self, firm: Firm, ledger: Ledger, portal: CaseStatusClient, files: CaseFiles) -> Courier[Any]:
        """See :class:`Stream`."""
        return documents.DocumentCourier(
            portal,
            files,
            Whereabouts(firm, ledger, portal, files),
            firm.rules().system.name,
            largest=firm.largest_document_mb,
        )

    def told(self, delivery: Delivery) -> Mapping[str, Any]:
        """See :class:`Stream`."""
        return documents.told(delivery)


def _unreadable(page: Page) -> list[Reservation]:
    """What nobody can read is put on record, to be given up with its reason: it must not vanish from sight."""
    return [_on_record(trouble, page.at) for trouble in page.unreadable]


def _on_record(trouble: Unreadable, at: datetime) -> Reservation:
    marker = f"unreadable:{trouble.integration_id or content_digest(trouble.sentence)}"
    return Reservation(marker, "unknown", at, {UNREADABLE: trouble.sentence}, lane=marker)


MESSAGES, DOCUMENTS = Messages(), Documents()
STREAMS: Mapping[str, Stream] = {stream.name: stream for stream in (MESSAGES, DOCUMENTS)}
