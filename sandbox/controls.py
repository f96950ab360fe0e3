"""The switches shared by all vendor apps of one sandbox: clock, faults, request log, rate limits."""

from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.faults import FaultBook
from sandbox.journal import Journal


@dataclass(slots=True)
class RateLimit:
    """A request budget as tests may change it while the server runs.

    ``requests`` per ``window_seconds``. ``burst`` is the size of the bucket where the vendor uses one (0: it counts in
    fixed windows). ``window_offset`` shifts the start of fixed windows against the full minute, in seconds. ``parallel`` is
    how many requests may be under way at once where the vendor limits that.
    """

    requests: int
    window_seconds: float = 60.0
    burst: int = 0
    window_offset: float = 0.0
    parallel: int = 0
    on: bool = True


def documented_limits() -> dict[str, RateLimit]:
    """The vendors' own limits: Clio 50 a minute and token [doc], CASEpeer and Case Status 120 a minute and key [assumed].

    Soluno takes 60 a minute and session, five of them at once [assumed]. SmartAdvocate documents none, so its limit is there to be switched on [assumed].
    """
    return {
        "clio": RateLimit(requests=50),
        "smartadvocate": RateLimit(requests=180, on=False),
        "casepeer": RateLimit(requests=120, burst=20),
        "casestatus": RateLimit(requests=120, burst=20),
        "casestatus.uploads": RateLimit(requests=20),
        "soluno": RateLimit(requests=60, parallel=5),
    }


class Controls:
    """Everything a test may turn. One instance per sandbox process, handed to each vendor app."""

    def __init__(self, *, limits_on: bool = True) -> None:
        self.clock = Clock()
        self.faults = FaultBook()
        self.requests = Journal()
        self.limits_on = limits_on
        self.limits = documented_limits()
        self._switch_limits()

    def limit(self, name: str) -> RateLimit:
        """The budget called ``name``; vendors look it up on every request, so a change takes effect at once."""
        return self.limits[name]

    def reset(self) -> None:
        """Real time, no faults, empty log, the limits as at start."""
        self.clock.reset()
        self.faults.clear()
        self.requests.clear()
        self.limits = documented_limits()
        self._switch_limits()

    def _switch_limits(self) -> None:
        for limit in self.limits.values():
            limit.on = limit.on and self.limits_on
