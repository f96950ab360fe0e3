import pytest

from sandbox.faults import FaultKind, FaultRule
from tests.sandbox.listening import listening


def test_what_a_firm_enters_to_connect(hub, server):
    told = hub.told()
    assert told["host"] == f"{server.url}/smartadvocate/harrow-pike"
    assert told["api_base"] == hub.connection["api_base"]
    assert [(user["username"], user["user_id"], user["locked"]) for user in told["users"]] == [
        ("hub_admin", 677, False),
        ("hub_limited", 678, False),
        ("hub_locked", 679, True),
    ]
    assert {user["password"] for user in told["users"]} == {"correct-horse-harrow-pike"}
    assert told["note_types"]["Plaintiff"] == hub.firm.note_types.id_of("Plaintiff")


def test_a_token_without_logging_in(hub):
    hub.http.headers["Authorization"] = f"Bearer {hub.control.post('/token', json={}).json()['token']}"
    assert hub.get("case/notes/types").status_code == 200


def test_switches_are_turned_by_name(hub):
    assert hub.control.post("/switches", json={"none_is_404": True}).json()["none_is_404"] is True
    assert hub.firm.switches.none_is_404
    answer = hub.control.post("/switches", json={"none_is_405": True})
    assert answer.status_code == 400
    assert "there are token_seconds" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/users/hub_admin", {"passwort": "x"}),
        ("/users/hub_admin", {"denied": ["everything"]}),
        ("/users/nobody", {}),
        ("/notes", {"text": "no case"}),
        ("/notes", {"case_id": 1, "text": "unknown case"}),
    ],
)
def test_a_wrong_control_call_says_so(hub, path, body):
    assert hub.control.post(path, json=body).status_code == 400


def test_a_firm_has_few_settings(hub):
    assert hub.settings(hiden_cases=[]).status_code == 400


class TestChangesOfACase:
    def change(self, hub, **values):
        answer = hub.control.post(f"/cases/{hub.case_id()}", json=values)
        assert answer.status_code == 200, answer.text
        assert answer.json() == hub.case(hub.case_id()) == hub.control.get(f"/cases/{hub.case_id()}").json()
        return answer.json()

    def test_status(self, server, hub):
        server.controls.clock.freeze()
        area = hub.case(hub.case_id())["caseType"]
        stage = next(area_ for area_ in hub.firm.seed.practice_areas if area_.name == area).stages[1]
        case = self.change(hub, status=stage.name)
        assert (case["caseStatus"], case["caseStatusID"]) == (stage.name, stage.id)
        assert case["caseStatusFrom"] == case["modifiedDate"]

    def test_closing_and_reopening(self, hub):
        assert self.change(hub, closed=True)["caseStatus"] == "Closed Case"
        case = self.change(hub, closed=False)
        assert case["caseClosedDate"] is None
        assert case["caseStatus"] != "Closed Case"

    def test_staff(self, hub):
        user = hub.firm.seed.staff.paralegals[0]
        rows = [{"user_id": user.id, "role": "Secondary Attorney", "to_date": "2026-01-01T00:00:00Z"}]
        rows.append({"email": "x@y.example", "role": "Paralegal", "last_name": "Doe"})
        first, second = self.change(hub, staff=rows)["caseStaff"]
        assert (first["email"], first["role"], first["toDate"]) == (
            user.email,
            "Secondary Attorney",
            rows[0]["to_date"],
        )
        assert (second["email"], second["lastName"], "toDate" in second) == ("x@y.example", "Doe", False)

    def test_incident_type_and_sub_status(self, hub):
        case = self.change(hub, incident_date="2026-01-02", type="mva", sub_statuses={"Records Status": "Received"})
        assert (case["incident"]["incidentDate"], case["caseType"]) == ("2026-01-02T00:00:00Z", "mva")
        assert [status["statusName"] for status in case["secondStatuses"]] == ["Received"]
        assert self.change(hub, description=None)["incident"] is None

    def test_number(self, hub):
        before = hub.case(hub.case_id())["caseNumber"]
        self.change(hub, number="X-1")
        assert hub.rows("case/CaseInfo", Casenumber=before) == []
        assert [case["caseID"] for case in hub.rows("case/CaseInfo", Casenumber="X%")] == [hub.case_id()]

    def test_an_unknown_value(self, hub):
        answer = hub.control.post(f"/cases/{hub.case_id()}", json={"colour": "red"})
        assert answer.status_code == 400
        assert "there are status, closed" in answer.json()["error"]

    def test_a_new_case(self, hub):
        made = hub.control.post("/cases", json={"like": hub.case_id(), "number": "Z-1"}).json()
        assert made["caseID"] == hub.case_id(450)
        assert hub.rows("case/CaseInfo", Casenumber="Z-1", AddContactInfo="true") == [made]
        rows = hub.between("case", modifiedFromDateTime=made["createdDate"]).json()["cases"]
        assert [row["caseID"] for row in rows] == [made["caseID"]]
        assert hub.note(made["caseID"]).status_code == 200

    def test_a_contact(self, hub):
        phones = [{"label": "Cell", "number": "6145550142", "primary": True}]
        contact = hub.control.post(
            "/contacts/1050001", json={"last_name": "Doe", "phones": phones, "emails": ["d@e.example"]}
        ).json()
        assert contact == hub.case(hub.case_id())["plaintiffs"][0]["contact"]
        assert contact["phones"][0]["phoneNumber"] == "(614) 555-0142"
        assert hub.case(hub.case_id())["plaintiffs"][0]["name"].startswith("Doe, ")


def test_instants_with_the_firms_own_offset(hub):
    hub.control.post("/switches", json={"local_offsets": True})
    case = hub.case(hub.case_id())
    assert case["modifiedDate"][-6:] in {"-05:00", "-04:00"}
    assert case["modifiedDate"][19] == "."
    assert case["caseOpenedDate"][10:19] == "T00:00:00"


def test_fractions_have_nought_to_three_digits(hub):
    ends = {len(hub.case(hub.case_id(index))["createdDate"]) for index in range(60)}
    assert ends <= {20, 22, 23, 24}
    assert len(ends) > 1


def test_faults_and_the_request_log_cover_it(server, hub):
    server.controls.faults.add(FaultRule("smartadvocate", FaultKind.HTML, path="/harrow-pike/*", status=500))
    answer = hub.get(f"case/{hub.case_id()}")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    hub.get(f"case/{hub.case_id()}")
    routes = server.controls.requests.by_route("smartadvocate")
    assert routes == {"GET /harrow-pike/CaseSyncAPI/case/{id}": 2}


class TestPushes:
    @pytest.fixture
    def heard(self, hub):
        """The bodies that reach an address, with the secret of each."""
        with listening("X-SA-Sandbox-Secret") as (address, wait):
            hub.firm.switches.push_url = address
            yield wait

    def test_nothing_is_pushed_by_default(self, hub):
        hub.firm.write_note(hub.case_id(), "x")
        assert hub.control.get("/pushes").json() == []

    def test_notes_are_announced(self, hub, heard):
        note = hub.note(hub.case_id()).json()
        hub.firm.share_note(note["noteID"])
        (first, secret), (second, _) = heard(2)
        assert secret == "sandbox-push"
        assert first == {
            "event": "note.created",
            "caseID": hub.case_id(),
            "caseNumber": note["caseNumber"],
            "noteID": note["noteID"],
            "occurredAt": note["createdDate"],
        }
        assert second["event"] == "note.updated"

    def test_twice(self, hub, heard):
        hub.firm.switches.push_duplicate = True
        hub.firm.write_note(hub.case_id(), "x")
        (first, _), (second, _) = heard(2)
        assert first == second

    def test_out_of_order(self, hub, heard):
        hub.firm.switches.push_reorder = True
        numbers = [hub.firm.write_note(hub.case_id(), text).id for text in "ab"]
        assert [body["noteID"] for body, _ in heard(2)] == numbers[::-1]

    def test_dropped(self, hub, heard):
        hub.firm.switches.push_drop = True
        hub.firm.write_note(hub.case_id(), "x")
        assert [push["outcome"] for push in hub.control.get("/pushes").json()] == ["dropped"]
        assert heard(0) == []
        assert hub.control.delete("/pushes").json() == []
