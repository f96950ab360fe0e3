"""What the floor is to request: made from what the job has done."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from connectors.clio.wire import CONTACT_FIELDS, MATTER_FIELDS
from tests.bench.processes import FIRM, Sandbox

DIRECTORY = ("/me", "/users?cursor=&limit=100", "/practice_areas?cursor=&limit=100")
WHOLE = ("readable_id", "description", "practice_area", "stage", "case_date")
PERSON = ("external_id", "first_name", "last_name", "company_name", "cell_phone", "email", "preferred_language")


def floor_plan(
    floor: Sandbox, job: dict[str, Any], puts: Path | None, *, known_clients_since: str | None
) -> dict[str, Any]:
    """The requests of ``job``, for the sandbox ``floor``; ``puts`` is a file made by :func:`write_puts`.

    ``known_clients_since`` is when the run before began: contacts are then read by their changes. Without it there was
    none, and the contacts of every page of matters are read by id.
    """
    window = "".join(
        f"&{name}={_moment(job['scope'][name])}" for name in ("created_since", "updated_since") if job["scope"][name]
    )
    changed = None
    if known_clients_since:
        since = (datetime.fromisoformat(known_clients_since) - timedelta(hours=1)).isoformat()
        changed = f"/contacts.json?order=id(asc)&limit=200&updated_since={_moment(since)}&fields={CONTACT_FIELDS}"
    return {
        "clio": {
            "base": f"{floor.url}/clio/us/api/v4",
            "authorization": f"Bearer {floor.grant()['access_token']}",
        },
        "portal": {"base": f"{floor.url}/casestatus/v1/api", "authorization": f"ApiKey csk-{FIRM}"},
        "directory": DIRECTORY,
        "matters": f"/matters.json?order=id(asc)&limit=200{window}&fields={MATTER_FIELDS}",
        "contacts": None if known_clients_since else f"order=id(asc)&limit=200&fields={CONTACT_FIELDS}",
        "contacts_changed": changed,
        "puts": str(puts) if puts else None,
    }


def write_puts(file: Path, cases: list[dict[str, Any]], *, only: tuple[str, ...] | None = None) -> Path:
    """One line for each portal case: where and what to PUT so that it becomes so; whole, or ``only`` some fields."""
    with file.open("wb") as out:
        for case in cases:
            body = _body(case) if only is None else {name: case[name] for name in only}
            path = f"/cases/by_integration_id/{case['integration_id']}?source={case['integration_source']}"
            out.write(path.encode() + b"\t" + orjson.dumps({"notify_client": False} | body) + b"\n")
    return file


def _body(case: dict[str, Any]) -> dict[str, Any]:
    named = {name: case[name]["display_name"] for name in ("practice_area", "stage")}
    return (
        {name: case[name] for name in WHOLE}
        | named
        | {
            "attorney_email": case["attorney"]["email"],
            "additional_attorney_emails": [one["email"] for one in case["additional_attorneys"]],
            "paralegal_emails": [one["email"] for one in case["paralegals"]],
            "clients": [
                {name: client[name] for name in PERSON} | {"primary": client["primary"]} for client in case["clients"]
            ],
            "state": "open",
            "closed_at": None,
            "source_updated_at": case["source_updated_at"],
        }
    )


def _moment(instant: str) -> str:
    return quote(datetime.fromisoformat(instant).strftime("%Y-%m-%dT%H:%M:%SZ"), safe=":")
