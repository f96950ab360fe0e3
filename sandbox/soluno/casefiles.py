"""Handlers of casefiles, with their ledgers and balances [assumed]: 7.4, 7.5."""

from typing import Any

from sandbox.soluno.call import Call
from sandbox.soluno.contacts import require_version
from sandbox.soluno.fields import Fields
from sandbox.soluno.ledger import balances_of, rows_of
from sandbox.soluno.paging import changed, paged, referenced
from sandbox.soluno.records import FIRM_TASK_CODES, Area, Casefile
from sandbox.soluno.refusals import conflict, not_found, rule
from sandbox.soluno.rendering import balances_json, casefile_json, row_json
from sandbox.soluno.rules import contact_named, found, free_reference, timekeeper

_LONGEST_NUMBER, _LONGEST_TASK = 30, 10
_DEFAULT_TASK = "bw"
Rendered = dict[str, Any]


def casefiles(call: Call) -> Rendered:
    """GET Casefiles?CasefileNumber=&ExternalReference=&IncludeClosed=: closed ones are hidden otherwise [help]."""
    number, closed_too = call.query.get("CasefileNumber", ""), call.flag("IncludeClosed")
    chosen = [
        casefile
        for casefile in referenced(call, call.books.casefiles)
        if number in {"", casefile.number} and (closed_too or not casefile.closed)
    ]
    return changed(call, chosen, lambda casefile: casefile_json(call.books, casefile))


def one_casefile(call: Call) -> Rendered:
    """GET Casefiles/{id}, closed ones too. Raises Refused (404)."""
    return casefile_json(call.books, _of_path(call))


def add_casefile(call: Call) -> Rendered:
    """POST Casefiles: ``Client`` is ``{"ContactId": ...}``. Raises Refused.

    Whoever is responsible is assigned to it as well; without a number it gets the next of its client.
    """
    fields, books = call.fields(), call.books
    description, opened = fields.text("Description"), fields.day("OpenDate")
    number = fields.optional_text("CasefileNumber", longest=_LONGEST_NUMBER)
    reference = free_reference(call, fields, books.casefiles)
    client = contact_named(books, fields.inner("Client"), "ContactId")
    if number is not None and any(casefile.number == number for casefile in books.casefiles.every()):
        raise conflict("NumberInUse", "There is a casefile with this number.", "CasefileNumber")
    area, responsible = _area(call, fields), timekeeper(books, fields, "ResponsibleUserId")
    casefile = Casefile(
        id=books.casefiles.next_id(),
        number=number or books.next_casefile_number(client),
        description=description,
        open_date=opened,
        area_id=area.id,
        client_id=client.id,
        responsible_id=responsible.id,
        assigned_ids=[responsible.id],
        moment=call.now,
        default_task=_task(fields, _DEFAULT_TASK),
        reference=reference,
    )
    return casefile_json(books, books.casefiles.add(casefile))


def change_casefile(call: Call) -> Rendered:
    """PATCH Casefiles/{id}: description, area, responsible user, default task; what is not given stays. Raises Refused."""
    fields, books = call.fields(), call.books
    casefile = _of_path(call)
    require_version(fields, casefile.version)
    values: dict[str, Any] = {"default_task": _task(fields, casefile.default_task)}
    if "Description" in fields:
        values["description"] = fields.text("Description")
    if "AreaOfPracticeId" in fields:
        values["area_id"] = _area(call, fields).id
    if "ResponsibleUserId" in fields:
        values["responsible_id"] = timekeeper(books, fields, "ResponsibleUserId").id
    books.casefiles.change(casefile, moment=call.now, version=casefile.version + 1, **values)
    return casefile_json(books, casefile)


def ledger(call: Call) -> Rendered:
    """GET Casefiles/{id}/Ledger: every line with what it moves, the earliest day first. Raises Refused (404)."""
    return paged(call, rows_of(call.books, _of_path(call).id), row_json)


def balances(call: Call) -> Rendered:
    """GET Casefiles/{id}/Balances: the sums of the ledger. Raises Refused (404)."""
    return balances_json(balances_of(call.books, _of_path(call).id))


def _of_path(call: Call) -> Casefile:
    return found(call.books.casefiles, call.numbers[0], "casefile")


def _area(call: Call, fields: Fields) -> Area:
    """The area that a body names; an inactive one is as good as none."""
    area = call.books.areas.get(fields.number("AreaOfPracticeId"))
    if area is None or not area.active:
        raise not_found("active area of practice", "AreaOfPracticeId")
    return area


def _task(fields: Fields, default: str) -> str:
    task = fields.optional_text("DefaultTask", longest=_LONGEST_TASK) or default
    if task in FIRM_TASK_CODES:
        raise rule("FirmTaskCodeOnCasefile", f"{task} is a task code of the firm.", "DefaultTask")
    return task
