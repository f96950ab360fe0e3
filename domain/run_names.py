"""Names of runs, as ops see them in lists: what, for whom, which day."""

from datetime import UTC, datetime
from typing import Any

_LONGEST = 40


class DatedName(str):
    """A template whose ``{day}`` is the day (UTC) on which it is filled in; other braces name a flow's parameters."""

    __slots__ = ()

    def format(self, *args: Any, **parameters: Any) -> str:
        """Fill the template in."""
        now = datetime.now(UTC)
        short = {name: _shown(value) for name, value in parameters.items()}
        return super().format(*args, **{"day": f"{now.day} {now:%b}", **short})


def _shown(value: Any) -> Any:
    """A parameter as a run is named by it; where no firm is named, all of them are meant."""
    return "all firms" if value is None else _short(value) if isinstance(value, str) else value


def _short(text: str) -> str:
    """Of an address only what it ends in; of anything else not too much."""
    last = text.strip().partition("?")[0].rstrip("/").rpartition("/")[2] if "://" in text else text.strip()
    return last if len(last) <= _LONGEST else f"{last[: _LONGEST - 1]}…"


def run_name(kind: str, subject: str = "{firm}") -> DatedName:
    """The name of a flow's runs, such as ``nightly · harrow-pike · 22 Nov``; ``subject`` may name any parameter."""
    return DatedName(f"{kind} · {subject} · {{day}}")
