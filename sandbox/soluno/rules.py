"""The rules that entries of several kinds share. Each raises Refused with the code of 7.3."""

from datetime import date
from decimal import Decimal
from typing import TypeVar

from sandbox.soluno.books import Books
from sandbox.soluno.call import Call
from sandbox.soluno.drawers import Drawer, Referenced
from sandbox.soluno.fields import Fields
from sandbox.soluno.ledger import balances_of
from sandbox.soluno.records import BankAccount, Casefile, Contact, User
from sandbox.soluno.refusals import Refused, not_found, rule

R = TypeVar("R", bound=Referenced)


def free_reference(call: Call, fields: Fields, drawer: Drawer[R]) -> str | None:
    """The ``ExternalReference`` of a body, which no other record of the kind may have (409 ``DuplicateReference``).

    A voided entry keeps its reference, a deleted one does not. The check can be switched off.
    """
    reference = fields.reference()
    taken = drawer.with_reference(reference) if reference is not None else []
    if taken and call.firm.switches.enforce_reference:
        message = "There is an entry with this reference."
        raise Refused(
            409, "DuplicateReference", message, field="ExternalReference", ExistingId=min(one.id for one in taken)
        )
    return reference


def found(drawer: Drawer[R], record_id: int, what: str, field: str | None = None) -> R:
    """The record of an id (404)."""
    record = drawer.get(record_id)
    if record is None:
        raise not_found(what, field)
    return record


def working_casefile(books: Books, fields: Fields) -> Casefile:
    """The casefile that an entry is for: there (404), open, not on hold."""
    casefile = found(books.casefiles, fields.number("CasefileId"), "casefile", "CasefileId")
    require_working(casefile)
    return casefile


def require_working(casefile: Casefile) -> None:
    """See that a casefile takes entries."""
    if casefile.closed:
        raise rule("CasefileClosed", "The casefile is closed.", "CasefileId")
    if casefile.hold:
        raise rule("CasefileOnHold", "The casefile is on hold.", "CasefileId")


def contact_named(books: Books, fields: Fields, name: str) -> Contact:
    """The contact that a field names (404)."""
    return found(books.contacts, fields.number(name), "contact", name)


def require_open_period(books: Books, day: date, field: str = "Date") -> None:
    """See that the books still take entries of a day [help]."""
    first = books.entries_not_allowed_before
    if day < first:
        details = {"EntriesNotAllowedBefore": first.isoformat()}
        raise rule("PeriodClosed", "The period of this date is closed.", field, details=details)


def bank_account(books: Books, fields: Fields, kind: str, name: str = "BankAccountId") -> BankAccount:
    """The account that a field names (404), active and of that kind."""
    account = books.bank_accounts.get(fields.number(name))
    if account is None:
        raise not_found("bank account", name)
    if account.type != kind:
        raise rule("BankAccountTypeMismatch", f"{account.name} is not of the type {kind}.", name)
    require_active(account, name)
    return account


def require_active(account: BankAccount, field: str | None = None) -> None:
    """See that an account is in use."""
    if not account.active:
        raise rule("BankAccountInactive", f"{account.name} is not active.", field)


def timekeeper(books: Books, fields: Fields, name: str) -> User:
    """The user that a field names (404), active and recording time [help]."""
    user = books.users.get(fields.number(name))
    if user is None:
        raise not_found("user", name)
    if not (user.active and user.records_time):
        raise rule("UserDoesNotRecordTime", f"{user.initials} is not active or does not record time.", name)
    return user


def require_trust(books: Books, casefile_id: int, amount: Decimal, field: str) -> None:
    """See that an amount can be taken out of what the casefile has in trust, over all accounts."""
    available = balances_of(books, casefile_id).trust
    if amount > available:
        message = "Entry exceeds the trust balance of the file."
        raise rule("TrustOverdraw", message, field, details={"Available": available})


def require_acknowledged(fields: Fields, warning: str, message: str) -> None:
    """See that a person has ticked a warning."""
    if warning not in fields.words("Acknowledge"):
        raise rule("AcknowledgementRequired", message, "Acknowledge", WarningCode=warning)
