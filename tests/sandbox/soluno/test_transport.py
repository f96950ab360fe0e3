from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from sandbox.faults import FaultKind, FaultRule
from tests.sandbox.soluno.client import refused


class TestRefusals:
    def test_they_have_one_shape(self, keeper):  # [assumed] 7.3
        answer = keeper.http.get("/Casefiles/7", headers={"X-Correlation-Id": "c-77"})
        assert answer.status_code == 404
        assert answer.json() == {
            "ErrorCode": "NotFound",
            "Message": "There is no such casefile.",
            "Field": None,
            "Details": [],
            "CorrelationId": "c-77",
        }

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
    def test_a_body_that_is_no_object_is_malformed(self, keeper, body):
        assert refused(keeper.http.post("/CostEntries", content=body)) == (400, "Malformed")

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "Matters"),
            pytest.param("GET", f"Casefiles/{'7' * 5000}", id="absurd"),
            ("PUT", "Casefiles"),
            ("GET", "casefiles"),
            ("GET", "FeeEntries/51871"),
            ("GET", ""),
        ],
    )
    def test_unknown_addresses(self, keeper, method, path):
        assert refused(keeper.http.request(method, f"/{path}")) == (404, "NotFound")

    def test_an_unknown_firm(self, server):
        answer = httpx.get(f"{server.url}/soluno/nobody/api/rest/Session", verify=False)
        assert refused(answer) == (404, "NotFound")

    def test_a_user_may_be_kept_from_writing(self, keeper):
        casefile = keeper.casefile()
        keeper.change("/login", denied=["CostEntries"])
        assert refused(keeper.try_post("CostEntries", keeper.cost_body(casefile))) == (403, "NotPermitted")
        assert keeper.items("CostEntries") == []
        assert keeper.fee(casefile)["Amount"] == "6000.00"

    def test_a_fault_of_its_own_has_the_same_shape(self, keeper):  # [assumed] 7.3
        keeper.books.users.clear()
        assert refused(keeper.http.get("/Session")) == (500, "Unexpected")


class TestCorrelation:
    def test_the_callers_own_is_echoed(self, keeper):  # [assumed] 7.1
        answer = keeper.http.get("/Features", headers={"X-Correlation-Id": "run-5/7"})
        assert answer.headers["x-correlation-id"] == "run-5/7"

    def test_one_is_made_where_there_is_none(self, keeper):
        made = {keeper.http.get("/Features").headers["x-correlation-id"] for _ in range(2)}
        assert len(made) == 2
        refusal = keeper.http.get("/Casefiles/7")
        assert refusal.json()["CorrelationId"] == refusal.headers["x-correlation-id"]


class TestMoney:
    """[assumed] 7.1: text with exactly two decimals."""

    @pytest.mark.parametrize(
        "amount", ["38.755", "38.7", "38", "1,000.00", "1e2", "", "0.00", "-5.00", 38.75, 38, True]
    )
    def test_anything_else_is_refused(self, keeper, amount):
        casefile = keeper.casefile()
        answer = keeper.try_post("CostEntries", keeper.cost_body(casefile, Amount=amount))
        assert (refused(answer), answer.json()["Field"]) == ((422, "InvalidAmount"), "Amount")
        assert keeper.items("CostEntries") == []

    def test_it_can_go_out_as_exact_numbers(self, keeper):
        casefile = keeper.casefile()
        keeper.change("/switches", numbers=True)
        answer = keeper.try_post("CostEntries", keeper.cost_body(casefile, Amount="98765432101.10"))
        assert '"Amount":98765432101.10,' in answer.text
        assert '"Hours":1.00,' in keeper.try_post("FeeEntries", keeper.fee_body(casefile)).text
        balances = keeper.http.get(f"/Casefiles/{casefile['CasefileId']}/Balances").text
        assert balances == ('{"Trust":0.00,"UnbilledCosts":98765432101.10,"UnbilledFees":6000.00,"Receivable":0.00}')


class TestPages:
    """[assumed] 7.1"""

    def test_the_envelope(self, keeper):
        page = keeper.get("Users", PageSize=3, Page=2)
        assert [user["UserId"] for user in page.pop("Items")] == [4, 5, 6]
        assert page == {"Page": 2, "PageSize": 3, "TotalCount": len(keeper.books.users), "HasMore": True}

    def test_fifty_by_default_and_two_hundred_at_most(self, keeper):
        assert keeper.get("Contacts")["PageSize"] == 50
        assert keeper.get("Contacts", PageSize=1000)["PageSize"] == 200

    def test_a_full_last_page_has_no_more_behind_it(self, keeper):
        assert [keeper.get("Contacts", PageSize=size)["HasMore"] for size in (2, 3, 4)] == [True, False, False]

    def test_past_the_end_there_is_nothing(self, keeper):
        page = keeper.get("Contacts", Page=9)
        assert (page["Items"], page["HasMore"], page["TotalCount"]) == ([], False, 3)

    @pytest.mark.parametrize(
        "query",
        [
            {"Page": "0"},
            pytest.param({"Page": "7" * 5000}, id="absurd"),
            {"PageSize": "x"},
            {"ModifiedSince": "2031-02-03T00:00:00"},
        ],
    )
    def test_nonsense_is_malformed(self, keeper, query):
        answer = keeper.http.get("/Contacts", params=query)
        assert (refused(answer), answer.json()["Field"]) == ((400, "Malformed"), next(iter(query)))

    def test_the_order_is_that_of_change(self, server, keeper):
        server.controls.clock.freeze()
        server.controls.clock.advance(10)
        first, second = keeper.client(), keeper.client()
        server.controls.clock.advance(10)
        changed = keeper.http.patch(f"/Contacts/{first['ContactId']}", json={"Version": 1, "Email": "l@mail.example"})
        ids = [row["ContactId"] for row in keeper.items("Contacts", Kind="Client")]
        assert ids == [second["ContactId"], first["ContactId"]]
        since = changed.json()["ModifiedOn"]
        assert keeper.items("Contacts", ModifiedSince=since) == [changed.json()]
        assert [row["ContactId"] for row in keeper.items("Contacts", ModifiedSince=second["ModifiedOn"])] == ids


class TestLimits:
    """[assumed] 7.1"""

    def test_sixty_a_minute_for_each_session(self, server, keeper):
        clock = server.controls.clock
        clock.freeze()
        clock.advance(-(clock.timestamp() % 60))
        server.controls.limit("soluno").on = True
        assert {keeper.http.get("/Features").status_code for _ in range(60)} == {200}
        answer = keeper.http.get("/Features")
        assert (refused(answer), answer.headers["retry-after"]) == ((429, "TooManyRequests"), "60")
        keeper.log_in()
        assert keeper.http.get("/Features").status_code == 200
        clock.advance(60)
        assert keeper.http.get("/Features").status_code == 200

    def test_five_at_once(self, server, keeper):
        server.controls.limit("soluno").on = True
        slow = FaultRule("soluno", FaultKind.DELAY, path="*/Features", count=5, seconds=0.3, after_work=True)
        server.controls.faults.add(slow)
        with ThreadPoolExecutor(6) as callers:
            answers = list(callers.map(lambda _: keeper.http.get("/Features"), range(6)))
        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429]
        assert keeper.http.get("/Features").status_code == 200

    def test_they_can_be_raised(self, server, keeper):
        raised = {"soluno": {"on": True, "requests": 2, "parallel": 1}}
        httpx.post(f"{server.url}/__sandbox__/limits", json=raised, verify=False)
        assert [keeper.http.get("/Features").status_code for _ in range(3)][-1] == 429


class TestFaults:
    """[assumed] 7.8: those that every system can have."""

    def test_a_503_is_a_page(self, server, keeper):
        server.controls.faults.add(FaultRule("soluno", FaultKind.HTML, status=503))
        answer = keeper.http.get("/Features")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert keeper.http.get("/Features").status_code == 200

    def test_an_answer_may_be_lost_after_the_work(self, server, keeper):
        body = keeper.cost_body(keeper.casefile(), ExternalReference="CP:hp:cost:1")
        server.controls.faults.add(FaultRule("soluno", FaultKind.CUT_AFTER, method="POST", path="*/CostEntries"))
        with pytest.raises(httpx.RemoteProtocolError):
            keeper.try_post("CostEntries", body)
        assert len(keeper.items("CostEntries", ExternalReference="CP:hp:cost:1")) == 1

    def test_a_request_may_be_cut_before_the_work(self, server, keeper):
        body = keeper.cost_body(keeper.casefile())
        server.controls.faults.add(FaultRule("soluno", FaultKind.CUT_BEFORE, method="POST", path="*/CostEntries"))
        with pytest.raises(httpx.RemoteProtocolError):
            keeper.try_post("CostEntries", body)
        assert keeper.items("CostEntries") == []

    def test_of_a_body_that_is_cut_nothing_is_left(self, server, keeper):
        body = keeper.cost_body(keeper.casefile())
        server.controls.faults.add(FaultRule("soluno", FaultKind.CUT_UPLOAD, method="POST", path="*/CostEntries"))
        with pytest.raises(httpx.RemoteProtocolError):
            keeper.try_post("CostEntries", body)
        assert keeper.items("CostEntries") == []

    def test_an_answer_may_come_too_late(self, server, keeper):
        body = keeper.cost_body(keeper.casefile())
        late = FaultRule("soluno", FaultKind.DELAY, method="POST", seconds=0.3, after_work=True)
        server.controls.faults.add(late)
        with pytest.raises(httpx.ReadTimeout):
            keeper.http.post("/CostEntries", json=body, timeout=0.1)
        assert len(keeper.items("CostEntries")) == 1

    def test_what_was_asked_is_on_record_by_route(self, server, keeper):
        casefile = keeper.casefile()
        server.controls.requests.clear()
        keeper.balances(casefile)
        routes = server.controls.requests.by_route("soluno")
        assert routes == {"GET /harrow-pike/api/rest/Casefiles/{id}/Balances": 1}
