"""The message courier: a portal's message becomes a record in the case's file."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from connectors.casestatus import CaseStatusClient
from connectors.errors import FixData, NotFound
from connectors.ports import CaseFiles
from domain.letters import (
    Composed,
    compose,
    compose_in_words,
    content_digest,
    edit_marker,
    message_marker,
    without_people,
)
from domain.relay import Message, MessageKind, PartyKind, echo_of
from domain.systems import CaseSystemRules
from ledger import Delivery, Reservation
from tasks.relay.courier import Courier, Held
from tasks.relay.people import Whereabouts

STREAM = "messages"
_message = TypeAdapter(Message)
_BY_RULE = (MessageKind.AUTOMATION, MessageKind.SYSTEM)


def reservations(
    messages: Iterable[Message], known: Mapping[str, str | None], *, system: str, keep_automatic: bool
) -> list[Reservation]:
    """What is to be reserved of a page of the feed.

    Args:
        messages: as the portal has them now.
        known: markers that are reserved already, with the digests of their last words on record.
        system: the case system; what carries its mark came from there, and is an echo.
        keep_automatic: whether messages the portal sends by its own rules count, too.
    """
    wanted = []
    for message in messages:
        if message.kind in _BY_RULE and not keep_automatic:
            continue
        digest = content_digest(message.content)
        marker = message_marker(message)
        last = known.get(marker)
        edited = last is not None and last != digest
        if marker in known and not edited:
            continue
        echo = echo_of(message.external_id, system)
        if edited and echo is not None:
            continue
        wanted.append(
            Reservation(
                marker=edit_marker(message) if edited else marker,
                case_id=message.place.key,
                occurred_at=message.updated_at if edited else message.sent_at,
                payload={"message": _message.dump_python(message, mode="json"), "edited": edited},
                digest=digest,
                echo_of=echo,
                revises=(marker, last) if edited and last is not None else None,
            )
        )
    return wanted


class MessageCourier(Courier[Composed]):
    """Files one firm's messages with its case system; see :class:`tasks.relay.courier.Courier`."""

    stream = STREAM
    at_once = 8

    def __init__(
        self, portal: CaseStatusClient, files: CaseFiles, whereabouts: Whereabouts, system: CaseSystemRules
    ) -> None:
        self._portal, self._files, self._whereabouts = portal, files, whereabouts
        self._system, self._names_people = system.name, system.names_people

    async def prepare(self, delivery: Delivery) -> Composed:
        """Find the message's case and people, and compose the letter."""
        message, edited = _from(delivery)
        found = await self._whereabouts.case(message.place)
        clients = set(message.recipients)
        staff: set[str] = set()
        if message.sender.kind is PartyKind.CLIENT and message.sender.portal_id is not None:
            clients.add(message.sender.portal_id)
        elif message.sender.kind is PartyKind.STAFF:
            staff.add(message.sender.email)
        people = await self._whereabouts.people(message.place, found, clients, staff)
        marker, case_id = delivery.marker, found.integration_id
        if not self._names_people:
            return compose_in_words(message, marker, case_id, people, edited=edited)
        return compose(message, marker, case_id, people, self._system, edited=edited)

    async def call(self, delivery: Delivery, prepared: Composed) -> tuple[str, str | None]:
        """File the letter; when one of its people is refused, with them named in its text.

        Raises:
            Held: the case is gone from the case system, or hidden from the connected user.
        """
        letter = prepared.letter
        with refused_with_case(delivery, self._system):
            try:
                return await self._files.file_letter(letter), _noted(prepared)
            except FixData as refusal:
                # A refusal has had no effect [sdk]; which of matter and people was refused, no vendor says.
                if not _names_what_is_not_there(refusal) or (letter.sender is None and not letter.recipients):
                    raise
            message, edited = _from(delivery)
            plain = without_people(prepared, message, self._system, edited=edited)
            return await self._files.file_letter(plain.letter), _noted(plain)

    async def find(self, delivery: Delivery) -> str | None:
        """Look the message's record up by its marker. Raises Held when its case is hidden."""
        with refused_with_case(delivery, self._system):
            return await self._files.find_letter(delivery.marker, delivery.case_id)


@contextmanager
def refused_with_case(delivery: Delivery, system: str) -> Iterator[None]:
    """Raise Held when the case system takes nothing for this case: deleted, or hidden from the connected user."""
    try:
        yield
    except FixData as refusal:
        if not _names_what_is_not_there(refusal):
            raise
        sentence = (
            f"{system} takes nothing for case {delivery.case_id} ({refusal}). If it was deleted, file it elsewhere by "
            "hand; if it is only hidden, give the connected user access to it."
        )
        raise Held("case_gone", sentence) from refusal


def _names_what_is_not_there(refusal: FixData) -> bool:
    return isinstance(refusal, NotFound) or refusal.status == HTTPStatus.UNPROCESSABLE_ENTITY


def _from(delivery: Delivery) -> tuple[Message, bool]:
    return _message.validate_python(delivery.payload["message"]), bool(delivery.payload["edited"])


def _noted(composed: Composed) -> str | None:
    return "; ".join(composed.notes) or None


def told(delivery: Delivery) -> dict[str, Any]:
    """What a receipt says of the message itself: everything but its words, of which only length and digest."""
    message, edited = _from(delivery)
    return {
        "message": message.id,
        "kind": f"{message.kind.value}, edited" if edited else message.kind.value,
        "from": message.sender.name,
        "sent at": message.sent_at.isoformat(),
        "characters": len(message.content),
        "digest": content_digest(message.content),
    }
