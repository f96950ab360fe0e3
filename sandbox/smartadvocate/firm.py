"""One firm's SmartAdvocate: its records, logins and switches, and the ways to find a record."""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from sandbox.pushes import Pusher
from sandbox.seed import Firm
from sandbox.shelf import CaseShelf, Shelf
from sandbox.smartadvocate import accounts, picklists
from sandbox.smartadvocate.filings import FIRST_DOCUMENT, FIRST_NOTE, PER_CASE, Filings
from sandbox.smartadvocate.picklists import CaseLists
from sandbox.smartadvocate.records import Case, Contact, Document, Note, own_contact_id
from sandbox.smartadvocate.seeds import FIRST_CONTACT, Seeds
from sandbox.smartadvocate.stamps import Stamps
from sandbox.smartadvocate.switches import Switches

PUSH_SECRET_HEADER = "X-SA-Sandbox-Secret"  # noqa: S105 - a name
"""Pushes are what a firm's automated procedure may make of a new note [doc-3p, body assumed]."""


class FirmRecords:
    """The shelves of one firm, its picklists, users, tokens and switches.

    Case ids are the world's matter ids. Ids of notes, documents and contacts are alike in every firm: each firm is an
    instance of its own. ``hidden_cases`` are ids that no user of the API may see.
    """

    def __init__(self, seed: Firm, now: Callable[[], float]) -> None:
        self.seed = seed
        self.slug = seed.slug
        self.now = now
        self.switches = Switches()
        self.users = accounts.users(seed.slug)
        self.tokens = accounts.Tokens(seed.slug)
        self.hidden_cases: set[int] = set()
        self.staff_labels: dict[str, str] = {}
        """How this firm relabelled the roles: ``{"Primary Attorney": "1. Attorney, Assigned"}``."""
        self.note_types = picklists.note_types(seed.rank)
        self.document_categories = picklists.document_categories(seed.rank)
        self.lists = CaseLists(seed)
        self.pusher = Pusher(self.switches, PUSH_SECRET_HEADER)
        self.seeds = Seeds(seed, self.lists)
        self.filings = Filings(seed, self.seeds, self.note_types, self.document_categories)
        last = seed.first_matter_id + seed.size - 1
        room = seed.size * PER_CASE
        self.cases: Shelf[Case] = Shelf(lambda: seed.matter_ids, self._case, self._case_moment, last)
        self.contacts: Shelf[Contact] = Shelf(
            self._contact_ids, self._contact, self._contact_moment, FIRST_CONTACT + len(seed.contact_ids) - 1
        )
        self.notes: CaseShelf[Note] = CaseShelf(
            self.filings.every_note,
            self.filings.note,
            self.filings.note_moment,
            FIRST_NOTE + room - 1,
            self._seeded_notes,
        )
        self.documents: CaseShelf[Document] = CaseShelf(
            self.filings.every_document,
            self.filings.document,
            self.filings.document_moment,
            FIRST_DOCUMENT + room - 1,
            self._seeded_documents,
        )
        self._renumbered: dict[int, str] = {}

    @property
    def stamps(self) -> Stamps:
        """How instants are written now."""
        return Stamps(self.seed.time_zone, local=self.switches.local_offsets)

    def milliseconds(self, at: float | None = None) -> int:
        """Unix seconds, or the sandbox's now, in milliseconds."""
        return int((self.now() if at is None else at) * 1000)

    def user_by_id(self, user_id: int) -> accounts.User | None:
        """The login of that user id."""
        return next((user for user in self.users.values() if user.id == user_id), None)

    def sees(self, user: accounts.User, case_id: int) -> bool:
        """Whether a user may see a case."""
        return case_id not in self.hidden_cases and user.sees(case_id)

    def cases_numbered(self, number: str) -> list[int]:
        """Ids of the cases with exactly this number; usually one."""
        return self._matching(number, lambda known: known == number)

    def cases_beginning(self, prefix: str) -> list[int]:
        """Ids of the cases whose number begins so; with an empty prefix all of them."""
        return self._matching(prefix, lambda known: known.startswith(prefix))

    def headline(self, case_id: int) -> tuple[str, int]:
        """Number and modified date of a case that is there; cheap for cases nobody touched."""
        case = self.cases.touched(case_id)
        if case is not None:
            return case.number, case.modified
        index = case_id - self.seed.first_matter_id
        return self.seeds.case_number(index), self.seeds.modified(index)

    def is_open(self, case_id: int) -> bool:
        """Whether a case is not closed; cheap for cases nobody touched."""
        case = self.cases.touched(case_id)
        if case is not None:
            return case.closed is None
        return self.seed.status(case_id - self.seed.first_matter_id) != "closed"

    def note_number(self, case_id: int, number: str) -> None:
        """A case has another number than its seed, or is new."""
        self._renumbered[case_id] = number

    def contact_with(self, identity: int) -> Contact | None:
        """A contact by its own id or by its unique contact id."""
        return self.contacts.get(own_contact_id(identity))

    def notes_of(self, case_id: int) -> list[Note]:
        """The notes of a case, newest first [doc]."""
        notes = self.notes.of_case(case_id)
        return sorted(notes, key=lambda note: (note.created, note.id), reverse=True)

    def warm(self) -> None:
        """Make cases, contacts and indexes now, so that nobody's first read pays for it: fair timing for benches."""
        for case_id in self.cases.ids():
            self.cases.get(case_id)
        for contact_id in self.contacts.ids():
            self.contacts.get(contact_id)
        self.cases_beginning("")
        for shelf in (self.cases, self.notes, self.documents):
            shelf.between(0, 0)

    def _matching(self, prefix: str, fits: Callable[[str], bool]) -> list[int]:
        seeded: Sequence[tuple[str, int]] = self.seeds.numbers
        found = []
        for place in range(bisect_left(seeded, (prefix, 0)), len(seeded)):
            number, case_id = seeded[place]
            if not number.startswith(prefix):
                break
            if fits(number) and case_id not in self._renumbered:
                found.append(case_id)
        found += [case_id for case_id, number in self._renumbered.items() if fits(number)]
        return sorted(found)

    def _seeded(self, case_id: int) -> bool:
        return case_id in self.seed.matter_ids

    def _seeded_notes(self, case_id: int) -> Sequence[int]:
        return self.filings.note_ids(case_id - self.seed.first_matter_id) if self._seeded(case_id) else ()

    def _seeded_documents(self, case_id: int) -> Sequence[int]:
        return self.filings.document_ids(case_id - self.seed.first_matter_id) if self._seeded(case_id) else ()

    def _case(self, case_id: int) -> Case | None:
        return self.seeds.case(case_id - self.seed.first_matter_id) if self._seeded(case_id) else None

    def _case_moment(self, case_id: int) -> int:
        return self.seeds.modified(case_id - self.seed.first_matter_id)

    def _contact_ids(self) -> range:
        return range(FIRST_CONTACT, FIRST_CONTACT + len(self.seed.contact_ids))

    def _contact(self, contact_id: int) -> Contact | None:
        return self.seeds.contact(contact_id - FIRST_CONTACT) if contact_id in self._contact_ids() else None

    def _contact_moment(self, contact_id: int) -> int:
        return self.seed.contact_times(contact_id - FIRST_CONTACT)[1] * 1000
