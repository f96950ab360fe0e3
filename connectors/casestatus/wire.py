"""Every Case Status name on the wire, and nothing else of ours: the one file to change when the real API is known."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from connectors.wiring import Instant, PlainDate, WireRecord, unreadable
from domain.case import Unreadable
from domain.portal import (
    Draft,
    DraftClient,
    PortalCase,
    PortalClient,
    PortalFirm,
    PortalState,
    PortalUser,
    PracticeArea,
    Stage,
)

SYSTEM = "Case Status"
FIELD_GROUPS: Mapping[str, frozenset[str]] = {
    "practice_area": frozenset({"practice_area", "stage"}),
    "stage": frozenset({"practice_area", "stage"}),
    "closed": frozenset({"closed", "closed_on"}),
    "closed_on": frozenset({"closed", "closed_on"}),
}
"""Draft fields that only make sense together: a stage is looked up within its practice area."""


class NamedWire(WireRecord):
    """A practice area or a stage on a case."""

    display_name: str


class StaffWire(WireRecord):
    """A user on a case."""

    email: str


class ClientWire(WireRecord):
    """A client on a case."""

    id: int
    external_id: str | None
    first_name: str | None
    last_name: str | None
    company_name: str | None = None
    cell_phone: str | None
    email: str | None
    preferred_language: str | None = None
    primary: bool


class CaseWire(WireRecord):
    """A case as the portal answers it [assumed: 6.5, 6.12(9)]."""

    id: int
    integration_source: str
    integration_id: str | None
    state: PortalState
    readable_id: str | None
    practice_area: NamedWire | None
    stage: NamedWire | None
    attorney: StaffWire | None
    additional_attorneys: tuple[StaffWire, ...]
    paralegals: tuple[StaffWire, ...]
    clients: tuple[ClientWire, ...]
    description: str | None
    group_name: str | None = None
    case_date: PlainDate | None
    closed_at: Instant | None
    source_updated_at: Instant | None = None
    created_at: Instant
    updated_at: Instant


class FirmWire(WireRecord):
    """The firm of ``GET /me``."""

    id: int
    name: str
    time_zone: str
    integration_source: str
    require_practice_area: bool
    require_stage: bool


class KeyWire(WireRecord):
    """The key of ``GET /me``."""

    scopes: frozenset[str]


class MeWire(WireRecord):
    """``GET /me``."""

    firm: FirmWire
    key: KeyWire


class UserWire(WireRecord):
    """A user of ``GET /users``. The e-mail that counts is the account's [assumed: 6.4]."""

    id: int
    first_name: str | None
    last_name: str | None
    email: str
    role: str
    status: str


class StageWire(WireRecord):
    """A stage within a practice area."""

    id: int
    position: int
    display_name: str
    integration_mappings: tuple[str, ...]


class PracticeAreaWire(WireRecord):
    """A practice area of ``GET /practice_areas``."""

    id: int
    display_name: str
    integration_mappings: tuple[str, ...]
    stages: tuple[StageWire, ...]


_CASE = TypeAdapter(CaseWire)


def fingerprint_of(record: Any) -> str:
    """A digest (32 hexadecimal digits) of a record as it came."""
    return blake2b(orjson.dumps(record), digest_size=16).hexdigest()


def case_from(record: Any) -> PortalCase:
    """The case in ``record``. Raises pydantic.ValidationError."""
    wire = _CASE.validate_python(record)
    return PortalCase(
        id=wire.id,
        source=wire.integration_source,
        integration_id=wire.integration_id,
        state=wire.state,
        readable_id=wire.readable_id,
        practice_area=wire.practice_area.display_name if wire.practice_area else None,
        stage=wire.stage.display_name if wire.stage else None,
        attorney_email=wire.attorney.email if wire.attorney else None,
        additional_attorney_emails=tuple(staff.email for staff in wire.additional_attorneys),
        paralegal_emails=tuple(staff.email for staff in wire.paralegals),
        clients=tuple(_client_from(client) for client in wire.clients),
        description=wire.description,
        group_name=wire.group_name,
        case_date=wire.case_date,
        closed_at=wire.closed_at,
        source_updated_at=wire.source_updated_at,
        created_at=wire.created_at,
        updated_at=wire.updated_at,
        fingerprint=fingerprint_of(record),
    )


def _client_from(wire: ClientWire) -> PortalClient:
    return PortalClient(
        id=wire.id,
        external_id=wire.external_id,
        first_name=wire.first_name,
        last_name=wire.last_name,
        company_name=wire.company_name,
        cell_phone=wire.cell_phone,
        email=wire.email,
        preferred_language=wire.preferred_language,
        primary=wire.primary,
    )


def fingerprints_of(records: Iterable[Any]) -> dict[str, str]:
    """Fingerprints of the records that name a case of a case system, by its integration id."""
    return {
        record["integration_id"]: fingerprint_of(record)
        for record in records
        if isinstance(record, dict) and isinstance(record.get("integration_id"), str)
    }


def cases_from(records: Iterable[Any]) -> tuple[tuple[PortalCase, ...], tuple[Unreadable, ...]]:
    """The readable cases among ``records``, and what to say of the others."""
    cases: list[PortalCase] = []
    troubles: list[Unreadable] = []
    for record in records:
        try:
            cases.append(case_from(record))
        except ValidationError as error:
            troubles.append(unreadable(SYSTEM, record, "integration_id", error))
    return tuple(cases), tuple(troubles)


def firm_from(record: Any) -> PortalFirm:
    """The firm behind the key. Raises pydantic.ValidationError."""
    wire = MeWire.model_validate(record)
    firm = wire.firm
    return PortalFirm(
        firm.id, firm.name, firm.time_zone, firm.integration_source, firm.require_practice_area, firm.require_stage,
        wire.key.scopes,
    )  # fmt: skip


def user_from(record: Any) -> PortalUser:
    """A user. Raises pydantic.ValidationError."""
    wire = UserWire.model_validate(record)
    name = " ".join(part for part in (wire.first_name, wire.last_name) if part)
    return PortalUser(wire.id, wire.email, wire.role.lower(), wire.status.lower(), name)


def practice_area_from(record: Any) -> PracticeArea:
    """A practice area with its stages in their order. Raises pydantic.ValidationError."""
    wire = PracticeAreaWire.model_validate(record)
    ordered = sorted(wire.stages, key=lambda stage: stage.position)
    stages = tuple(Stage(one.id, one.display_name, one.position, one.integration_mappings) for one in ordered)
    return PracticeArea(wire.id, wire.display_name, stages, wire.integration_mappings)


def upsert_body(
    draft: Draft, *, fields: frozenset[str] | None, notify_client: bool, reopen: bool, keep: Sequence[PortalClient]
) -> dict[str, Any]:
    """The body of an upsert: all of ``draft``, or only the named fields of it (absent ones are left alone)."""
    wanted = None if fields is None else fields.union(*(FIELD_GROUPS.get(field, ()) for field in fields))
    body: dict[str, Any] = {"notify_client": notify_client}
    for field in _PLAIN_FIELDS:
        if wanted is None or field in wanted:
            body[field] = getattr(draft, field)
    if wanted is None or "clients" in wanted:
        body["clients"] = [_client_body(client, primary=client.primary) for client in draft.clients]
        has_primary = any(client.primary for client in draft.clients)
        body["clients"] += [_client_body(client, primary=client.primary and not has_primary) for client in keep]
    if wanted is None or "closed" in wanted:
        body["state"] = "closed" if draft.closed else "open"
        body["closed_at"] = draft.closed_on if draft.closed else None
    if draft.source_updated_at is not None:
        body["source_updated_at"] = instant_text(draft.source_updated_at)
    if reopen:
        body["reopen"] = True
    return body


_PLAIN_FIELDS = (
    "readable_id",
    "description",
    "practice_area",
    "stage",
    "case_date",
    "attorney_email",
    "additional_attorney_emails",
    "paralegal_emails",
)
"""Fields that have the same name and shape in a draft and in a body."""


def _client_body(client: DraftClient | PortalClient, *, primary: bool) -> dict[str, Any]:
    return {
        "external_id": client.external_id,
        "first_name": client.first_name,
        "last_name": client.last_name,
        "company_name": client.company_name,
        "cell_phone": client.cell_phone,
        "email": client.email,
        "preferred_language": client.preferred_language,
        "primary": primary,
    }


def instant_text(moment: datetime) -> str:
    """RFC 3339 in UTC with ``Z``, as Case Status takes it [assumed: 6.1]."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
