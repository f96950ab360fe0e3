"""Handlers of cases, their staff and contacts, and the picklists."""

from collections.abc import Sequence
from typing import Any

from sandbox.answers import Answer
from sandbox.smartadvocate import picklists
from sandbox.smartadvocate.answers import bad_field, json_answer, not_found
from sandbox.smartadvocate.call import Call
from sandbox.smartadvocate.paging import Window, page_of_query
from sandbox.smartadvocate.records import Case
from sandbox.smartadvocate.rendering import case_json, case_summaries, contact_json, party_rows, staff_json

_WILDCARD = "%"


def case_info(call: Call) -> Answer:
    """GET case/CaseInfo: cases by number, always an array; a trailing ``%`` is a wildcard [doc]."""
    number = call.text("Casenumber")
    if number.endswith(_WILDCARD):
        found = call.firm.cases_beginning(number.removesuffix(_WILDCARD))
    else:
        found = call.firm.cases_numbered(number)
    rows = [_whole(call, case) for case in call.seen(found)]
    return array(call, rows, "Case")


def one_case(call: Call) -> Answer:
    """GET case/{id} [seen]."""
    return json_answer(_whole(call, call.case()))


def by_date(call: Call) -> Answer:
    """POST case/byDatePaged [assumed]: open and closed cases by modified date."""
    window, firm = Window.of_body(call.body), call.firm
    chosen: set[int] | None = None
    if window.numbers:
        chosen = {case_id for number in window.numbers for case_id in firm.cases_numbered(number)}
    ids = window.select(
        firm.cases.between(window.low, window.high),
        lambda case_id: firm.sees(call.user, case_id) and (chosen is None or case_id in chosen),
    )
    rows = _rows(call, window.page.of(ids))
    return window.page.answer("cases", rows, len(ids), firm.switches.envelope)


def active_cases(call: Call) -> Answer:
    """GET case/ActiveCases [assumed]: open cases by id."""
    page, firm = page_of_query(call), call.firm
    ids = [case_id for case_id in firm.cases.ids() if firm.sees(call.user, case_id) and firm.is_open(case_id)]
    return page.answer("cases", _rows(call, page.of(ids)), len(ids), firm.switches.list_envelope)


def staff_by_number(call: Call) -> Answer:
    """GET case/staff/byCaseNumber [seen]."""
    cases = call.seen(call.firm.cases_numbered(call.text("CaseNumber")))
    return array(call, [staff_json(call.firm, row) for case in cases for row in case.staff], "Staff")


def staff_of_case(call: Call) -> Answer:
    """GET case/{id}/staff [assumed]."""
    return array(call, [staff_json(call.firm, row) for row in call.case().staff], "Staff")


def contacts_of_case(call: Call) -> Answer:
    """GET case/{id}/contacts [seen; shape assumed]."""
    return json_answer(party_rows(call.firm, call.case()))


def contact(call: Call) -> Answer:
    """GET contact/{id} [assumed]: by the contact's own id or its unique contact id."""
    return _contact(call, call.numbers[0])


def contact_info(call: Call) -> Answer:
    """GET contact/ContactInfo?ContactID= [assumed]."""
    return _contact(call, call.number("ContactID"))


def contact_types(call: Call) -> Answer:
    """GET contact/ContactTypes?ContactCtg=1|2 [seen]."""
    category = call.number("ContactCtg")
    if category not in picklists.CONTACT_TYPES:
        raise bad_field("ContactCtg", f"The value '{category}' is not valid.")
    return json_answer(picklists.listed(dict(enumerate(picklists.CONTACT_TYPES[category], start=category))))


def case_groups(call: Call) -> Answer:
    """GET case/CaseGroup [seen; item shape assumed]."""
    return json_answer(call.firm.lists.groups())


def case_types(call: Call) -> Answer:
    """GET case/CaseTypes?CaseGroupID= [assumed]: the types of one group."""
    return json_answer(call.firm.lists.types(call.number("CaseGroupID")))


def statuses(call: Call) -> Answer:
    """GET case/statuses?CaseTypeID= [assumed]."""
    return json_answer(call.firm.lists.statuses(call.number("CaseTypeID")))


def note_types(call: Call) -> Answer:
    """GET case/notes/types [assumed]."""
    return json_answer(call.firm.note_types.rows())


def document_categories(call: Call) -> Answer:
    """GET case/documents/categories [assumed]."""
    return json_answer(call.firm.document_categories.rows())


def array(call: Call, rows: list[Any], what: str) -> Answer:
    """A plain array; an empty one may be a 404 [seen]. Raises Refusal."""
    if not rows and call.firm.switches.none_is_404:
        raise not_found(what)
    return json_answer(rows)


def _rows(call: Call, case_ids: Sequence[int]) -> list[dict[str, Any]]:
    if call.firm.switches.full_rows:
        return [case_json(call.firm, case, contacts=False) for case in call.seen(case_ids)]
    return case_summaries(call.firm, case_ids)


def _whole(call: Call, case: Case) -> dict[str, Any]:
    return case_json(call.firm, case, contacts=call.flag("AddContactInfo"))


def _contact(call: Call, identity: int) -> Answer:
    found = call.firm.contact_with(identity)
    if found is None:
        raise not_found("Contact")
    return json_answer(contact_json(call.firm, found))
