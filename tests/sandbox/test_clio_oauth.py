from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.clio.app import REGIONS

CALLBACK = "http://127.0.0.1:9999/callback"
SECRETS = {"client_id": "sandbox-us-client", "client_secret": "sandbox-us-secret"}


@pytest.fixture
def oauth(server):
    with httpx.Client(base_url=server.url + "/clio/us/oauth", headers={"User-Agent": "casebridge/1.0"}) as client:
        yield client


def authorize(oauth, **changes):
    asked = {"response_type": "code", "client_id": "sandbox-us-client", "redirect_uri": CALLBACK, "state": "s-1"}
    return oauth.get("/authorize", params=asked | changes)


def decide(oauth, decision, **changes):
    asked = {"client_id": "sandbox-us-client", "redirect_uri": CALLBACK, "state": "s-1", "firm": "lark-quill"}
    return oauth.post("/authorize", data=asked | {"decision": decision} | changes)


def told(answer) -> dict[str, str]:
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(oauth, code, **changes):
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return oauth.post("/token", data=SECRETS | asked | changes)


def refresh(oauth, refresh_token, **changes):
    return oauth.post(
        "/token", data=SECRETS | {"grant_type": "refresh_token", "refresh_token": refresh_token} | changes
    )


def who(server, token, region="us"):
    headers = {"User-Agent": "casebridge/1.0", "Authorization": f"Bearer {token}"}
    address = f"{server.url}/clio/{region}/api/v4/users/who_am_i.json?fields=id,name,email,account{{id,name}}"
    return httpx.get(address, headers=headers)


def test_allow_gives_a_code_that_becomes_tokens_of_the_chosen_firm(server, oauth):
    page = authorize(oauth)
    assert page.status_code == 200
    assert 'value="allow"' in page.text
    assert 'value="deny"' in page.text
    answer = told(decide(oauth, "allow"))
    assert answer["state"] == "s-1"
    tokens = exchange(oauth, answer["code"]).json()
    assert {name: tokens[name] for name in ("token_type", "expires_in")} == {
        "token_type": "bearer",
        "expires_in": 2592000,
    }
    assert tokens["refresh_token"]
    me = who(server, tokens["access_token"]).json()["data"]
    assert me["account"] == {"id": server.clio.firms["lark-quill"].account["id"], "name": "Lark & Quill Injury Law"}


def test_deny_stays_on_clio_unless_a_redirect_was_asked_for(oauth):
    assert decide(oauth, "deny").status_code == 200
    assert told(decide(oauth, "deny", redirect_on_decline="true")) == {"error": "access_denied", "state": "s-1"}


def test_auto_approval_needs_no_page(server, oauth):
    server.clio.oauth["us"].settings.auto_approve = "harrow-pike"
    assert set(told(authorize(oauth))) == {"code", "state"}


def test_pkce_and_scope_are_ignored(server, oauth):
    server.clio.oauth["us"].settings.auto_approve = "harrow-pike"
    answer = told(authorize(oauth, code_challenge="abc", code_challenge_method="S256", scope="matters"))
    assert exchange(oauth, answer["code"]).status_code == 200


@pytest.mark.parametrize(
    ("redirect_uri", "allowed"),
    [
        ("https://hub.example/callback", True),
        ("https://hub.example/callback?id=7", True),
        ("https://hub.example/other", False),
        ("https://evil.example/callback", False),
        ("http://hub.example/callback", False),
        ("http://127.0.0.1:5555/anything", True),
        ("http://127.0.0.1.evil.example/", False),
        ("", False),
    ],
)
def test_redirects_are_an_allow_list_that_tolerates_extra_parameters(server, oauth, redirect_uri, allowed):
    server.clio.oauth["us"].register("app-2", "secret", ["https://hub.example/callback"])
    assert (authorize(oauth, client_id="app-2", redirect_uri=redirect_uri).status_code == 200) is allowed


def test_parameters_of_the_redirect_survive(server, oauth):
    server.clio.oauth["us"].register("app-2", "secret", ["https://hub.example/callback"])
    answer = decide(oauth, "allow", client_id="app-2", redirect_uri="https://hub.example/callback?id=7")
    assert told(answer)["id"] == "7"


def test_native_apps_read_the_code_from_the_title(server, oauth):
    approval = server.url + "/clio/us/oauth/approval"
    allowed = decide(oauth, "allow", redirect_uri=approval)
    page = httpx.get(allowed.headers["location"])
    assert f"<title>code={told(allowed)['code']}" in page.text
    denied = decide(oauth, "deny", redirect_uri=approval)
    assert "<title>error=access_denied" in httpx.get(denied.headers["location"]).text


@pytest.mark.parametrize("changes", [{"client_id": "nobody"}, {"response_type": "token"}])
def test_a_wrong_authorization_request_is_an_error_page(oauth, changes):
    refused = authorize(oauth, **changes)
    assert refused.status_code == 400
    assert refused.headers["content-type"].startswith("text/html")


def test_a_code_works_once(oauth):
    code = told(decide(oauth, "allow"))["code"]
    assert exchange(oauth, code).status_code == 200
    again = exchange(oauth, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_code_lives_ten_minutes(server, oauth):
    early, late = (told(decide(oauth, "allow"))["code"] for _ in range(2))
    server.controls.clock.advance(590)
    assert exchange(oauth, early).status_code == 200
    server.controls.clock.advance(20)
    assert exchange(oauth, late).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"redirect_uri": CALLBACK + "/other"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
def test_refused_exchanges(oauth, changes, status, error):
    refused = exchange(oauth, told(decide(oauth, "allow"))["code"], **changes)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert refused.json()["error_description"]


def test_refresh_gives_no_new_refresh_token_and_works_many_times(server, oauth, connection):
    for _ in range(3):
        answer = refresh(oauth, connection["refresh_token"]).json()
        assert set(answer) == {"token_type", "access_token", "expires_in"}
        assert who(server, answer["access_token"]).status_code == 200
    assert who(server, connection["access_token"]).status_code == 200
    assert server.clio.oauth["us"].refreshes["harrow-pike"] == 3


def test_every_firm_has_a_refresh_token_that_can_be_written_down(oauth):
    assert refresh(oauth, "sandbox-refresh-harrow-pike").status_code == 200


def test_expiry_is_adjustable_and_expired_tokens_are_refused(server, oauth, connection):
    server.clio.oauth["us"].settings.expires_in = 60
    answer = refresh(oauth, connection["refresh_token"]).json()
    assert answer["expires_in"] == 60
    server.controls.clock.advance(61)
    assert who(server, answer["access_token"]).status_code == 401
    assert refresh(oauth, connection["refresh_token"]).status_code == 200


def test_deauthorize_kills_both_tokens(server, oauth, connection):
    bearer = {"Authorization": f"Bearer {connection['access_token']}"}
    done = oauth.post("/deauthorize", headers=bearer, data={"token": connection["access_token"]})
    assert (done.status_code, done.content) == (200, b"")
    assert who(server, connection["access_token"]).status_code == 401
    assert refresh(oauth, connection["refresh_token"]).json()["error"] == "invalid_grant"


def test_deauthorize_needs_the_same_token_twice(server, oauth, connection):
    bearer = {"Authorization": f"Bearer {connection['access_token']}"}
    assert oauth.post("/deauthorize", headers=bearer, data={"token": "other"}).status_code == 401
    assert who(server, connection["access_token"]).status_code == 200


def test_revocation_switch(server, oauth, plain, connection):
    assert plain.post("/__sandbox__/clio/revoke", json={"firm": "harrow-pike"}).json() == {"revoked": 2}
    assert refresh(oauth, connection["refresh_token"]).json()["error"] == "invalid_grant"
    assert who(server, connection["access_token"]).status_code == 401


def test_rotating_at_once_kills_the_used_refresh_token(server, oauth, plain, connection):
    plain.post("/__sandbox__/clio/oauth", json={"region": "us", "rotation": "at_once"})
    following = refresh(oauth, connection["refresh_token"]).json()["refresh_token"]
    assert refresh(oauth, connection["refresh_token"]).json()["error"] == "invalid_grant"
    assert refresh(oauth, following).status_code == 200
    counts = plain.get("/__sandbox__/clio/oauth").json()["us"]["counts"]
    assert (counts["refresh_requests"], counts["refreshed"], counts["refused"]) == (3, 2, 1)


@pytest.mark.parametrize("used", ["access", "refresh"])
def test_rotating_on_first_use_survives_a_lost_answer(server, oauth, plain, connection, used):
    plain.post("/__sandbox__/clio/oauth", json={"rotation": "on_first_use"})
    old = connection["refresh_token"]
    assert refresh(oauth, old).status_code == 200  # this answer is lost
    answer = refresh(oauth, old).json()
    assert who(server, connection["access_token"]).status_code == 200
    assert server.clio.oauth["us"]._grants.get(old) is not None
    if used == "access":
        assert who(server, answer["access_token"]).status_code == 200
    else:
        assert refresh(oauth, answer["refresh_token"]).status_code == 200
    assert refresh(oauth, old).json()["error"] == "invalid_grant"


def test_slow_refreshes_are_taken_in_order_of_arrival(server, oauth, plain, connection):
    plain.post("/__sandbox__/clio/oauth", json={"rotation": "at_once", "refresh_delay": [0.3, 0.4]})
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: refresh(oauth, connection["refresh_token"]).status_code, range(5)))
    assert sorted(answers) == [200, 400, 400, 400, 400]


def test_regions_are_separate_instances(server, connection):
    for region in REGIONS:
        answer = who(server, connection["access_token"], region)
        assert answer.status_code == (200 if region == "us" else 401)
    eu = server.clio.connect("ashdown-rowe", server.url)
    assert eu["region"] == "eu"
    assert who(server, eu["access_token"], "eu").status_code == 200
    address = server.url + "/clio/eu/oauth/token"
    form = {"grant_type": "refresh_token", "refresh_token": connection["refresh_token"]}
    assert httpx.post(address, data=form | SECRETS).json()["error"] == "invalid_client"
    own = {"client_id": "sandbox-eu-client", "client_secret": "sandbox-eu-secret"}
    assert httpx.post(address, data=form | own).json()["error"] == "invalid_grant"


def test_minting_by_the_control_route(server, plain):
    minted = plain.post("/__sandbox__/clio/token", json={"firm": "ashdown-rowe"}).json()
    assert minted["oauth_base"] == server.url + "/clio/eu/oauth"
    assert who(server, minted["access_token"], "eu").json()["data"]["account"] == minted["account"]
    assert plain.post("/__sandbox__/clio/token", json={"firm": "nobody"}).status_code == 400
