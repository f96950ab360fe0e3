"""Sums by day that several processes add to, and the figures a monitor asks for."""

from datetime import date, timedelta
from threading import Thread

import pytest
from sqlalchemy import event, select

from ledger import Lease, Ledger, Reservation, Run, Waiting
from ledger.tables import usage
from tests.ledger.samples import FIRM, NOON, HandClock, start


def test_sums_grow_by_what_is_added_day_by_day(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(ledger, monkeypatch)
    ledger.usage.add({("Clio", "2xx"): 3, ("Clio", "throttled_seconds"): 0.25})
    ledger.usage.add({("Clio", "2xx"): 4, ("CASEpeer", "none"): 1})
    clock.turn(hours=24)
    ledger.usage.add({("Clio", "2xx"): 5})
    assert ledger.usage.totals() == {
        ("Clio", "2xx"): 12.0,
        ("Clio", "throttled_seconds"): 0.25,
        ("CASEpeer", "none"): 1.0,
    }
    clio = select(usage.c.day, usage.c.amount).where(usage.c.system == "Clio", usage.c.measure == "2xx")
    with ledger._database.reading() as connection:
        by_day: dict[date, float] = dict(connection.execute(clio).tuples().all())
    assert by_day == {NOON.date(): 7.0, (NOON + timedelta(days=1)).date(): 5.0}


def test_processes_that_add_at_once_lose_nothing(ledger: Ledger) -> None:
    def add(pairs: list[tuple[str, str]]) -> None:
        for _ in range(10):
            ledger.usage.add(dict.fromkeys(pairs, 1))

    pairs = [("Clio", "2xx"), ("Case Status", "2xx"), ("Case Status", "5xx")]
    adding = [Thread(target=add, args=(order,)) for order in (pairs, pairs[::-1], pairs, pairs[::-1])]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join()
    assert ledger.usage.totals() == dict.fromkeys(pairs, 40.0)


def test_adding_costs_one_statement_and_nothing_costs_none(ledger: Ledger) -> None:
    statements: list[str] = []
    event.listen(ledger._database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    ledger.usage.add({})
    assert statements == []
    ledger.usage.add({("Clio", "2xx"): 1, ("Clio", "4xx"): 1, ("Case Status", "2xx"): 1})
    assert len([said for said in statements if said.startswith("INSERT")]) <= 1, "SQLite's goes past this listener"


def test_figures_tell_how_the_house_stands(ledger: Ledger, lease: Lease, run: Run) -> None:
    ledger.runs.finish(lease, run.id, "Exceptions", totals={"counts": {"created": 3, "rejected": 1}})
    dry = start(ledger, lease, dry_run=True)
    ledger.runs.finish(lease, dry.id, "Completed", totals={"counts": {"created": 99}})
    broken = start(ledger, lease)
    ledger.runs.finish(lease, broken.id, "interrupted")
    ledger.feeds.begin(FIRM, "documents", NOON)
    ledger.deliveries.reserve(FIRM, "messages", [Reservation("message:1", "1000000001", NOON)])
    for firm in (FIRM, "lark-quill"):
        ledger.incidents.observe(firm, "messages", {"stale": "It waits."})
    ledger.incidents.observe(FIRM, "documents", {"stale": "It waits."})
    ledger.incidents.observe(FIRM, "set-up", {"complete": "All is connected."})
    figures = ledger.figures.now(besides=("set-up",))
    good = ledger.runs.get(run.id)
    assert good is not None
    assert figures.synced_at == {FIRM: good.finished_at}
    assert figures.last_cases == {FIRM: {"created": 3, "rejected": 1}}
    assert figures.waiting["documents"] == Waiting()
    assert figures.waiting["messages"].count == 1
    assert figures.waiting["messages"].since is not None
    assert figures.incidents == {"stale": 2}, "a firm counts once, however many of its streams say so"
