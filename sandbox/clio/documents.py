"""Documents: uploaded in three calls to two hosts [sdk], versioned, trashed and brought back, fetched by redirect."""

import mimetypes
from collections.abc import Sequence
from hashlib import md5
from typing import Any
from uuid import UUID

from sandbox.clio import uploads
from sandbox.clio.answers import Answer, not_found, unprocessable
from sandbox.clio.call import Call
from sandbox.clio.communications import known_matter, moment
from sandbox.clio.fields import Projection
from sandbox.clio.folders import contact_folder, folder, matter_folder, place_of
from sandbox.clio.handlers import Collection, inline, written
from sandbox.clio.listing import Predicate
from sandbox.clio.properties import external_properties
from sandbox.clio.table import Record, instant

_OCTETS = "application/octet-stream"


class Documents(Collection):
    """The documents of a firm."""

    def listed(self, call: Call) -> Sequence[Predicate]:
        """Uncompleted uploads and trashed documents only where they are asked for [sdk]."""
        given = dict(call.params)
        rules = list(super().listed(call))
        if given.get("show_uncompleted") != "true":
            rules.append(lambda record: record["_completed"])
        if given.get("include_deleted") != "true":
            rules.append(lambda record: record["deleted_at"] is None)
        return rules

    def project(self, call: Call) -> Projection:
        """With the signed address of a version that still waits for its bytes, made anew each time [assumed]."""
        cut = super().project(call)
        if "latest_document_version" not in (call.fields or ""):
            return cut
        return lambda firm, record: cut(firm, record | {"_latest": uploads.signed(call, record["_versions"][-1])})

    def create(self, call: Call) -> Answer:
        """POST; with a parent ``Document`` a new version of that one."""
        table, project, data = self.table(call), self.project(call), call.data()
        name = data.get("name")
        if not isinstance(name, str) or not name.strip():
            raise unprocessable("Name can't be blank.")
        parent = data.get("parent")
        if isinstance(parent, dict) and parent.get("type") == "Document":
            record = table.get(parent["id"]) if isinstance(parent.get("id"), int) else None
            if record is None or record["deleted_at"] or not self.visible(call, record):
                raise unprocessable("Parent must exist.")
            _require_unlocked(record)
            versions = [*record["_versions"], _version(call, data, record["id"], len(record["_versions"]) + 1)]
            table.change(record, {"_versions": versions} | _details(call, data, record), call.now)
            return written(call, record, project, 201)
        place = _place(call, parent)
        record_id = table.next_id()
        version = _version(call, data, record_id, 1)
        record = _first(call, name, version) | place | _details(call, data, {})
        return written(call, table.add({"id": record_id} | record, call.now), project, 201)

    def destroy(self, call: Call, record_id: str) -> Answer:
        """DELETE: into the trash [sdk]."""
        record = self.find(call, record_id)
        if record["deleted_at"]:
            raise not_found()
        _require_unlocked(record)
        self.table(call).change(record, {"deleted_at": instant(call.now)}, call.now)
        return Answer(204)

    def download(self, call: Call, record_id: str) -> Answer:
        """GET of the bytes: 303 to a signed address of the storage host; 404 while there are none [assumed]."""
        record = self.find(call, record_id)
        wanted = dict(call.params).get("document_version_id")
        complete = [version for version in record["_versions"] if version["fully_uploaded"]]
        if wanted:
            complete = [version for version in complete if str(version["id"]) == wanted]
        if not complete or record["deleted_at"]:
            raise not_found()
        version = complete[-1]
        address = call.firm.storage.get_address(uploads.host(call), version["uuid"], version["filename"])
        return Answer(303, headers={"Location": address})

    def versions(self, call: Call, record_id: str) -> Answer:
        """GET of a document's versions, oldest first."""
        record = self.find(call, record_id)
        wanted = dict(call.params).get("fully_uploaded")
        versions = [uploads.signed(call, version) for version in record["_versions"]]
        if wanted in {"true", "false"}:
            versions = [version for version in versions if version["fully_uploaded"] == (wanted == "true")]
        return inline(call, versions, "DocumentVersion", {"id": lambda version: (False, version["id"])})


def document_values(call: Call, data: dict[str, Any], record: Record | None) -> Record:
    """A change: finalise (flat ``uuid`` and ``fully_uploaded``), rename, move, restore. Raises Refusal."""
    before = record or {}
    if before["deleted_at"] and not data.get("restore"):
        raise unprocessable("The document is in the trash.")
    _require_unlocked(before)
    values: Record = {"deleted_at": None} if data.get("restore") else {}
    if "name" in data:
        if not isinstance(data["name"], str) or not data["name"].strip():
            raise unprocessable("Name can't be blank.")
        values["name"] = data["name"]
    if "parent" in data:
        values |= _place(call, data["parent"])
    values |= _details(call, data, before)
    if data.get("fully_uploaded") in (True, "true"):
        values |= uploads.finalised(call, data.get("uuid"), before)
    return values


DOCUMENTS = Documents("documents", "Document", ("documents",), values=document_values, matter_key="_matter")


def _require_unlocked(record: Record) -> None:
    """Locked documents cannot be changed [sdk]; 422 [assumed]."""
    if record["locked"]:
        raise unprocessable("The document is locked.")


def _place(call: Call, parent: Any) -> Record:
    """The links that follow from a body's ``parent``. Raises Refusal (422) [assumed]."""
    kind, identity = (parent.get("type"), parent.get("id")) if isinstance(parent, dict) else (None, None)
    if not isinstance(identity, int):
        raise unprocessable("Parent must exist.")
    if kind == "Matter":
        return place_of(matter_folder(known_matter(call, parent)))
    if kind == "Contact" and call.firm.contacts.get(identity) is not None:
        return place_of(contact_folder(identity))
    if kind == "Folder" and folder(call.firm, identity) is not None:
        place = place_of(identity)
        if place["_matter"] not in call.firm.hidden_matters:
            return place
    raise unprocessable("Parent must exist.")


def _details(call: Call, data: dict[str, Any], before: Record) -> Record:
    """What POST and PATCH treat alike."""
    values: Record = {}
    if "received_at" in data:
        received = data["received_at"]
        values["received_at"] = None if received is None else instant(moment("received_at", received))
    if "communication_id" in data:
        target = data["communication_id"]
        if target is not None and call.firm.communications.get(target) is None:
            raise unprocessable("Communication must exist.")
        values["_communication"] = target
    if "external_properties" in data:
        values["_external_properties"] = external_properties(call, data["external_properties"], before)
    return values


def _first(call: Call, name: str, version: Record) -> Record:
    """A document that waits for its bytes."""
    return {
        "name": name,
        "type": "Document",
        "filename": version["filename"],
        "content_type": version["content_type"],
        "size": None,
        "locked": False,
        "received_at": None,
        "deleted_at": None,
        "_creator": call.user_id,
        "_communication": None,
        "_external_properties": [],
        "_versions": [version],
        "_completed": False,
    }


def _version(call: Call, data: dict[str, Any], document_id: int, number: int) -> Record:
    """A version that waits for its bytes; the extension tells the content type unless the body does [sdk]."""
    file_name = str(data.get("filename") or data["name"])
    version_id = call.firm.version_ids + call.firm.number("document version")
    mark = md5(f"{call.firm.slug}/{version_id}".encode(), usedforsecurity=False)
    content_type = data.get("content_type") or mimetypes.guess_type(file_name)[0] or _OCTETS
    return {
        "id": version_id,
        "etag": f'"{version_id:x}"',
        "document_id": document_id,
        "uuid": str(UUID(bytes=mark.digest())),
        "filename": file_name,
        "size": None,
        "content_type": content_type,
        "version_number": number,
        "fully_uploaded": False,
        "received_at": None,
        "created_at": instant(call.now),
        "updated_at": instant(call.now),
        "_creator": call.user_id,
        "_sha256": None,
    }
