"""Several firms under one roof: what arrives in their portals, and whether their case systems have exactly that."""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from prefect import Flow
from prefect.client.orchestration import get_client

from blocks.firm import Firm
from connectors.clio.filing import FILE_PROPERTY
from connectors.ports import SharedState
from flows.initial_bulk_import import initial_bulk_import
from flows.nightly_case_sync import nightly_case_sync
from ledger import Ledger, State
from sandbox.clio import plain
from sandbox.testing import SandboxServer
from tasks.firms import load_firm
from tasks.relay import polling
from tasks.relay.streams import STREAMS
from tests.chaos.records import CasePeerRecords, ClioRecords, Filed, Records, SmartAdvocateRecords, marker_of
from tests.flows.advocates import smartadvocate_credentials
from tests.flows.office import Credentials, clio_credentials, raise_limits, save_firm
from tests.flows.peers import casepeer_credentials

BEGAN = timedelta(hours=2)
"""How long ago the relays were switched on: what appears late may be older than the test."""
WORDS = ["die", "Akte", "📎", "is", "“ready”", "& <b>signed</b>\n", "日本", "—", "see", "you", "at", "10:30", "\ttab"]
CREDENTIALS: dict[str, Callable[[SandboxServer, str], Credentials]] = {
    "clio": clio_credentials,
    "smartadvocate": smartadvocate_credentials,
    "casepeer": casepeer_credentials,
}
SIZES = (0, 1, 700, 65_536, 300_000, 1_300_000)


@dataclass(frozen=True)
class Item:
    """Something that arrived: a message with its ``body``, or a file with size and digest."""

    marker: str
    case: str
    at: datetime
    body: str = ""
    size: int = 0
    sha256: str = ""
    late: bool = False


@dataclass
class House:
    """One firm: ``slug`` in casebridge, ``seeded`` in the sandbox, ``cases`` in both."""

    slug: str
    seeded: str
    system: str
    records: Records
    cases: list[str]
    messages: dict[str, Item] = field(default_factory=dict)
    files: dict[str, Item] = field(default_factory=dict)


class Fleet:
    """The firms of one sandbox and one ledger."""

    def __init__(self, sandbox: SandboxServer, ledger: Ledger, dice: random.Random) -> None:
        self.sandbox, self.ledger, self._dice = sandbox, ledger, dice
        self.houses: list[House] = []

    async def open(self, names: list[str], *, system: str = "clio", **settings: Any) -> None:
        """Save the firms' blocks, put their cases into the portal, switch the relays on; no other firm is left."""
        await close_every_firm()
        raise_limits(self.sandbox)
        firms = list(zip(names, self.sandbox.world.firms, strict=True))
        for slug, seed in firms:
            case_system = CREDENTIALS[system](self.sandbox, seed.slug)
            await save_firm(slug, self.sandbox, of=seed.slug, case_system=case_system, **settings)
        for state in await asyncio.gather(*(_bring_over(slug, seed, system) for slug, seed in firms)):
            assert state.is_completed(), state
        for slug, seed in firms:
            records = self._records(slug, seed.slug, system)
            self.houses.append(House(slug, seed.slug, system, records, list(map(str, seed.matter_ids))))
            for stream in ("messages", "documents"):
                self.ledger.feeds.begin(slug, stream, datetime.now(UTC) - BEGAN)

    def _records(self, slug: str, seeded: str, system: str) -> Records:
        match system:
            case "clio":
                return ClioRecords(self.sandbox.clio.firms[seeded])
            case "smartadvocate":
                return SmartAdvocateRecords(self.sandbox.smartadvocate.firms[seeded])
            case _:
                return CasePeerRecords(self.sandbox.casepeer.firms[seeded], self.ledger, slug)

    # The portal.

    def control(self, address: str, body: Any) -> Any:
        """Turn one of the sandbox's switches, or have something arrive there."""
        return httpx.post(address, json=body, timeout=60).raise_for_status().json()

    def _arrive(self, house: House, what: str, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
        address = f"{self.sandbox.url}/__sandbox__/casestatus/firms/{house.seeded}/{what}"
        shown: list[dict[str, Any]] = self.control(address, bodies)
        return shown

    def write(self, house: House, count: int, *, late_share: float = 0.0, cases: list[str] | None = None) -> None:
        """Clients write ``count`` messages; some of them appear late, with a time that has long passed."""
        bodies, late = [], []
        for _ in range(count):
            words = " ".join(self._dice.choices(WORDS, k=self._dice.randint(1, 12)))
            case = self._dice.choice(cases or house.cases)
            body = {"integration_id": case, "source": house.system, "content": words}
            late.append(self._dice.random() < late_share)
            if late[-1]:
                body["sent_at"] = _text(datetime.now(UTC) - timedelta(seconds=self._dice.uniform(5, 5_000)))
            bodies.append(body)
        for body, is_late, shown in zip(bodies, late, self._arrive(house, "inbound_message", bodies), strict=True):
            at = datetime.fromisoformat(shown["sent_at"])
            marker = f"message:{shown['id']}"
            house.messages[marker] = Item(marker, body["integration_id"], at, body=body["content"], late=is_late)

    def put(
        self,
        house: House,
        count: int,
        *,
        cases: list[str] | None = None,
        size: int | None = None,
        alike: bool = False,
    ) -> None:
        """Clients put ``count`` files there, some of the same name, some still being scanned; ``alike``: of the same bytes."""
        seed = self._dice.randrange(2**31)
        bodies: list[dict[str, Any]] = [
            {
                "integration_id": self._dice.choice(cases or house.cases),
                "source": house.system,
                "file_name": f"scan {self._dice.randint(1, 20)}.pdf",
                "size": self._dice.choice(SIZES) if size is None else size,
                "seed": seed if alike else self._dice.randrange(2**31),
                "ready_in": self._dice.choice([0.0, 0.0, 0.0, 0.7]),
            }
            for _ in range(count)
        ]
        for body, shown in zip(bodies, self._arrive(house, "inbound_file", bodies), strict=True):
            marker, at = f"file:{shown['id']}", datetime.fromisoformat(shown["created_at"])
            item = Item(marker, body["integration_id"], at, size=body["size"], sha256=_digest(body))
            house.files[marker] = item

    # The ledger.

    @property
    def waiting(self) -> int:
        """How much is not delivered yet, of what is reserved and of what has not even been read."""
        done = sum(
            1
            for house in self.houses
            for stream, items in (("messages", house.messages), ("documents", house.files))
            for digest in self.ledger.deliveries.digests(house.slug, stream, list(items))
            if digest
        )
        pending = sum(
            standing.pending
            for stream in ("messages", "documents")
            for standing in self.ledger.deliveries.standing(stream).values()
        )
        return sum(len(house.messages) + len(house.files) for house in self.houses) - done + pending

    async def read(self, house: House, stream: str) -> None:
        """Read a feed to its end and reserve what is new, as a tick begins."""
        firm = await load_firm(house.slug)
        portal = firm.portal.portal(SharedState(f"case_status:{house.slug}", self.ledger.limits, self.ledger.tokens))
        feed = self.ledger.feeds.of(stream, house.slug)[house.slug]
        await polling.poll(firm, STREAMS[stream], self.ledger, portal, feed, since=None)
        await portal.close()

    async def tick_until_done(self, flow: Flow[..., Any], ticks: int = 12, *, of: str | None = None) -> None:
        """Ticks in this process, until nothing (or nothing of one stream that has been read) waits."""
        for _ in range(ticks):
            await flow(return_state=True)
            if not (self.ledger.deliveries.standing(of) if of else self.waiting):
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"{self.waiting} still wait")

    # The case system.

    def assert_exactly_once(self) -> None:
        """Every message and file is in its own firm's case system once, in order, whole; nothing else is there."""
        for house in self.houses:
            self._assert_messages(house)
            self._assert_files(house)
        assert self.waiting == 0

    def _assert_messages(self, house: House) -> None:
        letters = house.records.messages()
        _assert_same(Counter(letter.marker for letter in letters), Counter(list(house.messages)), house.slug)
        order: dict[str, list[Item]] = {}
        for letter in letters:
            item = house.messages[letter.marker]
            assert (letter.case, letter.body) == (item.case, item.body)
            self._assert_settled(house, "messages", letter)
            if not item.late:
                order.setdefault(item.case, []).append(item)
        for case, items in order.items():
            wanted = sorted(items, key=lambda item: (item.at, int(item.marker.partition(":")[2])))
            assert items == wanted, f"out of order in case {case} of {house.slug}"

    def _assert_files(self, house: House) -> None:
        papers = house.records.files()
        _assert_same(Counter(paper.marker for paper in papers), Counter(list(house.files)), house.slug)
        for paper in papers:
            item = house.files[paper.marker]
            assert (paper.case, paper.size, paper.sha256) == (item.case, item.size, item.sha256)
            self._assert_settled(house, "documents", paper)

    def _assert_settled(self, house: House, stream: str, filed: Filed) -> None:
        delivery = self.ledger.deliveries.get(house.slug, stream, filed.marker)
        assert delivery is not None
        assert (delivery.state, delivery.remote_id) == (State.DELIVERED, filed.id)

    # Clio.

    def papers(self, house: House) -> list[dict[str, Any]]:
        return plain.documents(self.sandbox.clio.firms[house.seeded])

    def letters(self, house: House) -> list[str]:
        """The markers of the messages in the case system."""
        return [letter.marker for letter in house.records.messages()]

    def finished(self, house: House) -> list[dict[str, Any]]:
        """The documents that show in Clio."""
        return [paper for paper in self.papers(house) if paper["fully_uploaded"] and not paper["deleted"]]

    def unfinished(self, house: House) -> list[dict[str, Any]]:
        """Documents of ours that were begun and never completed."""
        return [paper for paper in self.papers(house) if not paper["fully_uploaded"] and not paper["deleted"]]

    def standing_of(self, house: House, stream: str, marker: str) -> str:
        """How far something is at Clio."""
        firm = self.sandbox.clio.firms[house.seeded]
        if stream == "messages":
            return "in Clio, not settled" if marker in self.letters(house) else "not in Clio"
        found = [paper for paper in plain.documents(firm) if marker_of(paper, FILE_PROPERTY) == marker]
        if any(paper["fully_uploaded"] for paper in found):
            return "in Clio, not settled"
        stored = {version["uuid"] for paper in found for version in paper["versions"]} & set(firm.storage.objects)
        return "its bytes are stored" if stored else "begun" if found else "not in Clio"


async def _bring_over(slug: str, seed: Any, system: str) -> Any:
    """A firm's first run: of CASEpeer, a night brings nothing over that is not there already."""
    if system == "casepeer":
        return await initial_bulk_import(slug, cases="\n".join(map(str, seed.matter_ids)), return_state=True)
    return await nightly_case_sync(slug, return_state=True)


async def close_every_firm() -> None:
    """Delete all Firm blocks: a tick of the whole fleet would ask sandboxes of earlier tests."""
    await Firm.register_type_and_schema()
    async with get_client() as client:
        for document in await client.read_block_documents_by_type(Firm.get_block_type_slug()):
            await client.delete_block_document(document.id)


def _assert_same(found: Counter[str], wanted: Counter[str], slug: str) -> None:
    surplus, missing = found - wanted, wanted - found
    assert not surplus, f"{slug}: {len(surplus)} twice or not its own: {sorted(surplus)[:5]}"
    assert not missing, f"{slug}: {len(missing)} missing: {sorted(missing)[:5]}"


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _digest(body: dict[str, Any]) -> str:
    """As sandbox.casestatus.blobs makes the bytes, written down a second time."""
    filling, digest = random.Random(body["seed"]).randbytes(65_528), hashlib.sha256()
    for number in range(-(-body["size"] // 65_536)):
        block = number.to_bytes(8, "big") + filling
        digest.update(block[: body["size"] - number * 65_536])
    return digest.hexdigest()
