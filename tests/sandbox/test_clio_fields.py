import pytest

MATTER = 1_480_000_000
CLIENT = 5_530_000_000


def fields(clio, path, wanted):
    return clio.get(f"{path}?fields={wanted}").json()["data"]


def test_only_id_and_etag_without_fields(clio):
    for path in ("/matters.json", "/contacts", "/users.json", "/matter_stages.json", "/practice_areas.json"):
        listed = clio.get(path).json()["data"]
        assert listed
        assert all(set(record) == {"id", "etag"} for record in listed)
    assert set(clio.get(f"/matters/{MATTER}").json()["data"]) == {"id", "etag"}


def test_one_level_of_braces(clio):
    data = fields(clio, f"/matters/{MATTER}.json", "id,client{id,name},responsible_attorney{email},status")
    assert set(data) == {"id", "client", "responsible_attorney", "status"}
    assert set(data["client"]) == {"id", "name"}
    assert set(data["responsible_attorney"]) == {"email"}


def test_a_bare_association_gives_its_default_fields(clio):
    assert set(fields(clio, f"/matters/{MATTER}.json", "client")["client"]) == {"id", "etag"}


def test_a_deeper_association_named_bare_gives_its_base_fields(clio):
    data = fields(clio, f"/matters/{MATTER}.json", "client{id,phone_numbers}")
    assert {"id", "name", "number", "primary"} <= set(data["client"]["phone_numbers"][0])
    data = fields(clio, "/relationships.json", "matter{id,client}")
    assert data[0]["matter"]["client"]["name"]


def test_literal_and_percent_encoded_braces_mean_the_same(clio):
    encoded = clio.get(f"/matters/{MATTER}.json?fields=id%2Cclient%7Bid%2Cname%7D").json()
    assert encoded == clio.get(f"/matters/{MATTER}.json?fields=id,client{{id,name}}").json()


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ("foo", "foo"),
        ("id,foo,etag", "foo"),
        ("client{foo}", "foo"),
        ("client{id,account{id}}", "client"),
        ("client{phone_numbers{number}}", "client"),
        ("id{etag}", "id"),
        ("client{id", "client"),
        ("client{id}}", "client"),
        ("_client", "_client"),
        ("document_versions", "document_versions"),
    ],
)
def test_an_unknown_field_or_a_second_level_is_400(clio, wanted, named):
    refused = clio.get(f"/matters/{MATTER}.json?fields={wanted}")
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "InvalidFields"
    assert named in refused.json()["error"]["message"]
    assert refused.json()["error"]["message"].endswith("is not a valid field")


def test_fields_shape_the_answers_of_writes(clio):
    body = {"data": {"description": "new"}}
    assert set(clio.patch(f"/matters/{MATTER}.json", json=body).json()["data"]) == {"id", "etag"}
    patched = clio.patch(f"/matters/{MATTER}.json?fields=description,client{{name}}", json=body).json()["data"]
    assert patched["description"] == "new"
    assert patched["client"]["name"]
    refused = clio.patch(f"/matters/{MATTER}.json?fields=foo", json={"data": {"description": "lost"}})
    assert refused.status_code == 400
    assert fields(clio, f"/matters/{MATTER}.json", "description") == {"description": "new"}


def test_associations_without_data_are_null_or_empty(clio):
    data = fields(clio, f"/matters/{MATTER}.json", "currency{id,code},account_balances{balance},group")
    assert data == {"currency": None, "account_balances": [], "group": None}


def test_what_a_case_needs(server, clio):
    firm = server.world.firm("harrow-pike")
    wanted = (
        "id,display_number,description,status,open_date,created_at,matter_stage{id,name},practice_area{id,name},"
        "client{id,type,name,first_name,last_name,primary_email_address,primary_phone_number},"
        "responsible_attorney{id,name,email},responsible_staff{id,name,email}"
    )
    data = clio.get(f"/matters.json?order=id(asc)&limit=200&fields={wanted}").json()["data"]
    users = {user.id: user for user in firm.users}
    for index, record in enumerate(data):
        seed, client = firm.matter(index), firm.contact_of(index)
        assert record["display_number"] == seed.display_number
        assert record["status"] == seed.status.capitalize()
        assert record["client"]["name"] == client.name
        assert record["client"]["type"] == ("Company" if client.company_name else "Person")
        assert record["client"]["primary_phone_number"] == (client.phones[0].number if client.phones else None)
        attorney = record["responsible_attorney"]
        assert (attorney and attorney["email"]) == (seed.attorney_id and users[seed.attorney_id].email)
        assert (record["matter_stage"] is None) == (seed.stage_id is None)


def test_stages_name_their_practice_area_as_a_string(clio):
    areas = {area["id"] for area in fields(clio, "/practice_areas.json", "id,name")}
    for stage in fields(clio, "/matter_stages.json", "id,name,order,practice_area_id"):
        assert isinstance(stage["practice_area_id"], str)
        assert int(stage["practice_area_id"]) in areas


def test_contact_lists_and_the_people_of_a_matter(server, clio):
    firm = server.world.firm("harrow-pike")
    index = firm.related_indices[0]
    matter = firm.first_matter_id + index
    client = fields(clio, f"/matters/{matter}/client.json", "id,name,is_matter_client,phone_numbers{number}")
    assert client["id"] == firm.contact_of(index).id
    assert client["is_matter_client"] is True
    people = fields(clio, f"/matters/{matter}/contacts.json", "id,is_client,relationship_name,relationship{id}")
    assert [person["is_client"] for person in people] == [False, True]  # the default order is is_client(asc)
    assert people[1]["relationship_name"] == "Client"
    assert people[1]["relationship"] is None
    by_id = clio.get(f"/matters/{matter}/contacts.json?order=is_client(desc)&fields=is_client").json()["data"]
    assert [person["is_client"] for person in by_id] == [True, False]
    related = fields(clio, f"/matters/{matter}/related_contacts.json", "id,contact_id,is_matter_client,name")
    assert [(person["contact_id"], person["is_matter_client"]) for person in related] == [(people[0]["id"], False)]


def test_phone_and_email_sub_endpoints(server, clio):
    firm = server.world.firm("harrow-pike")
    for index in range(10):
        seed = firm.contact(index)
        numbers = fields(clio, f"/contacts/{seed.id}/phone_numbers.json", "id,name,number,primary")
        assert [(item["name"], item["number"], item["primary"]) for item in numbers] == [
            (phone.label, phone.number, phone.primary) for phone in seed.phones
        ]
        addresses = fields(clio, f"/contacts/{seed.id}/email_addresses.json", "address,primary")
        assert addresses == ([{"address": seed.email, "primary": True}] if seed.email else [])
