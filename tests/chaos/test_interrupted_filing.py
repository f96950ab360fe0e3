"""Messages and files into CASEpeer, with answers that get lost and a process that dies between any two of its writes."""

import random
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from blocks.casestatus import CaseStatusCredentials
from blocks.firm import Firm
from connectors.errors import ConnectorError
from connectors.ports import SharedState
from ledger import Ledger, State
from sandbox.casestatus import arrivals
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tasks.hold import Hold
from tasks.relay.delivering import Engine
from tasks.relay.polling import poll
from tasks.relay.streams import DOCUMENTS, MESSAGES
from tests.chaos.practice import Mortal, entered
from tests.chaos.records import CasePeerRecords
from tests.chaos.relay_workers import Pace, hurry
from tests.chaos.relay_world import Died, Fuse
from tests.chaos.tries import let_holds_expire
from tests.flows.office import SEEDED, raise_limits
from tests.flows.peers import casepeer_credentials

CASES = 4
STREAMS = (MESSAGES, DOCUMENTS)
LONG = "word " * 2_500
"""More than one note holds."""
LOST = (FaultKind.CUT_AFTER, FaultKind.CUT_BEFORE, FaultKind.HTML)
NOTES, DOCUMENTS_PATH = "*/case/*/notes/", "*/case/case-documents/*/"


class Practice:
    """One firm of CASEpeer whose cases are in the portal, and its clients, who write and put files there."""

    def __init__(self, sandbox: SandboxServer, ledger: Ledger, dice: random.Random) -> None:
        self.sandbox, self.ledger, self.dice = sandbox, ledger, dice
        self.portal = sandbox.casestatus.portal.firm_called(SEEDED)
        self.cases = [str(number) for number in sandbox.world.firm(SEEDED).matter_ids]
        credentials = CaseStatusCredentials(api_key=SecretStr(f"csk-{SEEDED}"), host=f"{sandbox.url}/casestatus")
        peers = casepeer_credentials(sandbox)
        self.firm = Firm(slug="mortal", name="Mortal LLP", case_system=peers, portal=credentials)
        self.records = CasePeerRecords(sandbox.casepeer.firms[SEEDED], ledger, self.firm.slug)
        self.messages: dict[str, tuple[str, str]] = {}
        self.files: dict[str, tuple[str, int]] = {}
        """Case, and words or size, by marker."""

    async def open(self) -> None:
        """Put the cases into the portal, and begin the relays."""
        client = self.firm.case_system.case_system(self._shared("casepeer"), self.firm.rules())
        for number in self.cases:
            address = f"{self.sandbox.url}/__sandbox__/casestatus/firms/{SEEDED}/cases"
            httpx.post(address, json=entered(await client.case(number))).raise_for_status()
        await client.close()
        assert await self.tick(Fuse())
        self.sandbox.controls.clock.advance(2)  # the relays began within a second that is not over yet

    def _shared(self, system: str) -> SharedState:
        return SharedState(f"{system}:{self.firm.slug}", self.ledger.limits, self.ledger.tokens)

    def something_arrives(self, number: int) -> None:
        """A message, now and then a long one, and two equal files; what is sent first gets no answer."""
        case, portal = self.dice.choice(self.cases), self.sandbox.casestatus.portal
        where = {"integration_id": case, "source": "casepeer"}
        words = f"{number} {LONG if number % 3 == 0 else ''}end"
        message = arrivals.message_arrives(portal, self.portal, where | {"content": words})
        self.messages[f"message:{message.id}"] = (case, words)
        for _ in range(2):
            body = where | {"file_name": "scan.pdf", "content": f"scan {number // 4}"}
            file = arrivals.file_arrives(portal, self.portal, body)
            self.files[f"file:{file.id}"] = (case, file.blob.size)
        for path in (NOTES, DOCUMENTS_PATH):
            kind = LOST[number % len(LOST)]
            rule = FaultRule("casepeer", kind, "POST", path, status=200, after_work=True, skip=number % 2)
            self.sandbox.controls.faults.add(rule)

    async def tick(self, fuse: Fuse) -> bool:
        """What the ticks of both relays do for the firm, up to where the fuse burns; whether they came to their end."""
        ledger: Any = Mortal(self.ledger, fuse)
        let_holds_expire(self.ledger)
        portal = self.firm.portal.portal(self._shared("case_status"))
        files = self.firm.case_system.case_files(self._shared("casepeer"), self.firm.rules())
        try:
            for stream in STREAMS:
                feed = self.ledger.feeds.of(stream.name, self.firm.slug).get(self.firm.slug)
                await poll(self.firm, stream, ledger, portal, feed, since=None)
                lease = self.ledger.leases.acquire(f"{stream.name}:{self.firm.slug}", "tick", 60)
                courier = stream.courier(self.firm, ledger, portal, files)
                await Engine(ledger, Hold(self.ledger, lease), self.firm.slug, courier).run()
                self.ledger.leases.release(lease)
        except (Died, ConnectorError):
            return False
        finally:
            await portal.close()
            await files.close()
        return True

    @property
    def waiting(self) -> int:
        standing = (self.ledger.deliveries.standing(stream.name).get(self.firm.slug) for stream in STREAMS)
        return sum(one.pending for one in standing if one)

    def assert_once_whole_and_in_order(self) -> None:
        notes = self.records.messages()
        for case in self.cases:
            wanted = [(marker, words) for marker, (where, words) in self.messages.items() if where == case]
            assert [(note.marker, note.body) for note in notes if note.case == case] == wanted
        filed = self.records.files()
        assert {one.marker: (one.case, one.size) for one in filed} == self.files
        assert len(filed) == len(self.files)
        for marker in self.files:
            delivery = self.ledger.deliveries.get(self.firm.slug, "documents", marker)
            assert delivery is not None
            assert delivery.state is State.DELIVERED


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
            practice.something_arrives(boundaries)
            died = not await practice.tick(Fuse("killed", boundaries))
            while not await practice.tick(Fuse()) or practice.waiting:
                pass
            practice.assert_once_whole_and_in_order()
            sandbox.controls.faults.clear()
            boundaries += 1
        assert boundaries > 30
