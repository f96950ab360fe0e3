"""When a firm's night is, and when what waits for it is due: documents, where the case system takes them once a night."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from domain.systems import CaseSystemRules

SYNC_BEGINS_WITHIN = timedelta(minutes=30)
"""How long after the hour of the night the firm's sync is waited for [assumed]: a worker may be busy, or just starting."""
NIGHTLY_IS_STALE_AFTER = timedelta(days=1, hours=1)
"""What comes once a night is too old when it has missed one."""
SPREAD = timedelta(minutes=45)
"""Within this time after the usual hour the nights of firms begin that have set none of their own: 500 firms at the same
second would wait for each other, and for the vendors."""
_DAY = timedelta(days=1)
_ANY_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Night:
    """A time of day in a zone: the same hour on people's clocks, through daylight saving."""

    at: time
    zone: ZoneInfo

    @classmethod
    def of(cls, system: CaseSystemRules, own_zone: str, at: str | None, zone: str | None) -> "Night":
        """A firm's night: by its own settings (``HH:MM`` in ``zone``, else in its own zone), else as its case system has it."""
        usual = own_zone if at else system.nightly_zone
        return cls(time.fromisoformat(at or system.nightly_at), ZoneInfo(zone or usual))

    def later(self, by: timedelta) -> "Night":
        """The time of day that is so much later on people's clocks."""
        return Night((datetime.combine(_ANY_DAY, self.at) + by).time(), self.zone)

    def latest(self, now: datetime) -> datetime:
        """The last time (UTC) that it was this hour, at ``now`` or before.

        An hour that daylight saving leaves out is there an hour later; of one that comes twice, the first counts.
        """
        today = now.astimezone(self.zone).date()
        nights = (datetime.combine(day, self.at, self.zone).astimezone(UTC) for day in (today, today - _DAY))
        return next(night for night in nights if night <= now)


def spread(slug: str) -> timedelta:
    """How long after the usual hour the firm's night begins: whole minutes, shorter than ``SPREAD``, always the same ones."""
    minutes = SPREAD // timedelta(minutes=1)
    return timedelta(minutes=int.from_bytes(blake2b(slug.encode(), digest_size=8).digest()) % minutes)


@dataclass(frozen=True, slots=True)
class SyncStanding:
    """How a firm's nightly sync stands: switched on or off, at work now, and when it last began."""

    is_on: bool
    is_running: bool
    begun_at: datetime | None


def is_due(night: Night, now: datetime, done_at: datetime | None, sync: SyncStanding) -> bool:
    """Whether what is done once a night is to be done now: after the firm's sync, where there is one.

    Args:
        night: the firm's night.
        now: the present instant, by the same clock as the others.
        done_at: when it was last begun; None: never, and then it is due at once.
        sync: the firm's sync.
    """
    if done_at is None:
        return True
    since = night.latest(now)
    if done_at >= since or sync.is_running:
        return False
    has_been = sync.begun_at is not None and sync.begun_at >= since
    return has_been or not sync.is_on or now - since >= SYNC_BEGINS_WITHIN
