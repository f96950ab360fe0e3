"""Soluno's entries and invoices as they come, and what they become in our own words [assumed]."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BeforeValidator, Field

from connectors.soluno.wire import Day, ListedRecord, SolunoRecord
from connectors.wiring import Identifier, Instant, Money, PlainDate
from domain.books import Entry, EntryKind, EntryStatus, Invoice, Stage

Word = TypeVar("Word", EntryKind, EntryStatus, Stage)


def _word(kind: type[Word]) -> BeforeValidator:
    """Reads one word of a closed set, which Soluno writes with a capital."""

    def read(value: Any) -> Word:
        known = {one.value.capitalize(): one for one in kind}
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"is none of {', '.join(known)}")
        return known[value]

    return BeforeValidator(read)


Status = Annotated[EntryStatus, _word(EntryStatus)]
Kind = Annotated[EntryKind, _word(EntryKind)]
InvoiceStage = Annotated[Stage, _word(Stage)]


class EntryRecord(ListedRecord):
    """What every entry has. Fees come without a status: none is listed that was taken away."""

    kind: ClassVar[EntryKind]

    casefile_id: Identifier
    date: PlainDate
    amount: Money
    explanation: str | None
    status: Status = EntryStatus.POSTED
    external_reference: str | None
    modified_on: Instant

    @property
    def is_deleted(self) -> bool:
        """Whether it is as if it had never been."""
        return self.status is EntryStatus.DELETED

    @property
    def is_void(self) -> bool:
        """Whether it was reversed."""
        return self.status is EntryStatus.VOID


class CostRecord(EntryRecord):
    """A cost: a cheque on an operating account."""

    kind: ClassVar[EntryKind] = EntryKind.COST
    path: ClassVar[str] = "/CostEntries"

    id: Identifier = Field(alias="CostEntryId")
    status: Status
    cheque_number: str | None
    printed_on: Day | None
    voided_on: Day | None
    invoice_id: Identifier | None

    @property
    def entry(self) -> Entry:
        """In our own words."""
        return Entry(
            self.id,
            self.kind,
            self.casefile_id,
            self.amount,
            self.status,
            self.external_reference,
            on=self.date,
            number=self.cheque_number,
            printed_on=self.printed_on,
            voided_on=self.voided_on,
            invoice_id=self.invoice_id,
        )


class FeeRecord(EntryRecord):
    """A fee, or a charge under an activity code."""

    kind: ClassVar[EntryKind] = EntryKind.FEE
    path: ClassVar[str] = "/FeeEntries"

    id: Identifier = Field(alias="FeeEntryId")


class TrustReceiptRecord(EntryRecord):
    """Money into trust."""

    kind: ClassVar[EntryKind] = EntryKind.TRUST_RECEIPT
    path: ClassVar[str] = "/TrustReceipts"

    id: Identifier = Field(alias="TrustReceiptId")


class TrustChequeRecord(EntryRecord):
    """Money out of trust."""

    kind: ClassVar[EntryKind] = EntryKind.TRUST_CHEQUE
    path: ClassVar[str] = "/TrustCheques"

    id: Identifier = Field(alias="TrustChequeId")


class LineRecord(SolunoRecord):
    """An entry on an invoice."""

    kind: Kind
    id: Identifier
    amount: Money


class InvoiceRecord(ListedRecord):
    """An invoice; one that was cancelled is there all the same, and keeps its reference."""

    kind: ClassVar[EntryKind] = EntryKind.INVOICE
    path: ClassVar[str] = "/Invoices"
    is_deleted: ClassVar[bool] = False
    explanation: ClassVar[None] = None

    id: Identifier = Field(alias="InvoiceId")
    casefile_id: Identifier
    amount: Money = Field(alias="Total")
    trust_applied: Money
    stage: InvoiceStage
    lines: tuple[LineRecord, ...]
    invoice_number: str | None
    released_on: Day | None
    external_reference: str | None

    @property
    def is_void(self) -> bool:
        """Whether it was given up."""
        return self.stage is Stage.CANCELLED

    @property
    def invoice(self) -> Invoice:
        """In our own words."""
        return Invoice(
            self.id,
            self.casefile_id,
            self.stage,
            self.amount,
            self.trust_applied,
            tuple((line.kind, line.id, line.amount) for line in self.lines),
            self.external_reference,
            number=self.invoice_number,
            released_on=self.released_on,
        )


PostedRecord = EntryRecord | InvoiceRecord

POSTED_RECORDS: Mapping[EntryKind, type[EntryRecord] | type[InvoiceRecord]] = {
    EntryKind.COST: CostRecord,
    EntryKind.FEE: FeeRecord,
    EntryKind.TRUST_RECEIPT: TrustReceiptRecord,
    EntryKind.TRUST_CHEQUE: TrustChequeRecord,
    EntryKind.INVOICE: InvoiceRecord,
}
