"""Replies out of a queue: what people of the firm hand to the case system for a case's clients reaches them, once.

The case system keeps a message in its queue until it hears what became of it, which it is told after the ledger has it. So
what is still there though it has ended is only to be told of, and never sent again, whenever a process died or an answer
was lost. Nobody is sent a message of long ago: what the firm must mend goes back to its author at once.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from blocks.firm import Firm
from connectors.casestatus import CaseStatusClient
from connectors.errors import ConnectorError, FixData, NotFound
from connectors.http import redact
from connectors.ports import Outbox
from domain.case import Unreadable
from domain.letters import content_digest
from domain.outbox import OUTBOX_MARK, QueuedMessage, queue_marker
from ledger import Delivery, Feed, Ledger, Reservation, State
from tasks.relay.courier import Courier, Refused
from tasks.relay.delivering import UNREADABLE
from tasks.relay.polling import Polled
from tasks.relay.replies import STREAM, too_long
from tasks.relay.unreadable import on_record

MARK = OUTBOX_MARK
QUEUED = "queued"
"""In the payload: the message as it was in the queue."""
NUMBER = "number"
"""In the payload of what nobody can read: its number in the queue, if it has one."""
MOST_TOLD = 40
"""So many of those that have ended before are told of in a tick, one request each, so that what is new hardly waits."""
_message = TypeAdapter(QueuedMessage)
_TOO_OLD = (
    "It was not sent: it was written before casebridge began to send messages for this firm. Write it again if it is still "
    "of use."
)
_SURELY_NOT = "It was not sent: write it again if it is still of use."
_PERHAPS = "Whether it reached the clients is not certain: look at the case in Case Status before you write it again."
_EXPLAINED = frozenset(
    {
        "before_relay",
        "case_not_in_portal",
        "case_not_activated",
        "case_closed",
        "sender_not_on_case",
        "content_blank",
        "content_too_long",
        "portal_refused",
        "unreadable_record",
    }
)
"""Codes whose sentence is written for its author."""


async def read_queue(
    firm: Firm, ledger: Ledger, outbox: Outbox, feed: Feed | None, *, since: datetime | None
) -> Polled:
    """Read the queue, reserve what is new in it, and tell of what has ended; the first time also of what is too old.

    What was in the queue when it was first read goes back to its authors, but for what was written since ``since``.
    Raises ConnectorError when the queue cannot be read; what could not be told of is in the result.
    """
    slug, system = firm.slug, firm.case_system.system
    queue = await outbox.queued()
    at = await asyncio.to_thread(ledger.deliveries.now)
    found = {queue_marker(message, system): _reservation(message, system) for message in queue.items}
    found |= {(one := _unreadable(trouble, at)).marker: one for trouble in queue.unreadable}
    known = await asyncio.to_thread(ledger.deliveries.known, slug, STREAM, found)
    fresh = [reservation for marker, reservation in found.items() if marker not in known]
    if feed is None:
        fresh = [_as_of_old(one) if since is None or one.occurred_at < since else one for one in fresh]
    new: list[str] = []
    if fresh:
        new = await asyncio.to_thread(ledger.deliveries.reserve, slug, STREAM, fresh)
        known |= await asyncio.to_thread(ledger.deliveries.known, slug, STREAM, new)
    begins_at = feed.begins_at if feed else since or at
    if feed is None:
        # Only now, as whatever a feed that has begun finds in the queue is sent.
        await asyncio.to_thread(ledger.feeds.begin, slug, STREAM, begins_at)
    polled = Polled(sum(known[marker].ended_at is None for marker in new), begins_at=begins_at)
    books = Books(ledger, outbox, firm.rules().system.name)
    ended = (known[marker] for marker in found if known[marker].ended_at is not None)
    polled.untold = await books.close([delivery for delivery in ended if number_of(delivery)][:MOST_TOLD])
    return polled


def _reservation(message: QueuedMessage, system: str) -> Reservation:
    return Reservation(
        marker=queue_marker(message, system),
        case_id=message.case_id,
        occurred_at=message.written_at,
        # With its words: they cannot be read again once it is out of the queue, and it may be taken up again later.
        payload={QUEUED: _message.dump_python(message, mode="json")},
        digest=content_digest(message.content),
    )


def _unreadable(trouble: Unreadable, at: datetime) -> Reservation:
    """As :func:`on_record`, with the number under which it is to be told of."""
    reservation = on_record(trouble, at)
    return replace(reservation, payload=reservation.payload | {NUMBER: trouble.integration_id})


def _as_of_old(reservation: Reservation) -> Reservation:
    return replace(reservation, given_up=("before_relay", _TOO_OLD))


class Books:
    """Tells the case system what became of its messages.

    Args:
        ledger: where it is noted that it was told.
        outbox: the case system's queue.
        system: the case system's name, for people.
    """

    def __init__(self, ledger: Ledger, outbox: Outbox, system: str) -> None:
        self._ledger, self._outbox, self._system = ledger, outbox, system

    async def close(self, ended: Sequence[Delivery]) -> ConnectorError | None:
        """Tell of all of these, until the case system cannot be told; why it cannot."""
        refused = None
        for delivery in ended:
            try:
                await self.tell(delivery)
            except FixData as error:
                refused = refused or error
            except ConnectorError as error:
                return error
        return refused

    async def tell(self, ended: Delivery) -> str | None:
        """Tell what became of a message; what is worth knowing of that. Raises ConnectorError."""
        number = number_of(ended)
        if not number:
            return None
        if ended.state is State.DELIVERED:
            heard = await self._outbox.sent(number, ended.remote_id or "")
        else:
            heard = await self._outbox.failed(number, reason_for_author(ended))
        outcome = "was sent" if ended.state is State.DELIVERED else "was not sent, and why"
        if heard:
            note = f"{self._system} was told that it {outcome}."
        else:
            note = f"{self._system} would not hear that it {outcome}: it has heard otherwise before, or has it no more."
        await asyncio.to_thread(self._ledger.deliveries.remark, ended, note)
        return None if heard else note


@dataclass(frozen=True, slots=True)
class Ready:
    """A message ready to be sent as the primary attorney of its case in the portal."""

    case_id: str
    portal_id: int
    content: str


class OutboxCourier(Courier[Ready]):
    """Sends one firm's queued messages to clients in the portal; see :class:`tasks.relay.courier.Courier`."""

    stream = STREAM
    at_once = 4

    def __init__(self, firm: Firm, ledger: Ledger, portal: CaseStatusClient, outbox: Outbox) -> None:
        self._firm, self._ledger, self._portal = firm, ledger, portal
        self._system = firm.rules().system.name
        self._books = Books(ledger, outbox, self._system)
        self._deaf = False
        """Whether the case system could not be told of something: the next reading of the queue tells it."""

    async def prepare(self, delivery: Delivery) -> Ready:
        """Find the message's case in the portal. Raises Refused when it is not there."""
        message = message_in(delivery)
        portal_id = await self._portal_id(message.case_id)
        if portal_id is None:
            raise self._not_in_portal()
        return Ready(message.case_id, portal_id, message.content)

    async def call(self, delivery: Delivery, prepared: Ready) -> tuple[str, str | None]:
        """Send it as the primary attorney [seed][help]. Raises Refused for whatever the portal refuses."""
        try:
            sent = await self._portal.send_message(
                prepared.portal_id, prepared.content, external_id=delivery.marker, sender_email=None
            )
        except FixData as refusal:
            raise self._sent_back(refusal, prepared.content) from refusal
        return sent.id, None

    async def find(self, delivery: Delivery) -> str | None:
        """Look it up by its marker, which the portal keeps as external id. Raises Refused when the case is gone."""
        try:
            portal_id = await self._portal_id(delivery.case_id)
            message = await self._portal.find_message(portal_id, delivery.marker) if portal_id is not None else None
        except NotFound:
            portal_id = None
        if portal_id is None:
            sentence = (
                "Whether it was sent is not known, and cannot be seen any more, as the case is not in Case Status. Ask the "
                "clients before you write it again."
            )
            raise Refused("case_not_in_portal", sentence)
        return message.id if message else None

    async def conclude(self, ended: Delivery) -> str | None:
        """Tell the case system, so that its author sees at once what became of it."""
        if self._deaf:
            return None
        try:
            return await self._books.tell(ended)
        except ConnectorError as error:
            self._deaf = not isinstance(error, FixData)
            return f"{self._system} could not be told what became of it, and is told at the next tick. {redact(str(error))}"

    async def _portal_id(self, case_id: str) -> int | None:
        """The case in the portal; asked there when the last night did not see it yet."""
        system = self._firm.case_system.system
        link = await asyncio.to_thread(self._ledger.links.get, self._firm.slug, case_id, system=system)
        if link is not None and link.portal_id is not None:
            return link.portal_id
        found = await self._portal.find(system, case_id)
        return found.id if found else None

    def _not_in_portal(self) -> Refused:
        return Refused(
            "case_not_in_portal",
            f"It was not sent: the case is not in Case Status. In {self._system}, connect the case to Case Status, have its "
            "welcome message sent, and write the message again.",
        )

    def _sent_back(self, refusal: FixData, content: str) -> Refused:
        """Why the portal refuses it, and what its author does about that. A refusal has had no effect [assumed: 6.2]."""
        codes = {problem.code for problem in refusal.problems}
        if isinstance(refusal, NotFound):
            return self._not_in_portal()
        if "content_too_long" in codes:
            return Refused("content_too_long", f"It was not sent. {too_long(content, refusal)}")
        for code, sentence in _SENT_BACK.items():
            if code in codes:
                return Refused(code, f"It was not sent: {sentence}")
        return Refused("portal_refused", f"It was not sent. {refusal} Mend that, and write the message again.")


_SENT_BACK = {
    "content_blank": "it has no text. Write it again with the words that were meant.",
    "case_closed": (
        "the case is closed in Case Status. Reach the clients in another way; or reopen the case, and write the message again."
    ),
    "case_not_activated": (
        "the clients were not welcomed in Case Status yet. Send the welcome message of the case there, and write the message "
        "again."
    ),
    "sender_not_on_case": (
        "it goes out as the case's primary attorney, who is not active in Case Status. See there, in Settings › Users, that the "
        "attorney has accepted the invitation, or make somebody else the case's attorney; then write the message again."
    ),
}
"""What goes back to the author, by the portal's code, in the order in which they count."""


def reason_for_author(ended: Delivery) -> str:
    """Why one that was given up was not sent, and what its author does about it."""
    reason = ended.reason or ""
    if ended.code in _EXPLAINED:
        return reason
    return f"{reason} {_PERHAPS if ended.tries else _SURELY_NOT}".strip()


def message_in(delivery: Delivery) -> QueuedMessage:
    """The message as it was in the queue."""
    return _message.validate_python(delivery.payload[QUEUED])


def number_of(delivery: Delivery) -> str:
    """The message's number in the queue; empty for a record that had none that can be used."""
    if UNREADABLE in delivery.payload:
        return str(delivery.payload.get(NUMBER, ""))
    return message_in(delivery).id


def told(delivery: Delivery) -> dict[str, Any]:
    """What a receipt says of the message itself: everything but its words, of which only length and digest."""
    message = message_in(delivery)
    return {
        "message": message.id,
        "written by user": message.author_id,
        "written at": message.written_at.isoformat(),
        "characters": len(message.content),
        "digest": delivery.digest or "",
    }
