"""Handlers of notes."""

from functools import partial

from sandbox.answers import Answer
from sandbox.casepeer.answers import invalid, json_answer
from sandbox.casepeer.call import Call, text_of
from sandbox.casepeer.filings import CATEGORIES
from sandbox.casepeer.firm import END_OF_TIME
from sandbox.casepeer.paging import paged
from sandbox.casepeer.records import Note
from sandbox.casepeer.rendering import case_name, note_json

LONGEST_NOTE, LONGEST_REF = 10_000, 100
_PARTNER = "Case Status"


def notes_of_case(call: Call) -> Answer:
    """GET case/{id}/notes/?external_ref= [assumed]."""
    return paged(call, _wanted(call, call.firm.notes.of_case(call.case().id)), partial(note_json, call.firm))


def notes_of_firm(call: Call) -> Answer:
    """GET case/notes/?external_ref= [seen]: of every case, which is named in each row."""
    firm = call.firm

    def row(note_id: int) -> dict[str, object]:
        note = firm.notes.get(note_id)
        assert note is not None
        return note_json(firm, note) | {"casename": case_name(firm, firm.case_there(note.case_id))}

    if "external_ref" in call.query:
        return paged(call, [note.id for note in _wanted(call, firm.notes.new())], row)
    return paged(call, firm.notes.between(0, END_OF_TIME), row)


def add_note(call: Call) -> Answer:
    """POST case/{id}/notes/ [assumed]: plain text; 201 with the note. Raises Refusal (400)."""
    case, fields = call.case(), call.fields()
    text = text_of(fields, "note", longest=LONGEST_NOTE)
    category = text_of(fields, "category", longest=LONGEST_REF, default=CATEGORIES[0])
    if category not in CATEGORIES:
        raise invalid("category", f'"{category}" is not a valid choice.')
    person = call.firm.people.get(call.key.user_id or 0)
    note = call.firm.write_note(
        case.id,
        text,
        category=category,
        author=person.name if person else _PARTNER,
        external_ref=text_of(fields, "external_ref", longest=LONGEST_REF, default=""),
    )
    return json_answer(note_json(call.firm, note), 201)


def _wanted(call: Call, notes: list[Note]) -> list[Note]:
    """With ``external_ref`` those that were written under it, however many [assumed]."""
    if "external_ref" not in call.query:
        return notes
    return [note for note in notes if note.external_ref == call.query["external_ref"]]
