"""Which special cases the seeds hold, beside the troubles every vendor shows."""

import time

from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.sandbox.smartadvocate.client import Hub


def test_two_plaintiffs(hub):
    first, second = hub.case(hub.case_id(41))["plaintiffs"]
    assert (first["primaryContact"], second["primaryContact"], second["client"]) == (True, False, True)
    assert first["contactID"] != second["contactID"]


def test_a_spouse_is_a_plaintiff_too():
    with SandboxServer(WorldOptions(matters=450, firms=4), limits_on=False) as server:
        firms = server.smartadvocate.firms.values()
        cases = (
            firm.cases.get(firm.seed.first_matter_id + index) for firm in firms for index in firm.seed.related_indices
        )
        roles = {party.role for case in cases for party in case.plaintiffs}
    assert roles == {"(P)-Plaintiff", "(P)-Plaintiff Spouse"}


def test_a_removed_plaintiff_comes_first_and_is_another_cases_client(hub):
    removed, client = hub.case(hub.case_id(17))["plaintiffs"][:2]
    assert (removed["markedAsRemoved"], removed["primary"], removed["client"]) == (True, True, True)
    assert (client["markedAsRemoved"], client["primaryContact"]) == (False, True)
    assert removed["contactID"] == hub.case(hub.case_id(16))["plaintiffs"][0]["contactID"]


def test_a_lettered_number_and_one_that_begins_with_another(hub):
    assert hub.case(hub.case_id(7))["caseNumber"].endswith("-00008PI")
    shorter, longer = (hub.case(hub.case_id(index))["caseNumber"] for index in (8, 9))
    assert longer == shorter + "1"
    assert len(hub.rows("case/CaseInfo", Casenumber=shorter)) == 1
    assert len(hub.rows("case/CaseInfo", Casenumber=shorter + "%")) == 2


def test_numbers_are_unique_but_for_the_world_s_duplicate(hub):
    case_id = hub.troubled("duplicate_display_number")
    rows = hub.rows("case/CaseInfo", Casenumber=hub.case(case_id)["caseNumber"])
    assert sorted(row["caseID"] for row in rows) == sorted((case_id, hub.firm.seed.partner(case_id)))
    assert len({number for number, _ in hub.firm.seeds.numbers}) == 449


def test_practice_areas_that_differ_in_letter_case(hub):
    types = {hub.case(case_id)["caseType"] for case_id in hub.firm.seed.troubles["practice_area_unmapped"]}
    assert types <= {"Internal Administration", "personal injury"}
    with SandboxServer(WorldOptions(matters=450, firms=8), limits_on=False) as server:
        firms = server.smartadvocate.firms.values()
        every = {firm.cases.get(case).type for firm in firms for case in firm.seed.troubles["practice_area_unmapped"]}
    assert every == {"Internal Administration", "personal injury"}


def test_no_description_is_no_incident_and_no_stage_no_status(hub):
    assert hub.case(hub.troubled("null_description"))["incident"] is None
    case = hub.case(hub.troubled("no_stage"))
    assert (case["caseStatus"], case["caseStatusID"]) == (None, 0)


def test_closed_and_pending(hub):
    closed, pending = hub.case(hub.troubled("closed")), hub.case(hub.troubled("pending"))
    assert closed["caseStatus"] == "Closed Case"
    assert closed["caseClosedDate"] is not None
    assert pending["caseClosedDate"] is None
    assert "Pending" in [status["statusName"] for status in pending["secondStatuses"]]


def test_notes_are_html_and_some_are_shared_already(hub):
    notes = [note for index in range(40) for note in hub.firm.notes_of(hub.case_id(index))]
    assert any("<strong>" in note.text for note in notes)
    assert {(hub.firm.note_types.names[note.type_id], note.shared) for note in notes} >= {
        ("Plaintiff", True),
        ("Plaintiff", False),
    }


def test_some_documents_are_deleted_and_some_empty(hub):
    documents = [document for index in range(40) for document in hub.firm.documents.of_case(hub.case_id(index))]
    assert any(document.deleted for document in documents)
    assert any(document.size == 0 and not document.deleted for document in documents)


def test_the_same_seed_gives_the_same_firm(server, hub):
    before = [hub.case(hub.case_id(index)) for index in range(30)], hub.rows(f"case/{hub.case_id(3)}/notes")
    server.reset()
    with Hub(server) as again:
        after = [again.case(again.case_id(index)) for index in range(30)], again.rows(f"case/{hub.case_id(3)}/notes")
    assert after == before


def test_firms_have_ids_of_their_own_for_what_they_pick(server, hub):
    with Hub(server, "lark-quill") as other:
        for path in ("case/notes/types", "case/documents/categories"):
            ours, theirs = ({row["description"]: row["id"] for row in one.rows(path)} for one in (hub, other))
            assert set(ours) == set(theirs)
            assert all(ours[name] != theirs[name] for name in ours)


def test_the_portal_can_act_for_the_firm(server, hub, plain):
    """Practice area and stage of a case are names that the portal's firm has mapped."""
    settings = {"integration_source": "smartadvocate"}
    assert plain.patch("/__sandbox__/casestatus/firms/harrow-pike", json=settings).status_code == 200
    key = {"Authorization": "ApiKey csk-harrow-pike"}
    seed = hub.firm.seed
    sound = [n for n in range(60) if seed.status(n) == "open" and n not in seed.assignment.trouble_of]
    for index in sound[:20]:
        case = hub.case(hub.case_id(index))
        body = {
            "readable_id": case["caseNumber"],
            "practice_area": case["caseType"],
            "stage": case["caseStatus"],
            "attorney_email": case["caseStaff"][0]["email"].strip().lower(),
            "clients": [
                {
                    "external_id": str(case["plaintiffs"][0]["contactID"]),
                    "first_name": "Dana",
                    "last_name": "Vance",
                    "cell_phone": f"(303) 555-01{index % 50:02d}",
                }
            ],
        }
        path = f"/casestatus/v1/api/cases/by_integration_id/{case['caseID']}"
        answer = plain.put(path, json=body, headers=key)
        assert answer.status_code == 201, answer.text
        assert answer.json()["case"]["integration_source"] == "smartadvocate"


def test_a_firm_of_twenty_thousand_cases_is_listed_in_no_time():
    with SandboxServer(WorldOptions(matters=20_000), limits_on=False) as server, Hub(server) as hub:
        started = time.perf_counter()
        pages = [hub.between("case", pageRequest={"currentPage": n, "pageSize": 200}).json() for n in range(10)]
        hub.rows("case/CaseInfo", Casenumber=pages[9]["cases"][0]["caseNumber"])
        assert time.perf_counter() - started < 5
        assert pages[0]["pageRequest"]["totalPages"] == 100
