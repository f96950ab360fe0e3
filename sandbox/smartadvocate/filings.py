"""The notes and documents that seeded cases come with: old ones, some of them shared, deleted or empty."""

import hashlib
from collections.abc import Iterator

from sandbox.seed import Firm
from sandbox.seeding.dice import Dice
from sandbox.smartadvocate.picklists import CASE_DOCUMENTS, PLAINTIFF, Picklist
from sandbox.smartadvocate.records import Document, Note
from sandbox.smartadvocate.seeds import Seeds

FIRST_NOTE, FIRST_DOCUMENT = 700_001, 500_001
PER_CASE = 8
"""Room in the numbers for what a seeded case comes with."""
_MOST_NOTES, _MOST_DOCUMENTS = 4, 3
_DELETED_EVERY, _DELETED_AT = 9, 2
_EMPTY_EVERY, _EMPTY_AT = 11, 3
_MINUTE = 60_000
_TEXTS = (
    "Please send the <strong>ER bill</strong>.&nbsp;Thanks",
    "<p>Client&#39;s adjuster called back.</p><p>Offer is low.</p>",
    "Left voicemail re: treatment.<br>Call again on Friday.",
    "<div>Records &amp; bills requested from the hospital.</div>",
    "Deposition went well",
)
_FILES = ("er-bill.pdf", "retainer.pdf", "accident-photo.jpg", "police-report.pdf", "letter-of-representation.docx")
_NOTES_STREAM, _DOCUMENTS_STREAM = 0x507E, 0xD0C5


class Filings:
    """Makes seeded notes and documents; ids follow from the index of the case."""

    def __init__(self, seed: Firm, seeds: Seeds, types: Picklist, categories: Picklist) -> None:
        self._seed = seed
        self._seeds = seeds
        self._types = types
        self._categories = categories

    def note_ids(self, index: int) -> range:
        """The ids of the seeded notes of case ``index``."""
        first = FIRST_NOTE + index * PER_CASE
        return range(first, first + Dice(_NOTES_STREAM, self._seed.rank, index).below(_MOST_NOTES + 1))

    def document_ids(self, index: int) -> range:
        """The ids of the seeded documents of case ``index``."""
        first = FIRST_DOCUMENT + index * PER_CASE
        return range(first, first + Dice(_DOCUMENTS_STREAM, self._seed.rank, index).below(_MOST_DOCUMENTS + 1))

    def every_note(self) -> Iterator[int]:
        """The ids of all seeded notes, ascending."""
        return (identity for index in range(self._seed.size) for identity in self.note_ids(index))

    def every_document(self) -> Iterator[int]:
        """The ids of all seeded documents, ascending."""
        return (identity for index in range(self._seed.size) for identity in self.document_ids(index))

    def note_moment(self, note_id: int) -> int:
        """When a seeded note was written; later ones of a case later, all before the case last changed."""
        index, place = divmod(note_id - FIRST_NOTE, PER_CASE)
        return self._moment(index, place)

    def document_moment(self, document_id: int) -> int:
        """When a seeded document was filed."""
        index, place = divmod(document_id - FIRST_DOCUMENT, PER_CASE)
        return self._moment(index, place)

    def note(self, note_id: int) -> Note | None:
        """A seeded note, or None when there is none of that id."""
        index, place = divmod(note_id - FIRST_NOTE, PER_CASE)
        if not 0 <= index < self._seed.size or note_id not in self.note_ids(index):
            return None
        dice = Dice(_NOTES_STREAM, self._seed.rank, index, place)
        author = dice.pick(self._seed.staff.paralegals)
        kind = PLAINTIFF if dice.chance(0.3) else dice.pick(("Case", "Call[ed]", "Intake", "Other"))
        at = self.note_moment(note_id)
        return Note(
            id=note_id,
            case_id=self._seed.first_matter_id + index,
            type_id=self._types.id_of(kind),
            text=dice.pick(_TEXTS),
            user_id=author.id,
            author=f"{author.last_name}, {author.first_name}",
            author_contact_id=self._seeds.staff_contact_id(author.id),
            noted=at // _MINUTE * _MINUTE,
            created=at,
            shared=kind == PLAINTIFF and dice.chance(0.5),
        )

    def document(self, document_id: int) -> Document | None:
        """A seeded document, or None: some are deleted, some have no bytes at all."""
        index, place = divmod(document_id - FIRST_DOCUMENT, PER_CASE)
        if not 0 <= index < self._seed.size or document_id not in self.document_ids(index):
            return None
        dice = Dice(_DOCUMENTS_STREAM, self._seed.rank, index, place)
        number = document_id - FIRST_DOCUMENT
        content = b"" if number % _EMPTY_EVERY == _EMPTY_AT else b"%%PDF-1.4\n%% document %d\n" % document_id
        at = self.document_moment(document_id)
        return Document(
            id=document_id,
            number=place + 1,
            case_id=self._seed.first_matter_id + index,
            name=dice.pick(_FILES),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            content=content,
            category_id=self._categories.id_of(CASE_DOCUMENTS if dice.chance(0.3) else "Medical Records"),
            created=at,
            user_id=dice.pick(self._seed.staff.paralegals).id,
            dated=at // _MINUTE * _MINUTE,
            deleted=number % _DELETED_EVERY == _DELETED_AT,
        )

    def _moment(self, index: int, place: int) -> int:
        created, modified = self._seeds.created(index), self._seeds.modified(index)
        return created + (modified - created) * (place + 1) // PER_CASE
