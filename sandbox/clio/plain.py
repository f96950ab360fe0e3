"""What is filed in a firm's Clio as plain JSON, for assertions: links as ids, nothing cut down, hidden or refused."""

from dataclasses import asdict
from typing import Any

from sandbox.clio.firm import ClioFirm
from sandbox.clio.storage import Storage
from sandbox.clio.table import Record


def communications(firm: ClioFirm, matter_id: int | None = None) -> list[dict[str, Any]]:
    """The logged communications, of one matter or all, oldest first."""
    return [_communication(record) for record in firm.communications.every() if matter_id in {None, record["_matter"]}]


def documents(firm: ClioFirm, matter_id: int | None = None) -> list[dict[str, Any]]:
    """The documents, of one matter or all, oldest first; trashed ones and those without bytes included."""
    return [_document(record) for record in firm.documents.every() if matter_id in {None, record["_matter"]}]


def stored(storage: Storage) -> list[dict[str, Any]]:
    """What lies on the storage host, with or without a document that was ever marked as complete."""
    kept = ({"uuid": uuid} | asdict(item) for uuid, item in storage.objects.items())
    return [item | {"content": item["content"] is not None} for item in kept]


def _communication(record: Record) -> dict[str, Any]:
    names = ("id", "type", "subject", "body", "date", "received_at", "created_at", "updated_at")
    return {name: record[name] for name in names} | {
        "matter_id": record["_matter"],
        "user_id": record["_user"],
        "senders": [{"type": kind, "id": identity} for kind, identity in record["_senders"]],
        "receivers": [{"type": kind, "id": identity} for kind, identity in record["_receivers"]],
        "external_properties": _properties(record),
    }


def _document(record: Record) -> dict[str, Any]:
    """Size and digest are those of the newest version that is complete."""
    names = ("id", "name", "filename", "content_type", "size", "locked", "received_at", "created_at", "updated_at")
    complete = [version for version in record["_versions"] if version["fully_uploaded"]]
    return {name: record[name] for name in names} | {
        "matter_id": record["_matter"],
        "contact_id": record["_contact"],
        "parent_id": record["_parent"],
        "communication_id": record["_communication"],
        "sha256": complete[-1]["_sha256"] if complete else None,
        "fully_uploaded": record["_completed"],
        "deleted": record["deleted_at"] is not None,
        "versions": [
            {name: version[name] for name in ("id", "uuid", "version_number", "size", "fully_uploaded")}
            for version in record["_versions"]
        ],
        "external_properties": _properties(record),
    }


def _properties(record: Record) -> list[dict[str, str]]:
    return [{"name": kept["name"], "value": kept["value"]} for kept in record["_external_properties"]]
