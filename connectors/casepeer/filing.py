"""Files messages as case notes and documents as case documents in CASEpeer, and finds them again after a lost answer.

A note carries its marker as ``external_ref``, which can be looked for and is not unique [assumed]. A document carries
nothing of ours [assumed], and its name is for people: it is known by its bytes, by when it came, and by not being another
document of ours.
"""

from collections.abc import AsyncIterable, Awaitable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from connectors.casepeer import lists
from connectors.casepeer.client import CasePeerClient
from connectors.casepeer.hosts import SYSTEM
from connectors.errors import AnswerLost, ConnectorError, FixData, LogInAgain, NotFound, UnexpectedAnswer
from connectors.http import Counts, Form
from connectors.picklists import Picklist
from connectors.wiring import Identifier, Instant, Number, WireRecord, parsed
from domain.case import StaffMember
from domain.relay import Letter, Paper, PaperTrace

PREFIX = "Received message from Case Status: Message from Case Status:"
"""What every note of a message begins with [seed][help]."""
LONGEST_NOTE = 10_000
"""Characters [assumed]."""
_NOTES, _DOCUMENTS = "/case/{id}/notes/", "/case/case-documents/{id}/"
"""Notes of a case are [assumed] (those of the firm are [seen]); documents are [seen], adding either is [assumed]."""
_CATEGORIES = "/document-categories/"
"""[assumed]; that there are categories under numbers of the firm's own is [seen]."""
_FOLDER = "Folder"
"""``file_type`` of a folder [seen]."""
_ANY_TYPE = "application/octet-stream"
_LOOK_BACK = 500
"""Characters before a note is full in which a blank is looked for to part a message at."""
_ROOM_FOR_COUNT = 60

T = TypeVar("T")


class NoteRecord(WireRecord):
    """What tells one note from the others [assumed]."""

    id: Identifier
    external_ref: str | None


class DocumentRecord(WireRecord):
    """A row of a case's documents: a folder, which has neither size nor bytes, or a document [seen; size, hash assumed]."""

    id: Identifier
    docname: str | None
    file_type: str | None
    size: Number | None
    sha256: str | None
    created: Instant


class MadeRecord(WireRecord):
    """What was made [assumed]."""

    id: Identifier


class CategoryRecord(WireRecord):
    """A document category [assumed]."""

    id: Number
    name: str | None


class CasePeerFiles:
    """One firm's CASEpeer as :class:`connectors.ports.CaseFiles`. Close it after use.

    Args:
        client: the connection to the firm's CASEpeer; closed with this.
        category: what the firm calls the category that documents are put into; empty: none.
    """

    system = CasePeerClient.system

    def __init__(self, client: CasePeerClient, category: str = "") -> None:
        self._client, self._category_name = client, category.strip()
        self._connection = client.connection
        self._categories = Picklist(SYSTEM, "document category", self._read_categories)

    @property
    def counts(self) -> Counts:
        """What was asked of CASEpeer so far."""
        return self._client.counts

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()

    def case_url(self, integration_id: str) -> str:
        """Where a person opens the case."""
        return self._client.case_url(integration_id)

    async def check(self, *, letters: bool, papers: bool) -> None:
        """See that the firm has the category of its settings, if any; a request. Notes need no setting."""
        del letters
        if papers:
            await self._category()

    async def staff(self) -> Sequence[StaffMember]:
        """Nobody: those on a case come with the case, and a note names no users."""
        return ()

    # Messages.

    async def file_letter(self, letter: Letter) -> str:
        """Add the message as a note; one that is too long for a note as several, in their order.

        The marker is on the last of those, so a message that is found is there as a whole. What an earlier try has left of
        the others is found by markers of their own, and not added again.
        """
        *before, last = note_texts(letter.body)
        for number, text in enumerate(before, start=1):
            marker = part_marker(letter.marker, number)
            if await self.find_letter(marker, letter.case_id) is None:
                await self._add_note(letter.case_id, text, marker)
        return await self._add_note(letter.case_id, last, letter.marker)

    async def find_letter(self, marker: str, case_id: str) -> str | None:
        """The note with this marker. Should the filter not be heeded, as Django does with unknown ones, nothing is lost."""
        query = {"external_ref": marker}
        rows = await lists.whole(self._connection, _NOTES.format(id=case_id), _NOTES, query)
        notes = [parsed(SYSTEM, NoteRecord, row, "id") for row in rows]
        return _first(note.id for note in notes if note.external_ref == marker)

    async def _add_note(self, case_id: str, text: str, marker: str) -> str:
        """Plain text on the way in [assumed]; its category is CASEpeer's usual one [assumed]."""
        body = {"note": text, "external_ref": marker}
        writing = self._connection.request("POST", _NOTES.format(id=case_id), route=_NOTES, body=body)
        return parsed(SYSTEM, MadeRecord, (await self._written(case_id, writing)).body, "id").id

    # Documents.

    async def file_paper(self, paper: Paper, content: AsyncIterable[bytes], *, resuming: bool) -> str:
        """Upload a document in one request [assumed], so there is never anything to be resumed.

        Raises:
            Misconfigured: the firm has no category of the name in its settings; none is ever created.
        """
        del resuming
        category = await self._category()
        form = Form(
            SYSTEM,
            {"docname": paper.name} | ({} if category is None else {"category": str(category)}),
            part="file",
            file_name=paper.name,
            content_type=paper.content_type or _ANY_TYPE,
            size=paper.size,
            pieces=content,
        )
        writing = self._connection.upload(_DOCUMENTS.format(id=paper.case_id), route=_DOCUMENTS, form=form)
        return parsed(SYSTEM, MadeRecord, (await self._written(paper.case_id, writing)).body, "id").id

    async def find_paper(self, trace: PaperTrace) -> str | None:
        """The document that leaves this trace, in whatever folder of the case it lies now.

        A list shows what lies in one folder, by default beside all of them [seen: the tree is walked]: a request for each.
        """
        folders, walked = [""], {""}
        for folder in folders:  # which grows meanwhile
            path, query = _DOCUMENTS.format(id=trace.case_id), {"folder_id": folder} if folder else {}
            rows = await lists.whole(self._connection, path, _DOCUMENTS, query)
            documents = [parsed(SYSTEM, DocumentRecord, row, "id") for row in rows]
            found = recognised(documents, trace)
            if found is not None:
                return found
            new = [row.id for row in documents if row.file_type == _FOLDER and row.id not in walked]
            folders += new
            walked.update(new)
        return None

    async def clear_unfinished(self, before: datetime) -> int:
        """None: an upload is there as a whole or not at all [assumed]."""
        del before
        return 0

    async def _category(self) -> int | None:
        if not self._category_name:
            return None
        return await self._categories.id_of(self._category_name, "Document category")

    async def _read_categories(self) -> list[tuple[str, int]]:
        rows = await lists.whole(self._connection, _CATEGORIES, _CATEGORIES)
        entries = [parsed(SYSTEM, CategoryRecord, row, "id") for row in rows]
        return [(entry.name or "", entry.id) for entry in entries]

    async def _written(self, case_id: str, writing: Awaitable[T]) -> T:
        """What a write to a case gives.

        Raises:
            LogInAgain: the key is not accepted, and so nothing was written.
            AnswerLost: the login page came, but the key is accepted: nobody knows what that page stands for.
            NotFound: it is the case that is not there.
            FixData: the case is there, and this is not taken for it.
        """
        try:
            return await writing
        except ConnectorError as answer:
            if answer.system != SYSTEM:
                raise  # the portal's, where the file comes from
            match answer:
                case LogInAgain():
                    await self._require_key()
                    message = (
                        "CASEpeer answered a write with its login page, and then accepted the firm's key after all."
                    )
                    raise AnswerLost(message, system=SYSTEM) from answer
                case UnexpectedAnswer():
                    await self._require_key()  # a redirect leads to the login page, too
                case NotFound():
                    await self._client.case(case_id)
                    message = f"CASEpeer has the case and does not take this for it ({answer.status})."
                    raise FixData(message, status=answer.status, system=SYSTEM) from answer
            raise

    async def _require_key(self) -> None:
        """Raises LogInAgain where the key is surely not accepted."""
        try:
            await self._client.whoami()
        except LogInAgain:
            raise
        except ConnectorError:
            return


def note_texts(words: str) -> list[str]:
    """The texts of the notes that a message becomes: more than one only where it is longer than a note may be.

    The words stay as they are, but for NUL, which no text in PostgreSQL can hold [seen: that CASEpeer is on PostgreSQL].
    """
    words = words.replace("\0", "\N{REPLACEMENT CHARACTER}")
    whole = f"{PREFIX} {words}"
    if len(whole) <= LONGEST_NOTE:
        return [whole]
    parts = list(_parted(words, LONGEST_NOTE - len(PREFIX) - 1 - _ROOM_FOR_COUNT))
    return [
        f"{PREFIX} {part}\n\n(Part {number} of {len(parts)} of one message.)"
        for number, part in enumerate(parts, start=1)
    ]


def part_marker(marker: str, number: int) -> str:
    """The marker of a part of a message that is not its last one; parts count from 1."""
    return f"{marker}:part:{number}"


def recognised(documents: Iterable[DocumentRecord], trace: PaperTrace) -> str | None:
    """Which of these rows the traced document is, None for none of them.

    Of its bytes, there since it could be filed, and no other document of ours. If nothing tells its bytes, its name has to;
    else somebody may have given it another one, only none that we have given to another document.
    """
    alike = [
        row
        for row in documents
        if row.size == trace.size and row.created >= trace.since and row.id not in trace.other_records
    ]
    ours = [row for row in alike if row.docname == trace.name and _same(row.sha256, trace.sha256) is not False]
    renamed = [row for row in alike if row.docname not in trace.other_names and _same(row.sha256, trace.sha256)]
    return _first(row.id for row in ours or renamed)


def _same(sha256: str | None, other: str | None) -> bool | None:
    """Whether two digests are of the same bytes; None where one of them is not known."""
    return sha256.lower() == other.lower() if sha256 and other else None


def _parted(words: str, longest: int) -> Iterator[str]:
    """``words`` in pieces of at most ``longest`` characters, after a blank where there is one near the end of a piece."""
    while len(words) > longest:
        blank = max(words.rfind(one, longest - _LOOK_BACK, longest) for one in "\n ")
        end = blank + 1 or longest
        yield words[:end]
        words = words[end:]
    yield words


def _first(ids: Iterable[str]) -> str | None:
    """The record that was made first."""
    return min(ids, key=lambda one: (len(one), one), default=None)
