"""What can go wrong with the ledger itself.

    LedgerError
    ├── LeaseHeld        somebody else works on it: come back later
    ├── LeaseLost        our hold has passed or run out: stop, nothing was written
    ├── RunUnknown       no run has this id
    ├── NotAllowed       a delivery cannot go from its state to the asked one
    ├── KeyUnusable      the encryption key is malformed, or stored tokens were encrypted with another one
    ├── LedgerUnusable   the database cannot be reached, or its address is none we know
    └── LedgerTooNew     the database was upgraded by a newer casebridge

Messages are one plain sentence, safe to show anywhere.
"""

from datetime import datetime


class LedgerError(Exception):
    """Base of all."""


class LeaseHeld(LedgerError):
    """Another owner holds the lease; ``since`` and ``expires_at`` are aware UTC."""

    def __init__(self, name: str, owner: str, note: str, since: datetime, expires_at: datetime) -> None:
        what = f" ({note})" if note else ""
        super().__init__(
            f"{name} is held by {owner}{what} since {since:%Y-%m-%d %H:%M:%S} UTC;"
            f" if that run has died, the hold ends by itself at {expires_at:%H:%M:%S} UTC."
        )
        self.name = name
        self.owner = owner
        self.note = note
        self.since = since
        self.expires_at = expires_at


class LeaseLost(LedgerError):
    """The hold under which something was to be written is no longer ours; nothing was written."""


class RunUnknown(LedgerError):
    """There is no sync run with this id."""


class NotAllowed(LedgerError):
    """A delivery cannot go from its present state to the asked one."""


class KeyUnusable(LedgerError):
    """The encryption key cannot be used for what is stored."""


class LedgerUnusable(LedgerError):
    """There is no database to work with at the address given."""


class LedgerTooNew(LedgerError):
    """The database has a revision that this casebridge does not know."""
