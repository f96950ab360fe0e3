"""How a portal's message becomes a letter in the case system: its words whole, its people found or named in the text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

from domain.relay import Correspondent, Letter, Message, MessageKind, Party, PartyKind

MESSAGE_MARK = "message:"
"""What the markers of messages begin with."""
_NAMELESS = "a client of the case"


@dataclass(frozen=True, slots=True)
class People:
    """Who of a message's people the case system knows: clients by their ids in the portal, staff by case-folded e-mail."""

    clients: Mapping[int, Correspondent]
    client_names: Mapping[int, str]
    """Names of all clients of the case in the portal, also of those who are not in the case system."""
    staff: Mapping[str, Correspondent]
    attorney: Correspondent | None
    """Whom a client's message goes to: the portal names no recipient."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter, and what is worth knowing of how it was made."""

    letter: Letter
    notes: tuple[str, ...] = ()

    @property
    def case_id(self) -> str:
        """The case it is filed with."""
        return self.letter.case_id


def message_marker(message: Message) -> str:
    """What tells this message from every other one of the firm."""
    return f"{MESSAGE_MARK}{message.id}"


def edit_marker(message: Message) -> str:
    """What tells this change of the message from every other one; it may bring back an earlier wording."""
    return f"{message_marker(message)}:edit:{message.updated_at:%Y%m%dT%H%M%S.%f}"


def content_digest(content: str) -> str:
    """A digest (32 hexadecimal digits) of a message's words."""
    return blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def compose(message: Message, marker: str, case_id: str, people: People, system: str, *, edited: bool) -> Composed:
    """The letter to file.

    The words stay as they are. Below them stands who could not be found in the case system, so that nobody is lost;
    above them, for a message that was edited after it was filed, what it is.
    """
    sender, missing = _sender(message, people, system)
    recipients: list[Correspondent] = []
    if message.kind is MessageKind.INBOUND:
        if people.attorney is not None:
            recipients.append(people.attorney)
    else:
        for client_id in message.recipients:
            found = people.clients.get(client_id)
            if found is not None:
                recipients.append(found)
            else:
                name = people.client_names.get(client_id) or _NAMELESS
                missing.append(f"To: {name} (no contact in {system})")
    letter = Letter(
        marker=marker,
        case_id=case_id,
        body=_body(message, missing, edited=edited),
        sent_at=message.updated_at if edited else message.sent_at,
        inbound=message.kind is MessageKind.INBOUND,
        sender=sender,
        recipients=tuple(dict.fromkeys(recipients)),
    )
    return Composed(letter, tuple(missing))


def compose_in_words(message: Message, marker: str, case_id: str, people: People, *, edited: bool) -> Composed:
    """The letter for a case system that has no fields for people: who wrote to whom, and when, stands below the words."""
    inbound = message.kind is MessageKind.INBOUND
    if inbound:
        recipients = [people.attorney.name] if people.attorney is not None else []
    else:
        recipients = [people.client_names.get(client_id) or _NAMELESS for client_id in message.recipients]
    by_rule = " (sent automatically)" if message.sender.kind is PartyKind.SYSTEM else ""
    sent_at = message.updated_at if edited else message.sent_at
    below = [
        f"From: {_named(message.sender)}{by_rule}",
        *(f"To: {name}" for name in recipients),
        f"When: {_moment(sent_at)}",
    ]
    return Composed(Letter(marker, case_id, _body(message, below, edited=edited), sent_at, inbound, None, ()))


def without_people(composed: Composed, message: Message, system: str, *, edited: bool) -> Composed:
    """The same letter with its people only named in the text, for a case system that refuses one of them."""
    letter = composed.letter
    everyone = [f"From: {_named(message.sender)}"]
    everyone += [f"To: {recipient.name or recipient.external_id}" for recipient in letter.recipients]
    everyone += [note for note in composed.notes if note.startswith("To: ")]
    body = _body(message, [*everyone, f"({system} did not take them as sender and recipients.)"], edited=edited)
    plain = Letter(letter.marker, letter.case_id, body, letter.sent_at, letter.inbound, None, ())
    return Composed(
        plain, (*composed.notes, f"{system} did not take the people of this message; they stand in its text.")
    )


def _sender(message: Message, people: People, system: str) -> tuple[Correspondent | None, list[str]]:
    sender = message.sender
    found: Correspondent | None = None
    match sender.kind:
        case PartyKind.CLIENT:
            found = people.clients.get(sender.portal_id or 0)
            unknown = f"no contact in {system}"
        case PartyKind.STAFF:
            found = people.staff.get(sender.email.casefold())
            unknown = f"no user in {system}"
        case PartyKind.SYSTEM:
            unknown = "sent automatically"
    return found, [] if found is not None else [f"From: {_named(sender)} ({unknown})"]


def _named(party: Party) -> str:
    name = party.name or ("the client" if party.kind is PartyKind.CLIENT else "somebody of the firm")
    return f"{name} <{party.email}>" if party.email else name


def _body(message: Message, below: list[str], *, edited: bool) -> str:
    content = message.content
    if not content.strip():
        count = len(message.attachments)
        files = f", {count} {'file' if count == 1 else 'files'} attached" if count else ""
        content = f"(A message without text{files}.)"
    above = (
        f"Edited in Case Status on {_moment(message.updated_at)}. The message of {_moment(message.sent_at)} now reads:"
    )
    parts = [above, "", content] if edited else [content]
    if below:
        parts += ["", "--", *below]
    return "\n".join(parts)


def _moment(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
