"""Every credential is a canary, a night goes wrong in many ways, and then everything that was left behind is searched."""

import asyncio
import base64
import contextlib
import logging
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from prefect.logging.handlers import APILogHandler
from pydantic import SecretStr

from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from connectors.http.patience import Patience
from flows.nightly_case_sync import nightly_case_sync
from flows.retry_failed_cases import retry_failed_cases
from flows.sync_one_case import sync_one_case
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import WorldOptions
from tasks.reading import read_case_system, read_directory, read_portal
from tasks.writing import sync_case
from tests.flows.mailbox import Mailbox, open_mailbox
from tests.flows.office import SEEDED, Office, open_office
from tests.flows.processes import PrefectServer

PORTAL_KEY = "canary-portal/key+with=signs"
CLIENT_SECRET = "canary-client&secret"
REFRESH_TOKEN = "canary-refresh token/1"
MAIL_PASSWORD = "canary-mail-password"
PHONE = re.compile(rb"(?=(\d{3})[^\d]{0,3}(\d{3})[^\d]{0,3}(\d{4}))")
"""Ten digits in the groups of a phone number, whatever stands between them and around them."""


@dataclass
class Left:
    """All that a few runs left behind, by where it was found, and what must not be in it."""

    office: Office
    traces: dict[str, bytes]
    ledger: dict[str, bytes]
    secrets: list[str]
    phones: list[str]


@pytest.fixture(scope="module")
def left(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    home = tmp_path_factory.mktemp("secrets") / "casebridge"
    with (
        pytest.MonkeyPatch.context() as patch,
        open_mailbox(password=MAIL_PASSWORD) as mailbox,
        open_office("canaries", home, WorldOptions(matters=100)) as office,
    ):
        patch.setattr("connectors.http.connection.Patience", partial(Patience, attempts=2, first_pause=0.05))
        for step in (read_directory, read_portal, read_case_system, sync_case):
            patch.setattr(step, "retry_delay_seconds", [0.0, 0.0])
        asyncio.run(_plant(office, mailbox))
        with _our_own_logs():
            _let_things_go_wrong(office)
        _wait_for_logs(prefect_server, office)
        traces = _server_traces(prefect_server) | _files(office.home / "reports")
        traces |= {f"mail {rank}": _text_of(mail) for rank, (_, mail) in enumerate(mailbox.mails)}
        access_tokens = list(office.sandbox.clio.oauth["us"]._tokens)
        secrets = [PORTAL_KEY, CLIENT_SECRET, REFRESH_TOKEN, MAIL_PASSWORD, *access_tokens]
        ledger = {path.name: path.read_bytes() for path in office.home.glob("ledger.db*")}
        yield Left(office, traces, ledger, secrets, _phones(office))


async def _plant(office: Office, mailbox: Mailbox) -> None:
    """Give the firm credentials of which every one can be recognised anywhere."""
    office.control("POST", f"/casestatus/firms/{SEEDED}/keys", {"key": PORTAL_KEY})
    oauth = office.sandbox.clio.oauth["us"]
    app = oauth.register("canary-app", CLIENT_SECRET, [])
    oauth.allow(app, office.clio, office.clio.admin_id, REFRESH_TOKEN)
    clio = ClioCredentials(
        client_id="canary-app",
        client_secret=SecretStr(CLIENT_SECRET),
        refresh_token=SecretStr(REFRESH_TOKEN),
        host=f"{office.sandbox.url}/clio/us",
    )
    await clio.asave("canaries-clio", overwrite=True)
    portal = CaseStatusCredentials(api_key=SecretStr(PORTAL_KEY), host=f"{office.sandbox.url}/casestatus")
    await portal.asave("canaries-case-status", overwrite=True)
    await mailbox.credentials.asave("canaries-mail", overwrite=True)
    firm = Firm(slug=office.slug, name="Harrow Pike LLP", case_system=clio, portal=portal, mail=mailbox.credentials)
    await firm.asave(office.slug, overwrite=True)


@contextlib.contextmanager
def _our_own_logs() -> Iterator[None]:
    """All that casebridge logs goes to the server, as with PREFECT_LOGGING_EXTRA_LOGGERS=casebridge, and more of it."""
    logger, handler = logging.getLogger("casebridge"), APILogHandler()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(handler)


def _let_things_go_wrong(office: Office) -> None:
    faults = office.sandbox.controls.faults
    phone = _phones(office)[0]
    echo = f"ApiKey {PORTAL_KEY} was sent by +1{phone} ({CLIENT_SECRET})"
    unknown = {"errors": [{"code": "odd", "message": f"The number +1{phone} is odd.", "field": "clients"}]}
    upserts = "/v1/api/cases/by_integration_id/*"
    faults.add(FaultRule("casestatus", FaultKind.STATUS, "PUT", upserts, count=4, status=422, body=unknown))
    faults.add(FaultRule("casestatus", FaultKind.STATUS, "PUT", upserts, count=8, status=500, body=echo))
    faults.add(FaultRule("casestatus", FaultKind.CUT_AFTER, "PUT", upserts, count=8))
    faults.add(FaultRule("clio", FaultKind.HTML, count=1))
    night = office.run_now(nightly_case_sync, requested_by="ops@casebridge.example")
    assert "rejected" in night.counts
    faults.add(FaultRule("casestatus", FaultKind.STATUS, "PUT", upserts, count=None, status=200, body={"echo": echo}))
    case = next(office.resting)
    office.change_contact(case, first_name="Changed")
    office.give_phones(case, ("Mobile", "(415) 555-0147"))
    office.run_now(sync_one_case, case=case)
    office.run_now(retry_failed_cases, run=night.run.id)
    faults.clear()
    faults.add(FaultRule("casestatus", FaultKind.STATUS, count=None, status=401, body=echo))
    assert office.run_now(nightly_case_sync).state.name == "ReconnectNeeded"
    faults.clear()
    office.sandbox.clio.oauth["us"].revoke_firm(SEEDED)
    assert office.run_now(nightly_case_sync).state.name == "ReconnectNeeded"


def _wait_for_logs(server: PrefectServer, office: Office) -> None:
    """Logs travel in the background: wait for the last line of the last run."""
    last = office.ledger.runs.recent(office.slug, 1)[0].flow_run_id
    wanted = {"logs": {"flow_run_id": {"any_": [last]}}, "limit": 200}
    deadline = time.monotonic() + 30
    while True:
        lines = server.ask("logs/filter", wanted).json()
        if any("Finished in state" in line["message"] for line in lines):
            return
        assert time.monotonic() < deadline, "the logs never arrived"
        time.sleep(0.2)


def _server_traces(server: PrefectServer) -> dict[str, bytes]:
    """Everything the server keeps: logs, artifacts, states, parameters, events, and whatever else is in its database."""
    traces = _files(Path(server.environment["PREFECT_HOME"]))
    assert any(name.endswith(".db") for name in traces)
    for kind in ("logs", "artifacts", "flow_runs", "task_runs"):
        pages: list[bytes] = []
        while len(pages) * 200 < 20_000:
            asked = {"limit": 200, "offset": len(pages) * 200}
            answer = server.ask(f"{kind}/filter", asked)
            pages.append(answer.content)
            if len(answer.json()) < 200:
                break
        traces[kind] = b"\n".join(pages)
    return traces


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _text_of(mail: Any) -> bytes:
    parts = [part.get_payload(decode=True) or b"" for part in mail.walk() if not part.is_multipart()]
    return b"\n".join([bytes(mail), *parts])


def _phones(office: Office) -> list[str]:
    """The ten digits of every client's every number."""
    contacts = (office.clio.contacts.get(identity) for identity in office.clio.contacts.ids)
    numbers = (phone["number"] for contact in contacts for phone in contact["_phone_numbers"])
    digits = ("".join(filter(str.isdigit, number)) for number in numbers)
    return sorted({number[-10:] for number in digits if len(number) in (10, 11)})


def _forms(secret: str) -> list[bytes]:
    """A secret as it stands, quoted for an address, as JSON has it, and in Base64."""
    return [
        *(form.encode() for form in {secret, quote(secret), quote(secret, safe=""), secret.replace("/", "\\/")}),
        base64.b64encode(secret.encode()).rstrip(b"="),
    ]


def test_the_search_would_find_something(left: Left) -> None:
    assert len(left.phones) > 80
    assert len(left.secrets) > 4
    assert {"logs", "artifacts", "flow_runs", "task_runs", "mail 0"} <= set(left.traces)
    assert b"attorney_required" in left.traces["artifacts"]
    assert b"Trying again in" in left.traces["logs"]
    assert [b"".join(groups) for groups in PHONE.findall(b'x="+1 (415) 555-0142"')][-1] == b"4155550142"
    ledger = b"".join(left.ledger.values())
    assert sum(digits.encode() in ledger for digits in left.phones) > 50


def test_no_credential_is_in_anything_that_was_left(left: Left) -> None:
    for secret in left.secrets:
        for form in _forms(secret):
            found = [where for where, content in {**left.traces, **left.ledger}.items() if form in content]
            assert not found, f"{secret[:12]}… as {form[:12]!r}… is in {found}"


def test_no_clients_full_number_is_outside_the_ledger(left: Left) -> None:
    phones = set(left.phones)
    for where, content in left.traces.items():
        written = {b"".join(groups).decode() for groups in PHONE.findall(content)}
        assert not written & phones, f"{where} has a client's number"


def test_the_blocks_are_obscured_by_the_api(left: Left, prefect_server: PrefectServer) -> None:
    wanted = {"block_documents": {"is_anonymous": {"eq_": False}}, "include_secrets": False, "limit": 200}
    answer = prefect_server.ask("block_documents/filter", wanted)
    assert b'"canaries-clio"' in answer.content
    assert b"canary-app" in answer.content
    for secret in left.secrets:
        for form in _forms(secret):
            assert form not in answer.content
