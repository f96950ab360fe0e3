"""What a run reads, as text in its ledger record: a retry reads the same window, whatever day it has become."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from connectors.ports import Scope
from domain.firm import FirmRules
from domain.windows import plan_reading
from ledger import Ledger


def cases_stream(rules: FirmRules) -> str:
    """Name of the watermark that says when the last complete window was read."""
    return f"{rules.case_system}:cases"


def clients_stream(rules: FirmRules) -> str:
    """Name of the watermark that says when clients' own changes were last read."""
    return f"{rules.case_system}:clients"


def scope_to_record(window: str, ids: Sequence[str] | None, rules: FirmRules, ledger: Ledger) -> dict[str, Any]:
    """The asked window, or the named ids, as JSON.

    Raises:
        UnusableWindow: the window cannot be understood.
    """
    if ids is not None:
        return {"said": f"{len(ids):,} named cases", "ids": list(dict.fromkeys(ids))}
    mark = ledger.watermarks.get(rules.slug, cases_stream(rules))
    reading = plan_reading(window, rules, now=datetime.now(UTC), last_read=mark.instant if mark else None)
    return {
        "said": str(reading) if rules.system.imports_new_at_night else "all cases that are in Case Status",
        "created_since": _text(reading.created_since),
        "updated_since": _text(reading.updated_since),
        "opened_since": _text(reading.opened_since),
    }


def scope_from_record(record: dict[str, Any]) -> Scope:
    """What the connector is asked for."""
    return Scope(
        created_since=_instant(record.get("created_since")),
        updated_since=_instant(record.get("updated_since")),
        ids=record.get("ids"),
    )


def opened_since_from_record(record: dict[str, Any]) -> date | None:
    """The first day of a window that goes by when cases were opened; the rest of what is read is left out of it."""
    opened = record.get("opened_since")
    return date.fromisoformat(opened) if opened else None


def _text(moment: date | None) -> str | None:
    return moment.isoformat() if moment else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
