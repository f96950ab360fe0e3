"""What the books hold from the start: people from the world's seeds, and the set-up that casebridge looks for.

Users have the addresses that the firm's people have in its case system. One attorney does not record time, the one who left
is inactive. There are no casefiles; of contacts a few vendors.
"""

from datetime import date

from sandbox.seed import Firm
from sandbox.seeding.shapes import UserSeed
from sandbox.soluno.records import OPERATING, TRUST, ActivityCode, Area, BankAccount, GlAccount, PostingReference, User

DESIGNATED_INITIALS = "CPL"
_TIMELESS_ATTORNEY = 4
_PARTNERS = (2, 3)
_LINK = "cp-link"
VENDORS = (
    ("Bayside Records Service", "billing@bayside-records.example"),
    ("Tri-County Court Reporters", "accounts@tri-county-reporters.example"),
    ("Meridian Mutual", None),
)

_AREAS = (
    ("PI", "Personal Injury", True),
    ("WC", "Workers' Compensation", True),
    ("PL", "Premises Liability", True),
    ("EP", "Estate Planning", False),
)
_ACTIVITY_CODES = (
    ("COPP", "COPP charges", ("4110", "COPP income"), True),
    ("Property Damage", "Property damage fee", ("4120", "Property damage fees"), True),
    ("Consultation", "First consultation", ("4130", "Consultation fees"), True),
    ("Lien Handling", "Handling of liens", None, True),
    ("Copies", "Copies, by the page", ("4190", "Other income"), False),
)
_POSTING_REFERENCES = (
    ("ACC", "Advanced client costs", ("1350", "Advanced client costs"), True),
    ("FIL", "Filing fees", ("1351", "Advanced filing fees"), True),
    ("SOFT", "Soft costs", ("4180", "Soft costs recovered"), True),
    ("OLD", "Costs before the conversion", ("1359", "Converted costs"), False),
)
_BANK_ACCOUNTS = (
    ("Operating", OPERATING, "1010", True),
    ("Costs", OPERATING, "1020", True),
    ("Old Operating", OPERATING, "1090", False),
    ("Client Trust", TRUST, "2110", True),
    ("Settlement Trust", TRUST, "2120", True),
    ("Old Trust", TRUST, "2190", False),
)


def organization_name(seed: Firm) -> str:
    """``Harrow Pike Books`` of Harrow Pike LLP."""
    return f"{seed.slug.replace('-', ' ').title()} Books"


def designated_email(slug: str) -> str:
    """The log-on of the login that the firm keeps for casebridge."""
    return f"{_LINK}@{slug}.example"


def locked_before(today: date) -> date:
    """The day before which the books take no entries: last year and this one are open."""
    return date(today.year - 1, 1, 1)


class SetUp:
    """Makes the people and the lists of one set of books; ids start after ``base``."""

    def __init__(self, seed: Firm, base: int) -> None:
        self._seed = seed
        self._base = base
        self._accounts: dict[str, GlAccount] = {}

    def users(self) -> dict[int, User]:
        """Everybody of the firm, and the login that is kept for casebridge."""
        staff = self._seed.staff
        timeless = staff.attorneys[_TIMELESS_ATTORNEY].id
        partners = {staff.attorneys[place].id for place in _PARTNERS}
        taken = {DESIGNATED_INITIALS}
        users = {}
        for place, user in enumerate(self._seed.users, start=1):
            users[self._base + place] = User(
                id=self._base + place,
                initials=_initials(user, taken),
                first_name=user.first_name,
                last_name=user.last_name,
                email=user.email,
                active=user.portal_status != "removed",
                records_time=user.attorney and user.id != timeless,
                partner=user.id in partners,
            )
        link = self._base + len(users) + 1
        users[link] = User(link, DESIGNATED_INITIALS, "CASEpeer", "Link", designated_email(self._seed.slug))
        return users

    def areas(self) -> dict[int, Area]:
        """Areas of practice."""
        return {self._base + n: Area(self._base + n, *row) for n, row in enumerate(_AREAS, start=1)}

    def activity_codes(self) -> dict[int, ActivityCode]:
        """What charges are for; one has no account yet, one is inactive."""
        return {
            self._base + n: ActivityCode(self._base + n, name, text, self._account(*gl) if gl else None, active)
            for n, (name, text, gl, active) in enumerate(_ACTIVITY_CODES, start=7)
        }

    def posting_references(self) -> dict[int, PostingReference]:
        """What costs are posted to; one is inactive."""
        return {
            self._base + n: PostingReference(self._base + n, code, text, self._account(*gl), active)
            for n, (code, text, gl, active) in enumerate(_POSTING_REFERENCES, start=2)
        }

    def bank_accounts(self) -> dict[int, BankAccount]:
        """Three of each kind, one of them inactive."""
        return {
            self._base + n: BankAccount(self._base + n, name, kind, self._account(number, name), active)
            for n, (name, kind, number, active) in enumerate(_BANK_ACCOUNTS, start=11)
        }

    def _account(self, number: str, name: str) -> GlAccount:
        return self._accounts.setdefault(number, GlAccount(self._base + 101 + len(self._accounts), number, name))


def _initials(user: UserSeed, taken: set[str]) -> str:
    """Initials that nobody has yet: ``RP``, then ``RP2``."""
    plain = f"{user.first_name[0]}{user.last_name[0]}".upper()
    initials, further = plain, 2
    while initials in taken:
        initials, further = f"{plain}{further}", further + 1
    taken.add(initials)
    return initials
