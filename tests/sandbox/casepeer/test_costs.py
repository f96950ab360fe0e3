import pytest

from sandbox.faults import FaultKind, FaultRule
from tests.sandbox.casepeer.client import detail, refused

SENT = {"system": "soluno", "entry_id": "77120", "bank_account": "Operating", "sent_at": "2031-02-03T10:00:00-05:00"}
PAYMENT = {"check_number": "10218", "paid_on": "02/05/2031"}


@pytest.fixture
def cost(hub):
    """An open cost that the hub reads."""
    return hub.change("/costs", case_id=hub.case_id(), amount="38.75", memo="Records fee")


def patch(hub, cost, **fields):
    return hub.call("PATCH", f"costs/{cost['id']}/", json={"version": cost["version"], **fields})


def changed(hub, cost, **fields):
    answer = patch(hub, cost, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def pending(hub, cost):
    return changed(hub, cost, status="pending", accounting=SENT)


def paid(hub, cost):
    return changed(hub, pending(hub, cost), status="paid", **PAYMENT)


def conflict(answer):
    assert answer.status_code == 409, answer.text
    return answer.json()["code"]


def test_a_cost_has_the_fields_of_the_contract(server, hub):  # [assumed] 6.4
    server.controls.clock.freeze()
    made = hub.change(
        "/costs",
        case_id=hub.case_id(),
        amount="38.75",
        memo="Records fee",
        invoice_number="LI-4471",
        cost_code="MEDREC",
    )
    now = hub.firm.seconds()
    assert hub.body(f"costs/{made['id']}/") == {
        "id": made["id"],
        "case": {"id": hub.case_id(), "_casename": hub.case(hub.case_id())["_casename"]},
        "kind": "case_cost",
        "payee": {"contact_id": 8801, "name": "Lakeside Imaging", "contact_type": "Medical provider"},
        "amount": "38.75",
        "memo": "Records fee",
        "invoice_number": "LI-4471",
        "cost_code": "MEDREC",
        "priority": "Normal",
        "requested_by": hub.firm.seed.staff.admin.id,
        "requested_on": hub.firm.stamps.day(hub.firm.stamps.today(now)),
        "status": "open",
        "payment_method": None,
        "check_number": None,
        "paid_on": None,
        "split_of": None,
        "accounting": {"system": "soluno", "sent_at": None, "entry_id": None, "bank_account": None, "last_error": None},
        "version": 1,
        "updated_at": hub.firm.stamps.instant(now),
    }


def test_unknown_costs(hub):
    assert detail(hub.get("costs/7/")) == (404, "Not found.")
    assert patch(hub, {"id": 7, "version": 1}, status="void").status_code == 404


class TestLists:
    def test_are_ordered_by_change_and_have_pages(self, hub, cost):  # [assumed] 6.1
        every = hub.rows("costs/", page_size=200)
        moments = [(hub.firm.stamps.parse(row["updated_at"]), row["id"]) for row in every]
        assert moments == sorted(moments)
        assert every[-1] == cost
        pages = [hub.rows("costs/", page_size=20, page=page) for page in (1, 2)]
        assert pages[0] + pages[1] == every[:40]

    def test_by_status_kind_and_case(self, hub, cost):  # [assumed] 6.3
        every = hub.rows("costs/", page_size=200)
        for status in ("open", "paid", "void"):
            some = [row for row in every if row["status"] == status]
            assert hub.rows("costs/", page_size=200, status=status) == some != []
        charge = hub.change("/costs", case_id=hub.case_id(), amount="-75.00", kind="property_damage")
        assert hub.rows("costs/", kind="property_damage") == [charge]
        assert hub.rows("costs/", case=hub.case_id()) == [cost, charge]
        assert hub.rows("costs/", case=7) == []

    def test_changed_since_is_inclusive(self, server, hub):  # [assumed] 6.1
        server.controls.clock.freeze()
        cost = hub.change("/costs", case_id=hub.case_id(), amount="1.00")
        assert hub.rows("costs/", updated__gte=cost["updated_at"]) == [cost]
        server.controls.clock.advance(1)
        later = changed(hub, cost, accounting={"last_error": "No such contact."})
        assert hub.rows("costs/", updated__gte=cost["updated_at"], status="open") == [later]
        server.controls.clock.advance(1)
        after = hub.firm.stamps.instant(hub.firm.seconds())
        assert hub.rows("costs/", updated__gte=after) == []

    @pytest.mark.parametrize(
        "query", [{"status": "sent"}, {"kind": "bill"}, {"case": "x"}, {"updated__gte": "02/03/2031"}]
    )
    def test_what_makes_no_sense_is_refused(self, hub, query):
        assert refused(hub.get("costs/", **query)) == list(query)

    def test_a_cost_that_leaves_the_filter_lets_later_ones_slip_forward(self, hub):  # [assumed] 6.6
        every = hub.rows("costs/", status="open", page_size=200)
        first = hub.rows("costs/", status="open", page_size=5)
        pending(hub, next(row for row in first if not row.get("superseded")))
        second = hub.rows("costs/", status="open", page_size=5, page=2)
        assert second == every[6:11]

    def test_rows_may_move_or_come_twice(self, hub):  # [assumed] 6.6
        every = [row["id"] for row in hub.rows("costs/", page_size=200)]
        hub.change("/switches", rows_move_while_paging=2)
        hub.get("costs/", page_size=5)
        assert [row["id"] for row in hub.rows("costs/", page_size=5, page=2)] == every[7:12]
        hub.change("/switches", rows_move_while_paging=0, duplicate_at_boundary=True)
        pages = [hub.rows("costs/", page_size=5, page=page) for page in (1, 2)]
        assert pages[0][-1] == pages[1][0]


class TestTransitions:
    """[assumed] 6.4: open, pending, paid or void; each at the version that was read."""

    def test_sent_to_accounting(self, server, hub, cost):
        server.controls.clock.freeze()
        sent = pending(hub, cost)
        assert sent == hub.body(f"costs/{cost['id']}/")
        assert (sent["status"], sent["version"]) == ("pending", cost["version"] + 1)
        assert sent["accounting"] == SENT | {"last_error": None, "sent_at": SENT["sent_at"]}
        assert sent["updated_at"] == hub.firm.stamps.instant(hub.firm.seconds())

    def test_without_its_time_it_was_sent_now(self, server, hub, cost):
        server.controls.clock.freeze()
        sent = changed(hub, cost, status="pending", accounting={"entry_id": "77120"})
        assert sent["accounting"]["sent_at"] == hub.firm.stamps.instant(hub.firm.seconds())

    def test_paid_with_a_check(self, hub, cost):
        done = paid(hub, cost)
        assert {name: done[name] for name in PAYMENT} == PAYMENT
        assert (done["status"], done["payment_method"], done["accounting"]["entry_id"]) == ("paid", "check", "77120")

    def test_voided_while_pending_or_paid(self, hub, cost):
        assert changed(hub, pending(hub, cost), status="void")["status"] == "void"
        other = hub.change("/costs", case_id=hub.case_id(), amount="2.00")
        voided = changed(hub, paid(hub, other), status="void")
        assert (voided["status"], voided["check_number"]) == ("void", PAYMENT["check_number"])

    @pytest.mark.parametrize("status", ["open", "paid", "void"])
    def test_no_other_way_leads_from_open(self, hub, cost, status):
        assert conflict(patch(hub, cost, status=status, **PAYMENT)) == "invalid_transition"
        assert hub.body(f"costs/{cost['id']}/") == cost

    def test_nor_back_nor_on_the_spot(self, hub, cost):
        sent = pending(hub, cost)
        for status in ("open", "pending"):
            assert conflict(patch(hub, sent, status=status)) == "invalid_transition"
        done = changed(hub, sent, status="paid", **PAYMENT)
        for status in ("open", "pending", "paid"):
            assert conflict(patch(hub, done, status=status)) == "invalid_transition"
        void = changed(hub, done, status="void")
        for status in ("open", "pending", "paid", "void"):
            assert conflict(patch(hub, void, status=status)) == "invalid_transition"

    def test_an_old_version_is_stale_even_where_the_way_is_closed(self, hub, cost):
        pending(hub, cost)
        for fields in ({"status": "pending", "accounting": SENT}, {"status": "void"}, {"amount": "1.00"}):
            assert conflict(patch(hub, cost, **fields)) == "stale_version"

    def test_what_people_change_makes_a_version_old(self, hub, cost):
        hub.change(f"/costs/{cost['id']}", memo="Records fee, corrected")
        assert conflict(patch(hub, cost, status="pending", accounting=SENT)) == "stale_version"

    def test_one_that_was_split_is_not_sent(self, hub):  # [help] 4.1
        split = next(row for row in hub.rows("costs/", page_size=200) if row.get("superseded"))
        assert split["status"] == "open"
        assert conflict(patch(hub, split, status="pending", accounting=SENT)) == "invalid_transition"

    def test_a_lost_answer_leaves_the_cost_sent(self, server, hub, cost):  # [assumed] 6.6
        server.controls.faults.add(FaultRule("casepeer", FaultKind.CUT_AFTER, method="PATCH", path="*/costs/*"))
        with pytest.raises(Exception, match="disconnected"):
            pending(hub, cost)
        assert hub.body(f"costs/{cost['id']}/")["accounting"]["entry_id"] == "77120"
        assert conflict(patch(hub, cost, status="pending", accounting=SENT)) == "stale_version"


class TestWhatAPatchNeeds:
    @pytest.mark.parametrize(
        ("fields", "complaint"),
        [
            ({"status": "pending"}, {"accounting": ["entry_id: This field is required."]}),
            (
                {"status": "pending", "accounting": {"entry_id": None}},
                {"accounting": ["entry_id: This field is required."]},
            ),
            ({"status": "sent"}, {"status": ['"sent" is not a valid choice.']}),
            ({"version": None}, {"version": ["This field is required."]}),
            ({"version": "1"}, {"version": ["A valid integer is required."]}),
            ({"amount": "many"}, {"amount": ["A valid number is required."]}),
            ({"amount": True}, {"amount": ["A valid number is required."]}),
            ({"amount": "NaN"}, {"amount": ["A valid number is required."]}),
            ({"amount": "38.755"}, {"amount": ["Ensure that there are no more than 2 decimal places."]}),
            ({"amount": 38.755}, {"amount": ["Ensure that there are no more than 2 decimal places."]}),
            ({"amount": "-1.00"}, {"amount": ["Ensure this value is greater than or equal to 0."]}),
            ({"accounting": "sent"}, {"accounting": ["Invalid data. Expected a dictionary, but got str."]}),
            ({"accounting": {"sent_at": "today"}}, {"accounting": ["sent_at: Datetime has wrong format."]}),
            ({"accounting": {"entry_id": "1"}}, {"accounting": ["entry_id: It is set when the cost becomes pending."]}),
            ({"check_number": "1"}, {"check_number": ["It is set when the cost is paid."]}),
        ],
    )
    def test_an_open_cost_says_what_is_wrong(self, hub, cost, fields, complaint):  # [assumed] 6.2
        answer = patch(hub, cost, **fields)
        assert (answer.status_code, answer.json()) == (400, complaint)
        assert hub.body(f"costs/{cost['id']}/") == cost

    @pytest.mark.parametrize(
        ("payment", "field"),
        [
            ({"paid_on": "02/05/2031"}, "check_number"),
            ({"check_number": "10218"}, "paid_on"),
            ({"check_number": "10218", "paid_on": "2031-02-05"}, "paid_on"),
        ],
    )
    def test_a_payment_has_a_check_and_a_day(self, hub, cost, payment, field):  # [assumed] 6.4
        assert refused(patch(hub, pending(hub, cost), status="paid", **payment)) == [field]

    def test_an_open_cost_takes_an_amount_and_a_pending_one_does_not(self, hub, cost):  # [assumed] 6.4
        edited = changed(hub, cost, amount=40.5)
        assert edited["amount"] == "40.50"
        assert refused(patch(hub, edited, amount="41.00", status="pending", accounting=SENT)) == ["amount"]
        assert refused(patch(hub, pending(hub, edited), amount="41.00")) == ["amount"]

    def test_property_damage_may_be_negative(self, hub):  # [help] 4.2
        charge = hub.change("/costs", case_id=hub.case_id(), amount="-75.00", kind="property_damage")
        assert changed(hub, charge, amount="-80.00")["amount"] == "-80.00"

    def test_an_open_cost_takes_an_error_and_a_bank_account(self, hub, cost):
        told = {"last_error": "The casefile is closed.", "bank_account": "Costs", "system": "soluno", "sent_at": None}
        after = changed(hub, cost, accounting=told)
        assert after["accounting"] == told | {"entry_id": None}
        assert (after["status"], after["version"]) == ("open", cost["version"] + 1)
        assert refused(patch(hub, pending(hub, after), accounting={"last_error": "late"})) == ["accounting"]

    def test_a_view_of_its_own_may_be_forbidden(self, hub, cost):  # [seen] 2
        hub.change("/keys/integration", denied=["costs/*"])
        assert patch(hub, cost, amount="1.00").status_code == 403
        assert hub.get("costs/").status_code == 200
