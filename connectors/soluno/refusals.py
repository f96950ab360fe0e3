"""Turns what Soluno refuses into errors that say what to do about it, in words that a bookkeeper knows [assumed]."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from connectors.errors import (
    AnswerQuestion,
    ConnectorError,
    FixData,
    LogInAgain,
    NotFound,
    NotPermitted,
    Problem,
    Stale,
    Wait,
)
from connectors.http import Answer, Incoming, redact
from connectors.http.bodies import parsed
from connectors.soluno.hosts import SYSTEM
from connectors.soluno.interruptions import QUIET_SECONDS, somebody_else

ALREADY_RELEASED = "AlreadyReleased"
DUPLICATE_REFERENCE = "DuplicateReference"
REAUTHENTICATION_REQUIRED = "ReauthenticationRequired"
_ACCOUNT_LOCKED = "AccountLocked"
_OLD_VERSION = "VersionMismatch"
_ENDED = frozenset({"SessionExpired", "SessionTerminated"})

QUESTION_DUE = (
    "Soluno wants its security question answered again, as every 30 days: let the firm's administrator run "
    "reauthenticate_soluno with the answer. What is to be posted waits until then."
)
"""A person of the firm has to act, as is due every month [seed]."""

SENTENCES: Mapping[str, str] = {
    "AcknowledgementRequired": (
        "Soluno wants a person to confirm a warning first, which casebridge never does by itself. Enter it by hand and tick the "
        "warning, or take away what it warns of. Soluno: File Manager › the file › Ledger."
    ),
    "ActivityCodeHasNoGlAccount": (
        "The activity code of this charge has no account to go to. Soluno: gear › Rates/Codes › Activity Codes › the code › "
        "General Ledger Account."
    ),
    "AlreadyPrinted": (
        "The cheque is printed already; if it is not to be paid, void it. Soluno: File Manager › the file › Ledger › the entry › Void."
    ),
    ALREADY_RELEASED: (
        "It is on an invoice that is released already, and stays as it is. Soluno: File Manager › the file › Ledger."
    ),
    "BankAccountInactive": (
        "The bank account is not in use any more: choose another one in Soluno Credentials, or take it into use again. Soluno: "
        "gear › Banking › the account › Active."
    ),
    "BankAccountTypeMismatch": (
        "The bank account is of the wrong kind: costs are paid from an operating account, clients' money is kept in a trust "
        "account. Compare the accounts in Soluno Credentials. Soluno: gear › Banking › the account › Type."
    ),
    "CasefileClosed": "The file is closed. Soluno: File Manager › the file › Reopen.",
    "CasefileOnHold": "The file is on hold. Soluno: File Manager › the file › Billing Settings › Hold.",
    DUPLICATE_REFERENCE: (
        "Soluno has something under this reference already. Soluno: File Manager › the file › Ledger."
    ),
    "FeatureDisabled": (
        "Invoices cannot be released. Soluno: gear › Settings › Features › Enable release invoice stage in billing."
    ),
    "FirmTaskCodeOnCasefile": (
        "The file's default task is one of work for the firm itself; bw is usual. Soluno: File Manager › the file › Default Task."
    ),
    "InvalidAmount": (
        "Soluno does not take this amount: it must be above zero and without parts of a cent; only a charge under an activity "
        "code may be below zero, and an invoice takes no more from trust than it comes to. Correct it in the case system."
    ),
    "NumberInUse": "This number is in use already: choose another one. Soluno: Search › the number.",
    "PeriodClosed": (
        "The date is in a period that is closed: open the month again, or move the day before which entries are refused. "
        "Soluno: gear › General Ledger › Months; gear › Settings › Features."
    ),
    "PostingReferenceInactive": (
        "The cost posting reference is not in use any more: choose another one in Soluno Credentials, or take it into use again. "
        "Soluno: gear › Cost Posting References › the reference › Active."
    ),
    "TrustOverdraw": (
        "This is more than the file has in trust: deposit what is missing first, or correct the amount. Soluno: File Manager › "
        "the file › Ledger."
    ),
    "UserDoesNotRecordTime": (
        "The attorney cannot earn fees. Soluno: gear › Users › the user › Active and Records Time."
    ),
    _OLD_VERSION: "The record changed in Soluno since it was read.",
}
"""What a person is to do about a refusal, by Soluno's code for it."""

_FACTS: Mapping[str, str] = {
    "Available": "available",
    "EntriesNotAllowedBefore": "entries are refused before",
    "WarningCode": "the warning is",
    "ExistingId": "its id is",
}
"""What to call a fact of a refusal."""


def explain(answer: Answer) -> ConnectorError:
    """The error for a refused call."""
    body = answer.body if isinstance(answer.body, dict) else {}
    code = code_of(body) or str(answer.status)
    where: dict[str, Any] = {"system": SYSTEM, "request_id": answer.request_id}
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return _not_let_in(code, where)
        case HTTPStatus.FORBIDDEN:
            said_so = redact(_text(body.get("Message"))) or "it gave no reason."
            message = (
                f"Soluno does not permit {answer.method} {answer.route.strip('/')} to the user of casebridge: {said_so} "
                "Soluno: gear › Users › the user › Security Groups."
            )
            return NotPermitted(message, **where)
        case HTTPStatus.LOCKED if code == _ACCOUNT_LOCKED:
            return LogInAgain(
                "Soluno has locked the user of casebridge. Soluno: gear › Users › the user › Unlock.", **where
            )
        case HTTPStatus.LOCKED:
            message = "Somebody is working on this in Soluno just now; it is tried again later."
            return Wait(message, **where)
    facts = _facts(body)
    said = _sentence(code, answer, body) + _shown(facts)
    problem = Problem(code, said, _text(body.get("Field")), facts)
    kind = NotFound if answer.status == HTTPStatus.NOT_FOUND else Stale if code == _OLD_VERSION else FixData
    return kind(said, problems=(problem,), status=answer.status, **where)


def is_spent(answer: Incoming) -> bool:
    """Whether another session would help against this answer: not where a person has to act first."""
    if answer.status_code != HTTPStatus.UNAUTHORIZED:
        return False
    body, _ = parsed(answer)
    return code_of(body) != REAUTHENTICATION_REQUIRED


def code_of(body: Any) -> str:
    """Soluno's word for what is wrong; empty when it says none."""
    return _text(body.get("ErrorCode")) if isinstance(body, dict) else ""


def _not_let_in(code: str, where: Mapping[str, Any]) -> ConnectorError:
    if code == REAUTHENTICATION_REQUIRED:
        return AnswerQuestion(QUESTION_DUE, **where)
    if code in _ENDED:
        return somebody_else(QUIET_SECONDS, str(where["request_id"]))
    return LogInAgain(f"Soluno does not accept the session of casebridge ({redact(code)}).", **where)


def _sentence(code: str, answer: Answer, body: Mapping[str, Any]) -> str:
    if code in SENTENCES:
        return SENTENCES[code]
    field = _text(body.get("Field"))
    if answer.status == HTTPStatus.NOT_FOUND:
        return (
            f"Soluno has no such record ({field or answer.route.strip('/')}), or the user of casebridge may not see it: it may "
            "have been deleted, or not be in use any more."
        )
    said = redact(_text(body.get("Message"))) or "it gave no reason."
    return f"Soluno refused: {f'{field}: ' if field else ''}{said}"


def _facts(body: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a refusal by name: its ``Details``, and what stands beside them."""
    details = body.get("Details")
    rows = details if isinstance(details, list) else []
    facts = {_text(row.get("Name")): row.get("Value") for row in rows if isinstance(row, dict)}
    return facts | {name: body[name] for name in _FACTS if name in body}


def _shown(facts: Mapping[str, Any]) -> str:
    told = [f"{_FACTS[name]} {redact(str(value))}" for name, value in facts.items() if name in _FACTS]
    return f" ({'; '.join(told)}.)" if told else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
