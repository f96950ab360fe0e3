"""Clients of a sandbox's first firm."""

from dataclasses import replace

from connectors.casepeer import CasePeerClient
from connectors.casepeer import Host as CasePeerHost
from connectors.casestatus import CaseStatusClient
from connectors.clio import ClioClient
from connectors.smartadvocate import Host, SmartAdvocateClient
from connectors.soluno import Account, SolunoClient
from connectors.soluno import Host as SolunoHost
from sandbox.testing import SandboxServer
from tests.connectors.fakes import shared


def clio_client(server: SandboxServer, **options) -> ClioClient:
    settings = {
        "region": "us", "host": f"{server.url}/clio/us", "client_id": "sandbox-us-client",
        "client_secret": "sandbox-us-secret", "refresh_token": "sandbox-refresh-harrow-pike",
        "shared": shared("clio:harrow-pike"), **options,
    }  # fmt: skip
    return ClioClient(**settings)


def portal_client(server: SandboxServer, key: str = "csk-harrow-pike") -> CaseStatusClient:
    return CaseStatusClient(key, shared=shared("case_status:harrow-pike"), host=f"{server.url}/casestatus")


def smartadvocate_client(server: SandboxServer, username: str = "hub_admin", **options) -> SmartAdvocateClient:
    """A client of the firm's SmartAdvocate that need not wait for its budget."""
    known = server.smartadvocate.connect("harrow-pike", server.url, username)
    settings = {
        "host": Host.of(known["host"]), "username": username, "password": known["password"],
        "shared": shared("smartadvocate:harrow-pike"), "requests_a_minute": 600_000, **options,
    }  # fmt: skip
    return SmartAdvocateClient(**settings)


def casepeer_client(server: SandboxServer, key: str = "key", **options) -> CasePeerClient:
    """A client of the firm's CASEpeer that need not wait for its budget; ``key`` or ``admin_key`` of the firm."""
    known = server.casepeer.connect("harrow-pike", server.url)
    settings = {
        "host": CasePeerHost.of(known["host"]), "key": known[key], "shared": shared("casepeer:harrow-pike"),
        "requests_a_minute": 600_000, **options,
    }  # fmt: skip
    return CasePeerClient(**settings)


def soluno_client(server: SandboxServer, **options) -> SolunoClient:
    """A client of the firm's Soluno that need not wait for its budget, and knows the answer for a new device."""
    settings = {
        "host": SolunoHost.of(server.soluno.connect("harrow-pike", server.url)["host"]), "account": soluno_account(server),
        "shared": shared("soluno:harrow-pike"), "requests_a_minute": 600_000, **options,
    }  # fmt: skip
    return SolunoClient(**settings)


def soluno_account(server: SandboxServer, **changes) -> Account:
    """The user that the firm keeps for casebridge."""
    known = server.soluno.connect("harrow-pike", server.url)
    usual = Account(known["user_name"], known["password"], verification_answer=known["verification_answer"])
    return replace(usual, **changes)
