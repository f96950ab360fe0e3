"""Lists: by cursor in the order of changes with filters, and the older pages by number."""

from typing import Any

import pytest

from sandbox.casestatus.arrivals import file_arrives, message_arrives
from sandbox.casestatus.instants import as_text
from tests.sandbox.casestatus.client import Office, refused


def given_cases(office: Office, count: int) -> list[int]:
    """New cases of different clients."""
    return [
        office.given_case(
            str(number),
            readable_id=f"L-{number}",
            clients=[{"first_name": "A", "last_name": str(number), "cell_phone": f"(312) 555-01{number:02d}"}],
        )
        for number in range(count)
    ]


def walk(office: Office, path: str, **query: Any) -> list[dict[str, Any]]:
    """All pages of a cursor list."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        payload = office.get(path, cursor=cursor, **query).json()
        found += payload["data"]
        cursor = payload["page"]["next_cursor"]
        assert payload["page"]["has_more"] == (cursor is not None)
        if cursor is None:
            return found


def test_all_cases_come_page_by_page_oldest_change_first(office: Office) -> None:
    ids = given_cases(office, 7)
    office.upsert("2", readable_id="L-2", clients=..., description="New")
    listed = [case["id"] for case in walk(office, "/cases", limit=3)]
    assert listed[-7:] == [ids[0], ids[1], *ids[3:], ids[2]]
    first = office.get("/cases", limit=3).json()
    assert len(first["data"]) == 3
    assert first["page"] == {"limit": 3, "has_more": True, "next_cursor": first["page"]["next_cursor"]}
    assert office.get("/cases").json()["page"]["limit"] == 25


def test_a_case_that_changes_meanwhile_is_met_again(office: Office) -> None:
    ids = given_cases(office, 4)
    first = office.get("/cases", limit=7).json()
    assert ids[1] in [case["id"] for case in first["data"]]
    office.upsert("1", readable_id="L-1", clients=..., description="New")
    rest = office.get("/cases", cursor=first["page"]["next_cursor"], limit=100).json()["data"]
    assert [case["description"] for case in rest if case["id"] == ids[1]] == ["New"]


class TestOverlap:
    def turn(self, office: Office, rows: int) -> None:
        address = f"{office.server.url}/__sandbox__/casestatus/overlap"
        assert office.http.post(address, json={"rows": rows}).json() == {"rows": rows}

    def test_each_page_repeats_the_end_of_the_page_before(self, office: Office) -> None:
        given_cases(office, 5)
        expected = [case["id"] for case in walk(office, "/cases", limit=4)]
        self.turn(office, 2)
        listed = [case["id"] for case in walk(office, "/cases", limit=4)]
        assert listed[:8] == [*expected[:4], *expected[2:6]]
        assert list(dict.fromkeys(listed)) == expected
        assert len(listed) > len(expected)

    def test_every_page_gets_further(self, office: Office) -> None:
        given_cases(office, 3)
        expected = [case["id"] for case in walk(office, "/cases")]
        self.turn(office, 50)
        assert list(dict.fromkeys(case["id"] for case in walk(office, "/cases", limit=2))) == expected
        assert [case["id"] for case in walk(office, "/cases", limit=1)] == expected

    def test_what_arrives_late_stands_at_its_old_place(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        arrived = [message_arrives(office.portal, office.firm, {"case_id": case_id}) for _ in range(4)]
        old = as_text(arrived[1].updated_at)
        late = {"case_id": case_id, "sent_at": old, "updated_at": old}
        message = message_arrives(office.portal, office.firm, late).id
        file = file_arrives(office.portal, office.firm, late).id
        ids = [one.id for one in arrived]
        since = as_text(arrived[0].updated_at)
        listed = walk(office, "/messages", updated_since=since, limit=2)
        assert [one["id"] for one in listed] == [*ids[:2], message, *ids[2:]]
        assert [one["id"] for one in walk(office, "/files", updated_since=old)] == [file]
        assert walk(office, "/files", updated_since=as_text(arrived[2].updated_at)) == []


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", ""])
def test_the_limit_is_1_to_100(office: Office, limit: str) -> None:
    assert refused(office.get("/cases", limit=limit), 400, "invalid_parameter") == {"parameter": "limit"}


def test_a_cursor_lives_an_hour_and_belongs_to_its_list(office: Office) -> None:
    given_cases(office, 3)
    cursor = office.get("/cases", limit=1, state="open").json()["page"]["next_cursor"]
    assert office.get("/cases", cursor=cursor, state="open", limit=50).status_code == 200
    refused(office.get("/cases", cursor=cursor, state="closed"), 400, "invalid_cursor")
    refused(office.get("/cases", cursor=cursor), 400, "invalid_cursor")
    refused(office.get("/users", cursor=cursor), 400, "invalid_cursor")
    refused(office.get("/cases", cursor="nonsense", state="open"), 400, "invalid_cursor")
    office.server.controls.clock.advance(3601)
    refused(office.get("/cases", cursor=cursor, state="open"), 400, "invalid_cursor")


class TestFilters:
    def test_state(self, office: Office) -> None:
        def names(state: str) -> list[str]:
            return [case["readable_id"] for case in walk(office, "/cases", state=state)]

        assert names("onboarding") == ["F-1", "F-2"]
        assert (names("active"), names("on_hold"), names("closed")) == (["F-3"], ["F-4"], ["F-5"])
        assert names("open") == ["F-1", "F-2", "F-3", "F-4"]
        refused(office.get("/cases", state="pending"), 400, "invalid_parameter")

    def test_integration_id_and_source(self, office: Office) -> None:
        given_cases(office, 2)
        elsewhere = office.given_case("1?source=casepeer", readable_id="P-1")
        assert {case["id"] for case in walk(office, "/cases", integration_id="1")} >= {elsewhere}
        assert len(walk(office, "/cases", integration_id="1")) == 2
        assert [case["id"] for case in walk(office, "/cases", integration_id="1", source="casepeer")] == [elsewhere]
        assert walk(office, "/cases", integration_id="999") == []
        assert walk(office, "/cases", source="casepeer")[0]["id"] == elsewhere

    def test_practice_area_and_stage(self, office: Office) -> None:
        case_id = office.given_case(practice_area="Estates", stage="Signing")
        assert [case["id"] for case in walk(office, "/cases", practice_area="Estate Planning")] == [case_id]
        assert [case["id"] for case in walk(office, "/cases", stage="Signing")] == [case_id]
        assert walk(office, "/cases", practice_area="Auto Injury", stage="Signing") == []

    def test_updated_since_is_inclusive(self, office: Office) -> None:
        ids = given_cases(office, 3)
        since = office.case(ids[1])["updated_at"]
        assert [case["id"] for case in walk(office, "/cases", updated_since=since)] == ids[1:]
        assert [case["id"] for case in walk(office, "/cases", updated_since=since, limit=1)] == ids[1:]
        refused(office.get("/cases", updated_since="yesterday"), 400, "invalid_parameter")

    def test_deleted_cases_are_not_listed(self, office: Office) -> None:
        ids = given_cases(office, 2)
        office.firm.delete_case(office.record(ids[0]))
        assert ids[0] not in [case["id"] for case in walk(office, "/cases")]


class TestReporting:
    def report(self, office: Office, **query: Any) -> list[dict[str, Any]]:
        answer = office.http.get("/reporting/cases", params=query)
        assert answer.status_code == 200
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def test_cases_carry_human_labels(self, office: Office) -> None:
        first = self.report(office)[0]
        assert (first["Case Name"], first["Practice Area"], first["Status"]) == ("F-1", "Auto Injury", "Step 1")
        assert (first["Integration ID"], first["Attorney Email"]) == ("fixture-f-1", "of.counsel@fixture.example")
        assert first["Attorneys"]["Attorney 1 First Name"] == "Olive"
        assert first["Clients"]["Client 1 Cell Phone"] == "+13035550112"
        assert first["Clients"]["Client 2 First Name"] == "Marco"
        assert isinstance(first["Internal ID"], int)

    def test_it_pages_by_number_and_size(self, office: Office) -> None:
        names = [
            [case["Case Name"] for case in self.report(office, size=2, **{"page[number]": n})] for n in (1, 2, 3, 4)
        ]
        assert names == [["F-1", "F-2"], ["F-3", "F-4"], ["F-5"], []]
        for bad in ("0", "x"):
            refused(office.http.get("/reporting/cases", params={"page[number]": bad}), 400, "invalid_parameter")
        refused(office.http.get("/reporting/cases", params={"cursor": ""}), 400, "invalid_parameter")

    def test_it_reads_the_same_data(self, office: Office) -> None:
        case_id = office.given_case(active=True, paralegal_emails=["manager@fixture-one.example"])
        office.message(case_id)
        office.post(f"/cases/{case_id}/close")
        office.firm.delete_case(office.record(case_id))
        last = self.report(office)[-1]
        assert last["Internal ID"] == case_id
        assert last["Case Manager 1 First Name"] == "Casey"
        assert (last["Total Activities Message"], last["Last Message Received"]) == (1, None)
        assert None not in (last["Last Message Sent"], last["Case Closed At"], last["Case Deleted At"])

    def test_the_firms_row_is_two_texts(self, office: Office) -> None:
        rows = office.http.get("/reporting/firm").json()["results"]
        assert rows == [{"Average Response Time": "0.0 hours", "Cases Per Active User": "1.3"}]
        assert office.http.get("/reporting/firm", params={"page[number]": 2}).json() == {"results": []}

    def test_it_needs_the_key(self, office: Office) -> None:
        answer = office.http.get("/reporting/cases", headers={"Authorization": "x"})
        refused(answer, 401, "unauthorized")
