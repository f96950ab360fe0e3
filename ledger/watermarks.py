"""Watermarks: how far each stream of a firm has been read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ledger.database import upsert
from ledger.leases import Lease, fenced
from ledger.store import Store
from ledger.tables import watermarks


@dataclass(frozen=True, slots=True)
class Watermark:
    """A stream has been read up to ``instant`` (aware UTC); ``extra`` is what the reader needs besides, as JSON."""

    instant: datetime
    extra: Any = None


class Watermarks(Store):
    """The watermarks of all firms and streams."""

    def get(self, firm: str, stream: str) -> Watermark | None:
        """How far the stream was read, or None when it never was."""
        wanted = select(watermarks.c.instant, watermarks.c.extra).where(
            watermarks.c.firm == firm, watermarks.c.stream == stream
        )
        with self._database.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Watermark(row.instant, row.extra)

    def advance(
        self, lease: Lease, firm: str, stream: str, instant: datetime, extra: Any = None, *, reset: bool = False
    ) -> Watermark:
        """Move the watermark to ``instant``; an earlier one than now held is left out unless ``reset``. The one now held.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
        """
        key = {"firm": firm, "stream": stream}
        with fenced(self._database, lease) as connection:
            wanted = select(watermarks.c.instant, watermarks.c.extra).filter_by(**key)
            held = connection.execute(wanted.with_for_update()).one_or_none()
            if held is not None and instant < held.instant and not reset:
                return Watermark(held.instant, held.extra)
            advanced = {"instant": instant, "extra": extra, "advanced_at": self._database.now(connection)}
            upsert(connection, watermarks, [key | advanced])
        return Watermark(instant, extra)
