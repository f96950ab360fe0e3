import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest

from sandbox.controls import Controls
from sandbox.faults import FaultBook, FaultKind, FaultRule, Wrapper
from tests.sandbox.clio_writing import begin, finish, found, log, put

MATTER = 1_480_000_000


def patch(clio: httpx.Client, text: str) -> httpx.Response:
    return clio.patch(f"/matters/{MATTER}.json", json={"data": {"description": text}})


def description(server) -> str:
    return server.clio.firms["harrow-pike"].matters.get(MATTER)["description"]


def test_status_comes_instead_of_the_answer(server, clio):
    server.controls.faults.add(
        FaultRule("clio", FaultKind.STATUS, status=503, body={"error": "busy"}, headers={"Retry-After": "7"})
    )
    spoilt = clio.get("/matters.json")
    assert (spoilt.status_code, spoilt.json(), spoilt.headers["retry-after"]) == (503, {"error": "busy"}, "7")
    assert clio.get("/matters.json").status_code == 200


def test_status_with_text_is_text(server, clio):
    server.controls.faults.add(FaultRule("clio", FaultKind.STATUS, status=500, body="oops"))
    spoilt = clio.get("/matters.json")
    assert spoilt.text == "oops"
    assert spoilt.headers["content-type"].startswith("text/plain")


def test_connection_cut_before_the_vendor_did_anything(server, clio):
    before = description(server)
    server.controls.faults.add(FaultRule("clio", FaultKind.CUT_BEFORE, method="PATCH"))
    with pytest.raises(httpx.TransportError):
        patch(clio, "never written")
    assert description(server) == before


def test_connection_cut_after_the_vendor_did_the_work(server, clio):
    server.controls.faults.add(FaultRule("clio", FaultKind.CUT_AFTER, method="PATCH"))
    with pytest.raises(httpx.TransportError):
        patch(clio, "written, answer lost")
    assert description(server) == "written, answer lost"
    assert patch(clio, "again").status_code == 200


def test_status_after_work_hides_that_the_write_happened(server, clio):
    server.controls.faults.add(FaultRule("clio", FaultKind.STATUS, status=500, after_work=True))
    assert patch(clio, "written all the same").status_code == 500
    assert description(server) == "written all the same"


def test_truncated_json_is_a_complete_http_answer(server, clio):
    server.controls.faults.add(FaultRule("clio", FaultKind.TRUNCATED_JSON))
    spoilt = clio.get("/matters.json")
    assert spoilt.status_code == 200
    assert spoilt.headers["content-type"].startswith("application/json")
    with pytest.raises(json.JSONDecodeError):
        spoilt.json()


@pytest.mark.parametrize("status", [200, 502])
def test_html_where_json_belongs(server, clio, status):
    server.controls.faults.add(FaultRule("clio", FaultKind.HTML, status=status))
    spoilt = clio.get("/matters.json")
    assert spoilt.status_code == status
    assert spoilt.headers["content-type"].startswith("text/html")


def test_delay_before_and_after_the_work(server, clio):
    for after_work in (False, True):
        server.controls.faults.add(FaultRule("clio", FaultKind.DELAY, seconds=0.2, after_work=after_work))
        started = time.monotonic()
        assert clio.get("/matters.json").status_code == 200
        assert 0.2 <= time.monotonic() - started < 2


def test_what_was_sent_takes_effect_after_the_delay_though_its_sender_gave_up(server, clio):
    server.controls.faults.add(FaultRule("clio", FaultKind.DELAY, seconds=0.4))
    with pytest.raises(httpx.ReadTimeout):
        clio.patch(f"/matters/{MATTER}.json", json={"data": {"description": "late"}}, timeout=0.1)
    assert description(server) != "late"
    deadline = time.monotonic() + 5
    while description(server) != "late":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_delay_combines_with_another_fault(server, clio):
    server.controls.faults.add(FaultRule("clio", FaultKind.DELAY, seconds=0.2))
    server.controls.faults.add(FaultRule("clio", FaultKind.STATUS, status=500))
    started = time.monotonic()
    assert clio.get("/matters.json").status_code == 500
    assert time.monotonic() - started >= 0.2


def test_clock_skew_touches_one_request_only(server, clio):
    server.controls.faults.add(FaultRule("clio", FaultKind.CLOCK_SKEW, seconds=-300))
    skewed = parsedate_to_datetime(clio.get("/matters.json").headers["date"])
    right = parsedate_to_datetime(clio.get("/matters.json").headers["date"])
    assert 295 <= (right - skewed).total_seconds() <= 305
    assert abs((datetime.now(UTC) - right).total_seconds()) < 5


def test_a_skewed_write_is_stamped_with_the_skewed_time(server, clio):
    server.controls.faults.add(FaultRule("clio", FaultKind.CLOCK_SKEW, seconds=300))
    patched = clio.patch(f"/matters/{MATTER}.json?fields=updated_at", json={"data": {"description": "x"}})
    ahead = datetime.fromisoformat(patched.json()["data"]["updated_at"]) - datetime.now(UTC)
    assert 290 <= ahead.total_seconds() <= 310


class TestCutsInTheMiddle:
    SIZE = 8 * 1_048_576

    def file_address(self, server, plain):
        wanted = {"integration_id": "fixture-f-3", "file_name": "a.bin", "size": self.SIZE}
        return plain.post("/__sandbox__/casestatus/firms/fixture-one/inbound_file", json=wanted).json()["url"]

    @pytest.mark.parametrize("kind", [FaultKind.CUT_BEFORE, FaultKind.CUT_UPLOAD])
    def test_an_upload_that_is_cut_leaves_nothing(self, server, clio, kind):
        begun = begin(clio)
        server.controls.faults.add(FaultRule("storage", kind, method="PUT", after_bytes=1_000_000))
        with pytest.raises(httpx.TransportError):
            put(begun, bytes(self.SIZE))
        assert server.clio.storage.objects == {}
        assert finish(clio, begun).json()["error"]["type"] == "UploadNotFoundError"
        assert put(begun, b"again").status_code == 200

    def test_an_upload_that_is_cut_after_the_work_is_there(self, server, clio):
        begun = begin(clio)
        server.controls.faults.add(FaultRule("storage", FaultKind.CUT_AFTER, method="PUT"))
        with pytest.raises(httpx.TransportError):
            put(begun, b"bytes")
        assert finish(clio, begun).status_code == 200

    @pytest.mark.parametrize("after_bytes", [0, 10, 10_000_000])
    def test_a_request_that_is_cut_changes_nothing(self, server, clio, after_bytes):
        server.controls.faults.add(FaultRule("clio", FaultKind.CUT_UPLOAD, method="POST", after_bytes=after_bytes))
        with pytest.raises(httpx.TransportError):
            log(clio)
        assert found(clio, "communications") == []

    @pytest.mark.parametrize("after_bytes", [0, 100_000, 5_000_000])
    def test_a_download_that_is_cut_gives_so_many_bytes(self, server, plain, after_bytes):
        address = self.file_address(server, plain)
        server.controls.faults.add(FaultRule("casestatus", FaultKind.CUT_DOWNLOAD, after_bytes=after_bytes))
        with plain.stream("GET", address) as answer, pytest.raises(httpx.TransportError):
            answer.read()
        assert int(answer.headers["content-length"]) == self.SIZE
        assert answer.num_bytes_downloaded == after_bytes
        assert len(plain.get(address).content) == self.SIZE

    def test_an_answer_shorter_than_that_lacks_its_last_byte(self, server, clio):
        server.controls.faults.add(FaultRule("clio", FaultKind.CUT_DOWNLOAD, after_bytes=10_000_000))
        with pytest.raises(httpx.TransportError):
            clio.get("/matters.json?limit=1")

    def test_an_answer_without_a_body_does_not_come(self, server, clio):
        number = log(clio).json()["data"]["id"]
        server.controls.faults.add(FaultRule("clio", FaultKind.CUT_DOWNLOAD, method="DELETE"))
        with pytest.raises(httpx.TransportError):
            clio.delete(f"/communications/{number}.json")
        assert found(clio, "communications") == []


@pytest.mark.parametrize("kind", [FaultKind.DELAY, FaultKind.CLOCK_SKEW, FaultKind.TRUNCATED_JSON, FaultKind.CUT_AFTER])
async def test_a_spoiled_stream_is_not_held_in_memory(kind):
    passed: list[int] = []

    async def send(message):
        passed.append(len(message.get("body", b"")))

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        for made in range(100):
            await send({"type": "http.response.body", "body": bytes(10), "more_body": made < 99})
            assert len(passed) in {0, made + 2}

    controls = Controls()
    controls.faults.add(FaultRule("x", kind, after_work=True))
    scope = {"method": "GET", "path": "/", "query_string": b""}
    try:
        await Wrapper(app, "x", controls)(scope, None, send)
    except AttributeError:
        assert kind is FaultKind.CUT_AFTER  # there is no connection to drop
    assert sum(passed) == {FaultKind.TRUNCATED_JSON: 500, FaultKind.CUT_AFTER: 0}.get(kind, 1000)


def test_rules_choose_by_vendor_method_path_skip_and_count():
    book = FaultBook()
    rule = book.add(FaultRule("clio", FaultKind.STATUS, method="GET", path="/api/v4/matters*", skip=1, count=2))
    asked = [("clio/us", "POST", "/api/v4/matters"), ("casestatus", "GET", "/api/v4/matters")]
    asked += [("clio/eu", "GET", "/api/v4/matters.json")] * 4 + [("clio/us", "GET", "/api/v4/contacts")]
    assert [bool(book.take(*request)) for request in asked] == [False, False, False, True, True, False, False]
    assert rule.spoiled == 2


def test_probability_is_repeatable_by_seed():
    def draw(seed: int) -> list[bool]:
        rule = FaultRule("*", FaultKind.STATUS, count=None, probability=0.3, seed=seed)
        return [rule.takes("clio/us", "GET", "/") for _ in range(400)]

    assert draw(1) == draw(1) != draw(2)
    assert 80 <= sum(draw(1)) <= 160


def test_only_the_first_ending_rule_is_used_up():
    book = FaultBook()
    first, second = (book.add(FaultRule("*", FaultKind.STATUS, status=status)) for status in (500, 502))
    assert book.take("clio/us", "GET", "/") == [first]
    assert book.take("clio/us", "GET", "/") == [second]
    assert book.take("clio/us", "GET", "/") == []


def test_faults_by_the_control_route(server, plain):
    rule = {"vendor": "clio", "kind": "status", "status": 500, "path": "/api/v4/users*"}
    listed = plain.post("/__sandbox__/faults", json=[rule, rule | {"kind": "html"}]).json()
    assert [item["kind"] for item in listed] == ["status", "html"]
    left = plain.delete("/__sandbox__/faults", params={"id": listed[0]["id"]}).json()
    assert [item["kind"] for item in left] == ["html"]
    assert plain.delete("/__sandbox__/faults").json() == []
    assert plain.post("/__sandbox__/faults", json={"vendor": "clio", "kind": "typo"}).status_code == 400
