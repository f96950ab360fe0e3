"""How anything is posted to a firm's books: exactly as it is put on record, and looked up by that."""

from dataclasses import dataclass
from typing import Any

from connectors.errors import FixData
from domain.books import EntryStatus, Posting, Stage
from domain.postings import Item
from ledger import BookEntry, Delivery
from tasks.books.payloads import item_in, payload_of, posting_in
from tasks.books.push import Push
from tasks.books.refusals import refusal
from tasks.relay.courier import Courier


@dataclass(frozen=True, slots=True)
class Ready:
    """Something to be posted exactly as it is here."""

    case_id: str
    item: Item
    posting: Posting


class PostingCourier(Courier[Ready]):
    """Posts for one firm; see :class:`tasks.relay.courier.Courier`. What is posted, and when it may be, is its kinds' to say."""

    def __init__(self, push: Push) -> None:
        self._push = push

    def on_record(self, prepared: Ready) -> tuple[dict[str, Any], str]:
        """The posting to the last field, so that it can be looked up as it was called."""
        return payload_of(prepared.item, prepared.posting), prepared.item.digest

    async def call(self, delivery: Delivery, prepared: Ready) -> tuple[str, str | None]:  # noqa: ARG002 (as the engine has it)
        """Post it. Raises Held, Refused, ConnectorError."""
        try:
            posted = await self._push.accounting.post(prepared.posting)
        except FixData as error:
            raise refusal(error) from error
        return posted.id, "It stood there already." if posted.was_there else None

    async def find(self, delivery: Delivery) -> str | None:
        """Look it up as it was called. Raises Refused when something else stands under its marker."""
        posting = posting_in(delivery)
        if posting is None:
            return None
        try:
            found = await self._push.accounting.find(posting)
        except FixData as error:
            raise refusal(error) from error
        return found.id if found else None


def book_entry(delivered: Delivery, posting: Posting, status: EntryStatus | Stage) -> BookEntry:
    """How something stands in the books that was just posted."""
    return BookEntry(
        posting.kind,
        delivered.remote_id or "",
        delivered.marker,
        delivered.case_id,
        posting.casefile_id,
        item_in(delivered).amount,
        status,
    )
