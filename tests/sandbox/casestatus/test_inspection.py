"""The sandbox's own routes: what tests and the demo set up and look at."""

from typing import Any

from tests.sandbox.casestatus.client import DELLA, Office, case_body, refused


def ask(office: Office, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = office.http.request(method, f"{office.server.url}/__sandbox__/casestatus{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_worlds_firms_are_there_with_keys_people_and_areas(office: Office) -> None:
    firms = {firm["slug"]: firm for firm in ask(office, "GET", "/firms")}
    seeded = firms["harrow-pike"]
    assert [key["key"] for key in seeded["keys"]] == ["csk-harrow-pike"]
    assert seeded["cases"] == 0
    with Office(office.server, "csk-harrow-pike") as hub:
        world = office.server.world.firm("harrow-pike")
        assert hub.get("/me").json()["firm"]["time_zone"] == world.time_zone
        users = hub.get("/users", limit=100).json()["data"]
        assert {user["email"] for user in users} == {user.email for user in world.portal_users}
        areas = hub.get("/practice_areas").json()["data"]
        assert [area["display_name"] for area in areas] == [area.display_name for area in world.portal_practice_areas]
        assert all(2 <= len(area["stages"]) <= 12 for area in areas)


def test_a_firm_is_added_and_changed(office: Office) -> None:
    firm = ask(office, "POST", "/firms", {"slug": "new", "name": "New", "integration_source": "casepeer"})
    with Office(office.server, firm["keys"][0]["key"]) as hub:
        assert hub.get("/me").json()["firm"]["integration_source"] == "casepeer"
        ask(office, "PATCH", "/firms/new", {"require_stage": False})
        assert hub.get("/me").json()["firm"]["require_stage"] is False
    ask(office, "GET", "/firms/nobody/cases", status=404)


def test_cases_are_set_up_activated_and_deleted(office: Office) -> None:
    body = case_body(integration_id="5", activate=True)
    case = ask(office, "POST", "/firms/fixture-one/cases", body)
    assert case["state"] == "active"
    assert ask(office, "POST", "/firms/fixture-one/activate", {}) == {"activated": 2}
    ask(office, "DELETE", f"/firms/fixture-one/cases/{case['id']}")
    [shown] = ask(office, "GET", "/firms/fixture-one/cases?integration_id=5")
    assert shown["deleted"] is True
    ask(office, "POST", "/firms/fixture-one/cases", {**body, "attorney_email": None}, status=422)


def test_users_keys_and_practice_areas_are_set_up(office: Office) -> None:
    user = {"first_name": "A", "last_name": "B", "email": "a@b.example", "role": "attorney", "status": "removed"}
    assert ask(office, "POST", "/firms/fixture-one/users", user)["status"] == "removed"
    ask(office, "POST", "/firms/fixture-one/keys", {"key": "csk-x", "scopes": ["read"]})
    with Office(office.server, "csk-x") as reader:
        refused(reader.upsert(), 403, "scope_missing")
    ask(
        office,
        "POST",
        "/firms/fixture-one/practice_areas",
        {"display_name": "Lonely", "stages": [{"display_name": "Only"}]},
    )
    assert office.upsert(practice_area="Lonely", stage="Only").status_code == 201


def test_notices_are_shown_by_kind_and_firm(office: Office) -> None:
    case_id = office.given_case(active=True)
    office.upsert(stage="Phase 2")
    office.message(case_id)
    assert [notice["kind"] for notice in ask(office, "GET", "/notices")] == ["stage_changed", "message"]
    [notice] = ask(office, "GET", "/notices?kind=stage_changed&firm=fixture-one")
    assert (notice["case_id"], notice["integration_id"], notice["text"]) == (case_id, "17", "Step 2")
    assert ask(office, "GET", "/notices?firm=fixture-two") == []
    ask(office, "DELETE", "/notices")
    assert ask(office, "GET", "/notices") == []


def test_clients_write_upload_and_say_stop(office: Office) -> None:
    case_id = office.given_case(active=True)
    message = ask(office, "POST", "/firms/fixture-one/inbound_message", {"integration_id": "17", "content": "Hello"})
    assert (message["type"], message["sender_name"]) == ("inbound", "Della Vance")
    ask(office, "PATCH", f"/firms/fixture-one/messages/{message['id']}", {"content": "Hello!"})
    assert ask(office, "GET", "/firms/fixture-one/messages")[0]["content"] == "Hello!"
    file = ask(
        office, "POST", "/firms/fixture-one/inbound_file", {"case_id": case_id, "file_name": "a.png", "size": 10}
    )
    assert (file["content_type"], file["size"]) == ("image/png", 10)
    assert office.http.get(file["url"]).status_code == 200
    assert [shown["id"] for shown in ask(office, "GET", "/firms/fixture-one/files")] == [file["id"]]
    client_id = office.case(case_id)["clients"][0]["id"]
    ask(office, "PATCH", f"/firms/fixture-one/clients/{client_id}", {"sms_opted_out": True})
    assert office.case(case_id)["clients"][0]["sms_opted_out"] is True
    ask(office, "POST", "/firms/fixture-one/inbound_message", {"integration_id": "none", "content": "x"}, status=404)


def test_processing_takes_as_long_as_told(office: Office) -> None:
    assert ask(office, "POST", "/processing", {"seconds": 0.25}) == {"seconds": 0.25}
    assert office.portal.processing_seconds == 0.25


def test_a_reset_begins_anew(office: Office) -> None:
    office.given_case(clients=[DELLA])
    office.http.post(f"{office.server.url}/__sandbox__/reset").raise_for_status()
    assert ask(office, "GET", "/firms/fixture-one/cases?integration_id=17") == []


def test_many_messages_and_files_arrive_in_one_call(office: Office) -> None:
    case_id = office.given_case(active=True)
    bodies = [{"case_id": case_id, "content": str(number)} for number in range(5000)]
    messages = ask(office, "POST", "/firms/fixture-one/inbound_message", bodies)
    files = ask(office, "POST", "/firms/fixture-one/inbound_file", bodies)
    assert [message["content"] for message in messages] == [body["content"] for body in bodies]
    assert len({message["updated_at"] for message in messages}) == 5000
    assert [file["id"] for file in files] == [file["id"] for file in ask(office, "GET", "/firms/fixture-one/files")]
    ask(office, "POST", "/firms/fixture-one/inbound_message", [{"case_id": 7}], status=404)
    assert ask(office, "POST", "/firms/fixture-one/inbound_file", []) == []
