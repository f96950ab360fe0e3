"""One firm's data in Clio, and what its connected users are kept from seeing."""

from collections.abc import Sequence
from typing import Any

from sandbox.clio import records
from sandbox.clio.storage import Storage
from sandbox.clio.table import Record, Table
from sandbox.seed import Firm, World

_YEAR = 365 * 86_400
_COMMUNICATION_IDS, _DOCUMENT_IDS, _VERSION_IDS = 6_600_000_001, 7_700_000_001, 8_800_000_000
_IDS_PER_FIRM = 1_000_000


class ClioFirm:
    """The tables of one firm, and its permission switches.

    ``denied`` holds resource names (``matters``, ``contacts``, ``users``, ``communications``, ...) the app may not
    touch: 403 ForbiddenError. ``hidden_matters`` and ``hidden_contacts`` are ids the connected user may not see:
    hidden matters are absent (404) with all that is filed on them, hidden contacts are redacted stubs. The next
    ``upload_timeouts`` attempts to finalise a document answer UploadTimeoutError.
    """

    def __init__(self, world: World, seed: Firm, storage: Storage) -> None:
        self.seed = seed
        self.slug = seed.slug
        self.region = seed.region
        self.account = records.account_record(seed)
        self.denied: set[str] = set()
        self.hidden_matters: set[int] = set()
        self.hidden_contacts: set[int] = set()
        self.upload_timeouts = 0
        self.storage = storage
        self.version_ids = _VERSION_IDS + seed.rank * _IDS_PER_FIRM
        self._numbers: dict[str, int] = {}
        self.tables: dict[str, Table] = {
            "matters": Table("matters", seed.matter_ids, self._matter, self._matter_times),
            "contacts": Table("contacts", seed.contact_ids, self._contact, self._contact_times),
            "communications": _filed("communications", _COMMUNICATION_IDS + seed.rank * _IDS_PER_FIRM),
            "documents": _filed("documents", _DOCUMENT_IDS + seed.rank * _IDS_PER_FIRM),
        }
        self._relationships_of: dict[int, list[int]] = {}
        since = int(world.base.timestamp()) - 11 * _YEAR
        self._fill_small_tables(since)
        self._seed_relationships()

    @property
    def matters(self) -> Table:
        """The matters."""
        return self.tables["matters"]

    @property
    def contacts(self) -> Table:
        """The contacts."""
        return self.tables["contacts"]

    @property
    def communications(self) -> Table:
        """The logged communications."""
        return self.tables["communications"]

    @property
    def documents(self) -> Table:
        """The documents, those in the trash and those without bytes yet included."""
        return self.tables["documents"]

    def number(self, kind: str) -> int:
        """The next number for a part of a record, from 1."""
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return self._numbers[kind]

    @property
    def admin_id(self) -> int:
        """The user who connects the firm unless another one is named."""
        return self.seed.staff.admin.id

    def may_see_contact(self, contact_id: int) -> bool:
        """Whether contact data may be shown: app permission and the firm's contact visibility [doc]."""
        return "contacts" not in self.denied and contact_id not in self.hidden_contacts

    def relationships_of(self, matter_id: int) -> list[Record]:
        """The relationship records of a matter."""
        table = self.tables["relationships"]
        found = (table.get(record_id) for record_id in self._relationships_of.get(matter_id, ()))
        return [record for record in found if record is not None]

    def relate(self, relationship: Record) -> None:
        """Note which matter a relationship belongs to."""
        self._relationships_of.setdefault(relationship["_matter"], []).append(relationship["id"])

    def people_of(self, matter: Record) -> Sequence[tuple[Record, Record | None]]:
        """The contacts on a matter: its client (no relationship), then the related ones with theirs."""
        people: list[tuple[Record, Record | None]] = []
        client = self.contacts.get(matter["client_id"])
        if client is not None:
            people.append((client, None))
        for relationship in self.relationships_of(matter["id"]):
            contact = self.contacts.get(relationship["_contact"])
            if contact is not None:
                people.append((contact, relationship))
        return people

    def custom_fields(self) -> dict[int, str]:
        """Id → type of the firm's custom fields on matters."""
        fields = (records.custom_field(self.seed, rank) for rank in range(len(records.CUSTOM_FIELDS)))
        return {field["id"]: field["field_type"] for field in fields}

    def custom_field(self, field_id: int) -> Record | None:
        """A custom field by id."""
        fields = (records.custom_field(self.seed, rank) for rank in range(len(records.CUSTOM_FIELDS)))
        return next((field for field in fields if field["id"] == field_id), None)

    def update_matter(self, matter_id: int, *, at: float, **values: Any) -> None:
        """Change a matter from outside the API, as a person in Clio would: ``update_matter(7, at=..., description="x")``.

        Values are record fields; links are ``_matter_stage``, ``_responsible_attorney`` and so on, with ids.
        """
        self._update("matters", matter_id, at, values)

    def update_contact(self, contact_id: int, *, at: float, **values: Any) -> None:
        """Change a contact from outside the API; the matter's ``updated_at`` does not move [assumed]."""
        self._update("contacts", contact_id, at, values)

    def update_document(self, document_id: int, *, at: float, **values: Any) -> None:
        """Change a document from outside the API: ``locked=True``, ``deleted_at="2026-10-02T14:05:00Z"``."""
        self._update("documents", document_id, at, values)

    def _update(self, table: str, record_id: int, at: float, values: Record) -> None:
        record = self.tables[table].get(record_id)
        if record is None:
            raise KeyError(record_id)
        self.tables[table].change(record, values, at)

    def _matter(self, record_id: int) -> Record:
        return records.matter_record(self.seed, self.seed.matter(record_id - self.seed.first_matter_id))

    def _matter_times(self, record_id: int) -> tuple[int, int]:
        return self.seed.times(record_id - self.seed.first_matter_id)

    def _contact(self, record_id: int) -> Record:
        return records.contact_record(self.seed.contact(record_id - self.seed.first_contact_id))

    def _contact_times(self, record_id: int) -> tuple[int, int]:
        return self.seed.contact_times(record_id - self.seed.first_contact_id)

    def _fill_small_tables(self, since: int) -> None:
        for name in ("users", "practice_areas", "matter_stages", "relationships"):
            self.tables[name] = Table(name)
        for user in self.seed.users:
            self.tables["users"].add(records.user_record(self.seed, user, since), since)
        for area in self.seed.practice_areas:
            self.tables["practice_areas"].add(records.area_record(area, since), since)
            for stage in area.stages:
                self.tables["matter_stages"].add(records.stage_record(area, stage, since), since)

    def _seed_relationships(self) -> None:
        table = self.tables["relationships"]
        first = 42_000_000 + self.seed.rank * 100_000
        for rank, index in enumerate(self.seed.related_indices):
            matter = self.seed.matter(index)
            record = {"id": first + rank, "description": matter.relationship}
            self.relate(
                table.add(record | {"_matter": matter.id, "_contact": matter.related_contact_id}, matter.created)
            )


def _filed(kind: str, first_id: int) -> Table:
    """An empty table of what apps file on matters."""
    return Table(kind, range(first_id, first_id), keys=records.filing_keys)
