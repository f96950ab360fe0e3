"""The books of one organization: its set-up, contacts, casefiles and entries, and the ways to find them."""

from datetime import date
from itertools import count

from sandbox.seed import Firm
from sandbox.soluno.drawers import CasefileDrawer, Drawer
from sandbox.soluno.entries import Charge, CostEntry, Entry, FeeEntry, Invoice, Transfer, TrustCheque, TrustReceipt
from sandbox.soluno.records import OPERATING, BankAccount, Casefile, Contact
from sandbox.soluno.seeds import VENDORS, SetUp, locked_before
from sandbox.soluno.stamps import day_of

_FIRST_CONTACT_NUMBER = 10_001
_FIRST_INVOICE_NUMBER = 2_001
_IDS_PER_BOOKS = 1_000_000


def _there(entry: Entry) -> bool:
    return not entry.deleted


class Books:
    """One organization. ``place`` counts all books of the sandbox, so that no two share an id."""

    def __init__(self, seed: Firm, place: int, name: str, now: int) -> None:
        base = place * _IDS_PER_BOOKS
        self.id = base + 7
        self.name = name
        made = SetUp(seed, base)
        self.users = made.users()
        self.areas = made.areas()
        self.activity_codes = made.activity_codes()
        self.posting_references = made.posting_references()
        self.bank_accounts = made.bank_accounts()
        self.release_stage = True
        """Feature *Enable release invoice stage in billing*."""
        self.entries_not_allowed_before: date = locked_before(day_of(now))
        self.contacts: Drawer[Contact] = Drawer(base + 770)
        self.casefiles: Drawer[Casefile] = Drawer(base + 9_013)
        self.costs: CasefileDrawer[CostEntry] = CasefileDrawer(base + 44_020, _there)
        self.fees: CasefileDrawer[FeeEntry] = CasefileDrawer(base + 51_870, _there)
        self.receipts: CasefileDrawer[TrustReceipt] = CasefileDrawer(base + 30_210, _there)
        self.cheques: CasefileDrawer[TrustCheque] = CasefileDrawer(base + 33_400, _there)
        self.transfers: CasefileDrawer[Transfer] = CasefileDrawer(base + 36_100, _there)
        self.invoices: CasefileDrawer[Invoice] = CasefileDrawer(base + 6_639)
        self._contact_number = _FIRST_CONTACT_NUMBER
        self._invoice_numbers = count(_FIRST_INVOICE_NUMBER)
        for vendor, email in VENDORS:
            number = self.next_contact_number()
            self.add_contact(Contact(self.contacts.next_id(), number, "Vendor", None, vendor, email, now))

    @property
    def operating_account(self) -> BankAccount | None:
        """The account that invoices are paid into: the first that is active."""
        accounts = self.bank_accounts.values()
        return next((account for account in accounts if account.type == OPERATING and account.active), None)

    def add_contact(self, contact: Contact) -> Contact:
        """Put in a new contact; a number that was chosen moves the automatic sequence [help]."""
        if contact.number.isdecimal():
            self._contact_number = max(self._contact_number, int(contact.number) + 1)
        return self.contacts.add(contact)

    def next_contact_number(self) -> str:
        """The number that a contact gets by itself."""
        return str(self._contact_number)

    def next_casefile_number(self, client: Contact) -> str:
        """The next of this client: ``10552-01`` [assumed form of numbering per contact]."""
        taken = {casefile.number for casefile in self.casefiles.every()}
        own = (f"{client.number}-{place:02d}" for place in count(1))
        return next(number for number in own if number not in taken)

    def next_invoice_number(self) -> str:
        """The number that a released invoice gets."""
        return str(next(self._invoice_numbers))

    def charges_of(self, invoice: Invoice) -> list[Charge]:
        """What stands on an invoice: costs, then fees."""
        return [*map(self.costs.there, invoice.costs), *map(self.fees.there, invoice.fees)]
