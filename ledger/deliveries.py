"""Deliveries: messages, documents and postings that must be made exactly once, whatever dies in between.

    reserved ──▶ calling ──▶ delivered
        │         ▲   ├────▶ unknown ──▶ delivered | failed | given up
        │         │   └────▶ failed
        │         └────────────┤
        └──────────────────────┴──▶ given up

*Unknown* means that the call may have taken effect. It never goes back to *calling* by itself: whoever has looked the
marker up at the vendor says *delivered* (it is there) or *failed* (it is not, so it may be called again).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, exists, func, or_, select, tuple_, update

from ledger.database import insert_or_ignore
from ledger.errors import LeaseLost, NotAllowed
from ledger.store import Store
from ledger.tables import deliveries


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
PENDING = tuple(state.value for state, followers in ALLOWED.items() if followers)
"""The states in which something is still to be done."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Something to be delivered once. ``marker`` tells it from every other one of the firm's stream.

    Within ``case_id`` deliveries are made in the order of ``occurred_at`` (aware UTC), then of reservation.
    """

    marker: str
    case_id: str
    occurred_at: datetime
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it stands. ``fence`` and ``claimed_until`` belong to the claim it was returned by."""

    id: int
    firm: str
    stream: str
    marker: str
    case_id: str
    occurred_at: datetime
    payload: dict[str, Any]
    state: State
    fence: int
    owner: str | None
    claimed_until: datetime | None
    due_at: datetime | None
    tries: int
    remote_id: str | None
    reason: str | None
    reserved_at: datetime
    changed_at: datetime


class Deliveries(Store):
    """The deliveries of all firms and streams."""

    def reserve(self, firm: str, stream: str, reservations: Sequence[Reservation]) -> list[str]:
        """Reserve what is not reserved under its marker yet; the markers that are new, in the order given."""
        new: set[str] = set()
        with self._database.writing() as connection:
            now = self._database.now(connection)
            common = {
                "firm": firm,
                "stream": stream,
                "state": State.RESERVED.value,
                "reserved_at": now,
                "changed_at": now,
            }
            rows = [common | {name: getattr(item, name) for name in Reservation.__slots__} for item in reservations]
            if rows:
                insert = insert_or_ignore(connection, deliveries).returning(deliveries.c.marker)
                new.update(connection.execute(insert, rows).scalars())
        return [marker for marker in dict.fromkeys(item.marker for item in reservations) if marker in new]

    def get(self, firm: str, stream: str, marker: str) -> Delivery | None:
        """The delivery with this marker, or None."""
        wanted = select(deliveries).where(_of(firm, stream), deliveries.c.marker == marker)
        with self._database.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else _delivery(row)

    def claim(self, firm: str, stream: str, owner: str, seconds: float, *, limit: int = 50) -> list[Delivery]:
        """Claim up to ``limit`` deliveries that are due, for ``seconds``: of each case only the first pending one.

        One that was *calling* when its claim ran out comes back *unknown*: its worker died, nobody knows where.
        """
        with self._database.writing() as connection:
            now = self._database.now(connection)
            free = or_(deliveries.c.claimed_until.is_(None), deliveries.c.claimed_until <= now)
            due = or_(deliveries.c.due_at.is_(None), deliveries.c.due_at <= now)
            wanted = select(deliveries).where(_of(firm, stream), _pending(deliveries), free, due, _first_of_its_case())
            first = wanted.order_by(deliveries.c.occurred_at, deliveries.c.id).limit(limit)
            rows = connection.execute(first.with_for_update(skip_locked=True)).all()
            until = now + timedelta(seconds=seconds)
            return [_claimed(connection, row, owner, now, until) for row in rows]

    def calling(self, delivery: Delivery) -> Delivery:
        """Say, before the call is made, that it will be.

        Raises:
            LeaseLost: the claim has run out or was overtaken; the call must not be made.
            NotAllowed: it is not *reserved* or *failed*.
        """
        with self._database.writing() as connection:
            row = _owned(connection, delivery)
            now = self._database.now(connection)
            if row.claimed_until is None or row.claimed_until <= now:
                raise LeaseLost(f"The claim on {delivery.stream} {delivery.marker} has run out before the call.")
            return _move(connection, row, State.CALLING, now, tries=row.tries + 1)

    def settle_delivered(self, delivery: Delivery, remote_id: str) -> Delivery:
        """Say that the vendor has it, as ``remote_id``. Raises LeaseLost when overtaken, NotAllowed."""
        return self._settle(delivery, State.DELIVERED, remote_id=remote_id, reason=None, **_NO_CLAIM)

    def unknown(self, delivery: Delivery, reason: str) -> Delivery:
        """Say that the answer was lost; the claim stays, to look it up. Raises LeaseLost when overtaken, NotAllowed."""
        return self._settle(delivery, State.UNKNOWN, reason=reason)

    def failed(self, delivery: Delivery, reason: str, *, again_at: datetime | None = None) -> Delivery:
        """Say that the vendor surely has it not; it is due ``again_at``. Raises LeaseLost when overtaken, NotAllowed."""
        return self._settle(delivery, State.FAILED, reason=reason, due_at=again_at, **_NO_CLAIM)

    def give_up(self, delivery: Delivery, reason: str) -> Delivery:
        """Try it no longer; the next one of its case may go. Raises LeaseLost when overtaken, NotAllowed."""
        return self._settle(delivery, State.GIVEN_UP, reason=reason, **_NO_CLAIM)

    def release(self, delivery: Delivery) -> None:
        """Let another worker claim it at once, as it stands; a no-op when already overtaken."""
        own = (deliveries.c.id == delivery.id) & (deliveries.c.fence == delivery.fence)
        with self._database.writing() as connection:
            connection.execute(update(deliveries).where(own).values(_NO_CLAIM))

    def pending(self, firm: str, stream: str, *, limit: int = 500) -> list[Delivery]:
        """What is neither delivered nor given up, the oldest first."""
        wanted = select(deliveries).where(_of(firm, stream), _pending(deliveries))
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(deliveries.c.occurred_at, deliveries.c.id).limit(limit)).all()
        return [_delivery(row) for row in rows]

    def oldest_pending_age(self, firm: str, stream: str) -> timedelta | None:
        """How long ago the oldest pending one occurred, or None when nothing is pending."""
        oldest = select(func.min(deliveries.c.occurred_at)).where(_of(firm, stream), _pending(deliveries))
        with self._database.reading() as connection:
            occurred_at = connection.execute(oldest).scalar_one()
            return None if occurred_at is None else self._database.now(connection) - occurred_at

    def _settle(self, delivery: Delivery, state: State, **values: Any) -> Delivery:
        # What has happened at the vendor is true also when the claim has run out, as long as nobody has taken over.
        with self._database.writing() as connection:
            return _move(connection, _owned(connection, delivery), state, self._database.now(connection), **values)


_NO_CLAIM: dict[str, Any] = {"owner": None, "claimed_until": None}


def _of(firm: str, stream: str) -> ColumnElement[bool]:
    return and_(deliveries.c.firm == firm, deliveries.c.stream == stream)


def _pending(table: FromClause) -> ColumnElement[bool]:
    return table.c.state.in_(PENDING)


def _first_of_its_case() -> ColumnElement[bool]:
    earlier = deliveries.alias("earlier")
    same_case = [earlier.c[name] == deliveries.c[name] for name in ("firm", "stream", "case_id")]
    order = tuple_(earlier.c.occurred_at, earlier.c.id) < tuple_(deliveries.c.occurred_at, deliveries.c.id)
    return ~exists(select(earlier.c.id).where(*same_case, _pending(earlier), order))


def _claimed(connection: Connection, row: Row[Any], owner: str, now: datetime, until: datetime) -> Delivery:
    claim = {"fence": row.fence + 1, "owner": owner, "claimed_until": until}
    if row.state == State.CALLING:
        return _move(connection, row, State.UNKNOWN, now, reason="The worker that was calling has died.", **claim)
    return _change(connection, row, claim)


def _owned(connection: Connection, delivery: Delivery) -> Row[Any]:
    wanted = select(deliveries).where(deliveries.c.id == delivery.id)
    row = connection.execute(wanted.with_for_update()).one()
    if row.fence != delivery.fence:
        raise LeaseLost(f"Another worker has taken over {delivery.stream} {delivery.marker}; nothing was written.")
    return row


def _move(connection: Connection, row: Row[Any], state: State, now: datetime, **values: Any) -> Delivery:
    if state not in ALLOWED[State(row.state)]:
        raise NotAllowed(f"{row.stream} {row.marker} is {row.state}; it cannot become {state.value}.")
    return _change(connection, row, {"state": state.value, "changed_at": now, **values})


def _change(connection: Connection, row: Row[Any], values: dict[str, Any]) -> Delivery:
    connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))
    return replace(_delivery(row), **values | ({"state": State(values["state"])} if "state" in values else {}))


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**row._asdict() | {"state": State(row.state)})
