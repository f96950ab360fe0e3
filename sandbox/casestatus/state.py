"""The portal as a whole: its firms, their API keys, what is due later, and the numbering of everything."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from sandbox.casestatus.cursors import Cursors
from sandbox.casestatus.firm import Firm, FirmSettings
from sandbox.casestatus.instants import SECOND
from sandbox.casestatus.limits import Bucket, Window
from sandbox.casestatus.records import ApiKey
from sandbox.clock import Clock

DEFAULT_SCOPES = frozenset({"read", "write", "webhooks"})
_FIRST_NUMBER = 1001


@dataclass(slots=True)
class Access:
    """An API key with its firm and what it has used of its budgets."""

    firm: Firm
    key: ApiKey
    bucket: Bucket = field(default_factory=Bucket)
    uploads: Window = field(default_factory=Window)


class Portal:
    """All state of the sandbox's Case Status; ``clock`` is the sandbox's."""

    def __init__(self, clock: Clock, secret: bytes = b"casestatus") -> None:
        self.clock = clock
        self.secret = secret
        self.cursors = Cursors(secret)
        self.firms: dict[int, Firm] = {}
        self.access: dict[str, Access] = {}
        self.processing_seconds = 0.0
        """How long a write under an idempotency key takes, so that tests can meet one that still runs."""
        self.page_overlap = 0
        """How many rows each page of a cursor list repeats from the end of the page before."""
        self._numbers: Iterator[int] = count(_FIRST_NUMBER)
        self._sequence = count()
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._last_stamp = 0

    def now(self) -> int:
        """The instant in microseconds."""
        return int(self.clock.timestamp() * SECOND)

    def stamp(self) -> int:
        """The instant of a change; a change right after another gets a later one, or cursors would miss it."""
        now = self.now()
        # A clock that was moved back by a second or more is believed: tests want old stamps then.
        if now <= self._last_stamp < now + SECOND:
            now = self._last_stamp + 1
        self._last_stamp = now
        return now

    def next_id(self) -> int:
        """A number nothing else in the portal has."""
        return next(self._numbers)

    def add_firm(self, settings: FirmSettings) -> Firm:
        """A new firm without anything."""
        firm = Firm(settings, self.stamp)
        self.firms[firm.id] = firm
        return firm

    def add_key(self, firm: Firm, key: str, label: str = "hub", scopes: frozenset[str] = DEFAULT_SCOPES) -> ApiKey:
        """Give a firm a key."""
        kept = ApiKey(key, label, scopes)
        self.access[key] = Access(firm, kept)
        return kept

    def firm_called(self, name: str) -> Firm:
        """A firm by its slug or number. Raises KeyError."""
        for firm in self.firms.values():
            if name in (firm.settings.slug, str(firm.id)):
                return firm
        raise KeyError(name)

    def later(self, due: int, action: Callable[[], None]) -> None:
        """Have something happen at ``due``."""
        heapq.heappush(self._agenda, (due, next(self._sequence), action))

    def catch_up(self) -> None:
        """Let happen whatever is due by now; called before every request."""
        while self._agenda and self._agenda[0][0] <= self.now():
            _, _, action = heapq.heappop(self._agenda)
            action()
