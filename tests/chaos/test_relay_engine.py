"""The delivery engine alone, whatever dies, freezes or is answered badly at whichever boundary: each effect once, in order."""

import asyncio
import itertools
import logging
import signal
import time
from collections import Counter
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from prefect.exceptions import TerminationSignal

from ledger import Delivery, Ledger
from tasks.relay import delivering
from tasks.relay.delivering import Engine
from tests.chaos.relay_world import STREAM, Call, Fuse, Look, Preparation, Vendor, Weather, World

WEATHER = st.just(Weather()) | st.builds(
    Weather,
    calls=st.lists(st.sampled_from([*Call, Call.LOST_LATE, Call.LOST_LATE]), max_size=5),
    preparations=st.just([]) | st.lists(st.sampled_from(Preparation), max_size=3),
    looks=st.lists(st.sampled_from([*Look, Look.SLOW]), max_size=3),
    delay=st.sampled_from([1.0, 20.0, 59.0, 100.0]),
)
_numbers = itertools.count(1)


class Relay(RuleBasedStateMachine):
    """Every example is a firm of its own in the same ledger."""

    ledger: ClassVar[Ledger]
    seen: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.ledger, f"firm-{next(_numbers)}")
        self.patch = self.world.patched()

    @rule(lanes=st.lists(st.sampled_from("abc"), min_size=1, max_size=6))
    def something_arrives(self, lanes: list[str]) -> None:
        self.world.arrive(lanes)

    @rule(lane=st.sampled_from("abc"), ago=st.sampled_from([0.5, 30.0, 900.0]))
    def something_appears_late(self, lane: str, ago: float) -> None:
        self.world.arrive([lane], ago=ago)

    @rule()
    def the_feed_is_read_again(self) -> None:
        self.world.read_again()

    @rule(seconds=st.sampled_from([0.5, 10.0, 61.0, 91.0, 3_601.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.spend(seconds)

    @rule(weather=WEATHER)
    def a_tick_runs(self, weather: Weather) -> None:
        # No precondition: what threads do in which order is not Hypothesis's to repeat, and rules must not hang on it.
        asyncio.run(self.world.run(weather))

    @rule(
        weather=WEATHER,
        how=st.sampled_from(["killed", "ended", "frozen"]),
        left=st.integers(0, 12) | st.integers(0, 40),
    )
    def a_tick_breaks_off(self, weather: Weather, how: str, left: int) -> None:
        if asyncio.run(self.world.run(weather, how, left)):
            self.seen[how] += 1

    @invariant()
    def nothing_is_twice_or_out_of_order(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        try:
            self._finish()
        finally:
            self.patch.undo()

    def _finish(self) -> None:
        """In good weather everything gets done in the end, and once."""
        for _ in range(30):
            if not self.world.waiting:
                break
            self.world.spend(1_801.0)
            asyncio.run(self.world.run(Weather()))
            self.world.check()
        assert sorted(self.world.made) == sorted(self.world.arrived), "something was lost"
        self.seen["delivered"] += len(self.world.made)


@pytest.fixture
def unheard(caplog: pytest.LogCaptureFixture) -> None:
    """Faults of ours come by the hundred here; nobody reads what is said of them."""
    for name in ("casebridge.relay", "asyncio"):
        caplog.set_level(logging.CRITICAL + 1, name)


@pytest.mark.parametrize(
    ("examples", "steps"),
    [(12, 20), pytest.param(500, 50, marks=[pytest.mark.chaos, pytest.mark.timeout(3600)])],
)
def test_each_effect_comes_once_and_in_order(
    examples: int, steps: int, database: Ledger, home: Any, unheard: None
) -> None:
    seen: Counter[str] = Counter()
    run_state_machine_as_test(
        type("RelayOver", (Relay,), {"ledger": database, "seen": seen}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"in {examples} examples: {dict(seen)}")  # noqa: T201 - for who runs it by hand
    broken = [seen[how] for how in ("killed", "ended", "frozen")]
    assert seen["delivered"], seen
    assert all(broken) if examples > 100 else any(broken), seen


def test_a_look_up_is_judged_by_when_it_was_made(database: Ledger, home: Any) -> None:
    """It looked before the effect had come, and its answer was so long under way that the effect had come meanwhile."""
    world = World(database, "slow-look-up")
    patch = world.patched()
    try:
        world.arrive(["a"])
        asyncio.run(world.run(Weather(calls=[Call.LOST_LATE], looks=[Look.SLOW], delay=100.0)))
        world.spend(100.0)
        asyncio.run(world.run(Weather()))
        world.check()
        assert (world.made, world.waiting) == (["item:0"], 0)
    finally:
        patch.undo()


class SilentVendor(Vendor):
    """One call is where the signal to end is raised; the others get no answer."""

    async def call(self, delivery: Delivery, prepared: Delivery) -> tuple[str, str | None]:
        if delivery.marker == "item:0":
            await asyncio.sleep(0.1)
            raise TerminationSignal(signal=signal.SIGTERM)
        self._world.effect(delivery.marker)
        await asyncio.sleep(60)
        return "too late", None


def test_an_engine_that_is_told_to_end_waits_for_no_answer_for_long(
    database: Ledger, home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "_LAST_SECONDS", 0.2)
    world = World(database, "told-to-end")
    patch = world.patched()
    world.arrive(["a", "b", "c"])

    async def run() -> None:
        hold = world.acquire("first")
        vendor = SilentVendor(world, Weather(), Fuse(), hold)
        with pytest.raises(TerminationSignal):
            await Engine(database, hold, world.firm, vendor).run()
        database.leases.release(hold.renewed)

    try:
        began = time.monotonic()
        asyncio.run(run())
        assert time.monotonic() - began < 5
        states = [database.deliveries.get(world.firm, STREAM, marker) for marker in world.arrived]
        assert [delivery.state for delivery in states if delivery] == ["calling"] * 3
        world.check()
    finally:
        patch.undo()
