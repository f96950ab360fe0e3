"""Cases over HTTP: upsert, create, list, read, change, and everything that moves a case through its life."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.casestatus import lifecycle
from sandbox.casestatus.answers import Answer, json_answer
from sandbox.casestatus.call import Call
from sandbox.casestatus.firm import Firm
from sandbox.casestatus.instants import optional_text
from sandbox.casestatus.judging import find_stage
from sandbox.casestatus.listing import cursor_list
from sandbox.casestatus.membership import add_client, change_client, remove_client
from sandbox.casestatus.records import Case, State
from sandbox.casestatus.refusals import Entry, Refusal, refuse
from sandbox.casestatus.rendering import case_fragment, client_json, written_json
from sandbox.casestatus.schema import (
    CaseFields,
    case_fields,
    client,
    closing,
    flag_on,
    instant,
    read,
)
from sandbox.casestatus.schema import optional_text as text_or_null
from sandbox.casestatus.writing import Written

STATES = ("open", *State)
"""Words of the ``state`` filter; ``open`` means all but closed."""
FILTERS = frozenset({"integration_id", "source", "state", "practice_area", "stage"})


def upsert(call: Call) -> Answer:
    """``PUT /cases/by_integration_id/{integration_id}``; the query's source wins over the body's."""
    fields = case_fields(call.body)
    written = call.writer.upsert(_source(call, fields), call.arguments["integration_id"], fields)
    return _answer(written, 201 if written.result == "created" else 200)


def create(call: Call) -> Answer:
    """``POST /cases``."""
    fields = case_fields(call.body)
    written = call.writer.create(_source(call, fields), fields.get("integration_id") or None, fields)
    return _answer(written, 201)


def listed(call: Call) -> Answer:
    """``GET /cases``."""
    call.word("state", STATES)
    wanted = call.query.get("integration_id")
    accept = _filter(call.query)
    if wanted is None:
        return cursor_list(call, call.firm.cases.after, case_fragment, accept)
    found = call.firm.cases_with_integration_id(wanted)
    return cursor_list(
        call, lambda at: [case for case in found if (case.updated_at, case.id) > at], case_fragment, accept
    )


def read_one(call: Call) -> Answer:
    """``GET /cases/{id}``."""
    case = call.case()
    return json_answer(case_fragment(case), headers={"etag": case.etag})


def change(call: Call) -> Answer:
    """``PATCH /cases/{id}``, with If-Match when the caller wants to be sure."""
    case = call.case()
    expected = call.headers.get(b"if-match")
    if expected is not None and expected.decode("latin-1") not in ("*", case.etag):
        message = "The case has changed since it was read."
        raise refuse(412, "stale_version", message, headers={"etag": case.etag}, current_etag=case.etag)
    return _answer(call.writer.update(case, case_fields(call.body)))


def set_stage(call: Call) -> Answer:
    """``POST /cases/{id}/stage``; ``effective_at`` is checked and otherwise without effect."""
    case = call.case()
    given = read({"stage": text_or_null, "notify_client": flag_on, "effective_at": instant}, call.body)
    defects: list[Entry] = []
    name = given.get("stage")
    if not name or not name.strip():
        defects.append(Entry("stage_required", "A stage must be given.", "stage"))
    else:
        find_stage(call.firm, case.practice_area, name, defects)
    if defects:
        raise Refusal(422, *defects)
    fields: CaseFields = {"stage": name, "notify_client": given.get("notify_client", True)}
    return _answer(call.writer.update(case, fields))


def close(call: Call) -> Answer:
    """``POST /cases/{id}/close``; a closed case stays as it is."""
    given = read({"closed_at": closing, "reason": text_or_null, "notify_client": flag_on}, call.body)
    at = given.get("closed_at")
    closed_at = at.instant if at else call.now
    notify = given.get("notify_client", True)
    return _moved(call, lambda firm, case: lifecycle.close(firm, case, closed_at, notify=notify))


def reopen(call: Call) -> Answer:
    """``POST /cases/{id}/reopen``."""
    return _moved(call, lambda _, case: lifecycle.reopen(case))


def hold(call: Call) -> Answer:
    """``POST /cases/{id}/hold``."""
    return _moved(call, lambda _, case: lifecycle.hold(case))


def resume(call: Call) -> Answer:
    """``POST /cases/{id}/resume``."""
    return _moved(call, lambda _, case: lifecycle.resume(case))


def activate(call: Call) -> Answer:
    """``POST /cases/{id}/activate``, at once or at ``scheduled_at``."""
    given = read({"welcome_message": text_or_null, "scheduled_at": instant}, call.body)
    welcome, due, firm = given.get("welcome_message"), given.get("scheduled_at"), call.firm
    if due is None or due <= call.now:
        now = call.now
        return _moved(call, lambda firm, case: lifecycle.activate(firm, case, now, welcome))
    case = call.case()
    if case.state is State.CLOSED:
        raise lifecycle.case_closed(case)

    def when_due() -> None:
        if case.state is State.ONBOARDING and lifecycle.activate(firm, case, due, welcome):
            firm.touch(case)

    if case.state is State.ONBOARDING:
        call.portal.later(due, when_due)
    return _answer(Written(case, "unchanged"))


def add(call: Call) -> Answer:
    """``POST /cases/{id}/clients``."""
    return _answer(add_client(call.writer, call.case(), client("", call.body)), 201)


def remove(call: Call) -> Answer:
    """``DELETE /cases/{id}/clients/{client_id}``."""
    return _answer(remove_client(call.writer, call.case(), call.number("client_id", "client")))


def change_person(call: Call) -> Answer:
    """``PATCH /clients/{id}``; the answer shows the person as on their first case."""
    person = call.firm.client(call.number("client_id", "client"))
    change_client(call.firm, person, client("", call.body))
    link = next(link for link in person.cases[0].links if link.client is person)
    return json_answer(client_json(link))


def _source(call: Call, fields: CaseFields) -> str:
    return call.query.get("source") or fields.get("integration_source") or call.firm.settings.integration_source


def _filter(query: Mapping[str, str]) -> Callable[[Case], bool]:
    """Whether a case is wanted; only the conditions that were asked for are looked at."""
    state, source, area, stage = (query.get(name) for name in ("state", "source", "practice_area", "stage"))
    conditions: list[Callable[[Case], bool]] = [lambda case: case.deleted_at is None]
    if state == "open":
        conditions.append(lambda case: case.state is not State.CLOSED)
    elif state is not None:
        wanted = State(state)
        conditions.append(lambda case: case.state is wanted)
    if source is not None:
        conditions.append(lambda case: case.source == source)
    if area is not None:
        conditions.append(lambda case: case.practice_area is not None and case.practice_area.display_name == area)
    if stage is not None:
        conditions.append(lambda case: case.stage is not None and case.stage.display_name == stage)

    def accept(case: Case) -> bool:
        for condition in conditions:  # noqa: SIM110 - a third of the time of all(), and this runs for every case
            if not condition(case):
                return False
        return True

    return accept


def _moved(call: Call, move: Callable[[Firm, Case], bool]) -> Answer:
    """Make a change of state and answer as the upsert does."""
    case = call.case()
    before, closed_at = case.state, case.closed_at
    if not move(call.firm, case):
        return _answer(Written(case, "unchanged"))
    changes: list[dict[str, Any]] = [{"field": "state", "from": before, "to": case.state}]
    if closed_at != case.closed_at:
        both = {"from": optional_text(closed_at), "to": optional_text(case.closed_at)}
        changes.append({"field": "closed_at", **both})
    call.firm.touch(case)
    return _answer(Written(case, "updated", changes))


def _answer(written: Written, status: int = 200) -> Answer:
    return json_answer(written_json(written), status, {"etag": written.case.etag})
