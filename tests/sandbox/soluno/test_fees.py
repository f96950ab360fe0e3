import pytest

from tests.sandbox.soluno.client import refused


def code_id(keeper, name="Property Damage"):
    return keeper.named("ActivityCodes", name)["ActivityCodeId"]


def test_a_fee_has_the_fields_of_the_contract(server, keeper):  # [assumed] 7.5
    server.controls.clock.freeze()
    body = keeper.fee_body(keeper.casefile(), ActivityCodeId=code_id(keeper), ExternalReference="CP:hp:pd:41873:1")
    fee = keeper.post("FeeEntries", body)
    assert fee == body | {
        "FeeEntryId": fee["FeeEntryId"],
        "Billed": False,
        "ModifiedOn": f"{server.controls.clock.now():%Y-%m-%dT%H:%M:%SZ}",
    }
    assert keeper.items("FeeEntries", ExternalReference="CP:hp:pd:41873:1") == [fee]


@pytest.mark.parametrize("name", ["COPP", "Property Damage"])
def test_a_charge_may_be_negative(keeper, name):  # [help] 6
    fee = keeper.fee(keeper.casefile(), ActivityCodeId=code_id(keeper, name), Amount="-75.00")
    assert fee["Amount"] == "-75.00"


def test_a_fee_may_not(keeper):  # [assumed] 7.5
    answer = keeper.try_post("FeeEntries", keeper.fee_body(keeper.casefile(), Amount="-75.00"))
    assert (refused(answer), answer.json()["Field"]) == ((422, "InvalidAmount"), "Amount")


def test_no_charge_is_nothing(keeper):
    body = keeper.fee_body(keeper.casefile(), ActivityCodeId=code_id(keeper), Amount="0.00")
    assert refused(keeper.try_post("FeeEntries", body)) == (422, "InvalidAmount")


@pytest.mark.parametrize("hours", ["1", "1.000", 1, "0.00"])
def test_hours_have_two_decimals(keeper, hours):
    answer = keeper.try_post("FeeEntries", keeper.fee_body(keeper.casefile(), Hours=hours))
    assert (refused(answer), answer.json()["Field"]) == ((422, "InvalidAmount"), "Hours")


def test_an_activity_code_without_an_account(keeper):  # [seed]
    casefile = keeper.casefile()
    body = keeper.fee_body(casefile, ActivityCodeId=code_id(keeper, "Lien Handling"))
    assert refused(keeper.try_post("FeeEntries", body)) == (422, "ActivityCodeHasNoGlAccount")
    keeper.change(f"/activity-codes/{code_id(keeper)}", gl_account=None)
    body = keeper.fee_body(casefile, ActivityCodeId=code_id(keeper))
    assert refused(keeper.try_post("FeeEntries", body)) == (422, "ActivityCodeHasNoGlAccount")


@pytest.mark.parametrize(("field", "value"), [("UserId", 7777), ("ActivityCodeId", 7777), ("CasefileId", 7777)])
def test_what_has_to_be_there(keeper, field, value):
    answer = keeper.try_post("FeeEntries", keeper.fee_body(keeper.casefile(), **{field: value}))
    assert (refused(answer), answer.json()["Field"]) == ((404, "NotFound"), field)


def test_an_inactive_activity_code_is_none(keeper):
    body = keeper.fee_body(keeper.casefile(), ActivityCodeId=code_id(keeper, "Copies"))
    assert refused(keeper.try_post("FeeEntries", body)) == (404, "NotFound")


def test_the_fee_earner_records_time(keeper):  # [help] 2
    casefile, user = keeper.casefile(), keeper.user(1)
    keeper.change(f"/users/{user['UserId']}", records_time=False)
    answer = keeper.try_post("FeeEntries", keeper.fee_body(casefile, UserId=user["UserId"]))
    assert (refused(answer), answer.json()["Field"]) == ((422, "UserDoesNotRecordTime"), "UserId")


def test_a_closed_period(keeper):  # [help]
    casefile = keeper.casefile()
    keeper.change("/features", entries_not_allowed_before="2031-02-04")
    assert refused(keeper.try_post("FeeEntries", keeper.fee_body(casefile))) == (422, "PeriodClosed")


def test_a_reference_is_given_once(keeper):
    casefile = keeper.casefile()
    fee = keeper.fee(casefile, ExternalReference="CP:hp:pd:41873:1")
    answer = keeper.try_post("FeeEntries", keeper.fee_body(casefile, ExternalReference="CP:hp:pd:41873:1"))
    assert (refused(answer), answer.json()["ExistingId"]) == ((409, "DuplicateReference"), fee["FeeEntryId"])
