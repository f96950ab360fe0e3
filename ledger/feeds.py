"""Feeds: from when on a firm's messages or documents are relayed, and how far the portal's list of them was read.

No hold guards these rows, as none is needed: what is found in a feed is reserved under its marker before the place moves,
and a place only ever moves forward. Two runs that read the same feed at once do no harm.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update

from ledger.database import chunks, upsert
from ledger.store import Store
from ledger.tables import feeds


@dataclass(frozen=True, slots=True)
class Feed:
    """One stream of one firm; ``begins_at`` and ``read_to`` by the portal's clock, the others by ours."""

    firm: str
    begins_at: datetime
    """What was created before is none of ours: the relay was switched on at this instant, or asked to begin here."""
    read_to: datetime
    swept_at: datetime | None
    """When it was last read again from far back, for what appears late."""
    polled_at: datetime | None
    """When its last reading began."""
    tidied_at: datetime | None
    """When unfinished uploads were last cleared away; None while there cannot be any."""


class Feeds(Store):
    """The feeds of all firms."""

    def of(self, stream: str, firm: str | None = None) -> dict[str, Feed]:
        """The stream's feeds by firm."""
        wanted = select(*(column for column in feeds.c if column.name != "stream")).where(feeds.c.stream == stream)
        if firm is not None:
            wanted = wanted.where(feeds.c.firm == firm)
        with self._database.reading() as connection:
            return {row.firm: Feed(**row._asdict()) for row in connection.execute(wanted)}

    def begin(self, firm: str, stream: str, at: datetime) -> Feed:
        """Relay what is created from ``at`` on; a feed that has begun already begins earlier, never later."""
        with self._database.writing() as connection:
            upsert(connection, feeds, [{"firm": firm, "stream": stream, "begins_at": at, "read_to": at}], update=())
            key = and_(feeds.c.firm == firm, feeds.c.stream == stream)
            connection.execute(update(feeds).where(key, feeds.c.begins_at > at).values(begins_at=at))
        return self.of(stream, firm)[firm]

    def advance(self, firm: str, stream: str, read_to: datetime) -> None:
        """Everything up to ``read_to`` is reserved; an earlier place than the one held changes nothing."""
        earlier = and_(feeds.c.firm == firm, feeds.c.stream == stream, feeds.c.read_to < read_to)
        with self._database.writing() as connection:
            connection.execute(update(feeds).where(earlier).values(read_to=read_to))

    def polled(
        self, stream: str, firms: Collection[str], *, swept: Collection[str] = (), at: datetime | None = None
    ) -> None:
        """These firms' feeds were read to their end; ``swept`` names those read from far back.

        ``at`` is when their reading began (None: now): what has arrived since then may not have been read.
        """
        with self._database.writing() as connection:
            at = at or self._database.now(connection)
            for names, values in ((firms, {"polled_at": at}), (swept, {"swept_at": at})):
                for page in chunks(sorted(names)):
                    of_page = and_(feeds.c.stream == stream, feeds.c.firm.in_(page))
                    connection.execute(update(feeds).where(of_page).values(values))

    def tidied(self, firm: str, stream: str) -> None:
        """There is nothing unfinished from before now."""
        with self._database.writing() as connection:
            now = self._database.now(connection)
            key = and_(feeds.c.firm == firm, feeds.c.stream == stream)
            connection.execute(update(feeds).where(key).values(tidied_at=now))
