"""Soluno's set-up, contacts, casefiles and lists over a real socket against the sandbox, each vendor fact by itself."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from connectors.errors import FixData, Misconfigured, NotFound, RateLimited, UnexpectedAnswer
from connectors.money import Accounting
from connectors.soluno import Account, Host, SolunoClient, lists
from domain.books import Balances, BooksUser, ContactDraft, Entry, EntryKind, EntryStatus
from sandbox.faults import FaultKind, FaultRule
from sandbox.soluno import changes, office
from tests.connectors.bookkeeping import TODAY, Desk
from tests.connectors.fakes import json_answer, shared
from tests.connectors.test_drift import GONE, SUBSTITUTES, dotted, paths, spoiled

HOST = Host.of("books.soluno.legal")


def speaking(handler) -> SolunoClient:
    """A client whose answers come from ``handler``, once it has logged in."""
    expires = (datetime.now(UTC) + timedelta(hours=8)).isoformat()
    session = {
        "SessionToken": "s.1", "ExpiresOn": expires, "ReauthenticateBy": expires,
        "User": {"Email": "cp-link@firm.example"}, "Organization": {"Name": "Books"},
    }  # fmt: skip

    def answer(request: httpx.Request) -> httpx.Response:
        return json_answer(session, 201) if request.method == "POST" else handler(request)

    account = Account("cp-link@firm.example", "oak")
    return SolunoClient(host=HOST, account=account, shared=shared(), transport=httpx.MockTransport(answer))


def test_it_is_an_accounting():
    client: Accounting = SolunoClient(host=HOST, account=Account("cp-link", "oak"), shared=shared())
    assert client.system == "soluno"


@pytest.mark.parametrize(
    "entered", ["books.soluno.legal", "https://Books.soluno.legal/api/rest/", "books.soluno.legal/casefiles/9"]
)
def test_a_host_is_understood_in_any_form(entered):
    assert Host.of(entered).api == "https://books.soluno.legal/api/rest"


def test_an_entry_is_seen_in_the_ledger_of_its_casefile_and_an_invoice_by_itself():
    assert (
        HOST.entry_url(EntryKind.COST, "44021", "9014") == "https://books.soluno.legal/casefiles/9014/ledger#cost-44021"
    )
    assert HOST.entry_url(EntryKind.INVOICE, "6640", "9014") == "https://books.soluno.legal/invoices/6640"


# How the books are set up.


async def test_the_set_up_is_read_whole(desk):
    found = await desk.client.set_up()
    areas = {one.name: one for one in found.areas}
    codes = {one.name: one for one in found.activity_codes}
    accounts = {one.name: one for one in found.bank_accounts}
    assert (areas["PI"].description, areas["PI"].active, areas["EP"].active) == ("Personal Injury", True, False)
    assert (codes["COPP"].has_gl_account, codes["Lien Handling"].has_gl_account) == (True, False)
    assert {(one.name, one.active) for one in found.posting_references} >= {("ACC", True), ("OLD", False)}
    assert (accounts["Operating"].kind, accounts["Client Trust"].kind, accounts["Old Trust"].active) == (
        "Operating", "Trust", False,
    )  # fmt: skip
    assert found.release_stage
    assert found.closed_before == desk.books.entries_not_allowed_before


async def test_features_may_be_off_or_not_there(desk):
    office.turn_features(desk.firm, release_stage=False)
    assert not (await desk.client.set_up()).release_stage

    def handler(request: httpx.Request) -> httpx.Response:
        return json_answer([] if request.url.path.endswith("/Features") else {"Items": [], "HasMore": False})

    client = speaking(handler)
    found = await client.set_up()
    assert (found.release_stage, found.closed_before, found.areas) == (False, None, ())
    await client.close()


async def test_users_are_found_by_their_e_mail_however_it_is_written(desk):
    somebody = desk.books.users[int(desk.attorney)]
    office.add_user(desk.firm, like=somebody.id, active=False, email=f" {somebody.email.upper()} ")
    wanted = f"  {somebody.email.capitalize()}"
    found = await desk.client.users([wanted, "nobody@firm.example"])
    key = somebody.email.lower()
    assert found.keys() == {key, "nobody@firm.example"}
    assert found["nobody@firm.example"] == ()
    assert found[key][0] == BooksUser(
        str(somebody.id), f"{somebody.first_name} {somebody.last_name}", key, active=True, records_time=True
    )
    assert [user.active for user in found[key]] == [True, False]


async def test_nobody_asked_for_is_no_request(desk):
    assert await desk.client.users([]) == {}
    assert not desk.server.controls.requests.recent


# Contacts and casefiles.


async def test_a_contact_is_found_by_its_marker_or_by_its_name_in_either_order(desk):
    made = await desk.client.create_contact(
        ContactDraft("CP:hp:contact:9", "Vendor", "Marsh", "Ida", "ida@marsh.example")
    )
    assert (made.name, made.kind, made.marker) == ("Marsh, Ida", "Vendor", "CP:hp:contact:9")
    for wanted in ({"marker": "CP:hp:contact:9"}, {"name": "marsh, ida"}, {"name": " Ida Marsh "}):
        assert await desk.client.contacts("Vendor", **wanted) == (made,)
    for other in ({"name": "Ida"}, {"name": "Marsh"}, {"marker": "CP:hp:contact:99"}):
        assert await desk.client.contacts("Vendor", **other) == ()
    assert await desk.client.contacts("Client", name="Ida Marsh") == ()


async def test_a_casefile_is_found_by_marker_or_number_also_when_it_is_closed(desk):
    office.change_casefile(desk.firm, int(desk.casefile_id), closed=True, hold=True)
    [found] = await desk.client.casefiles(marker="CP:hp:case:41873")
    assert (found.id, found.is_open, found.on_hold) == (desk.casefile_id, False, True)
    assert await desk.client.casefiles(number=found.number) == (found,)
    assert await desk.client.casefiles(number="nothing") == ()


async def test_two_casefiles_with_the_same_reference_are_both_told(desk):
    office.add_casefile(desk.firm, like=int(desk.casefile_id))
    found = await desk.client.casefiles(marker="CP:hp:case:41873")
    assert len({one.id for one in found}) == 2
    assert {one.marker for one in found} == {"CP:hp:case:41873"}


async def test_balances_are_exact(desk):
    await desk.client.post(desk.receipt())
    await desk.client.post(desk.cost())
    expected = Balances(Decimal("18000.00"), Decimal("38.75"), Decimal("0.00"), Decimal("0.00"))
    assert await desk.client.balances(desk.casefile_id) == expected
    with pytest.raises(NotFound, match="no such record"):
        await desk.client.balances("999")


# Costs that changed.


async def test_every_cost_that_changed_comes_once_and_in_the_order_of_changes(desk, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 3)
    ids = [(await desk.client.post(desk.cost(marker=f"CP:hp:cost:{n}"))).id for n in range(8)]
    for place, one in enumerate(ids):
        desk.books.costs.change(desk.books.costs.there(int(one)), moment=1_790_000_000 + place // 5)
    read = [page async for page in desk.client.changed_costs(None)]
    assert [entry.id for page in read for entry in page.entries] == ids
    assert [page.newest for page in read][-1] == datetime.fromtimestamp(1_790_000_001, UTC)
    assert read[-1].cursor is None
    rest = [page async for page in desk.client.changed_costs(None, cursor=read[0].cursor)]
    assert {entry.id for page in rest for entry in page.entries} >= set(ids[3:])


async def test_a_cost_that_changes_while_the_list_is_read_is_not_missed_and_misses_no_other(desk, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 2)
    ids = [(await desk.client.post(desk.cost(marker=f"CP:hp:cost:{n}"))).id for n in range(6)]
    for place, one in enumerate(ids):
        desk.books.costs.change(desk.books.costs.there(int(one)), moment=1_790_000_000 + place)
    seen = []
    async for page in desk.client.changed_costs(None):
        seen += [entry.id for entry in page.entries]
        if len(seen) == 2:
            desk.books.costs.change(desk.books.costs.there(int(ids[0])), moment=1_790_000_100)
    assert set(seen) == set(ids)
    assert seen.count(ids[0]) == 2


async def test_what_changed_earlier_in_the_same_second_is_not_left_out(desk):
    posted = await desk.client.post(desk.cost())
    moment = datetime.fromtimestamp(desk.books.costs.there(int(posted.id)).moment, UTC)
    [page] = [page async for page in desk.client.changed_costs(moment + timedelta(microseconds=600_000))]
    assert [entry.id for entry in page.entries] == [posted.id]
    [later] = [page async for page in desk.client.changed_costs(moment + timedelta(seconds=1))]
    assert later.entries == ()


async def test_what_became_of_a_cost_is_told(desk):
    posted = await desk.client.post(desk.cost())
    assert (await desk.client.cost_entry(posted.id)).status is EntryStatus.PENDING
    changes.print_queue(desk.books, desk.firm.seconds())
    printed = await desk.client.cost_entry(posted.id)
    assert (printed.status, printed.number, printed.marker) == (EntryStatus.PRINTED, "1001", "CP:hp:cost:55120")
    assert printed.printed_on == TODAY
    desk.change(EntryKind.COST, posted.id, voided=TODAY.isoformat())
    voided = await desk.client.cost_entry(posted.id)
    assert (voided.status, voided.voided_on) == (EntryStatus.VOID, TODAY)


@pytest.mark.parametrize("gone", [True, False])
async def test_a_deleted_cost_is_told_as_deleted_or_not_there(desk, gone):
    posted = await desk.client.post(desk.cost())
    desk.firm.switches.deleted_are_gone = gone
    desk.change(EntryKind.COST, posted.id, deleted=True)
    entry = await desk.client.cost_entry(posted.id)
    assert (entry is None) if gone else (entry.status is EntryStatus.DELETED)


# Amounts, and answers that are none.


async def test_amounts_as_numbers_are_read_to_the_cent(desk):
    desk.firm.switches.numbers = True
    posted = await desk.client.post(desk.receipt(amount=Decimal("18000.10")))
    assert str(posted.amount) == "18000.10"
    assert str((await desk.client.balances(desk.casefile_id)).trust) == "18000.10"


@pytest.mark.parametrize("amount", [b'"38.755"', b"38.755", b"true", b'"38,75"', b"null"])
async def test_what_is_no_amount_to_the_cent_is_refused_by_its_field(amount):
    body = b'{"Trust": %b, "UnbilledCosts": "0.00", "UnbilledFees": "0.00", "Receivable": "0.00"}' % amount
    client = speaking(lambda _: httpx.Response(200, content=body))
    with pytest.raises(UnexpectedAnswer, match="unexpected 'Trust'") as refused:
        await client.balances("9014")
    assert refused.value.field == "Trust"
    await client.close()


async def test_a_list_without_items_is_no_list():
    client = speaking(lambda _: json_answer({"Rows": []}))
    with pytest.raises(UnexpectedAnswer, match="a list without items"):
        await client.casefiles(number="10552-01")
    await client.close()


async def test_a_page_of_maintenance_is_waited_out(desk):
    desk.server.controls.faults.add(FaultRule("soluno", FaultKind.HTML, method="GET", status=503))
    assert (await desk.client.casefiles(marker="CP:hp:case:41873"))[0].id == desk.casefile_id


async def test_a_429_that_lasts_is_handed_on_with_its_time(desk):
    told = {"ErrorCode": "TooManyRequests", "Message": "Too many requests."}
    rule = FaultRule("soluno", FaultKind.STATUS, method="GET", status=429, body=told, headers={"Retry-After": "400"})
    desk.server.controls.faults.add(rule)
    with pytest.raises(RateLimited) as limited:
        await desk.client.casefiles(number="10552-01")
    assert limited.value.retry_after == 400.0


async def test_a_host_without_soluno_says_to_check_the_host(desk):
    stranger = Desk(desk.server, host=Host.of(f"{desk.server.url}/nobody"))
    with pytest.raises(Misconfigured, match="check the host in Soluno Credentials"):
        await stranger.client.session()
    await stranger.client.close()


async def test_every_request_carries_our_mark(desk):
    with pytest.raises(FixData) as refused:
        await desk.client.post(desk.cost(bank_account_id=desk.account("Client Trust")))
    assert refused.value.request_id.startswith(desk.client.connection._prefix)


# Records whose shape is another one.

COST = {
    "CostEntryId": 44021, "CasefileId": 9014, "VendorContactId": 1203, "Date": "2031-02-03", "Amount": "38.75",
    "PostingReferenceId": 2, "BankAccountId": 11, "Explanation": "Records fee [CP:hp:cost:55120]", "InvoiceNumber": None,
    "PrintAction": "Queue", "Status": "Void", "ChequeNumber": "1001", "PrintedOn": "2031-02-04T15:00:00Z",
    "VoidedOn": "2031-02-10", "InvoiceId": 6640, "ExternalReference": "CP:hp:cost:55120",
    "ModifiedOn": "2031-02-10T14:11:55Z",
}  # fmt: skip
UNREAD = {"VendorContactId", "PostingReferenceId", "BankAccountId", "InvoiceNumber", "PrintAction"}


async def read_cost(record):
    client = speaking(lambda _: json_answer(record))
    try:
        return await client.cost_entry("44021")
    finally:
        await client.close()


async def test_a_cost_is_read_in_all_its_fields():
    assert await read_cost(COST) == Entry(
        "44021", EntryKind.COST, "9014", Decimal("38.75"), EntryStatus.VOID, "CP:hp:cost:55120", on=date(2031, 2, 3),
        number="1001", printed_on=date(2031, 2, 4), voided_on=date(2031, 2, 10), invoice_id="6640",
    )  # fmt: skip


@pytest.mark.parametrize("path", paths(COST), ids=dotted)
async def test_a_field_that_has_changed_its_kind_is_named_or_does_not_matter(path):
    for value in SUBSTITUTES:
        try:
            await read_cost(spoiled(COST, path, value))
        except UnexpectedAnswer as error:
            assert error.field == dotted(path)  # noqa: PT017
            assert path[0] not in UNREAD
        else:
            assert value is not GONE or path[0] in UNREAD
