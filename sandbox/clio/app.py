"""Clio Manage: the regions, the firms in them, and what every API request passes before a handler sees it.

Order of the checks: firewall → token → budget → version → contract → handler.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.clio import answers, handlers
from sandbox.clio.answers import Answer, Refusal
from sandbox.clio.call import Call
from sandbox.clio.communications import communication_values
from sandbox.clio.documents import DOCUMENTS
from sandbox.clio.firm import ClioFirm
from sandbox.clio.inspection import inspection_routes
from sandbox.clio.limiter import Limiter
from sandbox.clio.oauth import OAuth
from sandbox.clio.oauth_routes import OAuthPages
from sandbox.clio.storage import Storage
from sandbox.controls import Controls
from sandbox.seed import World

if TYPE_CHECKING:
    from sandbox.clio.contract import Contract

REGIONS = ("us", "eu", "ca", "au")
API = "/api/v4"
DEFAULT_VERSION = "4.0.13"
VERSIONS = frozenset(f"4.0.{minor}" for minor in range(9, 14))
"""Older ones are retired here: 410 [sdk]."""
_DIGITS = re.compile(r"^\d+$")


_COMMUNICATIONS = handlers.Collection(
    "communications",
    "Communication",
    ("communications",),
    values=communication_values,
    matter_key="_matter",
    default_order="date(asc)",
)


def _routes() -> dict[tuple[str, str], handlers.Handler]:
    """(method, path below the API with ids as ``*``) → handler."""
    table: dict[tuple[str, str], handlers.Handler] = {
        ("GET", "users/who_am_i"): handlers.who_am_i,
        ("GET", "contacts/*/phone_numbers"): handlers.contact_list("_phone_numbers", "PhoneNumber"),
        ("GET", "contacts/*/email_addresses"): handlers.contact_list("_email_addresses", "EmailAddress"),
        ("GET", "matters/*/client"): handlers.client_of_matter,
        ("GET", "matters/*/contacts"): handlers.contacts_of_matter,
        ("GET", "matters/*/related_contacts"): handlers.related_contacts_of_matter,
        ("GET", "documents/*/download"): DOCUMENTS.download,
        ("GET", "documents/*/versions"): DOCUMENTS.versions,
    }
    for collection in (*handlers.COLLECTIONS, _COMMUNICATIONS, DOCUMENTS):
        table["GET", collection.name] = collection.index
        if collection.shown:
            table["GET", f"{collection.name}/*"] = collection.show
        if collection.values is not None:
            table["POST", collection.name] = collection.create
            table["PATCH", f"{collection.name}/*"] = collection.update
            table["DELETE", f"{collection.name}/*"] = collection.destroy
    return table


class Clio:
    """All of Clio in one process. ``firms`` by slug, ``oauth`` by region; both may be changed by tests.

    ``storage`` is the host behind the documents' signed addresses.
    """

    def __init__(self, controls: Controls, world: World, contract: "Contract | None" = None) -> None:
        self.controls = controls
        self.storage = Storage(controls.clock.timestamp)
        self.firms = {firm.slug: ClioFirm(world, firm, self.storage) for firm in world.firms}
        self.oauth = {region: OAuth(region, controls.clock.timestamp) for region in REGIONS}
        self.contract = contract
        for firm in self.firms.values():
            self._grant_known_token(firm)
        self._regions: dict[str, ASGIApp] = {region: self._region_app(region) for region in REGIONS}
        self.inspection_routes: Sequence[BaseRoute] = inspection_routes(self)

    def region(self, region: str) -> ASGIApp:
        """The app of one region: ``/api/v4/...`` and ``/oauth/...``."""
        return self._regions[region]

    def connect(self, slug: str, base_url: str, *, user_id: int | None = None) -> dict[str, Any]:
        """Mint a grant for a firm and a ready access token, as if its administrator had allowed the app.

        ``base_url`` is the sandbox's address (``http://127.0.0.1:8400``). The answer has region, client_id,
        client_secret, refresh_token, access_token, expires_in, api_base, oauth_base, account {id, name}.
        """
        firm = self.firms[slug]
        oauth = self.oauth[firm.region]
        app = oauth.default_app
        grant = oauth.allow(app, firm, user_id or firm.admin_id)
        root = f"{base_url.rstrip('/')}/clio/{firm.region}"
        return oauth.issue(grant) | {
            "region": firm.region,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "refresh_token": grant.refresh_token,
            "api_base": root + API,
            "oauth_base": f"{root}/oauth",
            "account": {"id": firm.account["id"], "name": firm.account["name"]},
        }

    def warm(self) -> None:
        """Make every record now, so that nobody's first read pays for it: fair timing for benches."""
        for firm in self.firms.values():
            for table in firm.tables.values():
                for _ in table.every():
                    pass

    def _grant_known_token(self, firm: ClioFirm) -> None:
        """A refresh token that can be written down: ``sandbox-refresh-harrow-pike``; new after every seeding."""
        oauth = self.oauth[firm.region]
        oauth.allow(oauth.default_app, firm, firm.admin_id, f"sandbox-refresh-{firm.slug}")

    def _region_app(self, region: str) -> ASGIApp:
        firms = {slug: firm for slug, firm in self.firms.items() if firm.region == region}
        oauth = self.oauth[region]
        pages = Starlette(routes=OAuthPages(oauth, firms).routes())
        api = Api(self, oauth)

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            root: str = scope["root_path"]
            path: str = scope["path"].removeprefix(root)
            if path.startswith(API + "/"):
                await api(scope, receive, send)
            else:
                scope["root_path"] = root + "/oauth"
                await pages(scope, receive, send)

        return serve


class Api:
    """``/api/v4`` of one region."""

    def __init__(self, clio: Clio, oauth: OAuth) -> None:
        self._clio = clio
        self._oauth = oauth
        self._limiter = Limiter()
        self._handlers = _routes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one API request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = b""
        more = scope["method"] in {"POST", "PATCH", "PUT"}
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        await self._answer(scope, headers, body).send(send)

    def _answer(self, scope: Scope, headers: Mapping[str, str], body: bytes) -> Answer:
        agent = headers.get("user-agent", "")
        if not agent.strip() or "://" in agent:
            return answers.firewall()
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not bearer.strip():
            return answers.no_authorization()
        token = self._oauth.holder(bearer.strip())
        if token is None:
            return answers.invalid_token()
        now = self._clio.controls.clock.timestamp()
        limit = self._clio.controls.limit("clio")
        standing: dict[str, str] = {}
        if limit.on:
            allowed, standing = self._limiter.spend(token.text, limit, now)
            if not allowed:
                return _too_many(standing)
        version = headers.get("x-api-version")
        call = Call(
            method=scope["method"],
            url=f"{scope['scheme']}://{headers.get('host', '')}{scope['path']}",
            params=parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            headers=headers,
            body=body,
            firm=token.grant.firm,
            user_id=token.grant.user_id,
            now=now,
        )
        answer = self._of_version(version, call, scope["path"].removeprefix(scope["root_path"] + API + "/"))
        answer.headers |= standing
        return answer

    def _of_version(self, version: str | None, call: Call, path: str) -> Answer:
        """Answer in the wanted minor version, which is echoed on success; 410 for one that is not served [doc]."""
        if version is not None and version not in VERSIONS:
            return Refusal(410, "Gone", f"API version {version} is not available.").answer
        try:
            answer = self._handle(call, path)
        except Refusal as refusal:
            return refusal.answer
        answer.headers["X-API-VERSION"] = version or DEFAULT_VERSION
        return answer

    def _handle(self, call: Call, path: str) -> Answer:
        segments = path.removesuffix(".json").split("/")
        ids = [segment for segment in segments if _DIGITS.match(segment)]
        shape = "/".join("*" if _DIGITS.match(segment) else segment for segment in segments)
        handler = self._handlers.get((call.method, shape))
        if handler is None:
            raise answers.not_found()
        if self._clio.contract is not None:
            self._clio.contract.check_request(call, path)
        return handler(call, *ids)


def published_contract() -> "Contract | None":
    """Clio's OpenAPI document, or None when it is not available. Takes about a second."""
    from sandbox.clio.contract import Contract  # noqa: PLC0415 - openapi-core is a development dependency

    return Contract.load()


def _too_many(standing: dict[str, str]) -> Answer:
    """429 [doc for status and headers, assumed for the body]."""
    message = f"Rate limit exceeded. Retry in {standing['Retry-After']} seconds."
    answer = Refusal(429, "RateLimited", message).answer
    answer.headers |= standing
    return answer
