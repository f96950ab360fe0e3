"""A link: what is known of one case on both sides, and how a row becomes one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from domain.case import Case
from domain.portal import PortalCase
from ledger.codec import to_case, to_portal_case
from ledger.tables import bodies, links


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a case could not be brought into step, since when, and for how many nights with the same reason."""

    code: str
    since: datetime
    nights: int


@dataclass(frozen=True, slots=True)
class Dismissal:
    """Who decided that a troubled case is no longer tried by itself."""

    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Link:
    """One case as both sides were last seen; a side that was never seen, or is gone, is None."""

    firm: str
    system: str
    integration_id: str
    readable_id: str | None
    source: Case | None
    source_digest: str | None
    source_open: bool | None
    in_scope: bool
    """True when the run that asks has read the case inside its own scope."""
    portal: PortalCase | None
    portal_id: int | None
    portal_digest: str | None
    trouble: Trouble | None
    dismissal: Dismissal | None


_UNSHOWN = {
    "source_read_at",
    "source_practice_area",
    "source_stage",
    "trouble_day",
    "client_name",
    "agreed",
}
_columns = [column for column in links.c if column.name not in _UNSHOWN]
_same = and_(*(links.c[name] == bodies.c[name] for name in ("firm", "integration_id", "system")))


def select_links() -> Select[Any]:
    """The columns a :class:`Link` is made of."""
    return select(*_columns, bodies.c.source, bodies.c.portal).select_from(links.outerjoin(bodies, _same))


def belongs(firm: str, system: str | None) -> ColumnElement[bool]:
    """The rows of a firm, in one case system or (None) in all it has had."""
    of_firm = links.c.firm == firm
    return of_firm if system is None else and_(of_firm, links.c.system == system)


def troubled() -> ColumnElement[bool]:
    """Rejected or failed, and nobody has dismissed it."""
    return and_(links.c.trouble_code.is_not(None), links.c.dismissed_at.is_(None))


def of_night(run_id: str) -> ColumnElement[bool]:
    """What a night looks at: what it read in its scope, every linked case (for drift), every troubled one."""
    linked = and_(links.c.portal_id.is_not(None), links.c.source_digest.is_not(None))
    return or_(links.c.source_run == run_id, linked, troubled())


def as_agreed(rules: str) -> ColumnElement[Any]:
    """What ``agreed`` holds of a case found in step: both sides as they are, and the mark of the rules it was judged by."""
    return func.coalesce(links.c.source_digest, "") + "/" + func.coalesce(links.c.portal_digest, "") + "/" + rules


def agrees(rules: str) -> ColumnElement[bool]:
    """Neither side nor the rules have changed since the case was last found in step: a second look would find nothing."""
    return and_(links.c.agreed.is_not(None), links.c.agreed == as_agreed(rules), links.c.trouble_code.is_(None))


def to_link(row: Row[Any], run_id: str | None = None) -> Link:
    """The link of a row of :func:`select_links`, as the run ``run_id`` sees it."""
    return Link(
        firm=row.firm,
        system=row.system,
        integration_id=row.integration_id,
        readable_id=row.readable_id,
        source=None if row.source is None else to_case(row.source),
        source_digest=row.source_digest,
        source_open=row.source_open,
        in_scope=run_id is not None and row.source_run == run_id,
        portal=None if row.portal is None else to_portal_case(row.portal),
        portal_id=row.portal_id,
        portal_digest=row.portal_digest,
        trouble=trouble_of(row),
        dismissal=None
        if row.dismissed_at is None
        else Dismissal(row.dismissed_at, row.dismissed_by, row.dismissed_why),
    )


def trouble_of(row: Row[Any]) -> Trouble | None:
    """The trouble noted in a row's ``trouble_`` columns."""
    return None if row.trouble_code is None else Trouble(row.trouble_code, row.trouble_since, row.trouble_nights)
