"""Files messages as notes and documents as case documents in SmartAdvocate, and finds them again by their markers.

SmartAdvocate has no idempotency keys [seen: none], and looks nothing up by what is in it: each record says its marker in a
line that people may read, and all records of the case are read through before anything is repeated.
"""

import re
from collections.abc import AsyncIterable, Awaitable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from http import HTTPStatus
from typing import Any, TypeVar

from connectors.errors import FixData, NotFound, NotPermitted, UnexpectedAnswer
from connectors.http import Connection, Counts, Form
from connectors.picklists import Picklist
from connectors.smartadvocate import lists
from connectors.smartadvocate.client import SmartAdvocateClient
from connectors.smartadvocate.hosts import SYSTEM
from connectors.smartadvocate.wire import Record, lower_keys
from connectors.wiring import parsed
from domain.case import StaffMember
from domain.plain_text import plain_text
from domain.relay import Letter, Paper, PaperTrace

SUBJECT = "Case Status Message"
"""Of every message [project brief]."""
_INCOMING, _OUTGOING = "1", "2"
"""``documentDirection`` [seen]."""
_ANY_TYPE = "application/octet-stream"
_NOTES, _DOCUMENTS, _CASE = "/case/{id}/notes", "/case/{id}/documents", "/case/{id}"
"""Reading notes by the case's id is [doc], documents [seen]; inserting notes is [seen, weak], uploading [assumed]."""
NOTE_TYPES, _CATEGORIES = "/case/notes/types", "/case/documents/categories"
"""Both [assumed]."""
_MARK = re.compile(r"casebridge (\S+)")
"""The line that says a record's marker."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FilingNames:
    """What a firm calls the types and the category of what is filed; their numbers are others in every firm [seen].

    That the type of a note tells its direction is [doc].
    """

    inbound: str
    outbound: str
    category: str


USUAL_NAMES = FilingNames("Case Status - Incoming", "Case Status - Outgoing", "Case Documents")
"""The category is [doc]; what the types are called is published nowhere [assumed]."""


class PicklistEntry(Record):
    """A type or category [seen for other lists]."""

    id: int
    description: str | None


class NoteRecord(Record):
    """What tells one of our notes from the others [doc]."""

    note_id: int
    subject: str | None = None
    note_text: str | None = None


class DocumentRecord(Record):
    """What tells one of our documents from the others; deleted ones are listed, too [seen]."""

    document_id: int
    comments: str | None = None
    delete_flag: bool | None = None


class SmartAdvocateFiles:
    """One firm's SmartAdvocate as :class:`connectors.ports.CaseFiles`. Close it after use.

    Args:
        client: the connection to the firm's SmartAdvocate; closed with this.
        names: what the firm calls what is filed.
    """

    system = SmartAdvocateClient.system

    def __init__(self, client: SmartAdvocateClient, names: FilingNames) -> None:
        self._client, self._names = client, names
        self._connection = client.connection
        self._types = picklist(self._connection, NOTE_TYPES, "note type")
        self._categories = picklist(self._connection, _CATEGORIES, "document category")

    @property
    def counts(self) -> Counts:
        """What was asked of SmartAdvocate so far (logins apart)."""
        return self._client.counts

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()

    def case_url(self, integration_id: str) -> str:
        """Where a person opens the case."""
        return self._client.case_url(integration_id)

    async def check(self, *, letters: bool, papers: bool) -> None:
        """See that the firm has the note types and the category of its settings; a request each."""
        for inbound in (True, False) if letters else ():
            await self._type(inbound=inbound)
        if papers:
            await self._category()

    async def staff(self) -> Sequence[StaffMember]:
        """Nobody: there is no list of a firm's users. Those on a case come with the case [seen]."""
        return ()

    # Messages.

    async def file_letter(self, letter: Letter) -> str:
        """Insert the message as a note, whose type tells its direction; it is not shared with anybody [doc][assumed].

        Raises:
            Misconfigured: the firm has no note type of the name in its settings; none is ever created.
        """
        body = {
            "caseID": int(letter.case_id),
            "noteTypeID": await self._type(inbound=letter.inbound),
            "subject": SUBJECT,
            "noteText": note_text(letter.body, letter.marker),
            "noteDate": lists.stamp(letter.sent_at),
            "priority": "Normal",
            "isSharedinCP": False,
            "isSharedWithAll": False,
        }
        target = _NOTES.format(id=letter.case_id)
        writing = self._connection.request("POST", target, route=_NOTES, body=body)
        return _id_of((await self._written(letter.case_id, writing)).body, "noteid")

    async def find_letter(self, marker: str, case_id: str) -> str | None:
        """The note with this marker: only in one of ours, and there only in the last line that says one.

        So no client can forge one: whatever a message says comes above that line.
        """
        rows = await lists.array(self._connection, _NOTES.format(id=case_id), _NOTES)
        notes = [parsed(SYSTEM, NoteRecord, row, "noteid") for row in rows]
        ours = (note for note in notes if (note.subject or "").strip() == SUBJECT)
        return _first(note.note_id for note in ours if marker_in(plain_text(note.note_text or "")) == marker)

    # Documents.

    async def file_paper(self, paper: Paper, content: AsyncIterable[bytes], *, resuming: bool) -> str:
        """Upload a document in one request [assumed], so there is never anything to be resumed.

        Raises:
            Misconfigured: the firm has no category of the name in its settings; none is ever created.
        """
        del resuming
        fields = {
            "documentName": paper.name,
            "description": "From Case Status",
            "categoryID": str(await self._category()),
            "documentDate": lists.stamp(paper.received_at),
            "documentDirection": _INCOMING if paper.inbound else _OUTGOING,
            "comments": _mark(paper.marker),
            "isSharedInPortal": "false",
        }
        form = Form(
            SYSTEM,
            fields,
            part="file",
            file_name=paper.name,
            content_type=paper.content_type or _ANY_TYPE,
            size=paper.size,
            pieces=content,
        )
        writing = self._connection.upload(_DOCUMENTS.format(id=paper.case_id), route=_DOCUMENTS, form=form)
        return _id_of((await self._written(paper.case_id, writing)).body, "documentid")

    async def find_paper(self, trace: PaperTrace) -> str | None:
        """The document with this marker, unless it was deleted. No list says how large a document is [seen]."""
        found: list[int] = []
        async for rows in lists.pages(self._connection, _DOCUMENTS.format(id=trace.case_id), _DOCUMENTS):
            documents = [parsed(SYSTEM, DocumentRecord, row, "documentid") for row in rows]
            kept = (document for document in documents if not document.delete_flag)
            found += [document.document_id for document in kept if marker_in(document.comments or "") == trace.marker]
        return _first(found)

    async def clear_unfinished(self, before: datetime) -> int:
        """None: an upload is there as a whole or not at all [assumed]."""
        del before
        return 0

    async def _type(self, *, inbound: bool) -> int:
        if inbound:
            return await self._types.id_of(self._names.inbound, "Note type of incoming messages")
        return await self._types.id_of(self._names.outbound, "Note type of outgoing messages")

    async def _category(self) -> int:
        return await self._categories.id_of(self._names.category, "Document category")

    async def _written(self, case_id: str, writing: Awaitable[T]) -> T:
        """What a write to a case gives.

        403 and 404 may mean the case, the account's rights, or that nothing can be written there [assumed]: asking for the
        case tells. Servers of this kind answer 404 to what is too large for them, too.

        Raises:
            NotFound: it is the case.
            NotPermitted: the account may see the case and may not file anything with it.
            FixData: the case is there, and this is not taken for it.
        """
        try:
            return await writing
        except NotFound as refusal:
            if refusal.system != SYSTEM:
                raise
            await self._connection.request("GET", _CASE.format(id=case_id), route=_CASE)
            if refusal.status == HTTPStatus.FORBIDDEN:
                message = (
                    "The connected SmartAdvocate account may see the case and may not file anything with it: let the firm's "
                    "SmartAdvocate administrator give it the right to insert notes and documents."
                )
                raise NotPermitted(message, system=SYSTEM) from refusal
            message = f"SmartAdvocate has the case and does not take this for it ({refusal.status})."
            raise FixData(message, status=refusal.status, system=SYSTEM) from refusal


def picklist(connection: Connection, path: str, what: str) -> Picklist:
    """One of the firm's lists of names."""

    async def read() -> list[tuple[str, int]]:
        entries = [parsed(SYSTEM, PicklistEntry, row, "id") for row in await lists.array(connection, path, path)]
        return [(entry.description or "", entry.id) for entry in entries]

    return Picklist(SYSTEM, what, read)


def note_text(words: str, marker: str) -> str:
    """A message as HTML [doc: notes are HTML]: its words as they are, and below them, small, the line with the marker."""
    lines = escape(words).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return f"{'<br>'.join(lines)}<br><small>{escape(_mark(marker))}</small>"


def _mark(marker: str) -> str:
    return f"casebridge {marker}"


def marker_in(text: str) -> str | None:
    """What the last line that says a marker says; below it somebody may have written more."""
    said = [found[1] for line in text.splitlines() if (found := _MARK.fullmatch(line.strip()))]
    return said[-1] if said else None


def _first(ids: Iterable[int]) -> str | None:
    """The record that was made first."""
    first = min(ids, default=None)
    return None if first is None else str(first)


def _id_of(body: Any, name: str) -> str:
    """The id of what was made: in the record, in an object of its own, or bare [assumed]. Raises UnexpectedAnswer."""
    made = lower_keys(body)
    found = made.get(name) if isinstance(made, dict) else made
    if isinstance(found, bool) or not isinstance(found, int) or found <= 0:
        raise UnexpectedAnswer("SmartAdvocate took something and did not say as what.", field=name, system=SYSTEM)
    return str(found)
