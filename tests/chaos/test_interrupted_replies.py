"""Replies in bad weather, with a process that dies between any two of its writes: each in its clients' hands once."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from blocks.casestatus import CaseStatusCredentials
from blocks.firm import Firm
from connectors.casestatus import CaseStatusClient
from connectors.errors import ConnectorError
from connectors.ports import SharedState
from domain.case import Case
from domain.plain_text import plain_text
from ledger import Ledger
from sandbox.casestatus.idempotency import IdempotencyStore
from sandbox.casestatus.messaging import Outbox
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tasks.hold import Hold
from tasks.relay.delivering import Engine
from tasks.relay.polling import poll
from tasks.relay.replies import read_cases
from tasks.relay.streams import REPLIES
from tests.chaos.relay_workers import Pace, hurry
from tests.chaos.relay_world import Breakable, Died, Fuse
from tests.chaos.tries import let_holds_expire
from tests.flows.advocates import smartadvocate_credentials
from tests.flows.office import SEEDED, raise_limits

CASES, SHARE = 8, 0.04


@pytest.fixture(autouse=True)
def no_help_from_the_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    """That it makes one message of an external id, or of a key, is assumed: nothing must depend on that."""
    monkeypatch.setattr(Outbox, "already_sent", lambda *_: None)
    monkeypatch.setattr(IdempotencyStore, "begin", lambda *_: None)
    monkeypatch.setattr(IdempotencyStore, "settle", lambda *_: None)


class Mortal:
    """The ledger, with a boundary before and after everything that is read or written of replies."""

    def __init__(self, ledger: Ledger, fuse: Fuse) -> None:
        self.links, self.leases = ledger.links, ledger.leases
        self.deliveries: Any = Breakable(ledger.deliveries, fuse)
        self.readings: Any = Breakable(ledger.readings, fuse)
        self.feeds: Any = Breakable(ledger.feeds, fuse)


class Practice:
    """One firm of SmartAdvocate whose cases are in the portal, and its people, who write to clients."""

    def __init__(self, sandbox: SandboxServer, ledger: Ledger, dice: random.Random) -> None:
        self.sandbox, self.ledger, self.dice = sandbox, ledger, dice
        self.records = sandbox.smartadvocate.firms[SEEDED]
        self.portal = sandbox.casestatus.portal.firm_called(SEEDED)
        self.cases = [str(number) for number in sandbox.world.firm(SEEDED).matter_ids]
        credentials = CaseStatusCredentials(api_key=SecretStr(f"csk-{SEEDED}"), host=f"{sandbox.url}/casestatus")
        self.firm = Firm(
            slug="mortal",
            name="Mortal LLP",
            case_system=smartadvocate_credentials(sandbox),
            portal=credentials,
            replies_as_attorney=True,
        )
        self.wanted: list[tuple[str, str, bool]] = []
        """Case and text of what is to reach clients, and whether its place among the others of the case is certain."""
        self.kept_back: list[int] = []
        """Notes of long ago that are shared with nobody yet."""

    async def open(self) -> None:
        """Put the cases into the portal and the ledger, with some old notes on them, and begin the relay."""
        lease = self.ledger.leases.acquire("cases:mortal", "test", 600)
        run = self.ledger.runs.start(
            lease, firm=self.firm.slug, kind="nightly_case_sync", trigger="nightly", system="smartadvocate"
        )
        cases, portal = (
            self.firm.case_system.case_system(self._shared("smartadvocate"), self.firm.rules()),
            self._portal(),
        )
        read = [await cases.case(number) for number in self.cases]
        address = f"{self.sandbox.url}/__sandbox__/casestatus/firms/{SEEDED}/cases"
        for case in read:
            httpx.post(address, json=entered(case)).raise_for_status()
            there = self.portal.case_with_integration_id("smartadvocate", case.integration_id)
            there.attorney.status = "active"
        in_portal = [found for case in read if (found := await portal.find("smartadvocate", case.integration_id))]
        assert len(in_portal) == len(read)
        self.ledger.links.stage_source(lease, run.id, self.firm.slug, read, cursor=None, done=True)
        self.ledger.links.stage_portal(lease, run.id, self.firm.slug, in_portal, cursor=None, done=True)
        for client in (cases, portal):
            await client.close()
        year_ago = (datetime.now(UTC) - timedelta(days=365)).timestamp()
        for case_id in self.cases:
            self.records.write_note(int(case_id), "shared for years", at=year_ago)
            for _ in range(2):
                text = f"<p>old {len(self.kept_back)}</p>"
                self.kept_back.append(self.records.write_note(int(case_id), text, shared=False, at=year_ago).id)
        await self.tick(Fuse())
        assert self.got() == Counter()
        self.sandbox.controls.clock.advance(2)  # the relay began within a second that is not over yet

    def _shared(self, system: str) -> SharedState:
        return SharedState(f"{system}:{self.firm.slug}", self.ledger.limits, self.ledger.tokens)

    def _portal(self) -> CaseStatusClient:
        return self.firm.portal.portal(self._shared("case_status"))

    def something_is_written(self) -> None:
        """New notes here and there, and one of long ago that is ticked only now."""
        for _ in range(self.dice.randint(1, 5)):
            case_id, text = self.dice.choice(self.cases), f"note {len(self.wanted)}"
            self.records.write_note(int(case_id), f"<b>{text}</b>")
            self.wanted.append((case_id, text, True))
        if self.kept_back and self.dice.random() < 0.5:
            note = self.records.share_note(self.kept_back.pop(self.dice.randrange(len(self.kept_back))))
            self.wanted.append((str(note.case_id), plain_text(note.text), False))

    async def tick(self, fuse: Fuse) -> bool:
        """What a tick does for the firm, up to where the fuse burns; whether it came to its end."""
        ledger: Any = Mortal(self.ledger, fuse)
        replies, portal = REPLIES.case_side(self.firm, self._shared("smartadvocate"), 1.0), self._portal()
        let_holds_expire(self.ledger)
        try:
            feed = self.ledger.feeds.of(REPLIES.name, self.firm.slug).get(self.firm.slug)
            polled = await poll(self.firm, REPLIES, ledger, replies, feed, since=None)
            await read_cases(self.firm, ledger, replies, polled.begins_at or datetime.now(UTC))
            lease = self.ledger.leases.acquire(f"replies:{self.firm.slug}", "tick", 60)
            courier = REPLIES.courier(self.firm, ledger, portal, replies)
            await Engine(ledger, Hold(self.ledger, lease), self.firm.slug, courier).run()
            self.ledger.leases.release(lease)
        except (Died, ConnectorError):
            return False
        finally:
            await portal.close()
            await replies.close()
        return True

    def got(self) -> Counter[tuple[str, str]]:
        """Cases and texts of what clients got."""
        return Counter(
            (notice.integration_id, notice.text) for notice in self.portal.notices if notice.kind == "message"
        )

    @property
    def waiting(self) -> int:
        standing = self.ledger.deliveries.standing(REPLIES.name, self.firm.slug).get(self.firm.slug)
        return standing.pending if standing else 0

    def assert_once_and_in_order(self) -> None:
        wanted = Counter((case_id, text) for case_id, text, _ in self.wanted)
        assert self.got() == wanted
        for case_id in self.cases:
            written = [text for number, text, placed in self.wanted if number == case_id and placed]
            got = [notice.text for notice in self.portal.notices if notice.integration_id == case_id]
            assert [text for text in got if text in written] == written, f"out of order in case {case_id}"


def entered(case: Case) -> dict[str, Any]:
    """The case as a firm would enter it in the portal."""
    assert case.attorney is not None
    client = {
        "first_name": "Dana",
        "last_name": case.integration_id,
        "cell_phone": f"(303) 222-{case.integration_id[-4:]}",
    }
    return {
        "integration_id": case.integration_id,
        "integration_source": case.system,
        "readable_id": case.readable_id,
        "practice_area": case.practice_area,
        "stage": case.stage,
        "attorney_email": case.attorney.email,
        "clients": [client],
        "activate": True,
    }


def bad_weather(sandbox: SandboxServer, dice: random.Random) -> None:
    """Everything that can go wrong between us and both vendors, each with the same share of the requests it can befall."""

    def add(vendor: str, kind: FaultKind, method: str, path: str, **more: Any) -> None:
        rule = {"count": None, "probability": SHARE, "seed": dice.randrange(2**32)} | more
        sandbox.controls.faults.add(FaultRule(vendor, kind, method, path, **rule))

    sending = ("casestatus", "POST", "/v1/api/cases/*/messages")
    asking = [("casestatus", "GET", "*"), ("smartadvocate", "GET", "*"), ("smartadvocate", "POST", "*/byDatePaged")]
    for vendor, method, path in (sending, *asking):
        add(vendor, FaultKind.STATUS, method, path, status=500)
        add(vendor, FaultKind.CUT_AFTER, method, path)
        add(vendor, FaultKind.HTML, method, path)
        add(vendor, FaultKind.TRUNCATED_JSON, method, path)
    for kind in (FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER):
        add(*sending[:1], kind, *sending[1:], probability=5 * SHARE)
    add(sending[0], FaultKind.STATUS, *sending[1:], status=500, after_work=True, probability=2 * SHARE)
    add(sending[0], FaultKind.HTML, *sending[1:], status=200, after_work=True)


@pytest.mark.parametrize("rounds", [12, pytest.param(400, marks=[pytest.mark.chaos, pytest.mark.timeout(1800)])])
async def test_every_reply_arrives_once_whatever_dies_in_between(
    rounds: int, database: Ledger, home: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch.setattr, Pace(lease=60.0, settling=0.2))
    dice = random.Random(seed)
    with SandboxServer(WorldOptions(matters=CASES, shares=Shares.trouble_free())) as sandbox:
        raise_limits(sandbox)
        practice = Practice(sandbox, database, dice)
        await practice.open()
        bad_weather(sandbox, dice)
        broken = 0
        for _ in range(rounds):
            practice.something_is_written()
            fuse = Fuse("killed", dice.randint(0, 60))
            broken += not await practice.tick(fuse)
        sandbox.controls.faults.clear()
        assert broken > rounds / 4, "it was to be interrupted"
        for _ in range(40):
            await asyncio.sleep(0.2)
            if await practice.tick(Fuse()) and not practice.waiting:
                break
        practice.assert_once_and_in_order()


async def test_at_whatever_boundary_the_process_dies_the_next_one_finds_what_it_left(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch.setattr, Pace(lease=60.0, settling=0.0))
    with SandboxServer(WorldOptions(matters=CASES, shares=Shares.trouble_free())) as sandbox:
        raise_limits(sandbox)
        practice = Practice(sandbox, ledger, random.Random(1))
        await practice.open()
        boundaries, died = 0, True
        while died:
            case_id, text = practice.cases[boundaries % CASES], f"note {boundaries}"
            practice.records.write_note(int(case_id), text)
            practice.wanted.append((case_id, text, True))
            died = not await practice.tick(Fuse("killed", boundaries))
            while not await practice.tick(Fuse()) or practice.waiting:
                pass
            practice.assert_once_and_in_order()
            boundaries += 1
        assert boundaries > 20
