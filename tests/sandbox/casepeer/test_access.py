import httpx
import pytest

from sandbox.faults import FaultKind, FaultRule
from tests.sandbox.casepeer.client import Hub, detail, refused

SETTINGS = "/integrations/case-status/"


def test_the_probe_says_whose_key_it_is(hub):  # [assumed] 6.3
    assert hub.body("account/") == {
        "firm": "Harrow Pike LLP",
        "host": hub.connection["host"].removeprefix("http://"),
        "timezone": "America/New_York",
        "key_scope": "integration",
    }
    assert hub.office.get("/account/").json()["key_scope"] == "admin"


def test_without_a_good_key_there_is_a_401(hub):  # [assumed] 6.1, 6.2
    key = hub.connection["key"]
    for header in ("", "Token", "Token x", f"Bearer {key}", key):
        answer = hub.call("GET", "account/", headers={"Authorization": header})
        assert detail(answer) == (401, "Invalid token."), header
        assert answer.headers["www-authenticate"] == "Token"


def test_keys_are_forty_hexadecimal_digits_of_one_firm(server, hub):  # [assumed] 6.1
    key = hub.connection["key"]
    assert (len(key), set(key) <= set("0123456789abcdef")) == (40, True)
    with Hub(server, "lark-quill") as other:
        assert other.call("GET", "account/", headers={"Authorization": f"Token {key}"}).status_code == 401


def test_a_key_can_be_disabled_or_replaced(hub):  # [assumed] 6.6: expired key
    hub.change("/keys/integration", enabled=False)
    assert hub.get("account/").status_code == 401
    hub.change("/keys/integration", enabled=True)
    assert hub.get("account/").status_code == 200
    value = hub.change("/keys/integration", renew=True)["value"]
    assert hub.get("account/").status_code == 401
    assert hub.call("GET", "account/", headers={"Authorization": f"Token {value}"}).status_code == 200


def test_one_view_can_be_forbidden(hub):  # [seen] 2: one view 403 for one user and fine for another
    hub.change("/keys/integration", denied=["case/*/notes"])
    forbidden = (403, "You do not have permission to perform this action.")
    assert detail(hub.get(f"case/{hub.case_id()}/notes/")) == forbidden
    assert hub.get(f"case/{hub.case_id()}/").status_code == 200
    assert hub.office.get(f"/case/{hub.case_id()}/notes/").status_code == 200


class TestTwoKeys:
    """[seed][help] 5.1: each side enters the other's key, and an administrator does it."""

    @pytest.fixture
    def fresh(self, server, hub):
        """A firm where nobody has entered anything yet."""
        firm = server.casepeer.firms["lark-quill"]
        connection = firm.connection(server.url)
        headers = {"Authorization": f"Token {connection['admin_key']}"}
        with httpx.Client(base_url=connection["api_base"], headers=headers, verify=False) as office:
            yield office, connection

    def test_a_new_firm_has_neither_and_its_own_key_opens_nothing(self, fresh):
        office, connection = fresh
        assert office.get(SETTINGS).json() == {
            "key": connection["key"],
            "partner_api_key_last4": None,
            "enabled": False,
            "updated_at": None,
            "updated_by": None,
        }
        headers = {"Authorization": f"Token {connection['key']}"}
        assert office.get("/account/", headers=headers).status_code == 401

    def test_entered_and_enabled_the_key_given_to_us_works(self, server, fresh):
        office, connection = fresh
        saved = office.put(SETTINGS, json={"partner_api_key": "csk-lark-quill", "enabled": True}).json()
        assert (saved["enabled"], saved["partner_api_key_last4"]) == (True, "uill")
        assert "csk-lark-quill" not in str(saved)
        assert saved["updated_by"] == server.world.firm("lark-quill").staff.admin.id
        assert saved["updated_at"][-6:] in {"-07:00", "-06:00"}
        headers = {"Authorization": f"Token {connection['key']}"}
        assert office.get("/account/", headers=headers).status_code == 200

    def test_enabling_needs_the_partners_key(self, fresh):  # [assumed] 6.4
        office, _ = fresh
        assert refused(office.put(SETTINGS, json={"enabled": True})) == ["partner_api_key"]
        assert office.put(SETTINGS, json={"partner_api_key": "csk-lark-quill"}).json()["enabled"] is False
        assert office.put(SETTINGS, json={"enabled": True}).json()["enabled"] is True

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"partner_api_key": " "}, "partner_api_key"),
            ({"partner_api_key": 7}, "partner_api_key"),
            ({"enabled": "yes"}, "enabled"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, fresh, body, field):
        assert refused(fresh[0].put(SETTINGS, json=body)) == [field]

    def test_only_administrators_see_and_change_them(self, hub):  # [seen][help] 2
        assert hub.get("integrations/case-status/").status_code == 403
        assert hub.call("PUT", "integrations/case-status/", json={"enabled": False}).status_code == 403
        assert hub.office.put(SETTINGS, json={"enabled": False}).status_code == 200
        assert hub.get("account/").status_code == 401

    def test_casepeer_may_try_the_partners_key_first(self, server, hub):
        hub.firm.switches.checks_partner_key = f"{server.url}/casestatus/v1/api"
        refusal = hub.office.put(SETTINGS, json={"partner_api_key": "csk-somebody", "enabled": True})
        assert refusal.json() == {"partner_api_key": ["Case Status does not accept this key."]}
        assert hub.firm.keys.partner_api_key == "csk-harrow-pike"
        assert hub.office.put(SETTINGS, json={"enabled": True}).status_code == 200
        hub.firm.switches.checks_partner_key = "http://127.0.0.1:9"
        assert refused(hub.office.put(SETTINGS, json={"enabled": True})) == ["partner_api_key"]


class TestAddresses:
    def test_a_read_without_the_slash_is_sent_on(self, hub):  # [assumed] 6.1
        answer = hub.get("case", page_size=1)
        assert answer.status_code == 301
        assert answer.headers["location"] == f"{hub.connection['api_base']}/case/?page_size=1"

    def test_a_write_without_the_slash_is_a_404(self, hub):  # [assumed] 6.1
        case_id = hub.case_id()
        assert detail(hub.call("POST", f"case/{case_id}/notes", json={"note": "x"})) == (404, "Not found.")
        assert hub.firm.notes.new() == []

    def test_unknown_ones_and_wrong_methods(self, hub):  # [assumed] 6.2
        for path in ("cases/", "case/7/", "case/x/", "case/7/notes/"):
            assert detail(hub.get(path)) == (404, "Not found."), path
        assert detail(hub.call("DELETE", f"case/{hub.case_id()}/")) == (405, 'Method "DELETE" not allowed.')

    def test_an_unknown_firm(self, hub):
        assert httpx.get(f"{hub.server.url}/casepeer/nobody/api/v1/account/", verify=False).status_code == 404

    def test_every_answer_has_a_request_id(self, hub):  # [assumed] 6.1
        ids = {hub.get(path).headers["x-request-id"] for path in ("account/", "account/", "nothing/")}
        assert len(ids) == 3


class TestBudget:
    def test_twenty_at_once_then_two_a_second_for_each_key(self, server, hub):  # [assumed] 6.1
        clock = server.controls.clock
        clock.freeze()
        server.controls.limit("casepeer").on = True
        assert [hub.get("account/").status_code for _ in range(21)] == [200] * 20 + [429]
        refusal = hub.get("account/")
        assert detail(refusal) == (429, "Request was throttled. Expected available in 1 seconds.")
        assert refusal.headers["retry-after"] == "1"
        assert hub.office.get("/account/").status_code == 200
        clock.advance(1)
        assert [hub.get("account/").status_code for _ in range(3)] == [200, 200, 429]

    def test_it_is_a_hundred_and_twenty_a_minute(self, server):
        limit = server.controls.limit("casepeer")
        assert (limit.requests, limit.window_seconds, limit.burst) == (120, 60, 20)


class TestLoginPages:
    """[seen] 2: expiry may be a redirect to ``/login/``, which is 200 and HTML."""

    def test_after_a_redirect(self, hub):
        hub.change("/switches", login_page="redirect")
        first = hub.get("account/")
        assert first.status_code == 302
        assert first.headers["location"].startswith(f"{hub.connection['host']}/login/?next=")
        page = hub.call("GET", "account/", follow_redirects=True)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "otp_token" in page.text

    def test_at_once_and_for_writes_too(self, hub):
        hub.change("/switches", login_page="page")
        for answer in (hub.get("case/"), hub.note(hub.case_id())):
            assert (answer.status_code, answer.text[:15]) == (200, "<!DOCTYPE html>")
        assert hub.firm.notes.new() == []


def test_faults_and_the_request_log_cover_it(server, hub):  # [assumed] 6.2: 502 is an HTML page
    server.controls.faults.add(FaultRule("casepeer", FaultKind.HTML, path="/harrow-pike/api/v1/case/*"))
    answer = hub.get(f"case/{hub.case_id()}/")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    hub.get(f"case/{hub.case_id()}/")
    routes = server.controls.requests.by_route("casepeer")
    assert routes == {"GET /harrow-pike/api/v1/case/{id}/": 2}
