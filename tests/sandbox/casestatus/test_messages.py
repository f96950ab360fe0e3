"""Messages: sending, how each fictional number is reached, what is refused, and the feeds."""

from typing import Any

import pytest

from sandbox.casestatus.arrivals import message_arrives, message_edited, texts_stopped
from sandbox.casestatus.instants import HOUR, as_text
from tests.sandbox.casestatus.client import ATTORNEY, Office, codes, refused


def on_number(office: Office, *last_digits: str) -> int:
    """An active case whose clients have the numbers 555-01xx."""
    clients = [
        {"first_name": "Client", "last_name": digits, "cell_phone": f"(312) 555-01{digits}"} for digits in last_digits
    ]
    return office.given_case(active=True, clients=clients)


def recipients(message: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(recipient["status"], recipient["error"]) for recipient in message["recipients"]]


class TestSending:
    def test_a_message_reaches_the_clients(self, office: Office) -> None:
        case_id = on_number(office, "12", "13")
        answer = office.message(case_id, sender_email=ATTORNEY.upper(), external_id="casepeer:note:99120")
        assert answer.status_code == 201
        message = answer.json()
        clients = [client["id"] for client in office.case(case_id)["clients"]]
        assert [recipient["client_id"] for recipient in message["recipients"]] == clients
        sender = office.case(case_id)["attorney"]
        expected = {
            "type": "outbound",
            "direction": "outbound",
            "content": "Your records request went out today.",
            "sender_name": "Olive Counsel",
            "sender": {"kind": "user", **sender},
            "case_id": case_id,
            "readable_id": "00231-Vance",
            "integration_id": "17",
            "integration_source": "clio",
            "external_id": "casepeer:note:99120",
            "channel": "app",
            "attachment_file_ids": [],
        }
        assert {name: message[name] for name in expected} == expected
        assert message["sent_at"] == message["created_at"] == message["updated_at"]
        assert office.notices() == ["message"]

    @pytest.mark.parametrize(
        ("digits", "channel", "shown", "status", "error"),
        [
            ("00", "auto", "app", "delivered", None),
            ("49", "sms", "sms", "delivered", None),
            ("60", "sms", "sms", "delivered", None),
            ("70", "auto", "app", "delivered", None),
            ("80", "auto", "app", "delivered", None),
            ("80", "sms", "sms", "failed", "unreachable"),
            ("90", "auto", "sms", "sent", None),
            ("90", "app", "app", "failed", "unreachable"),
        ],
    )
    def test_the_number_decides(
        self, office: Office, digits: str, channel: str, shown: str, status: str, error: str | None
    ) -> None:
        message = office.message(on_number(office, digits), channel=channel).json()
        assert (message["channel"], recipients(message)) == (shown, [(status, error)])
        assert office.notices() == ([] if status == "failed" else ["message"])

    def test_a_slow_delivery_comes_through_after_half_a_minute(self, office: Office) -> None:
        office.server.controls.clock.freeze()
        case_id = on_number(office, "90")
        sent = office.message(case_id).json()
        office.server.controls.clock.advance(29)
        assert recipients(office.get("/messages", cursor="").json()["data"][0]) == [("sent", None)]
        office.server.controls.clock.advance(2)
        arrived = office.get("/messages", cursor="").json()["data"][0]
        assert recipients(arrived) == [("delivered", None)]
        assert arrived["updated_at"] > sent["updated_at"]
        assert arrived["sent_at"] == sent["sent_at"]

    def test_forced_texts_need_somebody_who_takes_them(self, office: Office) -> None:
        refused(office.message(on_number(office, "70", "79"), channel="sms"), 422, "client_opted_out")
        both = office.given_case(
            "18",
            active=True,
            readable_id="18",
            clients=[
                {"first_name": "A", "last_name": "B", "cell_phone": "(312) 555-0171"},
                {"first_name": "A", "last_name": "C", "cell_phone": "(312) 555-0111"},
            ],
        )
        message = office.message(both, channel="sms").json()
        assert recipients(message) == [("failed", "opted_out"), ("delivered", None)]

    def test_a_client_who_says_stop_gets_no_more_texts(self, office: Office) -> None:
        case_id = on_number(office, "12")
        texts_stopped(office.firm, office.record(case_id).links[0].client, stopped=True)
        assert office.case(case_id)["clients"][0]["sms_opted_out"] is True
        refused(office.message(case_id, channel="sms"), 422, "client_opted_out")

    def test_a_scheduled_message_waits(self, office: Office) -> None:
        office.server.controls.clock.freeze()
        case_id = on_number(office, "12")
        message = office.message(case_id, scheduled_at=as_text(office.portal.now() + HOUR)).json()
        assert (message["sent_at"], recipients(message)) == (None, [("queued", None)])
        assert office.notices() == []
        office.server.controls.clock.advance(3601)
        sent = office.get("/messages", cursor="").json()["data"][0]
        assert recipients(sent) == [("delivered", None)]
        assert sent["sent_at"] is not None
        assert office.notices() == ["message"]

    def test_a_message_scheduled_for_a_case_that_closes_goes_nowhere(self, office: Office) -> None:
        case_id = on_number(office, "12")
        office.message(case_id, scheduled_at=as_text(office.portal.now() + HOUR))
        office.post(f"/cases/{case_id}/close")
        office.server.controls.clock.advance(3601)
        assert recipients(office.get("/messages", cursor="").json()["data"][0]) == [("failed", "unreachable")]
        assert office.notices("message") == []


class TestRefusals:
    @pytest.mark.parametrize("content", [None, "", "  \n"])
    def test_blank(self, office: Office, content: str | None) -> None:
        refused(office.message(on_number(office, "12"), content=content), 422, "content_blank")

    def test_too_long(self, office: Office) -> None:
        case_id = on_number(office, "12")
        assert office.message(case_id, content="é" * 5000).status_code == 201
        assert refused(office.message(case_id, content="é" * 5001), 422, "content_too_long") == {"max_chars": 5000}

    @pytest.mark.parametrize("email", [None, "nobody@x.example", "paralegal@fixture-one.example"])
    def test_a_sender_who_is_not_on_the_case(self, office: Office, email: str | None) -> None:
        details = refused(office.message(on_number(office, "12"), sender_email=email), 422, "sender_not_on_case")
        assert details == {"email": email, "staff": [ATTORNEY]}

    def test_further_staff_may_send(self, office: Office) -> None:
        email = "manager@fixture-one.example"
        case_id = office.given_case(active=True, paralegal_emails=[email])
        assert office.message(case_id, sender_email=email).json()["sender_name"] == "Casey Manager"

    def test_an_invited_attorney_may_own_a_case_but_not_send(self, office: Office) -> None:
        email = "invited@fixture-one.example"
        case_id = office.given_case(active=True, attorney_email=email)
        refused(office.message(case_id, sender_email=email), 422, "sender_not_on_case")
        refused(office.message(case_id, send_as_primary=True), 422, "sender_not_on_case")

    def test_send_as_primary_replaces_the_sender_only_when_asked(self, office: Office) -> None:
        case_id = on_number(office, "12")
        message = office.message(case_id, sender_email="nobody@x.example", send_as_primary=True).json()
        assert message["sender"]["email"] == ATTORNEY

    def test_all_defects_at_once_and_before_the_state(self, office: Office) -> None:
        case_id = office.given_case()
        answer = office.message(case_id, content="", sender_email=None)
        assert (answer.status_code, codes(answer)) == (422, ["content_blank", "sender_not_on_case"])
        refused(office.message(case_id), 409, "case_not_activated")

    def test_on_hold_clients_may_still_be_written_to(self, office: Office) -> None:
        case_id = on_number(office, "12")
        office.post(f"/cases/{case_id}/hold")
        assert office.message(case_id).status_code == 201

    def test_an_unknown_channel_is_no_channel(self, office: Office) -> None:
        refused(office.message(on_number(office, "12"), channel="fax"), 400, "invalid_parameter")


class TestExternalId:
    def test_the_first_message_answers_for_all(self, office: Office) -> None:
        case_id = on_number(office, "12")
        first = office.message(case_id, external_id="note-1")
        again = office.message(case_id, external_id="note-1", content="Something else")
        assert (again.status_code, again.json()) == (200, first.json())
        assert len(office.firm.messages) == 1

    def test_it_is_looked_at_before_everything_else(self, office: Office) -> None:
        case_id = on_number(office, "12")
        first = office.message(case_id, external_id="note-1").json()
        office.post(f"/cases/{case_id}/close")
        assert office.message(case_id, external_id="note-1", content="", sender_email=None).json() == first

    def test_it_is_unique_per_case(self, office: Office) -> None:
        one = on_number(office, "12")
        client = {"first_name": "A", "last_name": "B", "cell_phone": "(312) 555-0111"}
        two = office.given_case("18", active=True, readable_id="18", clients=[client])
        answers = [office.message(case_id, external_id="note-1").status_code for case_id in (one, two)]
        assert answers == [201, 201]


class TestFeeds:
    def given_messages(self, office: Office) -> tuple[int, list[int]]:
        case_id = on_number(office, "12")
        ids = [
            message_arrives(office.portal, office.firm, {"case_id": case_id, "content": str(n)}).id for n in range(12)
        ]
        ids.append(office.message(case_id).json()["id"])
        return case_id, ids

    def test_without_a_cursor_it_is_a_bare_array_by_page_number(self, office: Office) -> None:
        _, ids = self.given_messages(office)
        pages = [office.get("/messages", **{"page[number]": number}).json() for number in (1, 2, 3)]
        assert [len(page) for page in pages] == [10, 3, 0]
        assert [message["id"] for page in pages for message in page] == ids
        assert office.get("/messages").json() == pages[0]
        documented = {"id", "type", "content", "sender_name", "sent_at", "created_at", "readable_id", "integration_id"}
        assert documented <= set(pages[0][0])
        for bad in ("0", "x", ""):
            refused(office.get("/messages", **{"page[number]": bad}), 400, "invalid_parameter")
        refused(office.get("/messages", direction="inbound"), 400, "invalid_parameter")

    def test_with_a_cursor_it_is_a_feed_of_changes(self, office: Office) -> None:
        case_id, ids = self.given_messages(office)
        message_edited(office.firm, ids[0], "Corrected")
        feed = office.get("/messages", cursor="", limit=100).json()["data"]
        assert [message["id"] for message in feed] == [*ids[1:], ids[0]]
        inbound = office.get("/messages", cursor="", limit=100, direction="inbound").json()["data"]
        assert ids[-1] not in [message["id"] for message in inbound]
        assert {message["sender"]["kind"] for message in inbound} == {"client"}
        first = office.get(f"/cases/{case_id}/messages", limit=12).json()
        rest = office.get(f"/cases/{case_id}/messages", cursor=first["page"]["next_cursor"]).json()["data"]
        assert first["data"] + rest == feed
        refused(office.get("/messages", cursor="", direction="up"), 400, "invalid_parameter")

    def test_a_message_may_appear_late_with_an_older_time(self, office: Office) -> None:
        case_id, ids = self.given_messages(office)
        early = {"case_id": case_id, "content": "late", "sent_at": "2025-01-01T00:00:00Z"}
        late = message_arrives(office.portal, office.firm, early)
        feed = office.get("/messages", cursor="", limit=100).json()["data"]
        assert [message["id"] for message in feed] == [late.id, *ids]

    def test_staff_automations_and_the_system_write_too(self, office: Office) -> None:
        case_id = on_number(office, "12")
        for kind in ("outbound", "automation", "system"):
            message_arrives(office.portal, office.firm, {"case_id": case_id, "type": kind, "content": kind})
        feed = office.get("/messages", cursor="", direction="outbound").json()["data"]
        assert [message["type"] for message in feed] == ["outbound", "automation", "system"]
        assert feed[0]["sender_name"] == "Olive Counsel"
