"""An OAuth façade in front of an instance: login and Allow page, codes and tokens.

Wholly invented [assumed]: Case Status speaks of OAuth, but the vendor publishes none. Behind the switch ``oauth``, off by
default. The access token is the same JWT that ``Users/authenticate`` gives.
"""

import secrets
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sandbox.answers import Answer, Refusal
from sandbox.smartadvocate.accounts import User
from sandbox.smartadvocate.answers import json_answer, not_found
from sandbox.smartadvocate.changes import SmartAdvocateFirm

CLIENT_ID, CLIENT_SECRET = "sandbox-smartadvocate-client", "sandbox-smartadvocate-secret"
_CODE_SECONDS = 600
_HTML = "text/html; charset=utf-8"
Form = dict[str, str]


def form_of(raw: bytes) -> Form:
    """The fields of a query or a URL-encoded body."""
    return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class _Code:
    user: User
    redirect_uri: str
    expires_at: float


class OAuth:
    """``oauth/authorize`` and ``oauth/token`` of one firm."""

    def __init__(self, firm: SmartAdvocateFirm) -> None:
        self._firm = firm
        self._codes: dict[str, _Code] = {}
        self._grants: dict[str, User] = {}

    def answer(self, method: str, path: str, query: Form, form: Form) -> Answer:
        """Serve one request. Raises Refusal (404 when the façade is off)."""
        if not self._firm.switches.oauth:
            raise not_found()
        match method, path.lower():
            case "GET", "authorize":
                return self._page(query)
            case "POST", "authorize":
                return self._decided(form)
            case "POST", "token":
                return self._token(form)
        raise not_found()

    def _page(self, asked: Form, trouble: str = "") -> Answer:
        if asked.get("client_id") != CLIENT_ID or not asked.get("redirect_uri"):
            return _html("<p>Unknown client or no redirect address.</p>", 400)
        names = ("client_id", "redirect_uri", "state")
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in names if name in asked
        )
        return _html(
            f'<form method="post"><p>{escape(trouble or "Log in to SmartAdvocate.")}</p>{hidden}'
            '<input name="username"> <input name="password" type="password"> '
            '<button name="decision" value="allow">Allow Access</button> '
            '<button name="decision" value="deny">Deny</button></form>'
        )

    def _decided(self, form: Form) -> Answer:
        """Back to the app with a code, or with ``access_denied``; a wrong login sees the page again."""
        user = self._firm.users.get(form.get("username", "").lower())
        if form.get("client_id") != CLIENT_ID or not form.get("redirect_uri"):
            return self._page(form)
        if form.get("decision") != "allow":
            return _redirect(form, {"error": "access_denied"})
        if user is None or user.locked or user.password != form.get("password"):
            return self._page(form, "Username or password is incorrect")
        code = secrets.token_urlsafe(16)
        self._codes[code] = _Code(user, form["redirect_uri"], self._firm.now() + _CODE_SECONDS)
        return _redirect(form, {"code": code})

    def _token(self, form: Form) -> Answer:
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise _refused("invalid_client", 401)
        kind = form.get("grant_type")
        if kind == "authorization_code":
            code = self._codes.pop(form.get("code", ""), None)
            if code is None or code.expires_at < self._firm.now() or code.redirect_uri != form.get("redirect_uri"):
                raise _refused("invalid_grant")
            refresh_token = secrets.token_urlsafe(24)
            self._grants[refresh_token] = code.user
        elif kind == "refresh_token":
            refresh_token = form.get("refresh_token", "")
        else:
            raise _refused("unsupported_grant_type")
        user = self._grants.get(refresh_token)
        if user is None or user.locked:
            raise _refused("invalid_grant")
        return json_answer(self._issued(user) | {"refresh_token": refresh_token})

    def _issued(self, user: User) -> dict[str, Any]:
        seconds = self._firm.switches.token_seconds
        token = self._firm.tokens.issue(user, self._firm.now(), seconds)
        return {"access_token": token, "token_type": "Bearer", "expires_in": seconds}


def _refused(error: str, status: int = 400) -> Refusal:
    return Refusal(json_answer({"error": error}, status))


def _redirect(form: Form, told: Form) -> Answer:
    target = urlsplit(form["redirect_uri"])
    state = {"state": form["state"]} if "state" in form else {}
    query = urlencode([*parse_qsl(target.query, keep_blank_values=True), *(told | state).items()])
    return Answer(302, headers={"Location": urlunsplit(target._replace(query=query))})


def _html(content: str, status: int = 200) -> Answer:
    page = f"<!DOCTYPE html><html><head><title>SmartAdvocate</title></head><body>{content}</body></html>"
    return Answer(status, page.encode(), content_type=_HTML)
