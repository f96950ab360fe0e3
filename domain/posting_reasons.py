"""Why something of a firm's money was not posted, or needs a bookkeeper's eye: stable codes, a sentence, and what to do.

What accounting itself refuses is put into words by its connector, under accounting's own codes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostingReason:
    """``sentence`` may name facts in braces; ``fix`` says what to do, empty when there is nothing to do."""

    sentence: str
    fix: str = ""


NOTHING = "Nothing to fix."

POSTING_REASONS: Mapping[str, PostingReason] = {
    # Left out on purpose.
    "superseded": PostingReason("The cost was split; its parts are posted in its place.", NOTHING),
    "goes_with_settlement": PostingReason(
        "A charge of the settlement: it is posted when the case is pushed to disbursement.", NOTHING
    ),
    "imported_balance": PostingReason("An opening balance: the accountant enters it in Soluno.", NOTHING),
    "do_not_distribute": PostingReason("Somebody else was paid directly: no cheque may come of it.", NOTHING),
    "not_posted_yet": PostingReason("The line is staged in CASEpeer and not posted there yet.", NOTHING),
    "withdrawn": PostingReason("It is no longer to be posted: in CASEpeer it {stands} now.", NOTHING),
    "nothing_to_post": PostingReason("The charge stands in Soluno to this amount already.", NOTHING),
    # The firm's to mend in CASEpeer.
    "amount_unusable": PostingReason(
        "{problem} It is not rounded, and not posted.", "CASEpeer: open the case › Costs › correct the amount."
    ),
    "amount_not_positive": PostingReason(
        "The amount is {amount}: a cheque needs an amount above zero.",
        "CASEpeer: correct the amount. Costs that are waived belong into a negative property damage fee.",
    ),
    "wrong_sign": PostingReason(
        "The amount is {amount}: money {direction} trust must be {sign}.",
        "CASEpeer: open the case › Settlement › Client trust › correct the line.",
    ),
    "payee_missing": PostingReason(
        "It names no payee, so no cheque can be made out.", "CASEpeer: open the case › choose the contact to be paid."
    ),
    "client_missing": PostingReason(
        "The case has no client with a name, so it can have no casefile.", "CASEpeer: open the case › Client."
    ),
    "case_gone": PostingReason(
        "Its case is gone from CASEpeer, or hidden from the key.",
        "CASEpeer: give the integration key access to the case.",
    ),
    # Preflight, per case.
    "attorney_missing": PostingReason(
        "The case has no lead attorney with an e-mail, so nobody in Soluno can be responsible for it.",
        "CASEpeer: open the case › Case details › Lead attorney.",
    ),
    "attorney_unknown": PostingReason(
        "No user in Soluno has the lead attorney's e-mail {email}.",
        "Soluno: gear › Users › add the attorney with exactly this e-mail.",
    ),
    "attorney_twice": PostingReason(
        "Several active users in Soluno have the lead attorney's e-mail {email}.",
        "Soluno: gear › Users › keep the e-mail with one of them.",
    ),
    "attorney_inactive": PostingReason(
        "The lead attorney {email} is not active in Soluno.", "Soluno: gear › Users › the attorney › Active."
    ),
    "attorney_keeps_no_time": PostingReason(
        "The lead attorney {email} does not record time in Soluno, and only who does can earn a fee.",
        "Soluno: gear › Users › the attorney › Records Time.",
    ),
    "casefile_closed": PostingReason(
        "The casefile {casefile} is closed in Soluno.", "Soluno: File Manager › the file › Reopen."
    ),
    "casefile_on_hold": PostingReason(
        "The casefile {casefile} is on hold in Soluno.", "Soluno: File Manager › the file › Billing Settings › Hold."
    ),
    "casefile_twice": PostingReason(
        "Several casefiles in Soluno carry the mark of this case: {numbers}. Nobody can tell which one is meant.",
        "Soluno: File Manager › take the reference {marker} off all but one.",
    ),
    "casefile_of_another": PostingReason(
        "The casefile {casefile} in Soluno carries the case's number, but belongs to {client}.",
        "Soluno: File Manager › see whose it is, and put the reference {marker} on the right one; or change its number.",
    ),
    "contact_twice": PostingReason(
        "Several vendors in Soluno are called “{name}”: {numbers}. Nobody can tell which one is to be paid.",
        "Soluno: Contacts › put the reference {marker} on the right one.",
    ),
    "period_closed": PostingReason(
        "It is dated {on}, and entries before {before} are not allowed in Soluno any more.",
        "Soluno: gear › Settings › Features › the day before which entries are refused; or enter it by hand in an open period.",
    ),
    "account_unknown": PostingReason(
        "“{name}”, the account chosen for its cheque, is not the name of just one active operating account in Soluno.",
        "CASEpeer: choose another bank account for the cost.",
    ),
    "casefile_waits": PostingReason(
        "The casefile of its case cannot be made yet: {problem}", "Mend that; it is posted at the next push."
    ),
    "contact_waits": PostingReason(
        "The contact of {payee} cannot be made yet: {problem}", "Mend that; it is posted at the next push."
    ),
    "waits_for_entries": PostingReason(
        "The invoice waits until everything of the case is posted.", "Mend what the other rows of this case say."
    ),
    # What a bookkeeper must know of.
    "changed_after_posting": PostingReason(
        "It was {before} to {payee_before} when it was posted, and is {after} to {payee_after} in CASEpeer now. What is "
        "posted is not edited.",
        "Void the entry in Soluno and enter a new cost in CASEpeer, or correct CASEpeer.",
    ),
    "posted_though_withdrawn": PostingReason(
        "It is posted in Soluno as {entry}, though in CASEpeer it {stands} now.",
        "Soluno: void the entry if nothing is to be paid.",
    ),
    "deleted_in_accounting": PostingReason(
        "The entry {entry} was deleted in Soluno. Deletions do not cross: the cost stays pending in CASEpeer.",
        "CASEpeer: void the cost. A new payment needs a new cost.",
    ),
    "void_after_paid": PostingReason(
        "The cheque was voided in Soluno after the cost was paid in CASEpeer.", "CASEpeer: void the cost by hand, too."
    ),
    "not_told": PostingReason(
        "CASEpeer could not be told yet: {problem}", "Nothing to fix: it is told at the next push."
    ),
    "invoice_cancelled": PostingReason(
        "The invoice was cancelled in Soluno. It is not requested again by itself.",
        "Soluno: bill the casefile there if it is to be billed.",
    ),
    "invoice_differs": PostingReason(
        "The invoice comes to {total}, and its lines to {lines}.", "Soluno: look at the invoice before it is released."
    ),
    "trust_differs": PostingReason(
        "Soluno has {there} in trust, CASEpeer {here}: a difference of {difference}.{explained}",
        "Compare both ledgers. casebridge never sets a balance.",
    ),
    "batch_differs": PostingReason(
        "{posted} were posted, but the answers add up to {answered}.",
        "Show this to the operators before anything else.",
    ),
    "unexpected_answer": PostingReason("{problem}", "Show this row to the operators."),
}


def posting_table() -> str:
    """The reasons as Markdown, for the page of reason codes; facts are *words*."""
    rows = ["| code | what the report says | what to do |", "|---|---|---|"]
    rows += [f"| `{code}` | {_shown(one.sentence)} | {_shown(one.fix)} |" for code, one in POSTING_REASONS.items()]
    return "\n".join(rows)


def _shown(template: str) -> str:
    return re.sub(r"{(\w+)}", lambda fact: f"*{fact[1].replace('_', ' ')}*", template)
