"""The case statuses of a firm: the stages of the world, and CASEpeer's own that end a case or hand it to another firm.

Open or closed is an attribute of the status, not of the word "Closed": *Disbursed* is closed in every other firm
[assumed].
"""

from dataclasses import dataclass
from typing import Any

from sandbox.seed import Firm

_HANDED_OVER = ("Referred Open", "Referred Accepted Open", "Subbed Out")
DISBURSED = "Disbursed"
_CLOSED = ("Referred Closed", "Referred Accepted Closed", "Subbed Out Closed")


@dataclass(slots=True)
class Status:
    """One entry of the list; cases follow when it is renamed."""

    id: int
    name: str
    is_open: bool


class Statuses:
    """The list of one firm. Cases hold the name an entry had at first, so that renaming it touches no case."""

    def __init__(self, seed: Firm) -> None:
        names = dict.fromkeys(stage.name for area in seed.practice_areas for stage in area.stages)
        kinds = dict.fromkeys((*names, *_HANDED_OVER), True)
        kinds |= {DISBURSED: seed.rank % 2 == 1} | dict.fromkeys(_CLOSED, False)
        first = 301 + seed.rank * 100
        self._entries = {
            name: Status(first + place, name, is_open) for place, (name, is_open) in enumerate(kinds.items())
        }
        self.closing = tuple(name for name, is_open in kinds.items() if not is_open)
        """The first names of those that closed a case at first."""

    def name(self, first_name: str | None) -> str | None:
        """What a status is called now."""
        return None if first_name is None else self._entries[first_name].name

    def is_open(self, first_name: str | None) -> bool:
        """Whether a case with that status is open; one without a status is [assumed]."""
        return first_name is None or self._entries[first_name].is_open

    def first_name(self, name: str) -> str:
        """The first name of the status that is called so now. Raises ValueError."""
        for first_name, status in self._entries.items():
            if status.name == name:
                return first_name
        known = ", ".join(status.name for status in self._entries.values())
        message = f"There is no status {name!r}; there are {known}."
        raise ValueError(message)

    def change(self, name: str, *, new_name: str | None = None, is_open: bool | None = None) -> None:
        """Rename a status, or move it between the open and the closed list. Raises ValueError."""
        status = self._entries[self.first_name(name)]
        status.name = status.name if new_name is None else new_name
        status.is_open = status.is_open if is_open is None else is_open

    def rows(self) -> list[dict[str, Any]]:
        """The list as it is answered, in its own order."""
        return [
            {"id": status.id, "name": status.name, "is_open": status.is_open, "order": place}
            for place, status in enumerate(self._entries.values(), start=1)
        ]
