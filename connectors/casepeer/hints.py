"""Hints: what CASEpeer may call out when a connected case changes [assumed].

A hint tells nothing of the change, so nothing is taken from it but which case to read anew.
"""

from pydantic import ValidationError

from connectors.casepeer.wire import CaseHint

SECRET_HEADER = "X-CASEpeer-Sandbox-Secret"  # noqa: S105 - a name; [assumed], as no hints of CASEpeer's own are known
_CHANGED = "case.updated"


def changed_case(body: bytes) -> str | None:
    """Id of the case that a hint says has changed; None when it speaks of something else, or cannot be read."""
    try:
        hint = CaseHint.model_validate_json(body)
    except ValidationError:
        return None
    return hint.case_id if hint.event == _CHANGED else None
