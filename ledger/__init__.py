"""What has been done, for whom, with what result."""

from ledger.attempts import Attempt
from ledger.deliveries import Delivery, Reservation, State
from ledger.errors import (
    KeyUnusable,
    LeaseHeld,
    LeaseLost,
    LedgerError,
    LedgerTooNew,
    LedgerUnusable,
    NotAllowed,
    RunUnknown,
)
from ledger.leases import Holder, Lease
from ledger.ledger import Ledger
from ledger.link import Dismissal, Link, Trouble
from ledger.links import Coverage
from ledger.pages import Selection, Span
from ledger.runs import Run
from ledger.staging import Staged
from ledger.watermarks import Watermark

__all__ = [
    "Attempt",
    "Coverage",
    "Delivery",
    "Dismissal",
    "Holder",
    "KeyUnusable",
    "Lease",
    "LeaseHeld",
    "LeaseLost",
    "Ledger",
    "LedgerError",
    "LedgerTooNew",
    "LedgerUnusable",
    "Link",
    "NotAllowed",
    "Reservation",
    "Run",
    "RunUnknown",
    "Selection",
    "Span",
    "Staged",
    "State",
    "Trouble",
    "Watermark",
]
