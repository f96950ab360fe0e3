"""What the firm's people do to costs, and what no control call can do."""

import pytest


@pytest.fixture
def cost(hub):
    return hub.change("/costs", case_id=hub.case_id(40), amount="100.01", memo="Records fee", cost_code="MEDREC")


def send(hub, cost):
    body = {"version": cost["version"], "status": "pending", "accounting": {"entry_id": "77120"}}
    answer = hub.call("PATCH", f"costs/{cost['id']}/", json=body)
    assert answer.status_code == 200
    return answer.json()


def error(hub, path, **body):
    answer = hub.control.post(path, json=body)
    assert answer.status_code == 400
    return answer.json()["error"]


def test_everything_is_shown_in_the_words_of_the_api(hub, cost):
    assert hub.control.get("/costs").json() == hub.rows("costs/", page_size=200)
    assert hub.control.get("/trust").json() == hub.rows("trust/", page_size=200)
    charges = hub.control.get("/charges").json()
    assert charges == [hub.body(f"case/{row['case_id']}/settlement/charges/") for row in charges] != []


def test_a_cost_is_edited(hub, cost):
    after = hub.change(f"/costs/{cost['id']}", amount="99.00", payee="Ridge Radiology", memo="X-rays")
    assert after == hub.body(f"costs/{cost['id']}/")
    assert (after["amount"], after["memo"], after["version"]) == ("99.00", "X-rays", cost["version"] + 1)
    assert after["payee"]["name"] == "Ridge Radiology"
    again = hub.change("/costs", case_id=hub.case_id(), amount="1.00", payee="Ridge Radiology")
    assert again["payee"] == after["payee"] != cost["payee"]


def test_not_its_amount_once_it_was_sent(hub, cost):  # [assumed] 6.4
    sent = send(hub, cost)
    assert "only while it is open" in error(hub, f"/costs/{cost['id']}", amount="99.00")
    assert hub.body(f"costs/{cost['id']}/") == sent
    assert hub.change(f"/costs/{cost['id']}", memo="X-rays")["memo"] == "X-rays"


def test_a_cost_is_deleted_whatever_it_stands_at(hub, cost):  # [help] 5.2: never synced
    send(hub, cost)
    assert hub.control.delete(f"/costs/{cost['id']}").status_code == 200
    assert hub.get(f"costs/{cost['id']}/").status_code == 404
    assert hub.change("/costs", case_id=hub.case_id(), amount="1.00")["id"] > cost["id"]


def test_a_cost_is_voided_by_hand(hub, cost):  # [help] 5.2
    assert "pending or a paid" in error(hub, f"/costs/{cost['id']}/void")
    sent = send(hub, cost)
    assert hub.change(f"/costs/{cost['id']}/void")["status"] == "void"
    assert hub.body(f"costs/{cost['id']}/")["version"] == sent["version"] + 1


def test_a_waived_cost_is_negative_property_damage(hub, cost):  # [help] 4.2
    hub.change(f"/charges/{hub.case_id(40)}", property_damage={"amount": "25.00"})
    charges = hub.change(f"/costs/{cost['id']}/waive")
    assert charges["property_damage"]["amount"] == "-75.01"
    assert hub.body(f"costs/{cost['id']}/") == cost


def test_three_decimals_come_out_as_they_were_typed(hub, cost):  # [assumed] 6.6
    made = hub.change("/costs", case_id=hub.case_id(), amount="38.755")
    assert hub.body(f"costs/{made['id']}/")["amount"] == "38.755"
    assert hub.change(f"/costs/{cost['id']}", amount="0.100")["amount"] == "0.100"


class TestSplit:
    """[help] 4.1: over linked cases, while neither paid nor sent; the original amount goes to the memo."""

    def test_evenly_to_the_cent(self, hub, cost):
        first, second = parts = hub.change(f"/costs/{cost['id']}/split")
        assert [part["case"]["id"] for part in parts] == [hub.case_id(40), hub.case_id(41)]
        assert [part["amount"] for part in parts] == ["50.01", "50.00"]
        for part in parts:
            assert (part["split_of"], part["status"], part["version"]) == (cost["id"], "open", 1)
            assert (part["memo"], part["cost_code"]) == ("Records fee (split, original amount 100.01)", "MEDREC")
            assert part == hub.body(f"costs/{part['id']}/")
        assert cost["id"] < first["id"] < second["id"]
        original = hub.body(f"costs/{cost['id']}/")
        assert (original["status"], original["superseded"], original["amount"]) == ("open", True, "100.01")
        assert original["version"] == cost["version"] + 1

    def test_as_somebody_types_it(self, hub, cost):
        wanted = {str(hub.case_id(41)): "100.00", str(hub.case_id(40)): "0.01"}
        parts = hub.change(f"/costs/{cost['id']}/split", parts=wanted)
        assert {str(part["case"]["id"]): part["amount"] for part in parts} == wanted

    def test_the_parts_must_be_the_whole_on_linked_cases(self, hub, cost):
        path, mine, other = f"/costs/{cost['id']}/split", str(hub.case_id(40)), str(hub.case_id(41))
        assert "together are 100.01" in error(hub, path, parts={mine: "50.00", other: "50.00"})
        assert "together are 100.01" in error(hub, path, parts={mine: "50.005", other: "50.005"})
        assert "together are 100.01" in error(hub, path, parts={mine: "100.01"})
        assert "over cases" in error(hub, path, parts={mine: "50.00", str(hub.case_id(3)): "50.01"})
        assert hub.body(f"costs/{cost['id']}/") == cost

    def test_not_twice_and_not_once_it_was_sent(self, hub, cost):
        sent = send(hub, hub.change("/costs", case_id=hub.case_id(40), amount="2.00"))
        assert "neither paid nor sent" in error(hub, f"/costs/{sent['id']}/split")
        hub.change(f"/costs/{cost['id']}/split")
        assert "only once" in error(hub, f"/costs/{cost['id']}/split")
        assert "was not split" in error(hub, f"/costs/{cost['id']}", amount="1.00")

    def test_not_while_it_is_on_its_way(self, hub, cost):
        body = {"version": cost["version"], "accounting": {"sent_at": "2031-02-03T10:00:00-05:00"}}
        assert hub.call("PATCH", f"costs/{cost['id']}/", json=body).json()["status"] == "open"
        assert "neither paid nor sent" in error(hub, f"/costs/{cost['id']}/split")

    def test_cases_that_become_companions_share_costs(self, hub):
        first, second = hub.case_id(), hub.case_id(1)
        cases = hub.change("/companions", first=first, second=second)
        assert [case["linked_cases"] for case in cases] == [[second], [first]]
        cost = hub.change("/costs", case_id=second, amount="3.00")
        assert [part["amount"] for part in hub.change(f"/costs/{cost['id']}/split")] == ["1.50", "1.50"]


WRONG_CALLS = (
    ("/costs", {"case_id": 7, "amount": "1.00"}),
    ("/costs", {"case_id": 1_480_000_000, "amount": 1.5}),
    ("/costs", {"case_id": 1_480_000_000, "amount": "much"}),
    ("/costs", {"case_id": 1_480_000_000, "amount": "-1.00"}),
    ("/costs", {"case_id": 1_480_000_000, "amount": "1.00", "kind": "bill"}),
    ("/costs", {"case_id": 1_480_000_000, "amount": "1.00", "requested_by": 7}),
    ("/costs/7", {"memo": "x"}),
    ("/costs/55001", {"status": "paid"}),
    ("/costs/7/void", {}),
    ("/costs/7/waive", {}),
    ("/charges/7", {"copp": {"amount": "1.00"}}),
    ("/charges/1480000000", {"copp": {"amount": "-1.00"}}),
    ("/charges/1480000000", {"copp": {"pushed_to_disbursement": True}}),
    ("/charges/1480000000", {"copp": {"pushed": True}}),
    ("/trust", {"case_id": 7, "kind": "deposit", "amount": "1.00"}),
    ("/trust", {"case_id": 1_480_000_000, "kind": "gift", "amount": "1.00"}),
    ("/trust", {"case_id": 1_480_000_000, "kind": "fee", "amount": "1.00"}),
    ("/trust", {"case_id": 1_480_000_000, "kind": "deposit", "amount": "-1.00"}),
    ("/trust", {"case_id": 1_480_000_000, "kind": "deposit", "amount": "1.00", "status": "lost"}),
    ("/trust", {"case_id": 1_480_000_000, "kind": "deposit", "amount": "1.00", "check_date": "01/30/2031"}),
    ("/trust/7/post", {}),
    ("/companions", {"first": 7, "second": 1_480_000_000}),
)


@pytest.mark.parametrize(("path", "body"), WRONG_CALLS)
def test_a_wrong_control_call_says_so_and_changes_nothing(hub, path, body):
    before = [hub.control.get(part).json() for part in ("/costs", "/charges", "/trust")]
    assert error(hub, path, **body)
    assert [hub.control.get(part).json() for part in ("/costs", "/charges", "/trust")] == before


def test_a_line_is_posted_once(hub):
    line = hub.change("/trust", case_id=hub.case_id(), kind="fee", amount="-1.00", status="staged")
    hub.change(f"/trust/{line['id']}/post")
    assert "Only a staged line" in error(hub, f"/trust/{line['id']}/post")
