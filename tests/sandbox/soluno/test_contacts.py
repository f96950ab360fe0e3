import pytest

from tests.sandbox.soluno.client import refused


def test_a_contact_has_the_fields_of_the_contract(server, keeper):  # [assumed] 7.4
    server.controls.clock.freeze()
    contact = keeper.client(Email="lena@mail.example", ExternalReference="CP:hp:client:9")
    assert contact == {
        "ContactId": contact["ContactId"],
        "ContactNumber": "10004",
        "Kind": "Client",
        "FirstName": "Lena",
        "LastName": "Okafor",
        "DisplayName": "Okafor, Lena",
        "Email": "lena@mail.example",
        "ExternalReference": "CP:hp:client:9",
        "ModifiedOn": f"{server.controls.clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "Version": 1,
    }
    assert keeper.get(f"Contacts/{contact['ContactId']}") == contact


def test_a_company_has_a_last_name_only(keeper):
    assert keeper.client(Kind="Vendor", LastName="Oak Imaging", FirstName=None)["DisplayName"] == "Oak Imaging"


def test_the_ways_to_find_one(keeper):
    lena = keeper.client(ContactNumber="L-7", ExternalReference="CP:hp:client:9")
    for query in (
        {"Search": "okaf"},
        {"Search": "l-7"},
        {"ContactNumber": "L-7"},
        {"ExternalReference": "CP:hp:client:9"},
        {"Kind": "Client"},
    ):
        assert keeper.items("Contacts", **query) == [lena], query
    assert keeper.items("Contacts", Search="okaf", Kind="Vendor") == []
    assert refused(keeper.http.get("/Contacts", params={"Kind": "Friend"})) == (400, "Malformed")


def test_numbers_are_unique(keeper):  # [help] 4
    keeper.client(ContactNumber="10552")
    answer = keeper.try_post("Contacts", {"Kind": "Client", "LastName": "Reyes", "ContactNumber": "10552"})
    assert (refused(answer), answer.json()["Field"]) == ((409, "NumberInUse"), "ContactNumber")


def test_a_chosen_number_moves_the_sequence(keeper):  # [help] 4
    keeper.client(ContactNumber="10552")
    assert keeper.client()["ContactNumber"] == "10553"


def test_a_reference_is_given_once(keeper):
    first = keeper.client(ExternalReference="CP:hp:client:9")
    answer = keeper.try_post("Contacts", {"Kind": "Client", "LastName": "Reyes", "ExternalReference": "CP:hp:client:9"})
    assert refused(answer) == (409, "DuplicateReference")
    assert answer.json()["ExistingId"] == first["ContactId"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Kind", "Friend"),
        ("LastName", None),
        ("LastName", " "),
        ("FirstName", 7),
        ("ContactNumber", "10 552"),  # [help]
        ("ContactNumber", "10*"),  # [help]
        ("ExternalReference", "x" * 65),
    ],
)
def test_a_bad_field_is_named(keeper, field, value):
    answer = keeper.try_post("Contacts", {"Kind": "Client", "LastName": "Reyes", field: value})
    assert (refused(answer), answer.json()["Field"]) == ((400, "Malformed"), field)


def test_a_change_is_made_to_what_there_is(keeper):
    contact = keeper.client()
    path = f"/Contacts/{contact['ContactId']}"
    changed = keeper.good(keeper.http.patch(path, json={"Version": 1, "LastName": "Okafor-Lund"}))
    assert (changed["DisplayName"], changed["Version"]) == ("Okafor-Lund, Lena", 2)
    answer = keeper.http.patch(path, json={"Version": 1, "LastName": "Reyes"})
    assert refused(answer) == (409, "VersionMismatch")
    assert answer.json()["Details"] == [{"Name": "Version", "Value": "2"}]
    assert keeper.get(f"Contacts/{contact['ContactId']}") == changed
