"""The switches of a firm: what of the work for it can be turned off, and why it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

SWITCHES = {
    "nightly_sync": "Nightly sync",
    "relay_messages": "Message relay",
    "relay_documents": "Document relay",
    "relay_replies": "Reply relay",
    "cost_push": "Cost push",
}
"""What people call them, by their fields in the Firm block."""


@dataclass(frozen=True, slots=True)
class SwitchState:
    """How one switch stands; ``reason``, ``by`` and ``since`` are empty while it is on, or when nobody said why."""

    name: str
    on: bool
    reason: str = ""
    by: str = ""
    since: date | None = None

    @property
    def title(self) -> str:
        """What people call it."""
        return SWITCHES[self.name]

    @property
    def note(self) -> str:
        """Who turned it off, when and why; empty while it is on, or when nobody said."""
        if not self.reason:
            return ""
        return f"{f'since {self.since:%-d %b %Y} ' if self.since else ''}by {self.by}: {self.reason}"

    @property
    def because(self) -> str:
        """The note in brackets, to follow a sentence's *is switched off*."""
        return f" ({self.note})" if self.note else ""

    @property
    def shown(self) -> str:
        """A few words for tables: ``Nightly sync on``, ``Message relay off since 3 Nov 2026 by Dana Reyes: new server``."""
        if self.on:
            return f"{self.title} on"
        return f"{self.title} off {self.note or '(no reason given)'}"


def all_off(switches: Iterable[SwitchState]) -> str:
    """What is off, for tables; empty when nothing is."""
    return "; ".join(switch.shown for switch in switches if not switch.on)
