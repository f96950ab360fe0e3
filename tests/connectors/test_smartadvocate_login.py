"""Where a firm's SmartAdvocate is, and how its account gets in: the sandbox over a socket, tokens in real stores."""

import asyncio
from base64 import urlsafe_b64encode
from datetime import timedelta

import httpx
import orjson
import pytest

from connectors.errors import LogInAgain, Misconfigured, Unavailable, UnexpectedAnswer, WrongReference
from connectors.http import MemoryLimitStore
from connectors.oauth import GrantRefused
from connectors.ports import SharedState
from connectors.smartadvocate import Consent, Host, consent_app
from connectors.smartadvocate.login import Login
from ledger import Ledger
from sandbox.seed import WorldOptions
from sandbox.smartadvocate.oauth import CLIENT_ID, CLIENT_SECRET
from sandbox.testing import SandboxServer
from tests.connectors.clients import smartadvocate_client
from tests.connectors.fakes import MemoryTokenStore, json_answer, page_answer, shared

PASSWORD = "s3cret-canary"


@pytest.fixture(scope="module")
def served():
    with SandboxServer(WorldOptions(matters=5), limits_on=False) as server:
        yield server


@pytest.fixture
def server(served):
    served.reset()
    return served


def firm(server):
    return server.smartadvocate.firms["harrow-pike"]


def logins(server) -> int:
    return sum(entry.path.endswith("/authenticate") for entry in server.controls.requests.recent)


# Where it is.


@pytest.mark.parametrize(
    "entered",
    [
        "sa.firm.com", "https://sa.firm.com", "http://sa.firm.com/", "SA.Firm.com/CaseSyncAPI", " sa.firm.com/ ",
        "https://sa.firm.com/CaseSyncAPI/", "https://sa.firm.com/casesyncapi/Users/authenticate",
        "https://sa.firm.com/Case/40217?tab=notes",
    ],
)  # fmt: skip
def test_a_host_is_understood_in_any_form_and_always_by_https(entered):
    assert Host.of(entered).api == "https://sa.firm.com/CaseSyncAPI"


@pytest.mark.parametrize(
    ("entered", "api"),
    [
        ("http://127.0.0.1:8400/smartadvocate/x/CaseSyncAPI/", "http://127.0.0.1:8400/smartadvocate/x/CaseSyncAPI"),
        ("http://localhost:8400/smartadvocate/x", "http://localhost:8400/smartadvocate/x/CaseSyncAPI"),
        ("https://sa.firm.com:8443", "https://sa.firm.com:8443/CaseSyncAPI"),
    ],
)
def test_only_a_test_installation_keeps_its_http_and_its_path(entered, api):
    assert Host.of(entered).api == api


@pytest.mark.parametrize("entered", ["", "firm", "my firm.com", "ftp://sa.firm.com", "https://u:p@sa.firm.com", "a..com",
                                     "sa.firm.com:port", "http://[::1"])  # fmt: skip
def test_what_is_no_host_is_refused_with_what_to_enter(entered):
    with pytest.raises(Misconfigured, match=r"enter its name alone, such as app\.smartadvocate\.com"):
        Host.of(entered)


@pytest.mark.parametrize(
    "reference",
    ["40217", " 0040217 ", "https://sa.firm.com/case/40217", "sa.firm.com/Case/40217#notes",
     "https://sa.firm.com/CaseSummary.aspx?CaseID=40217"],
)  # fmt: skip
def test_a_case_is_named_by_its_id_or_by_the_address_of_its_page(reference):
    assert Host.of("sa.firm.com").case_id(reference) == "40217"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("24-01873", "A case number is not its id"),
        (
            "https://app.smartadvocate.com/case/40217",
            "does not belong to the firm's SmartAdvocate, which is at sa.firm.com",
        ),
        ("https://sa.firm.com/case/40217b", "names no case"),
        ("0", "neither the id"),
    ],
)
def test_what_names_no_case_says_why(reference, said):
    with pytest.raises(WrongReference, match=said):
        Host.of("sa.firm.com").case_id(reference)


# How its account gets in.


async def test_one_login_serves_all_requests_until_its_token_is_due(server):
    client = smartadvocate_client(server)
    await asyncio.gather(*(client.whoami() for _ in range(8)))
    assert logins(server) == 1
    assert (await client.whoami()).user_name == "hub_admin"
    assert await client.user_id() == "677"
    await client.close()


async def test_the_token_lives_as_long_as_its_own_times_say(server):
    state = shared()
    client = smartadvocate_client(server, shared=state)
    await client.whoami()
    assert state.tokens.token.expires_at - state.tokens.token.issued_at == timedelta(hours=2)
    await client.close()


@pytest.mark.parametrize(
    ("claims", "seconds"),
    [({"iat": 100, "exp": 7300}, 7200.0), ({"exp": 7300}, 3600.0), ({"iat": 9, "exp": 8}, 3600.0), ("", 3600.0)],
)
async def test_a_token_that_does_not_say_how_long_it_lives_is_given_an_hour(claims, seconds):
    token = f"h.{urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip('=')}.s" if claims else "opaque"
    login = _login(json_answer({"Token": token, "userID": 1}))
    assert (await login.refresh(login.grant)).expires_in == seconds


async def test_a_token_that_ends_early_is_replaced_once_and_the_request_sent_again(server):
    client = smartadvocate_client(server)
    await client.whoami()
    firm(server).tokens.end_all()
    await asyncio.gather(*(client.whoami() for _ in range(5)))
    assert logins(server) == 2
    await client.close()


@pytest.mark.parametrize("status", [400, 401])
async def test_a_refused_password_is_asked_about_once_and_its_sentence_says_what_to_do(server, status):
    firm(server).switches.bad_login_status = status
    firm(server).switches.lock_after = 2
    limits = MemoryLimitStore()
    for _ in range(3):  # as many processes
        state = SharedState("smartadvocate:harrow-pike", limits, MemoryTokenStore())
        client = smartadvocate_client(server, password=PASSWORD, shared=state)
        for _ in range(2):
            with pytest.raises(
                LogInAgain, match=r"'hub_admin' or its password\. See that the account is active"
            ) as refused:
                await client.case("1480000001")
            assert PASSWORD not in str(refused.value)
        await client.close()
    assert logins(server) == 1
    assert not firm(server).users["hub_admin"].locked


async def test_who_probes_the_connection_has_a_refused_password_tried_at_once(server):
    state = shared()
    user = firm(server).users["hub_admin"]
    user.locked = True
    for _ in range(2):
        with pytest.raises(LogInAgain):
            await _whoami(server, shared=state)
    user.locked = False
    assert (await _whoami(server, shared=state)).user_name == "hub_admin"
    assert logins(server) == 3


async def test_a_new_password_is_tried_at_once_and_a_stored_token_of_the_old_one_is_not_used(server):
    limits, tokens = MemoryLimitStore(), MemoryTokenStore()
    state = SharedState("smartadvocate:harrow-pike", limits, tokens)
    await _whoami(server, shared=state)
    user = firm(server).users["hub_admin"]
    user.password = "entirely-new"
    with pytest.raises(LogInAgain):
        await _whoami(server, shared=state, password=PASSWORD)
    await _whoami(server, shared=state, password="entirely-new")
    assert logins(server) == 3
    await _whoami(server, shared=state, password="entirely-new")
    assert logins(server) == 3


async def test_a_refused_password_is_tried_again_after_a_quarter_of_an_hour_then_half_then_hourly(server):
    now = [1_000_000.0]
    state = shared()
    answers = iter([400, 400, 400, 400, 200])
    token = {"token": "opaque"}

    async def tried() -> bool:
        login = _login(lambda: json_answer(token, next(answers)), shared=state, now=lambda: now[0])
        asked = login._connection.counts.total
        with pytest.raises(GrantRefused):
            await login.refresh(login.grant)
        return login._connection.counts.total > asked

    assert await tried()
    for pause in (900, 1800, 3600):
        now[0] += pause - 1
        assert not await tried()
        now[0] += 1
        assert await tried()
    now[0] += 60
    login = _login(lambda: json_answer(token, next(answers)), shared=state, now=lambda: now[0])
    await login.try_again()
    assert (await login.refresh(login.grant)).access_token == "opaque"


async def test_a_locked_account_is_told_even_while_its_token_would_be_good(server):
    client = smartadvocate_client(server)
    await client.whoami()
    firm(server).users["hub_admin"].locked = True
    with pytest.raises(LogInAgain, match="not locked"):
        await client.whoami()
    assert logins(server) == 2
    await client.close()


async def test_many_processes_share_one_login_through_the_ledger(server, tmp_path):
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        state = SharedState("smartadvocate:harrow-pike", ledger.limits, ledger.tokens)
        clients = [smartadvocate_client(server, shared=state) for _ in range(6)]
        await asyncio.gather(*(client.whoami() for client in clients))
        await asyncio.gather(*(client.close() for client in clients))
        assert logins(server) == 1
    stored = (tmp_path / "ledger.db").read_bytes()
    assert b"correct-horse" not in stored


async def test_a_host_without_smartadvocate_says_to_check_the_host(server):
    client = smartadvocate_client(server, host=Host.of(f"{server.url}/nobody"))
    with pytest.raises(Misconfigured, match="check the host in SmartAdvocate Credentials"):
        await client.whoami()
    await client.close()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (page_answer(200), Unavailable), (page_answer(503), Unavailable), (json_answer({"userID": 1}), UnexpectedAnswer),
        (json_answer({"title": "One or more validation errors occurred."}, 422), UnexpectedAnswer),
    ],
)  # fmt: skip
async def test_what_is_no_answer_is_no_refusal(answer, error):
    login = _login(answer)
    with pytest.raises(error) as caught:
        await login.refresh(login.grant)
    assert PASSWORD not in str(caught.value)
    assert not isinstance(caught.value, LogInAgain)


def test_the_grant_tells_passwords_accounts_and_hosts_apart_and_nothing_else():
    def grant(host: str, username: str, password: str) -> str:
        return Login(Host.of(host), username, password, shared()).grant

    usual = grant("sa.firm.com", "hub", "one")
    assert usual == grant("https://sa.firm.com/CaseSyncAPI", "HUB", "one")
    assert len({usual, grant("sa.firm.com", "hub", "two"), grant("sa.firm.com", "hub2", "one"),
                grant("sb.firm.com", "hub", "one")}) == 4  # fmt: skip
    assert "one" not in usual


async def test_what_a_person_has_allowed_stands_in_the_place_of_a_password(server):
    firm(server).switches.oauth = True
    user, rotated = firm(server).users["hub_admin"], []

    async def keep(grant: str) -> None:
        rotated.append(grant)

    def app():
        return consent_app(Host.of(f"{server.url}/smartadvocate/harrow-pike"), CLIENT_ID, CLIENT_SECRET)

    asking = app()
    back = "http://127.0.0.1:8399/smartadvocate"
    way = asking.authorization(back)
    form = dict(httpx.URL(way.url).params) | {"username": user.username, "password": user.password, "decision": "allow"}
    landed = httpx.URL(httpx.post(way.url.partition("?")[0], data=form).headers["location"])
    assert landed.params["state"] == way.state
    grant = await asking.exchange(landed.params["code"], back, way.code_verifier)
    await asking.close()

    consent = Consent(app(), grant.refresh_token, keep)
    assert (await _whoami(server, password="", consent=consent)).firm_id == "677"
    assert (logins(server), rotated) == (0, [])
    user.locked = True
    with pytest.raises(LogInAgain, match="connect the firm again"):
        await _whoami(server, password="", consent=Consent(app(), grant.refresh_token, keep))


async def _whoami(server, **options):
    client = smartadvocate_client(server, **options)
    try:
        return await client.whoami()
    finally:
        await client.close()


def _login(answer, **options) -> Login:
    """A login whose every request is answered so."""

    async def handler(_request: httpx.Request) -> httpx.Response:
        return answer() if callable(answer) else answer

    settings = {"shared": shared(), "transport": httpx.MockTransport(handler), **options}
    return Login(Host.of("sa.firm.com"), "hub_admin", PASSWORD, **settings)
