"""Settling attempts: their rows, the portal's new side, and the age of troubles."""

from datetime import date, timedelta

import pytest

from domain.outcome import Change, Outcome, Result
from ledger import Lease, Ledger, Link, Run, Trouble
from tests.ledger.samples import FIRM, NOON, HandClock, case, outcome, portal_case, start

ID = case(1).integration_id


@pytest.fixture
def clock(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> HandClock:
    return HandClock(ledger, monkeypatch)


@pytest.fixture
def lease(ledger: Ledger, clock: HandClock) -> Lease:
    return ledger.leases.acquire(f"cases:{FIRM}", "test", timedelta(days=100).total_seconds())


@pytest.fixture
def run(ledger: Ledger, lease: Lease) -> Run:
    opened = start(ledger, lease)
    ledger.links.stage_source(lease, opened.id, FIRM, [case(1), case(2)], cursor=None, done=True)
    return opened


def settle(ledger: Ledger, lease: Lease, run: Run, *outcomes: Outcome, night: bool = True, **more: object) -> None:
    facts: dict[str, object] = {"portal_after": {}} | more
    ledger.links.settle(lease, run.id, FIRM, outcomes, night=night, **facts)  # type: ignore[arg-type]


def link(ledger: Ledger, integration_id: str = ID) -> Link:
    found = ledger.links.get(FIRM, integration_id)
    assert found is not None
    return found


def test_a_success_writes_the_portals_side(ledger: Ledger, lease: Lease, run: Run) -> None:
    settle(ledger, lease, run, outcome(1, Result.CREATED), portal_after={ID: portal_case(1)})
    assert (link(ledger).portal, link(ledger).portal_id, link(ledger).trouble) == (portal_case(1), 88_001, None)
    assert link(ledger).source == case(1), "the other side stays"


def test_a_trouble_gets_a_night_older_with_each_new_day_of_a_nightly_run(
    ledger: Ledger, lease: Lease, run: Run, clock: HandClock
) -> None:
    trouble = outcome(1, Result.REJECTED, "stage_unknown", "attorney_required")
    nights = []
    for hours, night in ((0, True), (1, True), (23, False), (0, True), (24, True), (24, True)):
        clock.turn(hours=hours)
        settle(ledger, lease, start(ledger, lease), trouble, night=night)
        nights.append(link(ledger).trouble)
    assert nights == [Trouble("stage_unknown", NOON, count) for count in (1, 1, 1, 2, 3, 4)]


def test_the_day_is_the_callers_if_it_says_so(ledger: Ledger, lease: Lease, run: Run) -> None:
    trouble = outcome(1, Result.FAILED, "vendor_error")
    for day in (date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 1)):
        settle(ledger, lease, run, trouble, today=day)
    assert link(ledger).trouble == Trouble("vendor_error", NOON, 2)


def test_another_reason_is_a_new_trouble(ledger: Ledger, lease: Lease, run: Run, clock: HandClock) -> None:
    settle(ledger, lease, run, outcome(1, Result.REJECTED, "stage_unknown"))
    ledger.links.dismiss(FIRM, [ID], "ops", "known")
    clock.turn(days=1)
    settle(ledger, lease, run, outcome(1, Result.REJECTED, "stage_unknown"))
    assert link(ledger).dismissal is not None, "the dismissed reason stays dismissed"
    clock.turn(days=1)
    settle(ledger, lease, run, outcome(1, Result.REJECTED, "attorney_required"))
    assert link(ledger).trouble == Trouble("attorney_required", clock.now, 1)
    assert link(ledger).dismissal is None
    assert ledger.links.troubled_ids(FIRM) == [ID]


def test_a_dismissal_says_who_and_why(ledger: Ledger, lease: Lease, run: Run) -> None:
    settle(ledger, lease, run, outcome(1, Result.FAILED))
    assert link(ledger).trouble == Trouble("failed", NOON, 1), "without a defect the result is the code"
    assert ledger.links.dismiss(FIRM, [ID, case(2).integration_id], "ops@firm.example", "client left") == 1
    dismissal = link(ledger).dismissal
    assert dismissal is not None
    assert (dismissal.at, dismissal.by, dismissal.why) == (NOON, "ops@firm.example", "client left")


@pytest.mark.parametrize("result", [result for result in Result if not result.troubled])
def test_any_untroubled_result_ends_the_trouble(ledger: Ledger, lease: Lease, run: Run, result: Result) -> None:
    settle(ledger, lease, run, outcome(1, Result.REJECTED, "x"))
    settle(ledger, lease, run, outcome(1, result))
    assert link(ledger).trouble is None


def test_a_case_nobody_could_read_ages_too(ledger: Ledger, lease: Lease, run: Run, clock: HandClock) -> None:
    unreadable = outcome(9, Result.FAILED, "unreadable_record")
    settle(ledger, lease, run, unreadable, outcome(8))
    clock.turn(days=1)
    settle(ledger, lease, run, unreadable)
    assert link(ledger, unreadable.integration_id).trouble == Trouble("unreadable_record", NOON, 2)
    assert ledger.links.get(FIRM, outcome(8).integration_id) is None


def test_a_mistyped_id_tried_by_hand_is_not_remembered(ledger: Ledger, lease: Lease, run: Run) -> None:
    settle(ledger, lease, run, outcome(9, Result.REJECTED, "cms_case_not_found"), night=False)
    assert ledger.links.troubled_ids(FIRM) == []


def test_a_dry_run_writes_attempts_only(ledger: Ledger, lease: Lease, run: Run) -> None:
    settle(ledger, lease, run, outcome(1, Result.REJECTED, "x"))
    before = link(ledger)
    dry = start(ledger, lease, dry_run=True)
    settle(ledger, lease, dry, outcome(1, Result.CREATED), portal_after={ID: portal_case(1)}, agreed=[ID])
    assert link(ledger) == before
    assert ledger.attempts.counts(dry.id) == {Result.CREATED: 1}


def test_attempts_come_back_as_they_were_settled(ledger: Ledger, lease: Lease, run: Run) -> None:
    full = outcome(
        1,
        Result.UPDATED,
        portal_id=88_001,
        changes=(Change("stage", "Intake", "Treatment"),),
        warnings=("The paralegal was not found.",),
        notifies_client=True,
    )
    troubled = outcome(2, Result.REJECTED, "stage_unknown", "attorney_required")
    settle(ledger, lease, run, full, troubled)
    settle(ledger, lease, run, troubled)
    [[first, second]] = ledger.attempts.iterate(run.id)
    assert (first.run_id, first.outcome, first.tries, first.trouble) == (run.id, full, 1, None)
    assert (second.outcome, second.tries, second.trouble) == (troubled, 2, Trouble("stage_unknown", NOON, 1))
    assert ledger.attempts.troubled(run.id) == [second]


def test_a_retry_replaces_the_result(ledger: Ledger, lease: Lease, run: Run) -> None:
    settle(ledger, lease, run, outcome(1, Result.FAILED, "vendor_error"), outcome(2))
    assert ledger.attempts.done_ids(run.id, [ID, case(2).integration_id, "other"]) == {case(2).integration_id}
    assert ledger.attempts.retryable_ids(run.id) == [ID]
    settle(ledger, lease, run, outcome(1, Result.CREATED))
    assert ledger.attempts.retryable_ids(run.id) == []
    assert ledger.attempts.counts(run.id) == {Result.CREATED: 1, Result.UNCHANGED: 1}
    assert ledger.attempts.reasons(run.id) == {}


def test_counts_reasons_and_order(ledger: Ledger, lease: Lease, run: Run) -> None:
    settle(
        ledger,
        lease,
        run,
        outcome(3, Result.REJECTED, "stage_unknown", "attorney_required", "stage_unknown"),
        outcome(1, Result.REJECTED, "stage_unknown"),
        outcome(2, Result.FAILED, "attorney_required"),
        outcome(5, Result.SKIPPED, "outside_window"),
        outcome(4, Result.UNCHANGED),
    )
    other = start(ledger, lease)
    settle(ledger, lease, other, outcome(1, Result.CREATED))
    assert ledger.attempts.counts(run.id) == {
        Result.UNCHANGED: 1,
        Result.SKIPPED: 1,
        Result.REJECTED: 2,
        Result.FAILED: 1,
    }
    reasons = ledger.attempts.reasons(run.id)
    assert list(reasons.items()) == [("attorney_required", 2), ("stage_unknown", 2), ("outside_window", 1)]
    pages = list(ledger.attempts.iterate(run.id, 2))
    assert [len(page) for page in pages] == [2, 2, 1]
    in_order = [attempt.outcome.integration_id for page in pages for attempt in page]
    assert in_order == [case(number).integration_id for number in range(1, 6)]
    assert len(ledger.attempts.troubled(run.id, 2)) == 2
    assert ledger.attempts.retryable_ids(run.id) == [case(number).integration_id for number in (1, 2, 3)]


def test_only_what_moved_since_it_was_in_step_is_looked_at_again(ledger: Ledger, lease: Lease, run: Run) -> None:
    def moved(by: Run, rules: str = "r1") -> int:
        return ledger.links.count(FIRM, by.id, select="night", rules=rules)

    both = [ID, case(2).integration_id]
    assert moved(run) == 2, "neither was ever in step"
    settle(ledger, lease, run, outcome(1, Result.CREATED), portal_after={ID: portal_case(1)}, agreed=[ID], rules="r1")
    settle(ledger, lease, run, outcome(2, Result.REJECTED, "x"))
    assert moved(run) == 1
    settle(ledger, lease, run, outcome(2), agreed=both, rules="r1")
    assert moved(run) == 0
    assert moved(run, "r2") == 2, "other rules may find something"
    night = start(ledger, lease)
    ledger.links.stage_source(lease, night.id, FIRM, [case(1), case(2, stage="Intake")], cursor=None, done=True)
    assert moved(night) == 1, "one side moved"
    ledger.links.stage_portal(lease, night.id, FIRM, [portal_case(1, stage="Drifted")], cursor=None, done=True)
    assert moved(night) == 2
    settle(ledger, lease, start(ledger, lease, dry_run=True), outcome(1), outcome(2), agreed=both, rules="r1")
    assert moved(night) == 2, "a dry run brings nothing in step"
    settle(ledger, lease, night, outcome(1, Result.UPDATED), portal_after={ID: portal_case(1)}, agreed=both, rules="r1")
    assert moved(night) == 0


def test_what_is_passed_over_has_its_row_in_the_report(ledger: Ledger, lease: Lease, run: Run) -> None:
    assert ledger.links.pass_over(lease, run.id, FIRM, "r1") == 0, "nothing was ever found in step"
    settle(ledger, lease, run, outcome(1, Result.CREATED), portal_after={ID: portal_case(1)}, agreed=[ID], rules="r1")
    assert ledger.links.pass_over(lease, run.id, FIRM, "r1") == 0, "what was attempted keeps its result"
    night = start(ledger, lease)
    ledger.links.stage_source(lease, night.id, FIRM, [case(1), case(2)], cursor=None, done=True)
    assert ledger.links.pass_over(lease, night.id, FIRM, "r1") == 1
    assert ledger.links.pass_over(lease, night.id, FIRM, "r1") == 0
    (attempt,) = next(ledger.attempts.iterate(night.id))
    expected = link(ledger)
    assert attempt.outcome.result is Result.UNCHANGED
    assert attempt.outcome.readable_id == expected.readable_id
    assert attempt.outcome.client_name == case(1).clients[0].display_name
    assert attempt.outcome.portal_id == expected.portal_id
    assert [found.integration_id for found in ledger.links.page(FIRM, night.id, select="night", rules="r1")] == [
        case(2).integration_id
    ]


def test_a_case_in_trouble_is_never_passed_over(ledger: Ledger, lease: Lease, run: Run) -> None:
    settle(ledger, lease, run, outcome(1), agreed=[ID], rules="r1")
    settle(ledger, lease, run, outcome(1, Result.FAILED, "x"))
    night = start(ledger, lease)
    ledger.links.stage_source(lease, night.id, FIRM, [case(1)], cursor=None, done=True)
    assert ledger.links.pass_over(lease, night.id, FIRM, "r1") == 0
