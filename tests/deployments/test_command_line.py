"""The command line, as people and scripts call it, against a real server."""

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from blocks.firm import Firm
from deployments.command_line.app import main
from deployments.command_line.output import people
from flows.nightly_case_sync import nightly_case_sync
from sandbox.seed import Shares, WorldOptions
from tests.blocks import samples
from tests.flows.advocates import Advocates, open_advocates
from tests.flows.processes import PrefectServer

ENTRIES = """
slug = "{slug}"
name = "Lark & Quill"
time_zone = "America/Denver"

[smartadvocate]
host = "lark.smartadvocate.com"
username = "hub"
password = "correct-horse-battery"

[case_status]
api_key = "csk-not-to-be-shown"
"""
SECRETS = ("correct-horse-battery", "csk-not-to-be-shown")


@dataclass(frozen=True)
class Typed:
    """What a command ended with."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Shell:
    """Where commands are typed: in this process, which has imported everything already."""

    home: Path

    async def type(self, *arguments: str, given: str = "") -> Typed:
        return await asyncio.to_thread(self._type, arguments, given)

    def _type(self, arguments: tuple[str, ...], given: str) -> Typed:
        out, beside = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(beside):
            patch.setenv("CASEBRIDGE_HOME", str(self.home))
            patch.setattr(people, "width", 160)
            patch.setattr(sys, "argv", ["casebridge", *arguments])
            patch.setattr(sys, "stdin", io.StringIO(given))
            with pytest.raises(SystemExit) as ended:
                main()
        done = Typed(int(ended.value.code or 0), out.getvalue(), beside.getvalue())
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr
        return done

    async def told(self, *arguments: str, given: str = "", code: int = 0) -> Any:
        """The JSON that a command prints."""
        done = await self.type(*arguments, "--json", given=given)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def shell(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("typed"))


@pytest.fixture(scope="module")
def office(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advocates]:
    home = tmp_path_factory.mktemp("commanded") / "casebridge"
    with open_advocates("commanded", home, WorldOptions(matters=3, shares=Shares.trouble_free())) as office:
        yield office


async def test_a_firm_is_added_from_a_file_shown_switched_and_removed(shell: Shell, tmp_path: Path) -> None:
    (entered := tmp_path / "firm.toml").write_text(ENTRIES.format(slug="added-here"))
    added = await shell.told("firm", "add", "--from-file", str(entered))
    assert added["blocks"] == ["added-here-smartadvocate", "added-here-case-status", "added-here"]
    assert added["deployments"] == ["nightly_case_sync/added-here"]
    firm = await Firm.aload("added-here")
    assert firm.portal.api_key.get_secret_value() == SECRETS[1]
    again = await shell.type("firm", "add", "--from-file", str(entered))
    assert again.returncode == 2
    assert "There is already a block added-here-smartadvocate" in again.stderr

    said = await shell.type("firm", "switch", "added-here", "relay_messages", "off")
    assert said.returncode == 2
    assert "Say why message relay is turned off, and who does it" in said.stderr
    await shell.told(
        "firm", "switch", "added-here", "nightly_sync", "off", "--reason", "migration", "--by", "Dana Reyes"
    )
    [listed] = [row for row in await shell.told("firm", "list") if row["firm"] == "added-here"]
    assert "by Dana Reyes: migration" in listed["off"]
    shown = await shell.type("firm", "show", "added-here")
    assert "nightly_case_sync/added-here" in shown.stdout
    assert "off: migration" in shown.stdout

    refused = await shell.type("firm", "remove", "added-here")
    assert "There is nobody to ask: say --yes" in refused.stderr
    removed = await shell.told("firm", "remove", "added-here", "--yes")
    assert removed["deployments"] == ["nightly_case_sync/added-here"]
    async with get_client() as client:
        with pytest.raises(ObjectNotFound):
            await client.read_block_document_by_name("added-here-smartadvocate", "smartadvocate-credentials")
    assert "There is no firm 'added-here'" in (await shell.type("firm", "show", "added-here")).stderr


async def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_saved(shell: Shell) -> None:
    wrong = ENTRIES.format(slug="Not A Slug").replace('"America/Denver"', '"Denver"').replace("username", "user_name")
    done = await shell.type("firm", "add", "--from-file", "-", given=wrong + "\n[clients]\nall = true\n")
    assert done.returncode == 2
    assert done.stderr.startswith("Nothing was saved. What is to be corrected:")
    for said in (
        "smartadvocate.username: Field required",
        "slug: ",
        "time_zone: ",
        "'Denver' is not a time zone",
        "clients: a firm has no such field",
        "smartadvocate.user_name: there is no such field",
    ):
        assert said in done.stderr
    neither = await shell.type("firm", "add", "--from-file", "-", given="slug = ")
    assert "Standard input is neither TOML nor JSON" in neither.stderr
    assert "client_secret" in neither.stderr, "it shows how a file should look"
    none = await shell.type("firm", "add", "--from-file", "-", given='slug = "x"')
    assert "One case system is wanted" in none.stderr


async def test_a_firm_is_replaced_whole_or_stays_as_it_was(shell: Shell) -> None:
    entries = ENTRIES.format(slug="replaced")
    await shell.told("firm", "add", "--from-file", "-", given=entries)
    moved = entries.replace("Lark & Quill", "Lark [Quill]").replace("[smartadvocate]", "[casepeer]")
    moved = moved.replace('username = "hub"', "").replace("lark.smartadvocate.com", "my.casepeer.com")
    moved = moved.replace("password =", "api_key =", 1)

    async def refuse(*_: object, **__: object) -> None:
        raise PrefectHTTPStatusError("busy", request=request, response=httpx.Response(503, request=request))

    request = httpx.Request("POST", "http://127.0.0.1/api/block_documents/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Firm, "asave", refuse)
        failed = await shell.type("firm", "add", "--replace", "--from-file", "-", given=moved)
    assert failed.returncode == 2
    assert "The Prefect server answered 503" in failed.stderr
    kept = await Firm.aload("replaced")
    assert (kept.name, kept.case_system.system) == ("Lark & Quill", "smartadvocate")
    async with get_client() as client:
        with pytest.raises(ObjectNotFound):
            await client.read_block_document_by_name("replaced-casepeer", "casepeer-credentials")
        replaced = await shell.type("firm", "add", "--replace", "--from-file", "-", given=moved)
        assert replaced.returncode == 0, replaced.stderr
        with pytest.raises(ObjectNotFound):
            await client.read_block_document_by_name("replaced-smartadvocate", "smartadvocate-credentials")
    assert "Lark [Quill]" in (await shell.type("firm", "list")).stdout, "nothing of a name is taken for markup"


async def test_a_shared_key_stays_when_one_of_its_firms_goes(shell: Shell) -> None:
    first = await samples.save("shares-a-key")
    second = first.model_copy(update={"slug": "shares-it-too"})
    await second.asave("shares-it-too", overwrite=True)
    removed = await shell.told("firm", "remove", "shares-it-too", "--yes")
    assert removed["blocks"] == ["shares-it-too"]
    assert (await Firm.aload("shares-a-key")).portal.api_key


async def test_a_firm_is_checked(shell: Shell, office: Advocates) -> None:
    checked = await shell.told("firm", "check", "commanded")
    assert checked == {"firm": "commanded", "well": True, "message": "1 of 1 firm well connected."}
    office.records.users["hub_admin"].locked = True
    try:
        locked = await shell.type("firm", "check", "commanded")
    finally:
        office.records.users["hub_admin"].locked = False
    assert locked.returncode == 1
    assert "refuses the account 'hub_admin'" in locked.stdout


async def test_a_report_tells_of_the_last_runs(shell: Shell, office: Advocates) -> None:
    await nightly_case_sync("commanded")
    told = await Shell(office.home).type("report", "commanded")
    assert told.returncode == 0, told.stderr
    assert "nightly_case_sync" in told.stdout
    assert "All cases of the newest run: " in told.stdout
    nothing = await shell.type("report", "nobody")
    assert nothing.returncode == 2
    assert "Nothing was run for nobody yet" in nothing.stderr


async def test_a_sync_without_waiting_says_where_to_look(shell: Shell) -> None:
    missing = await shell.type("sync", "nobody")
    assert missing.returncode == 2
    assert "There is no deployment nightly_case_sync/nobody" in missing.stderr


async def test_the_doctor_says_what_to_do(shell: Shell) -> None:
    done = await shell.type("doctor", "--json")
    findings = {finding["about"]: finding for finding in json.loads(done.stdout)}
    assert findings["ledger"]["standing"] == findings["fastapi"]["standing"] == "ok"
    assert findings["sign-in"]["said"].startswith("the server lets everybody in")
    assert findings["work pool casebridge"]["said"].endswith(("--pool casebridge", "python -m deployments.register"))
    assert done.returncode == 1


def type_in_a_process(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deployments.command_line.app", *arguments]
    return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)


def test_without_a_server_it_says_where_it_looked() -> None:
    gone = type_in_a_process("firm", "list", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert gone.returncode == 2
    assert "The Prefect server at http://127.0.0.1:9/api does not answer" in gone.stderr
    examined = type_in_a_process("doctor", "--json", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert examined.returncode == 1
    findings = {finding["about"]: finding for finding in json.loads(examined.stdout)}
    assert findings["Prefect server"]["standing"] == "wrong", "and the rest is looked at all the same"
    assert findings["fastapi"]["standing"] == "ok"
    unnamed = type_in_a_process("firm", "list", PREFECT_API_URL="")
    assert "No Prefect server is named: set PREFECT_API_URL" in unnamed.stderr


async def test_help_helps(shell: Shell) -> None:
    for command in ((), ("firm",), ("firm", "add"), ("sync",), ("report",), ("doctor",)):
        shown = await shell.type(*command, "--help")
        assert shown.returncode == 0
        assert len(shown.stdout) > 200
    assert 'slug = "harrow-pike"' in (await shell.type("firm", "add", "--help")).stdout
