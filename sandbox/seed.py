"""The shared world: firms with staff, practice areas, contacts and matters, as a pure function of seed and index.

Records are made when asked for and not kept here, so a firm of 100,000 matters costs a few megabytes::

    world = World(seed=7, matters=1200, firms=2)
    firm = world.firm("harrow-pike")
    firm.matter(0).client_id, firm.contact_of(0).phones
    world.troubles[Trouble.NO_PHONE]        # matter ids, of all firms
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache

from sandbox.seeding import phones
from sandbox.seeding.dice import Dice
from sandbox.seeding.names import FIRST_NAMES, LAST_NAMES, ascii_word, case_description, company_name
from sandbox.seeding.practice import portal_practice_areas, practice_areas
from sandbox.seeding.shapes import (
    ContactSeed,
    MatterSeed,
    PhoneSeed,
    PortalPracticeAreaSeed,
    PracticeAreaSeed,
    UserSeed,
)
from sandbox.seeding.staff import Staff, staff
from sandbox.seeding.troubles import Assignment, Shares, Trouble, assign

__all__ = ["Firm", "Shares", "Trouble", "World", "WorldOptions"]

# (slug, name, Clio region, time zone) of the first firms; later ones are numbered.
_FIRMS = (
    ("harrow-pike", "Harrow Pike LLP", "us", "America/New_York"),
    ("lark-quill", "Lark & Quill Injury Law", "us", "America/Denver"),
    ("ashdown-rowe", "Ashdown Rowe Solicitors", "eu", "Europe/London"),
    ("maple-thorne", "Maple Thorne Barristers", "ca", "America/Toronto"),
    ("coral-banks", "Coral Banks Legal", "au", "Australia/Sydney"),
)
_DAY = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_RECENT_DAYS, _RESTING_DAYS = 29, 33
# Labels of the numbers clients give, each habit as often as it stands here. Work numbers are landlines.
_PHONE_HABITS = (*((("Mobile",),) * 6), ("Mobile", "Work"), ("Mobile", "Home landline"), ("Work", "Mobile"), ("Home",))
_TROUBLED_PHONES: dict[Trouble, tuple[tuple[str, ...], ...]] = {
    Trouble.NO_PHONE: ((),),
    Trouble.LANDLINE_ONLY: (("Home landline",),),
    Trouble.HOME_THEN_MOBILE: (("Home landline", "Mobile"),),
    Trouble.FAX_ONLY: (("Fax",),),
}
_RELATED_SHARE, _EMAIL_SHARE = 0.03, 0.85
_IDS_PER_FIRM = 1_000_000


@dataclass(frozen=True, slots=True)
class WorldOptions:
    """What a world is made from; every firm gets ``matters`` matters, and costs and trust on ``with_money`` of them.

    Money is in CASEpeer only.
    """

    seed: int = 7
    matters: int = 1200
    firms: int = 1
    with_money: int = 12
    shares: Shares = field(default_factory=Shares)


class World:
    """All seeded firms. ``now`` is the instant ages are counted from; it is cut to midnight UTC."""

    def __init__(self, options: WorldOptions | None = None, *, now: datetime | None = None) -> None:
        self.options = options or WorldOptions()
        self.base = (now or datetime.now(UTC)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.firms = tuple(Firm(self, rank) for rank in range(self.options.firms))
        self._by_slug = {firm.slug: firm for firm in self.firms}

    def firm(self, slug: str) -> "Firm":
        """The firm called ``slug``. Raises KeyError."""
        return self._by_slug[slug]

    @cached_property
    def troubles(self) -> dict[Trouble, list[int]]:
        """The matter ids with each trouble, over all firms, ascending."""
        return {kind: [case for firm in self.firms for case in firm.troubles[kind]] for kind in Trouble}


class Firm:
    """One firm. Matters are numbered from 0 (``index``); ids follow from the index."""

    def __init__(self, world: World, rank: int) -> None:
        if rank < len(_FIRMS):
            self.slug, self.name, self.region, self.time_zone = _FIRMS[rank]
        else:
            self.slug, self.name = f"firm-{rank + 1}", f"Firm No. {rank + 1} LLP"
            self.region, self.time_zone = "us", "America/Chicago"
        self.rank = rank
        self.account_id = 88_001 + rank
        self.size = world.options.matters
        self.with_money = min(world.options.with_money, self.size)
        self.first_matter_id = 1_480_000_000 + rank * _IDS_PER_FIRM
        self.first_contact_id = 5_530_000_000 + rank * _IDS_PER_FIRM
        seed = world.options.seed
        self._matter_key, self._contact_key, self._times_key = (Dice(seed, rank, stream).roll() for stream in range(3))
        self._base = int(world.base.timestamp())
        self._first_person = rank * world.options.matters * 2
        self.staff: Staff = staff(seed, rank, self.slug)
        self.practice_areas: tuple[PracticeAreaSeed, ...] = practice_areas(rank)
        self._mapped = tuple(area for area in self.practice_areas if area.portal_name)
        self.assignment: Assignment = assign(self.size, world.options.shares, f"{seed}/{rank}")
        related = Dice(seed, rank, 0x2E1)
        self._related = tuple(index for index in range(self.size) if related.chance(_RELATED_SHARE))
        self._related_rank = {index: n for n, index in enumerate(self._related)}

    @property
    def users(self) -> tuple[UserSeed, ...]:
        """Everyone of the firm, as the case system knows them."""
        return self.staff.everyone

    @property
    def portal_users(self) -> tuple[UserSeed, ...]:
        """Those the portal knows (``portal_role`` set), removed ones included."""
        return tuple(user for user in self.users if user.portal_role)

    @property
    def portal_practice_areas(self) -> tuple[PortalPracticeAreaSeed, ...]:
        """The firm's practice areas as the portal has them."""
        return portal_practice_areas(self.rank, self.practice_areas)

    @property
    def matter_ids(self) -> range:
        """All matter ids, ascending."""
        return range(self.first_matter_id, self.first_matter_id + self.size)

    @property
    def contact_ids(self) -> range:
        """All contact ids, ascending: one per matter by index, then the related persons."""
        return range(self.first_contact_id, self.first_contact_id + self.size + len(self._related))

    @cached_property
    def troubles(self) -> dict[Trouble, list[int]]:
        """The matter ids with each trouble, ascending."""
        by_trouble = self.assignment.by_trouble
        return {kind: [self.first_matter_id + index for index in sorted(by_trouble[kind])] for kind in Trouble}

    def partner(self, matter_id: int) -> int:
        """The other matter of a paired trouble (shared client, phone or display number). Raises KeyError."""
        return self.first_matter_id + self.assignment.partner_of[matter_id - self.first_matter_id]

    def matters(self) -> Iterator[MatterSeed]:
        """Every matter, made one at a time."""
        return (self.matter(index) for index in range(self.size))

    def times(self, index: int) -> tuple[int, int]:
        """When matter ``index`` was created and last changed, in unix seconds; cheap, for sorted indexes."""
        dice = Dice(self._times_key, index)
        recent = self.assignment.has(index, Trouble.RECENTLY_UPDATED)
        updated = self._base - (
            dice.between(3600, _RECENT_DAYS * _DAY) if recent else dice.between(_RESTING_DAYS * _DAY, 700 * _DAY)
        )
        if self.assignment.has(index, Trouble.OLDER_THAN_TEN_YEARS):
            return self._base - dice.between(3700 * _DAY, 5000 * _DAY), updated
        return updated - dice.between(0, 1800 * _DAY), updated

    def contact_times(self, index: int) -> tuple[int, int]:
        """When contact ``index`` was created and last changed, in unix seconds. Seeded contacts rest."""
        created, updated = self.times(self._owner(index))
        created -= 3600
        resting = min(updated, self._base - _RESTING_DAYS * _DAY)
        return created, max(created, created + (resting - created) // 3)

    def contact_of(self, index: int) -> ContactSeed:
        """The client of matter ``index``."""
        return self.contact(self._client_index(index))

    def contact(self, index: int) -> ContactSeed:
        """Contact ``index``: below ``size`` the client of that matter, above a related person."""
        dice = Dice(self._contact_key, index)
        client = index < self.size
        trouble = self.assignment.trouble_of.get(index) if client else None
        first, last, company = _client_name(trouble, dice)
        mailbox = ".".join(ascii_word(part) for part in (first, last, company) if part)
        email = f"{mailbox}.{index}@mail.example" if dice.chance(_EMAIL_SHARE) else None
        created, updated = self.contact_times(index)
        return ContactSeed(
            id=self.first_contact_id + index,
            first_name=first,
            last_name=last,
            company_name=company,
            email=email,
            phones=_phones(self._first_person + self._phone_owner(index, trouble), trouble, dice),
            date_of_birth=None if company else date(1940 + dice.below(65), 1 + dice.below(12), 1 + dice.below(28)),
            is_client=client and trouble is not Trouble.SHARED_CLIENT,
            created=created,
            updated=updated,
        )

    def matter(self, index: int) -> MatterSeed:
        """Matter ``index``."""
        dice = Dice(self._matter_key, index)
        trouble = self.assignment.trouble_of.get(index)
        created, updated = self.times(index)
        client_index = self._client_index(index)
        surname = self._surname(client_index)
        area_id, stage_id = self._place(trouble, dice)
        opened = created - dice.below(20) * _DAY
        status = self.status(index)
        numbered = self.assignment.partner_of[index] if trouble is Trouble.DUPLICATE_DISPLAY_NUMBER else index
        related = self._related_rank.get(index)
        attorney_id, staff_id = self._staffing(trouble, dice)
        return MatterSeed(
            id=self.first_matter_id + index,
            number=index + 1,
            display_number=f"{numbered + 1:05d}-{self._surname(numbered)}",
            description=_description(trouble, surname, dice),
            status=status,
            client_id=self.first_contact_id + client_index,
            practice_area_id=area_id,
            stage_id=stage_id,
            attorney_id=attorney_id,
            staff_id=staff_id,
            originating_attorney_id=self.staff.attorneys[0].id,
            related_contact_id=None if related is None else self.first_contact_id + self.size + related,
            relationship=None if related is None else dice.pick(("Spouse", "Opposing Counsel", "Witness", "Doctor")),
            open_date=_day(opened),
            pending_date=_day(dice.between(opened, updated)) if status == "pending" else None,
            close_date=_day(dice.between(opened, updated)) if status == "closed" else None,
            created=created,
            updated=updated,
            stage_changed=dice.between(created, updated),
        )

    def status(self, index: int) -> str:
        """``open``, ``pending`` or ``closed``; cheap."""
        if self.assignment.has(index, Trouble.CLOSED):
            return "closed"
        return "pending" if self.assignment.has(index, Trouble.PENDING) else "open"

    def matter_of_related(self, contact_index: int) -> int:
        """The index of the matter that related person ``contact_index`` (``size`` and above) belongs to."""
        return self._related[contact_index - self.size]

    @property
    def related_indices(self) -> Sequence[int]:
        """The matters, by index, on which there is a related person."""
        return self._related

    def _owner(self, contact_index: int) -> int:
        return contact_index if contact_index < self.size else self.matter_of_related(contact_index)

    def _surname(self, client_index: int) -> str:
        """What follows the number in a display number; as :meth:`contact` rolls it, without the rest."""
        dice = Dice(self._contact_key, client_index)
        first, last, company = _client_name(self.assignment.trouble_of.get(client_index), dice)
        return last or company or first or ""

    def _client_index(self, index: int) -> int:
        shared = self.assignment.has(index, Trouble.SHARED_CLIENT)
        return self.assignment.partner_of[index] if shared else index

    def _phone_owner(self, contact_index: int, trouble: Trouble | None) -> int:
        return self.assignment.partner_of[contact_index] if trouble is Trouble.SHARED_PHONE else contact_index

    def _place(self, trouble: Trouble | None, dice: Dice) -> tuple[int, int | None]:
        """Practice area and stage."""
        area = self.practice_areas[-1] if trouble is Trouble.PRACTICE_AREA_UNMAPPED else dice.pick(self._mapped)
        if trouble is Trouble.NO_STAGE:
            return area.id, None
        if trouble is Trouble.STAGE_UNMAPPED:
            return area.id, area.stages[-2].id
        if trouble is Trouble.STAGE_LETTER_CASE:
            return area.id, area.stages[-1].id
        usable = [stage for stage in area.stages if stage.portal_name] or area.stages
        return area.id, dice.pick(usable).id

    def _staffing(self, trouble: Trouble | None, dice: Dice) -> tuple[int | None, int | None]:
        """Responsible attorney and staff."""
        attorney: int | None = dice.pick(self.staff.attorneys).id
        paralegal = dice.pick(self.staff.paralegals).id if dice.chance(0.8) else None
        match trouble:
            case Trouble.NO_ATTORNEY:
                attorney = None
            case Trouble.ATTORNEY_UNKNOWN:
                attorney = self.staff.unknown_attorney.id
            case Trouble.ATTORNEY_IS_PARALEGAL:
                attorney = self.staff.paralegals[1].id
            case Trouble.ATTORNEY_REMOVED:
                attorney = self.staff.removed_attorney.id
            case Trouble.UNKNOWN_PARALEGAL:
                paralegal = self.staff.unknown_paralegal.id
        return attorney, paralegal


@lru_cache(maxsize=20_000)
def _day_number(days: int) -> date:
    return date.fromordinal(_EPOCH_DAY + days)


def _day(seconds: int) -> date:
    """The day of an instant, in UTC."""
    return _day_number(seconds // _DAY)


def _client_name(trouble: Trouble | None, dice: Dice) -> tuple[str | None, str | None, str | None]:
    """First name, last name, company name."""
    first, last = dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES)
    if trouble is Trouble.COMPANY_CLIENT:
        return None, None, company_name(dice)
    return first, None if trouble is Trouble.MISSING_LAST_NAME else last, None


def _description(trouble: Trouble | None, surname: str, dice: Dice) -> str | None:
    if trouble is Trouble.NULL_DESCRIPTION:
        return None
    text = case_description(surname, dice)
    return dice.pick(("=", "+", "-", "@")) + text if trouble is Trouble.FORMULA_DESCRIPTION else text


def _phones(person: int, trouble: Trouble | None, dice: Dice) -> tuple[PhoneSeed, ...]:
    """The numbers a client gave, the primary one first."""

    def typed(label: str) -> str:
        number = phones.landline(person) if label in {"Home landline", "Work"} else phones.mobile(person)
        return phones.written(number, dice)

    if trouble is Trouble.INVALID_PHONE:
        return (PhoneSeed("Mobile", dice.pick(phones.INVALID_NUMBERS), primary=True),)
    habits = _TROUBLED_PHONES.get(trouble, _PHONE_HABITS) if trouble else _PHONE_HABITS
    labels = dice.pick(habits)
    return tuple(
        PhoneSeed(label.removesuffix(" landline"), typed(label), primary=rank == 0) for rank, label in enumerate(labels)
    )
