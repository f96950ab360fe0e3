"""Which special cases the seeds hold, beside the troubles every vendor shows."""

import time

import pytest

from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.sandbox.casepeer.client import Hub


def numbers(case):
    return {phone["type"]: phone["number"] for phone in case["client"]["phones"]}


def test_phones_have_a_place_for_cell_and_home(hub):  # [assumed] 6.4
    assert numbers(hub.case(hub.troubled("no_phone"))) == {"cell": "", "home": ""}
    landline = numbers(hub.case(hub.troubled("landline_only")))
    assert (landline["cell"], landline["home"] != "") == ("", True)
    assert numbers(hub.case(hub.troubled("fax_only")))["fax"] != ""


def test_a_company_has_a_last_name_only(hub):
    client = hub.case(hub.troubled("company_client"))["client"]
    assert (client["firstname"], client["lastname"] != "") == ("", True)
    assert hub.case(hub.troubled("company_client"))["_casename"].startswith(f"{client['lastname']} - DOL")
    assert hub.case(hub.troubled("missing_last_name"))["client"]["lastname"] == ""


def test_no_attorney_no_stage_no_description(hub):  # [help] 4: any role may be empty
    assert hub.case(hub.troubled("no_attorney"))["team"]["lead_attorney"] is None
    case = hub.case(hub.troubled("no_stage"))
    assert (case["casestatus"], case["is_open"]) == (None, True)
    assert hub.case(hub.troubled("null_description"))["description"] is None


def test_a_status_that_differs_in_letter_case_only(hub):  # [help] 5.1: exact spelling
    status = hub.case(hub.troubled("stage_letter_case"))["casestatus"]
    names = [row["name"] for row in hub.rows("case-statuses/", page_size=200)]
    assert status in names
    assert [name for name in names if name.lower() == status] not in ([], [status])


def test_one_attorneys_address_is_untidy(hub):
    untidy = [row["email"] for row in hub.rows("users/", page_size=200) if row["email"] != row["email"].strip()]
    (address,) = untidy
    assert address.strip() != address.strip().lower()
    assert address.strip().lower() in {user.email for user in hub.firm.seed.portal_users}
    assert [row["email"] for row in hub.rows("users/", email=address.strip().lower())] == [address]


def test_the_same_seed_gives_the_same_firm(server, hub):
    def told(one):
        return (
            [one.case(one.case_id(index)) for index in range(20)],
            one.rows("case/notes/", page_size=50),
            one.rows(f"case/case-documents/{one.case_id(3)}/"),
        )

    before = told(hub)
    server.reset()
    with Hub(server) as again:
        assert told(again) == before


def test_no_two_firms_share_an_id(server, hub):
    with Hub(server, "lark-quill") as other:
        for path in ("case/", "case/notes/", "users/", "case-statuses/", "document-categories/"):
            ours, theirs = ({row["id"] for row in one.rows(path, page_size=200)} for one in (hub, other))
            assert ours.isdisjoint(theirs), path


def test_the_portal_can_act_for_the_firm(server, hub, plain):
    """Case type and status of a case are names that the portal's firm has mapped."""
    settings = {"integration_source": "casepeer"}
    assert plain.patch("/__sandbox__/casestatus/firms/harrow-pike", json=settings).status_code == 200
    key = {"Authorization": f"ApiKey {hub.connection['partner_api_key']}"}
    seed = hub.firm.seed
    sound = [n for n in range(40) if seed.status(n) == "open" and n not in seed.assignment.trouble_of]
    for index in sound[:12]:
        case = hub.case(hub.case_id(index))
        body = {
            "readable_id": case["firm_file_number"],
            "practice_area": case["casetype"],
            "stage": case["casestatus"],
            "attorney_email": case["team"]["lead_attorney"]["email"].strip().lower(),
            "clients": [
                {
                    "external_id": str(case["client"]["id"]),
                    "first_name": case["client"]["firstname"],
                    "last_name": case["client"]["lastname"],
                    "cell_phone": numbers(case)["cell"] or "(303) 555-0101",
                }
            ],
        }
        path = f"/casestatus/v1/api/cases/by_integration_id/{case['id']}"
        answer = plain.put(path, json=body, headers=key)
        assert answer.status_code == 201, answer.text
        assert answer.json()["case"]["integration_source"] == "casepeer"


@pytest.fixture(scope="module")
def large():
    with SandboxServer(WorldOptions(matters=20_000), limits_on=False) as server, Hub(server) as hub:
        yield hub


def test_a_firm_of_twenty_thousand_cases_is_read_without_waiting(large):
    started = time.process_time()
    wanted = ",".join(str(large.case_id(index * 7)) for index in range(100))
    assert len(large.ids(id__in=wanted, page_size=200)) == 100
    assert large.body("case/", page_size=200)["count"] == 20_000
    large.firm.update_case(large.case_id(19_999), status="Treatment")
    assert large.ids(page=100, page_size=200)[-1] == large.case_id(19_999)
    assert large.body("case/notes/", page_size=200)["count"] > 20_000
    assert time.process_time() - started < 3


def test_all_linked_cases_are_walked_through_in_a_hundred_pages(large):
    started = time.process_time()
    for case_id in large.firm.seed.matter_ids[::10]:
        large.firm.connect_case(case_id, f"cs_{case_id}")
    assert len(large.walk(case_status_connected="true", page_size=200)) == 2000
    assert time.process_time() - started < 4
