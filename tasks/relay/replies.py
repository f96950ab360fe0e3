"""Replies: what people of the firm write in the case system for a case's clients reaches them in the portal, once.

Where they may be is told by cases that changed; those are read here, a bounded number a tick, and the others from time to
time. What is to be sent is reserved under its marker before a case counts as read.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from blocks.firm import Firm
from connectors.casestatus import CaseStatusClient
from connectors.errors import FixData, NotFound, UnexpectedAnswer
from connectors.ports import Replies
from domain.case import StaffMember
from domain.letters import content_digest
from domain.relay import Message
from domain.replies import Reply, reply_marker, sort_out
from ledger import Delivery, Ledger, Reading, Reservation
from tasks.relay.courier import Courier, Held, Refused
from tasks.relay.unreadable import on_record

STREAM = "replies"
MARK = "note:"
"""What stands in their markers between the case system's name and the number of the record."""
MOST_READ = 40
"""Cases read a tick and firm, one request each: 13 of the 120 seconds of a tick at three requests a second, so that what
comes in hardly waits; a firm's first reading of 1,000 cases takes 50 minutes, and 28,000 cases can be gone round a day."""
ROUND = timedelta(hours=24)
"""When an open case in the portal is read again, though nothing says that it changed."""
_OR_ELSE = "Or switch on *Send as the primary attorney* in the Firm block."
_reply = TypeAdapter(Reply)


async def read_cases(
    firm: Firm, ledger: Ledger, replies: Replies, begins_at: datetime, *, hint: str | None = None
) -> int:
    """Read the cases that are due, ``hint`` first, and reserve what is new there; how many replies that were.

    Raises:
        ConnectorError: the case system cannot be asked; what is unread stays due. UnexpectedAnswer comes last, when the
            other cases have been read.
    """
    before = datetime.now(UTC) - ROUND
    system = firm.case_system.system
    due = await asyncio.to_thread(ledger.readings.due, firm.slug, system, read_before=before, limit=MOST_READ)
    if hint is not None:
        hinted = await asyncio.to_thread(ledger.readings.of, firm.slug, hint)
        due = [hinted, *(reading for reading in due if reading.case_id != hint)]
    new, odd = 0, None
    for reading in due:
        try:
            new += await _read(firm, ledger, replies, reading, begins_at)
        except UnexpectedAnswer as error:
            odd = odd or error
    if odd is not None:
        raise odd
    return new


async def _read(firm: Firm, ledger: Ledger, replies: Replies, reading: Reading, begins_at: datetime) -> int:
    slug, system = firm.slug, firm.case_system.system
    try:
        found = await replies.of_case(reading.case_id)
    except NotFound:
        # Gone or hidden: nothing can be concluded of what clients could see there before.
        await asyncio.to_thread(ledger.readings.done, slug, reading, reading.passed_over, reading.told_by)
        return 0
    # Told by another name, other notes were for clients: what was passed over then says nothing of those.
    before = reading.passed_over if reading.told_by == replies.told_by else None
    markers = {reply_marker(reply, system): reply.id for reply in found.items}
    known = await asyncio.to_thread(ledger.deliveries.digests, slug, STREAM, list(markers))
    revived: list[str] = []
    if known:
        again = "meant for clients again"
        revived = await asyncio.to_thread(ledger.deliveries.revive, slug, STREAM, again, list(known), code="withdrawn")
    news = sort_out(found.items, {markers[marker] for marker in known}, before, begins_at)
    at = await asyncio.to_thread(ledger.deliveries.now)
    wanted = [*reservations(news.send, system, begins_at), *(on_record(trouble, at) for trouble in found.unreadable)]
    new = await asyncio.to_thread(ledger.deliveries.reserve, slug, STREAM, wanted) if wanted else []
    passed_over: frozenset[str] | None = news.passed_over
    if found.is_bare or found.unreadable:
        # What is missing now may only be out of sight for once: when it is back, it must not be taken for news.
        passed_over = before if found.is_bare else news.passed_over | (before or frozenset())
    await asyncio.to_thread(ledger.readings.done, slug, reading, passed_over, replies.told_by)
    return len(new) + len(revived)


def reservations(replies: Iterable[Reply], system: str, begins_at: datetime) -> list[Reservation]:
    """Each reply as it is reserved: without its words, which are read again before they are sent."""
    return [
        Reservation(
            marker=reply_marker(reply, system),
            case_id=reply.case_id,
            # What was shared long after it was written came to be a reply only then.
            occurred_at=reply.written_at if reply.written_at >= begins_at else reply.edited_at or reply.written_at,
            payload={"reply": _reply.dump_python(reply, mode="json", exclude={"content"})},
            digest=content_digest(reply.content),
        )
        for reply in replies
    ]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A reply ready to be sent; without ``sender_email`` it is from the case's primary attorney."""

    case_id: str
    portal_id: int
    content: str
    sender_email: str | None
    author: str


class ReplyCourier(Courier[Outgoing]):
    """Sends one firm's replies to clients in the portal; see :class:`tasks.relay.courier.Courier`."""

    stream = STREAM
    at_once = 4

    def __init__(self, firm: Firm, ledger: Ledger, portal: CaseStatusClient, replies: Replies) -> None:
        self._firm, self._ledger, self._portal, self._replies = firm, ledger, portal, replies
        self._system = firm.rules().system.name

    async def prepare(self, delivery: Delivery) -> Outgoing:
        """Read the reply once more as it is now, and find its case and its author in the portal.

        Raises:
            Held: the case is not in the portal, or is hidden; nobody in the portal can be found for the author.
            Refused: it is no longer meant for clients, or has no text.
        """
        reserved = reply_in(delivery)
        link = await self._link(reserved.case_id)
        try:
            found = await self._replies.of_case(reserved.case_id)
        except NotFound as error:
            sentence = f"The case {reserved.case_id} is gone from {self._system}, or hidden from the connected user."
            raise Held("case_gone", sentence) from error
        reply = next((one for one in found.items if one.id == reserved.id), None)
        if reply is None:
            raise Refused("withdrawn", f"It is no longer meant for clients in {self._system}, or was deleted there.")
        if not reply.content.strip():
            raise Refused("content_blank", "It has no text that could be sent, such as when it is only a picture.")
        author = reply.author.name or "its author"
        email = await self._email_of(reply, link.staff)
        if email is None and not self._firm.replies_as_attorney:
            raise Held(
                "sender_not_on_case",
                f"{self._system} has no e-mail address of {author} on this case: add {author} to the case's staff there. "
                f"{_OR_ELSE}",
            )
        return Outgoing(reserved.case_id, link.portal_id, reply.content, email, author)

    async def call(self, delivery: Delivery, prepared: Outgoing) -> tuple[str, str | None]:
        """Send it; as the primary attorney where its author is not on the portal's case and the firm wants that.

        Raises:
            Held: the author is not on the case, or the case is not activated or gone.
            Refused: the case is closed, or the reply is too long.
        """
        sender = prepared.sender_email
        try:
            sent = await self._send(delivery, prepared, sender)
        except Held as reason:
            # A refusal has had no effect [assumed: 6.2].
            if sender is None or reason.code != "sender_not_on_case" or not self._firm.replies_as_attorney:
                raise
            sender = None
            sent = await self._send(delivery, prepared, sender)
        if sender is None:
            return sent.id, f"Sent as the primary attorney: {prepared.author} is not on the case's team in Case Status."
        return sent.id, None

    async def find(self, delivery: Delivery) -> str | None:
        """Look it up by its marker, which the portal keeps as external id. Raises Held when the case is gone."""
        link = await self._link(delivery.case_id)
        try:
            message = await self._portal.find_message(link.portal_id, delivery.marker)
        except NotFound as error:
            raise _not_in_portal(delivery.case_id) from error
        return message.id if message else None

    async def _send(self, delivery: Delivery, prepared: Outgoing, sender_email: str | None) -> Message:
        try:
            return await self._portal.send_message(
                prepared.portal_id, prepared.content, external_id=delivery.marker, sender_email=sender_email
            )
        except FixData as refusal:
            raise _meant_by(refusal, prepared, sender_email) from refusal

    async def _link(self, case_id: str) -> "_Linked":
        """The case in the portal. Raises Held."""
        link = await asyncio.to_thread(
            self._ledger.links.get, self._firm.slug, case_id, system=self._firm.case_system.system
        )
        if link is None or link.portal_id is None:
            raise _not_in_portal(case_id)
        return _Linked(link.portal_id, link.source.staff if link.source else ())

    async def _email_of(self, reply: Reply, staff: Iterable[StaffMember]) -> str | None:
        """The author's e-mail as the ledger has it; else as the case system says, which knows all roles."""
        author = reply.author
        if not author.external_id:
            return None
        known = next((one.email for one in staff if one.external_id == author.external_id and one.email), None)
        return known or await self._replies.author_email(reply.case_id, author)


@dataclass(frozen=True, slots=True)
class _Linked:
    """A case in the portal, and its staff as the case system has them."""

    portal_id: int
    staff: tuple[StaffMember, ...]


def _not_in_portal(case_id: str) -> Held:
    return Held(
        "case_not_in_portal",
        f"The case {case_id} is not in Case Status, so it has no clients there. It goes out when the case has come over "
        "and is activated.",
    )


def _meant_by(refusal: FixData, prepared: Outgoing, sender_email: str | None) -> Held | Refused | FixData:
    """What a refusal of the portal means for the reply."""
    codes = {problem.code for problem in refusal.problems}
    if isinstance(refusal, NotFound):
        return _not_in_portal(prepared.case_id)
    if "content_too_long" in codes:
        return Refused("content_too_long", too_long(prepared.content, refusal))
    if "case_closed" in codes:
        return Refused("case_closed", "The case is closed in Case Status, where nothing can be sent to its clients.")
    if "case_not_activated" in codes:
        sentence = "The case is not activated in Case Status: send its welcome message, and it goes out within an hour."
        return Held("case_not_activated", sentence)
    if "sender_not_on_case" in codes:
        who = "The primary attorney" if sender_email is None else f"{prepared.author} ({sender_email})"
        sentence = f"{who} is not active staff on this case in Case Status: open the case there › Team. {_OR_ELSE}"
        return Held("sender_not_on_case", sentence)
    return refusal


def too_long(content: str, refusal: FixData) -> str:
    """What to say of a text that has more characters than the portal takes."""
    most = next((one.details["max_chars"] for one in refusal.problems if "max_chars" in one.details), "fewer")
    return f"It has {len(content)} characters, and Case Status takes {most}. Write it again in parts."


def reply_in(delivery: Delivery) -> Reply:
    """The reply as it was when it was reserved, without its words."""
    return _reply.validate_python({**delivery.payload["reply"], "content": ""})


def told(delivery: Delivery) -> dict[str, Any]:
    """What a receipt says of the reply itself."""
    reply = reply_in(delivery)
    return {
        "reply": reply.id,
        "from": reply.author.name,
        "written at": reply.written_at.isoformat(),
        "digest": delivery.digest or "",
    }
