"""Handlers of the session: log in, look, log off [assumed]: 7.2."""

from typing import Any

from sandbox.soluno.books import Books
from sandbox.soluno.call import Call
from sandbox.soluno.fields import Fields
from sandbox.soluno.firm import SolunoFirm
from sandbox.soluno.logins import FULL_LOGIN_SECONDS, Login, Session, refuse
from sandbox.soluno.refusals import Refused
from sandbox.soluno.stamps import instant


def log_in(firm: SolunoFirm, fields: Fields) -> dict[str, Any]:
    """POST Session. With the right ``VerificationAnswer`` it is a full login, good for another 30 days.

    A wrong answer is refused and counted as a wrong password is [assumed]. Without an answer a known device is let in until
    a full login is due. Raises Refused.
    """
    user_name, password = fields.text("UserName"), fields.text("Password")
    device, answer = fields.text("DeviceId"), fields.optional_text("VerificationAnswer")
    login, now = firm.logins.get(user_name.strip().lower()), firm.seconds()
    if login is None:
        raise refuse("InvalidCredentials", "User name, password or answer is wrong.")
    login.require_unlocked()
    if password != login.password:
        login.fail()
    if login.password_expired:
        raise Refused(403, "PasswordExpired", "The password has expired. Change it in Soluno.")
    if not login.question_set:
        raise Refused(403, "VerificationQuestionNotSet", "Log in by browser first and set the verification question.")
    books = _organization(firm, login, fields.optional_text("OrganizationName"))
    if answer is None:
        _require_known(login, device, now)
    elif answer.strip().lower() != login.answer.lower():
        login.fail()
    else:
        login.reauthenticate_by = now + FULL_LOGIN_SECONDS
        login.devices.add(device)
    login.failures = 0
    return _session(firm.sessions.begin(login, books.id, now), books)


def look(call: Call) -> dict[str, Any]:
    """GET Session."""
    return _session(call.session, call.books)


def log_off(call: Call) -> None:
    """DELETE Session."""
    call.firm.sessions.end(call.session.login, "SessionExpired")


def _organization(firm: SolunoFirm, login: Login, name: str | None) -> Books:
    """The organization that is named, or the only one. Raises Refused (409)."""
    own = [firm.organizations[organization_id] for organization_id in login.user_ids]
    named = [books for books in own if name is None or books.name.lower() == name.strip().lower()]
    if len(named) != 1:
        listed = [{"OrganizationId": books.id, "Name": books.name} for books in own]
        message = "Say which organization is meant."
        raise Refused(409, "OrganizationRequired", message, field="OrganizationName", Organizations=listed)
    return named[0]


def _require_known(login: Login, device: str, now: int) -> None:
    """See that a login may do without the answer. Raises Refused (401)."""
    if login.is_overdue(now):
        message = "The login has to be authenticated again: send the answer to the question."
        raise refuse("ReauthenticationRequired", message, Question=login.question)
    if device not in login.devices:
        raise refuse(
            "VerificationRequired", "This device is new: send the answer to the question.", Question=login.question
        )


def _session(session: Session, books: Books) -> dict[str, Any]:
    login = session.login
    user = books.users[login.user_ids[books.id]]
    return {
        "SessionToken": session.token,
        "ExpiresOn": instant(session.expires),
        "ReauthenticateBy": instant(login.reauthenticate_by),
        "User": {
            "UserId": user.id,
            "Initials": user.initials,
            "Email": user.email,
            "RecordsTime": user.records_time,
        },
        "Organization": {"OrganizationId": books.id, "Name": books.name},
    }
