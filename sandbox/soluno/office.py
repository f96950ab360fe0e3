"""What the firm's people do in Soluno itself, in the books that casebridge works in."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

from sandbox.soluno import changes
from sandbox.soluno.drawers import CasefileDrawer
from sandbox.soluno.entries import Cheque
from sandbox.soluno.fields import Fields
from sandbox.soluno.firm import SolunoFirm
from sandbox.soluno.logins import FULL_LOGIN_SECONDS, Login
from sandbox.soluno.records import ActivityCode, Area, BankAccount, Casefile, GlAccount, PostingReference, User

Listed = User | Area | ActivityCode | PostingReference | BankAccount
_OF_LOGINS = ("password", "password_expired", "question_set", "locked")
_OF_CASEFILES = ("closed", "hold", "operating_retainer", "description")


def log_in_by_browser(firm: SolunoFirm, user_name: str | None = None) -> Login:
    """Somebody uses a login in the browser, by default the designated one: its session is terminated. Raises KeyError."""
    login = firm.designated if user_name is None else firm.logins[user_name]
    firm.sessions.end(login, "SessionTerminated")
    return login


def turn_login(
    firm: SolunoFirm,
    user_name: str | None = None,
    *,
    denied: list[str] | None = None,
    reauthenticate_in: int | None = None,
    forget_devices: bool = False,
    expire_session: bool = False,
    **values: Any,
) -> Login:
    """An administrator changes a login. Raises KeyError, or ValueError for what a login does not have.

    ``reauthenticate_in`` is in seconds from now, 0 for due now. Unlocking forgets the failures.
    """
    login = firm.designated if user_name is None else firm.logins[user_name]
    _set(login, values, _OF_LOGINS)
    if values.get("locked") is False:
        login.failures = 0
    if denied is not None:
        login.denied = set(denied)
    if reauthenticate_in is not None:
        login.reauthenticate_by = firm.seconds() + min(reauthenticate_in, FULL_LOGIN_SECONDS)
    if forget_devices:
        login.devices.clear()
    if expire_session:
        firm.sessions.end(login, "SessionExpired")
    return login


def add_user(firm: SolunoFirm, *, like: int, **values: Any) -> User:
    """Another user that is like one there is, such as a second one with the same e-mail. Raises KeyError, ValueError."""
    users = firm.books.users
    user = replace(users[like], id=max(users) + 1, initials=f"{users[like].initials}B")
    change_listed(user, values)
    users[user.id] = user
    return user


def change_listed(record: Listed, values: Mapping[str, Any]) -> None:
    """Change somebody or something of the set-up; ``gl_account`` is an object or null. Raises ValueError."""
    values = dict(values)
    if values.get("gl_account") is not None:
        values["gl_account"] = GlAccount(**values["gl_account"])
    _set(record, values, tuple(one.name for one in fields(record) if one.name != "id"))


def turn_features(
    firm: SolunoFirm, *, release_stage: bool | None = None, entries_not_allowed_before: str | None = None
) -> None:
    """Switch the release stage, or close the books up to a day. Raises ValueError."""
    if release_stage is not None:
        firm.books.release_stage = release_stage
    if entries_not_allowed_before is not None:
        firm.books.entries_not_allowed_before = date.fromisoformat(entries_not_allowed_before)


def add_casefile(firm: SolunoFirm, *, like: int) -> Casefile:
    """A second casefile like another one, with the same reference. Raises KeyError."""
    books = firm.books
    casefile = books.casefiles.there(like)
    number = books.next_casefile_number(books.contacts.there(casefile.client_id))
    values: dict[str, Any] = {"id": books.casefiles.next_id(), "number": number, "moment": firm.seconds(), "version": 1}
    return books.casefiles.add(replace(casefile, **values))


def change_casefile(firm: SolunoFirm, casefile_id: int, **values: Any) -> Casefile:
    """Close, reopen or hold a casefile, or flag that it has an operating retainer. Raises KeyError, ValueError."""
    casefile = firm.books.casefiles.there(casefile_id)
    _set(casefile, values, _OF_CASEFILES)
    firm.books.casefiles.change(casefile, moment=firm.seconds(), version=casefile.version + 1)
    return casefile


def change_entry(
    firm: SolunoFirm,
    kind: str,
    entry_id: int,
    *,
    amount: str | None = None,
    cleared: bool = False,
    voided: str | None = None,
    deleted: bool = False,
) -> None:
    """Change the amount of an entry, clear it, void it on a day, or delete it whatever its status. Raises KeyError, ValueError."""
    books, now, drawer = firm.books, firm.seconds(), drawers(firm)[kind]
    entry = drawer.there(entry_id)
    if amount is not None:
        changes.require_unbilled(books, entry)
        drawer.change(entry, amount=Fields({"Amount": amount}).money("Amount"), moment=now)
    if cleared and isinstance(entry, Cheque):
        changes.clear(books, entry, now)
    if voided is not None:
        changes.void(books, drawer, entry, date.fromisoformat(voided), now)
    if deleted:
        changes.delete(books, drawer, entry, now)


def drawers(firm: SolunoFirm) -> dict[str, CasefileDrawer[Any]]:
    """The entries by the name of their resource."""
    books = firm.books
    return {
        "CostEntries": books.costs,
        "FeeEntries": books.fees,
        "TrustReceipts": books.receipts,
        "TrustCheques": books.cheques,
        "Transfers": books.transfers,
    }


def _set(record: Any, values: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name, value in values.items():
        if name not in names:
            message = f"There is nothing called {name} here; there are {', '.join(names)}."
            raise ValueError(message)
        setattr(record, name, value)
