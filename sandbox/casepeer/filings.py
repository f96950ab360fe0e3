"""The notes, folders and documents that seeded cases come with; ids follow from the index of the case."""

import hashlib
from collections.abc import Iterator

from sandbox.casepeer.records import Document, Note
from sandbox.seed import Firm
from sandbox.seeding.dice import Dice

PER_CASE = 8
"""Room in the numbers for what a seeded case comes with."""
_FIRST_NOTE, _FIRST_DOCUMENT, _PER_FIRM = 700_001, 30_000_001, 1_000_000
_MOST_NOTES, _MOST_DOCUMENTS = 4, 3
_FOLDER = "Medical Records"
CATEGORIES = ("Client", "Insurance", "Internal", "Litigation", "Medical")
"""Of notes; that there are categories was seen, which ones was not [assumed]."""
_TEXTS = (
    "<p>Client called, <b>MRI</b> is booked.</p>",
    "Adjuster wants the records &amp; bills.<br>Send on Friday.",
    "Left voicemail.",
    "<div>Demand reviewed with lead attorney.</div>",
)
_FILES = ("ER discharge.pdf", "Retainer.pdf", "photo 1 (2).JPG", "Póliza «auto».pdf", "a..b/..\\c.pdf", "no extension")
_EMPTY_EVERY, _EMPTY_AT = 11, 3
_NOTES_STREAM, _DOCUMENTS_STREAM = 0xCA5E, 0xD0C5


class Filings:
    """Makes seeded notes and documents. The first document of a case that has some is a folder for the others."""

    def __init__(self, seed: Firm) -> None:
        self._seed = seed
        self.first_note = _FIRST_NOTE + seed.rank * _PER_FIRM
        self.first_document = _FIRST_DOCUMENT + seed.rank * _PER_FIRM

    def note_ids(self, index: int) -> range:
        """The ids of the seeded notes of case ``index``."""
        first = self.first_note + index * PER_CASE
        return range(first, first + Dice(_NOTES_STREAM, self._seed.rank, index).below(_MOST_NOTES + 1))

    def document_ids(self, index: int) -> range:
        """The ids of the seeded folder and documents of case ``index``."""
        first = self.first_document + index * PER_CASE
        count = Dice(_DOCUMENTS_STREAM, self._seed.rank, index).below(_MOST_DOCUMENTS + 1)
        return range(first, first + (count + 1 if count else 0))

    def every_note(self) -> Iterator[int]:
        """The ids of all seeded notes, ascending."""
        return (identity for index in range(self._seed.size) for identity in self.note_ids(index))

    def every_document(self) -> Iterator[int]:
        """The ids of all seeded documents, ascending."""
        return (identity for index in range(self._seed.size) for identity in self.document_ids(index))

    def note_moment(self, note_id: int) -> int:
        """When a seeded note was written."""
        return self._moment(*divmod(note_id - self.first_note, PER_CASE))

    def document_moment(self, document_id: int) -> int:
        """When a seeded document was filed."""
        return self._moment(*divmod(document_id - self.first_document, PER_CASE))

    def note(self, note_id: int) -> Note | None:
        """A seeded note, or None when there is none of that id."""
        index, place = divmod(note_id - self.first_note, PER_CASE)
        if not 0 <= index < self._seed.size or note_id not in self.note_ids(index):
            return None
        dice = Dice(_NOTES_STREAM, self._seed.rank, index, place)
        return Note(
            id=note_id,
            case_id=self._seed.first_matter_id + index,
            category=dice.pick(CATEGORIES),
            text=dice.pick(_TEXTS),
            author=dice.pick(self._seed.staff.paralegals).name,
            created=self.note_moment(note_id),
        )

    def document(self, document_id: int) -> Document | None:
        """A seeded folder or document, or None; names may be odd, and some have no bytes at all."""
        index, place = divmod(document_id - self.first_document, PER_CASE)
        if not 0 <= index < self._seed.size or document_id not in self.document_ids(index):
            return None
        case_id, created = self._seed.first_matter_id + index, self.document_moment(document_id)
        if place == 0:
            return Document(document_id, case_id, _FOLDER, created, folder=True)
        dice = Dice(_DOCUMENTS_STREAM, self._seed.rank, index, place)
        empty = document_id % _EMPTY_EVERY == _EMPTY_AT
        content = b"" if empty else b"%%PDF-1.4\n%% document %d\n" % document_id
        return Document(
            id=document_id,
            case_id=case_id,
            name=dice.pick(_FILES),
            created=created,
            folder_id=document_id - place if dice.chance(0.5) else None,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            content=content,
        )

    def _moment(self, index: int, place: int) -> int:
        """Later ones of a case later, all before the case last changed."""
        created, updated = self._seed.times(index)
        return created + (updated - created) * (place + 1) // PER_CASE
