"""One night after everything that can happen to a case between two nights has happened to some case."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from flows.nightly_case_sync import nightly_case_sync
from sandbox.seed import Shares, Trouble, WorldOptions
from tests.flows.office import Ended, Office, open_office
from tests.flows.processes import PrefectServer

WORLD = WorldOptions(
    matters=60, shares=replace(Shares.trouble_free(), closed=0.04, older_than_ten_years=0.06, stage_unmapped=0.02)
)
LANDLINE, NEXT_NUMBER = "(415) 555-0151", "(415) 555-0107"
BY_HAND = {"first_name": "Hanna", "last_name": "Byhand", "cell_phone": "(415) 555-0133"}


@dataclass
class Story:
    """The nights, and which case had which fate between the first and the second."""

    office: Office
    first: Ended
    second: Ended
    third: Ended
    fate: dict[str, str]
    stages: tuple[str, str]
    writes: tuple[list[str], list[str]]
    told: list[tuple[str, str]]
    calls: list[str]


@pytest.fixture(scope="module")
def story(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with open_office("between-nights", tmp_path_factory.mktemp("night") / "casebridge", WORLD) as office:
        first = office.run_now(nightly_case_sync)
        office.activate_all()
        fate, stages = _a_day_passes(office)
        office.forget_requests()
        second = office.run_now(nightly_case_sync)
        written, told = office.written, list(office.told)
        calls = office.asked("clio") + office.asked("casestatus", "GET")
        office.forget_requests()
        third = office.run_now(nightly_case_sync)
        yield Story(office, first, second, third, fate, stages, (written, office.written), told, calls)


def _a_day_passes(office: Office) -> tuple[dict[str, str], tuple[str, str]]:
    fate = {
        name: next(office.resting)
        for name in (
            *("moved", "closed", "drifted", "restaged", "closed there", "deleted and moved", "new number"),
            *("landline", "joined", "hidden client", "all defects", "untouched", "null stage"),
        )
    }
    old = office.seed.troubles[Trouble.OLDER_THAN_TEN_YEARS]
    fate["woken"], fate["woken, client hidden"], fate["asleep"] = map(str, old[:3])
    fate["reopened"] = str(office.seed.troubles[Trouble.CLOSED][0])
    fate["unmapped"] = str(office.seed.troubles[Trouble.STAGE_UNMAPPED][0])

    stage, *stages = office.next_stage(fate["moved"])
    office.change_matter(fate["moved"], _matter_stage=stage)
    office.change_matter(fate["closed"], status="Closed", close_date="2026-11-20")
    office.change_matter(fate["reopened"], status="Open", close_date=None)
    office.change_matter(fate["woken"], description="Awake again")
    office.change_matter(fate["woken, client hidden"], description="Awake again")
    office.clio.hidden_contacts.add(office.clio.matters.get(int(fate["woken, client hidden"]))["client_id"])

    office.edit_in_portal(fate["drifted"], description="Edited in the portal")
    office.edit_in_portal(fate["restaged"], stage=office.next_stage(fate["restaged"])[2])
    office.portal_call("POST", f"/cases/{_portal_id(office, fate['closed there'])}/close", {"notify_client": False})
    office.control("DELETE", f"/casestatus/firms/harrow-pike/cases/{_portal_id(office, fate['deleted and moved'])}")
    office.change_matter(fate["deleted and moved"], description="Still wanted")

    office.give_phones(fate["new number"], ("Mobile", "(415) 555-0101"))
    office.give_phones(fate["landline"], ("Mobile", LANDLINE), ("Other", NEXT_NUMBER))
    office.portal_call("POST", f"/cases/{_portal_id(office, fate['joined'])}/clients", BY_HAND)
    office.give_phones(fate["joined"], ("Mobile", "(415) 555-0102"))
    client = office.clio.matters.get(int(fate["hidden client"]))["client_id"]
    office.change_contact(fate["hidden client"], first_name="Nobody", last_name="Knows")
    office.clio.hidden_contacts.add(client)
    office.change_matter(fate["hidden client"], description="Told by the matter alone")

    office.give_phones(fate["all defects"])
    office.change_contact(fate["all defects"], last_name=None)
    unmapped_area = office.seed.practice_areas[-1]
    office.change_matter(fate["all defects"], _practice_area=unmapped_area.id, _responsible_attorney=None)
    office.change_matter(fate["null stage"], _matter_stage=None)
    office.portal.notices.clear()
    return fate, (stages[0], stages[1])


def _portal_id(office: Office, integration_id: str) -> int:
    case = office.case(integration_id)
    assert case is not None
    return int(case["id"])


def _changes(ended: Ended, integration_id: str) -> str:
    return str(ended.row(integration_id)["changes"])


def _client(story: Story, name: str) -> dict[str, Any]:
    case = story.office.case(story.fate[name])
    assert case is not None
    client: dict[str, Any] = case["clients"][0]
    return client


def test_the_first_night_takes_ten_years_and_closed_cases_as_closed(story: Story) -> None:
    assert story.first.run.scope["said"] == "cases created in the last 10 years"
    assert story.first.result(story.fate["asleep"]) == "not attempted"
    assert story.first.counts == {"created": 55, "rejected": 1}
    assert story.first.state.name == "Exceptions"


def test_later_nights_read_thirty_days(story: Story) -> None:
    assert story.second.run.scope["said"] == "cases changed in the last 30 days"
    assert story.second.result(story.fate["asleep"]) == "not attempted"


def test_a_stage_that_moved_is_carried_over_and_the_client_told(story: Story) -> None:
    before, after = story.stages
    assert story.second.result(story.fate["moved"]) == "updated"
    assert _changes(story.second, story.fate["moved"]) == f"stage: {before} → {after}"
    assert ("stage_changed", story.fate["moved"]) in story.told


def test_a_closed_matter_is_closed(story: Story) -> None:
    assert story.second.result(story.fate["closed"]) == "closed"
    assert story.office.portal.case_with_integration_id("clio", story.fate["closed"]).state == "closed"
    assert ("case_closed", story.fate["closed"]) in story.told


def test_a_reopened_matter_is_reopened(story: Story) -> None:
    assert story.first.result(story.fate["reopened"]) == "created"
    assert "state: closed → open" in _changes(story.second, story.fate["reopened"]).lower()
    assert story.office.portal.case_with_integration_id("clio", story.fate["reopened"]).state != "closed"


@pytest.mark.parametrize("name", ["drifted", "restaged", "closed there"])
def test_an_edit_in_the_portal_is_undone_although_the_matter_rests_outside_the_window(story: Story, name: str) -> None:
    assert story.second.result(story.fate[name]) == "updated"
    assert story.office.case(story.fate[name])["description"] != "Edited in the portal"  # type: ignore[index]
    assert story.third.result(story.fate[name]) == "not attempted"


def test_what_rests_and_did_not_drift_leaves_no_row_and_no_request(story: Story) -> None:
    assert story.second.result(story.fate["untouched"]) == "not attempted"
    assert not [call for call in story.calls if story.fate["untouched"] in call]


def test_a_case_deleted_in_the_portal_comes_back_once_its_matter_moves(story: Story) -> None:
    assert story.second.result(story.fate["deleted and moved"]) == "created"
    assert story.office.case(story.fate["deleted and moved"]) is not None


def test_a_clients_new_number_is_carried_over_although_the_matter_did_not_move(story: Story) -> None:
    assert story.second.result(story.fate["new number"]) == "updated"
    assert _client(story, "new number")["cell_phone"] == "+14155550101"
    assert "0101" in _changes(story.second, story.fate["new number"])
    assert "5550101" not in story.second.csv.read_text()


def test_a_number_the_portal_calls_a_landline_gives_way_to_the_next_and_is_never_offered_again(story: Story) -> None:
    assert _client(story, "landline")["cell_phone"] == "+14155550107"
    assert "(Other)" in str(story.second.row(story.fate["landline"])["warnings"])
    writes_of_second, writes_of_third = story.writes
    assert writes_of_second.count(story.fate["landline"]) == 2
    assert story.fate["landline"] not in writes_of_third


def test_a_client_added_by_hand_in_the_portal_survives(story: Story) -> None:
    case = story.office.case(story.fate["joined"])
    assert case is not None
    assert {client["cell_phone"] for client in case["clients"]} == {"+14155550102", "+14155550133"}


def test_a_client_who_is_hidden_now_is_not_taken_for_one_without_name_or_number(story: Story) -> None:
    assert _changes(story.second, story.fate["hidden client"]).startswith("description: ")
    assert _client(story, "hidden client")["last_name"] != "Knows"
    assert _client(story, "hidden client")["cell_phone"]


def test_an_old_matter_that_wakes_up_is_imported(story: Story) -> None:
    assert story.second.result(story.fate["woken"]) == "created"


def test_nothing_is_concluded_from_a_new_case_whose_client_is_hidden(story: Story) -> None:
    row = story.second.row(story.fate["woken, client hidden"])
    assert (row["result"], row["reason_code"]) == ("skipped", "record_redacted")
    assert story.office.case(story.fate["woken, client hidden"]) is None


def test_all_defects_of_a_case_are_told_at_once(story: Story) -> None:
    row = story.second.row(story.fate["all defects"])
    assert row["result"] == "rejected"
    assert row["reason_code"].split(";") == [
        *("practice_area_unknown", "attorney_required", "client_name_required", "client_cell_phone_missing")
    ]
    assert row["how_to_fix"].count("Clio:") >= 3


def test_a_case_that_lost_its_stage_is_reported_and_left_as_it_was(story: Story) -> None:
    assert story.second.row(story.fate["null stage"])["reason_code"] == "stage_required"
    assert story.office.case(story.fate["null stage"])["stage"] is not None  # type: ignore[index]


def test_a_rejected_case_outside_the_window_is_tried_every_night(story: Story) -> None:
    for night in (story.first, story.second, story.third):
        assert night.row(story.fate["unmapped"])["reason_code"] == "stage_unknown"


def test_a_night_without_changes_writes_nothing_and_tells_nobody(story: Story) -> None:
    assert story.writes[1] == []
    assert story.office.told == story.told
    assert set(story.third.rows["result"]) == {"unchanged", "rejected", "skipped"}


def test_each_client_is_told_once_and_only_of_what_concerns_them(story: Story) -> None:
    assert sorted(story.told) == sorted(set(story.told))
    assert {case for _, case in story.told} == {story.fate[name] for name in ("moved", "closed", "restaged")}
