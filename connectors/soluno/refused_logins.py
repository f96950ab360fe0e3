"""Turns what Soluno says to a login that it refuses into errors that say what to do about it [assumed]."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from connectors.errors import AnswerQuestion, ConnectorError, LogInAgain, Misconfigured, UnexpectedAnswer
from connectors.http import Answer
from connectors.oauth import GrantRefused
from connectors.soluno.hosts import SYSTEM
from connectors.soluno.refusals import QUESTION_DUE, REAUTHENTICATION_REQUIRED, code_of

INVALID_CREDENTIALS = "InvalidCredentials"


class NewDevice(AnswerQuestion):
    """Soluno does not know casebridge yet, and wants the security question answered [assumed]."""


_LATER = "It is tried again after a while, at most once an hour, or by reauthenticate_soluno at once."

_COUNTED: Mapping[str, str] = {
    INVALID_CREDENTIALS: (
        "Soluno refuses the user {user}, the password, or the answer to the security question where one was sent: enter in "
        f"Soluno Credentials what works in a browser. {_LATER}"
    ),
    "AccountLocked": f"Soluno has locked the user {{user}}. {_LATER} Soluno: gear › Users › the user › Unlock.",
}
"""Refusals that are not to be repeated soon: five of them lock a user."""


class QuestionNotSet(LogInAgain):
    """The user has no security question yet, which an integration needs [seed]."""


_OTHERS: Mapping[str, tuple[type[ConnectorError], str]] = {
    "VerificationRequired": (
        NewDevice,
        (
            "Soluno does not know casebridge yet, and asks its security question: let the firm's administrator run "
            "reauthenticate_soluno with the answer, or enter that in Soluno Credentials."
        ),
    ),
    REAUTHENTICATION_REQUIRED: (AnswerQuestion, QUESTION_DUE),
    "VerificationQuestionNotSet": (
        QuestionNotSet,
        (
            "The user {user} has no security question yet: log in to Soluno as this user in a browser, and set question and answer "
            "in Profile › Security."
        ),
    ),
    "PasswordExpired": (
        LogInAgain,
        (
            "The password of the user {user} has expired: log in to Soluno as this user in a browser, set a new one, and enter that "
            "in Soluno Credentials. So that it stays good, Soluno: gear › Users › the user › Password never expires."
        ),
    ),
    "OrganizationRequired": (
        Misconfigured,
        (
            "The user {user} has several organizations, or not the one that is entered: enter one of them as Organization in Soluno "
            "Credentials, exactly as it is called here: {organizations}."
        ),
    ),
}


def explain(answer: Answer, user_name: str, address: str) -> ConnectorError:
    """The error for a refused login of a user at an address."""
    code, facts = code_of(answer.body), {"user": f"'{user_name}'", "organizations": _organizations(answer.body)}
    if code in _COUNTED:
        return GrantRefused(_COUNTED[code].format_map(facts), code=code, system=SYSTEM)
    if code in _OTHERS:
        kind, sentence = _OTHERS[code]
        return kind(sentence.format_map(facts), system=SYSTEM)
    if answer.status == HTTPStatus.NOT_FOUND:
        message = f"There is no Soluno API at {address}: check the host in Soluno Credentials."
        return Misconfigured(message, system=SYSTEM)
    return UnexpectedAnswer(f"Soluno answered a login with {answer.status} ({code or 'no reason'}).", system=SYSTEM)


def _organizations(body: Any) -> str:
    """The names that a refusal lists."""
    listed = body.get("Organizations") if isinstance(body, dict) else None
    names = [one.get("Name") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return ", ".join(f"“{name}”" for name in names if isinstance(name, str)) or "Soluno names none"
