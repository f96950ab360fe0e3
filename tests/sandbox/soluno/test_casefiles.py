import pytest

from tests.sandbox.soluno.client import refused


def test_a_casefile_has_the_fields_of_the_contract(server, keeper):  # [assumed] 7.5
    server.controls.clock.freeze()
    client, user = keeper.client(ContactNumber="10552"), keeper.user(2)
    casefile = keeper.casefile(
        client_id=client["ContactId"], ResponsibleUserId=user["UserId"], ExternalReference="CP:hp:case:41873"
    )
    assert casefile == {
        "CasefileId": casefile["CasefileId"],
        "CasefileNumber": "10552-01",
        "Description": "Okafor, Lena - 08/19/2030",
        "Status": "Open",
        "Hold": False,
        "OpenDate": "2031-01-11",
        "AreaOfPractice": {
            "AreaOfPracticeId": keeper.named("AreasOfPractice", "PI")["AreaOfPracticeId"],
            "Name": "PI",
        },
        "DefaultTask": "bw",
        "Client": {"ContactId": client["ContactId"], "ContactNumber": "10552", "DisplayName": "Okafor, Lena"},
        "ReferralUser": None,
        "StaffResponsible": [user["Email"]],
        "StaffLead": [],
        "StaffAssigned": [user["Email"]],
        "ExternalReference": "CP:hp:case:41873",
        "ModifiedOn": f"{server.controls.clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "Version": 1,
    }
    assert keeper.get(f"Casefiles/{casefile['CasefileId']}") == casefile


def test_numbers_count_by_client(keeper):  # [help] 4
    client_id = keeper.client(ContactNumber="10552")["ContactId"]
    keeper.casefile(client_id=client_id, CasefileNumber="10552-02")
    numbers = [keeper.casefile(client_id=client_id)["CasefileNumber"] for _ in range(2)]
    assert numbers == ["10552-01", "10552-03"]


def test_numbers_are_unique_also_among_closed_ones(keeper):  # [help] 4
    casefile = keeper.casefile(CasefileNumber="HP-1")
    keeper.change(f"/casefiles/{casefile['CasefileId']}", closed=True)
    answer = keeper.try_post("Casefiles", keeper.casefile_body(CasefileNumber="HP-1"))
    assert (refused(answer), answer.json()["Field"]) == ((409, "NumberInUse"), "CasefileNumber")


@pytest.mark.parametrize("field", ["AreaOfPracticeId", "ResponsibleUserId", "Description", "OpenDate", "Client"])
def test_what_is_required(keeper, field):  # [assumed] 7.5
    answer = keeper.try_post("Casefiles", keeper.casefile_body(**{field: None}))
    assert (refused(answer), answer.json()["Field"]) == ((400, "Malformed"), field)


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("AreaOfPracticeId", 4, "AreaOfPracticeId"),  # inactive
        ("ResponsibleUserId", 7777, "ResponsibleUserId"),
        ("Client", {"ContactId": 7777}, "ContactId"),
    ],
)
def test_what_has_to_be_there(keeper, field, value, named):
    answer = keeper.try_post("Casefiles", keeper.casefile_body(**{field: value}))
    assert (refused(answer), answer.json()["Field"]) == ((404, "NotFound"), named)


def test_whoever_is_responsible_records_time(keeper):  # [help] 2
    users = keeper.items("Users", PageSize=200)
    unfit = [user for user in users if not (user["Active"] and user["RecordsTime"])]
    assert len({(user["Active"], user["RecordsTime"]) for user in unfit}) > 1
    for user in unfit:
        answer = keeper.try_post("Casefiles", keeper.casefile_body(ResponsibleUserId=user["UserId"]))
        assert refused(answer) == (422, "UserDoesNotRecordTime"), user


def test_a_firm_task_code_is_no_default_task(keeper):  # [help] 3
    answer = keeper.try_post("Casefiles", keeper.casefile_body(DefaultTask="mkt"))
    assert (refused(answer), answer.json()["Field"]) == ((422, "FirmTaskCodeOnCasefile"), "DefaultTask")


def test_a_reference_is_given_once(keeper):
    casefile = keeper.casefile(ExternalReference="CP:hp:case:1")
    answer = keeper.try_post("Casefiles", keeper.casefile_body(ExternalReference="CP:hp:case:1"))
    assert refused(answer) == (409, "DuplicateReference")
    assert answer.json()["ExistingId"] == casefile["CasefileId"]


def test_the_ways_to_find_one(keeper):
    casefile = keeper.casefile(CasefileNumber="HP-1", ExternalReference="CP:hp:case:1")
    keeper.casefile()
    for query in ({"CasefileNumber": "HP-1"}, {"ExternalReference": "CP:hp:case:1"}):
        assert keeper.items("Casefiles", **query) == [casefile]
    assert keeper.items("Casefiles", ExternalReference="CP:hp:case:2") == []


def test_closed_ones_are_hidden_unless_asked_for(keeper):  # [help] 4
    casefile = keeper.casefile(ExternalReference="CP:hp:case:1")
    closed = keeper.change(f"/casefiles/{casefile['CasefileId']}", closed=True)
    assert closed["Status"] == "Closed"
    for query in ({}, {"ExternalReference": "CP:hp:case:1"}, {"CasefileNumber": casefile["CasefileNumber"]}):
        assert keeper.items("Casefiles", **query) == []
        assert keeper.items("Casefiles", IncludeClosed="true", **query) == [closed]
    assert keeper.get(f"Casefiles/{casefile['CasefileId']}") == closed


def test_a_change_is_made_to_what_there_is(keeper):
    casefile, user, area = keeper.casefile(), keeper.user(3), keeper.named("AreasOfPractice", "WC")
    path = f"/Casefiles/{casefile['CasefileId']}"
    body = {"Version": 1, "Description": "Okafor, Lena", "ResponsibleUserId": user["UserId"]}
    body["AreaOfPracticeId"] = area["AreaOfPracticeId"]
    changed = keeper.good(keeper.http.patch(path, json=body))
    assert (changed["Description"], changed["Version"]) == ("Okafor, Lena", 2)
    assert (changed["StaffResponsible"], changed["AreaOfPractice"]["Name"]) == ([user["Email"]], "WC")
    assert changed["StaffAssigned"] == casefile["StaffAssigned"]
    assert refused(keeper.http.patch(path, json=body)) == (409, "VersionMismatch")
    assert refused(keeper.http.patch(path, json={"Description": "x"})) == (400, "Malformed")


def test_two_may_have_the_same_reference_when_the_firm_made_one(keeper):  # [assumed] 7.8
    casefile = keeper.casefile(ExternalReference="CP:hp:case:1")
    second = keeper.change("/casefiles", like=casefile["CasefileId"])
    found = keeper.items("Casefiles", ExternalReference="CP:hp:case:1")
    assert [one["CasefileId"] for one in found] == [casefile["CasefileId"], second["CasefileId"]]
    assert second["CasefileNumber"] != casefile["CasefileNumber"]
