"""Postings to Soluno: once each, found again after whatever happened, and never mistaken (7.7 of its notes)."""

from decimal import Decimal

import httpx
import pytest

from connectors.errors import AnswerLost, FixData, NotPermitted
from connectors.soluno import lists
from domain.books import CasefileDraft, ContactDraft, EntryKind, Posted, Stage
from sandbox.faults import FaultKind, FaultRule
from sandbox.soluno import office, stages
from tests.connectors.bookkeeping import PATHS, TODAY

KINDS = list(PATHS)


def posting(desk, kind: EntryKind, **changes):
    make = {
        EntryKind.COST: desk.cost, EntryKind.FEE: desk.fee, EntryKind.TRUST_RECEIPT: desk.receipt,
        EntryKind.TRUST_CHEQUE: desk.cheque,
    }  # fmt: skip
    return make[kind](**changes)


@pytest.fixture(params=[True, False], ids=["references kept apart", "references not checked"])
def either_mode(desk, request):
    desk.firm.switches.enforce_reference = request.param
    return desk


async def fund(desk) -> None:
    await desk.client.post(desk.receipt(marker="CP:hp:trust:1"))


def stored(desk, kind: EntryKind):
    return office.drawers(desk.firm)[PATHS[kind]].every()


# What is posted.


@pytest.mark.parametrize("kind", KINDS)
async def test_a_posting_bears_its_marker_twice_and_is_found_by_it(either_mode, kind):
    desk = either_mode
    await fund(desk)
    wanted = posting(desk, kind)
    assert await desk.client.find(wanted) is None
    posted = await desk.client.post(wanted)
    entry = stored(desk, kind)[-1]
    assert posted == Posted(str(entry.id), wanted.amount)
    assert (entry.reference, entry.explanation) == (wanted.marker, f"{wanted.explanation} [{wanted.marker}]")
    assert await desk.client.find(wanted) == Posted(posted.id, wanted.amount, was_there=True)


async def test_a_cost_has_its_payee_reference_account_and_invoice_number(desk):
    await desk.client.post(desk.cost())
    [cost] = desk.books.costs.every()
    assert (str(cost.payee_id), str(cost.bank_account_id)) == (desk.vendor, desk.account("Operating"))
    assert (str(cost.posting_reference_id), cost.invoice_number) == (desk.reference("ACC"), "LI-4471")
    assert (cost.day, cost.print_action) == (TODAY, "Queue")


async def test_a_charge_may_be_negative_and_stands_under_its_code(desk):
    charge = desk.fee(amount=Decimal("-75.00"), activity_code_id=desk.code("Property Damage"))
    assert (await desk.client.post(charge)).amount == Decimal("-75.00")
    [fee] = desk.books.fees.every()
    assert (str(fee.activity_code_id), fee.hours) == (desk.code("Property Damage"), Decimal("1.00"))


async def test_a_cheque_that_was_written_keeps_its_number_and_another_waits_for_one(desk):
    await fund(desk)
    await desk.client.post(desk.cheque(cheque_number="00218"))
    await desk.client.post(desk.cheque(marker="CP:hp:trust:6603"))
    assert [(one.print_action, one.cheque_number) for one in desk.books.cheques.every()] == [
        ("Never", "00218"),
        ("Queue", None),
    ]


async def test_a_deposit_keeps_its_reference_number(desk):
    await desk.client.post(desk.receipt(reference_number="00218"))
    assert [one.reference_number for one in desk.books.receipts.every()] == ["00218"]


# Invoices.


async def test_an_invoice_takes_what_is_unbilled_and_is_released_once(desk):
    await fund(desk)
    cost, fee = await desk.client.post(desk.cost()), await desk.client.post(desk.fee())
    bill = desk.bill(trust_account_id=desk.account("Client Trust"), trust_amount=Decimal("6038.75"))
    posted = await desk.client.post(bill)
    assert posted.amount == Decimal("6038.75")
    invoice = await desk.client.invoice(posted.id)
    assert (invoice.stage, invoice.trust_applied, invoice.marker) == (Stage.RELEASE, Decimal("6038.75"), bill.marker)
    assert set(invoice.lines) == {
        (EntryKind.COST, cost.id, Decimal("38.75")), (EntryKind.FEE, fee.id, Decimal("6000.00"))
    }  # fmt: skip
    released = await desk.client.release(posted.id)
    assert (released.stage, released.released_on) == (Stage.RELEASED, TODAY)
    assert released.number
    assert await desk.client.release(posted.id) == released
    assert await desk.client.find(bill) == Posted(posted.id, Decimal("6038.75"), was_there=True)
    assert len(desk.books.transfers.every()) == 1


async def test_an_invoice_for_review_waits_for_people(desk):
    await desk.client.post(desk.fee())
    posted = await desk.client.post(desk.bill(release=False))
    assert (await desk.client.invoice(posted.id)).stage is Stage.REVIEW
    with pytest.raises(FixData, match=r"stage Review: somebody has to review it first\. Soluno: Billing"):
        await desk.client.release(posted.id)


async def test_a_user_who_may_not_release_is_told_so(desk):
    await desk.client.post(desk.fee())
    posted = await desk.client.post(desk.bill())
    office.turn_login(desk.firm, denied=["Invoices"])
    with pytest.raises(NotPermitted, match=r"does not permit POST Invoices/\{id\}/Release to the user of casebridge"):
        await desk.client.release(posted.id)


async def test_an_invoice_that_was_given_up_is_still_found(desk):
    await desk.client.post(desk.fee())
    posted = await desk.client.post(desk.bill())
    stages.cancel(desk.books, desk.books.invoices.there(int(posted.id)), desk.firm.seconds())
    assert (await desk.client.find(desk.bill())).id == posted.id
    assert (await desk.client.invoice(posted.id)).stage is Stage.CANCELLED


# Lost answers.


LOST = {
    "cut": {"kind": FaultKind.CUT_AFTER},
    "a web page": {"kind": FaultKind.HTML, "status": 503, "after_work": True},
    "an error": {"kind": FaultKind.STATUS, "status": 500, "after_work": True},
    "half an answer": {"kind": FaultKind.TRUNCATED_JSON},
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
@pytest.mark.parametrize("kind", KINDS)
async def test_a_posting_whose_answer_is_lost_is_not_repeated_and_is_found(either_mode, kind, fault):
    desk = either_mode
    await fund(desk)
    before = len(desk.posts())
    desk.server.controls.faults.add(FaultRule("soluno", method="POST", **fault))
    wanted = posting(desk, kind)
    with pytest.raises(AnswerLost):
        await desk.client.post(wanted)
    assert len(desk.posts()) == before + 1
    found = await desk.client.find(wanted)
    assert found == Posted(str(stored(desk, kind)[-1].id), wanted.amount, was_there=True)


async def test_a_posting_that_never_arrived_is_not_found(desk):
    desk.server.controls.faults.add(FaultRule("soluno", FaultKind.CUT_BEFORE, method="POST"))
    with pytest.raises(AnswerLost):
        await desk.client.post(desk.cost())
    assert await desk.client.find(desk.cost()) is None


@pytest.mark.parametrize("answer", [{"CostEntryId": 7}, [], {"Items": []}])
async def test_an_answer_that_cannot_be_read_may_stand_for_a_posting(desk, answer):
    rule = FaultRule("soluno", FaultKind.STATUS, method="POST", status=201, body=answer, after_work=True)
    desk.server.controls.faults.add(rule)
    with pytest.raises(AnswerLost, match="Whether POST /CostEntries took effect is not known"):
        await desk.client.post(desk.cost())
    assert (await desk.client.find(desk.cost())).was_there


async def test_contacts_and_casefiles_are_not_made_twice_either(desk):
    for make in (
        lambda: desk.client.create_contact(ContactDraft("CP:hp:contact:9", "Vendor", "Marsh")),
        lambda: desk.client.create_casefile(
            CasefileDraft(
                "CP:hp:case:9",
                str(desk.books.contacts.every()[0].id),
                str(min(desk.books.areas)),
                desk.attorney,
                "Marsh",
                TODAY,
            )
        ),
    ):
        before = len(desk.posts())
        desk.server.controls.faults.add(FaultRule("soluno", FaultKind.CUT_AFTER, method="POST"))
        with pytest.raises(AnswerLost):
            await make()
        assert len(desk.posts()) == before + 1
    assert len(await desk.client.contacts("Vendor", marker="CP:hp:contact:9")) == 1
    assert len(await desk.client.casefiles(marker="CP:hp:case:9")) == 1


# What stands there already.


async def test_the_same_posting_again_is_what_was_asked_for(desk):
    first = await desk.client.post(desk.cost())
    assert await desk.client.post(desk.cost()) == Posted(first.id, first.amount, was_there=True)
    assert len(desk.books.costs.every()) == 1


async def test_the_same_invoice_again_is_the_invoice(desk):
    await desk.client.post(desk.fee())
    first = await desk.client.post(desk.bill())
    assert await desk.client.post(desk.bill()) == Posted(first.id, Decimal("6000.00"), was_there=True)


async def test_another_amount_under_the_marker_is_an_incident_that_names_both(desk):
    first = await desk.client.post(desk.cost())
    for ask in (desk.client.post, desk.client.find):
        with pytest.raises(
            FixData, match=rf"\[CP:hp:cost:55120\] {first.id} \(38\.75 on file \d+\) stands there, instead of 40\.00"
        ) as refused:
            await ask(desk.cost(amount=Decimal("40.00")))
        assert [problem.code for problem in refused.value.problems] == ["duplicate_differs"]
    assert len(desk.books.costs.every()) == 1


async def test_another_file_under_the_marker_is_an_incident(desk):
    first, here = await desk.client.post(desk.cost()), desk.casefile_id
    other = await desk.open("CP:hp:case:2")
    with pytest.raises(
        FixData, match=rf"{first.id} \(38\.75 on file {here}\) stands there, on another file than {other}"
    ) as refused:
        await desk.client.post(desk.cost())
    assert refused.value.problems[0].code == "duplicate_differs"


async def test_two_under_one_marker_are_an_incident_that_names_both(desk):
    desk.firm.switches.enforce_reference = False
    first, second = await desk.client.post(desk.cost()), await desk.client.post(desk.cost())
    with pytest.raises(FixData, match=rf"{first.id} \(.*\) and {second.id} \(.*\) stand there at once") as refused:
        await desk.client.find(desk.cost())
    assert refused.value.problems[0].code == "duplicate_differs"
    desk.change(EntryKind.COST, first.id, deleted=True)
    assert (await desk.client.find(desk.cost())).id == second.id


async def test_of_a_voided_one_and_the_one_in_its_place_the_latter_is_found(desk):
    desk.firm.switches.enforce_reference = False
    first, second = await desk.client.post(desk.cost()), await desk.client.post(desk.cost())
    desk.change(EntryKind.COST, first.id, voided=TODAY.isoformat())
    assert (await desk.client.find(desk.cost())).id == second.id


async def test_what_was_voided_is_found_and_not_posted_again(either_mode):
    desk = either_mode
    first = await desk.client.post(desk.cost())
    desk.change(EntryKind.COST, first.id, voided=TODAY.isoformat())
    assert await desk.client.find(desk.cost()) == Posted(first.id, first.amount, was_there=True)


async def test_what_was_deleted_is_not_there_any_more(either_mode):
    desk = either_mode
    first = await desk.client.post(desk.cost())
    desk.change(EntryKind.COST, first.id, deleted=True)
    assert await desk.client.find(desk.cost()) is None
    assert (await desk.client.post(desk.cost())).id != first.id


@pytest.mark.parametrize("kind", KINDS)
async def test_without_its_reference_a_posting_is_found_by_its_explanation_on_whatever_page(desk, kind, monkeypatch):
    await fund(desk)
    posted = await desk.client.post(posting(desk, kind))
    for number in range(5):
        await desk.client.post(posting(desk, kind, marker=f"CP:hp:other:{number}"))
    drawer = office.drawers(desk.firm)[PATHS[kind]]
    entry = drawer.there(int(posted.id))
    drawer.change(entry, reference=None, moment=entry.moment + 60)
    drawer._by_reference.clear()
    monkeypatch.setattr(lists, "PAGE", 2)
    assert (await desk.client.find(posting(desk, kind))).id == posted.id


async def test_a_marker_is_not_taken_for_one_that_begins_like_it(desk):
    await desk.client.post(desk.cost(marker="CP:hp:cost:551203"))
    desk.books.costs._by_reference.clear()
    assert await desk.client.find(desk.cost(marker="CP:hp:cost:55120")) is None


async def test_a_filter_that_is_not_heeded_finds_nothing_wrong(desk):
    await desk.client.post(desk.cost(marker="CP:hp:cost:1"))
    original = desk.client.connection._wire.send

    async def heedless(request, timeouts):
        request.url = str(httpx.URL(request.url).copy_remove_param("ExternalReference"))
        return await original(request, timeouts)

    desk.client.connection._wire.send = heedless
    assert await desk.client.find(desk.cost()) is None
    assert await desk.client.find(desk.cost(marker="CP:hp:cost:1")) is not None
