"""Clients of a sandbox's first firm."""

from connectors.casestatus import CaseStatusClient
from connectors.clio import ClioClient
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
