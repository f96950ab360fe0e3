"""A firm's Soluno with a casefile to post to, and postings that it takes."""

from datetime import UTC, datetime
from decimal import Decimal

from domain.books import (
    CasefileDraft,
    ContactDraft,
    CostPosting,
    EntryKind,
    FeePosting,
    InvoicePosting,
    TrustChequePosting,
    TrustReceiptPosting,
)
from sandbox.soluno import office
from sandbox.testing import SandboxServer
from tests.connectors.clients import soluno_client

TODAY = datetime.now(UTC).date()
PATHS = {
    EntryKind.COST: "CostEntries", EntryKind.FEE: "FeeEntries", EntryKind.TRUST_RECEIPT: "TrustReceipts",
    EntryKind.TRUST_CHEQUE: "TrustCheques",
}  # fmt: skip


class Desk:
    """A bookkeeper's desk: ``client`` is ours, ``firm`` and ``books`` are what the sandbox has."""

    def __init__(self, server: SandboxServer, **options) -> None:
        self.server = server
        self.client = soluno_client(server, **options)

    @property
    def firm(self):
        return self.server.soluno.firms["harrow-pike"]

    @property
    def books(self):
        return self.firm.books

    async def open(self, marker: str = "CP:hp:case:41873") -> str:
        """Open a casefile; its id."""
        client_of_firm = await self.client.create_contact(ContactDraft(f"{marker}:client", "Client", "Okafor", "Lena"))
        area = next(area for area in self.books.areas.values() if area.name == "PI")
        draft = CasefileDraft(marker, client_of_firm.id, str(area.id), self.attorney, "Okafor, Lena - 08/19", TODAY)
        self.casefile_id = (await self.client.create_casefile(draft)).id
        return self.casefile_id

    @property
    def attorney(self) -> str:
        return str(next(user.id for user in self.books.users.values() if user.active and user.records_time))

    @property
    def vendor(self) -> str:
        return str(next(contact.id for contact in self.books.contacts.every() if contact.kind == "Vendor"))

    def account(self, name: str) -> str:
        return str(next(account.id for account in self.books.bank_accounts.values() if account.name == name))

    def code(self, name: str) -> str:
        return str(next(code.id for code in self.books.activity_codes.values() if code.name == name))

    def reference(self, code: str) -> str:
        return str(next(one.id for one in self.books.posting_references.values() if one.code == code))

    def cost(self, **changes) -> CostPosting:
        usual = {
            "marker": "CP:hp:cost:55120", "casefile_id": self.casefile_id, "vendor_id": self.vendor, "on": TODAY,
            "amount": Decimal("38.75"), "posting_reference_id": self.reference("ACC"),
            "bank_account_id": self.account("Operating"), "explanation": "Records fee LI-4471", "invoice_number": "LI-4471",
        }  # fmt: skip
        return CostPosting(**(usual | changes))

    def fee(self, **changes) -> FeePosting:
        usual = {
            "marker": "CP:hp:fee:41873:1", "casefile_id": self.casefile_id, "user_id": self.attorney, "on": TODAY,
            "amount": Decimal("6000.00"), "explanation": "Settlement fee",
        }  # fmt: skip
        return FeePosting(**(usual | changes))

    def receipt(self, **changes) -> TrustReceiptPosting:
        usual = {
            "marker": "CP:hp:trust:6601", "casefile_id": self.casefile_id,
            "bank_account_id": self.account("Client Trust"), "on": TODAY, "amount": Decimal("18000.00"),
            "received_from": "Meridian Mutual", "explanation": "Settlement deposit",
        }  # fmt: skip
        return TrustReceiptPosting(**(usual | changes))

    def cheque(self, **changes) -> TrustChequePosting:
        usual = {
            "marker": "CP:hp:trust:6602", "casefile_id": self.casefile_id,
            "bank_account_id": self.account("Client Trust"), "on": TODAY, "amount": Decimal("1200.50"),
            "payee_id": self.vendor, "explanation": "Lien",
        }  # fmt: skip
        return TrustChequePosting(**(usual | changes))

    def bill(self, **changes) -> InvoicePosting:
        usual = {
            "marker": "CP:hp:inv:41873:fee:1", "casefile_id": self.casefile_id, "through": TODAY, "release": True,
        }  # fmt: skip
        return InvoicePosting(**(usual | changes))

    def change(self, kind: EntryKind, entry_id: str, **changes) -> None:
        """Somebody of the firm changes an entry in Soluno."""
        office.change_entry(self.firm, PATHS[kind], int(entry_id), **changes)

    def posts(self) -> list[str]:
        """What was posted so far, refused or not, logins apart."""
        recent = self.server.controls.requests.recent
        paths = [one.path.rpartition("/api/rest/")[2] for one in recent if one.method == "POST"]
        return [path for path in paths if path != "Session"]

    def logins(self) -> int:
        recent = self.server.controls.requests.recent
        return sum(one.method == "POST" and one.path.endswith("/Session") for one in recent)
