"""Handlers of cases and of their links with Case Status."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from sandbox.answers import Answer
from sandbox.casepeer.answers import conflict, invalid, invalid_together, json_answer
from sandbox.casepeer.call import Call, text_of
from sandbox.casepeer.changes import CasepeerFirm
from sandbox.casepeer.firm import END_OF_TIME
from sandbox.casepeer.paging import paged, paged_by_change, short_list
from sandbox.casepeer.records import Case
from sandbox.casepeer.rendering import case_json, case_name, found_case_json, own_case_json

MOST_IDS = 100
_LONGEST_EXTERNAL_ID = 100


def cases(call: Call) -> Answer:
    """GET case/ [assumed]: ordered by ``updated_at`` and id, so that a case that is changed moves to the end."""
    firm = call.firm
    return paged_by_change(
        call,
        _chosen(call),
        lambda case_id: case_json(firm, firm.case_there(case_id)),
        lambda case_id: firm.touch(firm.case_there(case_id), firm.seconds()),
    )


def one_case(call: Call) -> Answer:
    """GET case/{id}/ [assumed]."""
    return json_answer(case_json(call.firm, call.case()))


def own_cases(call: Call) -> Answer:
    """GET case/my/ [seen]: the open cases on whose team the user of the key is; an integration key is nobody's."""
    firm, user_id = call.firm, call.key.user_id
    found = [case for case in _every(firm) if firm.is_open(case) and user_id in case.team.values()]
    return paged(call, found, partial(own_case_json, firm))


def search(call: Call) -> Answer:
    """GET case/case-search/?search= [seen]: an object or a list."""
    firm, wanted = call.firm, call.query.get("search", "").strip().lower()
    found = [case for case in _every(firm) if wanted and _matches(firm, case, wanted)]
    return short_list(call, [found_case_json(firm, case) for case in found])


def connect(call: Call) -> Answer:
    """PUT case/{id}/case-status/ ``{"external_id": ..., "version": ...}`` [assumed]: the same twin again changes nothing.

    With a ``version`` the case must still be at it. Raises Refusal (400, 409).
    """
    case, fields = call.case(), call.fields()
    external_id = text_of(fields, "external_id", longest=_LONGEST_EXTERNAL_ID)
    if case.link is None or case.link.external_id != external_id:
        if case.link is not None:
            raise conflict("already_connected", "The case is connected to another case in Case Status.")
        if not call.firm.is_open(case):
            raise invalid_together("A closed case cannot be connected.")
        _require_version(case, fields.get("version"))
    return json_answer(case_json(call.firm, call.firm.connect_case(case.id, external_id)))


def disconnect(call: Call) -> Answer:
    """DELETE case/{id}/case-status/?version= [assumed]: 204, also when there is no link. Raises Refusal (400, 409)."""
    case, version = call.case(), call.query.get("version")
    if case.link is not None:
        _require_version(case, int(version) if version and version.isdecimal() else version)
        call.firm.disconnect_case(case.id)
    return Answer(204)


def _require_version(case: Case, version: object) -> None:
    if version is None or version == case.version:
        return
    if not isinstance(version, int) or isinstance(version, bool):
        raise invalid("version", "A valid integer is required.")
    raise conflict("stale_version", f"The case has changed: it is at version {case.version}.")


def _chosen(call: Call) -> Sequence[int]:
    """The ids of the cases that the filters leave. Raises Refusal (400).

    Cases are looked at only where a filter needs it, for most of a large firm's were never made.
    """
    firm, query = call.firm, call.query
    connected, still_open = call.flag("case_status_connected"), call.flag("is_open")
    since, status, wanted = call.moment("updated__gte"), query.get("casestatus"), query.get("search", "").lower()
    if query.get("id__in"):
        named = [case for case in _cases(firm, _ids(query["id__in"])) if case.updated >= since]
        ids: Sequence[int] = [case.id for case in sorted(named, key=lambda case: (case.updated, case.id))]
    else:
        ids = firm.cases.between(since, END_OF_TIME)
    if connected is not None:
        ids = [case_id for case_id in ids if (case_id in firm.connected) is connected]
    if still_open is not None:
        ids = [case.id for case in _cases(firm, ids) if firm.is_open(case) is still_open]
    if status:
        ids = [case.id for case in _cases(firm, ids) if firm.statuses.name(case.status) == status]
    return [case.id for case in _cases(firm, ids) if _matches(firm, case, wanted)] if wanted else ids


def _ids(text: str) -> list[int]:
    parts = {part.strip() for part in text.split(",")}
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise invalid("id__in", "Enter a whole number.")
    if len(parts) > MOST_IDS:
        raise invalid("id__in", f"Ensure there are no more than {MOST_IDS} ids.")
    return [int(part) for part in parts]


def _every(firm: CasepeerFirm) -> Iterator[Case]:
    """All cases in the order of every list."""
    return _cases(firm, firm.cases.between(0, END_OF_TIME))


def _cases(firm: CasepeerFirm, ids: Iterable[int]) -> Iterator[Case]:
    """Those of some cases that there are."""
    return (case for case in map(firm.cases.get, ids) if case is not None)


def _matches(firm: CasepeerFirm, case: Case, wanted: str) -> bool:
    """Whether a lower-case text is in the name or the file number, or is the id."""
    return wanted in case_name(firm, case).lower() or wanted in case.file_number.lower() or wanted == str(case.id)
