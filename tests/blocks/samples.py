"""Blocks of a firm that exists nowhere, for tests that need no outside system."""

from typing import Any

from prefect_email import EmailServerCredentials
from pydantic import SecretStr

from blocks.casepeer import CasePeerCredentials
from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from blocks.operators_mail import OperatorsMail
from blocks.smartadvocate import SmartAdvocateCredentials
from blocks.soluno import SolunoCredentials

SECRETS = (
    "clio-app-secret", "clio-refresh-token", "portal-api-key", "smartadvocate-password", "casepeer-key", "soluno-password",
)  # fmt: skip


def clio() -> ClioCredentials:
    app_secret, refresh_token = map(SecretStr, SECRETS[:2])
    return ClioCredentials(client_id="clio-app-key", client_secret=app_secret, refresh_token=refresh_token)


def smartadvocate(**settings: Any) -> SmartAdvocateCredentials:
    return SmartAdvocateCredentials(**({"username": "casebridge", "password": SecretStr(SECRETS[3])} | settings))


def casepeer(**settings: Any) -> CasePeerCredentials:
    return CasePeerCredentials(**({"host": "leadcheck.casepeer.com", "api_key": SecretStr(SECRETS[4])} | settings))


def case_status() -> CaseStatusCredentials:
    return CaseStatusCredentials(api_key=SecretStr(SECRETS[2]))


def soluno(**settings: Any) -> SolunoCredentials:
    entered = {
        "host": "books.soluno.legal", "username": "cp-link@harrow-pike.example", "password": SecretStr(SECRETS[5]),
        "cost_posting_reference": "ACC", "operating_account": "Operating", "trust_account": "Client Trust",
    }  # fmt: skip
    return SolunoCredentials(**(entered | settings))


def firm(slug: str = "harrow-pike", **settings: Any) -> Firm:
    credentials = {"case_system": clio(), "portal": case_status()}
    return Firm(slug=slug, **({"name": "Harrow Pike LLP"} | credentials | settings))


async def save(slug: str, **settings: Any) -> Firm:
    """Save a firm with its credentials, each as a block of its own, as a person would in the UI."""
    saved = firm(slug, **settings)
    await saved.case_system.asave(f"{slug}-{saved.case_system.system}", overwrite=True)
    await saved.portal.asave(f"{slug}-case-status", overwrite=True)
    await saved.asave(slug, overwrite=True)
    return saved


async def save_operators_mail(name: str) -> OperatorsMail:
    """Save a mail block of the operators, with its server as a block of its own."""
    server = EmailServerCredentials(username="ops@casebridge.example", password=SecretStr("let-me-send"))
    await server.asave(f"{name}-server", overwrite=True)
    mail = OperatorsMail(server=server, recipients=["ops@casebridge.example"])
    await mail.asave(name, overwrite=True)
    return mail
