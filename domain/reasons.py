"""Every reason a case is not simply in order: stable code, plain sentence, where to fix it.

The hub's own validation and the portal's refusals go through the same table, so that a paralegal reads the same
sentence whoever noticed. Facts are named as the portal names its ``details`` [assumed, casestatus.md 6.2].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.outcome import Defect
from domain.phones import mask, mask_within
from domain.portal import Draft, DraftClient
from domain.systems import CASE_SYSTEMS

PORTAL = "Case Status"


@dataclass(frozen=True, slots=True)
class Reason:
    """One row of the table. Braces name facts; ``{system}`` is the case system, ``{at_…}`` one of its screens."""

    sentence: str
    fix: str
    value: str = ""
    """Name of the fact that is the offending value."""


_PRACTICE_AREAS = f"{PORTAL}: Settings › Practice areas"
_USERS = f"{PORTAL}: Settings › Users"
_RETRY = "Nothing to mend: the next nightly run, or Retry on this run, tries again."

REASONS: Mapping[str, Reason] = {
    # The portal's 422 refusals, in the order it checks them.
    "practice_area_required": Reason("The case has no practice area.", "{at_practice_area}."),
    "practice_area_unknown": Reason(
        "Practice area “{value}”{mapped} is not known in " + PORTAL + ".{did_you_mean}",
        _PRACTICE_AREAS
        + ": add “{value}” to the mappings of the one that is meant. Or correct it in {at_practice_area}.",
        "value",
    ),
    "stage_count_out_of_range": Reason(
        "Practice area “{practice_area}” has {count} stages; 2 to 12 are allowed.",
        _PRACTICE_AREAS + " › {practice_area} › Stages.",
        "count",
    ),
    "stage_required": Reason("The case has no stage.", "{at_stage}."),
    "stage_unknown": Reason(
        "Stage “{value}”{mapped} is not known in practice area “{practice_area}”.{did_you_mean}",
        _PRACTICE_AREAS + " › {practice_area}: add “{value}” to the mappings of one of its stages ({known_stages}).",
        "value",
    ),
    "stage_unknown.no_area": Reason(
        "Stage “{value}” belongs nowhere, as the case has no practice area.", "{at_practice_area}.", "value"
    ),
    "mapping_ambiguous": Reason(
        "“{value}” means more than one stage of practice area “{practice_area}”: {stages}.",
        _PRACTICE_AREAS + " › {practice_area}: leave “{value}” in the mappings of one stage only.",
        "value",
    ),
    "attorney_required": Reason("The case has no attorney.", "{at_attorney}."),
    "attorney_required.no_email": Reason(
        "The attorney {name} has no e-mail address in {system}, so nobody in " + PORTAL + " can be found by it.",
        "{at_staff_email}.",
        "name",
    ),
    "attorney_not_found": Reason(
        "Nobody in " + PORTAL + " has the attorney's e-mail address {email}.",
        _USERS + ": add an attorney with this address. Or correct it in {at_staff_email}.",
        "email",
    ),
    "attorney_not_found.role": Reason(
        "{email} is in " + PORTAL + " as {role}, not as an attorney.",
        _USERS + ": give this user the role Attorney. Or choose another one in {at_attorney}.",
        "email",
    ),
    "attorney_not_found.removed": Reason(
        "The attorney {email} was removed from " + PORTAL + ".",
        "Choose another one in {at_attorney}. Or restore the user in " + _USERS + ".",
        "email",
    ),
    "client_required": Reason("The case has no client.", "{at_client}."),
    "client_name_required": Reason("{client} has no {missing}.", "{at_client_name}."),
    "client_cell_phone_missing": Reason("{client} has no cell phone number.", "{at_client_phone}."),
    "client_cell_phone_invalid": Reason("The number {value} of {client} {why}.", "{at_client_phone}.", "value"),
    "readable_id_required": Reason("The case has no number for clients to know it by.", "{at_readable_id}."),
    "sender_not_on_case": Reason(
        "{email} is not active staff on this case in " + PORTAL + ".",
        PORTAL + ": open the case › Team, and add the sender.",
        "email",
    ),
    "content_blank": Reason("The message has no text.", "Nothing to mend: there is nothing to send."),
    "content_too_long": Reason(
        "The message is longer than the {max_chars} characters " + PORTAL + " takes.", "Send it in parts."
    ),
    "client_opted_out": Reason(
        "Every client of the case has said STOP to text messages.", "Ask the client to text START, or to use the app."
    ),
    "idempotency_key_reused": Reason(
        "The same delivery was tried with different content.", "Report this to the operators: it is a fault of ours."
    ),
    # The portal's 409 refusals.
    "client_phone_conflict": Reason(
        "The number {value} of {client} belongs to {existing_name} in " + PORTAL + ".",
        "{at_client_phone}. Or correct the other client in " + PORTAL + ".",
        "value",
    ),
    "duplicate_readable_id": Reason(
        "Another case in " + PORTAL + " already has the number {readable_id} ({other_case}).",
        "{at_readable_id}. Or delete the other case in " + PORTAL + ".",
        "readable_id",
    ),
    "duplicate_integration_id": Reason(
        "The case is already in " + PORTAL + " as {existing_case_id}.", "Sync this case on its own.", "existing_case_id"
    ),
    "case_closed": Reason(
        "The case is closed in " + PORTAL + " and open in {system}, and this firm does not reopen cases by sync.",
        "Reopen it in " + PORTAL + ", close it in {system}, or switch reopening on in the firm's settings.",
    ),
    "case_not_activated": Reason(
        "The case is not activated in " + PORTAL + " yet, so its client cannot be written to.",
        PORTAL + ": open the case and send the welcome message.",
    ),
    "stage_in_use": Reason("{count} cases are still in the stage that was to go.", "Move those cases first.", "count"),
    "file_not_ready": Reason("The file is still being scanned.", _RETRY),
    "idempotency_in_progress": Reason("The same write was still under way.", _RETRY),
    # The hub's own: data it cannot or may not use.
    "unreadable_record": Reason(
        "The record cannot be read: {problem}", "Open the case in {system} and look at {field}."
    ),
    "record_redacted": Reason(
        "The connected user may not see this case in {system}, so nothing can be concluded from it.", "{at_access}."
    ),
    "record_redacted.client": Reason(
        "The connected user may not see the client of this case in {system}.", "{at_access}."
    ),
    # The hub's own: rules.
    "not_eligible": Reason("The case does not take part in the sync.", "Nothing to mend."),
    "not_eligible.night": Reason(
        "The case is not in " + PORTAL + " yet, and nightly runs import nothing from {system}.",
        "To bring it over, connect this one case.",
    ),
    "not_eligible.closed": Reason(
        "The case is closed and was never in " + PORTAL + "; this firm does not import closed cases.",
        "Nothing to mend.",
    ),
    "outside_window": Reason(
        "The case was opened before {since}, where this run's window begins.", "Use a longer window."
    ),
    "missing_in_case_system": Reason(
        "The case is gone from {system}, or the connected user no longer sees it. It was left as it is in "
        + PORTAL
        + ".",
        "Close it in " + PORTAL + " if it is over, or: {at_access}.",
    ),
    "cms_case_not_found": Reason(
        "{system} has no case with this id, or the connected user may not see it.",
        "Check the id in the address of the case's page, or: {at_access}.",
    ),
    "stale_source": Reason(
        PORTAL + " already holds a newer version of this case than the one that was read.", "Nothing to mend."
    ),
    # The hub's own: technical.
    "cms_unreachable": Reason("{system} did not answer properly. {problem}", _RETRY),
    "cms_auth_expired": Reason("{system} no longer accepts the connection.", "Connect the firm to {system} again."),
    "portal_unreachable": Reason(PORTAL + " did not answer properly. {problem}", _RETRY),
    "rate_limited_gave_up": Reason("The request limit was still used up after several waits. {problem}", _RETRY),
    "vendor_error": Reason(
        "The case was refused for a reason we do not know. {problem}", "Show this row to the operators."
    ),
    # Left off, but no reason to refuse the case.
    "paralegal_not_found": Reason(
        "{email} was left off: no paralegal or case manager in " + PORTAL + " has this address.", _USERS + ".", "email"
    ),
    "additional_attorney_not_found": Reason(
        "{email} was left off: no attorney in " + PORTAL + " has this address.", _USERS + ".", "email"
    ),
}
"""The table. A key ``code.kind`` is a second wording of the same code."""

_WHY = {
    "not_a_number": "is not a phone number",
    "wrong_length": "has too few or too many digits",
    "unassigned_area_code": "has an area code that does not exist",
    "not_mobile": "is a landline, or another line that takes no text messages",
    "unsupported_country": "is not a US number",
}


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
        words["why"] = _WHY[facts["reason"]]
    if "client" in facts and "value" in facts:
        words["value"] = mask(str(facts["value"]))
    return words


def _sent(details: Mapping[str, Any], field: str, draft: Draft | None) -> dict[str, Any]:
    """What the draft adds to the portal's details."""
    facts: dict[str, Any] = {}
    if draft is not None:
        facts["readable_id"] = draft.readable_id
    if field.startswith("clients"):
        index = _client_index(details, field)
        client = draft.clients[index] if draft is not None and 0 <= index < len(draft.clients) else None
        facts["client"] = client_words(client, index)
        facts["value"] = client.cell_phone if client else ""
        facts["missing"] = (missing_name(client) if client else "") or "first or last name"
    return facts


def _client_index(details: Mapping[str, Any], field: str) -> int:
    stated = details.get("client_index")
    if isinstance(stated, int):
        return stated
    digits = "".join(filter(str.isdecimal, field.partition(".")[0]))
    return int(digits) if digits else 0


def _fix_without_facts(fix: str, words: Mapping[str, Any]) -> str:
    """The fix if it needs no facts, else nothing: half a hint is none."""
    try:
        return fix.format_map(words)
    except KeyError:
        return ""
