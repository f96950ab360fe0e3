"""A firm whose people write to clients in their case system, and what of it reaches them: ticks that may end anywhere."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx
from pydantic import SecretStr

from blocks.casestatus import CaseStatusCredentials
from blocks.firm import Firm
from connectors.casestatus import CaseStatusClient
from connectors.errors import ConnectorError
from connectors.ports import SharedState
from domain.case import Case
from domain.plain_text import plain_text
from ledger import Feed, Ledger
from sandbox.testing import SandboxServer
from tasks.hold import Hold
from tasks.relay.delivering import Engine, Tally
from tasks.relay.outbox import read_queue
from tasks.relay.polling import poll
from tasks.relay.replies import read_cases
from tasks.relay.streams import REPLIES
from tests.chaos.relay_world import Breakable, Died, Fuse
from tests.chaos.tries import let_holds_expire
from tests.flows.advocates import smartadvocate_credentials
from tests.flows.office import SEEDED, Credentials
from tests.flows.peers import casepeer_credentials

TOO_LONG = "word " * 1001


class Mortal:
    """The ledger, with a boundary before and after everything that is read or written of replies."""

    def __init__(self, ledger: Ledger, fuse: Fuse) -> None:
        self.links, self.leases = ledger.links, ledger.leases
        self.deliveries: Any = Breakable(ledger.deliveries, fuse)
        self.readings: Any = Breakable(ledger.readings, fuse)
        self.feeds: Any = Breakable(ledger.feeds, fuse)


class Practice(ABC):
    """One firm whose cases are in the portal, and its people, who write to clients."""

    system: ClassVar[str]
    linked: ClassVar[slice] = slice(None)
    """Of its cases, those that the last night has seen in the portal."""
    asking: ClassVar[tuple[tuple[str, str, str], ...]]
    """Vendor, method and path of what is asked of the case system."""

    def __init__(self, sandbox: SandboxServer, ledger: Ledger, dice: random.Random) -> None:
        self.sandbox, self.ledger, self.dice = sandbox, ledger, dice
        self.records = getattr(sandbox, self.system).firms[SEEDED]
        self.portal = sandbox.casestatus.portal.firm_called(SEEDED)
        self.cases = [str(number) for number in sandbox.world.firm(SEEDED).matter_ids]
        credentials = CaseStatusCredentials(api_key=SecretStr(f"csk-{SEEDED}"), host=f"{sandbox.url}/casestatus")
        self.firm = Firm(
            slug="mortal",
            name="Mortal LLP",
            case_system=self.credentials(),
            portal=credentials,
            replies_as_attorney=True,
        )
        self.wanted: list[tuple[str, str, bool]] = []
        """Case and text of what is to reach clients, and whether its place among the others of the case is certain."""
        self.refused: list[Any] = []
        """What the portal does not take."""
        self.tally = Tally()
        """What came of the last tick."""
        self.trouble: ConnectorError | None = None
        """What the last tick stumbled over."""

    @abstractmethod
    def credentials(self) -> Credentials:
        """What connects the firm to its case system."""

    @abstractmethod
    def write_of_old(self) -> None:
        """What was written before the relay began."""

    @abstractmethod
    def write(self, case_id: str, text: str) -> Any:
        """Somebody writes to the clients of a case."""

    @abstractmethod
    async def read(self, ledger: Any, source: Any, feed: Feed | None, since: datetime | None) -> None:
        """What a tick does before it delivers."""

    async def enter_cases(self) -> None:
        """Put the cases into the portal and the ledger."""
        lease = self.ledger.leases.acquire("cases:mortal", "test", 600)
        run = self.ledger.runs.start(
            lease, firm=self.firm.slug, kind="nightly_case_sync", trigger="nightly", system=self.system
        )
        cases, portal = self.firm.case_system.case_system(self._shared(self.system), self.firm.rules()), self._portal()
        read = [await cases.case(number) for number in self.cases]
        address = f"{self.sandbox.url}/__sandbox__/casestatus/firms/{SEEDED}/cases"
        for case in read:
            httpx.post(address, json=entered(case)).raise_for_status()
            self.there(case.integration_id).attorney.status = "active"
        in_portal = [found for case in read if (found := await portal.find(self.system, case.integration_id))]
        assert len(in_portal) == len(read)
        self.ledger.links.stage_source(lease, run.id, self.firm.slug, read, cursor=None, done=True)
        self.ledger.links.stage_portal(lease, run.id, self.firm.slug, in_portal[self.linked], cursor=None, done=True)
        for client in (cases, portal):
            await client.close()

    async def open(self) -> None:
        """Enter the cases, with something old on them, and begin the relay."""
        await self.enter_cases()
        self.write_of_old()
        assert await self.tick()
        assert self.got() == Counter()
        self.sandbox.controls.clock.advance(2)  # the relay began within a second that is not over yet

    def there(self, case_id: str) -> Any:
        """The case in the portal."""
        return self.portal.case_with_integration_id(self.system, case_id)

    def _shared(self, system: str) -> SharedState:
        return SharedState(f"{system}:{self.firm.slug}", self.ledger.limits, self.ledger.tokens)

    def _portal(self) -> CaseStatusClient:
        return self.firm.portal.portal(self._shared("case_status"))

    def write_and_want(self, case_id: str, text: str) -> Any:
        """Somebody writes what is to reach the clients."""
        self.wanted.append((case_id, text, True))
        return self.write(case_id, text)

    def write_in_vain(self, case_id: str) -> None:
        """Somebody writes what the portal does not take."""
        self.refused.append(self.write(case_id, TOO_LONG))

    def something_is_written(self) -> None:
        """New messages here and there, some of them in vain."""
        for _ in range(self.dice.randint(1, 5)):
            self.write_and_want(self.dice.choice(self.cases), f"note {len(self.wanted)}")
        if self.dice.random() < 0.3:
            self.write_in_vain(self.dice.choice(self.cases))

    async def tick(self, fuse: Fuse | None = None, *, since: datetime | None = None) -> bool:
        """What a tick does for the firm, up to where the fuse burns; whether all went well to its end."""
        ledger: Any = Mortal(self.ledger, fuse or Fuse())
        source, portal = REPLIES.case_side(self.firm, self._shared(self.system), 1.0), self._portal()
        let_holds_expire(self.ledger)
        self.trouble = None
        try:
            feed = self.ledger.feeds.of(REPLIES.name, self.firm.slug).get(self.firm.slug)
            await self.read(ledger, source, feed, since)
            lease = self.ledger.leases.acquire(f"replies:{self.firm.slug}", "tick", 60)
            courier = REPLIES.courier(self.firm, ledger, portal, source)
            engine = Engine(ledger, Hold(self.ledger, lease), self.firm.slug, courier)
            self.tally = engine.tally
            await engine.run()
            self.ledger.leases.release(lease)
        except Died:
            return False
        except ConnectorError as error:
            self.trouble = error
        finally:
            await portal.close()
            await source.close()
        return self.trouble is None

    async def come_to_rest(self, pause: float = 0.0) -> None:
        """Tick until nothing is left to do."""
        for _ in range(100):
            if await self.tick() and self.at_rest:
                return
            await asyncio.sleep(pause)
        raise AssertionError(f"It does not come to rest: {self.trouble or self.tally}")

    def got(self) -> Counter[tuple[str, str]]:
        """Cases and texts of what clients got."""
        return Counter(
            (notice.integration_id, notice.text) for notice in self.portal.notices if notice.kind == "message"
        )

    @property
    def waiting(self) -> int:
        standing = self.ledger.deliveries.standing(REPLIES.name, self.firm.slug).get(self.firm.slug)
        return standing.pending if standing else 0

    @property
    def at_rest(self) -> bool:
        """Whether nothing is left to do."""
        return not self.waiting

    def assert_once_and_in_order(self) -> None:
        wanted = Counter((case_id, text) for case_id, text, _ in self.wanted)
        assert self.got() == wanted
        for case_id in self.cases:
            written = [text for number, text, placed in self.wanted if number == case_id and placed]
            got = [notice.text for notice in self.portal.notices if notice.integration_id == case_id]
            assert [text for text in got if text in written] == written, f"out of order in case {case_id}"


class Advocates(Practice):
    """They keep their cases in SmartAdvocate, and write notes."""

    system = "smartadvocate"
    asking = (("smartadvocate", "GET", "*"), ("smartadvocate", "POST", "*/byDatePaged"))

    def credentials(self) -> Credentials:
        return smartadvocate_credentials(self.sandbox)

    def write_of_old(self) -> None:
        self.kept_back: list[int] = []
        """Notes of long ago that are shared with nobody yet."""
        year_ago = (datetime.now(UTC) - timedelta(days=365)).timestamp()
        for case_id in self.cases:
            self.records.write_note(int(case_id), "shared for years", at=year_ago)
            for _ in range(2):
                text = f"<p>old {len(self.kept_back)}</p>"
                self.kept_back.append(self.records.write_note(int(case_id), text, shared=False, at=year_ago).id)

    def write(self, case_id: str, text: str) -> Any:
        return self.records.write_note(int(case_id), f"<b>{text}</b>")

    def something_is_written(self) -> None:
        """As well one of long ago that is ticked only now."""
        super().something_is_written()
        if self.kept_back and self.dice.random() < 0.5:
            note = self.records.share_note(self.kept_back.pop(self.dice.randrange(len(self.kept_back))))
            self.wanted.append((str(note.case_id), plain_text(note.text), False))

    async def read(self, ledger: Any, source: Any, feed: Feed | None, since: datetime | None) -> None:
        polled = await poll(self.firm, REPLIES, ledger, source, feed, since=since)
        await read_cases(self.firm, ledger, source, polled.begins_at or datetime.now(UTC))


class Peers(Practice):
    """They keep their cases in CASEpeer, and press *Send Message to Case Status*; of some cases the last night knew nothing."""

    system = "casepeer"
    linked = slice(0, None, 2)
    asking = (("casepeer", "GET", "*/outbox/"), ("casepeer", "POST", "*/ack/"))

    def credentials(self) -> Credentials:
        return casepeer_credentials(self.sandbox)

    def write_of_old(self) -> None:
        self.refused += [self.write(case_id, "of old") for case_id in self.cases[:3]]

    def write(self, case_id: str, text: str) -> Any:
        return self.records.queue_message(int(case_id), text)

    async def read(self, ledger: Any, source: Any, feed: Feed | None, since: datetime | None) -> None:
        self.trouble = (await read_queue(self.firm, ledger, source, feed, since=since)).untold

    @property
    def at_rest(self) -> bool:
        return super().at_rest and all(message.state != "queued" for message in self.records.outbox.values())

    def assert_once_and_in_order(self) -> None:
        """As well everything was told to CASEpeer as it was."""
        super().assert_once_and_in_order()
        sent = {
            message.external_id: str(message.id)
            for case_id in self.cases
            for message in self.portal.messages_of(self.there(case_id))
            if message.external_id
        }
        failed = {message.id for message in self.refused}
        for message in self.records.outbox.values():
            if message.id in failed:
                assert (message.state, message.remote_id) == ("failed", None)
                assert (message.error or "").startswith("It was not sent")
            else:
                assert (message.state, message.remote_id) == ("sent", sent[f"casepeer:outbox:{message.id}"])


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
