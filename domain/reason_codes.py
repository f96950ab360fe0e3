"""The table of reason codes: every reason a case is not simply in order, in words, with where to fix it.

Codes and the names of facts are those of the portal's refusals where it has one [assumed, casestatus.md 6.2, 6.10].
"""

from collections.abc import Mapping
from dataclasses import dataclass

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
_RETRY = "Nothing to fix: the next nightly run, or Retry on this run, tries again."

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
    "content_blank": Reason("The message has no text.", "Nothing to fix: there is nothing to send."),
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
    "not_eligible": Reason("The case does not take part in the sync.", "Nothing to fix."),
    "not_eligible.night": Reason(
        "The case is not in "
        + PORTAL
        + " yet, and nightly runs import nothing from {system}, nor do runs over a named case.",
        "To bring it over, connect it, or name it in the list of an initial bulk import.",
    ),
    "case_over": Reason(
        "The case is closed in {system}, and a closed case is not connected.",
        "Reopen it in {system} first if it is not over.",
    ),
    "connected_elsewhere": Reason(
        "{system} says that the case is connected to {value}, which is not its case in " + PORTAL + ".",
        "Disconnect it in {system} first, and see in " + PORTAL + " to whom {value} belongs.",
        "value",
    ),
    "not_eligible.closed": Reason(
        "The case is closed and was never in " + PORTAL + "; this firm does not import closed cases.",
        "Nothing to fix.",
    ),
    "outside_window": Reason(
        "The case was opened before {since}, where this run's window begins.", "Use a longer window."
    ),
    "missing_in_case_system": Reason(
        "The case is gone from {system}, or the connected user no longer sees it. It was left as it is in "
        + PORTAL
        + ".",
        "Close it in " + PORTAL + " if it is over. If it is only hidden: {at_access}.",
    ),
    "cms_case_not_found": Reason(
        "{system} has no case with this id, or the connected user may not see it.",
        "Check the id in the address of the case's page. If the case is only hidden: {at_access}.",
    ),
    "stale_source": Reason(
        PORTAL + " already holds a newer version of this case than the one that was read.", "Nothing to fix."
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

NUMBER_FAULTS: Mapping[str, str] = {
    "not_a_number": "is not a phone number",
    "wrong_length": "has too few or too many digits",
    "unassigned_area_code": "has an area code that does not exist",
    "not_mobile": "is a landline, or another line that takes no text messages",
    "unsupported_country": "is not a US number",
}
"""What is wrong with a number, by the ``reason`` of ``client_cell_phone_invalid``."""
