import pytest

from tests.sandbox.casepeer.client import detail, refused


def test_a_case_has_the_fields_of_the_contract(hub):  # [assumed] 6.4
    case = hub.case(hub.case_id())
    assert list(case) == [
        *("id", "_casename", "firm_file_number", "casetype", "casestatus", "is_open", "closed_date", "doi"),
        *("retainref_date", "statutedate", "last_touched", "language", "description", "linked_cases", "client"),
        *("team", "case_status", "version", "updated_at"),
    ]
    assert list(case["client"]) == ["id", "firstname", "lastname", "email", "phones"]
    assert list(case["team"]) == [
        *("lead_attorney", "supervising_attorney", "case_manager", "primary_contact", "lien_negotiator"),
    ]
    assert list(case["team"]["lead_attorney"]) == ["id", "name", "email"]
    assert case["case_status"] == {
        "connected": False,
        "external_id": None,
        "connected_at": None,
        "last_synced_at": None,
    }


def test_it_is_the_matter_of_the_world(hub):
    seed = hub.firm.seed
    for index in range(8):
        matter, client = seed.matter(index), seed.contact_of(index)
        case = hub.case(matter.id)
        area = next(area for area in seed.practice_areas if area.id == matter.practice_area_id)
        assert case["casetype"] == area.name
        assert case["casestatus"] in {*(stage.name for stage in area.stages), *hub.firm.statuses.closing}
        assert case["description"] == matter.description
        assert (case["client"]["firstname"], case["client"]["email"]) == (client.first_name or "", client.email or "")
        assert case["team"]["lead_attorney"]["id"] == matter.attorney_id
        assert case["retainref_date"] == f"{matter.open_date:%m/%d/%Y}"


def test_days_are_written_the_american_way_and_instants_with_an_offset(hub):  # [seen] 3.1, [assumed] 6.1
    case = hub.case(hub.case_id())
    for name in ("doi", "retainref_date", "statutedate", "last_touched"):
        month, day, year = case[name].split("/")
        assert (len(month), len(day), len(year)) == (2, 2, 4)
        assert 1 <= int(month) <= 12
    assert case["updated_at"][10] == "T"
    assert case["updated_at"][-6:] in {"-05:00", "-04:00"}


def test_an_absent_day_is_null_or_an_empty_string(hub):  # [seen] 3.1
    (case_id,) = hub.open_ids(1)
    assert hub.case(case_id)["closed_date"] is None
    hub.change("/switches", empty_dates=True)
    assert hub.case(case_id)["closed_date"] == ""


def test_the_display_name(hub):  # [seen] 3.1: last, first, companions, loss date
    case = hub.case(hub.case_id(41))
    client = case["client"]
    assert case["_casename"] == f"{client['lastname']}, {client['firstname']} +1 - DOL {case['doi']}"
    assert case["linked_cases"] == [hub.case_id(40)]
    assert "+" not in hub.case(hub.case_id(39))["_casename"]


class TestFilters:
    def test_by_ids(self, hub):  # [assumed] 6.3
        wanted = [hub.case_id(index) for index in (9, 3, 77)]
        assert sorted(hub.ids(id__in=",".join(map(str, [*wanted, 7])))) == sorted(wanted)

    def test_at_most_a_hundred_ids(self, hub):  # [assumed] 6.3
        ids = [hub.case_id(index) for index in range(101)]
        assert len(hub.ids(id__in=",".join(map(str, ids[:100])), page_size=200)) == 100
        assert refused(hub.get("case/", id__in=",".join(map(str, ids)))) == ["id__in"]
        assert refused(hub.get("case/", id__in="7,x")) == ["id__in"]

    def test_open_and_closed(self, hub):
        closed = hub.firm.seed.troubles["closed"]
        assert sorted(hub.ids(is_open="false", page_size=200)) == closed
        assert len(hub.ids(is_open="true", page_size=200)) == 150 - len(closed)
        assert refused(hub.get("case/", is_open="maybe")) == ["is_open"]

    def test_by_status_exactly(self, hub):
        status = hub.case(hub.open_ids(1)[0])["casestatus"]
        rows = hub.rows("case/", casestatus=status, page_size=200)
        assert {row["casestatus"] for row in rows} == {status}
        assert hub.ids(casestatus=status.upper()) == []

    def test_connected(self, hub):
        first, second, *_ = hub.open_ids(3)
        hub.connect(first)
        assert hub.ids(case_status_connected="true") == [first]
        assert len(hub.ids(case_status_connected="false", page_size=200)) == 149
        assert hub.ids(case_status_connected="true", id__in=f"{second}") == []

    def test_changed_since_is_inclusive(self, server, hub):  # [assumed] 6.1
        (case_id,) = hub.open_ids(1)
        server.controls.clock.freeze()
        hub.change(f"/cases/{case_id}", description="new")
        since = hub.case(case_id)["updated_at"]
        assert hub.ids(updated__gte=since) == [case_id]
        server.controls.clock.advance(1)
        other = hub.open_ids(2)[1]
        hub.change(f"/cases/{other}", description="newer")
        assert hub.ids(updated__gte=since) == [case_id, other]
        assert hub.ids(updated__gte=hub.case(other)["updated_at"]) == [other]
        assert hub.ids(updated__gte=since, id__in=f"{case_id},{hub.case_id(149)}") == [case_id]
        assert refused(hub.get("case/", updated__gte="02/03/2031")) == ["updated__gte"]

    def test_an_instant_without_an_offset_is_in_the_firms_zone(self, server, hub):  # [assumed] 6.1
        server.controls.clock.freeze()
        case_id, earlier = hub.open_ids(2)
        hub.firm.update_case(earlier, description="new", at=hub.firm.now() - 3600)
        hub.firm.update_case(case_id, description="new")
        local = hub.case(case_id)["updated_at"][:19]
        assert hub.ids(updated__gte=local) == [case_id]
        assert hub.ids(updated__gte="2099-01-01") == []

    def test_search_by_name_file_number_and_id(self, hub):
        case = hub.case(hub.case_id(5))
        for text in (case["client"]["lastname"].lower(), case["firm_file_number"], str(case["id"])):
            assert case["id"] in hub.ids(search=text, page_size=200)
        assert hub.ids(search="nobody at all") == []

    def test_case_search_gives_names_only_as_an_object_or_a_list(self, hub):  # [seen] 3.1
        case = hub.case(hub.case_id(5))
        row = {"id": case["id"], "_casename": case["_casename"]}
        assert row in hub.rows("case/case-search/", search=case["firm_file_number"])
        assert hub.rows("case/case-search/") == []
        hub.firm.switches.bare_arrays = True
        assert row in hub.body("case/case-search/", search=case["firm_file_number"])

    def test_my_cases_are_those_on_whose_team_the_user_is(self, hub):  # [seen] 3.1
        assert hub.rows("case/my/") == []
        (case_id,) = hub.open_ids(1)
        admin = hub.firm.keys.admin.user_id
        hub.change(f"/cases/{case_id}", team={"primary_contact": admin})
        (row,) = hub.office.get("/case/my/").json()["results"]
        assert list(row) == ["id", "_casename", "casestatus", "casetype", "primary_contact", "doi"]
        assert (row["id"], row["primary_contact"]) == (case_id, hub.firm.people[admin].name)


class TestStatuses:
    def test_the_list_says_what_is_open(self, hub):  # [help] 4, [assumed] 6.3
        rows = hub.rows("case-statuses/", page_size=200)
        opened = {row["name"]: row["is_open"] for row in rows}
        assert [row["order"] for row in rows] == list(range(1, len(rows) + 1))
        assert (opened["Referred Open"], opened["Referred Accepted Open"], opened["Subbed Out"]) == (True, True, True)
        assert (opened["Referred Closed"], opened["Subbed Out Closed"]) == (False, False)
        assert (opened["Treatment"], opened["Disbursed"]) == (True, False)

    def test_whether_disbursed_is_open_is_up_to_the_firm(self, server):  # [assumed] 4
        firms = (server.casepeer.firms[slug] for slug in ("harrow-pike", "lark-quill"))
        assert [firm.statuses.is_open("Disbursed") for firm in firms] == [False, True]

    def test_twelve_of_one_practice_area_are_mapped(self, hub):  # [help] 5.1: 2 to 12
        known = {row["name"] for row in hub.rows("case-statuses/", page_size=200)}
        mapped = [
            {*stage.integration_mappings, stage.display_name} & known
            for area in hub.firm.seed.portal_practice_areas
            for stage in area.stages
            if area.display_name == "Auto Injury"
        ]
        assert (len(mapped), all(mapped)) == (12, True)

    def test_cases_follow_when_one_is_renamed(self, hub):  # [assumed] 6.6
        case_id = next(case for case in hub.firm.seed.matter_ids if hub.case(case)["casestatus"] == "Treatment")
        version = hub.case(case_id)["version"]
        rows = hub.change("/statuses", name="Treatment", new_name="In Treatment")
        assert "In Treatment" in [row["name"] for row in rows]
        assert (hub.case(case_id)["casestatus"], hub.case(case_id)["version"]) == ("In Treatment", version)
        assert case_id in hub.ids(casestatus="In Treatment", page_size=200)

    def test_and_when_it_is_moved_to_the_closed_list(self, hub):
        case_id = next(case for case in hub.firm.seed.matter_ids if hub.case(case)["casestatus"] == "Treatment")
        hub.change("/statuses", name="Treatment", is_open=False)
        assert hub.case(case_id)["is_open"] is False

    def test_a_closed_case(self, hub):
        case = hub.case(hub.troubled("closed"))
        assert (case["is_open"], case["casestatus"] in hub.firm.statuses.closing) == (False, True)
        assert case["closed_date"] is not None


class TestLinks:
    def test_connecting(self, server, hub):  # [assumed] 6.4
        (case_id,) = hub.open_ids(1)
        server.controls.clock.freeze()
        before = hub.case(case_id)
        answer = hub.connect(case_id, "cs_58213", version=before["version"])
        assert answer.status_code == 200
        case = answer.json()
        assert case == hub.case(case_id)
        assert (case["case_status"]["connected"], case["case_status"]["external_id"]) == (True, "cs_58213")
        assert case["case_status"]["connected_at"] == case["case_status"]["last_synced_at"] == case["updated_at"]
        assert case["version"] == before["version"] + 1

    def test_the_same_twin_again_changes_only_when_it_was_synced(self, server, hub):  # [assumed] 6.4: idempotent
        (case_id,) = hub.open_ids(1)
        first = hub.connect(case_id).json()
        server.controls.clock.advance(60)
        second = hub.connect(case_id, version=1).json()
        assert second["version"] == first["version"]
        assert second["updated_at"] == first["updated_at"]
        assert second["case_status"]["connected_at"] == first["case_status"]["connected_at"]
        assert second["case_status"]["last_synced_at"] != first["case_status"]["last_synced_at"]

    def test_another_twin_is_a_conflict(self, hub):  # [assumed] 6.4
        (case_id,) = hub.open_ids(1)
        hub.connect(case_id, "cs_1")
        answer = hub.connect(case_id, "cs_2")
        assert (answer.status_code, answer.json()["code"]) == (409, "already_connected")
        assert hub.case(case_id)["case_status"]["external_id"] == "cs_1"

    def test_a_closed_case_is_refused(self, hub):  # [assumed] 6.4
        assert refused(hub.connect(hub.troubled("closed"))) == ["non_field_errors"]

    def test_a_case_that_was_closed_later_stays_connected(self, hub):
        (case_id,) = hub.open_ids(1)
        hub.connect(case_id)
        hub.change(f"/cases/{case_id}", closed=True)
        assert hub.connect(case_id).status_code == 200
        assert hub.ids(case_status_connected="true", is_open="false") == [case_id]

    def test_what_changed_in_between_is_a_conflict(self, hub):  # [assumed] 6.2, 6.5
        (case_id,) = hub.open_ids(1)
        seen = hub.case(case_id)["version"]
        hub.change(f"/clients/{hub.case(case_id)['client']['id']}", phones=[])
        answer = hub.connect(case_id, version=seen)
        assert (answer.status_code, answer.json()["code"]) == (409, "stale_version")
        assert hub.case(case_id)["case_status"]["connected"] is False
        assert hub.connect(case_id, version=seen + 1).status_code == 200

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "external_id"),
            ({"external_id": ""}, "external_id"),
            ({"external_id": 58213}, "external_id"),
            ({"external_id": "x" * 101}, "external_id"),
            ({"external_id": "cs_1", "version": "7"}, "version"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, hub, body, field):
        (case_id,) = hub.open_ids(1)
        assert refused(hub.call("PUT", f"case/{case_id}/case-status/", json=body)) == [field]

    def test_a_body_that_is_no_json(self, hub):
        path = f"case/{hub.case_id()}/case-status/"
        assert detail(hub.call("PUT", path, content=b"{"))[1].startswith("JSON parse error")
        assert refused(hub.call("PUT", path, content=b"[]")) == ["non_field_errors"]

    def test_disconnecting(self, hub):  # [assumed] 6.3
        (case_id,) = hub.open_ids(1)
        connected = hub.connect(case_id).json()
        path = f"case/{case_id}/case-status/"
        stale = hub.call("DELETE", path, params={"version": connected["version"] - 1})
        assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
        for _ in range(2):
            answer = hub.call("DELETE", path, params={"version": connected["version"]})
            assert (answer.status_code, answer.content) == (204, b"")
        case = hub.case(case_id)
        assert (case["case_status"]["connected"], case["version"]) == (False, connected["version"] + 1)
        assert hub.ids(case_status_connected="true") == []

    def test_an_unknown_case(self, hub):
        assert hub.connect(7).status_code == 404
        assert hub.call("DELETE", "case/7/case-status/").status_code == 404

    def test_connecting_may_leave_the_case_where_it_is(self, hub):
        hub.change("/switches", link_moves_case=False)
        (case_id,) = hub.open_ids(1)
        before = hub.case(case_id)
        after = hub.connect(case_id).json()
        assert (after["version"], after["updated_at"]) == (before["version"], before["updated_at"])


class TestPeople:
    def test_users_by_address_and_whether_they_are_active(self, hub):  # [assumed] 6.3
        person = hub.firm.seed.staff.attorneys[0]
        (row,) = hub.rows("users/", email=person.email.upper())
        assert row == {
            "id": person.id,
            "name": person.name,
            "email": person.email,
            "title": person.job_title,
            "is_active": True,
        }
        hub.change(f"/users/{person.id}", active=False)
        assert hub.rows("users/", email=person.email, is_active="true") == []
        assert len(hub.rows("users/", is_active="false")) == 1

    def test_short_lists_may_be_bare_arrays(self, hub):  # [seen] 3.1
        hub.firm.switches.bare_arrays = True
        for path in ("users/", "case-statuses/", "document-categories/"):
            assert isinstance(hub.body(path), list)
        assert len(hub.body("document-categories/")) == 37
