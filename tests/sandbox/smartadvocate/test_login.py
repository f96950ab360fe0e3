import base64
import json

import httpx
import pytest

from tests.sandbox.smartadvocate.client import Hub


def claims(token: str) -> dict[str, object]:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def test_a_login_gives_a_token_with_the_vendors_claims(server, hub):
    server.controls.clock.freeze()
    answer = hub.login().json()
    assert (answer["username"], answer["userID"]) == ("hub_admin", 677)
    now = int(server.controls.clock.timestamp())
    issuer = {"iss": "SmartAdvocateSandbox"}
    assert claims(answer["token"]) == {"id": "677", "host": "", "nbf": now, "exp": now + 7200, "iat": now} | issuer


def test_the_token_of_a_login_opens_the_api(hub):
    hub.http.headers["Authorization"] = f"Bearer {hub.login().json()['token']}"
    assert hub.get(f"case/{hub.case_id()}").status_code == 200


def test_names_of_paths_queries_and_bodies_match_in_any_letter_case(hub):
    address = hub.connection["host"] + "/casesyncapi/USERS/Authenticate"
    body = {"username": "HUB_ADMIN", "PASSWORD": hub.connection["password"]}
    assert httpx.post(address, json=body, verify=False).status_code == 200
    number = hub.case(hub.case_id())["caseNumber"]
    assert hub.rows("CASE/caseinfo", cASENUMBER=number)[0]["caseNumber"] == number


@pytest.mark.parametrize("password", ["", "Correct-horse-harrow-pike", 7, None])
def test_a_wrong_password_is_a_400(hub, password):
    body = {"Username": "hub_admin", "Password": password}
    answer = httpx.post(hub.connection["api_base"] + "/Users/authenticate", json=body, verify=False)
    assert (answer.status_code, answer.json()) == (400, {"message": "Username or password is incorrect"})


def test_the_locked_user_and_an_unknown_one_are_told_the_same(hub):
    assert hub.login(username="hub_locked").json() == hub.login(username="nobody").json()
    assert hub.login(username="hub_locked").status_code == 400


def test_a_wrong_password_may_be_a_401(hub):
    hub.firm.switches.bad_login_status = 401
    assert hub.login("x").status_code == 401


def test_wrong_passwords_may_lock_a_user(hub):
    hub.firm.switches.lock_after = 3
    for _ in range(3):
        hub.login("x")
    assert hub.login().status_code == 400
    assert hub.get(f"case/{hub.case_id()}").status_code == 401


def test_a_good_login_in_between_forgives(hub):
    hub.firm.switches.lock_after = 2
    for password in ("x", None, "x"):
        hub.login(password)
    assert hub.login().status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic eA=="])
def test_without_a_good_token_there_is_an_empty_401(hub, header):
    answer = hub.call("GET", f"case/{hub.case_id()}", headers={"Authorization": header})
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_the_bare_token_is_not_enough(hub):
    answer = hub.call("GET", f"case/{hub.case_id()}", headers={"Authorization": hub.connection["token"]})
    assert answer.status_code == 401


def test_a_token_lives_two_hours(server, hub):
    server.controls.clock.advance(7199)
    assert hub.get(f"case/{hub.case_id()}").status_code == 200
    server.controls.clock.advance(2)
    assert hub.get(f"case/{hub.case_id()}").status_code == 401


def test_its_life_can_be_shorter(server, hub):
    hub.firm.switches.token_seconds = 60
    hub.http.headers["Authorization"] = f"Bearer {hub.login().json()['token']}"
    server.controls.clock.advance(61)
    assert hub.get(f"case/{hub.case_id()}").status_code == 401


def test_a_token_of_one_firm_is_nothing_to_another(server, hub):
    with Hub(server, "lark-quill") as other:
        other.http.headers["Authorization"] = hub.http.headers["Authorization"]
        assert other.get(f"case/{other.case_id()}").status_code == 401


def test_tokens_can_be_ended_in_the_middle_of_a_run(hub):
    hub.control.post("/expire")
    assert hub.get(f"case/{hub.case_id()}").status_code == 401
    hub.http.headers["Authorization"] = f"Bearer {hub.login().json()['token']}"
    assert hub.get(f"case/{hub.case_id()}").status_code == 200


def test_a_token_may_be_good_for_some_requests_only(hub):
    hub.firm.switches.requests_per_token = 2
    assert [hub.get(f"case/{hub.case_id()}").status_code for _ in range(3)] == [200, 200, 401]
    hub.http.headers["Authorization"] = f"Bearer {hub.login().json()['token']}"
    assert hub.get(f"case/{hub.case_id()}").status_code == 200


def test_a_changed_password_ends_logins_not_tokens(hub):
    hub.control.post("/users/hub_admin", json={"password": "battery-staple"})
    assert hub.login().status_code == 400
    assert hub.login("battery-staple").status_code == 200
    assert hub.get(f"case/{hub.case_id()}").status_code == 200


def test_locking_a_user_ends_both(hub):
    assert hub.control.post("/users/hub_admin", json={"locked": True}).json()["locked"] is True
    assert hub.login().status_code == 400
    assert hub.get(f"case/{hub.case_id()}").status_code == 401


def test_unknown_firms_and_paths_are_empty_404s(hub):
    lost = httpx.get(f"{hub.server.url}/smartadvocate/nobody/CaseSyncAPI/case/1", verify=False)
    assert (lost.status_code, lost.content) == (404, b"")
    assert hub.get("documents/1").status_code == 404
    assert hub.call("DELETE", f"case/{hub.case_id()}").status_code == 405


def test_the_budget_is_off_until_it_is_switched_on(server, hub):
    server.controls.limit("smartadvocate").requests = 1
    assert [hub.get("case/notes/types").status_code for _ in range(3)] == [200, 200, 200]
    server.controls.clock.freeze()
    server.controls.limit("smartadvocate").on = True
    first, second = hub.get("case/notes/types"), hub.get("case/notes/types")
    assert (first.status_code, second.status_code, second.content) == (200, 429, b"")
    assert 1 <= int(second.headers["retry-after"]) <= 60
    server.controls.clock.advance(60)
    assert hub.get("case/notes/types").status_code == 200


ASKED = {
    "client_id": "sandbox-smartadvocate-client",
    "redirect_uri": "http://127.0.0.1:1/back?firm=7",
    "state": "s&1",
}
CLIENT = {"client_id": "sandbox-smartadvocate-client", "client_secret": "sandbox-smartadvocate-secret"}


class TestOAuth:
    @pytest.fixture
    def pages(self, hub):
        hub.firm.switches.oauth = True
        with httpx.Client(base_url=hub.connection["host"] + "/oauth", verify=False) as client:
            yield client

    def decide(self, pages, **form):
        return pages.post("/authorize", data=ASKED | form)

    def test_it_is_off_by_default(self, hub):
        assert httpx.get(hub.connection["host"] + "/oauth/authorize", verify=False).status_code == 404

    def test_login_and_consent_lead_to_a_token_for_the_api(self, hub, pages):
        assert "Allow Access" in pages.get("/authorize", params=ASKED | {"response_type": "code"}).text
        back = self.decide(pages, username="hub_admin", password=hub.connection["password"], decision="allow")
        target = httpx.URL(back.headers["location"])
        assert (back.status_code, target.params["state"], target.params["firm"]) == (302, "s&1", "7")
        code = {"code": target.params["code"], "redirect_uri": ASKED["redirect_uri"]}
        asked = CLIENT | {"grant_type": "authorization_code"} | code
        given = pages.post("/token", data=asked).json()
        assert (given["token_type"], given["expires_in"]) == ("Bearer", 7200)
        again = CLIENT | {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
        for token in (given["access_token"], pages.post("/token", data=again).json()["access_token"]):
            hub.http.headers["Authorization"] = f"Bearer {token}"
            assert hub.get("case/notes/types").status_code == 200
        assert pages.post("/token", data=asked).json() == {"error": "invalid_grant"}

    def test_a_wrong_password_shows_the_page_again(self, pages):
        assert "incorrect" in self.decide(pages, username="hub_admin", password="x", decision="allow").text

    def test_a_refusal_goes_back_to_the_app(self, pages):
        assert "error=access_denied" in self.decide(pages, decision="deny").headers["location"]

    def test_a_wrong_client_is_refused(self, pages):
        assert pages.get("/authorize", params=ASKED | {"client_id": "x"}).status_code == 400
        answer = pages.post("/token", data={"client_id": "x", "grant_type": "refresh_token"})
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
