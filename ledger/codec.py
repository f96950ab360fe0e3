"""Cases, portal cases and clients as JSON text and back, and the digest that tells whether anything changed."""

from hashlib import blake2b
from typing import Any

import orjson
from pydantic import TypeAdapter

from domain.case import Case, Client
from domain.outcome import Change, Defect
from domain.portal import PortalCase
from ledger.columns import storable

_case = TypeAdapter(Case)
_client = TypeAdapter(Client)
_portal_case = TypeAdapter(PortalCase)
_defects = TypeAdapter(tuple[Defect, ...])
_changes = TypeAdapter(tuple[Change, ...])


def encode(value: Any) -> tuple[str, str]:
    """The JSON text of a domain object and its digest (32 hexadecimal digits); equal objects have equal digests."""
    try:
        body = orjson.dumps(value)
    except TypeError:
        # Vendors cut texts in the middle of an emoji; the half that is left is no valid text.
        body = orjson.dumps(_repaired(TypeAdapter(type(value)).dump_python(value)))
    return body.decode(), blake2b(body, digest_size=16).hexdigest()


def to_case(body: str) -> Case:
    """The case of a JSON text made by :func:`encode`."""
    return _case.validate_json(body)


def to_portal_case(body: str) -> PortalCase:
    """The portal case of a JSON text made by :func:`encode`."""
    return _portal_case.validate_json(body)


def clients_of(body: str) -> list[Client]:
    """Only the clients of a case's JSON text; much cheaper than the whole case."""
    return [_client.validate_python(client) for client in orjson.loads(body)["clients"]]


def plain(values: Any) -> Any:
    """Defects, changes, warnings as JSON lists; None when there are none."""
    if not values:
        return None
    return [_repaired(value if isinstance(value, str) else _as_dict(value)) for value in values]


def to_defects(values: Any) -> tuple[Defect, ...]:
    """The defects of :func:`plain`."""
    return _defects.validate_python(values) if values else ()


def to_changes(values: Any) -> tuple[Change, ...]:
    """The changes of :func:`plain`."""
    return _changes.validate_python(values) if values else ()


def _as_dict(value: Defect | Change) -> dict[str, str]:
    return {name: getattr(value, name) for name in value.__slots__}


def _repaired(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {key: _repaired(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_repaired(item) for item in value]
    return value
