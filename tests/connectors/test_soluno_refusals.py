"""What Soluno refuses, each code by itself: the error's kind, the vendor's code, and the sentence a bookkeeper reads."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from connectors.errors import (
    AnswerQuestion,
    FixData,
    GiveUp,
    LogInAgain,
    NotFound,
    NotPermitted,
    Stale,
    Wait,
)
from connectors.http import Answer
from connectors.soluno.refusals import SENTENCES, explain
from domain.books import CasefileDraft, EntryKind
from sandbox.soluno import office
from tests.connectors.bookkeeping import TODAY


def closed(desk):
    office.change_casefile(desk.firm, int(desk.casefile_id), closed=True)
    return desk.cost()


def on_hold(desk):
    office.change_casefile(desk.firm, int(desk.casefile_id), hold=True)
    return desk.fee()


def in_a_closed_month(desk):
    office.turn_features(desk.firm, entries_not_allowed_before=TODAY.isoformat())
    return desk.receipt(on=TODAY - timedelta(days=1))


def by_who_records_no_time(desk):
    office.change_listed(desk.books.users[int(desk.attorney)], {"records_time": False, "active": True})
    office_worker = next(user for user in desk.books.users.values() if not user.records_time)
    return desk.fee(user_id=str(office_worker.id))


def under_a_code_without_account(desk):
    return desk.fee(activity_code_id=desk.code("Lien Handling"))


def from_trust_for_a_cost(desk):
    return desk.cost(bank_account_id=desk.account("Client Trust"))


def from_an_old_account(desk):
    return desk.cost(bank_account_id=desk.account("Old Operating"))


def to_an_old_reference(desk):
    return desk.cost(posting_reference_id=desk.reference("OLD"))


def of_nothing(desk):
    return desk.cost(amount=Decimal("0.00"))


def out_of_an_empty_trust(desk):
    return desk.cheque()


def released_without_a_stage(desk):
    office.turn_features(desk.firm, release_stage=False)
    return desk.bill()


def against_a_retainer(desk):
    office.change_casefile(desk.firm, int(desk.casefile_id), operating_retainer=True)
    return desk.cost()


REFUSED = [
    (closed, "CasefileClosed", "The file is closed. Soluno: File Manager › the file › Reopen."),
    (on_hold, "CasefileOnHold", "The file is on hold. Soluno: File Manager › the file › Billing Settings › Hold."),
    (in_a_closed_month, "PeriodClosed", f"Soluno: gear › General Ledger.*(entries are refused before {TODAY.isoformat()}.)"),
    (by_who_records_no_time, "UserDoesNotRecordTime", "Soluno: gear › Users › the user › Active and Records Time."),
    (under_a_code_without_account, "ActivityCodeHasNoGlAccount", "Activity Codes › the code › General Ledger Account."),
    (from_trust_for_a_cost, "BankAccountTypeMismatch", "costs are paid from an operating account"),
    (from_an_old_account, "BankAccountInactive", "Soluno: gear › Banking › the account › Active."),
    (to_an_old_reference, "PostingReferenceInactive", "Soluno: gear › Cost Posting References › the reference › Active."),
    (of_nothing, "InvalidAmount", "it must be above zero and without parts of a cent"),
    (out_of_an_empty_trust, "TrustOverdraw", "This is more than the file has in trust.* (available 0.00.)"),
    (released_without_a_stage, "FeatureDisabled", "gear › Settings › Features › Enable release invoice stage in billing."),
    (against_a_retainer, "AcknowledgementRequired", "tick the warning.*Soluno: File Manager.*(the warning is OperatingRetainer.)"),
]  # fmt: skip


@pytest.mark.parametrize(("prepared", "code", "said"), REFUSED, ids=[code for _, code, _ in REFUSED])
async def test_a_refused_posting_says_why_and_where_to_mend_it(desk, prepared, code, said):
    posting = prepared(desk)
    with pytest.raises(FixData) as refused:
        await desk.client.post(posting)
    assert type(refused.value) is FixData
    assert [problem.code for problem in refused.value.problems] == [code]
    assert all(part in str(refused.value) for part in said.split(".*"))
    assert len(desk.posts()) == 1
    assert await desk.client.find(posting) is None


async def test_an_acknowledgement_is_never_given_by_itself(desk):
    with pytest.raises(FixData):
        await desk.client.post(against_a_retainer(desk))
    assert desk.books.costs.every() == []


async def test_a_cheque_number_in_use_is_told(desk):
    await desk.client.post(desk.receipt())
    await desk.client.post(desk.cheque(cheque_number="00218"))
    with pytest.raises(FixData, match="This number is in use already") as refused:
        await desk.client.post(desk.cheque(marker="CP:hp:trust:6603", cheque_number="00218"))
    assert refused.value.problems[0].code == "NumberInUse"
    assert refused.value.problems[0].field == "ChequeNumber"


async def test_a_casefile_needs_who_records_time(desk):
    nobody = str(next(user.id for user in desk.books.users.values() if not user.records_time))
    [client, *_] = await desk.client.contacts("Client", marker="CP:hp:case:41873:client")
    draft = CasefileDraft("CP:hp:case:9", client.id, str(min(desk.books.areas)), nobody, "Okafor", TODAY)
    with pytest.raises(FixData, match="The attorney cannot earn fees") as refused:
        await desk.client.create_casefile(draft)
    assert refused.value.problems[0].code == "UserDoesNotRecordTime"


async def test_what_is_named_and_not_there_is_told_by_its_field(desk):
    with pytest.raises(NotFound, match=r"no such record \(VendorContactId\)") as refused:
        await desk.client.post(desk.cost(vendor_id="999"))
    assert refused.value.problems[0].code == "NotFound"


async def test_a_missing_right_names_what_it_is_for(desk):
    office.turn_login(desk.firm, denied=["CostEntries"])
    with pytest.raises(NotPermitted, match=r"does not permit POST CostEntries .* Security Groups") as refused:
        await desk.client.post(desk.cost())
    assert isinstance(refused.value, GiveUp)


async def test_what_is_malformed_is_told_in_soluno_s_words(desk):
    with pytest.raises(
        FixData, match="Soluno refused: ExternalReference: ExternalReference has more than 64"
    ) as refused:
        await desk.client.post(desk.cost(marker="CP:" + "x" * 62))
    assert refused.value.problems[0].code == "Malformed"


# Codes that the sandbox has no reason to give to what we ask.


def answer(status: int, code: str, **beside) -> Answer:
    body = {"ErrorCode": code, "Message": "Said so.", "Field": None, "Details": [], "CorrelationId": "c-5581", **beside}
    return Answer(status, {}, body, "c-5581", route="/CostEntries", method="POST")


@pytest.mark.parametrize(
    ("refused", "kind", "said"),
    [
        (answer(409, "VersionMismatch"), Stale, "changed in Soluno since it was read"),
        (answer(409, "AlreadyPrinted"), FixData, "The cheque is printed already.* Ledger › the entry › Void"),
        (answer(409, "AlreadyReleased"), FixData, "on an invoice that is released already"),
        (answer(409, "DuplicateReference", ExistingId=44021), FixData, r"already.*\(its id is 44021\.\)"),
        (answer(422, "FirmTaskCodeOnCasefile"), FixData, "File Manager › the file › Default Task"),
        (answer(422, "SomethingNew", Field="Date"), FixData, r"Soluno refused: Date: Said so\."),
        (answer(423, "Locked"), Wait, "Somebody is working on this in Soluno"),
        (answer(423, "AccountLocked"), LogInAgain, "gear › Users › the user › Unlock"),
        (answer(401, "ReauthenticationRequired"), AnswerQuestion, "run reauthenticate_soluno with the answer"),
        (answer(401, "SessionTerminated"), Wait, "Somebody uses the Soluno login of casebridge in a browser"),
        (answer(401, "Elsewise"), LogInAgain, "does not accept the session of casebridge"),
        (Answer(400, {}, ["odd"], "c-5581", route="/CostEntries"), FixData, "it gave no reason"),
    ],
)
def test_every_other_code_has_its_kind_and_its_sentence(refused, kind, said):
    error = explain(refused)
    assert type(error) is kind
    assert re.search(said, str(error))
    assert error.request_id == "c-5581"
    if isinstance(error, FixData):
        assert error.problems[0].code == (refused.body["ErrorCode"] if isinstance(refused.body, dict) else "400")


def test_no_sentence_is_without_a_test():
    tested = {code for _, code, _ in REFUSED} | {
        "VersionMismatch", "AlreadyPrinted", "AlreadyReleased", "DuplicateReference", "FirmTaskCodeOnCasefile", "NumberInUse",
    }  # fmt: skip
    assert tested == set(SENTENCES)


# What a release is refused for.


async def test_trust_that_is_gone_by_the_release_is_told(desk):
    deposit = await desk.client.post(desk.receipt())
    await desk.client.post(desk.fee())
    bill = desk.bill(trust_account_id=desk.account("Client Trust"), trust_amount=Decimal("6000.00"))
    posted = await desk.client.post(bill)
    desk.change(EntryKind.TRUST_RECEIPT, deposit.id, amount="100.00")
    with pytest.raises(FixData, match=r"more than the file has in trust.*\(available 100\.00\.\)") as refused:
        await desk.client.release(posted.id)
    assert refused.value.problems[0].code == "TrustOverdraw"
