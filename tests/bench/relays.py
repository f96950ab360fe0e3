"""A quiet tick over the whole fleet, a tick that delivers, and a large file, each beside the bare requests it makes."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from tests.bench.processes import FIRM, Sandbox, Server, measured, prefect_server, sandbox

QUIET_ROUNDS = 3
WRITING_FIRMS = 100
MESSAGES = 1000
GIBIBYTE = 1024**3
_AT_ONCE = 32


def relays(firms: int, directory: Path, say: Any) -> dict[str, Any]:
    """All three: the quiet ticks of the whole fleet, and a smaller one in which every firm has messages."""
    with _fleet(firms, directory / "fleet", say) as fleet:
        found = {"firms": firms, "quiet": fleet.quiet(), "large_file": fleet.large()}
    with _fleet(min(firms, WRITING_FIRMS), directory / "writing", say) as fleet:
        return found | {"delivering": fleet.delivering()}


@contextlib.contextmanager
def _fleet(firms: int, directory: Path, say: Any) -> "Iterator[_Fleet]":
    """So many firms whose relays have begun, with a sandbox and a Prefect server of their own."""
    directory.mkdir()
    with prefect_server(directory) as prefect, sandbox(2, directory, firms=firms) as world:
        fleet = _Fleet(firms, world, prefect, directory, say)
        say(f"saving the blocks of {firms} firms")
        fleet.step("save")
        say("first contact")
        fleet.step("messages")
        fleet.step("documents")
        yield fleet


class _Fleet:
    """The measurements."""

    def __init__(self, firms: int, world: Sandbox, prefect: Server, home: Path, say: Any) -> None:
        self._firms, self._world, self._prefect, self._home, self._say = firms, world, prefect, home, say
        self._slugs = [firm["slug"] for firm in world.ask("GET", "/world")["firms"]]

    def step(self, step: str, firms: int | None = None) -> dict[str, Any]:
        """One process's work; with the requests it made, by route, and the servers' CPU."""
        self._world.take_requests()
        before = self._world.cpu(), self._prefect.cpu()
        variables = {
            "CASEBRIDGE_HOME": str(self._home),
            "CASEBRIDGE_DATABASE_URL": "",
            "PREFECT_HOME": str(self._home / "prefect"),
            "PREFECT_API_URL": f"{self._prefect.url}/api",
        }
        arguments = [self._world.url, str(firms or self._firms), step]
        found = measured("tests.bench.tick", arguments, variables, self._home / "tick.log")
        found["cpu_of_servers"] = {
            "sandbox": self._world.cpu() - before[0],
            "prefect_server": self._prefect.cpu() - before[1],
        }
        return found | {"requests": self._world.take_requests()}

    def quiet(self) -> dict[str, Any]:
        """Ticks in which nobody has written anything."""
        rounds = []
        for _ in range(QUIET_ROUNDS):
            self._say("a quiet tick")
            tick = self.step("messages")
            wall = asyncio.run(self._read_feeds())
            self._say(f"  wall {tick['wall']:.1f} s, bare {wall:.1f} s; CPU {tick['cpu']:.1f} s")
            rounds.append({"tick": tick, "bare_wall": wall, "wall_ratio": tick["wall"] / wall})
        median = sorted(rounds, key=lambda one: one["tick"]["wall"])[QUIET_ROUNDS // 2]
        return median | {
            "walls": [one["tick"]["wall"] for one in rounds],
            "cpu_ms_per_firm": 1000 * median["tick"]["cpu"] / self._firms,
            "requests_per_firm": sum(median["tick"]["requests"].values()) / self._firms,
            "target": "wall <= 30 s, peak RSS <= 1024 MiB, one portal request per firm",
        }

    def delivering(self) -> dict[str, Any]:
        """A tick that finds messages for every firm."""
        firms = self._firms
        self._say(f"a night for {firms} firms")
        self.step("night")
        each = MESSAGES // firms
        for slug in self._slugs:
            cases = [case["integration_id"] for case in self._world.ask("GET", f"/casestatus/firms/{slug}/cases")]
            bodies = [
                {"integration_id": cases[number % len(cases)], "content": f"{slug} {number}"} for number in range(each)
            ]
            self._world.ask("POST", f"/casestatus/firms/{slug}/inbound_message", bodies)
        self._say(f"{MESSAGES} messages for {firms} firms")
        tick = self.step("messages")
        filed = sum(len(self._world.ask("GET", f"/clio/firms/{slug}/communications")) for slug in self._slugs)
        bare = asyncio.run(self._post(each))
        self._say(f"  {filed} filed, wall {tick['wall']:.1f} s, bare {bare:.1f} s; CPU {tick['cpu']:.1f} s")
        return {
            "tick": tick,
            "filed": filed,
            "messages_per_second": filed / tick["wall"],
            "cpu_ms_per_message": 1000 * tick["cpu"] / filed,
            "bare_wall": bare,
            "wall_ratio": tick["wall"] / bare,
            "target": ">= 100 a second",
        }

    def large(self) -> dict[str, Any]:
        """The memory that a file of one GiB takes, beside that of a small one."""
        found = {}
        self.step("night", 1)
        [case, *_] = self._world.ask("GET", f"/casestatus/firms/{FIRM}/cases")
        for name, size in (("small", 1000), ("gibibyte", GIBIBYTE)):
            body = {"integration_id": case["integration_id"], "file_name": f"{name}.bin", "size": size}
            self._world.ask("POST", f"/casestatus/firms/{FIRM}/inbound_file", body)
            self._say(f"a {name} file")
            found[name] = self.step("documents")
        papers = self._world.ask("GET", f"/clio/firms/{FIRM}/documents")
        growth = found["gibibyte"]["peak_rss_mib"] - found["small"]["peak_rss_mib"]
        return found | {
            "sizes_filed": sorted(paper["size"] for paper in papers if paper["fully_uploaded"]),
            "growth_mib": growth,
            "target": "growth < 64 MiB",
        }

    async def _read_feeds(self) -> float:
        """The same one request a firm by aiohttp alone; wall seconds."""
        started = time.perf_counter()
        gate = asyncio.Semaphore(_AT_ONCE)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_AT_ONCE)) as session:

            async def read(slug: str) -> None:
                address = f"{self._world.url}/casestatus/v1/api/messages?cursor=&limit=100"
                async with gate, session.get(address, headers={"Authorization": f"ApiKey csk-{slug}"}) as answer:
                    orjson.loads(await answer.read())

            await asyncio.gather(*(read(slug) for slug in self._slugs))
        return time.perf_counter() - started

    async def _post(self, each: int) -> float:
        """As many communications by aiohttp alone; wall seconds."""
        tokens = {slug: self._world.ask("POST", "/clio/token", {"firm": slug}) for slug in self._slugs}
        matters = {
            slug: self._world.ask("GET", f"/casestatus/firms/{slug}/cases")[0]["integration_id"] for slug in tokens
        }
        gate = asyncio.Semaphore(_AT_ONCE)
        started = time.perf_counter()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_AT_ONCE)) as session:

            async def post(slug: str, number: int) -> None:
                data = {
                    "type": "EmailCommunication",
                    "subject": "Case Status Message",
                    "body": f"bare {number}",
                    "received_at": "2026-11-24T09:00:00Z",
                    "matter": {"id": int(matters[slug])},
                    "external_properties": [{"name": "bare", "value": f"{number}"}],
                }
                address = f"{tokens[slug]['api_base']}/communications.json?fields=id"
                headers = {"Authorization": f"Bearer {tokens[slug]['access_token']}"}
                async with gate, session.post(address, json={"data": data}, headers=headers) as answer:
                    answer.raise_for_status()
                    await answer.read()

            await asyncio.gather(*(post(slug, number) for slug in tokens for number in range(each)))
        return time.perf_counter() - started
