"""The streams of the relays: how a page of each is read and reserved, and who delivers it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from blocks.firm import Firm
from connectors.casestatus import CaseStatusClient
from connectors.ports import CaseFiles, Outbox, Replies, SharedState
from domain.letters import MESSAGE_MARK, message_marker
from domain.relay import DocumentPage, MessagePage
from domain.replies import ChangedCases
from ledger import Delivery, Ledger, Reservation
from tasks.relay import documents, messages, outbox, replies
from tasks.relay.courier import Courier
from tasks.relay.people import Whereabouts
from tasks.relay.unreadable import on_record

Page = MessagePage | DocumentPage | ChangedCases
_FILED = "filed with case {case} as record {record}"


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
    def switch(self) -> str:
        """The firm's switch for it, as :data:`domain.switches.SWITCHES` has it."""
        ...

    @property
    def marks(self) -> tuple[str, ...]:
        """What may stand in its markers before the number of the thing in the system that it comes from."""
        ...

    @property
    def source(self) -> str:
        """The system that it comes from, for people; ``{system}`` stands for the name of a firm's case system."""
        ...

    @property
    def target(self) -> str:
        """The system that it goes to, for people."""
        ...

    @property
    def done(self) -> str:
        """What is said of a delivered one; has ``{case}`` and ``{record}``."""
        ...

    @property
    def stale_after(self) -> timedelta:
        """When what waits is too old, and somebody is told; see :func:`tasks.relay.nightly.stale_after`."""
        ...

    def concerns(self, firm: Firm) -> bool:
        """Whether the firm's case system has this stream at all."""
        ...

    def is_on(self, firm: Firm) -> bool:
        """The firm's switch."""
        ...

    def case_side(self, firm: Firm, shared: SharedState, share: float) -> Any:
        """The firm's case system as this stream needs it; close it after use."""
        ...

    def pages(self, source: Any, since: datetime) -> AsyncIterator[Page]:
        """The feed from ``since`` on: the portal's, or the case system's where the stream comes from there."""
        ...

    async def reservations(self, firm: Firm, ledger: Ledger, page: Any, begins_at: datetime) -> list[Reservation]:
        """What of a page is to be reserved; nothing that was created before ``begins_at``."""
        ...

    def courier(self, firm: Firm, ledger: Ledger, portal: CaseStatusClient, case_side: Any) -> Courier[Any]:
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
    switch: str = "relay_messages"
    marks: tuple[str, ...] = (MESSAGE_MARK,)
    source: str = "Case Status"
    target: str = "the case system"
    done: str = _FILED
    stale_after: timedelta = timedelta(minutes=10)

    def concerns(self, firm: Firm) -> bool:
        """See :class:`Stream`."""
        del firm  # every case system keeps what the portal sends
        return True

    def is_on(self, firm: Firm) -> bool:
        """See :class:`Stream`."""
        return firm.switch(self.switch).on

    def case_side(self, firm: Firm, shared: SharedState, share: float) -> CaseFiles:
        """See :class:`Stream`."""
        return firm.case_system.case_files(shared, firm.rules(), share)

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
        return readable + [on_record(trouble, page.at) for trouble in page.unreadable]

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
    switch: str = "relay_documents"
    marks: tuple[str, ...] = (documents.MARK,)
    source: str = "Case Status"
    target: str = "the case system"
    done: str = _FILED
    stale_after: timedelta = timedelta(hours=1)

    def concerns(self, firm: Firm) -> bool:
        """See :class:`Stream`."""
        del firm  # every case system keeps what the portal sends
        return True

    def is_on(self, firm: Firm) -> bool:
        """See :class:`Stream`."""
        return firm.switch(self.switch).on

    def case_side(self, firm: Firm, shared: SharedState, share: float) -> CaseFiles:
        """See :class:`Stream`."""
        return firm.case_system.case_files(shared, firm.rules(), share)

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
        readable = documents.reservations(ours, known, taken, system=firm.case_system.system)
        return readable + [on_record(trouble, page.at) for trouble in page.unreadable]

    def courier(self, firm: Firm, ledger: Ledger, portal: CaseStatusClient, files: CaseFiles) -> Courier[Any]:
        """See :class:`Stream`."""
        return documents.DocumentCourier(
            ledger,
            portal,
            files,
            Whereabouts(firm, ledger, portal, files),
            firm.rules().system.name,
            largest=firm.largest_document_mb,
        )

    def told(self, delivery: Delivery) -> Mapping[str, Any]:
        """See :class:`Stream`."""
        return documents.told(delivery)


@dataclass(frozen=True, slots=True)
class RepliesOut:
    """What is written in the case system for clients, in its order within each case.

    It is found by reading cases, or comes out of a queue: the firm's block says which of the two its case system offers.
    """

    name: str = replies.STREAM
    word: str = "reply"
    switch: str = "relay_replies"
    marks: tuple[str, ...] = (replies.MARK, outbox.MARK)
    source: str = "{system}"
    target: str = "Case Status"
    done: str = "sent to the clients of case {case} as message {record}"
    stale_after: timedelta = timedelta(minutes=10)

    def concerns(self, firm: Firm) -> bool:
        """See :class:`Stream`."""
        return firm.reply_system is not None

    def is_on(self, firm: Firm) -> bool:
        """See :class:`Stream`."""
        return firm.switch(self.switch).on

    def case_side(self, firm: Firm, shared: SharedState, share: float) -> Replies | Outbox:
        """See :class:`Stream`."""
        assert firm.reply_system is not None, "a firm without one is not served"
        return firm.reply_system.replies(shared, firm.rules(), share)

    def pages(self, source: Replies, since: datetime) -> AsyncIterator[Page]:
        """See :class:`Stream`. A queue has none: :func:`tasks.relay.outbox.read_queue` reads that."""
        return source.changed(since)

    async def reservations(
        self, firm: Firm, ledger: Ledger, page: ChangedCases, begins_at: datetime
    ) -> list[Reservation]:
        """None of a page as such: its cases are noticed, to be read when it is their turn."""
        del begins_at
        if page.changed:
            await asyncio.to_thread(ledger.readings.notice, firm.slug, page.changed)
        return []

    def courier(self, firm: Firm, ledger: Ledger, portal: CaseStatusClient, source: Replies | Outbox) -> Courier[Any]:
        """See :class:`Stream`."""
        if isinstance(source, Outbox):
            return outbox.OutboxCourier(firm, ledger, portal, source)
        return replies.ReplyCourier(firm, ledger, portal, source)

    def told(self, delivery: Delivery) -> Mapping[str, Any]:
        """See :class:`Stream`."""
        return outbox.told(delivery) if outbox.QUEUED in delivery.payload else replies.told(delivery)


def source_of(stream: Stream, firm: Firm) -> str:
    """Where a firm's come from, for people."""
    return stream.source.format(system=firm.rules().system.name)


def counted(stream: Stream, count: int) -> str:
    """So many of them, for people."""
    return f"{count:,} {stream.word if count == 1 else stream.name}"


MESSAGES, DOCUMENTS, REPLIES = Messages(), Documents(), RepliesOut()
STREAMS: Mapping[str, Stream] = {stream.name: stream for stream in (MESSAGES, DOCUMENTS, REPLIES)}
