"""Deliveries: messages, documents and postings that must be made exactly once, whatever dies in between.

Whoever holds the firm's stream (a lease) claims what is due, says *calling* before each call and what came of it after.
When a holder dies, the next one finds its claims by their older fence: what was *calling* then is *unknown*.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    case,
    func,
    select,
    update,
)

from ledger.database import chunks, insert_or_ignore
from ledger.delivery import ENDED, Delivery, Receipt, Reservation, Standing, State, Step
from ledger.delivery_statements import CHANGE, CLAIMABLE, MOVES, NOTE, is_due, of_stream, unended
from ledger.errors import LeaseLost, NotAllowed
from ledger.leases import Lease, fenced
from ledger.store import Store
from ledger.tables import deliveries, delivery_steps

_LATE = timedelta(days=1)
"""What occurred longer before its reservation was asked for afterwards: its age counts from the reservation."""


class Deliveries(Store):
    """The deliveries of all firms and streams."""

    def reserve(self, firm: str, stream: str, reservations: Sequence[Reservation]) -> list[str]:
        """Reserve what is not reserved under its marker yet; the markers that are new, in the order given."""
        found: dict[str, int] = {}
        with self._database.writing() as connection:
            now = self._database.now(connection)
            wanted = [item for item in reservations if _is_newest(connection, firm, stream, item)]
            rows = [_reserved(firm, stream, item, now) for item in wanted]
            if rows:
                added = insert_or_ignore(connection, deliveries).returning(deliveries.c.marker, deliveries.c.id)
                found = dict(connection.execute(added, rows).tuples().all())
            begun = {item.marker: item for item in reversed(reservations)}
            _note(connection, [_first_step(found[marker], begun[marker], now) for marker in found])
        return [marker for marker in dict.fromkeys(item.marker for item in reservations) if marker in found]

    def digests(self, firm: str, stream: str, markers: Iterable[str]) -> dict[str, str | None]:
        """The digest of the last wording of each of ``markers`` that is reserved already, whatever became of it."""
        wanted = select(deliveries.c.marker, deliveries.c.digest).where(of_stream(firm, stream))
        with self._database.reading() as connection:
            return {
                marker: digest
                for page in chunks(markers)
                for marker, digest in connection.execute(wanted.where(deliveries.c.marker.in_(page))).tuples()
            }

    def payloads_of(self, firm: str, stream: str, case_ids: Iterable[str]) -> list[tuple[str, Mapping[str, Any]]]:
        """Case id and payload of everything that was ever reserved for these cases."""
        wanted = select(deliveries.c.case_id, deliveries.c.payload).where(of_stream(firm, stream))
        with self._database.reading() as connection:
            return [
                (case_id, payload)
                for page in chunks(case_ids)
                for case_id, payload in connection.execute(wanted.where(deliveries.c.case_id.in_(page))).tuples()
            ]

    def of_case(self, firm: str, stream: str, case_id: str) -> list[Delivery]:
        """Everything that was ever reserved for a case or called for it, the earliest first."""
        wanted = select(deliveries).where(of_stream(firm, stream), deliveries.c.case_id == case_id)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(deliveries.c.id)).all()
        return [_delivery(row) for row in rows]

    def now(self) -> datetime:
        """The present instant by the clock that all instants here are told by."""
        with self._database.reading() as connection:
            return self._database.now(connection)

    def get(self, firm: str, stream: str, marker: str) -> Delivery | None:
        """The delivery with this marker, or None."""
        return self.known(firm, stream, [marker]).get(marker)

    def known(self, firm: str, stream: str, markers: Iterable[str]) -> dict[str, Delivery]:
        """Those of ``markers`` that are on record, with what became of them."""
        wanted = select(deliveries).where(of_stream(firm, stream))
        with self._database.reading() as connection:
            return {
                row.marker: _delivery(row)
                for page in chunks(markers)
                for row in connection.execute(wanted.where(deliveries.c.marker.in_(page)))
            }

    def remark(self, delivery: Delivery, note: str) -> None:
        """Put on record what is worth knowing of a delivery, which stays as it is; what was noted last is not repeated."""
        mine = select(delivery_steps.c.note).where(delivery_steps.c.delivery_id == delivery.id)
        with self._database.writing() as connection:
            last = connection.execute(mine.order_by(delivery_steps.c.id.desc()).limit(1)).scalar_one_or_none()
            if last != note:
                _note(connection, [_step(delivery.id, delivery.state, self._database.now(connection), None, note)])

    def receipt(self, firm: str, stream: str, marker: str) -> Receipt | None:
        """What was sent under this marker, when, to which record, and every step on the way; None when unheard of."""
        delivery = self.get(firm, stream, marker)
        if delivery is None:
            return None
        taken = select(delivery_steps).where(delivery_steps.c.delivery_id == delivery.id).order_by(delivery_steps.c.id)
        with self._database.reading() as connection:
            steps = tuple(Step(row.at, State(row.state), row.by, row.note) for row in connection.execute(taken))
        return Receipt(delivery, steps)

    def claim(self, lease: Lease, firm: str, stream: str, *, limit: int = 50) -> list[Delivery]:
        """Claim up to ``limit`` deliveries that are due: of each lane only the first one that has not ended.

        ``lease`` is the hold on this firm's stream, of which there is only one at a time. A delivery that an earlier
        holder left *calling* comes back *unknown*: its worker died, nobody knows where.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
        """
        with fenced(self._database, lease) as connection:
            now = self._database.now(connection)
            wanted = {"firm": firm, "stream": stream, "fence": lease.fence, "now": now, "most": limit}
            return [_claimed(connection, row, lease, now) for row in connection.execute(CLAIMABLE, wanted).all()]

    def calling(
        self,
        lease: Lease,
        delivery: Delivery,
        case_id: str | None = None,
        *,
        payload: dict[str, Any] | None = None,
        digest: str | None = None,
    ) -> Delivery:
        """Say, before the call is made, that it will be, and for which case if that is not the one it was reserved for.

        ``payload`` and ``digest`` take the place of what was reserved: what is called for may be known only now.

        Raises:
            LeaseLost: the hold has run out or was overtaken; the call must not be made.
            NotAllowed: it is not *reserved* or *failed*.
        """
        with fenced(self._database, lease) as connection:
            now = self._database.now(connection)
            values: dict[str, Any] = {"case_id": case_id, "payload": payload, "digest": digest}
            known = {name: value for name, value in values.items() if value is not None}
            return _move(connection, delivery, State.CALLING, now, **known)

    def settle_delivered(self, delivery: Delivery, remote_id: str, note: str | None = None) -> Delivery:
        """Say that the vendor has it, as ``remote_id``. Raises LeaseLost when overtaken, NotAllowed."""
        values = {"remote_id": remote_id, "reason": None, "code": None, "held": False, "due_at": None}
        return self._settle(delivery, State.DELIVERED, note=note, **values, **_LET_GO)

    def unknown(self, delivery: Delivery, reason: str) -> Delivery:
        """Say that the answer was lost; it stays claimed. Raises LeaseLost when overtaken, NotAllowed."""
        return self._settle(delivery, State.UNKNOWN, note=reason, reason=reason, code="answer_lost")

    def absent(self, delivery: Delivery, note: str) -> Delivery:
        """Say that the vendor was asked and has it not: it may be called again; it stays claimed. Raises as above."""
        return self._settle(delivery, State.FAILED, note=note)

    def failed(
        self, delivery: Delivery, code: str, reason: str, *, again_at: datetime | None = None, held: bool = False
    ) -> Delivery:
        """Say that the vendor surely has it not; it is due ``again_at``. Raises LeaseLost when overtaken, NotAllowed."""
        values = {"code": code, "reason": reason, "due_at": again_at, "held": held}
        return self._settle(delivery, State.FAILED, note=reason, **values, **_LET_GO)

    def give_up(self, delivery: Delivery, code: str, reason: str) -> Delivery:
        """Try it no longer; the next one of its lane may go. Raises LeaseLost when overtaken, NotAllowed."""
        values = {"code": code, "reason": reason, "due_at": None}
        return self._settle(delivery, State.GIVEN_UP, note=reason, **values, **_LET_GO)

    def postpone(
        self, delivery: Delivery, code: str, reason: str, *, again_at: datetime, held: bool = False
    ) -> Delivery:
        """Leave it in its state until ``again_at``, without a call. Raises LeaseLost when overtaken."""
        values = {"code": code, "reason": reason, "due_at": again_at, "held": held, **_LET_GO}
        with self._database.writing() as connection:
            row, now = _owned(connection, delivery), self._database.now(connection)
            if row.reason != reason:
                _note(connection, [_step(row.id, State(row.state), now, row.owner, reason)])
            return _change(connection, row, values)

    def release(self, delivery: Delivery) -> None:
        """Let it be claimed again at once, as it stands; a no-op when already overtaken."""
        own = (deliveries.c.id == delivery.id) & (deliveries.c.fence == delivery.fence)
        with self._database.writing() as connection:
            connection.execute(update(deliveries).where(own).values(_LET_GO))

    def hasten(self, firm: str, stream: str, markers: Iterable[str] | None = None) -> None:
        """Let everything (only ``markers`` if given) be tried at once that waits to be; what is *unknown* keeps its time."""
        waits = deliveries.c.state.in_([State.RESERVED.value, State.FAILED.value])
        waiting = update(deliveries).where(of_stream(firm, stream), unended(deliveries), waits).values(due_at=None)
        with self._database.writing() as connection:
            if markers is None:
                connection.execute(waiting)
                return
            for page in chunks(markers):
                connection.execute(waiting.where(deliveries.c.marker.in_(page)))

    def revive(
        self, firm: str, stream: str, by: str, markers: Collection[str] | None = None, *, code: str | None = None
    ) -> list[str]:
        """Take up again what was given up (only ``markers``, only with ``code`` if given); the markers taken up.

        What was ever called comes back *unknown*, to be looked up first.
        """
        wanted = select(deliveries).where(of_stream(firm, stream), deliveries.c.state == State.GIVEN_UP.value)
        if markers is not None:
            wanted = wanted.where(deliveries.c.marker.in_(markers))
        if code is not None:
            wanted = wanted.where(deliveries.c.code == code)
        with self._database.writing() as connection:
            now = self._database.now(connection)
            rows = connection.execute(wanted.with_for_update()).all()
            for row in rows:
                state = State.UNKNOWN if row.tries else State.RESERVED
                fresh = {"state": state.value, "changed_at": now, "waiting_since": now, "ended_at": None, "held": False}
                _change(connection, row, fresh | _LET_GO)
                _note(connection, [_step(row.id, state, now, by, "Taken up again.")])
        return sorted(row.marker for row in rows)

    def pending(self, firm: str, stream: str, *, limit: int | None = 500) -> list[Delivery]:
        """What has not ended, the oldest first; all of it without a ``limit``."""
        wanted = select(deliveries).where(of_stream(firm, stream), unended(deliveries))
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(deliveries.c.occurred_at, deliveries.c.id).limit(limit)).all()
        return [_delivery(row) for row in rows]

    def changed_since(
        self, stream: str, since: datetime, *, firm: str | None = None, limit: int | None = 500
    ) -> list[Delivery]:
        """What has changed its state since then, the latest change first; all of it without a ``limit``."""
        wanted = select(deliveries).where(deliveries.c.stream == stream, deliveries.c.changed_at >= since)
        if firm is not None:
            wanted = wanted.where(deliveries.c.firm == firm)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(deliveries.c.changed_at.desc()).limit(limit)).all()
        return [_delivery(row) for row in rows]

    def standing(self, stream: str, firm: str | None = None) -> dict[str, Standing]:
        """How the stream stands, by firm; firms with nothing pending are absent."""
        with self._database.reading() as connection:
            now = self._database.now(connection)
            counted = select(
                deliveries.c.firm,
                func.count(),
                func.sum(case((deliveries.c.held, 1), else_=0)),
                func.sum(case((is_due(now), 1), else_=0)),
                func.min(case((~deliveries.c.held, deliveries.c.waiting_since))),
            ).where(deliveries.c.stream == stream, unended(deliveries))
            if firm is not None:
                counted = counted.where(deliveries.c.firm == firm)
            rows = connection.execute(counted.group_by(deliveries.c.firm)).tuples().all()
        return {name: Standing(pending, held, due, oldest) for name, pending, held, due, oldest in rows}

    def given_up_since(self, stream: str, since: datetime, firm: str | None = None) -> dict[str, int]:
        """How many were given up since then, by firm; firms without any are absent."""
        given_up = (deliveries.c.state == State.GIVEN_UP.value) & (deliveries.c.ended_at >= since)
        counted = select(deliveries.c.firm, func.count()).where(deliveries.c.stream == stream, given_up)
        if firm is not None:
            counted = counted.where(deliveries.c.firm == firm)
        with self._database.reading() as connection:
            return dict(connection.execute(counted.group_by(deliveries.c.firm)).tuples().all())

    def _settle(self, delivery: Delivery, state: State, *, note: str | None, **values: Any) -> Delivery:
        # What has happened at the vendor is true also when the hold has run out, as long as nobody has taken over.
        with self._database.writing() as connection:
            return _move(connection, delivery, state, self._database.now(connection), note=note, **values)


_LET_GO: dict[str, Any] = {"owner": None}
_ECHO = "It came from the case system itself: recognised by its mark and not sent back."


def _is_newest(connection: Connection, firm: str, stream: str, item: Reservation) -> bool:
    """Note a new wording with what it revises; False when somebody else has, or another one has come in between."""
    if item.revises is None:
        return True
    marker, last = item.revises
    revised = of_stream(firm, stream) & (deliveries.c.marker == marker) & (deliveries.c.digest == last)
    return bool(connection.execute(update(deliveries).where(revised).values(digest=item.digest)).rowcount)


def _reserved(firm: str, stream: str, item: Reservation, now: datetime) -> dict[str, Any]:
    state = item.begins_as
    code, reason = item.given_up or (None, None)
    return {
        "firm": firm,
        "stream": stream,
        "marker": item.marker,
        "case_id": item.case_id,
        "lane": item.lane if item.lane is not None else item.case_id,
        "occurred_at": item.occurred_at,
        "waiting_since": item.occurred_at if now - item.occurred_at < _LATE else now,
        "payload": item.payload,
        "digest": item.digest,
        "state": state.value,
        "held": False,
        "code": "echo" if item.echo_of is not None else code,
        "reason": reason,
        "remote_id": item.echo_of,
        "reserved_at": now,
        "changed_at": now,
        "ended_at": now if state in ENDED else None,
    }


def _claimed(connection: Connection, row: Row[Any], lease: Lease, now: datetime) -> Delivery:
    claim = {"fence": lease.fence, "owner": lease.owner}
    if row.state == State.CALLING:
        reason = "The run that was making the call died; whether it took effect is not known."
        lost = {"reason": reason, "code": "answer_lost"}
        return _move(connection, _delivery(row), State.UNKNOWN, now, note=reason, **lost, **claim)
    return _change(connection, row, claim)


def _owned(connection: Connection, delivery: Delivery) -> Row[Any]:
    wanted = select(deliveries).where(deliveries.c.id == delivery.id)
    row = connection.execute(wanted.with_for_update()).one()
    if row.fence != delivery.fence:
        raise LeaseLost(f"Another run has taken over {delivery.stream} {delivery.marker}; nothing was written.")
    return row


def _move(
    connection: Connection, delivery: Delivery, state: State, now: datetime, *, note: str | None = None, **values: Any
) -> Delivery:
    """Bring a delivery into ``state``, if it is still ours and its present state allows it: one statement decides."""
    ended = {"ended_at": now} if state in ENDED else {}
    changed = {"state": state.value, "changed_at": now, **ended, **values}
    own = {"own_id": delivery.id, "own_fence": delivery.fence}
    row = connection.execute(MOVES[state], changed | own).one_or_none()
    if row is None:
        present = _owned(connection, delivery)
        raise NotAllowed(f"{present.stream} {present.marker} is {present.state}; it cannot become {state.value}.")
    _note(connection, [_step(row.id, state, now, row.owner or delivery.owner, note)])
    return _delivery(row)


def _change(connection: Connection, row: Row[Any], values: dict[str, Any]) -> Delivery:
    connection.execute(CHANGE, values | {"own_id": row.id})
    return replace(_delivery(row), **values | ({"state": State(values["state"])} if "state" in values else {}))


def _first_step(delivery_id: int, item: Reservation, now: datetime) -> dict[str, Any]:
    note = _ECHO if item.echo_of is not None else item.given_up and item.given_up[1]
    return _step(delivery_id, item.begins_as, now, None, note)


def _step(delivery_id: int, state: State, at: datetime, by: str | None, note: str | None) -> dict[str, Any]:
    return {"delivery_id": delivery_id, "at": at, "state": state.value, "by": by, "note": note}


def _note(connection: Connection, steps: Sequence[dict[str, Any]]) -> None:
    if steps:
        connection.execute(NOTE, steps)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**row._asdict() | {"state": State(row.state)})
