"""Cheques: how they are to be written, and their numbers."""

from collections.abc import Iterator
from itertools import chain

from sandbox.soluno.books import Books
from sandbox.soluno.entries import NEVER, PRINT_ACTIONS, Cheque
from sandbox.soluno.fields import Fields
from sandbox.soluno.records import BankAccount
from sandbox.soluno.refusals import conflict, malformed

_LONGEST_NUMBER = 20


def printing(fields: Fields) -> tuple[str, str | None]:
    """``PrintAction``, and the number of a cheque that was written by hand. Raises Refused (400)."""
    action = fields.word("PrintAction", PRINT_ACTIONS)
    if action == NEVER:
        return action, fields.text("ChequeNumber", longest=_LONGEST_NUMBER)
    if "ChequeNumber" in fields:
        raise malformed("ChequeNumber", "A cheque in the queue gets its number when it is printed.")
    return action, None


def require_number_free(books: Books, account: BankAccount, number: str | None) -> None:
    """See that no cheque of the account has the number. Raises Refused (409)."""
    if number is not None and number in _numbers(books, account):
        raise conflict("NumberInUse", "There is a cheque with this number.", "ChequeNumber")


def next_number(books: Books, account: BankAccount) -> str:
    """The number of the next cheque that is printed on an account."""
    taken = _numbers(books, account)
    while str(account.next_cheque) in taken:
        account.next_cheque += 1
    account.next_cheque += 1
    return str(account.next_cheque - 1)


def every_cheque(books: Books) -> Iterator[Cheque]:
    """Costs, then trust cheques, as they were entered."""
    return chain(books.costs.every(), books.cheques.every())


def _numbers(books: Books, account: BankAccount) -> set[str | None]:
    return {cheque.cheque_number for cheque in every_cheque(books) if cheque.bank_account_id == account.id}
