"""What is sent to Soluno to post, to bill, and to make contacts and casefiles [assumed]."""

from typing import Any

from domain.books import (
    CasefileDraft,
    ContactDraft,
    CostPosting,
    FeePosting,
    InvoicePosting,
    Posting,
    TrustChequePosting,
    TrustReceiptPosting,
)
from domain.money import written

_ONE_HOUR = "1.00"
"""A fee is one hour whose amount is the whole of it [help]."""
_QUEUE, _NEVER = "Queue", "Never"
"""Whether a cheque waits in the print queue; one that never is printed has its number already."""

Body = dict[str, Any]


def stamp(marker: str) -> str:
    """How a marker stands at the end of an explanation, where people see it and no field of its own is needed."""
    return f"[{marker}]"


def of_posting(posting: Posting) -> Body:
    """The body of a posting."""
    match posting:
        case CostPosting():
            return _entry(posting) | {
                "VendorContactId": int(posting.vendor_id),
                "PostingReferenceId": int(posting.posting_reference_id),
                "BankAccountId": int(posting.bank_account_id),
                **_if_any("InvoiceNumber", posting.invoice_number),
                "PrintAction": _QUEUE,
            }
        case FeePosting():
            code = posting.activity_code_id
            return _entry(posting) | {
                "UserId": int(posting.user_id),
                "Hours": _ONE_HOUR,
                **({} if code is None else {"ActivityCodeId": int(code)}),
            }
        case TrustReceiptPosting():
            return _entry(posting) | {
                "BankAccountId": int(posting.bank_account_id),
                "ReceivedFrom": posting.received_from,
                **_if_any("ReferenceNumber", posting.reference_number),
            }
        case TrustChequePosting():
            return _entry(posting) | {
                "BankAccountId": int(posting.bank_account_id),
                "PayeeContactId": int(posting.payee_id),
                "PrintAction": _NEVER if posting.cheque_number else _QUEUE,
                **_if_any("ChequeNumber", posting.cheque_number),
            }
        case InvoicePosting():
            return _invoice(posting)


def of_contact(draft: ContactDraft) -> Body:
    """The body of a contact."""
    return {
        "Kind": draft.kind,
        "LastName": draft.last_name,
        **_if_any("FirstName", draft.first_name),
        **_if_any("Email", draft.email),
        **_if_any("Mobile", draft.mobile),
        "ExternalReference": draft.marker,
    }


def of_casefile(draft: CasefileDraft) -> Body:
    """The body of a casefile; without a number it gets the next one by itself [help]."""
    return {
        "Client": {"ContactId": int(draft.client_id)},
        "AreaOfPracticeId": int(draft.area_id),
        "ResponsibleUserId": int(draft.responsible_user_id),
        "Description": draft.description,
        "OpenDate": draft.opened_on.isoformat(),
        "ExternalReference": draft.marker,
    }


def _entry(posting: CostPosting | FeePosting | TrustReceiptPosting | TrustChequePosting) -> Body:
    return {
        "CasefileId": int(posting.casefile_id),
        "Date": posting.on.isoformat(),
        "Amount": written(posting.amount),
        "Explanation": f"{posting.explanation.strip()} {stamp(posting.marker)}".strip(),
        "ExternalReference": posting.marker,
    }


def _invoice(posting: InvoicePosting) -> Body:
    body: Body = {
        "CasefileId": int(posting.casefile_id),
        "ThroughDate": posting.through.isoformat(),
        "Action": "Release" if posting.release else "Review",
        "IncludeCosts": True,
        "IncludeFees": True,
        "ExternalReference": posting.marker,
    }
    if posting.trust_account_id is not None and posting.trust_amount:
        amount = written(posting.trust_amount)
        body["ApplyTrust"] = {"BankAccountId": int(posting.trust_account_id), "Amount": amount}
    return body


def _if_any(name: str, value: str | None) -> Body:
    """An empty text is no value: Soluno refuses it [assumed]."""
    return {name: value} if value else {}
