"""Incidents: what is wrong with a firm's stream, since when, and whether somebody was told. One alert each, not one a tick."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from ledger.database import upsert
from ledger.store import Store
from ledger.tables import incidents


@dataclass(frozen=True, slots=True)
class Incident:
    """Something wrong that lasts; ``told_at`` is None until an alert has gone out."""

    firm: str
    code: str
    sentence: str
    since: datetime
    told_at: datetime | None


class Incidents(Store):
    """The incidents of all firms."""

    def of(self, stream: str, firm: str | None = None) -> list[Incident]:
        """What is wrong now, by firm and code."""
        columns = (incidents.c.firm, incidents.c.code, incidents.c.sentence, incidents.c.since, incidents.c.told_at)
        wanted = select(*columns).where(incidents.c.stream == stream).order_by(incidents.c.firm, incidents.c.code)
        if firm is not None:
            wanted = wanted.where(incidents.c.firm == firm)
        with self._database.reading() as connection:
            return [Incident(**row._asdict()) for row in connection.execute(wanted)]

    def observe(self, firm: str, stream: str, found: Mapping[str, str]) -> list[Incident]:
        """Say what is wrong with a firm's stream now (code → sentence); those of which nobody was told yet.

        What was wrong before and is not found any more is over: should it come again, it is a new incident.
        """
        of_stream = (incidents.c.firm == firm) & (incidents.c.stream == stream)
        with self._database.writing() as connection:
            now = self._database.now(connection)
            connection.execute(delete(incidents).where(of_stream, incidents.c.code.not_in(list(found))))
            rows = [
                {"firm": firm, "stream": stream, "code": code, "sentence": sentence, "since": now}
                for code, sentence in found.items()
            ]
            upsert(connection, incidents, rows, update=("sentence",))
        return [incident for incident in self.of(stream, firm) if incident.told_at is None]

    def is_told(self, firm: str, sentence: str) -> bool:
        """Whether this firm was told this very sentence, by whichever of its streams: once is enough."""
        said = (incidents.c.firm == firm) & (incidents.c.sentence == sentence) & incidents.c.told_at.is_not(None)
        with self._database.reading() as connection:
            return connection.execute(select(incidents.c.code).where(said).limit(1)).first() is not None

    def told(self, firm: str, stream: str, code: str) -> None:
        """Somebody was told of it."""
        one = (incidents.c.firm == firm) & (incidents.c.stream == stream) & (incidents.c.code == code)
        with self._database.writing() as connection:
            now = self._database.now(connection)
            connection.execute(update(incidents).where(one).values(told_at=now))
