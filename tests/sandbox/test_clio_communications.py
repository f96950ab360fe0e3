import time

import pytest

from tests.sandbox.clio_writing import CLIENT, FIRM, MATTER, PROPERTY, STAFF, communication, found, log, logged

SHOWN = (
    "id,subject,body,type,date,received_at,matter{id},user{id},senders{id,type},receivers{id,type},"
    "external_properties{name,value},documents,time_entries_count,communication_eml_file{id}"
)


def change(clio, number, data, wanted="id", **headers):
    return clio.patch(f"/communications/{number}.json?fields={wanted}", json={"data": data}, headers=headers)


def show(clio, number, wanted=SHOWN):
    return clio.get(f"/communications/{number}.json?fields={wanted}").json()["data"]


def test_a_communication_is_logged_and_read_back(clio):
    created = log(clio, SHOWN)
    assert created.status_code == 201
    data = created.json()["data"]
    assert data == show(clio, data["id"])
    assert data == {
        "id": data["id"],
        **communication(senders=[{"id": CLIENT, "type": "Person"}]),
        "date": "2026-10-02",
        "user": {"id": STAFF},
        "documents": [],
        "time_entries_count": 0,
        "communication_eml_file": None,
    }


def test_contact_goes_in_person_or_company_comes_out(server, clio):
    contacts = server.clio.firms[FIRM].contacts
    company = next(record["id"] for record in contacts.every() if record["type"] == "Company")
    people = [{"id": CLIENT, "type": "Contact"}, {"id": company, "type": "Contact"}]
    data = log(clio, "senders,receivers{type,name,enabled,identifier}", senders=people).json()["data"]
    assert [set(person) for person in data["senders"]] == [{"id", "etag"}] * 2
    shown = show(clio, logged(clio, senders=people), "senders{type,enabled}")["senders"]
    assert shown == [{"type": "Person", "enabled": None}, {"type": "Company", "enabled": None}]
    assert data["receivers"][0]["type"] == "User"
    assert data["receivers"][0]["enabled"] is True
    assert "@" in data["receivers"][0]["identifier"]


@pytest.mark.parametrize("name", ["subject", "body", "type", "received_at"])
@pytest.mark.parametrize("value", [..., None, " "])
def test_required_fields(clio, name, value):
    refused = log(clio, **{name: value})
    assert refused.status_code == 422
    assert refused.json()["error"]["type"] == "UnprocessableEntityError"


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "LetterCommunication"},
        {"received_at": "yesterday"},
        {"matter": {"id": 7}},
        {"matter": {"id": None}},
        {"senders": [{"id": 7, "type": "Contact"}]},
        {"receivers": [{"id": 7, "type": "User"}]},
        {"receivers": [{"id": CLIENT, "type": "User"}]},
        {"senders": [{"id": CLIENT, "type": "Person"}]},
        {"senders": [{"id": CLIENT}]},
        {"external_properties": [PROPERTY] * 6},
        {"external_properties": [{"name": "x"}]},
        {"notification_event_subscribers": [{"user_id": str(STAFF)}]},
    ],
)
def test_refused_creations_leave_nothing(clio, changes):
    assert log(clio, **changes).status_code == 422
    assert found(clio, "communications") == []


def test_the_matter_and_the_people_are_optional(clio):
    number = logged(clio, matter=..., senders=..., receivers=..., external_properties=...)
    data = show(clio, number)
    assert (data["matter"], data["senders"], data["receivers"], data["external_properties"]) == (None, [], [], [])
    assert found(clio, "communications", "matter_id=null") == [number]


def test_the_date_follows_from_received_at_in_the_users_zone(clio):
    number = logged(clio, received_at="2026-10-03T01:30:00+00:00")
    assert show(clio, number, "date,received_at") == {"date": "2026-10-02", "received_at": "2026-10-03T01:30:00Z"}
    assert change(clio, number, {"received_at": "2026-10-03T12:00:00+02:00"}).status_code == 200
    assert show(clio, number, "date,received_at") == {"date": "2026-10-03", "received_at": "2026-10-03T10:00:00Z"}


def test_subscribers_are_for_phone_calls_only(clio):
    wanted = "notification_event_subscribers{id,user_id,name}"
    number = logged(clio, type="PhoneCommunication", notification_event_subscribers=[{"user_id": str(STAFF)}])
    [subscriber] = show(clio, number, wanted)["notification_event_subscribers"]
    assert subscriber["user_id"] == STAFF
    unknown = {"notification_event_subscribers": [{"user_id": "7"}]}
    assert change(clio, number, unknown).status_code == 422
    gone = {"notification_event_subscribers": [{"id": subscriber["id"], "_destroy": True}]}
    assert change(clio, number, gone, wanted).json()["data"] == {"notification_event_subscribers": []}


class TestChanges:
    def test_texts_and_matter(self, clio):
        number = logged(clio)
        data = {"subject": "S", "body": "B", "type": "PhoneCommunication", "matter": {"id": MATTER + 1}}
        assert change(clio, number, data).status_code == 200
        assert show(clio, number, "subject,body,type,matter{id}") == data
        assert found(clio, "communications", f"matter_id={MATTER}") == []
        assert found(clio, "communications", f"matter_id={MATTER + 1}") == [number]

    @pytest.mark.parametrize("data", [{"body": ""}, {"type": "x"}, {"received_at": None}, {"matter": {"id": 7}}])
    def test_refused_changes_change_nothing(self, clio, data):
        number = logged(clio)
        before = show(clio, number)
        assert change(clio, number, {"subject": "never"} | data).status_code == 422
        assert show(clio, number) == before

    def test_people_are_added_and_taken_off(self, clio):
        number = logged(clio)
        more = {"receivers": [{"id": STAFF + 1, "type": "User"}, {"id": STAFF, "type": "User", "_deleted": True}]}
        data = change(clio, number, more, "receivers{id},senders{id}").json()["data"]
        assert data == {"receivers": [{"id": STAFF + 1}], "senders": [{"id": CLIENT}]}

    def test_properties_are_added_changed_and_destroyed_by_id(self, clio):
        number = logged(clio)
        wanted = "external_properties{id,name,value}"
        [first] = show(clio, number, wanted)["external_properties"]
        both = [{"id": first["id"], "value": "msg_2"}, {"name": "other", "value": "1"}]
        data = change(clio, number, {"external_properties": both}, wanted).json()["data"]["external_properties"]
        assert [(item["name"], item["value"]) for item in data] == [(PROPERTY["name"], "msg_2"), ("other", "1")]
        gone = {"external_properties": [{"id": first["id"], "_destroy": True}]}
        data = change(clio, number, gone, wanted).json()["data"]["external_properties"]
        assert [item["name"] for item in data] == ["other"]
        assert change(clio, number, {"external_properties": [{"id": 7, "value": "x"}]}).status_code == 422
        assert change(clio, number, {"external_properties": [{"name": "n", "value": "v"}] * 5}).status_code == 422

    def test_a_stale_etag_is_412(self, clio):
        number = logged(clio)
        etag = show(clio, number, "etag")["etag"]
        assert change(clio, number, {"body": "first"}, **{"If-Match": etag}).status_code == 200
        assert change(clio, number, {"body": "second"}, **{"If-Match": etag}).status_code == 412
        assert show(clio, number, "body") == {"body": "first"}

    def test_deleted_ones_are_gone(self, clio):
        number = logged(clio)
        assert clio.delete(f"/communications/{number}.json").status_code == 204
        assert clio.get(f"/communications/{number}.json").status_code == 404
        query = f"external_property_name={PROPERTY['name']}&external_property_value={PROPERTY['value']}"
        assert found(clio, "communications", query) == []
        assert logged(clio) > number


class TestLists:
    def test_by_external_property(self, clio):
        first, second = logged(clio), logged(clio, external_properties=[PROPERTY | {"value": "b"}])
        other = logged(clio, external_properties=[{"name": "other", "value": "b"}])
        name = f"external_property_name={PROPERTY['name']}"
        assert found(clio, "communications", name) == [first, second]
        assert found(clio, "communications", f"{name}&external_property_value=b") == [second]
        assert found(clio, "communications", f"{name}&external_property_value=b&matter_id={MATTER}") == [second]
        assert found(clio, "communications", f"{name}&external_property_value=b&matter_id={MATTER + 1}") == []
        assert found(clio, "communications", "external_property_name=other&external_property_value=b") == [other]
        assert clio.get("/communications.json?external_property_value=b").status_code == 400

    def test_a_property_that_was_changed_is_found_by_its_new_value_only(self, clio):
        number = logged(clio)
        [kept] = show(clio, number, "external_properties{id}")["external_properties"]
        change(clio, number, {"external_properties": [kept | {"value": "new"}]})
        query = f"external_property_name={PROPERTY['name']}&external_property_value="
        assert found(clio, "communications", query + PROPERTY["value"]) == []
        assert found(clio, "communications", query + "new") == [number]

    def test_the_other_filters(self, server, clio):
        a = logged(clio, subject="Alpha one", received_at="2026-10-01T12:00:00Z")
        server.controls.clock.advance(10)
        middle = server.controls.clock.now().isoformat().replace("+", "%2B")
        server.controls.clock.advance(10)
        b = logged(
            clio,
            type="PhoneCommunication",
            body="two",
            received_at="2026-10-02T12:00:00Z",
            senders=[{"id": CLIENT + 1, "type": "Contact"}],
            receivers=[{"id": STAFF + 1, "type": "User"}],
        )
        expected = {
            "type=EmailCommunication": [a],
            "type=PhoneCommunication": [b],
            f"contact_id={CLIENT}": [a],
            f"contact_id={CLIENT + 1}": [b],
            f"user_id={STAFF}": [a],
            f"user_id={STAFF + 1}": [b],
            "date=2026-10-02": [b],
            "received_at=2026-10-01T12:00:00Z": [a],
            "received_since=2026-10-02": [b],
            "received_since=2026-10-01": [a, b],
            "received_since=2026-10-01T12:00:01Z": [b],
            "received_before=2026-10-01": [a],
            "received_before=2026-10-02T12:00:00Z": [a, b],
            "query=alpha": [a],
            "query=TWO": [b],
            "having_time_entries=false": [a, b],
            "having_time_entries=true": [],
            f"ids[]={b}&ids[]=7": [b],
            f"created_since={middle}": [b],
            f"updated_since={middle}&matter_id={MATTER}": [b],
            "matter=typo": [a, b],
        }
        assert {query: found(clio, "communications", query) for query in expected} == expected
        for bad in ("type=Letter", "matter_id=x", "received_since=yesterday", "received_since=2026-99-99"):
            assert clio.get(f"/communications.json?{bad}").status_code == 400

    def test_they_come_by_date_unless_told_otherwise(self, clio):
        late = logged(clio, received_at="2026-10-05T12:00:00Z")
        early = logged(clio, received_at="2026-10-01T12:00:00Z", matter={"id": MATTER + 1})

        def listed(order=""):
            return [item["id"] for item in clio.get(f"/communications.json?{order}").json()["data"]]

        assert listed() == [early, late]
        assert listed("order=date(desc)") == [late, early]
        assert listed("order=received_at(asc)") == [early, late]
        assert listed("order=matter(asc)") == [late, early]
        assert listed("order=id(asc)") == [late, early]
        assert clio.get("/communications.json?order=subject(asc)").status_code == 400

    def test_only_id_asc_pages_by_cursor(self, clio):
        for _ in range(3):
            logged(clio)
        first = clio.get("/communications.json?order=id(asc)&limit=2").json()
        rest = clio.get(first["meta"]["paging"]["next"]).json()
        assert (len(first["data"]), len(rest["data"]), rest["meta"]["records"]) == (2, 1, 3)
        assert "next" not in rest["meta"]["paging"]
        assert clio.get("/communications.json?offset=10000").status_code == 400


class TestVisibility:
    def test_without_the_permission_everything_is_403(self, server, clio):
        number = logged(clio)
        server.clio.firms[FIRM].denied.add("communications")
        assert log(clio).status_code == 403
        assert clio.get("/communications.json").status_code == 403
        assert change(clio, number, {}).status_code == 403
        assert clio.delete(f"/communications/{number}.json").json()["error"]["type"] == "ForbiddenError"

    def test_those_of_hidden_matters_are_not_there(self, server, clio):
        number, other = logged(clio), logged(clio, matter={"id": MATTER + 1})
        server.clio.firms[FIRM].hidden_matters.add(MATTER)
        assert found(clio, "communications") == [other]
        assert clio.get(f"/communications/{number}.json").status_code == 404
        assert log(clio).status_code == 422

    def test_hidden_contacts_and_matters_without_permission_are_redacted(self, server, clio):
        number = logged(clio)
        firm = server.clio.firms[FIRM]
        firm.hidden_contacts.add(CLIENT)
        firm.denied.add("matters")
        data = show(clio, number, "senders{id,name},receivers{name},matter{id,description}")
        assert data["senders"] == [{"id": CLIENT, "etag": firm.contacts.get(CLIENT)["etag"], "redacted": True}]
        assert data["receivers"][0]["name"]
        assert data["matter"] == {"id": MATTER, "etag": firm.matters.get(MATTER)["etag"], "redacted": True}


def test_a_hundred_thousand_are_found_by_their_property_at_once(server, clio):
    firm = server.clio.firms[FIRM]
    first = logged(clio)
    model = firm.communications.get(first)
    for number in range(100_000):
        properties = [{"id": number, "name": "n", "value": str(number)}]
        firm.communications.add(model | {"id": first + 1 + number, "_external_properties": properties}, 0)
    started = time.perf_counter()
    for number in range(0, 100_000, 1000):
        query = f"matter_id={MATTER}&external_property_name=n&external_property_value={number}"
        assert found(clio, "communications", query) == [first + 1 + number]
    assert time.perf_counter() - started < 3
    started = time.perf_counter()
    for _ in range(100):
        logged(clio)
    assert time.perf_counter() - started < 3
