"""The reporting lists: the same cases under human labels, as third parties have seen them [seen: section 1.2]."""

from collections.abc import Iterable
from typing import Any

from sandbox.casestatus.answers import Answer, json_answer
from sandbox.casestatus.call import Call
from sandbox.casestatus.firm import Firm
from sandbox.casestatus.instants import as_text, optional_text
from sandbox.casestatus.listing import numbered_page
from sandbox.casestatus.records import PARALEGAL_ROLES, Case, File, Message, State

_SIZE, _MOST = 100, 1000


def cases(call: Call) -> Answer:
    """``GET /reporting/cases``: ``results``, by ``page[number]`` and ``size``; deleted cases are among them."""
    size = call.whole_number("size", _SIZE, _MOST)
    page = numbered_page(call, call.firm.cases, size)
    return json_answer({"results": [_labelled(call.firm, case) for case in page]})


def firm(call: Call) -> Answer:
    """``GET /reporting/firm``: one row; both figures are text."""
    rows = [{"Average Response Time": _response_time(call.firm), "Cases Per Active User": _cases_per_user(call.firm)}]
    return json_answer({"results": rows if call.whole_number("page[number]", 1) == 1 else []})


def _labelled(firm: Firm, case: Case) -> dict[str, Any]:
    managers = [user for user in case.paralegals if user.role in PARALEGAL_ROLES]
    return {
        "Internal ID": case.id,
        "Integration ID": case.integration_id,
        "Case Name": case.readable_id,
        "Practice Area": case.practice_area and case.practice_area.display_name,
        "Status": case.stage and case.stage.display_name,
        "Incident Date": case.case_date,
        "Target Language": next((link.client.preferred_language for link in case.links if link.primary), None),
        "Case Created At": as_text(case.created_at),
        "Case Activated Date": optional_text(case.activated_at),
        "Case Closed At": optional_text(case.closed_at),
        "Case Deleted At": optional_text(case.deleted_at),
        "Last Updated": as_text(case.updated_at),
        **_lead(case),
        "Attorneys": _attorneys(case),
        **{
            label: value
            for number, user in enumerate(managers, start=1)
            for label, value in (
                (f"Case Manager {number} ID", user.id),
                (f"Case Manager {number} First Name", user.first_name),
                (f"Case Manager {number} Last Name", user.last_name),
            )
        },
        **_first_client(case),
        "Clients": _clients(case),
        **_activity(firm.messages_of(case), firm.files_of(case)),
    }


def _lead(case: Case) -> dict[str, Any]:
    lead = case.attorney
    return {
        "Attorney Id": lead and lead.id,
        "Attorney First Name": lead and lead.first_name,
        "Attorney Last Name": lead and lead.last_name,
        "Attorney Email": lead and lead.email,
    }


def _attorneys(case: Case) -> dict[str, Any]:
    labelled: dict[str, Any] = {}
    attorneys = (*((case.attorney,) if case.attorney else ()), *case.additional_attorneys)
    for number, user in enumerate(attorneys, start=1):
        label = f"Attorney {number}"
        labelled |= {f"{label} Id": user.id, f"{label} First Name": user.first_name}
        labelled |= {f"{label} Last Name": user.last_name, f"{label} Email": user.email}
    return labelled


def _first_client(case: Case) -> dict[str, Any]:
    first = next((link.client for link in case.links if link.primary), None)
    return {"Client First Name": first and first.first_name, "Client Last Name": first and first.last_name}


def _clients(case: Case) -> dict[str, Any]:
    labelled: dict[str, Any] = {}
    for number, link in enumerate(case.links, start=1):
        client, label = link.client, f"Client {number}"
        labelled |= {f"{label} ID": client.id, f"{label} First Name": client.first_name}
        labelled |= {f"{label} Last Name": client.last_name, f"{label} Email": client.email}
        labelled |= {f"{label} Cell Phone": client.cell_phone}
        labelled |= {f"{label} Last Opened": optional_text(client.app_last_opened_at)}
    return labelled


def _activity(messages: list[Message], files: list[File]) -> dict[str, Any]:
    outbound = [message for message in messages if message.direction == "outbound"]
    inbound = [message for message in messages if message.direction == "inbound"]
    sent = sum(1 for file in files if file.direction == "outbound")
    return {
        "Last Message Sent": _latest(outbound),
        "Last Message Received": _latest(inbound),
        "Most Recent Message Sent At": _latest(messages),
        "Total Documents": len(files),
        "Total Documents Sent": sent,
        "Total Documents Received": len(files) - sent,
        "Total Activities Message": len(messages),
    }


def _latest(messages: Iterable[Message]) -> str | None:
    return optional_text(max((message.sent_at for message in messages if message.sent_at), default=None))


def _response_time(firm: Firm) -> str:
    """Hours from a client's message to the firm's next one on the case, averaged."""
    waits: list[int] = []
    for case in firm.cases:
        asked: int | None = None
        for message in firm.messages_of(case):
            if message.direction == "inbound":
                asked = asked or message.created_at
            elif asked is not None:
                waits.append(message.created_at - asked)
                asked = None
    hours = sum(waits) / len(waits) / 3_600_000_000 if waits else 0.0
    return f"{hours:.1f} hours"


def _cases_per_user(firm: Firm) -> str:
    users = sum(1 for user in firm.users if user.status == "active")
    live = sum(1 for case in firm.cases if case.state is not State.CLOSED and case.deleted_at is None)
    return f"{live / users:.1f}" if users else "0.0"
