"""Whether a firm's books are ready for postings: the fourteen checks of the contract [seed][help], as pure questions.

What concerns the firm blocks everything, what concerns a case only that case. Nothing is ever made in the books for the
firm: what is missing is said, with the clicks that mend it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from domain.books import BooksSetUp, BooksUser, Casefile, Listed, SessionStanding
from domain.case import Case
from domain.posting_reasons import POSTING_REASONS

COPP, PROPERTY_DAMAGE = "COPP", "Property Damage"
"""Names of the activity codes [seed]."""
WARN_DAYS = (7, 3, 1)
"""So many days before a login ends its person is told."""

ReleaseMode = Literal["auto", "review"]


@dataclass(frozen=True, slots=True)
class BooksWishes:
    """What the firm has chosen, by the names or codes that its books show; empty: not chosen."""

    posting_reference: str
    operating_account: str
    trust_account: str
    area_of_practice: str
    release_mode: ReleaseMode | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found. ``number`` is the check's in the contract; ``case_id`` is None when it concerns the firm."""

    number: int
    code: str
    sentence: str
    fix: str
    case_id: str | None = None
    warning: bool = False
    """True when nothing is blocked by it yet."""


@dataclass(frozen=True, slots=True)
class BooksPlan:
    """What the wishes come to in the books: ids, and what else postings need of the set-up."""

    area_id: str
    copp_id: str
    property_damage_id: str
    posting_reference_id: str
    operating_id: str
    trust_id: str
    release: bool
    closed_before: date | None
    operating_accounts: tuple[Listed, ...]

    def operating_account(self, name: str) -> Listed | None:
        """The active operating account of this id or name; the usual one for an empty name; None unless there is just one."""
        wanted = name.strip() or self.operating_id
        by_id = [one for one in self.operating_accounts if one.id == wanted]
        found = by_id or [one for one in self.operating_accounts if _called(one, wanted)]
        return found[0] if len(found) == 1 else None


def check_login(standing: SessionStanding, now: datetime) -> list[Finding]:
    """Check 1, as far as the session itself does not answer it: how many days are left."""
    left = standing.reauthenticate_by - now
    due = [days for days in WARN_DAYS if left <= timedelta(days=days)]
    if not due:
        return []
    days = min(due)
    sentence = (
        f"Soluno wants its security question answered again by {standing.reauthenticate_by:%d %b %Y, %H:%M} UTC; after that "
        "nothing is posted until it is."
    )
    fix = "Run reauthenticate_soluno for the firm and enter the answer."
    return [Finding(1, f"reauthentication_in_{days}", sentence, fix, warning=True)]


def check_set_up(books: BooksSetUp, wishes: BooksWishes) -> tuple[BooksPlan | None, list[Finding]]:
    """Checks 5 to 12; the plan is None while one of them has found something."""
    found: list[Finding] = []
    if not books.release_stage:
        sentence = "The stage *Release Invoice* is switched off in Soluno, so no invoice can go there."
        found.append(
            Finding(
                5,
                "release_stage_off",
                sentence,
                "Soluno: gear › Settings › Features › Enable release invoice stage in billing.",
            )
        )
    area = _pick(found, 6, "area", "The area of practice", wishes.area_of_practice, books.areas, _AREA)
    codes = []
    for name in (COPP, PROPERTY_DAMAGE):
        code = _pick(found, 7, "activity_code", "The activity code", name, books.activity_codes, _CODES)
        if code is not None and not code.has_gl_account:
            sentence = f"The activity code “{code.name}” has no general-ledger account."
            fix = f"Soluno: gear › Rates/Codes › Activity Codes › {code.name} › General Ledger Account."
            found.append(Finding(8, "activity_code_without_account", sentence, fix))
        codes.append(code)
    reference = _pick(
        found,
        9,
        "posting_reference",
        "The cost posting reference",
        wishes.posting_reference,
        books.posting_references,
        _REFERENCE,
    )
    operating = _account(found, 10, "Operating", wishes.operating_account, books.bank_accounts)
    trust = _account(found, 11, "Trust", wishes.trust_account, books.bank_accounts)
    if wishes.release_mode is None:
        sentence = "Nobody has chosen whether invoices are released at once or reviewed in Soluno first."
        found.append(Finding(12, "release_mode_unset", sentence, "Soluno Credentials › Invoices are released."))
    copp, damage = codes
    if found or not (area and copp and damage and reference and operating and trust):
        return None, found
    return (
        BooksPlan(
            area_id=area.id,
            copp_id=copp.id,
            property_damage_id=damage.id,
            posting_reference_id=reference.id,
            operating_id=operating.id,
            trust_id=trust.id,
            release=wishes.release_mode == "auto",
            closed_before=books.closed_before,
            operating_accounts=tuple(one for one in books.bank_accounts if one.active and one.kind == "Operating"),
        ),
        [],
    )


_AREA = "Soluno: gear › Areas of Practice; or the name in Soluno Credentials › Area of practice."
_CODES = "Soluno: gear › Rates/Codes › Activity Codes."
_REFERENCE = "Soluno: gear › Cost Posting References; or Soluno Credentials › Cost posting reference."
_BANKING = "Soluno: gear › Banking; or Soluno Credentials › {field}."


def _pick(
    found: list[Finding], number: int, code: str, what: str, name: str, listed: Iterable[Listed], fix: str
) -> Listed | None:
    """What goes by this name, if it is there once and active; what is wrong with it goes to ``found``."""
    if not name.strip():
        found.append(Finding(number, f"{code}_unset", f"{what} is not chosen yet.", fix))
        return None
    called = [one for one in listed if _called(one, name)]
    active = [one for one in called if one.active]
    if not called:
        found.append(Finding(number, f"{code}_missing", f"{what} “{name.strip()}” is not in Soluno.", fix))
    elif not active:
        found.append(Finding(number, f"{code}_inactive", f"{what} “{name.strip()}” is not active in Soluno.", fix))
    elif len(active) > 1:
        found.append(Finding(number, f"{code}_twice", f"{what} “{name.strip()}” is several times in Soluno.", fix))
    else:
        return active[0]
    return None


def _account(found: list[Finding], number: int, kind: str, name: str, listed: tuple[Listed, ...]) -> Listed | None:
    field = {"Operating": "Operating account", "Trust": "Trust account"}[kind]
    what, fix = f"The {field[0].lower()}{field[1:]}", _BANKING.format(field=field)
    code = f"{kind.lower()}_account"
    account = _pick(found, number, code, what, name, listed, fix)
    if account is not None and account.kind != kind:
        sentence = f"{what} “{account.name}” is no {kind.lower()} account in Soluno."
        found.append(Finding(number, f"{code}_wrong_type", sentence, fix))
        return None
    return account


def _called(one: Listed, name: str) -> bool:
    wanted = name.strip().casefold()
    return bool(wanted) and wanted in (
        one.name.strip().casefold(),
        one.description.strip().casefold(),
        one.id.casefold(),
    )


def check_attorney(case: Case, users: Mapping[str, tuple[BooksUser, ...]]) -> BooksUser | Finding:
    """Checks 3 and 4 for one case: the user who answers for it in the books, or why there is none."""
    email = (case.attorney.email or "").strip().lower() if case.attorney else ""
    if not email:
        return _of_case(3, "attorney_missing", case.integration_id)
    there = users.get(email, ())
    active = [one for one in there if one.active]
    if not there:
        return _of_case(3, "attorney_unknown", case.integration_id, email=email)
    if not active:
        return _of_case(3, "attorney_inactive", case.integration_id, email=email)
    if len(active) > 1:
        return _of_case(3, "attorney_twice", case.integration_id, email=email)
    if not active[0].records_time:
        return _of_case(4, "attorney_keeps_no_time", case.integration_id, email=email)
    return active[0]


def check_date(case_id: str, on: date, closed_before: date | None) -> Finding | None:
    """Check 13 for one posting."""
    if closed_before is None or on >= closed_before:
        return None
    return _of_case(13, "period_closed", case_id, on=f"{on:%d %b %Y}", before=f"{closed_before:%d %b %Y}")


def check_casefile(case_id: str, casefiles: tuple[Casefile, ...], marker: str) -> Casefile | Finding | None:
    """Check 14 for one case: its casefile, why it cannot be used, or None when there is none yet."""
    if not casefiles:
        return None
    if len(casefiles) > 1:
        numbers = ", ".join(sorted(one.number for one in casefiles))
        return _of_case(14, "casefile_twice", case_id, numbers=numbers, marker=marker)
    [one] = casefiles
    if not one.is_open:
        return _of_case(14, "casefile_closed", case_id, casefile=one.number)
    if one.on_hold:
        return _of_case(14, "casefile_on_hold", case_id, casefile=one.number)
    return one


def _of_case(number: int, code: str, case_id: str, **facts: str) -> Finding:
    reason = POSTING_REASONS[code]
    return Finding(number, code, reason.sentence.format_map(facts), reason.fix.format_map(facts), case_id)
