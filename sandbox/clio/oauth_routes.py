"""The pages and endpoints below ``/oauth``: authorize, approval, token, deauthorize."""

import asyncio
import random
from collections.abc import Sequence
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.clio.firm import ClioFirm
from sandbox.clio.oauth import App, OAuth, OAuthRefusal

_ASKED = ("client_id", "redirect_uri", "state", "redirect_on_decline")
_APPROVAL_PATH = "/oauth/approval"
_NOT_STORED = {"Cache-Control": "no-store"}


class OAuthPages:
    """The OAuth routes of one region."""

    def __init__(self, oauth: OAuth, firms: dict[str, ClioFirm]) -> None:
        self._oauth = oauth
        self._firms = firms

    def routes(self) -> Sequence[BaseRoute]:
        """Authorize, approval, token, deauthorize."""
        return [
            Route("/authorize", self.authorize, methods=["GET"]),
            Route("/authorize", self.decide, methods=["POST"]),
            Route("/approval", self.approval, methods=["GET"]),
            Route("/token", self.token, methods=["POST"]),
            Route("/deauthorize", self.deauthorize, methods=["POST"]),
        ]

    async def authorize(self, request: Request) -> Response:
        """Ask the user, unless a firm is set to allow everything."""
        asked = dict(request.query_params)
        app, refusal = _app_of(self._oauth, asked, request)
        if app is None:
            return _page("Authorization error", f"<p>{escape(refusal)}</p>", 400)
        if self._oauth.settings.auto_approve in self._firms:
            return self._allowed(app, self._firms[self._oauth.settings.auto_approve], asked)
        return _page("Allow access?", _question(asked, self._firms))

    async def decide(self, request: Request) -> Response:
        """Take the user's answer; a refusal goes back to the app only with ``redirect_on_decline`` [doc]."""
        form = await _form(request)
        asked = {name: form[name] for name in _ASKED if name in form}
        app, refusal = _app_of(self._oauth, asked, request)
        firm = self._firms.get(form.get("firm", ""))
        if app is None or firm is None:
            return _page("Authorization error", f"<p>{escape(refusal or 'No such firm.')}</p>", 400)
        if form.get("decision") == "allow":
            return self._allowed(app, firm, asked)
        if asked.get("redirect_on_decline") == "true" or urlsplit(asked["redirect_uri"]).path.endswith(_APPROVAL_PATH):
            return _redirect(asked, {"error": "access_denied"})
        return _page("Access was not allowed", "<p>You may close this page.</p>")

    async def approval(self, request: Request) -> Response:
        """The page native apps read the code from: it is in the title [doc]."""
        told = urlencode([(name, value) for name, value in request.query_params.items() if name in {"code", "error"}])
        return _page(told, "<p>Return to the application.</p>")

    async def token(self, request: Request) -> Response:
        """Code or refresh token → access token."""
        try:
            return JSONResponse(await _token(self._oauth, await _form(request)), headers=_NOT_STORED)
        except OAuthRefusal as refusal:
            body = {"error": refusal.error, "error_description": str(refusal)}
            return JSONResponse(body, refusal.status, headers=_NOT_STORED)

    async def deauthorize(self, request: Request) -> Response:
        """End the grant of the bearer token, which the form repeats [seen]."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        held = self._oauth.holder(bearer) if scheme.lower() == "bearer" else None
        if held is None or (await _form(request)).get("token") != bearer:
            return JSONResponse({"error": "invalid_token", "error_description": "The token is not valid."}, 401)
        self._oauth.revoke(held.grant)
        return Response(status_code=200)

    def _allowed(self, app: App, firm: ClioFirm, asked: dict[str, str]) -> Response:
        grant = self._oauth.allow(app, firm, firm.admin_id)
        return _redirect(asked, {"code": self._oauth.code(grant, asked["redirect_uri"])})


async def _token(oauth: OAuth, form: dict[str, str]) -> dict[str, object]:
    """Answer a token request. Raises OAuthRefusal."""
    kind = form.get("grant_type", "")
    if not kind or not form.get("client_id", ""):
        raise OAuthRefusal("invalid_request", "The request is missing a required parameter.")
    if kind not in {"authorization_code", "refresh_token"}:
        raise OAuthRefusal("unsupported_grant_type", "The authorization grant type is not supported.")
    app = oauth.app(form.get("client_id", ""), form.get("client_secret", ""))
    if kind == "authorization_code":
        return oauth.exchange(app, form.get("code", ""), form.get("redirect_uri", ""))
    answer = oauth.refresh(app, form.get("refresh_token", ""))
    await asyncio.sleep(random.uniform(*oauth.settings.refresh_delay))
    return answer


def _app_of(oauth: OAuth, asked: dict[str, str], request: Request) -> tuple[App | None, str]:
    """The app that asks, or why the request cannot be shown to the user."""
    app = oauth.apps.get(asked.get("client_id", ""))
    if app is None:
        return None, "Client authentication failed due to unknown client."
    redirect_uri = asked.get("redirect_uri", "")
    own_page = urlsplit(redirect_uri)[1:3] == (request.url.netloc, request.scope["root_path"] + _APPROVAL_PATH)
    if not (own_page or app.allows(redirect_uri)):
        return None, "The redirect uri included is not valid."
    if request.method == "GET" and asked.get("response_type") != "code":
        return None, "The authorization server does not support this response type."
    return app, ""


def _redirect(asked: dict[str, str], told: dict[str, str]) -> Response:
    """Back to the app, its own query parameters kept, the state echoed."""
    target = urlsplit(asked["redirect_uri"])
    state = {"state": asked["state"]} if "state" in asked else {}
    query = urlencode([*parse_qsl(target.query, keep_blank_values=True), *(told | state).items()])
    return RedirectResponse(urlunsplit(target._replace(query=query)), status_code=302)


def _question(asked: dict[str, str], firms: dict[str, ClioFirm]) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in _ASKED if name in asked
    )
    choices = "".join(
        f'<option value="{escape(slug)}">{escape(firm.account["name"])}</option>' for slug, firm in firms.items()
    )
    return (
        f'<form method="post"><p>{escape(asked["client_id"])} asks for access to your firm.</p>{hidden}'
        f'<p><label>Firm <select name="firm">{choices}</select></label></p>'
        '<button name="decision" value="allow">Allow access</button> '
        '<button name="decision" value="deny">Deny access</button></form>'
    )


def _page(title: str, content: str, status: int = 200) -> Response:
    page = f"<!DOCTYPE html><html><head><title>{escape(title)}</title></head><body>{content}</body></html>"
    return HTMLResponse(page, status)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded body."""
    return dict(parse_qsl((await request.body()).decode("latin-1"), keep_blank_values=True))
