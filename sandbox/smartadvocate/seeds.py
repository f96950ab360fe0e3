"""From the world's seeds to SmartAdvocate's records: matters are cases, clients are plaintiffs.

What SmartAdvocate adds to the world's troubles, by the index of the case and thus in every world:

* a second plaintiff (every 60th case), who is the client of the case before; related persons who are a ``Spouse`` are
  plaintiffs, too, the others are other people on the case;
* a removed plaintiff, first in the list (every 60th case), who is the client of the case before;
* an alphanumeric number (every 40th case), and one that the number before it begins (every 50th);
* a practice area in lower case: every other case with the trouble ``practice_area_unmapped``, refused just the same.

A case with ``null_description`` has no incident, one with ``no_stage`` no status; a closed one has the status
``Closed Case`` and a closing date, a pending one is open and says so in a second status.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from sandbox.seed import Firm, Trouble
from sandbox.seeding.shapes import ContactSeed, MatterSeed, PracticeAreaSeed, UserSeed
from sandbox.smartadvocate.picklists import CLOSED, CaseLists
from sandbox.smartadvocate.records import (
    ORGANISATION,
    PERSON,
    Case,
    Contact,
    Email,
    Incident,
    Party,
    Phone,
    StaffRow,
    SubStatus,
    unique_contact_id,
)

FIRST_CONTACT, FIRST_STAFF_CONTACT = 50_001, 201
_PHONE_LABELS = {"Mobile": "Cell", "Work": "Work Phone", "Home": "Home Primary Phone", "Fax": "Home Fax"}
_OFFICE_LABELS = {"Mobile": "Office Phone", "Work": "Office Phone", "Home": "HQ/Main Office Phone", "Fax": "Office Fax"}
_REMOVED_EVERY, _REMOVED_AT = 60, 17
_SECOND_EVERY, _SECOND_AT = 60, 41
_LETTERED_EVERY, _LETTERED_AT = 40, 7
_EXTENDED_EVERY, _EXTENDED_AT = 50, 9
_UNTIDY_EVERY, _UNTIDY_AT = 25, 4
_TEN_DIGITS = 10


def of_seconds(seconds: float) -> int:
    """Unix seconds as milliseconds."""
    return int(seconds * 1000)


def milliseconds(day: date) -> int:
    """The start of a day in UTC."""
    return of_seconds(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def as_stored(number: str) -> str:
    """A phone number as SmartAdvocate keeps it: ten digits are formatted, the rest stays as it was typed [seen]."""
    digits = "".join(letter for letter in number if letter.isdigit())
    plain = len(digits) == _TEN_DIGITS and not number.startswith("+")
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if plain else number


class Seeds:
    """Makes the seeded records of one firm."""

    def __init__(self, seed: Firm, lists: CaseLists) -> None:
        self.seed = seed
        self.lists = lists
        self._staff = {user.id: (place, user) for place, user in enumerate(seed.users)}

    def case_number(self, index: int) -> str:
        """The number of case ``index``: ``24-00012``, ``24-00008PI`` or, after ``24-00009``, ``24-000091``."""
        if self.seed.assignment.has(index, Trouble.DUPLICATE_DISPLAY_NUMBER):
            index = self.seed.assignment.partner_of[index]
        if index % _EXTENDED_EVERY == _EXTENDED_AT:
            return self._plain_number(index - 1) + "1"
        return self._plain_number(index) + ("PI" if index % _LETTERED_EVERY == _LETTERED_AT else "")

    def _plain_number(self, index: int) -> str:
        year = datetime.fromtimestamp(self.seed.times(index)[0], UTC).year
        return f"{year % 100:02d}-{index + 1:05d}"

    @cached_property
    def numbers(self) -> list[tuple[str, int]]:
        """Every seeded number with the id of its case, in the order of the numbers."""
        first = self.seed.first_matter_id
        return sorted((self.case_number(index), first + index) for index in range(self.seed.size))

    def created(self, index: int) -> int:
        """When case ``index`` was created, in milliseconds."""
        return self.seed.times(index)[0] * 1000 + index * 37 % 1000

    def modified(self, index: int) -> int:
        """When case ``index`` last changed; cheap."""
        created, updated = self.seed.times(index)
        return max(created * 1000 + index * 37 % 1000, updated * 1000 + index * 91 % 100 * 10)

    def case(self, index: int) -> Case:
        """Case ``index``."""
        matter = self.seed.matter(index)
        area = self.lists.area(matter.practice_area_id)
        group_id, group = self.lists.group_of(area)
        status_id, status = self._status(matter, area)
        opponent = (matter.description or "").partition(" v. ")[2].partition(" - ")[0]
        plaintiffs = self._plaintiffs(index, matter)
        client = self.contact(matter.client_id - self.seed.first_contact_id)
        return Case(
            id=matter.id,
            number=self.case_number(index),
            name=f"{client.display_name} v. {opponent}" if opponent else client.display_name,
            group_id=group_id,
            group=group,
            type_id=area.id,
            type=self._type_name(index, area),
            status_id=status_id,
            status=status,
            status_since=of_seconds(matter.stage_changed),
            opened=matter.open_date,
            closed=matter.close_date,
            incident=_incident(matter),
            plaintiffs=plaintiffs,
            others=self._others(matter),
            defendants=[opponent] if opponent else [],
            staff=self._staff_rows(index, matter),
            sub_statuses=self._sub_statuses(matter),
            created=self.created(index),
            modified=self.modified(index),
        )

    def contact(self, index: int) -> Contact:
        """Contact ``index``: below the size of the firm the client of that matter, above a related person."""
        seed = self.seed.contact(index)
        labels = _OFFICE_LABELS if seed.company_name else _PHONE_LABELS
        phones = [
            Phone(labels[phone.label], as_stored(phone.number), phone.primary, texting=phone.label == "Mobile")
            for phone in seed.phones
        ]
        return Contact(
            id=FIRST_CONTACT + index,
            category=_category(seed),
            first_name=seed.first_name or "",
            last_name=seed.last_name or "",
            name=seed.company_name or "",
            phones=phones,
            emails=[Email(seed.email, primary=True)] if seed.email else [],
            date_of_birth=seed.date_of_birth,
            created=of_seconds(seed.created),
            modified=of_seconds(seed.updated),
        )

    def staff_contact_id(self, user_id: int) -> int:
        """The unique contact id of somebody of the firm."""
        return unique_contact_id(PERSON, FIRST_STAFF_CONTACT + self._staff[user_id][0])

    def staff_row(self, user_id: int, role: str) -> StaffRow:
        """Somebody of the firm in a role. Raises KeyError for an unknown user."""
        place, user = self._staff[user_id]
        phone = None if place % 2 else f"(614) 555-01{place:02d}"
        row = StaffRow(user.id, user.first_name, user.last_name, user.email, role, phone)
        row.unique_contact_id = self.staff_contact_id(user_id)
        return row

    def user(self, user_id: int) -> UserSeed:
        """Somebody of the firm. Raises KeyError."""
        return self._staff[user_id][1]

    def _type_name(self, index: int, area: PracticeAreaSeed) -> str:
        unmapped = self.seed.assignment.has(index, Trouble.PRACTICE_AREA_UNMAPPED)
        return self.seed.practice_areas[0].name.lower() if unmapped and index % 2 else area.name

    def _status(self, matter: MatterSeed, area: PracticeAreaSeed) -> tuple[int, str | None]:
        if matter.close_date is not None:
            return self.lists.closed_id, CLOSED
        stage = next((stage for stage in area.stages if stage.id == matter.stage_id), None)
        return (stage.id, stage.name) if stage else (0, None)

    def _sub_statuses(self, matter: MatterSeed) -> list[SubStatus]:
        since = of_seconds(matter.stage_changed)
        first = 301 + self.seed.rank * 40
        rows = [SubStatus(first, "Records Status", "Requested", since)] if matter.number % 3 == 0 else []
        if matter.pending_date is not None:
            rows.append(SubStatus(first + 7, "File Status", "Pending", milliseconds(matter.pending_date)))
        return rows

    def _plaintiffs(self, index: int, matter: MatterSeed) -> list[Party]:
        row, before = 90_000 + index * 5, FIRST_CONTACT + index - 1
        client = self._own_contact(matter.client_id)
        parties = [Party(row, client, "(P)-Plaintiff", primary=True, primary_contact=True, client=True)]
        if matter.related_contact_id is not None and matter.relationship == "Spouse":
            spouse = self._own_contact(matter.related_contact_id)
            parties.append(Party(row + 1, spouse, "(P)-Plaintiff Spouse", client=True))
        if index % _REMOVED_EVERY == _REMOVED_AT:
            parties.insert(0, Party(row + 2, before, "(P)-Plaintiff", primary=True, client=True, removed=True))
        if index % _SECOND_EVERY == _SECOND_AT:
            parties.append(Party(row + 4, before, "(P)-Plaintiff", client=True))
        return parties

    def _others(self, matter: MatterSeed) -> list[Party]:
        if matter.related_contact_id is None or matter.relationship in {None, "Spouse"}:
            return []
        row = 90_000 + (matter.number - 1) * 5 + 3
        return [Party(row, self._own_contact(matter.related_contact_id), f"(O)-{matter.relationship}")]

    def _own_contact(self, contact_id: int) -> int:
        return FIRST_CONTACT + contact_id - self.seed.first_contact_id

    def _staff_rows(self, index: int, matter: MatterSeed) -> list[StaffRow]:
        """Attorney, paralegal or case manager, originating attorney; addresses are as untidy as people type them."""
        rows = []
        if matter.attorney_id is not None:
            rows.append(self.staff_row(matter.attorney_id, "Primary Attorney"))
        if matter.staff_id is not None:
            manager = self.user(matter.staff_id).job_title == "Case Manager"
            rows.append(self.staff_row(matter.staff_id, "Case Manager" if manager else "Paralegal"))
        if matter.originating_attorney_id is not None:
            rows.append(self.staff_row(matter.originating_attorney_id, "Originating Attorney"))
        if index % _UNTIDY_EVERY == _UNTIDY_AT:
            for row in rows:
                row.email = f"{row.email.capitalize()} "
        return rows


def _category(seed: ContactSeed) -> int:
    return ORGANISATION if seed.company_name else PERSON


def _incident(matter: MatterSeed) -> Incident | None:
    if matter.description is None:
        return None
    return Incident(matter.open_date - timedelta(days=1 + matter.number % 60), matter.description)
