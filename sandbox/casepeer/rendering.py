"""Records as the API answers them: the shapes of 6.4 of the vendor's notes [assumed]."""

from datetime import timedelta
from html import escape
from typing import Any

from sandbox.casepeer.firm import FirmRecords
from sandbox.casepeer.records import ROLES, Case, Document, Message, Note, Person

_TWO_YEARS = timedelta(days=730)


def case_name(firm: FirmRecords, case: Case) -> str:
    """``Last, First +1 - DOL 08/19/2030``: companions and the loss date; not a key [seen]."""
    companions = f" +{len(case.linked_cases)}" if case.linked_cases else ""
    return f"{firm.client_of(case).listed_name}{companions} - DOL {case.incident:%m/%d/%Y}"


def case_json(firm: FirmRecords, case: Case) -> dict[str, Any]:
    """A case, whole in lists too."""
    stamps = firm.stamps
    return {
        "id": case.id,
        "_casename": case_name(firm, case),
        "firm_file_number": case.file_number,
        "casetype": case.case_type,
        "casestatus": firm.statuses.name(case.status),
        "is_open": firm.is_open(case),
        "closed_date": stamps.day(case.closed),
        "doi": stamps.day(case.incident),
        "retainref_date": stamps.day(case.retained),
        "statutedate": stamps.day(case.incident + _TWO_YEARS),
        "last_touched": stamps.day(case.last_touched),
        "language": case.language,
        "description": case.description,
        "linked_cases": case.linked_cases,
        "client": _client(firm, case),
        "team": {role: _member(firm, case.team.get(role)) for role in ROLES},
        "case_status": _link(firm, case),
        "version": case.version,
        "updated_at": stamps.instant(case.updated),
    }


def own_case_json(firm: FirmRecords, case: Case) -> dict[str, Any]:
    """A row of ``case/my/`` [seen]: the primary contact is a name."""
    contact = case.team.get("primary_contact")
    return {
        "id": case.id,
        "_casename": case_name(firm, case),
        "casestatus": firm.statuses.name(case.status),
        "casetype": case.case_type,
        "primary_contact": firm.people[contact].name if contact else "",
        "doi": firm.stamps.day(case.incident),
    }


def found_case_json(firm: FirmRecords, case: Case) -> dict[str, Any]:
    """A row of ``case/case-search/``: the id and a display name [seen]."""
    return {"id": case.id, "_casename": case_name(firm, case)}


def person_json(person: Person) -> dict[str, Any]:
    """A user of the firm [assumed]: as in a team, with what they are."""
    member = {"id": person.id, "name": person.name, "email": person.email}
    return member | {"title": person.title, "is_active": person.active}


def note_json(firm: FirmRecords, note: Note) -> dict[str, Any]:
    """A note; what was typed as plain text may be HTML when it is read [seen]."""
    text = note.text
    if firm.switches.notes_as_html and note.id in firm.notes.added:
        text = f"<p>{escape(text, quote=False).replace(chr(10), '<br>')}</p>"
    return {
        "id": note.id,
        "case_id": note.case_id,
        "category": note.category,
        "note": text,
        "createdby": note.author,
        "created": firm.stamps.instant(note.created),
        "external_ref": note.external_ref,
    }


def message_json(firm: FirmRecords, message: Message) -> dict[str, Any]:
    """A message of the outbox; it is sent as whoever is lead attorney now [seed], null when nobody is."""
    lead = firm.cases.get(message.case_id)
    attorney = lead.team.get("lead_attorney") if lead else None
    shown = {
        "id": message.id,
        "case_id": message.case_id,
        "message": message.text,
        "author_id": message.author_id,
        "send_as": firm.people[attorney].email if attorney else None,
        "state": message.state,
        "created": firm.stamps.instant(message.created),
    }
    settled = {"remote_id": message.remote_id, "error": message.error}
    return shown | {name: value for name, value in settled.items() if value is not None}


def document_json(firm: FirmRecords, document: Document) -> dict[str, Any]:
    """A row of the documents of a case; a folder has no file."""
    address = f"/api/v1/case/case-documents/{document.case_id}/{document.id}/download/"
    extension = document.name.rpartition(".")[2].lower() if "." in document.name else ""
    return {
        "id": document.id,
        "docname": document.name,
        "file_type": "Folder" if document.folder else extension,
        "folder_id": document.folder_id,
        "category": document.category,
        "size": None if document.folder else document.size,
        "sha256": None if document.folder else document.sha256,
        "docfile": None if document.folder else address,
        "created": firm.stamps.instant(document.created),
    }


def _client(firm: FirmRecords, case: Case) -> dict[str, Any]:
    client = firm.client_of(case)
    return {
        "id": client.id,
        "firstname": client.first_name,
        "lastname": client.last_name,
        "email": client.email,
        "phones": [{"type": phone.kind, "number": phone.number} for phone in client.phones],
    }


def _member(firm: FirmRecords, user_id: int | None) -> dict[str, Any] | None:
    if user_id is None:
        return None
    person = firm.people[user_id]
    return {"id": person.id, "name": person.name, "email": person.email}


def _link(firm: FirmRecords, case: Case) -> dict[str, Any]:
    link, stamps = case.link, firm.stamps
    return {
        "connected": link is not None,
        "external_id": link.external_id if link else None,
        "connected_at": stamps.instant(link.connected_at) if link else None,
        "last_synced_at": stamps.instant(link.synced_at) if link else None,
    }
