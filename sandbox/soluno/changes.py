"""What ends an entry, and what the firm's people do with cheques. All raise Refused where the books do not allow it."""

from datetime import date
from typing import TypeVar

from sandbox.soluno.books import Books
from sandbox.soluno.cheques import every_cheque, next_number
from sandbox.soluno.drawers import CasefileDrawer
from sandbox.soluno.entries import QUEUE, Cheque, CostEntry, Entry, FeeEntry, TrustReceipt
from sandbox.soluno.refusals import conflict
from sandbox.soluno.rules import require_open_period, require_trust

E = TypeVar("E", bound=Entry)


def void(books: Books, drawer: CasefileDrawer[E], entry: E, day: date, now: int) -> E:
    """Reverse an entry on a day; once it is void that changes nothing any more [assumed]."""
    if not entry.counts:
        return entry
    require_open_period(books, day, "VoidDate")
    _loosen(books, entry, now)
    drawer.change(entry, voided=now, void_day=day, moment=now)
    return entry


def delete(books: Books, drawer: CasefileDrawer[E], entry: E, now: int) -> E:
    """Take an entry away as if it had never been; its reference is free again."""
    _loosen(books, entry, now)
    drawer.change(entry, deleted=True, moment=now)
    return entry


def print_queue(books: Books, now: int) -> list[Cheque]:
    """Print what waits in the queue; each cheque gets the next number of its account."""
    waiting = [cheque for cheque in every_cheque(books) if cheque.print_action == QUEUE and cheque.status == "Pending"]
    for cheque in waiting:
        number = next_number(books, books.bank_accounts[cheque.bank_account_id])
        _change_cheque(books, cheque, cheque_number=number, printed=now, moment=now)
    return waiting


def clear(books: Books, cheque: Cheque, now: int) -> None:
    """The bank has paid a cheque. Raises ValueError when it is not printed."""
    if cheque.status != "Printed":
        message = f"A cheque that is {cheque.status} cannot be cleared."
        raise ValueError(message)
    _change_cheque(books, cheque, cleared=True, moment=now)


def require_unbilled(books: Books, entry: Entry) -> None:
    """See that no released invoice has taken an entry in."""
    invoice_id = entry.invoice_id if isinstance(entry, CostEntry | FeeEntry) else None
    if invoice_id is not None and books.invoices.there(invoice_id).released is not None:
        raise conflict("AlreadyReleased", "The entry is on a released invoice.")


def _loosen(books: Books, entry: Entry, now: int) -> None:
    """See that nothing rests on an entry, and take it off the invoice that is being drafted."""
    require_unbilled(books, entry)
    if isinstance(entry, TrustReceipt) and entry.counts:
        require_trust(books, entry.casefile_id, entry.amount, "Amount")
    if isinstance(entry, CostEntry | FeeEntry) and entry.invoice_id is not None:
        invoice = books.invoices.there(entry.invoice_id)
        lines = invoice.costs if isinstance(entry, CostEntry) else invoice.fees
        lines.remove(entry.id)
        entry.invoice_id = None
        books.invoices.change(invoice, moment=now)


def _change_cheque(books: Books, cheque: Cheque, **values: object) -> None:
    if isinstance(cheque, CostEntry):
        books.costs.change(cheque, **values)
    else:
        books.cheques.change(books.cheques.there(cheque.id), **values)
