"""What a run leaves to read: the CSV, the artifacts, the mail."""

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from flows.nightly_case_sync import nightly_case_sync
from sandbox.seed import Shares, Trouble, WorldOptions
from tests.flows.mailbox import Mailbox, open_mailbox
from tests.flows.office import Ended, Office, open_office, save_firm
from tests.flows.processes import PrefectServer

COLUMNS = (
    "run_id,started_at,trigger,requested_by,source,integration_id,readable_id,client_name,attempted_at,result,"
    "reason_code,reason,field,value,how_to_fix,changes,warnings,case_status_id,case_link,attempts"
)
"""casestatus.md 6.10."""
ASKED_BY = "ops@casebridge.example"
FORMULA, QUOTED = "=HYPERLINK(1)", 'Bo "the Bear", Jr.\nof Maine'


@dataclass
class Read:
    """A first night with every trouble, a second one with little to do, and what they left."""

    office: Office
    first: Ended
    second: Ended
    mailbox: Mailbox
    plan: str
    plan_made: str
    report: str
    table: list[dict[str, str]]


@pytest.fixture(scope="module")
def read(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    world = WorldOptions(matters=100)
    with (
        open_mailbox() as mailbox,
        open_office("well-read", tmp_path_factory.mktemp("read") / "casebridge", world) as office,
    ):
        asyncio.run(_with_mail(office, mailbox))
        office.change_contact(office.matter(0), first_name=FORMULA, _phone_numbers=[])
        office.change_contact(office.matter(1), first_name=QUOTED)
        first = office.run_now(nightly_case_sync, requested_by=ASKED_BY)
        plan = _artifact(prefect_server, f"plan-{office.slug}")
        report = _artifact(prefect_server, f"sync-report-{office.slug}")
        table = json.loads(_artifact(prefect_server, f"needs-attention-{office.slug}")["data"])
        second = office.run_now(nightly_case_sync)
        yield Read(office, first, second, mailbox, plan["data"], plan["created"], report["data"], table)


async def _with_mail(office: Office, mailbox: Mailbox) -> None:
    await mailbox.credentials.asave("mail", overwrite=True)
    await save_firm(
        office.slug, office.sandbox, mail=mailbox.credentials, report_recipients=["partner@harrow-pike.example"]
    )


def _artifact(server: PrefectServer, key: str) -> Any:
    return server.ask(f"artifacts/{key}/latest").json()


def test_the_csv_has_the_agreed_columns_in_order_and_is_utf8_with_crlf(read: Read) -> None:
    raw = read.first.csv.read_bytes()
    assert raw.decode("utf-8").splitlines()[0] == COLUMNS
    assert raw.startswith(COLUMNS.encode() + b"\r\n")
    assert raw.endswith(b"\r\n")
    assert not read.first.csv.with_suffix(".part").exists()


def test_it_has_one_row_per_attempted_case_unchanged_ones_included(read: Read) -> None:
    rows = read.first.rows
    old = len(read.office.seed.troubles[Trouble.OLDER_THAN_TEN_YEARS])
    assert rows.index.is_unique
    assert len(rows) >= 100 - old
    assert set(rows["run_id"]) == {read.first.run.id}
    assert set(rows["trigger"]) == {"manual_all"}
    assert set(rows["requested_by"]) == {ASKED_BY}
    assert set(rows["source"]) == {"clio"}
    assert "unchanged" in read.second.counts
    created = rows[rows["result"] == "created"]
    assert (created["case_status_id"] != "").all()
    assert all(
        link.endswith(f"/cases/{number}")
        for link, number in zip(created["case_link"], created["case_status_id"], strict=True)
    )
    assert rows["attempts"].eq("1").all()


def test_quotes_commas_and_line_breaks_survive_and_formulas_are_neutralised(read: Read) -> None:
    parsed = list(csv.DictReader(io.StringIO(read.first.csv.read_bytes().decode(), newline="")))
    names = {row["integration_id"]: row["client_name"] for row in parsed}
    assert names[read.office.matter(1)].startswith('Bo "the Bear", Jr.')
    assert names[read.office.matter(0)].startswith(f"'{FORMULA}")
    for row in parsed:
        assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_phones_are_masked_to_their_last_four_digits(read: Read) -> None:
    [landline] = read.office.seed.troubles[Trouble.LANDLINE_ONLY]
    row = read.first.row(str(landline))
    number = read.office.clio.contacts.get(read.office.clio.matters.get(landline)["client_id"])["primary_phone_number"]
    digits = "".join(filter(str.isdigit, number))[-10:]
    assert row["value"].endswith(digits[-4:])
    assert digits[:6] not in "".join(filter(str.isdigit, row["value"] + row["reason"]))


def test_every_trouble_has_its_reason_and_where_to_mend_it(read: Read) -> None:
    expected = {
        Trouble.NO_ATTORNEY: "attorney_required",
        Trouble.ATTORNEY_UNKNOWN: "attorney_not_found",
        Trouble.ATTORNEY_IS_PARALEGAL: "attorney_not_found",
        Trouble.ATTORNEY_REMOVED: "attorney_not_found",
        Trouble.NO_PHONE: "client_cell_phone_missing",
        Trouble.INVALID_PHONE: "client_cell_phone_invalid",
        Trouble.LANDLINE_ONLY: "client_cell_phone_invalid",
        Trouble.FAX_ONLY: "client_cell_phone_missing",
        Trouble.MISSING_LAST_NAME: "client_name_required",
        Trouble.PRACTICE_AREA_UNMAPPED: "practice_area_unknown",
        Trouble.STAGE_UNMAPPED: "stage_unknown",
        Trouble.STAGE_LETTER_CASE: "stage_unknown",
        Trouble.NO_STAGE: "stage_required",
    }
    for trouble, code in expected.items():
        for matter in read.office.seed.troubles[trouble]:
            row = read.first.row(str(matter))
            assert (row["result"], row["reason_code"]) == ("rejected", code), trouble
            assert row["reason"]
            assert "Clio:" in row["how_to_fix"] or "Case Status:" in row["how_to_fix"]
    [letter_case] = read.office.seed.troubles[Trouble.STAGE_LETTER_CASE]
    assert "Did you mean" in read.first.row(str(letter_case))["reason"]
    [paralegal] = read.office.seed.troubles[Trouble.UNKNOWN_PARALEGAL]
    assert "was left off" in read.first.row(str(paralegal))["warnings"]


def test_the_page_in_the_ui_gives_counts_duration_requests_and_reasons(read: Read) -> None:
    assert "# Sync report · Harrow Pike LLP" in read.report
    for result, count in read.first.counts.items():
        assert f"| {result} | {count} |" in read.report
    assert "| `attorney_not_found` | 3 |" in read.report
    assert f" and {sum(read.first.run.requests.values()):,} requests." in read.report  # type: ignore[union-attr]
    assert str(read.first.csv) in read.report
    assert read.first.run.id in read.report


def test_the_table_of_troubled_cases_leads_into_both_systems(read: Read) -> None:
    troubled = read.first.rows[read.first.rows["result"].isin(["rejected", "failed"])]
    assert len(read.table) == len(troubled)
    for shown in read.table:
        assert f"({read.office.sandbox.url}/clio/us/nc/#/matters/" in shown["case"]
        assert shown["reason"]
        assert shown["where to fix it"]
        assert shown["since"] == "new"
        assert shown["portal"] == "not there yet"
    assert not any(shown["client"].startswith("=") for shown in read.table)


def test_the_plan_is_there_before_anything_is_written(read: Read) -> None:
    assert "**Forecast:** about " in read.plan
    assert "## Mapping coverage" in read.plan
    assert "| Internal Administration |" in read.plan
    assert "| Lien Resolution |" in read.plan
    first_write = min(entry.at for entry in read.office.sandbox.controls.requests.recent if entry.method == "PUT")
    assert datetime.fromisoformat(read.plan_made).timestamp() < first_write


def test_whoever_asked_is_mailed_the_csv_and_nobody_else(read: Read) -> None:
    [(recipients, mail)] = read.mailbox.mails
    assert recipients == [ASKED_BY]
    assert str(mail["Subject"]).startswith("Sync report · Harrow Pike LLP · ")
    assert mail["From"] == read.mailbox.username
    body = mail.get_body(("plain",))
    assert body is not None
    assert str(read.first.state.message) in body.get_content().replace("\r\n", "\n")
    [attached] = list(mail.iter_attachments())
    assert attached.get_content() == read.first.csv.read_bytes()
    assert attached.get_filename() == read.first.csv.name


async def test_no_mail_server_or_a_broken_one_is_a_warning_and_no_failure(
    read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    office = read.office
    await save_firm("no-mail", office.sandbox)
    state = await nightly_case_sync("no-mail", case_ids=[office.matter(9)], requested_by=ASKED_BY, return_state=True)
    assert state.is_completed()
    assert f"not mailed to {ASKED_BY}: the Firm block 'no-mail' names no mail server." in caplog.text

    broken = read.mailbox.credentials
    broken.smtp_port = 1
    await broken.asave("broken-mail", overwrite=True)
    await save_firm("broken-mail", office.sandbox, mail=broken)
    state = await nightly_case_sync(
        "broken-mail", case_ids=[office.matter(9)], requested_by=ASKED_BY, return_state=True
    )
    assert state.is_completed()
    assert f"not mailed to {ASKED_BY}: the mail server said: " in caplog.text


async def test_the_table_shows_five_hundred_and_the_csv_has_all(office: Office, prefect_server: PrefectServer) -> None:
    ended = await office.run(nightly_case_sync)
    assert ended.counts == {"rejected": 520}
    assert ended.state.message == ("520 of 520 cases of Harrow Pike LLP need attention. Mostly: attorney_required 520.")
    table = json.loads(_artifact(prefect_server, f"needs-attention-{office.slug}")["data"])
    assert len(table) == 500
    assert office.written == []


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=520, shares=replace(Shares.trouble_free(), no_attorney=1.0))
