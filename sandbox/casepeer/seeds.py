"""From the world's seeds to CASEpeer's records: matters are cases under the same ids, as are clients and users.

What CASEpeer adds to the world's troubles, in every world:

* a companion case (every 60th case and the one before it), linked with each other;
* one attorney's address with a capital and a blank behind it, as people type;
* phones as the screen has them: *cell* and *home* are always there, with an empty number where the client gave none;
* a company as a last name without a first name.

A case with ``null_description`` has none, one with ``no_stage`` no status. A closed one has one of the statuses that
close a case, whichever its stage was; a pending one is open.
"""

from datetime import UTC, date, datetime, timedelta

from sandbox.casepeer.records import Case, Client, Person, Phone
from sandbox.casepeer.statuses import Statuses
from sandbox.seed import Firm
from sandbox.seeding.shapes import MatterSeed

_PHONE_KINDS = {"Mobile": "cell", "Home": "home", "Work": "work", "Fax": "fax"}
_ALWAYS_SHOWN = ("cell", "home")
_COMPANION_EVERY, _COMPANION_AT = 60, 41
_UNTIDY_ATTORNEY = 2
_SPANISH_EVERY = 5
_LONGEST_DOI = 60
_VERSIONS = 20


class Seeds:
    """Makes the seeded records of one firm."""

    def __init__(self, seed: Firm, statuses: Statuses) -> None:
        self._seed = seed
        self._statuses = statuses
        self._areas = {area.id: area.name for area in seed.practice_areas}
        self._stages = {stage.id: stage.name for area in seed.practice_areas for stage in area.stages}

    def people(self) -> dict[int, Person]:
        """The firm's users by id."""
        untidy = self._seed.staff.attorneys[_UNTIDY_ATTORNEY].id
        return {
            user.id: Person(
                id=user.id,
                first_name=user.first_name,
                last_name=user.last_name,
                email=f"{user.email.capitalize()} " if user.id == untidy else user.email,
                title=user.job_title,
            )
            for user in self._seed.users
        }

    def updated(self, index: int) -> int:
        """When case ``index`` last changed; cheap."""
        return self._seed.times(index)[1]

    def case(self, index: int) -> Case:
        """Case ``index``."""
        matter = self._seed.matter(index)
        return Case(
            id=matter.id,
            client_id=matter.client_id,
            file_number=matter.display_number,
            case_type=self._areas[matter.practice_area_id],
            status=self._status(matter),
            closed=matter.close_date,
            incident=matter.open_date - timedelta(days=1 + matter.number % _LONGEST_DOI),
            retained=matter.open_date,
            last_touched=_day(matter.updated),
            language="English" if index % _SPANISH_EVERY else "Spanish",
            description=matter.description,
            linked_cases=self._companions(index),
            team=_team(matter),
            version=1 + index % _VERSIONS,
            updated=matter.updated,
        )

    def client(self, client_id: int) -> Client:
        """The client of that id."""
        seed = self._seed.contact(client_id - self._seed.first_contact_id)
        given = {_PHONE_KINDS[phone.label]: phone.number for phone in seed.phones}
        phones = dict.fromkeys(_ALWAYS_SHOWN, "") | given
        return Client(
            id=seed.id,
            first_name=seed.first_name or "",
            last_name=seed.company_name or seed.last_name or "",
            email=seed.email or "",
            phones=[Phone(kind, number) for kind, number in phones.items()],
            moment=seed.updated,
        )

    def _status(self, matter: MatterSeed) -> str | None:
        if matter.close_date is not None:
            return self._statuses.closing[matter.number % len(self._statuses.closing)]
        return None if matter.stage_id is None else self._stages[matter.stage_id]

    def _companions(self, index: int) -> list[int]:
        place = index % _COMPANION_EVERY
        if place == _COMPANION_AT:
            return [self._seed.first_matter_id + index - 1]
        there = place == _COMPANION_AT - 1 and index + 1 < self._seed.size
        return [self._seed.first_matter_id + index + 1] if there else []


def first_companions(size: int) -> tuple[int, ...]:
    """The indexes of the first two cases of a firm that are linked with each other; none where there are too few cases."""
    return (_COMPANION_AT - 1, _COMPANION_AT) if size > _COMPANION_AT else ()


def _team(matter: MatterSeed) -> dict[str, int]:
    """Lead attorney and case manager as the world has them; a supervising attorney and a primary contact on some."""
    team = {"lead_attorney": matter.attorney_id, "case_manager": matter.staff_id}
    if matter.number % 2:
        team["supervising_attorney"] = matter.originating_attorney_id
    if matter.number % 3 == 0:
        team["primary_contact"] = matter.staff_id
    return {role: user_id for role, user_id in team.items() if user_id is not None}


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()
