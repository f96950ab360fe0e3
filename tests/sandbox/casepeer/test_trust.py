import pytest

from tests.sandbox.casepeer.client import detail, refused

NOTHING = {"amount": "0.00", "staged": False, "pushed_to_disbursement": False}


@pytest.fixture
def bare(hub):
    """The id of a case without any money."""
    rich = {ledger["case_id"] for ledger in hub.control.get("/trust").json()}
    rich |= {charges["case_id"] for charges in hub.control.get("/charges").json()}
    return next(case_id for case_id in hub.firm.seed.matter_ids if case_id not in rich)


@pytest.fixture
def settled(hub, bare):
    """A case whose settlement is in trust, all of it staged for somebody."""
    check = {"check_number": "00218", "check_date": "2031-01-30", "payee": "Meridian Mutual"}
    hub.change("/trust", case_id=bare, kind="deposit", amount="18000.00", **check)
    for kind, amount in (("fee", "-6000.00"), ("client_payment", "-12000.00")):
        hub.change("/trust", case_id=bare, kind=kind, amount=amount, status="staged", payee="Harrow Pike LLP")
    return bare


def ledger(hub, case_id):
    return hub.body(f"case/{case_id}/trust/")


class TestCharges:
    def test_both_are_there_for_every_case(self, hub, bare):  # [assumed] 6.4
        path = f"case/{bare}/settlement/charges/"
        assert hub.body(path) == {"case_id": bare, "copp": NOTHING, "property_damage": NOTHING}
        made = hub.change(
            f"/charges/{bare}", copp={"amount": "150.00", "staged": True}, property_damage={"amount": "-75.00"}
        )
        assert hub.body(path) == made
        assert made["copp"] == {"amount": "150.00", "staged": True, "pushed_to_disbursement": False}
        assert made["property_damage"] == NOTHING | {"amount": "-75.00"}
        assert detail(hub.get("case/7/settlement/charges/")) == (404, "Not found.")

    def test_what_is_not_named_stays_while_they_are_pushed(self, hub, bare):  # [help] 4.3
        hub.change(f"/charges/{bare}", copp={"amount": "150.00"}, property_damage={"amount": "250.00", "staged": True})
        pushed = hub.change(f"/charges/{bare}", property_damage={"pushed_to_disbursement": True})
        assert pushed["property_damage"] == {"amount": "250.00", "staged": True, "pushed_to_disbursement": True}
        assert pushed["copp"] == NOTHING | {"amount": "150.00"}

    def test_a_new_case_is_stamped_with_copp(self, hub):  # [help] 4.2
        made = hub.change("/cases", like=hub.case_id())
        charges = hub.body(f"case/{made['id']}/settlement/charges/")
        assert (charges["copp"]["amount"], charges["property_damage"]) == ("150.00", NOTHING)


class TestTheLedgerOfACase:
    def test_it_has_the_fields_of_the_contract(self, server, hub, settled):  # [assumed] 6.4
        told = ledger(hub, settled)
        assert list(told) == ["case_id", "balance", "available", "as_of", "entries"]
        deposit, fee, _ = told["entries"]
        assert deposit == {
            "id": deposit["id"],
            "kind": "deposit",
            "amount": "18000.00",
            "check_number": "00218",
            "check_date": "01/30/2031",
            "payee": "Meridian Mutual",
            "status": "posted",
            "do_not_distribute": False,
            "memo": "",
        }
        assert (fee["amount"], fee["status"]) == ("-6000.00", "staged")
        assert (fee["check_number"], fee["check_date"]) == (None, None)

    def test_staged_lines_count_for_what_is_available_only(self, hub, settled):  # [assumed] 6.4
        assert (ledger(hub, settled)["balance"], ledger(hub, settled)["available"]) == ("18000.00", "0.00")
        fee = ledger(hub, settled)["entries"][1]
        posted = hub.change(f"/trust/{fee['id']}/post", check_number="0301", check_date="2031-02-04")
        assert posted == fee | {"status": "posted", "check_number": "0301", "check_date": "02/04/2031"}
        assert (ledger(hub, settled)["balance"], ledger(hub, settled)["available"]) == ("12000.00", "0.00")

    def test_a_case_without_trust_has_one_without_lines(self, hub, bare):
        told = ledger(hub, bare)
        assert (told["balance"], told["available"], told["entries"]) == ("0.00", "0.00", [])
        assert detail(hub.get("case/7/trust/")) == (404, "Not found.")

    def test_what_was_paid_directly_says_so(self, hub, settled):  # [help] 4.3
        direct = {"status": "staged", "do_not_distribute": True, "memo": "The carrier paid it."}
        line = hub.change("/trust", case_id=settled, kind="lien_payment", amount="-900.00", **direct)
        assert ledger(hub, settled)["entries"][-1] == line
        assert (line["do_not_distribute"], line["memo"]) == (True, "The carrier paid it.")
        assert ledger(hub, settled)["available"] == "-900.00"

    def test_a_check_that_comes_in_is_of_today_and_a_staged_one_of_no_day(self, hub, bare):
        today = hub.firm.stamps.day(hub.firm.stamps.today(hub.firm.seconds()))
        values = {"case_id": bare, "kind": "reimbursement", "amount": "40.00"}
        assert hub.change("/trust", **values)["check_date"] == today
        assert hub.change("/trust", **values, status="staged")["check_date"] is None

    def test_a_line_with_three_decimals_comes_out_as_it_is(self, hub, bare):  # [assumed] 6.6
        hub.change("/trust", case_id=bare, kind="deposit", amount="100.005")
        told = ledger(hub, bare)
        assert (told["entries"][0]["amount"], told["balance"]) == ("100.005", "100.01")


class TestAllLedgers:
    def test_are_those_of_the_cases_in_the_order_of_their_changes(self, server, hub, settled):  # [assumed] 6.3
        rows = hub.rows("trust/", page_size=200)
        assert rows == [ledger(hub, row["case_id"]) for row in rows]
        assert rows[-1]["case_id"] == settled
        moments = [(hub.firm.stamps.parse(row["as_of"]), row["case_id"]) for row in rows]
        assert moments == sorted(moments)
        assert hub.rows("trust/", page_size=4, page=2) == rows[4:8]

    def test_changed_since_is_inclusive(self, server, hub, settled):  # [assumed] 6.1
        server.controls.clock.freeze()
        server.controls.clock.advance(60)
        now = hub.firm.stamps.instant(hub.firm.seconds())
        assert hub.rows("trust/", updated__gte=now) == []
        fee = ledger(hub, settled)["entries"][1]
        hub.change(f"/trust/{fee['id']}/post")
        assert [(row["case_id"], row["as_of"]) for row in hub.rows("trust/", updated__gte=now)] == [(settled, now)]
        assert refused(hub.get("trust/", updated__gte="02/03/2031")) == ["updated__gte"]

    def test_rows_may_move_or_come_twice(self, hub):  # [assumed] 6.6
        every = [row["case_id"] for row in hub.rows("trust/", page_size=200)]
        hub.change("/switches", duplicate_at_boundary=True)
        assert hub.rows("trust/", page_size=3, page=2)[0]["case_id"] == every[2]
        hub.change("/switches", duplicate_at_boundary=False, rows_move_while_paging=1)
        hub.get("trust/", page_size=3)
        assert [row["case_id"] for row in hub.rows("trust/", page_size=3, page=2)] == every[4:7]


class TestChecks:
    def test_deposits_of_some_days(self, hub, settled):  # [seen] 3.1
        hub.change("/trust", case_id=settled, kind="reimbursement", amount="40.00", check_date="2031-02-01")
        case = hub.case(settled)
        days = {"check_date__gte": "2031-01-30", "check_date__lte": "2031-02-01"}
        first, second = hub.rows("case/check-deposits/", **days)
        assert first == {
            "id": ledger(hub, settled)["entries"][0]["id"],
            "case_id": settled,
            "casename": case["_casename"],
            "case_manager": case["team"]["case_manager"]["name"] if case["team"]["case_manager"] else "",
            "payee": "Meridian Mutual",
            "check_type": "Settlement check",
            "check_date": "01/30/2031",
            "amount": "18000.00",
        }
        assert (second["check_type"], second["check_date"]) == ("Reimbursement check", "02/01/2031")
        assert hub.rows("case/check-deposits/", check_date__gte="2031-02-01") == [second]
        assert hub.rows("case/check-deposits/", check_date__gte="2031-02-02") == []
        assert refused(hub.get("case/check-deposits/", check_date__lte="02/01/2031")) == ["check_date__lte"]

    def test_fees_that_were_taken(self, hub, settled):  # [seen] 3.1
        fee = ledger(hub, settled)["entries"][1]
        later = {"status": "staged", "check_date": "2031-02-05"}
        hub.change("/trust", case_id=settled, kind="fee", amount="-1.00", **later)
        assert hub.rows("case/fees-in/", check_date__gte="2031-01-01") == []
        hub.change(f"/trust/{fee['id']}/post", check_number="0301", check_date="2031-02-04")
        (row,) = hub.rows("case/fees-in/", check_date__gte="2031-01-01")
        assert list(row) == [
            *("id", "case_id", "casename", "casestatus", "case_manager", "lien_negotiator", "check_date", "fee_total"),
        ]
        assert (row["id"], row["check_date"], row["fee_total"]) == (fee["id"], "02/04/2031", "6000.00")

    def test_fees_need_a_permission_of_their_own(self, hub):  # [seen] 2
        hub.change("/keys/integration", denied=["case/fees-in"])
        assert detail(hub.get("case/fees-in/")) == (403, "You do not have permission to perform this action.")
        assert hub.get("case/check-deposits/").status_code == 200
        assert hub.office.get("/case/fees-in/").status_code == 200
