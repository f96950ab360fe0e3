import pytest

from tests.sandbox.casepeer.client import detail, refused

OUTBOX = "case-status/outbox/"


@pytest.fixture
def message(hub):
    case_id = next(case for case in hub.open_ids(60) if hub.case(case)["team"]["case_manager"])
    return hub.change("/outbox", case_id=case_id, text="Your MRI is booked.")


def ack(hub, message_id, **body):
    return hub.call("POST", f"{OUTBOX}{message_id}/ack/", json=body)


def test_a_message_has_the_fields_of_the_contract(hub, message):  # [assumed] 6.4
    case = hub.case(message["case_id"])
    (row,) = hub.rows(OUTBOX, state="queued")
    assert list(row) == ["id", "case_id", "message", "author_id", "send_as", "state", "created"]
    assert (row["message"], row["state"], row["author_id"]) == (
        *("Your MRI is booked.", "queued"),
        case["team"]["case_manager"]["id"],
    )
    assert row == message


def test_it_goes_out_as_whoever_is_lead_attorney_now(
    hub, message
):  # [seed] 5.1, [seen] 3.1: reassigned in old rows too
    case = hub.case(message["case_id"])
    assert message["send_as"] == case["team"]["lead_attorney"]["email"] != ""
    new = hub.firm.seed.staff.attorneys[5]
    hub.change(f"/cases/{case['id']}", team={"lead_attorney": new.id})
    assert hub.rows(OUTBOX)[0]["send_as"] == new.email
    hub.change(f"/cases/{case['id']}", team={"lead_attorney": None})
    assert hub.rows(OUTBOX)[0]["send_as"] is None


def test_acknowledged_it_is_no_longer_queued(hub, message):  # [assumed] 6.4
    answer = ack(hub, message["id"], state="sent", remote_id="550812")
    assert answer.status_code == 200
    assert answer.json() == message | {"state": "sent", "remote_id": "550812"}
    assert hub.rows(OUTBOX, state="queued") == []
    assert hub.rows(OUTBOX, state="sent") == hub.rows(OUTBOX) == [answer.json()]


def test_or_it_has_failed_for_a_reason(hub, message):  # [assumed] 6.4
    answer = ack(hub, message["id"], state="failed", error="The attorney is not known in Case Status.")
    assert answer.json() == message | {"state": "failed", "error": "The attorney is not known in Case Status."}
    assert hub.rows(OUTBOX, state="failed") == hub.control.get("/outbox").json() == [answer.json()]


def test_the_same_acknowledgement_again_changes_nothing(hub, message):
    first, second = (ack(hub, message["id"], state="sent", remote_id="1") for _ in range(2))
    assert (second.status_code, second.json()) == (200, first.json())


@pytest.mark.parametrize("other", [{"state": "sent", "remote_id": "2"}, {"state": "failed", "error": "x"}])
def test_another_one_is_a_conflict(hub, message, other):  # [assumed] 6.2
    ack(hub, message["id"], state="sent", remote_id="1")
    answer = ack(hub, message["id"], **other)
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
    assert hub.rows(OUTBOX)[0]["remote_id"] == "1"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "state"),
        ({"state": "queued"}, "state"),
        ({"state": "sent"}, "remote_id"),
        ({"state": "sent", "remote_id": 7}, "remote_id"),
        ({"state": "failed"}, "error"),
        ({"state": "failed", "error": " "}, "error"),
    ],
)
def test_what_makes_no_sense_is_refused(hub, message, body, field):
    assert refused(ack(hub, message["id"], **body)) == [field]
    assert hub.rows(OUTBOX, state="queued") == [message]


def test_unknown_messages_and_states(hub):
    assert detail(ack(hub, 1, state="sent", remote_id="1")) == (404, "Not found.")
    assert refused(hub.get(OUTBOX, state="lost")) == ["state"]


def test_the_oldest_come_first_page_by_page(hub, message):
    texts = [hub.change("/outbox", case_id=message["case_id"], text=text)["message"] for text in ("b", "c")]
    assert [row["message"] for row in hub.rows(OUTBOX, page_size=2)] == ["Your MRI is booked.", "b"]
    assert [row["message"] for row in hub.rows(OUTBOX, page_size=2, page=2)] == texts[1:]


def test_without_a_case_manager_the_administrator_is_the_author(hub):
    case_id = next(case for case in hub.open_ids(60) if hub.case(case)["team"]["case_manager"] is None)
    assert hub.firm.queue_message(case_id, "x").author_id == hub.firm.seed.staff.admin.id
    assert hub.firm.queue_message(case_id, "x", author_id=7).author_id == 7
