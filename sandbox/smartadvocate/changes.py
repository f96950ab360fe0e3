"""What the firm's people, and the API on behalf of its users, do to the records."""

import hashlib
from dataclasses import replace
from datetime import date
from typing import Any

from sandbox.smartadvocate.firm import FirmRecords
from sandbox.smartadvocate.picklists import CASE_DOCUMENTS, CLOSED, PLAINTIFF
from sandbox.smartadvocate.records import Case, Contact, Document, Incident, Note, Phone, StaffRow, SubStatus
from sandbox.smartadvocate.records import Email as EmailAddress
from sandbox.smartadvocate.seeds import as_stored
from sandbox.smartadvocate.stamps import Stamps

_MINUTE = 60_000
_UTC = Stamps("UTC", local=False)


class SmartAdvocateFirm(FirmRecords):
    """One firm. ``at`` is unix seconds; None is the sandbox's now.

    What moves a case's modified date beside the change itself is up to the switches.
    """

    def write_note(
        self,
        case_id: int,
        text: str,
        *,
        kind: str = PLAINTIFF,
        shared: bool = True,
        user_id: int | None = None,
        subject: str = "",
        at: float | None = None,
    ) -> Note:
        """Somebody of the firm (default: the case's first staff member) writes a note in SmartAdvocate itself."""
        case = self._case_there(case_id)
        if user_id is None:
            user_id = case.staff[0].user_id if case.staff else self.seed.users[0].id
        login, written = self.user_by_id(user_id), self.milliseconds(at)
        person = None if login else self.seeds.user(user_id)
        note = Note(
            id=self.notes.next_id(),
            case_id=case_id,
            type_id=self.note_types.id_of(kind),
            text=text,
            user_id=user_id,
            author=login.display_name if login else f"{person.last_name}, {person.first_name}" if person else "",
            author_contact_id=1_000_000 + user_id if login else self.seeds.staff_contact_id(user_id),
            noted=written // _MINUTE * _MINUTE,
            created=written,
            subject=subject,
            shared=shared,
        )
        return self.keep_note(note)

    def keep_note(self, note: Note) -> Note:
        """Take in a new note: the case moves, and it is announced."""
        self.notes.add(note)
        self._touch(note.case_id, note.created, moves=self.switches.note_moves_case)
        self._announce("note.created", note, note.created)
        return note

    def edit_note(self, note_id: int, *, at: float | None = None, **values: Any) -> Note:
        """Change fields of a note: ``shared=True`` (ticked later), ``text="..."``, ``kind="Plaintiff"``.

        ``createdDate`` stays, ``modifiedDate`` is set. Raises KeyError, or AttributeError for an unknown field.
        """
        note = self.notes.get(note_id)
        if note is None:
            raise KeyError(note_id)
        if "kind" in values:
            values["type_id"] = self.note_types.id_of(values.pop("kind"))
        changed = self.milliseconds(at)
        self.notes.change(note, modified=changed, **values)
        self._touch(note.case_id, changed, moves=self.switches.note_moves_case)
        self._announce("note.updated", note, changed)
        return note

    def share_note(self, note_id: int, *, shared: bool = True, at: float | None = None) -> Note:
        """Tick or untick 'Shared in Client Portal' on a note, however old."""
        return self.edit_note(note_id, at=at, shared=shared)

    def file_document(
        self, case_id: int, name: str, content: bytes, *, category: str = CASE_DOCUMENTS, at: float | None = None
    ) -> Document:
        """Somebody of the firm attaches a document in SmartAdvocate itself."""
        case, filed = self._case_there(case_id), self.milliseconds(at)
        document = Document(
            id=self.documents.next_id(),
            number=len(self.documents.of_case(case_id)) + 1,
            case_id=case_id,
            name=name,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            content=content,
            category_id=self.document_categories.id_of(category),
            created=filed,
            user_id=case.staff[0].user_id if case.staff else self.seed.users[0].id,
            dated=filed // _MINUTE * _MINUTE,
        )
        return self.keep_document(document)

    def keep_document(self, document: Document) -> Document:
        """Take in a new document."""
        self.documents.add(document)
        self._touch(document.case_id, document.created, moves=self.switches.document_moves_case)
        return document

    def update_document(self, document_id: int, *, at: float | None = None, **values: Any) -> Document:
        """Change fields of a document: ``deleted=True``, ``name="x.pdf"``, ``shared=True``. Raises KeyError."""
        document = self.documents.get(document_id)
        if document is None:
            raise KeyError(document_id)
        changed = self.milliseconds(at)
        self.documents.change(document, modified=changed, **values)
        self._touch(document.case_id, changed, moves=self.switches.document_moves_case)
        return document

    def update_case(self, case_id: int, *, at: float | None = None, **values: Any) -> Case:
        """Change a case in SmartAdvocate itself; ``CASE_VALUES`` of this module are what there is to change.

        ``update_case(7, status="Demand")``, ``update_case(7, closed=True)``, ``update_case(7, staff=[(user_id,
        "Primary Attorney")])``. Raises KeyError for an unknown case, ValueError for an unknown value.
        """
        case, changed = self._case_there(case_id), self.milliseconds(at)
        fields: dict[str, Any] = {}
        for name, value in values.items():
            if name not in CASE_VALUES:
                message = f"A case has no {name!r} to change; there are {', '.join(CASE_VALUES)}."
                raise ValueError(message)
            fields |= self._case_fields(case, name, value, changed)
        if "number" in fields:
            self.note_number(case_id, fields["number"])
        self.cases.change(case, **fields)
        switches = self.switches
        moving = {switches.staff_moves_case if name == "staff" else switches.status_moves_case for name in values}
        self._touch(case_id, changed, moves=any(moving))
        return case

    def add_case(self, like: int, *, number: str | None = None, at: float | None = None) -> Case:
        """A new case that is like another one, without its notes and documents."""
        made = self._case_there(like)
        values = {name: getattr(made, name) for name in Case.__slots__}
        created, case_id = self.milliseconds(at), self.cases.next_id()
        values |= {"id": case_id, "number": number or f"N-{case_id % 1_000_000:06d}"}
        values |= {"created": created, "modified": created, "status_since": created}
        case = self.cases.add(Case(**values))
        self.note_number(case.id, case.number)
        return case

    def update_contact(self, contact_id: int, *, at: float | None = None, **values: Any) -> Contact:
        """Change a contact, by either of its ids: ``first_name``, ``last_name``, ``name``, ``phones``, ``emails``.

        Phones are ``[{"label": "Cell", "number": "...", "primary": true, "texting": true}]``, e-mails addresses of
        which the first is primary. Raises KeyError, or AttributeError for an unknown field.
        """
        contact = self.contact_with(contact_id)
        if contact is None:
            raise KeyError(contact_id)
        changed = self.milliseconds(at)
        if "phones" in values:
            rows = [row | {"number": as_stored(row["number"])} for row in values["phones"]]
            values["phones"] = [Phone(**row) for row in rows]
        if "emails" in values:
            values["emails"] = [EmailAddress(text, primary=place == 0) for place, text in enumerate(values["emails"])]
        self.contacts.change(contact, modified=changed, **values)
        if self.switches.contact_moves_case:
            index = contact.id - self.contacts.ids()[0]
            if index < self.seed.size:
                self._touch(self.seed.first_matter_id + index, changed, moves=True)
        return contact

    def _case_fields(self, case: Case, name: str, value: Any, now: int) -> dict[str, Any]:
        """The fields of a case that follow from one value to change."""
        incident = case.incident or Incident(case.opened, "")
        match name:
            case "status":
                fields = self._status(case, value, now)
            case "closed":
                status = CLOSED if value else self.lists.area(case.type_id).stages[0].name
                fields = self._status(case, status, now) | {"closed": _day_of(now) if value else None}
            case "type":
                area = self.lists.area_named(value)
                fields = {"type": value} | ({"type_id": area.id} if area else {})
            case "description":
                fields = {"incident": None if value is None else replace(incident, facts=value)}
            case "incident_date":
                fields = {"incident": replace(incident, day=None if value is None else date.fromisoformat(value))}
            case "opened":
                fields = {"opened": date.fromisoformat(value)}
            case "staff":
                fields = {"staff": [self._staff_row(row) for row in value]}
            case "sub_statuses":
                rows = [SubStatus(301 + place, kind, text, now) for place, (kind, text) in enumerate(value.items())]
                fields = {"sub_statuses": rows}
            case _:
                fields = {name: value}
        return fields

    def _status(self, case: Case, status: str | None, now: int) -> dict[str, Any]:
        identity = self.lists.status_id(status, case.type_id) if status else 0
        return {"status": status, "status_id": identity, "status_since": now}

    def _staff_row(self, given: Any) -> StaffRow:
        """A row from ``(user_id, role)``, ``{"user_id": ..., "role": ...}``, or from all of its fields."""
        wanted = dict(given) if isinstance(given, dict) else dict(zip(("user_id", "role"), given, strict=True))
        if "email" in wanted:
            return StaffRow(**({"user_id": 0, "first_name": "", "last_name": "", "role": ""} | wanted))
        row = self.seeds.staff_row(wanted["user_id"], wanted["role"])
        row.to_date = wanted.get("to_date")
        return row

    def _case_there(self, case_id: int) -> Case:
        case = self.cases.get(case_id)
        if case is None:
            raise KeyError(case_id)
        return case

    def _touch(self, case_id: int, now: int, *, moves: bool) -> None:
        case = self.cases.get(case_id)
        if case is not None and moves:
            self.cases.change(case, modified=now)

    def _announce(self, event: str, note: Note, now: int) -> None:
        case = self.cases.get(note.case_id)
        number = case.number if case else ""
        told = {"event": event, "caseID": note.case_id, "caseNumber": number, "noteID": note.id}
        self.pusher.push(told | {"occurredAt": _UTC.instant(now)})


CASE_VALUES = (
    *("status", "closed", "type", "number", "name", "description", "incident_date", "opened", "staff", "sub_statuses"),
)
"""What :meth:`SmartAdvocateFirm.update_case` takes: days as ISO text, ``sub_statuses`` as ``{type name: value}``."""


def _day_of(milliseconds: int) -> date:
    return date.fromisoformat((_UTC.instant(milliseconds) or "")[:10])
