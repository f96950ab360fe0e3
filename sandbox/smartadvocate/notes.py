"""Handlers of notes."""

from html import unescape
from re import sub
from typing import Any

from sandbox.answers import Answer
from sandbox.smartadvocate.accounts import INSERT_NOTE
from sandbox.smartadvocate.answers import bad_field, json_answer, not_found
from sandbox.smartadvocate.call import Call, fields_of, instant, whole_number
from sandbox.smartadvocate.cases import array
from sandbox.smartadvocate.paging import Window
from sandbox.smartadvocate.records import PERSON, Note, unique_contact_id
from sandbox.smartadvocate.rendering import note_json

_MINUTE = 60_000


def notes_by_number(call: Call) -> Answer:
    """GET case/notes/byCaseNumber [doc]."""
    cases = call.seen(call.firm.cases_numbered(call.text("CaseNumber")))
    return array(call, [note_json(call.firm, note) for case in cases for note in call.firm.notes_of(case.id)], "Notes")


def notes_of_case(call: Call) -> Answer:
    """GET case/{id}/notes [doc]: newest first, unpaged."""
    return array(call, [note_json(call.firm, note) for note in call.firm.notes_of(call.case().id)], "Notes")


def one_note(call: Call) -> Answer:
    """GET case/note/{id} [assumed]."""
    note = call.firm.notes.get(call.numbers[0])
    if note is None:
        raise not_found("Note")
    call.require_sight(note.case_id)
    return json_answer(note_json(call.firm, note))


def notes_by_date(call: Call) -> Answer:
    """POST case/notes/byDatePaged [assumed], behind the switch ``notes_by_date``: notes made or edited in a window."""
    firm = call.firm
    if not firm.switches.notes_by_date:
        raise not_found()
    window = Window.of_body(call.body)
    chosen = {case_id for number in window.numbers for case_id in firm.cases_numbered(number)}

    def wanted(note_id: int) -> bool:
        note = firm.notes.get(note_id)
        return note is not None and firm.sees(call.user, note.case_id) and (not chosen or note.case_id in chosen)

    ids = window.select(firm.notes.between(window.low, window.high), wanted)
    found = (firm.notes.get(note_id) for note_id in window.page.of(ids))
    rows = [note_json(firm, note) for note in found if note]
    return window.page.answer("notes", rows, len(ids), firm.switches.envelope)


def insert_note(call: Call) -> Answer:
    """POST case/{id}/notes: Insert Note [doc that there is one, shape assumed]."""
    case = call.case()
    call.require_right(INSERT_NOTE)
    fields, firm, user = fields_of(call.body), call.firm, call.user
    if whole_number("caseID", fields.get("caseid", case.id)) != case.id:
        raise bad_field("caseID", "The case of the body is not that of the address.")
    type_id = whole_number("noteTypeID", fields.get("notetypeid"))
    if type_id not in firm.note_types.names:
        raise bad_field("noteTypeID", f"There is no note type {type_id}.")
    text = _text("noteText", fields.get("notetext"))
    if not unescape(sub(r"<[^>]*>", "", text)).strip():
        raise bad_field("noteText", "The noteText field is required.")
    created = firm.milliseconds()
    noted = instant("noteDate", fields["notedate"]) if fields.get("notedate") else created
    note = Note(
        id=firm.notes.next_id(),
        case_id=case.id,
        type_id=type_id,
        text=text,
        user_id=user.id,
        author=user.display_name,
        author_contact_id=unique_contact_id(PERSON, user.id),
        noted=noted // _MINUTE * _MINUTE,
        created=created,
        subject=_text("subject", fields.get("subject")),
        priority=_text("priority", fields.get("priority")) or "Normal",
        shared=_flag("isSharedinCP", fields.get("issharedincp")),
        shared_with_all=_flag("isSharedWithAll", fields.get("issharedwithall")),
    )
    return _inserted(call, firm.keep_note(note))


def _inserted(call: Call, note: Note) -> Answer:
    match call.firm.switches.insert_answer:
        case "id":
            return json_answer(note.id)
        case "object":
            return json_answer({"noteID": note.id})
    return json_answer(note_json(call.firm, note))


def _text(name: str, value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise bad_field(name, f"The JSON value could not be converted to a text: {value!r}.")
    return value or ""


def _flag(name: str, value: Any) -> bool:
    if value is not None and not isinstance(value, bool):
        raise bad_field(name, f"The JSON value could not be converted to true or false: {value!r}.")
    return bool(value)
