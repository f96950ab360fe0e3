"""What the ledger keeps of something to be posted: the item, and from its call on exactly what was called for."""

from typing import Any

from pydantic import TypeAdapter

from domain.books import (
    CasefileDraft,
    ContactDraft,
    CostPosting,
    EntryKind,
    FeePosting,
    InvoicePosting,
    Posting,
    TrustChequePosting,
    TrustReceiptPosting,
)
from domain.postings import Item
from ledger import Delivery

_item = TypeAdapter(Item)
_postings: dict[str, TypeAdapter[Any]] = {
    one.kind: TypeAdapter(one)
    for one in (CostPosting, FeePosting, TrustReceiptPosting, TrustChequePosting, InvoicePosting)
}
contact_draft = TypeAdapter(ContactDraft)
casefile_draft = TypeAdapter(CasefileDraft)


def payload_of(item: Item, posting: Posting | None = None) -> dict[str, Any]:
    """What is to be on record; amounts as texts, to the cent."""
    payload: dict[str, Any] = {"item": _item.dump_python(item, mode="json")}
    if posting is not None:
        called = _postings[posting.kind].dump_python(posting, mode="json")
        payload["posting"] = {"kind": posting.kind.value, **called}
    return payload


def item_in(delivery: Delivery) -> Item:
    """The item as it was reserved, or as it was called."""
    return _item.validate_python(delivery.payload["item"])


def posting_in(delivery: Delivery) -> Posting | None:
    """What was called for; None when it never was."""
    called = delivery.payload.get("posting")
    if called is None:
        return None
    posting: Posting = _postings[EntryKind(called["kind"])].validate_python(
        {name: value for name, value in called.items() if name != "kind"}
    )
    return posting
