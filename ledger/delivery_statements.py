"""What is asked of the table of deliveries, in pieces and, where it is asked for each delivery, composed once."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Update,
    and_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from ledger.delivery import ALLOWED, State
from ledger.tables import deliveries, delivery_steps


def of_stream(firm: str | BindParameter[str], stream: str | BindParameter[str]) -> ColumnElement[bool]:
    """Of a firm's stream."""
    return and_(deliveries.c.firm == firm, deliveries.c.stream == stream)


def unended(table: FromClause) -> ColumnElement[bool]:
    """Not ended: written as the indices over pending deliveries have it."""
    return table.c.ended_at.is_(None)


def is_due(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """To be tried at ``now`` or before."""
    return or_(deliveries.c.due_at.is_(None), deliveries.c.due_at <= now)


def first_of_its_lane() -> ColumnElement[bool]:
    """With nothing before it in its lane that has not ended."""
    earlier = deliveries.alias("earlier")
    same_lane = [earlier.c[name] == deliveries.c[name] for name in ("firm", "stream", "lane")]
    order = tuple_(earlier.c.occurred_at, earlier.c.id) < tuple_(deliveries.c.occurred_at, deliveries.c.id)
    return ~exists(select(earlier.c.id).where(*same_lane, unended(earlier), order))


# What is said for each delivery is composed once: composing costs SQLAlchemy more than the database takes to carry it out.
CLAIMABLE = (
    select(deliveries)
    .where(
        of_stream(bindparam("firm"), bindparam("stream")),
        unended(deliveries),
        or_(deliveries.c.fence != bindparam("fence"), deliveries.c.owner.is_(None)),
        is_due(bindparam("now")),
        first_of_its_lane(),
    )
    .order_by(deliveries.c.occurred_at, deliveries.c.id)
    .limit(bindparam("most"))
)
CHANGE = update(deliveries).where(deliveries.c.id == bindparam("own_id"))
NOTE = insert(delivery_steps)


def _moving_into(state: State) -> Update:
    """The move of one's own delivery into a state, where its present one allows it."""
    origins = [deliveries.c.state == origin.value for origin, followers in ALLOWED.items() if state in followers]
    move = CHANGE.where(deliveries.c.fence == bindparam("own_fence"), or_(*origins)).returning(deliveries)
    return move.values(tries=deliveries.c.tries + 1) if state is State.CALLING else move


MOVES: Mapping[State, Update] = {state: _moving_into(state) for state in State if state is not State.RESERVED}
