"""By which fields each of Clio's lists may be ordered [sdk]."""

from typing import TYPE_CHECKING

from sandbox.clio.listing import SortKey
from sandbox.clio.table import Record

if TYPE_CHECKING:
    from sandbox.clio.firm import ClioFirm


def _field(key: str) -> SortKey:
    def key_of(record: Record) -> tuple[bool, object]:
        value = record.get(key)
        return value is None, "" if value is None else value

    return key_of


def _linked(firm: "ClioFirm", table: str, link: str, key: str = "name") -> SortKey:
    """By the name of a linked record."""

    def key_of(record: Record) -> tuple[bool, object]:
        target = record.get(link)
        found = None if target is None else firm.tables[table].get(target)
        return found is None, "" if found is None else found[key]

    return key_of


def orders(firm: "ClioFirm", collection: str) -> dict[str, SortKey]:
    """Field name → sort key for the lists of ``collection``."""
    plain = {
        "matters": "id display_number custom_number open_date close_date pending_date matter_stage_updated_at "
        "created_at updated_at clients grants statute_of_limitations.due_at",
        "contacts": "id name shared_at",
        "users": "id name enabled first_name last_name initials subscription_type",
        "practice_areas": "id name category code",
        "communications": "id date received_at",
        "documents": "id name created_at updated_at received_at",
    }.get(collection, "id")
    keys = {name: _field(name) for name in plain.split()}
    if collection == "matters":
        keys |= {
            "client.name": _linked(firm, "contacts", "client_id"),
            "practice_area.name": _linked(firm, "practice_areas", "_practice_area"),
            "matter_stage.name": _linked(firm, "matter_stages", "_matter_stage"),
            "responsible_attorney.name": _linked(firm, "users", "_responsible_attorney"),
            "originating_attorney.name": _linked(firm, "users", "_originating_attorney"),
        }
    if collection == "communications":
        keys["matter"] = _linked(firm, "matters", "_matter", "display_number")
    if collection == "documents":
        keys["document_number"] = keys["id"]
    return keys
