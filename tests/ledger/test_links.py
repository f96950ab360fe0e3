"""Links: staging both sides, reading them page by page, clients, coverage, dismissals."""

from dataclasses import replace

import pytest
from sqlalchemy import event, select

from domain.case import CaseState
from domain.outcome import Result
from ledger import Coverage, Lease, LeaseLost, Ledger, Run, RunUnknown, Staged
from ledger.tables import sightings
from tests.ledger.samples import FIRM, case, outcome, portal_case, start


def stage(
    ledger: Ledger, lease: Lease, run: Run, *cases: object, cursor: str | None = None, done: bool = False
) -> Staged:
    return ledger.links.stage_source(lease, run.id, FIRM, cases, cursor=cursor, done=done)  # type: ignore[arg-type]


def stage_portal(ledger: Ledger, lease: Lease, run: Run, *cases: object, done: bool = False) -> Staged:
    return ledger.links.stage_portal(lease, run.id, FIRM, cases, cursor=None, done=done)  # type: ignore[arg-type]


def ids(ledger: Ledger, run: Run, select: object, **more: object) -> list[str]:
    pages = ledger.links.pages(FIRM, run.id, select=select, **more)  # type: ignore[arg-type]
    return [link.integration_id[-2:] for page in pages for link in page]


def test_both_sides_come_back_as_they_were_staged(ledger: Ledger, lease: Lease, run: Run) -> None:
    assert stage(ledger, lease, run, case(1), case(2), cursor="next", done=False) == Staged(2, 2)
    assert stage_portal(ledger, lease, run, portal_case(1), done=True) == Staged(1, 1)
    first, second = next(ledger.links.pages(FIRM, run.id, select="scope"))
    assert (first.source, first.portal, first.portal_id) == (case(1), portal_case(1), portal_case(1).id)
    assert (second.source, second.portal, second.portal_id) == (case(2), None, None)
    assert (first.system, first.readable_id, first.in_scope, first.source_open) == ("clio", "00001-Vance", True, True)
    again = ledger.runs.get(run.id)
    assert again is not None
    assert (again.source_cursor, again.source_done, again.portal_done) == ("next", False, True)


def test_only_what_changed_is_rewritten(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, *(case(number) for number in range(50)))
    stage_portal(ledger, lease, run, *(portal_case(number) for number in range(50)))
    second = start(ledger, lease)
    written: list[str] = []
    event.listen(ledger._database.engine, "before_cursor_execute", lambda *told: written.append(told[2]))
    assert stage(ledger, lease, second, *(case(number) for number in range(50))) == Staged(50, 0)
    assert stage_portal(ledger, lease, second, *(portal_case(number) for number in range(50))) == Staged(50, 0)
    assert not [statement for statement in written if "bodies" in statement]
    changed = [case(number, stage="Intake" if number == 7 else "Treatment") for number in range(50)]
    assert stage(ledger, lease, second, *changed) == Staged(50, 1)
    link = ledger.links.get(FIRM, changed[7].integration_id)
    assert link is not None
    assert link.source == changed[7]
    assert len(ids(ledger, second, "scope")) == 50


def test_what_is_known_of_the_portal_is_only_noted_as_seen(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage_portal(ledger, lease, run, *(portal_case(number) for number in range(3)), done=True)
    held = ledger.links.portal_fingerprints(FIRM, "clio")
    assert set(held) == {portal_case(number).integration_id for number in range(3)}
    second = start(ledger, lease)
    written: list[str] = []
    event.listen(ledger._database.engine, "before_cursor_execute", lambda *told: written.append(told[2]))
    known = [portal_case(0).integration_id, portal_case(2).integration_id]
    staged = ledger.links.stage_portal(lease, second.id, FIRM, [], cursor=None, done=True, known=known)
    assert staged == Staged(2, 0)
    assert not [statement for statement in written if statement.startswith("UPDATE links")]
    assert ledger.links.clear_unseen_portal(lease, second.id, FIRM) == 1
    assert ledger.links.linked_ids(FIRM) == known
    with ledger._database.reading() as connection:
        assert set(connection.execute(select(sightings.c.run_id)).scalars()) == {second.id}, "of runs before, none"


def test_a_case_that_comes_twice_in_a_page_counts_as_it_came_last(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, case(1, stage="Intake"), case(1, stage="Closing"))
    stage_portal(ledger, lease, run, portal_case(1, stage="Intake"), portal_case(1, stage="Closing"))
    link = ledger.links.get(FIRM, case(1).integration_id)
    assert link is not None
    assert link.source is not None
    assert link.portal is not None
    assert (link.source.stage, link.portal.stage) == ("Closing", "Closing")


def test_portal_cases_made_by_hand_are_left_alone(ledger: Ledger, lease: Lease, run: Run) -> None:
    staged = stage_portal(ledger, lease, run, portal_case(1), portal_case(2, integration_id=None))
    assert staged == Staged(1, 1, ignored=1)
    assert ledger.links.linked_ids(FIRM) == [case(1).integration_id]


def test_what_the_portal_no_longer_has_loses_its_side(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, case(1), case(2))
    stage_portal(ledger, lease, run, portal_case(1), portal_case(2))
    second = start(ledger, lease)
    stage_portal(ledger, lease, second, portal_case(1), done=True)
    assert ledger.links.clear_unseen_portal(lease, second.id, FIRM) == 1
    assert ledger.links.clear_unseen_portal(lease, second.id, FIRM) == 0
    assert ledger.links.linked_ids(FIRM) == [case(1).integration_id]
    link = ledger.links.get(FIRM, case(2).integration_id)
    assert link is not None
    assert (link.source, link.portal, link.portal_id, link.portal_digest) == (case(2), None, None, None)
    assert stage_portal(ledger, lease, second, portal_case(2)) == Staged(1, 1), "it can come back"


def test_a_case_created_by_the_run_itself_has_been_seen(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, case(1))
    after = {case(1).integration_id: portal_case(1)}
    ledger.links.settle(lease, run.id, FIRM, [outcome(1, Result.CREATED)], after, night=True)
    assert ledger.links.clear_unseen_portal(lease, run.id, FIRM) == 0


def test_clearing_the_portal_side_of_some(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage_portal(ledger, lease, run, portal_case(1), portal_case(2))
    assert ledger.links.clear_portal(lease, FIRM, [case(2).integration_id, "unheard-of"]) == 1
    assert ledger.links.linked_ids(FIRM) == [case(1).integration_id]


def test_what_a_night_looks_at(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, *(case(number) for number in range(1, 6)))
    stage_portal(ledger, lease, run, portal_case(2), portal_case(6))
    rejected = [outcome(number, Result.REJECTED, "stage_unknown") for number in (3, 4)]
    ledger.links.settle(lease, run.id, FIRM, rejected, {}, night=True)
    assert ledger.links.dismiss(FIRM, [case(4).integration_id, case(5).integration_id], "ops", "client left") == 1
    second = start(ledger, lease)
    stage(ledger, lease, second, case(1))
    assert ids(ledger, second, "scope") == ["01"]
    assert ids(ledger, second, "night") == ["01", "02", "03"], (
        "in scope, linked, troubled; 4 is dismissed, 6 has no source"
    )
    assert ids(ledger, second, [case(number).integration_id for number in (6, 4, 9)]) == ["04", "06"]
    assert ledger.links.count(FIRM, second.id, select="night") == 3
    assert ledger.links.troubled_ids(FIRM) == [case(3).integration_id]
    assert ledger.links.troubled_ids(FIRM, unread_by=run.id) == []
    assert ledger.links.troubled_ids(FIRM, unread_by=second.id) == [case(3).integration_id]
    assert ledger.links.linked_ids(FIRM, unread_by=run.id) == [case(6).integration_id]
    assert ledger.links.linked_ids(FIRM, unread_by=second.id) == [case(2).integration_id, case(6).integration_id]


def test_pages_neither_skip_nor_repeat(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, *(case(number) for number in range(23)))
    pages = list(ledger.links.pages(FIRM, run.id, select="scope", size=5))
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3]
    everything = [link.integration_id for page in pages for link in page]
    assert everything == sorted(case(number).integration_id for number in range(23))
    spans = ledger.links.spans(FIRM, run.id, select="scope", size=5)
    assert [(span.after, span.until) for span in spans] == [
        (pages[number - 1][-1].integration_id if number else None, page[-1].integration_id)
        for number, page in enumerate(pages)
    ]
    for span, page in zip(spans, pages, strict=True):
        assert span.size == len(page)
        fetched = ledger.links.page(FIRM, run.id, select="scope", size=5, after=span.after, until=span.until)
        assert fetched == page
    assert ids(ledger, run, everything, size=4) == [integration_id[-2:] for integration_id in everything]
    assert ids(ledger, run, "scope", after=pages[2][-1].integration_id) == ids(ledger, run, "scope")[15:]


def test_a_span_does_not_reach_into_the_next_when_its_cases_are_settled(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, *(case(number) for number in range(10)))
    troubled = [outcome(number, Result.FAILED, "vendor_error") for number in range(10)]
    ledger.links.settle(lease, run.id, FIRM, troubled, {}, night=True)
    second = start(ledger, lease)
    first, _ = ledger.links.spans(FIRM, second.id, select="night", size=5)
    ledger.links.settle(lease, second.id, FIRM, [outcome(1), outcome(2)], {}, night=True)
    page = ledger.links.page(FIRM, second.id, select="night", size=5, after=first.after, until=first.until)
    assert [link.integration_id for link in page] == [case(number).integration_id for number in (0, 3, 4)]


def test_a_firm_that_moved_keeps_equal_ids_apart(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, case(1, stage="Old"))
    stage_portal(ledger, lease, run, portal_case(1))
    moved = start(ledger, lease, system="smartadvocate")
    stage(ledger, lease, moved, case(1, system="smartadvocate", stage="New"))
    [[link]] = ledger.links.pages(FIRM, moved.id, select="night")
    assert link.source == case(1, system="smartadvocate", stage="New")
    assert link.portal is None
    assert [link.source and link.source.stage for [link] in ledger.links.pages(FIRM, run.id, select="night")] == ["Old"]
    newest, old = (ledger.links.get(FIRM, case(1).integration_id, system=system) for system in (None, "clio"))
    assert newest is not None
    assert old is not None
    assert (newest.system, old.system) == ("smartadvocate", "clio")


def test_known_clients_are_those_of_exactly_that_version(ledger: Ledger, lease: Lease, run: Run) -> None:
    [one], [two] = case(1).clients, case(2).clients
    hidden = replace(case(3).clients[0], redacted=True)
    stage(ledger, lease, run, case(1, clients=(one, two)), case(3, clients=(hidden,)))
    asked = {"client-1": "v1", "client-2": "v1", "client-3": "v1", "client-4": "v1"}
    assert ledger.links.known_clients(FIRM, "clio", asked) == {"client-1": one, "client-2": two}
    assert ledger.links.known_clients(FIRM, "clio", {"client-1": "v2"}) == {}
    assert ledger.links.known_clients(FIRM, "smartadvocate", asked) == {}
    assert ledger.links.known_clients("another", "clio", asked) == {}
    stage(ledger, lease, run, case(1, clients=(two,)))
    assert ledger.links.known_clients(FIRM, "clio", asked) == {"client-2": two}


def test_a_client_that_moved_is_put_into_all_of_its_cases(ledger: Ledger, lease: Lease, run: Run) -> None:
    [one], [two] = case(1).clients, case(2).clients
    stage(ledger, lease, run, case(1), case(2, clients=(two, one)), case(3))
    second = start(ledger, lease)
    moved = replace(one, email="new@mail.example", version="v2")
    stranger = replace(one, external_id="stranger")
    touched = ledger.links.refresh_clients(lease, second.id, FIRM, "clio", [moved, stranger])
    assert touched == [case(1).integration_id, case(2).integration_id]
    sources = [link.source for page in ledger.links.pages(FIRM, second.id, select="scope") for link in page]
    assert sources == [case(1, clients=(moved,)), case(2, clients=(two, moved))]
    assert ledger.links.known_clients(FIRM, "clio", {"client-1": "v2"}) == {"client-1": moved}
    assert stage(ledger, lease, second, case(1, clients=(moved,))) == Staged(1, 0), "its digest has followed"


def test_coverage_counts_open_cases(ledger: Ledger, lease: Lease, run: Run) -> None:
    closed = case(4, state=CaseState.CLOSED)
    stage(ledger, lease, run, case(1), case(2), case(3, stage=None), closed)
    assert ledger.links.coverage(FIRM, "clio") == [Coverage("MVA", "Treatment", 2), Coverage("MVA", None, 1)]


def test_finding_a_case_by_the_number_clients_see(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, case(1), case(2, readable_id="00001-Vance"), case(3))
    found = ledger.links.find_by_readable_id(FIRM, "00001-Vance")
    assert [link.integration_id for link in found] == [case(1).integration_id, case(2).integration_id]
    assert ledger.links.find_by_readable_id("another", "00001-Vance") == []


def test_firms_do_not_see_each_other(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, case(1))
    assert ledger.links.get("another", case(1).integration_id) is None
    assert list(ledger.links.pages("another", run.id, select="night")) == []


def test_texts_no_database_can_store_do_no_harm(ledger: Ledger, lease: Lease, run: Run) -> None:
    odd = case(1, stage="Treat\x00ment \ud83d", readable_id="1\x00", description="half \ud83d an emoji")
    stage(ledger, lease, run, odd)
    link = ledger.links.get(FIRM, odd.integration_id)
    assert link is not None
    assert link.source is not None
    assert (link.readable_id, link.source.description) == ("1", "half ? an emoji")
    assert ledger.links.coverage(FIRM, "clio") == [Coverage("MVA", "Treatment ?", 1)]


def test_a_run_that_is_not_there(ledger: Ledger, lease: Lease) -> None:
    for attempt in (
        lambda: ledger.links.stage_source(lease, "nothing", FIRM, [case(1)], cursor=None, done=True),
        lambda: ledger.links.page(FIRM, "nothing", select="night"),
        lambda: ledger.links.count(FIRM, "nothing", select="night"),
    ):
        with pytest.raises(RunUnknown):
            attempt()
    assert ledger.links.get(FIRM, case(1).integration_id) is None


def test_nothing_is_written_without_the_lease(ledger: Ledger, lease: Lease, run: Run) -> None:
    stage(ledger, lease, run, case(1))
    stage_portal(ledger, lease, run, portal_case(1))
    before = ledger.links.get(FIRM, case(1).integration_id)
    ledger.leases.release(lease)
    ledger.leases.acquire(lease.name, "successor", 600)
    moved = replace(case(1).clients[0], version="v2")
    for late in (
        lambda: stage(ledger, lease, run, case(1, stage="Late"), case(2)),
        lambda: stage_portal(ledger, lease, run, portal_case(1, stage="Late")),
        lambda: ledger.links.clear_unseen_portal(lease, "another-run", FIRM),
        lambda: ledger.links.clear_portal(lease, FIRM, [case(1).integration_id]),
        lambda: ledger.links.refresh_clients(lease, run.id, FIRM, "clio", [moved]),
        lambda: ledger.links.settle(lease, run.id, FIRM, [outcome(1, Result.FAILED, "x")], {}, night=True),
    ):
        with pytest.raises(LeaseLost):
            late()
    assert ledger.links.get(FIRM, case(1).integration_id) == before
    assert ledger.links.get(FIRM, case(2).integration_id) is None
    assert ledger.attempts.counts(run.id) == {}
