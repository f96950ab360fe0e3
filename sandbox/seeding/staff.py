"""The people of a seeded firm: attorneys, paralegals, and those whose portal account is missing or wrong."""

from dataclasses import dataclass

from sandbox.seeding.dice import Dice
from sandbox.seeding.names import FIRST_NAMES, LAST_NAMES, ascii_word
from sandbox.seeding.shapes import UserSeed

_ATTORNEYS = 8
_PARALEGALS = 5
SHARED_ATTORNEY_EMAIL = "of.counsel@harrow-pike.example"
"""One attorney works for every seeded firm under the same e-mail."""


@dataclass(frozen=True, slots=True)
class Staff:
    """The firm's people, the troubled ones by name."""

    admin: UserSeed
    attorneys: tuple[UserSeed, ...]
    paralegals: tuple[UserSeed, ...]
    unknown_attorney: UserSeed
    removed_attorney: UserSeed
    unknown_paralegal: UserSeed

    @property
    def everyone(self) -> tuple[UserSeed, ...]:
        """All users, by ascending id."""
        troubled = (self.unknown_attorney, self.removed_attorney, self.unknown_paralegal)
        return (self.admin, *self.attorneys, *self.paralegals, *troubled)


def staff(seed: int, firm: int, slug: str) -> Staff:
    """The people of firm number ``firm`` (from 0), the same for the same seed."""
    dice = Dice(seed, firm, 0x57AFF)
    ids = iter(range(3_300_000 + firm * 100, 3_300_100 + firm * 100))
    seen: set[str] = set()

    def person(title: str, role: str | None, *, status: str = "active", email: str = "") -> UserSeed:
        while True:
            first, last = dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES)
            address = f"{ascii_word(first)[:1]}{ascii_word(last)}@{slug}.example"
            if address not in seen:
                break
        seen.add(address)
        return UserSeed(
            id=next(ids),
            first_name=first,
            last_name=last,
            email=email or address,
            attorney="Attorney" in title,
            admin=role == "admin",
            job_title=title,
            portal_role=role,
            portal_status=status,
        )

    return Staff(
        admin=person("Office Administrator", "admin"),
        attorneys=(
            person("Attorney of Counsel", "attorney", email=SHARED_ATTORNEY_EMAIL),
            person("Associate Attorney", "attorney", status="invited"),
            *(person("Attorney", "attorney") for _ in range(_ATTORNEYS - 2)),
        ),
        paralegals=(
            person("Case Manager", "case_manager"),
            *(person("Paralegal", "paralegal") for _ in range(_PARALEGALS - 1)),
        ),
        unknown_attorney=person("Attorney", None),
        removed_attorney=person("Attorney", "attorney", status="removed"),
        unknown_paralegal=person("Paralegal", None),
    )
