"""Soluno: one instance per firm, and what every request passes before a handler sees it.

The address of an instance is ``/soluno/{slug}``, as if that were its host; the API is below ``/api/rest/`` there. Order of
the checks: firm → route → session → budget → right → handler; ``POST Session`` needs no session.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from sandbox.answers import Answer
from sandbox.bodies import Vanished, whole
from sandbox.controls import Controls
from sandbox.instances import Instances
from sandbox.seed import World
from sandbox.soluno import billing, casefiles, contacts, costs, fees, session, setup, trust
from sandbox.soluno.answers import json_answer, refusal
from sandbox.soluno.call import Call
from sandbox.soluno.fields import Fields
from sandbox.soluno.firm import API, SolunoFirm
from sandbox.soluno.inspection import inspection_routes
from sandbox.soluno.refusals import Refused, not_found, not_permitted

Handler = Callable[[Call], Any]
CORRELATION_HEADER = "X-Correlation-Id"
_DIGITS = re.compile(r"^\d{1,18}$", re.ASCII)
_OK, _CREATED, _ACCEPTED, _EMPTY = 200, 201, 202, 204
_log = logging.getLogger(__name__)

_LOG_IN = ("POST", "Session")
_HANDLERS: Mapping[tuple[str, str], tuple[int, Handler]] = {
    ("GET", "Session"): (_OK, session.look),
    ("DELETE", "Session"): (_EMPTY, session.log_off),
    ("GET", "Users"): (_OK, setup.users),
    ("GET", "AreasOfPractice"): (_OK, setup.areas),
    ("GET", "ActivityCodes"): (_OK, setup.activity_codes),
    ("GET", "Features"): (_OK, setup.features),
    ("GET", "PostingReferences"): (_OK, setup.posting_references),
    ("GET", "BankAccounts"): (_OK, setup.bank_accounts),
    ("GET", "Contacts"): (_OK, contacts.contacts),
    ("POST", "Contacts"): (_CREATED, contacts.add_contact),
    ("GET", "Contacts/*"): (_OK, contacts.one_contact),
    ("PATCH", "Contacts/*"): (_OK, contacts.change_contact),
    ("GET", "Casefiles"): (_OK, casefiles.casefiles),
    ("POST", "Casefiles"): (_CREATED, casefiles.add_casefile),
    ("GET", "Casefiles/*"): (_OK, casefiles.one_casefile),
    ("PATCH", "Casefiles/*"): (_OK, casefiles.change_casefile),
    ("GET", "Casefiles/*/Ledger"): (_OK, casefiles.ledger),
    ("GET", "Casefiles/*/Balances"): (_OK, casefiles.balances),
    ("GET", "CostEntries"): (_OK, costs.costs),
    ("POST", "CostEntries"): (_CREATED, costs.add_cost),
    ("GET", "CostEntries/*"): (_OK, costs.one_cost),
    ("POST", "CostEntries/*/Void"): (_OK, costs.void_cost),
    ("DELETE", "CostEntries/*"): (_EMPTY, costs.delete_cost),
    ("GET", "FeeEntries"): (_OK, fees.fees),
    ("POST", "FeeEntries"): (_CREATED, fees.add_fee),
    ("GET", "TrustReceipts"): (_OK, trust.receipts),
    ("POST", "TrustReceipts"): (_CREATED, trust.add_receipt),
    ("POST", "TrustReceipts/*/Void"): (_OK, trust.void_receipt),
    ("GET", "TrustCheques"): (_OK, trust.cheques),
    ("POST", "TrustCheques"): (_CREATED, trust.add_cheque),
    ("POST", "TrustCheques/*/Void"): (_OK, trust.void_cheque),
    ("GET", "Transfers"): (_OK, trust.transfers),
    ("POST", "Transfers"): (_CREATED, trust.add_transfer),
    ("POST", "InvoiceRequests"): (_ACCEPTED, billing.request_invoice),
    ("GET", "Invoices"): (_OK, billing.invoices),
    ("GET", "Invoices/*"): (_OK, billing.one_invoice),
    ("POST", "Invoices/*/Release"): (_OK, billing.release_invoice),
    ("POST", "Invoices/*/Cancel"): (_OK, billing.cancel_invoice),
}


class Soluno:
    """Every firm's instance in one process; ``firms`` by slug, which tests may change."""

    def __init__(self, controls: Controls, world: World) -> None:
        self.controls = controls
        self.firms = Instances(world, lambda seed: SolunoFirm(seed, controls.clock.timestamp))
        self.inspection_routes: Sequence[BaseRoute] = inspection_routes(self.firms)
        self._requests = count(5001)

    def connect(self, slug: str, base_url: str) -> dict[str, Any]:
        """What a firm enters to connect. ``base_url`` is the sandbox's address.

        The answer has host (``http://HOST:PORT/soluno/<slug>``), api_base, user_name, password, organization_name,
        verification_question and verification_answer.
        """
        return self.firms[slug].connection(base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        correlation_id = headers.get(CORRELATION_HEADER.lower()) or f"c-{next(self._requests)}"
        # A request counts as under way until its answer has gone out.
        with ExitStack() as under_way:
            try:
                answer = await self._answer(scope, receive, headers, under_way)
            except Refused as refused:
                answer = refusal(refused, correlation_id)
            except Vanished:
                return
            except Exception:  # noqa: BLE001 - a bug of ours is answered as the vendor answers one of its own [assumed]
                _log.exception("%s %s", scope["method"], scope["path"])
                answer = refusal(Refused(500, "Unexpected", "Something went wrong."), correlation_id)
            answer.headers[CORRELATION_HEADER] = correlation_id
            await answer.send(send)

    async def _answer(self, scope: Scope, receive: Receive, headers: Mapping[str, str], under_way: ExitStack) -> Answer:
        slug, _, path = scope["path"].removeprefix(scope["root_path"]).lstrip("/").partition("/")
        firm = self.firms.get(slug)
        if firm is None or not path.startswith(API):
            raise not_found("address")
        segments = path.removeprefix(API).split("/")
        view = "/".join("*" if _DIGITS.match(segment) else segment for segment in segments)
        route = (scope["method"], view)
        firm.agenda.arrived(" ".join(route))
        if route == _LOG_IN:
            return json_answer(session.log_in(firm, Fields.of_body(await whole(receive))), _CREATED)
        if route not in _HANDLERS:
            raise not_found("address")
        live = firm.sessions.good(_token(headers), firm.seconds())
        under_way.enter_context(live.request(self.controls.limit("soluno"), firm.now()))
        if scope["method"] != "GET" and segments[0] in live.login.denied:
            raise not_permitted(f"The user may not write {segments[0]}.")
        numbers = [int(segment) for segment in segments if _DIGITS.match(segment)]
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        books = firm.organizations[live.organization_id]
        call = Call(firm, live, books, numbers, query, await whole(receive))
        status, handler = _HANDLERS[route]
        return json_answer(handler(call), status, numbers=firm.switches.numbers)


def _token(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
