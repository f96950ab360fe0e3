"""What has been done, for whom, with what result."""

from ledger.attempts import Attempt
from ledger.book_entries import BookEntry
from ledger.delivery import Delivery, Receipt, Reservation, Standing, State, Step
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
from ledger.feeds import Feed
from ledger.figures import Figures, Waiting
from ledger.incidents import Incident
from ledger.leases import Holder, Lease
from ledger.ledger import Ledger
from ledger.link import Dismissal, Link, Trouble
from ledger.links import Coverage
from ledger.overview import FirmStanding
from ledger.pages import Selection, Span
from ledger.readings import Reading
from ledger.retention import Forgotten
from ledger.runs import Run
from ledger.staging import Staged
from ledger.watermarks import Watermark

__all__ = [
    "Attempt",
    "BookEntry",
    "Coverage",
    "Delivery",
    "Dismissal",
    "Feed",
    "Figures",
    "FirmStanding",
    "Forgotten",
    "Holder",
    "Incident",
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
    "Reading",
    "Receipt",
    "Reservation",
    "Run",
    "RunUnknown",
    "Selection",
    "Span",
    "Staged",
    "Standing",
    "State",
    "Step",
    "Trouble",
    "Waiting",
    "Watermark",
]
