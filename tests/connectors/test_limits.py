"""RELIABILITY.md row 9: 200 callers never exceed a window of the server, and use at least 90 % of the budget."""

import asyncio
import math
import random
from collections import Counter
from email.utils import formatdate

import httpx
import pytest

from connectors.errors import RateLimited
from connectors.http import Bucket, Budget, Connection, Counts, FixedWindow, MemoryLimitStore, Patience
from tasks.relay.messages import MessageCourier
from tasks.relay.tick import _SHARE_OF_A_CATCH_UP
from tasks.sync_run import SHARE
from tests.connectors import virtual
from tests.connectors.fakes import connection, json_answer


class WindowServer:
    """Counts as Clio does: fixed windows on its own clock, which is ``skew`` seconds off ours."""

    def __init__(
        self, seed: int, *, limit: int = 50, skew: float = 0.0, offset: float = 0.0, delay: float = 0.3
    ) -> None:
        self.random = random.Random(seed)
        self.limit, self.skew, self.offset, self.delay = limit, skew, offset, delay
        self.windows: Counter[int] = Counter()
        self.refused = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self.random.uniform(0.0, self.delay))
        clock = virtual.wall() + self.skew
        window = math.floor((clock - self.offset) / 60.0)
        end = (window + 1) * 60.0 + self.offset
        self.windows[window] += 1
        headers = {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(max(0, self.limit - self.windows[window])),
            "x-ratelimit-reset": str(int(end)),
            "date": formatdate(clock, usegmt=True),
        }
        refused = self.windows[window] > self.limit
        if refused:
            self.refused += 1
            headers["retry-after"] = str(math.ceil(end - clock))
        await asyncio.sleep(self.random.uniform(0.0, self.delay))
        return json_answer({"data": []}, 429 if refused else 200, headers)


def clients(
    server: WindowServer, processes: int, rule: FixedWindow | Bucket | None = None, **options: float
) -> list[Connection]:
    """Connections that share one store, as processes of one firm do."""
    store = MemoryLimitStore()
    made = []
    for _ in range(processes):
        counts = Counts()
        budget = Budget(store, "clio:x", rule or FixedWindow(), counts=counts, now=virtual.wall, **options)
        made.append(connection(server, budget=budget, counts=counts, now=virtual.wall, patience=Patience()))
    return made


async def _ask_until(links: list[Connection], callers: int, seconds: float) -> None:
    async def caller(number: int) -> None:
        link = links[number % len(links)]
        while asyncio.get_running_loop().time() < seconds:
            await link.request("GET", "/matters.json", route="/matters.json")

    await asyncio.wait([asyncio.create_task(caller(number)) for number in range(callers)], timeout=seconds + 200)


def _full_windows(server: WindowServer) -> list[int]:
    """The windows between the first and the last two (cut off by the test's own start and end)."""
    return [server.windows[number] for number in sorted(server.windows)[1:-2]]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("processes", [1, 4])
def test_200_callers_stay_within_every_server_window_and_use_the_budget(seed: int, processes: int) -> None:
    chance = random.Random(seed)
    server = WindowServer(
        seed, skew=chance.uniform(-90, 90), offset=chance.uniform(0, 60), delay=chance.choice([0.01, 0.3, 3.0])
    )
    virtual.run(_ask_until(clients(server, processes), 200, 600.0))
    assert max(server.windows.values()) <= 50
    assert server.refused == 0
    full = _full_windows(server)
    assert len(full) >= 7
    assert sum(full) >= 0.9 * 50 * len(full)


def test_a_limit_that_drops_to_10_holds_from_the_next_window_on_and_a_raise_is_used() -> None:
    server = WindowServer(3, offset=17.0)

    async def story() -> None:
        async def change() -> None:
            await asyncio.sleep(150.0)
            server.limit = 10
            await asyncio.sleep(300.0)
            server.limit = 300

        turning = asyncio.create_task(change())
        await _ask_until(clients(server, 2), 200, 900.0)
        await turning

    virtual.run(story())
    by_limit = [server.windows[number] for number in sorted(server.windows)]
    assert max(by_limit[4:7]) <= 10
    assert min(by_limit[4:7]) >= 9
    assert max(by_limit) <= 300
    assert sum(by_limit[10:13]) >= 0.9 * 300 * 3
    assert server.refused <= 2  # requests already in flight when the limit fell


def test_a_higher_limit_is_used_within_the_same_window() -> None:
    server = WindowServer(5, limit=300)
    virtual.run(_ask_until(clients(server, 1), 100, 50.0))
    assert max(server.windows.values()) > 100


def test_callers_are_served_in_the_order_they_came() -> None:
    server, served = WindowServer(1), []

    async def story() -> None:
        (link,) = clients(server, 1)

        async def caller(number: int) -> None:
            await link.request("GET", "/x", route="/x")
            served.append(number)

        await asyncio.gather(*(caller(number) for number in range(200)))

    server.delay = 0.0
    virtual.run(story())
    assert [number // 50 for number in served] == sorted(number // 50 for number in served)


def test_a_share_leaves_room_for_urgent_callers() -> None:
    server = WindowServer(2, offset=30.0)

    async def story() -> float:
        store = MemoryLimitStore()
        sync = Budget(store, "clio:x", FixedWindow(), share=0.8, now=virtual.wall)
        relay = Budget(store, "clio:x", FixedWindow(), now=virtual.wall)
        nightly = connection(server, budget=sync, now=virtual.wall)
        urgent = connection(server, budget=relay, now=virtual.wall)
        busy = asyncio.create_task(_ask_until([nightly], 100, 300.0))
        await asyncio.sleep(200.0)
        started = asyncio.get_running_loop().time()
        for _ in range(5):
            await urgent.request("GET", "/x", route="/x")
        waited = asyncio.get_running_loop().time() - started
        await busy
        return waited

    assert virtual.run(story()) < 10.0
    assert max(server.windows.values()) <= 50


def test_lost_answers_and_refused_connections_never_let_more_through() -> None:
    server = WindowServer(4, offset=11.0)
    chance = random.Random(4)

    async def moody(request: httpx.Request) -> httpx.Response:
        mood = chance.random()
        if mood < 0.1:
            raise httpx.ConnectError("refused")
        answer = await server(request)
        if mood < 0.3:
            raise httpx.ReadError("cut")
        return answer

    async def story() -> None:
        budget = Budget(MemoryLimitStore(), "clio:x", FixedWindow(), now=virtual.wall)
        link = connection(moody, budget=budget, now=virtual.wall, patience=Patience(attempts=20))
        await _ask_until([link], 200, 400.0)

    virtual.run(story())
    assert max(server.windows.values()) <= 50
    assert sum(_full_windows(server)) >= 0.85 * 50 * len(_full_windows(server))


class BucketServer:
    """Counts as Case Status does: a bucket of ``burst``, filled at ``limit`` a minute [assumed: 6.3, 6.12(12)]."""

    def __init__(self, seed: int, *, limit: int = 120, burst: int = 20, announce: str = "burst") -> None:
        self.random = random.Random(seed)
        self.limit, self.burst, self.announce = limit, burst, announce
        self.tokens, self.at = float(burst), virtual.EPOCH
        self.times: list[float] = []
        self.refused = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self.random.uniform(0.0, 0.4))
        now, rate = virtual.wall(), self.limit / 60.0
        self.tokens, self.at = min(self.burst, self.tokens + (now - self.at) * rate), now
        status = 200 if self.tokens >= 1.0 else 429
        if status == 200:
            self.tokens -= 1.0
            self.times.append(now)
        else:
            self.refused += 1
        headers = {
            "ratelimit-limit": str(self.burst if self.announce == "burst" else self.limit),
            "ratelimit-remaining": str(int(self.tokens)),
            "ratelimit-reset": str(math.ceil((self.burst - self.tokens) / rate)),
        }
        if status == 429:
            headers["retry-after"] = "1"
        await asyncio.sleep(self.random.uniform(0.0, 0.4))
        return json_answer({"data": []}, status, headers)


@pytest.mark.parametrize("announce", ["burst", "limit"])
@pytest.mark.parametrize("processes", [1, 4])
def test_200_callers_never_overdraw_a_bucket_and_use_it(announce: str, processes: int) -> None:
    server = BucketServer(9, announce=announce)
    virtual.run(_ask_until(clients(server, processes, Bucket()), 200, 600.0))
    assert server.refused == 0
    steady = [moment for moment in server.times if 60 <= moment - virtual.EPOCH < 600]
    assert len(steady) >= 0.9 * 120 * 9


@pytest.mark.parametrize(("limit", "burst"), [(60, 10), (600, 100)])
def test_a_bucket_of_another_size_is_found_out_by_its_headers(limit: int, burst: int) -> None:
    server = BucketServer(2, limit=limit, burst=burst)
    virtual.run(_ask_until(clients(server, 1, Bucket()), 200, 300.0))
    steady = [moment for moment in server.times if 60 <= moment - virtual.EPOCH < 300]
    assert len(steady) >= 0.85 * limit * 4
    assert server.refused == 0


def test_a_429_stops_every_process_of_the_connection_until_its_time_is_over() -> None:
    sent: list[float] = []

    async def handler(request: httpx.Request) -> httpx.Response:
        sent.append(asyncio.get_running_loop().time())
        if len(sent) == 1:
            return json_answer({}, 429, {"retry-after": "40"})
        return json_answer({})

    async def story() -> None:
        store = MemoryLimitStore()
        links = [
            connection(handler, budget=Budget(store, "k", FixedWindow(), now=virtual.wall), now=virtual.wall)
            for _ in range(3)
        ]
        first = asyncio.create_task(links[0].request("GET", "/x", route="/x"))
        await asyncio.sleep(1.0)
        await asyncio.gather(first, *(link.request("GET", "/x", route="/x") for link in links for _ in range(20)))

    virtual.run(story())
    assert sent[0] == 0.0
    assert min(sent[1:]) >= 40.0
    assert len(sent) == 62


def test_a_block_longer_than_our_patience_is_told_to_the_caller_with_what_is_left() -> None:
    async def handler(request: httpx.Request) -> httpx.Response:
        return json_answer({}, 429, {"retry-after": "3600"})

    async def story() -> tuple[float | None, float]:
        budget = Budget(MemoryLimitStore(), "k", FixedWindow(), now=virtual.wall)
        link = connection(handler, budget=budget, now=virtual.wall, patience=Patience())
        with pytest.raises(RateLimited):
            await link.request("GET", "/x", route="/x")
        await asyncio.sleep(600.0)
        with pytest.raises(RateLimited) as caught:
            await link.request("GET", "/x", route="/x")
        return caught.value.retry_after, asyncio.get_running_loop().time()

    left, elapsed = virtual.run(story())
    assert left == pytest.approx(3000.0, abs=2.0)
    assert elapsed == pytest.approx(600.0, abs=1.0)


async def test_without_rate_headers_a_permit_costs_microseconds_and_no_store() -> None:
    store = MemoryLimitStore()
    touched = 0
    real = store.change

    def counting(key, decide):
        nonlocal touched
        touched += 1
        return real(key, decide)

    store.change = counting
    budget = Budget(store, "k", FixedWindow())
    answer = json_answer({})
    for _ in range(2000):
        permit = await budget.acquire()
        await budget.settle(permit, answer)
    assert touched <= 4


async def test_unused_permits_go_back_when_a_process_ends() -> None:
    store = MemoryLimitStore()
    headers = {
        "x-ratelimit-limit": "2000",
        "x-ratelimit-remaining": "1999",
        "x-ratelimit-reset": "0",
        "date": formatdate(usegmt=True),
    }
    budget = Budget(store, "k", FixedWindow())
    for _ in range(3):
        await budget.settle(await budget.acquire(), json_answer({}, headers=headers))
    await budget.aclose()
    state = store.change("limit:k", lambda state: state)
    assert state["granted"] == 3
    assert state["flying"] == 0


async def test_a_store_that_fails_does_not_cost_the_answer():
    store = MemoryLimitStore()
    budget = Budget(store, "k", Bucket())
    permit = await budget.acquire()
    working, store.change = store.change, _broken
    await budget.settle(permit, json_answer({}, headers={"ratelimit-limit": "20", "ratelimit-remaining": "7"}))
    store.change = working
    await budget.acquire()
    assert store.change("limit:k", lambda state: state)["tokens"] <= 7.0


def _broken(key, decide):
    raise OSError("the ledger is away")


def test_the_first_request_of_all_is_not_held_back_for_more_urgent_ones() -> None:
    assert Bucket().take(None, 100.0, 1, share=0.9)["grant"] == 1


def test_a_catch_up_and_a_night_both_get_on_within_one_budget() -> None:
    """5,000 messages that waste no time, and a night whose pages take a second each, at Clio's 50 a minute."""
    server = WindowServer(7, offset=11.0, delay=0.05)
    store = MemoryLimitStore()
    done: dict[str, list[int]] = {"relay": [], "night": []}

    async def work(name: str, share: float, callers: int, pause: float) -> None:
        counts = Counts()
        budget = Budget(store, "clio:x", FixedWindow(), counts=counts, now=virtual.wall, share=share)
        link = connection(server, budget=budget, counts=counts, now=virtual.wall, patience=Patience())

        async def caller() -> None:
            while asyncio.get_running_loop().time() < 600.0:
                await link.request("GET", "/matters.json", route="/matters.json")
                done[name].append(math.floor(asyncio.get_running_loop().time() / 60.0))
                await asyncio.sleep(pause)

        await asyncio.gather(*(caller() for _ in range(callers)))

    async def story() -> None:
        await asyncio.gather(
            work("relay", _SHARE_OF_A_CATCH_UP, MessageCourier.at_once, 0.0), work("night", SHARE, 1, 1.0)
        )

    virtual.run(story())
    assert server.refused == 0
    by_minute = {name: [minutes.count(minute) for minute in range(1, 9)] for name, minutes in done.items()}
    assert min(by_minute["night"]) >= 10, by_minute
    assert min(by_minute["relay"]) >= 10, by_minute
