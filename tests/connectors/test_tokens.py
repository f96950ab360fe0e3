"""One refresh at a time, and no grant ever lost (RELIABILITY.md rows 1 to 3)."""

import asyncio
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from connectors.errors import LogInAgain, Unavailable
from connectors.oauth import Grant, GrantRefused, OAuthApp
from connectors.tokens import TokenKeeper
from ledger import Ledger
from sandbox.clio.oauth import Rotation
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.fakes import MemoryTokenStore, json_answer, page_answer
from tests.connectors.refresher import KEY, ask

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sandbox():
    with SandboxServer(WorldOptions(matters=5)) as server:
        server.clio.oauth["us"].settings.rotation = Rotation.AT_ONCE
        yield server


@pytest.fixture
def ledger_url(tmp_path, monkeypatch):
    monkeypatch.setenv("CASEBRIDGE_HOME", str(tmp_path / "home"))
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger.open(url).close()
    return url


def _process(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.connectors.refresher", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_50_threads_and_4_processes_make_exactly_one_refresh_call(sandbox, ledger_url):
    oauth = sandbox.clio.oauth["us"]
    oauth.settings.refresh_delay = (1.0, 3.0)
    base = f"{sandbox.url}/clio/us/oauth"
    processes = [_process(ledger_url, base, "13" if number < 2 else "12", "60") for number in range(4)]
    answers = [process.communicate(timeout=120)[0].split() for process in processes]
    tokens = [token for answer in answers for token in answer]
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert len(tokens) == 50
    assert len(set(tokens)) == 1
    assert oauth.counts["refresh_requests"] == 1
    assert oauth.holder(tokens[0]) is not None


def test_a_holder_killed_in_the_middle_of_its_call_holds_nobody_up_for_long(sandbox, ledger_url):
    oauth = sandbox.clio.oauth["us"]
    oauth.settings.rotation = Rotation.ON_FIRST_USE  # what the dead process was given must not be the only way in
    oauth.settings.refresh_delay = (2.0, 2.0)
    base, lease = f"{sandbox.url}/clio/us/oauth", 4.0
    with _process(ledger_url, base, "1", str(lease)) as doomed:
        while not oauth.counts["refresh_requests"] and not _asked(sandbox):
            time.sleep(0.01)
        doomed.kill()
    oauth.settings.refresh_delay = (0.0, 0.0)
    started = time.monotonic()
    with Ledger.open(ledger_url) as ledger:
        token = asyncio.run(ask(ledger, base, lease))
    assert time.monotonic() - started < lease + 5.0
    assert oauth.holder(token) is not None


def _asked(sandbox: SandboxServer) -> bool:
    return any("/oauth/token" in str(entry) for entry in sandbox.controls.requests.as_json("clio", 10))


def _token(access: str, refresh: str, **more) -> object:
    from domain.token import Token  # noqa: PLC0415

    now = datetime.now(UTC)
    fields = {"expires_at": now + timedelta(days=30), "issued_at": now, **more}
    return Token(access_token=access, refresh_token=refresh, **fields)


class Vendor:
    """A token endpoint that knows some refresh tokens; each refresh may hand out the next one."""

    def __init__(self, *good: str, rotates: bool = False) -> None:
        self.good, self.rotates, self.asked = set(good), rotates, []

    async def refresh(self, token: str) -> Grant:
        self.asked.append(token)
        if token not in self.good:
            raise GrantRefused("no", code="invalid_grant", system="Clio")
        following = f"r{len(self.asked)}" if self.rotates else None
        if following:
            self.good = {following}
        return Grant(f"a{len(self.asked)}", 2_592_000.0, following)


def _keeper(vendor: Vendor, store: MemoryTokenStore, own: str, **more) -> TokenKeeper:
    return TokenKeeper("Clio", store, KEY, vendor.refresh, own, **more)


async def test_an_invalid_grant_while_the_row_moved_on_uses_the_new_token():
    store, vendor = MemoryTokenStore(), Vendor("r0")
    await _keeper(vendor, store, "r0").current()
    store.token = replace(store.token, expires_at=datetime.now(UTC))

    async def overtaken(token: str) -> Grant:
        store.token = replace(store.token, access_token="theirs", expires_at=datetime.now(UTC) + timedelta(days=3))
        raise GrantRefused("no", code="invalid_grant", system="Clio")

    assert await TokenKeeper("Clio", store, KEY, overtaken, "r0").current() == "theirs"


async def test_a_grant_is_given_up_only_when_refused_twice():
    vendor = Vendor()
    with pytest.raises(LogInAgain):
        await _keeper(vendor, MemoryTokenStore(), "r0").current()
    assert vendor.asked == ["r0", "r0"]


async def test_a_rotated_token_is_stored_and_written_back_before_it_is_used():
    store, vendor, told = MemoryTokenStore(), Vendor("r0", rotates=True), []

    async def on_rotate(token: str) -> None:
        told.append((token, store.token.refresh_token))

    assert await _keeper(vendor, store, "r0", on_rotate=on_rotate).current() == "a1"
    assert told == [("r1", "r1")]
    assert store.token.previous_refresh_token == "r0"


async def test_a_block_that_holds_any_earlier_rotation_is_no_new_grant():
    store, vendor = MemoryTokenStore(), Vendor("r0", rotates=True)
    first = _keeper(vendor, store, "r0")
    token = await first.current()
    token = await first.replace(token)
    for held in ("r0", "r1", "r2"):
        assert await _keeper(vendor, store, held).current() == token
    assert len(vendor.asked) == 2


async def test_a_persons_new_grant_wins_over_the_stored_token_and_then_stands():
    store, vendor = MemoryTokenStore(), Vendor("old", "new")
    await _keeper(vendor, store, "old").current()
    fresh = await _keeper(vendor, store, "new").current()
    assert vendor.asked == ["old", "new"]
    assert await _keeper(vendor, store, "old").current() == fresh
    assert len(vendor.asked) == 2


async def test_the_previous_refresh_token_is_tried_when_the_new_one_is_refused():
    store, vendor = MemoryTokenStore(), Vendor("r0")
    await _keeper(vendor, store, "r0").current()
    store.token = replace(store.token, refresh_token="lost", previous_refresh_token="r0", expires_at=datetime.now(UTC))
    assert await _keeper(vendor, store, "").current() == "a3"
    assert vendor.asked == ["r0", "lost", "r0"]


async def test_many_tasks_with_a_refused_token_make_one_refresh():
    store, vendor = MemoryTokenStore(), Vendor("r0")
    keeper = _keeper(vendor, store, "r0")
    refused = await keeper.current()
    renewed = await asyncio.gather(*(keeper.replace(refused) for _ in range(50)))
    assert set(renewed) == {"a2"}
    assert len(vendor.asked) == 2


async def test_a_person_gets_a_new_token_however_good_the_present_one_is():
    store, vendor = MemoryTokenStore(), Vendor("r0")
    keeper = _keeper(vendor, store, "r0")
    good = await keeper.current()
    renewed = await keeper.renew()
    assert (good, renewed, store.token.access_token) == ("a1", "a2", "a2")
    assert await keeper.current() == "a2"


async def test_a_cancelled_caller_does_not_stop_the_refresh():
    store, started = MemoryTokenStore(), asyncio.Event()

    async def slow(token: str) -> Grant:
        started.set()
        await asyncio.sleep(0.05)
        return Grant("a1", 60.0, "r1")

    keeper = TokenKeeper("Clio", store, KEY, slow, "r0")
    caller = asyncio.create_task(keeper.current())
    await started.wait()
    caller.cancel()
    await keeper.close()
    assert store.token.refresh_token == "r1"


async def test_overtaken_by_a_refresher_that_got_nothing_the_token_is_still_saved():
    store, vendor = MemoryTokenStore(), Vendor("r0", rotates=True)
    inner = vendor.refresh

    async def slow(token: str) -> Grant:
        grant = await inner(token)
        store.release(KEY, store._fence)
        store.release(KEY, store.hold(KEY, "another", 5.0))
        return grant

    assert await TokenKeeper("Clio", store, KEY, slow, "r0").current() == "a1"
    assert store.token.refresh_token == "r1"


async def test_a_firm_that_was_disconnected_meanwhile_stays_so():
    store, vendor = MemoryTokenStore(), Vendor("r0")
    await _keeper(vendor, store, "r0").current()
    store.token = replace(store.token, expires_at=datetime.now(UTC))

    async def slow(token: str) -> Grant:
        store.forget(KEY)
        return Grant("a9", 60.0, None)

    with pytest.raises(LogInAgain, match="disconnected"):
        await TokenKeeper("Clio", store, KEY, slow, "r0").current()
    assert store.token is None


@pytest.mark.parametrize(
    ("lifetime", "left", "due"),
    [
        (2_592_000, 20 * 60, False), (2_592_000, 14 * 60, True), (2_592_000, 3 * 3600, False),
        (600, 61, False), (600, 59, True), (604_800, 10 * 60, True),
    ],
)  # fmt: skip
async def test_a_token_is_replaced_early_but_never_a_tenth_of_its_life_early(lifetime, left, due):
    now = datetime.now(UTC)
    token = _token(
        "a0", "r0", expires_at=now + timedelta(seconds=left), issued_at=now - timedelta(seconds=lifetime - left)
    )
    keeper = _keeper(Vendor(), MemoryTokenStore(), "r0")
    keeper._jitter = timedelta(0)
    assert keeper._is_due(token) is due


async def test_without_a_grant_the_sentence_says_to_connect():
    with pytest.raises(LogInAgain, match="not connected to Clio yet"):
        await _keeper(Vendor(), MemoryTokenStore(), "").current()


def _app(answer: httpx.Response) -> OAuthApp:
    async def handler(request: httpx.Request) -> httpx.Response:
        return answer

    return OAuthApp("Clio", "https://vendor.test/oauth", client_id="key", client_secret="s3cret-canary",
                    transport=httpx.MockTransport(handler))  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"error": "invalid_grant"}, 400), GrantRefused),
        (json_answer({"error": "invalid_client"}, 401), GrantRefused),
        (json_answer({"error": "server_error"}, 500), Unavailable),
        (json_answer({"error": "temporarily_unavailable"}, 400), Unavailable),
        (page_answer(502), Unavailable),
        (page_answer(200), Unavailable),
    ],
)
async def test_only_a_clear_no_counts_as_one(answer, error):
    with pytest.raises(error) as caught:
        await _app(answer).refresh("r0-canary")
    assert "canary" not in str(caught.value)


async def test_the_way_to_the_consent_page_has_state_and_pkce():
    one, other = (_app(page_answer()).authorization("http://127.0.0.1:8123/cb") for _ in range(2))
    query = dict(httpx.URL(one.url).params)
    assert query["response_type"] == "code"
    assert query["state"] == one.state != other.state
    assert query["code_challenge_method"] == "S256"
    assert one.code_verifier not in one.url
    assert query["redirect_uri"] == "http://127.0.0.1:8123/cb"
