"""The fleet at a glance: what stands where, for every firm, in a handful of statements."""

from sqlalchemy import event

from domain.outcome import Result
from ledger import FirmStanding, Lease, Ledger, Reservation, Run
from tests.ledger.samples import FIRM, NOON, case, outcome, portal_case, start


def test_a_ledger_of_nobody_shows_nobody(ledger: Ledger) -> None:
    assert ledger.overview.firms() == {}


def test_every_fact_of_a_firm_is_there(ledger: Ledger, lease: Lease, run: Run) -> None:
    ledger.links.stage_source(lease, run.id, FIRM, [case(1), case(2), case(3)], cursor=None, done=True)
    refused = [outcome(2, Result.REJECTED, "stage_unknown"), outcome(3, Result.REJECTED, "stage_unknown")]
    after = {case(1).integration_id: portal_case(1)}
    ledger.links.settle(lease, run.id, FIRM, [outcome(1, Result.CREATED), *refused], after, night=True)
    ledger.links.dismiss(FIRM, [case(3).integration_id], "ops", "client left")
    ledger.runs.finish(lease, run.id, "Exceptions")
    failed = start(ledger, lease)
    ledger.runs.finish(lease, failed.id, "VendorUnavailable")
    ledger.feeds.begin(FIRM, "messages", NOON)
    ledger.feeds.polled("messages", [FIRM], at=NOON)
    ledger.deliveries.reserve(FIRM, "messages", [Reservation("message:1", "1000000001", NOON)])
    ledger.incidents.observe(FIRM, "messages", {"stale": "It waits."})
    ledger.incidents.observe(FIRM, "set-up", {"complete": "All is connected."})
    statements: list[str] = []
    event.listen(ledger._database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    [(slug, standing)] = ledger.overview.firms(besides=("set-up",)).items()
    assert len(statements) <= 6, "however many firms there are"
    good = ledger.runs.get(run.id)
    assert good is not None
    assert slug == FIRM
    assert standing.synced_at == good.finished_at, "a failed night is no good one"
    assert (standing.refused, standing.linked, standing.waiting) == (1, 1, 1)
    assert standing.refused_since is not None
    assert standing.waiting_since is not None
    assert standing.asked_at == {"messages": NOON}
    assert standing.incidents == {"stale": "It waits."}


def test_a_firm_that_only_relays_is_there_too(ledger: Ledger) -> None:
    ledger.feeds.begin("lark-quill", "messages", NOON)
    ledger.feeds.polled("messages", ["lark-quill"], at=NOON)
    assert ledger.overview.firms() == {"lark-quill": FirmStanding(asked_at={"messages": NOON})}
