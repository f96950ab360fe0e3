"""Replies in bad weather, with a process that dies between any two of its writes: each in its clients' hands once."""

import random
from typing import Any

import pytest

from ledger import Ledger
from sandbox.casestatus.idempotency import IdempotencyStore
from sandbox.casestatus.messaging import Outbox
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.chaos.practice import Advocates, Peers, Practice
from tests.chaos.relay_workers import Pace, hurry
from tests.chaos.relay_world import Fuse
from tests.flows.office import raise_limits

CASES, SHARE = 8, 0.04


@pytest.fixture(autouse=True)
def no_help_from_the_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    """That it makes one message of an external id, or of a key, is assumed: nothing must depend on that."""
    monkeypatch.setattr(Outbox, "already_sent", lambda *_: None)
    monkeypatch.setattr(IdempotencyStore, "begin", lambda *_: None)
    monkeypatch.setattr(IdempotencyStore, "settle", lambda *_: None)


def bad_weather(practice: Practice) -> None:
    """Everything that can go wrong between us and both vendors, each with the same share of the requests it can befall."""

    def add(vendor: str, kind: FaultKind, method: str, path: str, **more: Any) -> None:
        rule = {"count": None, "probability": SHARE, "seed": practice.dice.randrange(2**32)} | more
        practice.sandbox.controls.faults.add(FaultRule(vendor, kind, method, path, **rule))

    sending = ("casestatus", "POST", "/v1/api/cases/*/messages")
    for vendor, method, path in (sending, ("casestatus", "GET", "*"), *practice.asking):
        add(vendor, FaultKind.STATUS, method, path, status=500)
        add(vendor, FaultKind.CUT_AFTER, method, path)
        add(vendor, FaultKind.HTML, method, path)
        add(vendor, FaultKind.TRUNCATED_JSON, method, path)
    for kind in (FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER):
        add(*sending[:1], kind, *sending[1:], probability=5 * SHARE)
    add(sending[0], FaultKind.STATUS, *sending[1:], status=500, after_work=True, probability=2 * SHARE)
    add(sending[0], FaultKind.HTML, *sending[1:], status=200, after_work=True)


@pytest.mark.parametrize(
    ("kind", "database", "rounds"),
    [
        (Advocates, "postgresql", 12),
        (Peers, "sqlite", 12),
        *(
            pytest.param(kind, database, 400, marks=[pytest.mark.chaos, pytest.mark.timeout(1800)])
            for kind in (Advocates, Peers)
            for database in ("sqlite", "postgresql")
        ),
    ],
    indirect=["database"],
)
async def test_every_reply_arrives_once_whatever_dies_in_between(
    rounds: int, kind: type[Practice], database: Ledger, home: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch.setattr, Pace(lease=60.0, settling=0.2))
    dice = random.Random(seed)
    with SandboxServer(WorldOptions(matters=CASES, shares=Shares.trouble_free())) as sandbox:
        raise_limits(sandbox)
        practice = kind(sandbox, database, dice)
        await practice.open()
        bad_weather(practice)
        broken = 0
        for _ in range(rounds):
            practice.something_is_written()
            fuse = Fuse("killed", dice.randint(0, 60))
            broken += not await practice.tick(fuse)
        sandbox.controls.faults.clear()
        assert broken > rounds / 4, "it was to be interrupted"
        await practice.come_to_rest(pause=0.1)
        practice.assert_once_and_in_order()


@pytest.mark.parametrize("kind", [Advocates, Peers])
async def test_at_whatever_boundary_the_process_dies_the_next_one_finds_what_it_left(
    kind: type[Practice], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch.setattr, Pace(lease=60.0, settling=0.0))
    with SandboxServer(WorldOptions(matters=CASES, shares=Shares.trouble_free())) as sandbox:
        raise_limits(sandbox)
        practice = kind(sandbox, ledger, random.Random(1))
        await practice.open()
        boundaries, died = 0, True
        while died:
            practice.write_and_want(practice.cases[boundaries % CASES], f"note {boundaries}")
            practice.write_in_vain(practice.cases[(boundaries + 1) % CASES])
            died = not await practice.tick(Fuse("killed", boundaries))
            await practice.come_to_rest(pause=0.02)
            practice.assert_once_and_in_order()
            boundaries += 1
        assert boundaries > 15
