"""Putting reasons into words: the hub's own validation and the portal's refusals, through one table.

So a paralegal reads the same sentence, whoever noticed.
"""

import re
from collections.abc import Mapping
from typing import Any

from domain.outcome import Defect
from domain.phones import mask, mask_within
from domain.portal import Draft, DraftClient
from domain.reason_codes import NUMBER_FAULTS, PORTAL, REASONS
from domain.systems import CASE_SYSTEMS


def defect(code: str, *, system: str, field: str = "", **facts: Any) -> Defect:
    """The defect ``code`` in words, with the facts its sentence names.

    Args:
        code: A code of :data:`REASONS`.
        system: Key of the case system, for the names of its screens.
        field: The field at fault, as the portal names it.
        **facts: As in the portal's ``details``; ``closest``, ``reason``, ``role``, ``status`` and the like pick the wording.

    Raises:
        KeyError: the code is unknown, or a fact that its sentence names is missing.
    """
    reason = REASONS[_wording(code, facts)]
    words = _words(system, facts) | {"field": field or "all of it"}
    value = str(words[reason.value]) if reason.value else ""
    return Defect(code, reason.sentence.format_map(words), field, value, reason.fix.format_map(words))


def defect_from_problem(
    code: str,
    message: str,
    *,
    system: str,
    field: str = "",
    details: Mapping[str, Any] | None = None,
    draft: Draft | None = None,
) -> Defect:
    """The defect for a refusal of the portal, in the words our own validation would have used.

    A code or a set of details we do not know keeps the portal's message, phones masked.

    Args:
        code: The portal's code.
        message: The portal's sentence.
        system: Key of the case system.
        field: The portal's field.
        details: The portal's extra facts, unmasked.
        draft: What was sent; gives a client's name and number where the portal states only an index.
    """
    facts: dict[str, Any] = {**_sent(details or {}, field, draft), **(details or {})}
    try:
        return defect(code, system=system, field=field, **facts)
    except (KeyError, TypeError, ValueError):
        pass
    said = mask_within(message)
    if code in REASONS:
        words = _words(system, {})
        return Defect(code, said, field, how_to_fix=_fix_without_facts(REASONS[code].fix, words))
    return defect("vendor_error", system=system, field=field, problem=f"{PORTAL} said: {said} ({code})")


def client_words(client: DraftClient | None, index: int) -> str:
    """How a sentence calls a client: by name, else by number."""
    if client is None:
        return f"Client {index + 1}"
    name = client.company_name or " ".join(filter(None, (client.first_name, client.last_name)))
    return name or f"Client {index + 1}"


def missing_name(client: DraftClient) -> str:
    """Which name a client lacks: a person needs a first and a last one, a company one; empty when none is missing."""
    if client.company_name or (client.first_name and client.last_name):
        return ""
    if client.first_name:
        return "last name"
    return "first name" if client.last_name else "first or last name"


def _wording(code: str, facts: Mapping[str, Any]) -> str:
    if code == "attorney_not_found" and facts.get("status") == "removed":
        return "attorney_not_found.removed"
    if code == "attorney_not_found" and facts.get("role"):
        return "attorney_not_found.role"
    if code == "attorney_required" and facts.get("name"):
        return "attorney_required.no_email"
    if code == "stage_unknown" and facts.get("practice_area") is None:
        return "stage_unknown.no_area"
    return f"{code}.{facts['kind']}" if facts.get("kind") else code


def _words(system: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as words fit for a sentence: phones masked, lists joined, alternatives spelt out."""
    rules = CASE_SYSTEMS[system]
    words = dict(facts)
    words["system"] = rules.name
    words.update({f"at_{place}": where for place, where in rules.places.items()})
    closest, target = facts.get("closest"), facts.get("target")
    words["did_you_mean"] = f" Did you mean “{closest}”? Letter case and spaces must be the same." if closest else ""
    words["mapped"] = f" (mapped to “{target}” in the firm's settings)" if target else ""
    words.update({fact: ", ".join(facts[fact]) for fact in ("known_stages", "stages") if fact in facts})
    if "existing_case_id" in facts:
        other = facts.get("existing_integration_id")
        words["other_case"] = f"{rules.name} id {other}" if other else f"{PORTAL} id {facts['existing_case_id']}"
    if "role" in facts:
        words["role"] = str(facts["role"]).replace("_", " ")
    if "reason" in facts:
        words["why"] = NUMBER_FAULTS[facts["reason"]]
    if "client" in facts and "value" in facts:
        words["value"] = mask(str(facts["value"]))
    return words


def _sent(details: Mapping[str, Any], field: str, draft: Draft | None) -> dict[str, Any]:
    """What the draft adds to the portal's details."""
    facts: dict[str, Any] = {}
    if draft is not None:
        facts["readable_id"] = draft.readable_id
    index = _client_index(details, field, draft)
    if index is not None:
        client = draft.clients[index] if draft is not None and 0 <= index < len(draft.clients) else None
        facts["client"] = client_words(client, index)
        facts["value"] = client.cell_phone if client else ""
        facts["missing"] = (missing_name(client) if client else "") or "first or last name"
    return facts


def _client_index(details: Mapping[str, Any], field: str, draft: Draft | None) -> int | None:
    """Which client a refusal is about: as stated, or the only one there is; None when it cannot be told."""
    stated = details.get("client_index")
    if isinstance(stated, int):
        return stated
    found = _CLIENT_FIELD.match(field)
    if found is None:
        return None
    if found[1]:
        return int(found[1])
    return 0 if draft is not None and len(draft.clients) == 1 else None


_CLIENT_FIELD = re.compile(r"clients(?:\[([0-9]{1,4})\])?")


def _fix_without_facts(fix: str, words: Mapping[str, Any]) -> str:
    """The fix if it needs no facts, else nothing: half a hint is none."""
    try:
        return fix.format_map(words)
    except KeyError:
        return ""
