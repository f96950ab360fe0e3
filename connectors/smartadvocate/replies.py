"""Finds the notes that are meant for a case's clients in SmartAdvocate: of one type, and shared in the client portal [doc].

There is no list of a firm's notes [assumed: what there may be is behind a switch nobody knows], so cases are asked for that
changed, and then the notes of each. A note may well leave its case's own date as it was: nobody says (12.5).
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from connectors.http import Counts
from connectors.smartadvocate import lists
from connectors.smartadvocate.client import SmartAdvocateClient
from connectors.smartadvocate.filing import NOTE_TYPES, SUBJECT, marker_in, picklist
from connectors.smartadvocate.hosts import SYSTEM
from connectors.smartadvocate.wire import Record, StaffRecord
from connectors.wiring import Identifier, Instant, parsed, unreadable
from domain.case import Unreadable
from domain.plain_text import plain_text
from domain.relay import Correspondent, PartyKind
from domain.replies import CaseReplies, ChangedCases, Reply

NOTE_TYPE = "Plaintiff"
"""The type of notes that go to clients [doc]; a picklist of the firm's own [seen]."""
_NOTES = "/case/{id}/notes"
"""Unpaged, newest first [doc]."""
_STAFF = "/case/{id}/staff"
"""By the case's id it is [assumed], by its number [seen]."""


class FlagsRecord(Record):
    """What tells whether a note is meant for clients [doc]."""

    note_type_name: str | None
    is_shared_in_cp: bool | None


class NoteRecord(Record):
    """A note for clients [doc]; ``modified_date`` is null or absent until it is edited [seen]."""

    note_id: Identifier
    note_text: str | None
    user_id: Identifier | None
    unique_contact_name: str | None
    subject: str | None
    created_date: Instant
    modified_date: Instant | None = None


class SmartAdvocateReplies:
    """One firm's notes for clients, as :class:`connectors.ports.Replies`. Close it after use.

    Args:
        client: the connection to the firm's SmartAdvocate; closed with this.
        note_type: what the firm calls the type of notes that go to clients.
    """

    system = SmartAdvocateClient.system

    def __init__(self, client: SmartAdvocateClient, note_type: str) -> None:
        self._client, self._note_type = client, note_type.strip()

    @property
    def counts(self) -> Counts:
        """What was asked of SmartAdvocate so far (logins apart)."""
        return self._client.counts

    @property
    def told_by(self) -> str:
        """The type of the notes."""
        return self._note_type

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()

    async def check(self) -> None:
        """See that the firm has a note type of this name; one request. See the port."""
        types = picklist(self._client.connection, NOTE_TYPES, "note type")
        await types.id_of(self._note_type, "Note type for clients")

    async def changed(self, since: datetime) -> AsyncIterator[ChangedCases]:
        """Cases modified since then, 200 a page; see the port."""
        async for cases, at in self._client.modified(since):
            yield ChangedCases({case.case_id: case.modified_date or at for case in cases}, at)

    async def of_case(self, case_id: str) -> CaseReplies:
        """The notes of a case that are of the type and shared now; see the port. One request."""
        rows = await lists.array(self._client.connection, _NOTES.format(id=case_id), _NOTES)
        read = [_note(row, case_id) for row in rows if self._is_for_clients(parsed(SYSTEM, FlagsRecord, row, "noteid"))]
        items = [note for note in read if isinstance(note, Reply)]
        items.sort(key=lambda reply: (reply.written_at, reply.id))
        unreadable_ones = tuple(note for note in read if isinstance(note, Unreadable))
        return CaseReplies(tuple(items), unreadable_ones, is_bare=not rows)

    async def author_email(self, case_id: str, author: Correspondent) -> str | None:
        """The e-mail of the author on the case's staff, in whatever role. One request."""
        rows = await lists.array(self._client.connection, _STAFF.format(id=case_id), _STAFF)
        staff = [parsed(SYSTEM, StaffRecord, row, "userid") for row in rows]
        emails = ((one.email or "").strip().lower() for one in staff if one.user_id == author.external_id)
        return next(filter(None, emails), None)

    def _is_for_clients(self, flags: FlagsRecord) -> bool:
        return bool(flags.is_shared_in_cp) and (flags.note_type_name or "").strip() == self._note_type


def _note(row: Any, case_id: str) -> Reply | Unreadable | None:
    """A note for clients; None for one that we filed ourselves, which is never sent back."""
    try:
        note = NoteRecord.model_validate(row)
    except ValidationError as error:
        return unreadable(SYSTEM, row, "noteid", error)
    text = plain_text(note.note_text or "")
    if (note.subject or "").strip() == SUBJECT or marker_in(text) is not None:
        return None
    author = Correspondent(PartyKind.STAFF, note.user_id or "", note.unique_contact_name or "")
    return Reply(f"note:{note.note_id}", case_id, text, author, note.created_date, note.modified_date)
