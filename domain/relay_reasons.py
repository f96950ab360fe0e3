"""Why a relay has stopped for a firm, or something was not delivered: stable codes, and what a person does about each."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RelayReason:
    """``meaning`` in a few words, ``fix`` as a sentence."""

    meaning: str
    fix: str


_BY_ITSELF = "Nothing to fix: it is tried again by itself."

RELAY_REASONS: Mapping[str, RelayReason] = {
    "block_unreadable": RelayReason("The Firm block cannot be used", "Correct the field that the sentence names."),
    "reconnect_needed": RelayReason("Credentials are refused", "Do what the sentence says; what waits goes out then."),
    "setup_needed": RelayReason("A permission or a setting is wrong", "The sentence names it."),
    "vendor_unreachable": RelayReason("A system has not answered for too long", _BY_ITSELF),
    "unexpected_answer": RelayReason("A system answers in a shape nobody knows", "Show the sentence to the operators."),
    "overtaken": RelayReason("The run was silent for too long and stopped itself", _BY_ITSELF),
    "internal_fault": RelayReason("A fault of casebridge itself", "The run's log has the details."),
    "stale": RelayReason("Something has waited for too long", "Look at what the tick says of this firm."),
    "held": RelayReason(
        "Something waits for the firm to mend it", "Do what the sentence says; it goes on within an hour."
    ),
    "given_up": RelayReason("Something was given up in the last day", "Ask *delivery_receipt* what and why."),
    "case_not_linked": RelayReason("The portal's case belongs to no case", "Enter its integration id in Case Status."),
    "case_gone": RelayReason(
        "The case is gone from the case system, or hidden", "Give the connected user access to it."
    ),
    "case_not_in_portal": RelayReason(
        "The case is not in the portal", "Bring the case over, or withdraw what is shared."
    ),
    "case_not_activated": RelayReason("The client was not welcomed yet", "Send the case's welcome message."),
    "case_closed": RelayReason("The case is closed in the portal", "Tell the client otherwise, or reopen the case."),
    "sender_not_on_case": RelayReason("Its sender is not on the portal's case", "Do what the sentence says."),
    "content_blank": RelayReason("It has no text", "Nothing to fix: there is nothing to send."),
    "content_too_long": RelayReason("It is longer than the portal takes", "Write it again in parts."),
    "withdrawn": RelayReason("It is no longer meant for clients", "Nothing to fix: sharing it again sends it."),
    "document_too_large": RelayReason(
        "The file is larger than the firm or its case system allows", "Do what the sentence says."
    ),
    "document_gone": RelayReason("The file was deleted in the portal", "Nothing to fix."),
    "file_not_ready": RelayReason("The file is still being scanned", _BY_ITSELF),
    "unreadable_record": RelayReason("It came in a shape nobody can read", "Pass it on by hand."),
    "before_relay": RelayReason("It was written before the relay began", "Write it again, if it is still of use."),
    "vendor_refused": RelayReason("The case system refuses it", "The sentence says why."),
    "portal_refused": RelayReason("The portal refuses it", "The sentence says why."),
    "answer_lost": RelayReason("Whether it was filed is not known yet", "Nothing to fix: it is looked up first."),
    "echo": RelayReason("It came from the case system itself", "Nothing to fix: it is not sent back."),
}
"""Every code that a tick, an alert or a receipt may show."""


def relay_reason_table() -> str:
    """One row per code as Markdown, for the page of reason codes."""
    rows = ["| code | it means | do |", "|---|---|---|"]
    rows += [f"| `{code}` | {reason.meaning} | {reason.fix} |" for code, reason in RELAY_REASONS.items()]
    return "\n".join(rows)
