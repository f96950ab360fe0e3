"""Control routes of Clio, below ``/__sandbox__/clio``; JSON in, JSON out.

POST   /token      {"firm": "harrow-pike", "user_id": null}       client id, secret, refresh and access token
POST   /apps       {"region": "us", "client_id": ..., "client_secret": ..., "redirect_uris": [...]}
GET    /oauth      counts of token calls and the settings, by region
POST   /oauth      {"region": "us" (default: all), "expires_in": 600, "rotation": "never|at_once|on_first_use",
                    "refresh_delay": [0, 15], "auto_approve": "harrow-pike" | null}
POST   /revoke     {"firm": ...}                                  end every grant of a firm
POST   /expire     {"region": "us" (default: all)}                every access token expires now
GET    /firms/{slug}                                              permission switches
POST   /firms/{slug}   {"denied": ["contacts"], "hidden_matters": [id], "hidden_contacts": [id], "upload_timeouts": 2}
GET    /firms/{slug}/communications?matter_id=   what was logged, with ids for links (see sandbox.clio.plain)
GET    /firms/{slug}/documents?matter_id=        what was filed, with sha256; trashed and unfinished ones, too
GET    /storage                                  objects on the storage host by uuid: size, digests, content kept or not
POST   /firms/{slug}/matters/{id}    record values, e.g. {"_matter_stage": 90000003}: a change made in Clio itself
POST   /firms/{slug}/contacts/{id}, /firms/{slug}/documents/{id}    the same for a contact, a document
GET    /violations                                                breaches of the OpenAPI document so far
DELETE /violations
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.clio import plain
from sandbox.clio.oauth import OAuth, Rotation

if TYPE_CHECKING:
    from sandbox.clio.app import Clio


def inspection_routes(clio: "Clio") -> Sequence[BaseRoute]:
    """The routes for one Clio."""
    return _Inspection(clio).routes()


class _Inspection:
    def __init__(self, clio: "Clio") -> None:
        self._clio = clio

    def routes(self) -> Sequence[BaseRoute]:
        post = ["POST"]
        return [
            Route("/token", self.token, methods=post),
            Route("/apps", self.apps, methods=post),
            Route("/oauth", self.oauth, methods=["GET", "POST"]),
            Route("/revoke", self.revoke, methods=post),
            Route("/expire", self.expire, methods=post),
            Route("/firms/{slug}", self.firm, methods=["GET", "POST"]),
            Route("/firms/{slug}/communications", self.communications),
            Route("/firms/{slug}/documents", self.documents),
            Route("/storage", self.storage),
            Route("/firms/{slug}/{table}/{record_id:int}", self.change, methods=post),
            Route("/violations", self.violations, methods=["GET", "DELETE"]),
        ]

    async def token(self, request: Request) -> Response:
        wanted = await _body(request)
        base = f"{request.url.scheme}://{request.url.netloc}"
        return _answer(self._clio.connect(wanted["firm"], base, user_id=wanted.get("user_id")))

    async def apps(self, request: Request) -> Response:
        wanted = await _body(request)
        oauth = self._clio.oauth[wanted["region"]]
        app = oauth.register(wanted["client_id"], wanted["client_secret"], wanted.get("redirect_uris", []))
        return _answer({"region": wanted["region"], "client_id": app.client_id, "redirect_uris": app.redirect_uris})

    async def oauth(self, request: Request) -> Response:
        if request.method == "POST":
            wanted = await _body(request)
            for oauth in self._regions(wanted.pop("region", None)):
                _turn(oauth, wanted)
        return _answer(
            {
                region: {"counts": oauth.counts, "refreshes": oauth.refreshes, "settings": asdict(oauth.settings)}
                for region, oauth in self._clio.oauth.items()
            }
        )

    async def revoke(self, request: Request) -> Response:
        firm = self._clio.firms[(await _body(request))["firm"]]
        return _answer({"revoked": self._clio.oauth[firm.region].revoke_firm(firm.slug)})

    async def expire(self, request: Request) -> Response:
        for oauth in self._regions((await _body(request)).get("region")):
            oauth.expire_access_tokens()
        return _answer({"ok": True})

    async def firm(self, request: Request) -> Response:
        firm = self._clio.firms[request.path_params["slug"]]
        switches = ("denied", "hidden_matters", "hidden_contacts")
        if request.method == "POST":
            wanted = await _body(request)
            firm.upload_timeouts = int(wanted.pop("upload_timeouts", firm.upload_timeouts))
            for name, values in wanted.items():
                if name not in switches:
                    message = f"There is no switch {name!r}; there are {', '.join(switches)}."
                    raise ValueError(message)
                setattr(firm, name, set(values))
        shown: dict[str, Any] = {name: sorted(getattr(firm, name)) for name in switches}
        return _answer(shown | {"upload_timeouts": firm.upload_timeouts})

    async def communications(self, request: Request) -> Response:
        firm = self._clio.firms[request.path_params["slug"]]
        return _answer(plain.communications(firm, _matter(request)))

    async def documents(self, request: Request) -> Response:
        firm = self._clio.firms[request.path_params["slug"]]
        return _answer(plain.documents(firm, _matter(request)))

    async def storage(self, _request: Request) -> Response:
        return _answer(plain.stored(self._clio.storage))

    async def change(self, request: Request) -> Response:
        firm = self._clio.firms[request.path_params["slug"]]
        now = self._clio.controls.clock.timestamp()
        table, record_id, values = request.path_params["table"], request.path_params["record_id"], await _body(request)
        if table == "matters":
            firm.update_matter(record_id, at=now, **values)
        elif table == "contacts":
            firm.update_contact(record_id, at=now, **values)
        elif table == "documents":
            firm.update_document(record_id, at=now, **values)
        else:
            raise KeyError(table)
        return _answer({"ok": True})

    async def violations(self, request: Request) -> Response:
        contract = self._clio.contract
        if contract is not None and request.method == "DELETE":
            contract.violations.clear()
        return _answer({"checked": contract is not None, "violations": contract.violations if contract else []})

    def _regions(self, region: str | None) -> list[OAuth]:
        return list(self._clio.oauth.values()) if region is None else [self._clio.oauth[region]]


def _turn(oauth: OAuth, wanted: dict[str, Any]) -> None:
    """Change the settings of one region. Raises ValueError for an unknown setting or rotation."""
    for name, value in wanted.items():
        if name == "rotation":
            oauth.settings.rotation = Rotation(value)
        elif name == "refresh_delay":
            low, high = value
            oauth.settings.refresh_delay = (float(low), float(high))
        elif name in {"expires_in", "auto_approve"}:
            setattr(oauth.settings, name, value)
        else:
            message = f"There is no setting {name!r}."
            raise ValueError(message)


def _matter(request: Request) -> int | None:
    wanted = request.query_params.get("matter_id")
    return int(wanted) if wanted else None


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    body: dict[str, Any] = orjson.loads(raw) if raw else {}
    return body


def _answer(data: Any) -> Response:
    return Response(orjson.dumps(data), media_type="application/json")
