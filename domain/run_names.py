"""Names of runs, as ops see them in lists: what, for whom, which day."""

from datetime import UTC, datetime
from typing import Any


class DatedName(str):
    """A template whose ``{day}`` is the day (UTC) on which it is filled in; other braces name a flow's parameters."""

    __slots__ = ()

    def format(self, *args: Any, **parameters: Any) -> str:
        """Fill the template in."""
        now = datetime.now(UTC)
        return super().format(*args, **{"day": f"{now.day} {now:%b}", **parameters})


def run_name(kind: str, subject: str = "{firm}") -> DatedName:
    """The name of a flow's runs, such as ``nightly · harrow-pike · 22 Nov``; ``subject`` may name any parameter."""
    return DatedName(f"{kind} · {subject} · {{day}}")
