"""Empties CASEpeer's outbox: what *Send Message to Case Status* [seed][help] has put there, and what became of it.

Its address, shapes and states are [assumed]: a message is *queued* until it is acknowledged as *sent* or *failed*.
"""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from connectors.casepeer import lists
from connectors.casepeer.client import CasePeerClient
from connectors.casepeer.hosts import SYSTEM
from connectors.casepeer.keys import not_let_in
from connectors.errors import UnexpectedAnswer
from connectors.http import Counts
from connectors.wiring import Identifier, Instant, WireRecord, unreadable
from domain.case import Unreadable
from domain.outbox import Queue, QueuedMessage

_OUTBOX = "/case-status/outbox/"
_QUEUED = "queued"
_LONGEST_ERROR = 1000
"""Characters of a reason that are taken [assumed]."""
_SETTLED_OTHERWISE = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
"""The message is gone, or was acknowledged as something else before [assumed]."""


class MessageRecord(WireRecord):
    """A message of the outbox. ``send_as`` is not read: the portal knows the case's primary attorney itself."""

    id: Identifier
    case_id: Identifier
    message: str
    author_id: Identifier | None
    state: str
    created: Instant


class CasePeerOutbox:
    """One firm's outbox, as :class:`connectors.ports.Outbox`. Close it after use.

    Args:
        client: the connection to the firm's CASEpeer; closed with this.
    """

    system = CasePeerClient.system

    def __init__(self, client: CasePeerClient) -> None:
        self._client, self._connection = client, client.connection

    @property
    def counts(self) -> Counts:
        """What was asked of CASEpeer so far."""
        return self._client.counts

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()

    async def check(self) -> None:
        """See that the key may read the outbox. Raises NotPermitted."""
        await self.queued()

    async def queued(self) -> Queue:
        """Everything that waits; see the port. One request as long as it fits on a page."""
        rows = await lists.whole(self._connection, _OUTBOX, _OUTBOX, {"state": _QUEUED})
        read = [_message(row) for row in rows]
        items = [one for one in read if isinstance(one, QueuedMessage)]
        items.sort(key=lambda message: (message.written_at, len(message.id), message.id))
        return Queue(tuple(items), tuple(one for one in read if isinstance(one, Unreadable)))

    async def sent(self, message_id: str, remote_id: str) -> bool:
        """Acknowledge a message as sent; see the port."""
        return await self._acknowledge(message_id, {"state": "sent", "remote_id": remote_id})

    async def failed(self, message_id: str, reason: str) -> bool:
        """Acknowledge a message as failed; see the port."""
        error = reason if len(reason) <= _LONGEST_ERROR else f"{reason[: _LONGEST_ERROR - 1]}…"
        return await self._acknowledge(message_id, {"state": "failed", "error": error})

    async def _acknowledge(self, message_id: str, outcome: dict[str, str]) -> bool:
        """The same once more changes nothing [assumed], so that a lost answer is no trouble."""
        answer = await self._connection.request(
            "POST",
            f"{_OUTBOX}{quote(message_id, safe='')}/ack/",
            route=f"{_OUTBOX}{{id}}/ack/",
            body=outcome,
            repeatable=True,
            accept=(*_SETTLED_OTHERWISE, HTTPStatus.FOUND),
        )
        if answer.status == HTTPStatus.FOUND:
            raise not_let_in("it wants a login", answer.request_id)
        return answer.status not in _SETTLED_OTHERWISE


def _message(row: Any) -> QueuedMessage | Unreadable:
    """A message that waits. Raises UnexpectedAnswer for one that does not: it may have been sent long ago."""
    try:
        record = MessageRecord.model_validate(row)
    except ValidationError as error:
        return unreadable(SYSTEM, row, "id", error)
    if record.state != _QUEUED:
        # Django leaves filters out that it does not know: this would be every message of the firm.
        raise UnexpectedAnswer("CASEpeer sent messages that were not asked for.", field="state", system=SYSTEM)
    return QueuedMessage(record.id, record.case_id, record.message, record.author_id or "", record.created)
