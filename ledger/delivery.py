"""A delivery: something that must be made exactly once at a vendor, the states it goes through, and each step it took.

    reserved ──▶ calling ──▶ delivered
        │         ▲   ├────▶ unknown ──▶ delivered | failed | given up
        │         │   └────▶ failed
        │         └────────────┤
        └──────────────────────┴──▶ given up

*Unknown* means that the call may have taken effect. It never goes back to *calling* by itself: whoever has looked the
marker up at the vendor says *delivered* (it is there) or *failed* (it is not, so it may be called again). What was given
up comes back only when a person asks for it: as *unknown* if it was ever called, else as *reserved*.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Closed set of states of a delivery."""

    RESERVED = "reserved"
    CALLING = "calling"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    FAILED = "failed"
    GIVEN_UP = "given_up"


ALLOWED: dict[State, frozenset[State]] = {
    State.RESERVED: frozenset({State.CALLING, State.GIVEN_UP}),
    State.CALLING: frozenset({State.DELIVERED, State.UNKNOWN, State.FAILED}),
    State.UNKNOWN: frozenset({State.DELIVERED, State.FAILED, State.GIVEN_UP}),
    State.FAILED: frozenset({State.CALLING, State.GIVEN_UP}),
    State.DELIVERED: frozenset(),
    State.GIVEN_UP: frozenset(),
}
ENDED = frozenset(state for state, followers in ALLOWED.items() if not followers)
"""The states in which nothing is still to be done."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Something to be delivered once. ``marker`` tells it from every other one of the firm's stream.

    Within a ``lane`` (default: the case) deliveries are made in the order of ``occurred_at`` (aware UTC), then of
    reservation. ``digest`` is of the content, to notice when the same marker comes with another one. ``echo_of`` names
    the vendor's record that this is only a reflection of: it counts as delivered from the start. ``revises`` holds the
    marker of what this is a new wording of, and the digest that was its last one: only if it still is, this is reserved.
    ``given_up`` holds code and reason of what is given up from the start, and only on record.
    """

    marker: str
    case_id: str
    occurred_at: datetime
    payload: dict[str, Any] = field(default_factory=dict)
    lane: str | None = None
    digest: str | None = None
    echo_of: str | None = None
    revises: tuple[str, str] | None = None
    given_up: tuple[str, str] | None = None

    @property
    def begins_as(self) -> State:
        """*Reserved*, unless it has ended before it was ever to be made."""
        if self.echo_of is not None:
            return State.DELIVERED
        return State.RESERVED if self.given_up is None else State.GIVEN_UP


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it stands. ``fence`` is that of the hold it was last claimed under."""

    id: int
    firm: str
    stream: str
    marker: str
    case_id: str
    """The case it was last called for; until it is called, the one it was reserved for."""
    lane: str
    occurred_at: datetime
    waiting_since: datetime
    """From when its age counts: since it occurred, or, for what was asked for long afterwards, since it was reserved."""
    payload: dict[str, Any]
    digest: str | None
    """Of the last wording that is on record, be it this one's or that of a later revision."""
    state: State
    held: bool
    """True while it waits for somebody of the firm to mend something: then its age is no sign of a stopped relay."""
    code: str | None
    reason: str | None
    fence: int
    owner: str | None
    """Who works on it now."""
    due_at: datetime | None
    tries: int
    remote_id: str | None
    reserved_at: datetime
    changed_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a delivery: the state it went to (or stayed in), by whom, and why."""

    at: datetime
    state: State
    by: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything that happened to one delivery, the oldest step first."""

    delivery: Delivery
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a firm's stream stands: what is not ended, how much of it is held, how much is due now."""

    pending: int
    held: int
    due: int
    oldest: datetime | None
    """Since when the oldest one that is not held has been waiting."""
