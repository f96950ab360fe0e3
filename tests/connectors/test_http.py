"""The HTTP layer: what is repeated, when, how long, and what is said when nothing helps (RELIABILITY.md row 10)."""

import asyncio
import gzip
import logging
import socket
from decimal import Decimal
from email.utils import formatdate

import httpx
import pytest

from connectors.errors import (
    AnswerLost,
    FixData,
    Misconfigured,
    NotPermitted,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from connectors.http import BearerAuth, Patience, Timeouts, Transport, redact, redacting_logger
from connectors.http.hints import retry_after
from tests.connectors import virtual
from tests.connectors.fakes import connection, json_answer, page_answer

OK = {"fine": True}


class Script:
    """Answers (or raises) one entry after another, and keeps what was asked and when."""

    def __init__(self, *entries):
        self.entries, self.requests, self.times = list(entries), [], []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.times.append(asyncio.get_running_loop().time())
        entry = self.entries.pop(0)
        if isinstance(entry, Exception):
            raise entry
        return entry


BROKEN = [
    httpx.ReadError("cut"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("cut"),
    json_answer({"error": "x"}, 500),
    json_answer({"error": "x"}, 503),
    page_answer(502),
    page_answer(200),
    httpx.Response(200, content=b'{"data": [1, 2', headers={"content-type": "application/json"}),
]


@pytest.mark.parametrize("trouble", BROKEN, ids=str)
@pytest.mark.parametrize(("method", "repeatable"), [("GET", None), ("PUT", None), ("DELETE", None), ("POST", True)])
async def test_what_may_be_repeated_is_repeated(trouble, method, repeatable):
    script = Script(trouble, trouble, json_answer(OK))
    answer = await connection(script).request(method, "/x", route="/x", repeatable=repeatable)
    assert answer.body == OK
    assert len(script.requests) == 3


@pytest.mark.parametrize("trouble", BROKEN, ids=str)
async def test_a_write_whose_answer_is_lost_is_never_repeated(trouble):
    script = Script(trouble, json_answer(OK))
    with pytest.raises(AnswerLost):
        await connection(script).request("POST", "/x", route="/x", body={"a": 1})
    assert len(script.requests) == 1


@pytest.mark.parametrize("trouble", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), json_answer({}, 429)])
async def test_a_write_that_had_no_effect_for_certain_is_repeated(trouble):
    script = Script(trouble, json_answer(OK))
    link = connection(script)
    link._patience = Patience(first_pause=0.0)
    assert (await link.request("POST", "/x", route="/x")).body == OK


async def test_retries_end_and_the_last_error_says_why():
    script = Script(*[page_answer(503)] * 9)
    with pytest.raises(Unavailable, match="503 with a web page") as caught:
        await connection(script, patience=Patience(attempts=4, first_pause=0.0)).request("GET", "/x", route="/x")
    assert len(script.requests) == 4
    assert caught.value.system == "Vendor"


@pytest.mark.parametrize(
    ("headers", "least"),
    [
        ({"retry-after": "0"}, 1.0),
        ({"retry-after": "1"}, 1.0),
        ({"retry-after": "60"}, 60.0),
        ({"retry-after": "-5"}, 1.0),
        ({}, 1.0),
        ({"retry-after": "soon"}, 1.0),
        ({"retry-after": formatdate(virtual.EPOCH + 30, usegmt=True)}, 29.0),
        ({"retry-after": formatdate(virtual.EPOCH - 30, usegmt=True)}, 1.0),
        ({"retry-at": "23"}, 23.0),
        ({"retry-at": str(int(virtual.EPOCH) + 40)}, 39.0),
    ],
)
def test_a_429_is_never_repeated_earlier_than_told_nor_in_a_hot_loop(headers, least):
    async def story():
        script = Script(*[json_answer({}, 429, headers)] * 2, json_answer(OK))
        link = connection(script, now=virtual.wall, patience=Patience())
        await link.request("GET", "/x", route="/x")
        return [later - earlier for earlier, later in zip(script.times, script.times[1:], strict=False)], link.counts

    pauses, counts = virtual.run(story())
    assert min(pauses[:1]) >= least
    assert max(pauses) <= least + 2.0
    assert counts.throttled_seconds == pytest.approx(sum(pauses), abs=0.1)


def test_a_date_is_compared_with_the_vendors_own_clock():
    headers = httpx.Headers({"date": formatdate(5_000, usegmt=True), "retry-after": formatdate(5_090, usegmt=True)})
    assert retry_after(headers, now=999_999.0) == 90.0


def test_a_storm_of_429s_ends_within_the_cap_and_hands_the_hint_on():
    async def story():
        script = Script(*[json_answer({}, 429, {"retry-after": "60"})] * 50)
        with pytest.raises(RateLimited) as caught:
            await connection(script, now=virtual.wall, patience=Patience(total_wait=150.0)).request(
                "GET", "/x", route="/x"
            )
        return caught.value.retry_after, asyncio.get_running_loop().time(), len(script.requests)

    hint, elapsed, requests = virtual.run(story())
    assert hint == 60.0
    assert 120.0 <= elapsed <= 150.0
    assert requests == 3


async def test_an_hour_is_not_waited_for():
    script = Script(json_answer({}, 429, {"retry-after": "3600"}))
    with pytest.raises(RateLimited) as caught:
        await connection(script, patience=Patience()).request("GET", "/x", route="/x")
    assert caught.value.retry_after == 3600.0


async def test_a_firewalls_web_page_is_called_what_it_is():
    with pytest.raises(NotPermitted, match="firewall in front of Vendor"):
        await connection(Script(page_answer(403))).request("GET", "/x", route="/x")


async def test_a_refusal_is_explained_by_the_vendors_own_words():
    with pytest.raises(FixData, match="refused with 422"):
        await connection(Script(json_answer({}, 422))).request("POST", "/x", route="/x")


async def test_a_307_on_the_same_host_keeps_authorization_and_the_query():
    script = Script(httpx.Response(307, headers={"location": "/api/other?a[]=1"}), json_answer(OK))
    link = connection(script, headers={"Authorization": "Bearer t"})
    await link.request("GET", "/x", route="/x")
    assert str(script.requests[1].url) == "https://vendor.test/api/other?a[]=1"
    assert script.requests[1].headers["authorization"] == "Bearer t"


@pytest.mark.parametrize(
    "location", ["https://evil.test/api/x", "http://vendor.test/api/x", "https://vendor.test:444/x"]
)
async def test_a_redirect_to_another_host_is_not_followed(location):
    script = Script(httpx.Response(307, headers={"location": location}))
    with pytest.raises(UnexpectedAnswer, match="another host"):
        await connection(script).request("GET", "/x", route="/x")
    assert len(script.requests) == 1


async def test_a_circle_of_redirects_ends():
    script = Script(*[httpx.Response(307, headers={"location": "/api/x"})] * 9)
    with pytest.raises(UnexpectedAnswer, match="circle"):
        await connection(script).request("GET", "/x", route="/x")


async def test_addresses_outside_the_base_are_refused():
    link = connection(Script())
    with pytest.raises(UnexpectedAnswer, match=r"evil\.test"):
        await link.request("GET", "https://evil.test/api/x", route="/x")
    with pytest.raises(UnexpectedAnswer):
        await link.request("GET", "https://vendor.test/apix", route="/x")


def test_a_base_that_is_no_address_is_a_wrong_setting():
    from connectors.http import Connection  # noqa: PLC0415

    with pytest.raises(Misconfigured):
        Connection("Vendor", "vendor.test", explain=lambda _: FixData(""))


async def test_an_answer_that_takes_too_long_in_all_is_cut_off():
    async def slow(request):
        await asyncio.sleep(30)

    link = connection(slow, timeouts=Timeouts(total=0.02), patience=Patience(attempts=2, first_pause=0.0))
    with pytest.raises(Unavailable, match="in time"):
        await link.request("GET", "/x", route="/x")
    assert link.counts.requests["Vendor", "GET /x", 0] == 2


async def test_requests_are_counted_by_route_and_status():
    script = Script(page_answer(500), json_answer(OK), json_answer(OK))
    link = connection(script)
    await link.request("GET", "/m/17", route="/m/{id}")
    await link.request("GET", "/m/18", route="/m/{id}")
    assert link.counts.requests == {("Vendor", "GET /m/{id}", 500): 1, ("Vendor", "GET /m/{id}", 200): 2}
    assert link.counts.total == 3


class _Tokens:
    def __init__(self):
        self.replaced = []

    async def current(self):
        return "old"

    async def replace(self, refused):
        self.replaced.append(refused)
        return "new"


async def test_a_401_replaces_the_token_once_and_sends_again_even_a_write():
    tokens = _Tokens()
    script = Script(json_answer({}, 401), json_answer(OK))
    await connection(script, auth=BearerAuth(tokens)).request("POST", "/x", route="/x", body={"a": 1})
    assert tokens.replaced == ["old"]
    assert script.requests[1].headers["authorization"] == "Bearer new"
    assert script.requests[1].content == b'{"a":1}'


async def test_a_second_401_is_final():
    script = Script(json_answer({}, 401), json_answer({}, 401))
    with pytest.raises(FixData, match="401"):
        await connection(script, auth=BearerAuth(_Tokens())).request("GET", "/x", route="/x")


async def test_a_401_that_no_other_token_would_help_against_is_final_at_once():
    asked = Script(json_answer({"code": "answer_the_question"}, 401), json_answer(OK))
    tokens = _Tokens()
    auth = BearerAuth(tokens, lambda answer: b"answer_the_question" not in answer.content)
    with pytest.raises(FixData, match="refused with 401"):
        await connection(asked, auth=auth).request("GET", "/x", route="/x")
    assert (len(asked.requests), tokens.replaced) == (1, [])


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b'{"Amount": 18000.10}', {"Amount": Decimal("18000.10")}),
        (b'{"Amount": 0.1, "Id": 7}', {"Amount": Decimal("0.1"), "Id": 7}),
        (b"[1234567890123456.78]", [Decimal("1234567890123456.78")]),
        (b'{"cut \\ud83d": ["\\ud83d\\ude00 \\ude00", 1.5]}', {"cut ?": ["\U0001f600 ?", Decimal("1.5")]}),
    ],
)  # fmt: skip
async def test_exact_numbers_keep_every_digit_that_was_sent(sent, read):
    link = connection(lambda _: httpx.Response(200, content=sent), exact_numbers=True)
    body = (await link.request("GET", "/x", route="/x")).body
    assert (body, str(body)) == (read, str(read))


@pytest.mark.parametrize("sent", [b'{"Amount": NaN}', b"[1.5", b"\xff", b"[1e99999999999999999999]", b"[" * 100_000])
async def test_exact_numbers_are_read_from_nothing_but_json(sent):
    link = connection(lambda _: httpx.Response(200, content=sent), exact_numbers=True)
    with pytest.raises(AnswerLost, match="text that is no JSON"):
        await link.request("POST", "/x", route="/x")


async def test_our_mark_of_a_call_is_sent_and_told_when_it_comes_back():
    def echo(request: httpx.Request) -> httpx.Response:
        return json_answer(OK, headers={"X-Correlation-Id": request.headers["X-Correlation-Id"]})

    link = connection(echo, correlation_header="X-Correlation-Id")
    marks = [(await link.request("GET", "/x", route="/x")).request_id for _ in range(2)]
    assert all(marks)
    assert marks[0] != marks[1]


async def test_braces_and_brackets_go_out_as_written_over_a_real_socket():
    lines = []

    async def serve(reader, writer):
        lines.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        transport = Transport()
        link = connection(Script(), transport=transport)
        link.base = f"http://127.0.0.1:{port}"
        target = "/m.json?order=id(asc)&ids[]=1&fields=id,client{id,name}&open_date[]=%3E%3D2016-01-31&t=a%2Fb%3D"
        await link.request("GET", target, route="/m.json")
        await link.aclose()
    assert lines == [f"GET {target} HTTP/1.1".encode()]


@pytest.mark.parametrize(
    ("body", "says"),
    [(gzip.compress(b'{"fine":true}', mtime=0), OK), (b"no gzip at all", None)],
    ids=["gzip", "no gzip"],
)
async def test_compressed_answers_are_read_over_a_real_socket(body, says):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        writer.close()

    link = connection(Script(), transport=Transport(), patience=Patience(attempts=2, first_pause=0.0))
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        link.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        if says is None:
            with pytest.raises(Unavailable):
                await link.request("GET", "/x", route="/x")
        else:
            assert (await link.request("GET", "/x", route="/x")).body == says
    await link.aclose()


async def test_no_address_can_bring_lines_of_its_own_into_a_request():
    lines = []

    async def serve(reader, writer):
        lines.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    link = connection(Script(), transport=Transport(), patience=Patience(attempts=1))
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        link.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await link.request("GET", "/x?name=Zoë <1>", route="/x")
        with pytest.raises(Unavailable, match="could not be reached"):
            await link.request("GET", "/x HTTP/1.1\r\nX-Other: 1", route="/x")
    await link.aclose()
    assert lines == [b"GET /x?name=Zo%C3%AB%20%3C1%3E HTTP/1.1"]


async def test_a_cut_after_sending_and_a_refused_connection_are_told_apart_on_real_sockets():
    async def cut(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    with socket.create_server(("127.0.0.1", 0)) as probe:
        closed = probe.getsockname()[1]
    link = connection(Script(), transport=Transport(), patience=Patience(attempts=2, first_pause=0.0))
    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        link.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(AnswerLost):
            await link.request("POST", "/x", route="/x")
    link.base = f"http://127.0.0.1:{closed}"
    with pytest.raises(Unavailable, match="could not be reached"):
        await link.request("POST", "/x", route="/x")
    await link.aclose()
    assert link.counts.requests["Vendor", "POST /x", 0] == 3


async def test_nothing_is_sent_that_is_not_counted_and_that_nobody_was_asked_about():
    arrived, asked = [], []

    async def answer_once_then_cut(reader, writer):
        arrived.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        arrived.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    def may_send():
        asked.append(True)
        if len(asked) > 3:
            raise PermissionError("the firm is another run's")

    patience = Patience(attempts=5, first_pause=0.0)
    link = connection(Script(), transport=Transport(), patience=patience, may_send=may_send)
    async with await asyncio.start_server(answer_once_then_cut, "127.0.0.1", 0) as server:
        link.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await link.request("PUT", "/x", route="/x")
        await link.request("PUT", "/x", route="/x")
        with pytest.raises(PermissionError):
            await link.request("PUT", "/x", route="/x")
    await link.aclose()
    assert len(arrived) == 3
    assert link.counts.requests["Vendor", "PUT /x", 200] == 2


SECRETS = [
    "Authorization: Bearer canary-4711-abc",
    "{'authorization': 'ApiKey canary-4711-abc'}",
    "grant_type=refresh_token&refresh_token=canary-4711-abc&client_secret=canary-4711-abc",
    '{"access_token": "canary-4711-abc", "expires_in": 5}',
    "https://x.test/cb?code=canary-4711-abc&state=1",
    "https://s.test/u?X-Amz-Expires=600&X-Amz-Signature=canary-4711-abc",
    "https://s.test/blob/1?exp=17&sig=canary-4711-abc",
    "headers=[(b'Authorization', b'Bearer canary-4711-abc')]",
    "authorization=Bearer%20canary-4711-abc",
    '{"Password": "canary-4711-abc"}',
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_survives(text):
    assert "canary" not in redact(text)


@pytest.mark.parametrize(
    "number", ["+13125550142", "(312) 555-0142", "312-555-0142", "312.555.0142", "1-312-555-0142", "3125550142"]
)
def test_phones_keep_their_last_four_digits(number):
    text = redact(f"The number {number} is no mobile.")
    assert text == "The number •••0142 is no mobile."


@pytest.mark.parametrize(
    "text",
    [
        "/cases/88017",
        "matter 1480021",
        "1649203377",
        "2026-09-14T18:02:40Z",
        "code: stage_unknown",
        '{"code":"rate_limited"}',
        "req_7Q2M",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


def test_log_records_and_their_tracebacks_are_redacted(caplog):
    log = redacting_logger("casebridge.http")
    with caplog.at_level(logging.INFO, logger="casebridge.http"):
        error = ValueError("Bearer canary-4711-abc of +13125550142")
        log.error("calling with %s", "refresh_token=canary-4711-abc", exc_info=error)
    shown = "".join(logging.Formatter().format(record) for record in caplog.records)
    assert "canary" not in shown
    assert "55501" not in shown
    assert "•••0142" in shown


async def test_no_more_requests_are_under_way_at_once_than_a_vendor_likes():
    under_way, most = 0, 0

    async def handler(_request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return json_answer(OK)

    careful = connection(handler, at_once=2)
    await asyncio.gather(*(careful.request("GET", "/x", route="/x") for _ in range(8)))
    assert most == 2
