"""CASEpeer's costs over a real socket: no row is left out, and no amount is guessed."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import httpx
import orjson
import pytest
from pydantic import SecretStr

from blocks.casepeer import CasePeerCredentials
from connectors.casepeer import lists
from connectors.casepeer.costs import cost_from
from connectors.errors import ConnectorError, LogInAgain, NotFound, NotPermitted, UnexpectedAnswer
from connectors.money import CaseBooks
from domain.case import Unreadable
from domain.costs import Cost, CostKind, CostStatus, Payee
from sandbox.casepeer.money_rendering import cost_json
from sandbox.faults import FaultKind
from sandbox.testing import SandboxServer
from tests.blocks import samples
from tests.connectors.cost_desk import DAY, NOW, CostDesk, speaking
from tests.connectors.fakes import json_answer, shared
from tests.connectors.reading import asked
from tests.connectors.samples import CASEPEER_COST
from tests.connectors.test_drift import GONE, SUBSTITUTES, dotted, paths, spoiled

INSTANT = 1_790_000_000
"""When people entered many costs at once."""


async def saying(*rows):
    """The one page of open costs that these rows are."""
    books = speaking(lambda _: json_answer({"results": list(rows), "next": None, "count": len(rows)}))
    try:
        [page] = [page async for page in books.costs(CostStatus.OPEN)]
    finally:
        await books.close()
    return page


def test_they_are_the_books_of_a_case_system(cost_desk: CostDesk) -> None:
    books: CaseBooks = cost_desk.books
    assert books.system == "casepeer"
    assert speaking(None).cost_url("52918") == "https://leadcheck.casepeer.com/case/52918/costs/"


# Costs.


@pytest.mark.parametrize("status", CostStatus)
async def test_costs_come_by_how_they_stand_each_once_and_whole(
    cost_desk: CostDesk, monkeypatch: pytest.MonkeyPatch, status: CostStatus
) -> None:
    monkeypatch.setattr(lists, "PAGE", 4)
    for _ in range(3):
        await cost_desk.at(CostStatus.PENDING)
    read = await cost_desk.pages(status)
    costs = [cost for page in read for cost in page.costs]
    stored = [cost_json(cost_desk.firm, cost) for cost in cost_desk.firm.costs.by_change() if cost.status == status]
    assert stored
    assert costs == [cost_from(row) for row in stored]
    assert read[-1].cursor is None
    for before, after in pairwise(read):
        rest = await cost_desk.pages(status, before.cursor)
        assert {cost.id for page in rest for cost in page.costs} >= {cost.id for cost in after.costs}


async def test_a_cost_that_was_split_comes_as_superseded_beside_its_parts(cost_desk: CostDesk) -> None:
    split, parts = cost_desk.split()
    costs = {cost.id: cost for page in await cost_desk.pages() for cost in page.costs}
    assert costs[str(split.id)].superseded
    assert {costs[str(part.id)].split_of for part in parts} == {str(split.id)}
    assert sum(costs[str(part.id)].amount for part in parts) == Decimal("64.35")


@pytest.mark.parametrize("instants", [1, 7])
@pytest.mark.parametrize("at_a_time", [1, 3, 4])
async def test_costs_that_are_sent_while_their_list_is_read_leave_none_out(
    cost_desk: CostDesk, monkeypatch: pytest.MonkeyPatch, at_a_time: int, instants: int
) -> None:
    """They leave the list of open ones, and all later ones slip forward; a bulk entry is of one instant [help]."""
    monkeypatch.setattr(lists, "PAGE", 4)
    for number in range(26):
        cost_desk.ask(at=INSTANT + number % instants)
    standing, found = cost_desk.standing(), []
    async for page in cost_desk.books.costs(CostStatus.OPEN):
        found += [cost.id for cost in page.costs]
        for cost in page.costs[:at_a_time]:
            if not cost.superseded:
                await cost_desk.books.mark_pending(cost, f"D-{cost.id}", "general-1", NOW)
    assert sorted(found) == sorted(standing)


@pytest.mark.parametrize(
    "switches",
    [{"duplicate_at_boundary": True}, {"next_host": "http://elsewhere.example"}, {"empty_dates": True}],
    ids="+".join,
)
async def test_rows_that_come_twice_and_a_next_page_elsewhere(
    cost_desk: CostDesk, monkeypatch: pytest.MonkeyPatch, switches
) -> None:
    monkeypatch.setattr(lists, "PAGE", 4)
    cost_desk.firm.switches.turn(switches)
    assert sorted(await cost_desk.ids()) == sorted(cost_desk.standing())


async def test_a_cost_that_moves_meanwhile_comes_again_as_it_is_now(
    cost_desk: CostDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 4)
    first, found = cost_desk.ask(at=1), []
    async for page in cost_desk.books.costs(CostStatus.OPEN):
        if not found:
            cost_desk.firm.edit_cost(first.id, memo="Films")
        found += page.costs
    assert [cost.memo for cost in found if cost.id == str(first.id)] == ["", "Films"]


async def test_costs_that_stand_otherwise_were_not_asked_for() -> None:
    """A filter that is not heeded would bring every cost of the firm."""
    with pytest.raises(UnexpectedAnswer, match="not asked for") as refused:
        await saying(CASEPEER_COST, CASEPEER_COST | {"id": 61205, "status": "paid"})
    assert refused.value.field == "status"


async def test_one_cost_equals_the_one_in_the_list_and_may_be_gone(cost_desk: CostDesk) -> None:
    cost = (await cost_desk.pages())[0].costs[0]
    assert await cost_desk.books.cost(cost.id) == cost
    cost_desk.firm.delete_cost(int(cost.id))
    for unknown in (cost.id, "../case/7"):
        with pytest.raises(NotFound, match="no such record"):
            await cost_desk.books.cost(unknown)


# Amounts.


async def test_a_part_of_a_cent_is_refused_with_the_amount_and_keeps_no_other_back(cost_desk: CostDesk) -> None:
    cost, standing = cost_desk.ask("64.355"), cost_desk.standing()
    trouble = [one for page in await cost_desk.pages() for one in page.unreadable]
    said = "The amount of this cost in CASEpeer is '64.355', which has a part of a cent: correct it there."
    assert trouble == [Unreadable(str(cost.id), "amount", said)]
    assert set(await cost_desk.ids()) == standing - {str(cost.id)}
    with pytest.raises(UnexpectedAnswer, match=r"'64\.355'") as refused:
        await cost_desk.books.cost(str(cost.id))
    assert refused.value.field == "amount"


@pytest.mark.parametrize(
    ("sent", "amount"),
    [("64.3", "64.30"), ("64.350", "64.35"), ("38", "38.00"), ("0.29", "0.29"), ("999999999999.99", "999999999999.99")],
)
@pytest.mark.parametrize("form", ["{}", '"{}"'], ids=["number", "text"])
async def test_an_amount_may_be_a_number_and_is_never_rounded(form: str, sent: str, amount: str) -> None:
    books = speaking(lambda _: written(form.format(sent)))
    assert str((await books.cost("61204")).amount) == amount
    await books.close()


@pytest.mark.parametrize("sent", ["64.355", "64.3500000000000000000001", "0.1e-2"])
async def test_a_number_with_a_part_of_a_cent_is_refused(sent: str) -> None:
    books = speaking(lambda _: written(sent))
    with pytest.raises(UnexpectedAnswer, match="has a part of a cent"):
        await books.cost("61204")
    await books.close()


async def test_the_books_that_a_block_opens_read_numbers_to_the_last_digit(
    cost_desk: CostDesk, small: SandboxServer
) -> None:
    known = small.casepeer.connect("harrow-pike", small.url)
    credentials = CasePeerCredentials(host=known["host"], api_key=SecretStr(known["key"]))
    books = credentials.books(shared(), samples.firm(case_system=credentials).rules())
    body = orjson.dumps(CASEPEER_COST).decode().replace('"64.35"', "999999999999.99")
    cost_desk.spoil(FaultKind.STATUS, "GET", "/costs/*", status=200, body=body, count=1)
    assert (await books.cost("61204")).amount == Decimal("999999999999.99")
    await books.close()


def written(amount: str) -> httpx.Response:
    """A cost whose amount is written so."""
    content = orjson.dumps(CASEPEER_COST).replace(b'"64.35"', amount.encode())
    return httpx.Response(200, content=content, headers={"content-type": "application/json"})


async def test_only_property_damage_may_be_below_zero() -> None:
    page = await saying(
        CASEPEER_COST | {"id": 1, "amount": "-60.00", "kind": "property_damage", "payee": None},
        CASEPEER_COST | {"id": 2, "amount": "-60.00", "kind": "copp"},
        CASEPEER_COST | {"id": 3, "amount": "-64.35"},
    )
    assert [(cost.kind, cost.amount) for cost in page.costs] == [(CostKind.PROPERTY_DAMAGE, Decimal("-60.00"))]
    said = "The amount of this cost in CASEpeer is '-64.35', and only a property damage fee may be below zero"
    assert [one.integration_id for one in page.unreadable] == ["2", "3"]
    assert page.unreadable[1].sentence == f"{said}: correct it there."


# What a record becomes.


def test_a_cost_with_everything() -> None:
    assert cost_from(CASEPEER_COST) == Cost(
        id="61204",
        case_id="52918",
        kind=CostKind.CASE_COST,
        amount=Decimal("64.35"),
        status=CostStatus.OPEN,
        version="3",
        payee=Payee("8840", "Fenwick Reporting", "Court reporter"),
        memo="Deposition transcript",
        invoice_number="FR-2093",
        cost_code="DEPO",
        requested_on=date(2031, 6, 3),
    )
    sent = CASEPEER_COST["accounting"] | {"entry_id": "D-77", "bank_account": "general-1"}
    paid = {"status": "paid", "check_number": "10441", "paid_on": "06/16/2031", "split_of": 61203, "superseded": True}
    read = cost_from(CASEPEER_COST | paid | {"accounting": sent, "memo": None, "invoice_number": "", "cost_code": None})
    assert isinstance(read, Cost)
    assert (read.status, read.check_number, read.paid_on, read.split_of) == ("paid", "10441", DAY, "61203")
    assert (read.superseded, read.entry_id, read.bank_account) == (True, "D-77", "general-1")
    assert (read.memo, read.invoice_number, read.cost_code) == ("", "", "")


_UNREAD = {"_casename", "priority", "requested_by", "payment_method", "updated_at", "system", "sent_at", "last_error"}


@pytest.mark.parametrize("path", [path for path in paths(CASEPEER_COST) if path[-1] not in _UNREAD], ids=dotted)
async def test_a_field_of_a_cost_that_vanishes_or_changes_its_kind_is_noticed(path: tuple) -> None:
    for value in SUBSTITUTES:
        read = cost_from(spoiled(CASEPEER_COST, path, value))
        if isinstance(read, Unreadable):
            assert read.field.startswith(dotted(path))
        else:
            assert value is not GONE


# Who is let in.


@pytest.mark.parametrize("way", ["redirect", "page"])
async def test_a_login_page_in_the_place_of_an_answer(cost_desk: CostDesk, way) -> None:
    cost = await cost_desk.at(CostStatus.OPEN)
    cost_desk.firm.switches.login_page = way
    for ask in (
        cost_desk.pages(),
        cost_desk.ledgers(),
        cost_desk.books.charges("7"),
        cost_desk.books.mark_pending(cost, "D-77", "", NOW),
    ):
        with pytest.raises(LogInAgain, match="Account Settings › Integrations › Case Status › Manage"):
            await ask
    assert cost_desk.firm.costs.get(int(cost.id)).status == "open"


async def test_each_view_may_be_closed_to_the_key(cost_desk: CostDesk) -> None:
    cost = await cost_desk.at(CostStatus.OPEN)
    cost_desk.firm.keys.integration.denied = {"costs/*"}
    assert cost.id in await cost_desk.ids()
    with pytest.raises(NotPermitted, match="to write to 'costs/"):
        await cost_desk.books.mark_pending(cost, "D-77", "general-1", NOW)
    cost_desk.firm.keys.integration.denied = {"trust"}
    with pytest.raises(NotPermitted, match="to read 'trust'"):
        await cost_desk.ledgers()


@pytest.mark.parametrize("path", ["/costs/", "/trust/"])
async def test_what_passes_is_waited_for(cost_desk: CostDesk, path: str) -> None:
    cost_desk.spoil(FaultKind.HTML, "GET", path, status=502)
    assert set(await cost_desk.ids()) == cost_desk.standing()
    assert await cost_desk.ledgers() == cost_desk.in_trust()
    assert asked(cost_desk.client, f"GET {path}") == 2


async def test_the_key_is_in_no_log_and_in_no_error(cost_desk: CostDesk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    key = cost_desk.firm.keys.integration.value
    await cost_desk.at(CostStatus.PAID)
    cost_desk.firm.keys.renew("integration")
    with pytest.raises(ConnectorError) as refused:
        await cost_desk.pages()
    assert "PATCH /costs/{id}/" in caplog.text
    assert key not in caplog.text + str(refused.value)
