"""How casebridge gets into Soluno and stays in: one session for all, a person's answer every month, no fight for the login."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.errors import (
    AnswerQuestion,
    LogInAgain,
    Misconfigured,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    Wait,
)
from connectors.http import MemoryLimitStore
from connectors.oauth import GrantRefused
from connectors.ports import SharedState
from connectors.soluno import Account, Host
from connectors.soluno.login import Login
from ledger import Ledger
from sandbox.soluno import office
from tests.connectors.bookkeeping import Desk
from tests.connectors.clients import soluno_account, soluno_client
from tests.connectors.fakes import MemoryTokenStore, json_answer, page_answer, shared

PASSWORD, ANSWER = "s3cret-canary", "Juniper Lane"
ACCOUNT = Account("cp-link@firm.example", PASSWORD)


@pytest.fixture
async def desk(small):
    """A firm's Soluno that casebridge has never been in."""
    small.reset()
    small.controls.limits["soluno"].on = False
    desk = Desk(small)
    yield desk
    await desk.client.close()


async def standing(desk, **options):
    """How a process of its own finds the login."""
    client = soluno_client(desk.server, **options)
    try:
        return await client.session()
    finally:
        await client.close()


# One session for all.


async def test_the_session_tells_who_we_are_and_until_when_it_is_good(desk):
    found = await desk.client.session()
    assert (found.user_name, found.organization) == ("cp-link@harrow-pike.example", "Harrow Pike Books")
    assert timedelta(days=29) < found.reauthenticate_by - datetime.now(UTC) <= timedelta(days=30)


async def test_many_processes_share_one_session_through_the_ledger(desk, tmp_path):
    await standing(desk)  # the device is known from here on
    desk.server.controls.requests.clear()
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        state = SharedState("soluno:harrow-pike", ledger.limits, ledger.tokens)
        await asyncio.gather(*(standing(desk, shared=state) for _ in range(6)))
        assert desk.logins() == 1
        await standing(desk, shared=state)
        assert desk.logins() == 1
    stored = (tmp_path / "ledger.db").read_bytes()
    assert desk.firm.designated.password.encode() not in stored
    assert ANSWER.encode() not in stored


async def test_the_device_stays_the_same_so_that_the_answer_is_needed_once(desk):
    await standing(desk)
    await standing(desk, account=soluno_account(desk.server, verification_answer=""))
    assert len(desk.firm.designated.devices) == 1
    assert desk.logins() == 3


@pytest.mark.parametrize("code", ["SessionTerminated", "SessionExpired"])
async def test_a_session_that_has_ended_is_opened_again_once_and_the_request_sent_again(desk, code):
    await desk.client.session()
    desk.firm.sessions.end(desk.firm.designated, code)
    before = desk.logins()
    await asyncio.gather(*(desk.client.session() for _ in range(5)))
    assert desk.logins() == before + 1


async def test_a_session_that_ends_while_postings_are_made_loses_and_doubles_none(desk):
    await desk.open()
    desk.firm.agenda.add(lambda: office.log_in_by_browser(desk.firm), after=1, route="POST CostEntries")
    for number in range(3):
        assert not (await desk.client.post(desk.cost(marker=f"CP:hp:cost:{number}"))).was_there
    assert len(desk.books.costs.every()) == 3


async def test_whose_session_is_ended_again_within_a_quarter_of_an_hour_stands_back_in_all_processes(desk):
    limits, tokens = MemoryLimitStore(), MemoryTokenStore()
    state = SharedState("soluno:harrow-pike", limits, tokens)
    client = soluno_client(desk.server, shared=state)
    await client.session()
    office.log_in_by_browser(desk.firm)
    await client.session()
    office.log_in_by_browser(desk.firm)
    before = desk.logins()
    for _ in range(2):
        with pytest.raises(Wait, match="Somebody uses the Soluno login of casebridge in a browser") as told:
            await client.session()
        assert type(told.value) is Wait
        assert 800 < told.value.retry_after <= 900
    with pytest.raises(Wait):
        await standing(desk, shared=state)
    assert desk.logins() == before
    await client.close()


async def test_a_session_that_is_ended_at_once_each_time_ends_in_a_wait(desk):
    await desk.client.session()

    async def end_every_session(request):
        if not request.url.endswith("/Session") or request.method == "GET":
            office.log_in_by_browser(desk.firm)
        return await send(request, timeouts)

    send, timeouts = desk.client.connection._wire.send, desk.client.connection._timeouts
    desk.client.connection._wire.send = lambda request, _: end_every_session(request)
    with pytest.raises(Wait, match="in a browser") as told:
        await desk.client.session()
    assert told.value.retry_after == 900.0


# Standing back, by the clock.


def session(seconds: float = 28_800.0) -> httpx.Response:
    expires = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    opened = {
        "SessionToken": "s.1", "ExpiresOn": expires, "ReauthenticateBy": expires,
        "User": {"Email": ACCOUNT.user_name}, "Organization": {"Name": "Books"},
    }  # fmt: skip
    return json_answer(opened, 201)


def login(answer, **options) -> Login:
    """A login whose every request is answered so."""

    async def handler(request: httpx.Request) -> httpx.Response:
        return answer(request) if callable(answer) else answer

    settings = {"shared": shared(), "transport": httpx.MockTransport(handler), **options}
    return Login(Host.of("books.soluno.legal"), settings.pop("account", ACCOUNT), **settings)


async def test_the_login_is_tried_again_when_a_quarter_of_an_hour_is_over_since_our_last_one():
    now = [1_000_000.0]
    one = login(lambda _: session(), now=lambda: now[0])
    await one.refresh(one.grant)
    now[0] += 3600
    await one.refresh(one.grant)
    now[0] += 300
    with pytest.raises(Wait) as told:
        await one.refresh(one.grant)
    assert told.value.retry_after == 600.0
    now[0] += 600
    await one.refresh(one.grant)
    now[0] += 1
    with pytest.raises(Wait) as told:
        await one.refresh(one.grant)
    assert told.value.retry_after == 899.0


async def test_sessions_that_live_to_their_end_are_nobodys_doing():
    now = [1_000_000.0]
    one = login(lambda _: session(), now=lambda: now[0])
    for _ in range(4):
        await one.refresh(one.grant)
        now[0] += 28_800 - 1000
    await one.refresh(one.grant)
    now[0] += 60
    await one.refresh(one.grant)


async def test_a_person_who_answers_need_not_stand_back():
    now = [1_000_000.0]
    one = login(lambda _: session(), now=lambda: now[0])
    for _ in range(2):
        await one.refresh(one.grant)
    with pytest.raises(Wait):
        await one.refresh(one.grant)
    one.answer_next(ANSWER)
    await one.refresh(one.grant)
    await one.refresh(one.grant)


# The security question.


@pytest.mark.parametrize("when", ["on a call", "on a login"])
async def test_a_month_is_over_and_a_person_answers(desk, when):
    state = shared("soluno:harrow-pike")
    await standing(desk, shared=state)
    office.turn_login(desk.firm, reauthenticate_in=0, expire_session=when == "on a login")
    before = desk.logins()
    client = soluno_client(desk.server, shared=state)
    with pytest.raises(AnswerQuestion, match="run reauthenticate_soluno with the answer"):
        await client.session()
    assert desk.logins() - before == (0 if when == "on a call" else 1)
    renewed = await client.reauthenticate(ANSWER)
    assert renewed.reauthenticate_by - datetime.now(UTC) > timedelta(days=29)
    assert await standing(desk, shared=state) == renewed
    assert desk.logins() - before == (1 if when == "on a call" else 2)
    await client.close()


async def test_a_month_that_is_over_between_two_postings_keeps_the_second_from_being_made(desk):
    await desk.open()
    await desk.client.post(desk.cost())
    office.turn_login(desk.firm, reauthenticate_in=0)
    with pytest.raises(AnswerQuestion):
        await desk.client.post(desk.cost(marker="CP:hp:cost:2"))
    assert len(desk.books.costs.every()) == 1
    await desk.client.reauthenticate(ANSWER)
    assert not (await desk.client.post(desk.cost(marker="CP:hp:cost:2"))).was_there


async def test_a_wrong_answer_is_said_and_the_right_one_can_follow_at_once(desk):
    await desk.client.session()
    with pytest.raises(LogInAgain, match="refuses the answer to its security question") as refused:
        await desk.client.reauthenticate("Larch Lane")
    assert not isinstance(refused.value, AnswerQuestion)
    assert "Larch" not in str(refused.value)
    assert (await desk.client.reauthenticate(ANSWER)).organization == "Harrow Pike Books"


async def test_another_process_takes_over_the_session_that_a_person_has_renewed(desk):
    state = shared("soluno:harrow-pike")
    client = soluno_client(desk.server, shared=state)
    await client.session()
    other = soluno_client(desk.server, shared=state)
    await other.reauthenticate(ANSWER)
    before = desk.logins()
    await client.session()
    assert desk.logins() == before
    await client.close()
    await other.close()


async def test_a_new_device_is_let_in_by_the_answer_in_the_block_or_else_by_a_person(desk):
    without = soluno_client(desk.server, account=soluno_account(desk.server, verification_answer=""))
    with pytest.raises(AnswerQuestion, match="does not know casebridge yet"):
        await without.session()
    assert (await without.reauthenticate(ANSWER)).organization == "Harrow Pike Books"
    office.turn_login(desk.firm, forget_devices=True)
    before = desk.logins()
    assert await standing(desk)
    assert desk.logins() == before + 2
    await without.close()


async def test_a_wrong_answer_in_the_block_is_not_repeated(desk):
    wrong = soluno_account(desk.server, verification_answer="Larch Lane")
    limits = MemoryLimitStore()
    for _ in range(3):  # as many processes
        state = SharedState("soluno:harrow-pike", limits, MemoryTokenStore())
        with pytest.raises(LogInAgain, match="or the answer to the security question"):
            await standing(desk, account=wrong, shared=state)
    assert desk.firm.designated.failures == 1


# Who is not let in.


async def test_a_refused_password_is_asked_about_once_and_its_sentence_says_what_to_do(desk):
    limits = MemoryLimitStore()
    wrong = soluno_account(desk.server, password=PASSWORD)
    for _ in range(3):  # as many processes
        client = soluno_client(
            desk.server, account=wrong, shared=SharedState("soluno:harrow-pike", limits, MemoryTokenStore())
        )
        for _ in range(2):
            with pytest.raises(
                LogInAgain, match=r"refuses the user 'cp-link@harrow-pike\.example', the password"
            ) as refused:
                await client.session()
            assert PASSWORD not in str(refused.value)
        await client.close()
    assert (desk.logins(), desk.firm.designated.failures) == (1, 1)


async def test_a_new_password_is_tried_at_once(desk):
    state, old = shared("soluno:harrow-pike"), soluno_account(desk.server)
    await standing(desk, shared=state)
    office.turn_login(desk.firm, password="entirely-new", expire_session=True)
    with pytest.raises(LogInAgain):
        await standing(desk, shared=state, account=old)
    await standing(desk, shared=state, account=soluno_account(desk.server, password="entirely-new"))


async def test_refused_credentials_are_tried_again_after_a_quarter_of_an_hour_then_half_then_hourly():
    now, asked = [1_000_000.0], []
    state = shared()
    refused = json_answer({"ErrorCode": "InvalidCredentials"}, 401)

    async def tried() -> bool:
        before = len(asked)
        one = login(lambda request: asked.append(request) or refused, shared=state, now=lambda: now[0])
        with pytest.raises(GrantRefused):
            await one.refresh(one.grant)
        return len(asked) > before

    assert await tried()
    for pause in (900, 1800, 3600, 3600):
        now[0] += pause - 1
        assert not await tried()
        now[0] += 1
        assert await tried()


async def test_a_locked_user_is_left_alone_until_a_person_asks(desk):
    office.turn_login(desk.firm, locked=True)
    state = shared("soluno:harrow-pike")
    for _ in range(2):
        with pytest.raises(
            LogInAgain, match=r"has locked the user 'cp-link@harrow-pike\.example'.*Soluno: gear › Users"
        ):
            await standing(desk, shared=state)
    assert desk.logins() == 1
    office.turn_login(desk.firm, locked=False)
    client = soluno_client(desk.server, shared=state)
    assert await client.reauthenticate(ANSWER)
    await client.close()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"password_expired": True},
            "password of the user 'cp-link@harrow-pike.example' has expired: log in to Soluno",
        ),
        ({"question_set": False}, "has no security question yet: log in to Soluno as this user in a browser"),
    ],
)
async def test_what_a_person_has_to_do_in_a_browser_is_said_and_works_at_once_when_it_is_done(desk, changes, said):
    office.turn_login(desk.firm, **changes)
    state = shared("soluno:harrow-pike")
    with pytest.raises(LogInAgain, match=said):
        await standing(desk, shared=state)
    office.turn_login(desk.firm, **{name: not value for name, value in changes.items()})
    assert await standing(desk, shared=state)


async def test_a_user_of_several_organizations_is_told_which_there_are(desk):
    administrator = next(one for one in desk.firm.logins.values() if one is not desk.firm.designated)
    account = replace(soluno_account(desk.server), user_name=administrator.user_name)
    with pytest.raises(Misconfigured, match="here: “Harrow Pike Books”, “Harrow Pike Training Books”"):
        await standing(desk, account=account)
    named = replace(account, organization="Harrow Pike Training Books")
    assert (await standing(desk, account=named)).organization == "Harrow Pike Training Books"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (page_answer(200), Unavailable), (page_answer(503), Unavailable), (json_answer({"SessionToken": ""}, 201), UnexpectedAnswer),
        (json_answer({"ErrorCode": "Strange"}, 422), UnexpectedAnswer), (session(seconds=-5), UnexpectedAnswer),
        (json_answer({}, 429, {"Retry-After": "60"}), RateLimited),
    ],
)  # fmt: skip
async def test_what_is_no_answer_is_no_refusal(answer, error):
    one = login(answer)
    with pytest.raises(error) as caught:
        await one.refresh(one.grant)
    assert PASSWORD not in str(caught.value)
    assert not isinstance(caught.value, LogInAgain)


def test_the_grant_tells_passwords_users_organizations_and_hosts_apart_and_nothing_else():
    def grant(host: str = "books.soluno.legal", **changes) -> str:
        return Login(Host.of(host), replace(ACCOUNT, **changes), shared()).grant

    usual = grant()
    assert usual == grant("https://books.soluno.legal/api/rest", user_name="CP-Link@firm.example")
    assert len({usual, grant(password="two"), grant(user_name="other"), grant(organization="B"), grant("b.c")}) == 5
    assert PASSWORD not in usual


def test_no_secret_is_shown():
    shown = repr(replace(ACCOUNT, verification_answer=ANSWER))
    assert PASSWORD not in shown
    assert ANSWER not in shown
