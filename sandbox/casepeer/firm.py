"""One firm's CASEpeer: its records, keys and switches, and the ways to find a record."""

from collections.abc import Callable, Sequence

from sandbox.casepeer.categories import document_categories
from sandbox.casepeer.costbook import CostBook
from sandbox.casepeer.filings import PER_CASE, Filings
from sandbox.casepeer.keys import KeyRing
from sandbox.casepeer.limits import Bucket
from sandbox.casepeer.money_seeds import MoneySeeds
from sandbox.casepeer.payees import Payees
from sandbox.casepeer.records import Case, Client, Document, Message, Note, Person
from sandbox.casepeer.seeds import Seeds
from sandbox.casepeer.settlement import ChargeBook, TrustBook
from sandbox.casepeer.stamps import Stamps
from sandbox.casepeer.statuses import Statuses
from sandbox.casepeer.switches import Switches
from sandbox.pushes import Pusher
from sandbox.seed import Firm
from sandbox.shelf import CaseShelf, Shelf

PUSH_SECRET_HEADER = "X-CASEpeer-Sandbox-Secret"  # noqa: S105 - a name
END_OF_TIME = 1 << 40
"""Later than any record of any firm, in unix seconds."""
_FIRST_MESSAGE, _MESSAGES_PER_FIRM = 3_301, 100_000


class FirmRecords:
    """The shelves of one firm. Ids of cases, clients and users are the world's; no two firms share one."""

    def __init__(self, seed: Firm, now: Callable[[], float]) -> None:
        self.seed = seed
        self.slug = seed.slug
        self.now = now
        self.switches = Switches()
        self.keys = KeyRing(seed.slug, seed.staff.admin.id)
        self.buckets = {"integration": Bucket(), "admin": Bucket()}
        self.statuses = Statuses(seed)
        self.document_categories = document_categories(seed.rank)
        self.pusher = Pusher(self.switches, PUSH_SECRET_HEADER)
        self.filings = Filings(seed)
        self._seeds = Seeds(seed, self.statuses)
        self.people: dict[int, Person] = self._seeds.people()
        room = seed.size * PER_CASE
        self.cases: Shelf[Case] = Shelf(
            lambda: seed.matter_ids, self._case, self._case_moment, seed.first_matter_id + seed.size - 1
        )
        self.clients: Shelf[Client] = Shelf(
            lambda: seed.contact_ids,
            self._client,
            self._client_moment,
            seed.first_contact_id + len(seed.contact_ids) - 1,
        )
        self.notes: CaseShelf[Note] = CaseShelf(
            self.filings.every_note,
            self.filings.note,
            self.filings.note_moment,
            self.filings.first_note + room - 1,
            self._seeded_notes,
        )
        self.documents: CaseShelf[Document] = CaseShelf(
            self.filings.every_document,
            self.filings.document,
            self.filings.document_moment,
            self.filings.first_document + room - 1,
            self._seeded_documents,
        )
        self.connected: set[int] = set()
        """Ids of the cases that are linked with Case Status."""
        self.outbox: dict[int, Message] = {}
        self.payees = Payees(seed.rank)
        self.costs = CostBook(seed.rank)
        self.charges = ChargeBook()
        self.trust = TrustBook(seed.rank)
        MoneySeeds(seed, self.stamps, self.payees).fill(self.costs, self.charges, self.trust)

    @property
    def stamps(self) -> Stamps:
        """How instants and days are written now."""
        return Stamps(self.seed.time_zone, empty_dates=self.switches.empty_dates)

    def seconds(self, at: float | None = None) -> int:
        """Unix seconds; None is the sandbox's now."""
        return int(self.now() if at is None else at)

    def is_open(self, case: Case) -> bool:
        """Whether a case is on the open list."""
        return self.statuses.is_open(case.status)

    def case_there(self, case_id: int) -> Case:
        """The case. Raises KeyError."""
        case = self.cases.get(case_id)
        if case is None:
            raise KeyError(case_id)
        return case

    def client_of(self, case: Case) -> Client:
        """The client of a case."""
        client = self.clients.get(case.client_id)
        assert client is not None
        return client

    def cases_of(self, client_id: int) -> list[int]:
        """Ids of the cases of a client."""
        index = client_id - self.seed.first_contact_id
        partners = self.seed.assignment.partner_of
        near = {index, *(later for later, earlier in partners.items() if earlier == index)}
        ids = [*(self.seed.first_matter_id + place for place in sorted(near)), *self.cases.added]
        found = (self.cases.get(case_id) for case_id in ids)
        return [case.id for case in found if case and case.client_id == client_id]

    def next_message_id(self) -> int:
        """An id that was never used."""
        return _FIRST_MESSAGE + self.seed.rank * _MESSAGES_PER_FIRM + len(self.outbox)

    def warm(self) -> None:
        """Make cases, clients and indexes now, so that nobody's first read pays for it: fair timing for benches."""
        for case_id in self.cases.ids():
            self.cases.get(case_id)
        for client_id in self.clients.ids():
            self.clients.get(client_id)
        for shelf in (self.cases, self.notes):
            shelf.between(0, 0)

    def _seeded(self, case_id: int) -> bool:
        return case_id in self.seed.matter_ids

    def _seeded_notes(self, case_id: int) -> Sequence[int]:
        return self.filings.note_ids(case_id - self.seed.first_matter_id) if self._seeded(case_id) else ()

    def _seeded_documents(self, case_id: int) -> Sequence[int]:
        return self.filings.document_ids(case_id - self.seed.first_matter_id) if self._seeded(case_id) else ()

    def _case(self, case_id: int) -> Case | None:
        return self._seeds.case(case_id - self.seed.first_matter_id) if self._seeded(case_id) else None

    def _case_moment(self, case_id: int) -> int:
        return self._seeds.updated(case_id - self.seed.first_matter_id)

    def _client(self, client_id: int) -> Client | None:
        return self._seeds.client(client_id) if client_id in self.seed.contact_ids else None

    def _client_moment(self, client_id: int) -> int:
        return self.seed.contact_times(client_id - self.seed.first_contact_id)[1]
