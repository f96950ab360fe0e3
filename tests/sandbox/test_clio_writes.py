from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import pytest

FIRM = "harrow-pike"
MATTER = 1_480_000_002
CLIENT = 5_530_000_002
SHOWN = "id,etag,status,description,close_date,open_date,updated_at,matter_stage_updated_at,matter_stage{id,name}"


def show(clio, wanted=SHOWN):
    return clio.get(f"/matters/{MATTER}.json?fields={wanted}").json()["data"]


def patch(clio, data, headers=None, path=f"/matters/{MATTER}.json?fields={SHOWN}"):
    return clio.patch(path, json={"data": data}, headers=headers or {})


def reopen(clio):
    patch(clio, {"status": "open"})


def test_every_write_moves_etag_and_updated_at(server, clio):
    before = show(clio)
    server.controls.clock.advance(5)
    after = patch(clio, {"description": "new"}).json()["data"]
    assert after["etag"] != before["etag"]
    assert after["updated_at"] > before["updated_at"]
    assert patch(clio, {"description": "newer"}).json()["data"]["etag"] not in {before["etag"], after["etag"]}


def test_headers_of_a_single_record(clio):
    answer = clio.get(f"/matters/{MATTER}.json?fields=etag,updated_at")
    assert answer.headers["etag"] == answer.json()["data"]["etag"]
    assert answer.headers["etag"].startswith('"')
    modified = parsedate_to_datetime(answer.headers["last-modified"])
    assert modified == datetime.fromisoformat(answer.json()["data"]["updated_at"])


def test_304_for_what_the_caller_has(clio):
    answer = clio.get(f"/matters/{MATTER}.json")
    same = clio.get(f"/matters/{MATTER}.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    since = clio.get(f"/matters/{MATTER}.json", headers={"If-Modified-Since": answer.headers["last-modified"]})
    assert since.status_code == 304
    patch(clio, {"description": "new"})
    changed = clio.get(f"/matters/{MATTER}.json", headers={"If-None-Match": answer.headers["etag"]})
    assert changed.status_code == 200
    old = format_datetime(datetime(2001, 1, 1, tzinfo=UTC), usegmt=True)
    assert clio.get(f"/matters/{MATTER}.json", headers={"If-Modified-Since": old}).status_code == 200


def test_412_for_a_stale_etag(clio):
    etag = show(clio)["etag"]
    assert patch(clio, {"description": "first"}, {"If-Match": etag}).status_code == 200
    refused = patch(clio, {"description": "second"}, {"If-Match": etag})
    assert refused.status_code == 412
    assert refused.json()["error"]["type"] == "PreconditionFailed"
    assert show(clio)["description"] == "first"


def test_status_goes_in_lower_case_and_comes_out_capitalised(server, clio):
    reopen(clio)
    closed = patch(clio, {"status": "closed"}).json()["data"]
    assert closed["status"] == "Closed"
    assert closed["close_date"] == server.controls.clock.now().date().isoformat()
    opened = patch(clio, {"status": "open"}).json()["data"]
    assert (opened["status"], opened["close_date"]) == ("Open", None)
    assert patch(clio, {"status": "closed", "close_date": "2026-01-31"}).json()["data"]["close_date"] == "2026-01-31"


@pytest.mark.parametrize(
    "data",
    [
        {"status": "Closed"},
        {"open_date": "31.01.2026"},
        {"matter_stage": {"id": 7}},
        {"client": {"id": "x"}},
        {"custom_field_values": [{"custom_field": {"id": 1}, "value": "x"}]},
    ],
)
def test_refused_changes_change_nothing(clio, data):
    before = show(clio)
    refused = patch(clio, data | {"description": "never"})
    assert refused.status_code == 422
    assert refused.json()["error"]["type"] == "UnprocessableEntityError"
    assert show(clio) == before


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"description": "x"}', b""])
def test_bodies_without_data_are_400(clio, content):
    headers = {"Content-Type": "application/json"}
    assert clio.patch(f"/matters/{MATTER}.json", content=content, headers=headers).status_code == 400


def test_a_change_of_stage_is_dated(server, clio):
    stage = server.world.firm(FIRM).practice_areas[0].stages[3]
    before = show(clio)
    server.controls.clock.advance(5)
    after = patch(clio, {"matter_stage": {"id": stage.id}}).json()["data"]
    assert after["matter_stage"] == {"id": stage.id, "name": stage.name}
    assert after["matter_stage_updated_at"] > before["matter_stage_updated_at"]
    assert after["updated_at"] == after["matter_stage_updated_at"]
    assert patch(clio, {"matter_stage": {"id": None}}).json()["data"]["matter_stage"] is None


def test_a_change_on_the_client_does_not_move_the_matter(server, clio):
    before = show(clio)
    server.controls.clock.advance(5)
    shown = f"/contacts/{CLIENT}.json?fields=updated_at,primary_email_address"
    changed = patch(clio, {"email_addresses": [{"address": "new@mail.example", "default_email": True}]}, path=shown)
    assert changed.json()["data"]["primary_email_address"] == "new@mail.example"
    assert changed.json()["data"]["updated_at"] > before["updated_at"]
    assert show(clio) == before


def test_creating_a_person_and_a_matter(server, clio):
    person = {
        "type": "Person",
        "first_name": "Ada",
        "last_name": "Okafor",
        "phone_numbers": [
            {"name": "Mobile", "number": "(312) 555-0142"},
            {"name": "Work", "number": "312-555-0150", "default_number": True},
        ],
    }
    shown = "id,name,is_client,primary_phone_number,secondary_phone_number,phone_numbers{id,name,number,primary}"
    created = clio.post(f"/contacts.json?fields={shown}", json={"data": person})
    assert created.status_code == 201
    contact = created.json()["data"]
    assert contact["name"] == "Ada Okafor"
    assert [(p["name"], p["primary"]) for p in contact["phone_numbers"]] == [("Work", True), ("Mobile", False)]
    assert contact["primary_phone_number"] == "312-555-0150"
    matter = {"client": {"id": contact["id"]}, "description": "Okafor v. Lakeside"}
    created = clio.post(
        "/matters.json?fields=id,status,display_number,open_date,client{name,is_client}", json={"data": matter}
    )
    assert created.status_code == 201
    data = created.json()["data"]
    assert data["status"] == "Open"
    assert data["display_number"] == "00451-Okafor"
    assert data["open_date"] == server.controls.clock.now().date().isoformat()
    assert data["client"] == {"name": "Ada Okafor", "is_client": True}
    assert clio.get(f"/matters/{data['id']}.json").status_code == 200
    assert clio.get("/matters.json?order=id(asc)&limit=1").json()["meta"]["records"] == 451


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/matters.json", {"client": {"id": CLIENT}}),
        ("/matters.json", {"description": "x"}),
        ("/matters.json", {"client": {"id": 7}, "description": "x"}),
        ("/contacts.json", {"type": "Person"}),
        ("/contacts.json", {"type": "Company"}),
        ("/contacts.json", {"type": "Robot", "name": "x"}),
        ("/contacts.json", {"type": "Company", "name": "x", "phone_numbers": [{"name": "Work"}]}),
        ("/contacts.json", {"type": "Company", "name": "x", "phone_numbers": [{"number": str(n)} for n in range(21)]}),
        ("/relationships.json", {"matter": {"id": MATTER}, "contact": {"id": 7}}),
        ("/practice_areas.json", {"code": "X"}),
    ],
)
def test_refused_creations(clio, path, data):
    refused = clio.post(path, json={"data": data})
    assert refused.status_code == 422
    assert refused.json()["error"]["message"]


def test_phones_are_changed_added_and_destroyed_by_id(clio):
    shown = f"/contacts/{CLIENT}.json?fields=phone_numbers{{id,name,number,primary}}"
    patch(clio, {"phone_numbers": [{"name": "Other", "number": "1"}]}, path=shown)
    kept = clio.get(shown).json()["data"]["phone_numbers"]
    first = kept[0]["id"]
    changes = [{"id": first, "number": "(312) 555-0107"}, {"id": kept[-1]["id"], "_destroy": True}]
    after = patch(clio, {"phone_numbers": changes}, path=shown).json()["data"]["phone_numbers"]
    assert len(after) == len(kept) - 1
    assert next(item for item in after if item["id"] == first)["number"] == "(312) 555-0107"
    assert patch(clio, {"phone_numbers": [{"id": 7, "number": "1"}]}, path=shown).status_code == 422


def test_relationships_are_created_shown_and_deleted(clio):
    body = {"matter": {"id": MATTER}, "contact": {"id": CLIENT + 1}, "description": "Spouse"}
    created = clio.post("/relationships.json?fields=id,description,matter{id},contact{id}", json={"data": body})
    assert created.status_code == 201
    record = created.json()["data"]
    assert record == {"id": record["id"]} | body | {"description": "Spouse"}
    listed = clio.get(f"/matters/{MATTER}/contacts.json?fields=relationship_name&order=id(asc)").json()["data"]
    assert {"relationship_name": "Spouse"} in listed
    gone = clio.delete(f"/relationships/{record['id']}.json")
    assert (gone.status_code, gone.content) == (204, b"")
    assert clio.get(f"/relationships/{record['id']}.json").status_code == 404


def test_deleted_matters_are_gone(clio):
    assert clio.delete(f"/matters/{MATTER}.json").status_code == 204
    assert clio.get(f"/matters/{MATTER}.json").status_code == 404
    assert clio.delete(f"/matters/{MATTER}.json").status_code == 404


def test_users_and_stages_cannot_be_written(clio):
    for path in ("/users.json", "/matter_stages.json"):
        assert clio.post(path, json={"data": {"name": "x"}}).status_code == 404


def test_custom_field_values_are_created_changed_and_removed(server, clio):
    field = server.clio.firms[FIRM].custom_fields()
    text_field = next(field_id for field_id, kind in field.items() if kind == "text_line")
    shown = f"/matters/{MATTER}.json?fields=custom_field_values{{id,field_type,value}}"
    created = patch(clio, {"custom_field_values": [{"custom_field": {"id": text_field}, "value": "radio"}]}, path=shown)
    value = next(v for v in created.json()["data"]["custom_field_values"] if v["field_type"] == "text_line")
    assert value["value"] == "radio"
    changed = patch(clio, {"custom_field_values": [{"id": value["id"], "value": "web"}]}, path=shown)
    assert value | {"value": "web"} in changed.json()["data"]["custom_field_values"]
    removed = patch(clio, {"custom_field_values": [{"id": value["id"], "_destroy": True}]}, path=shown)
    assert value["id"] not in [v["id"] for v in removed.json()["data"]["custom_field_values"]]


def test_changes_made_in_clio_itself(server, plain, clio):
    stage = server.world.firm(FIRM).practice_areas[0].stages[1]
    before = show(clio)
    server.controls.clock.advance(5)
    address = f"/__sandbox__/clio/firms/{FIRM}/matters/{MATTER}"
    assert plain.post(address, json={"_matter_stage": stage.id}).status_code == 200
    after = show(clio)
    assert after["matter_stage"]["name"] == stage.name
    assert after["updated_at"] > before["updated_at"]
    contact = f"/__sandbox__/clio/firms/{FIRM}/contacts/{CLIENT}"
    plain.post(contact, json={"last_name": "Changed", "name": "X Changed"})
    assert show(clio, "client{last_name}") == {"client": {"last_name": "Changed"}}
    assert plain.post(f"/__sandbox__/clio/firms/{FIRM}/matters/7", json={}).status_code == 400
