"""What every API request passes first: firewall, token, budget, version, permissions."""

import http.client
import time

import httpx
import pytest

FIRM = "harrow-pike"
MATTER = 1_480_000_000
CLIENT = 5_530_000_000


@pytest.mark.parametrize("agent", ["", "hub (+https://hub.example)"])
def test_the_firewall_answers_html(clio, agent):
    refused = clio.get("/matters.json", headers={"User-Agent": agent})
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("text/html")


def test_a_missing_user_agent_meets_the_firewall_too(server, clio):
    host, port = server.url.removeprefix("http://").split(":")
    raw = http.client.HTTPConnection(host, int(port))
    raw.putrequest("GET", "/clio/us/api/v4/matters.json")
    raw.putheader("Authorization", clio.headers["Authorization"])
    raw.endheaders()
    assert raw.getresponse().status == 403


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic abc", "token abc"])
def test_401_without_a_usable_authorization(plain, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    refused = plain.get("/clio/us/api/v4/matters.json", headers=headers)
    assert refused.status_code == 401
    assert refused.json() == {"error": {"type": "UnauthorizedError", "message": "User is not authorized"}}
    assert not [name for name in refused.headers if name.startswith("x-ratelimit")]


def test_401_of_a_bad_token_has_another_shape(plain):
    refused = plain.get("/clio/us/api/v4/matters.json", headers={"Authorization": "Bearer nonsense"})
    assert refused.status_code == 401
    assert refused.json()["error"] == "invalid_token"
    assert set(refused.json()) == {"error", "error_description"}
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert not [name for name in refused.headers if name.startswith("x-ratelimit")]


@pytest.fixture
def limited(server):
    server.controls.limit("clio").on = True
    server.controls.clock.freeze(None)
    start = server.controls.clock.timestamp()
    server.controls.clock.advance(60 - start % 60 + 10)
    return server.controls


def test_fifty_a_minute_with_headers_then_429(limited, clio):
    for used in range(1, 51):
        answer = clio.get(f"/matters/{MATTER}.json")
        assert answer.status_code == 200
        assert answer.headers["x-ratelimit-limit"] == "50"
        assert answer.headers["x-ratelimit-remaining"] == str(50 - used)
    refused = clio.get(f"/matters/{MATTER}.json")
    assert refused.status_code == 429
    assert refused.json()["error"]["type"] == "RateLimited"
    wait = int(refused.headers["retry-after"])
    assert wait == 50
    assert int(refused.headers["x-ratelimit-reset"]) == limited.clock.timestamp() + wait
    limited.clock.advance(wait)
    assert clio.get(f"/matters/{MATTER}.json").status_code == 200


def test_the_budget_is_per_token(limited, server, clio):
    limited.limit("clio").requests = 1
    assert [clio.get("/users.json").status_code for _ in range(2)] == [200, 429]
    other = server.clio.connect(FIRM, server.url)
    headers = {"Authorization": f"Bearer {other['access_token']}"}
    assert clio.get("/users.json", headers=headers).status_code == 200


def test_the_limit_may_change_while_running(limited, plain, clio):
    assert clio.get("/users.json").headers["x-ratelimit-remaining"] == "49"
    plain.post("/__sandbox__/limits", json={"clio": {"requests": 2}})
    assert clio.get("/users.json").headers["x-ratelimit-remaining"] == "0"
    assert clio.get("/users.json").status_code == 429
    plain.post("/__sandbox__/limits", json={"on": False})
    answer = clio.get("/users.json")
    assert answer.status_code == 200
    assert "x-ratelimit-limit" not in answer.headers


def test_a_skewed_window_ends_at_another_second(limited, clio):
    limited.limit("clio").window_offset = 25.0
    reset = int(clio.get("/users.json").headers["x-ratelimit-reset"])
    assert reset % 60 == 25
    assert 0 < reset - limited.clock.timestamp() <= 60


def test_refused_calls_within_a_valid_token_count_and_carry_the_headers(limited, clio):
    answer = clio.get("/matters.json?fields=foo")
    assert answer.status_code == 400
    assert answer.headers["x-ratelimit-remaining"] == "49"


@pytest.mark.parametrize(("asked", "echoed"), [(None, "4.0.13"), ("4.0.13", "4.0.13"), ("4.0.10", "4.0.10")])
def test_the_version_is_echoed(clio, asked, echoed):
    headers = {} if asked is None else {"X-API-VERSION": asked}
    assert clio.get("/users.json", headers=headers).headers["x-api-version"] == echoed


@pytest.mark.parametrize("version", ["4.0.1", "4.1", "5", "latest"])
def test_a_bad_or_retired_version_is_410(clio, version):
    refused = clio.get("/users.json", headers={"X-API-VERSION": version})
    assert refused.status_code == 410
    assert "type" in refused.json()["error"]


@pytest.mark.parametrize(
    ("denied", "path", "status"),
    [
        ("matters", "/matters.json", 403),
        ("matters", "/matter_stages.json", 403),
        ("matters", "/practice_areas.json", 403),
        ("matters", "/relationships.json", 403),
        ("matters", "/users.json", 200),
        ("contacts", "/contacts.json", 403),
        ("contacts", f"/contacts/{CLIENT}/phone_numbers.json", 403),
        ("contacts", f"/matters/{MATTER}/client.json", 403),
        ("contacts", f"/matters/{MATTER}/contacts.json", 403),
        ("contacts", "/relationships.json", 403),
        ("contacts", "/matters.json", 200),
        ("users", "/users.json", 403),
        ("users", "/users/who_am_i.json", 200),
    ],
)
def test_permission_switches(plain, clio, denied, path, status):
    plain.post(f"/__sandbox__/clio/firms/{FIRM}", json={"denied": [denied]})
    answer = clio.get(path)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["type"] == "ForbiddenError"


def test_without_contacts_permission_nested_contacts_are_stubs(plain, clio):
    plain.post(f"/__sandbox__/clio/firms/{FIRM}", json={"denied": ["contacts"]})
    data = clio.get(f"/matters/{MATTER}.json?fields=id,display_number,client{{id,name}}").json()["data"]
    assert data["client"] == {"id": CLIENT, "etag": data["client"]["etag"], "redacted": True}
    assert data["display_number"]


def test_hidden_contacts_are_redacted_everywhere_but_their_matter_is_not(plain, clio):
    plain.post(f"/__sandbox__/clio/firms/{FIRM}", json={"hidden_contacts": [CLIENT]})
    matters = clio.get("/matters.json?limit=2&order=id(asc)&fields=id,client{id,name}").json()["data"]
    assert matters[0]["client"]["redacted"] is True
    assert matters[1]["client"]["name"]
    contacts = clio.get(f"/contacts.json?ids[]={CLIENT}&fields=id,name").json()["data"]
    assert contacts == [{"id": CLIENT, "etag": contacts[0]["etag"], "redacted": True}]


def test_hidden_matters_are_absent(plain, clio):
    plain.post(f"/__sandbox__/clio/firms/{FIRM}", json={"hidden_matters": [MATTER]})
    assert clio.get(f"/matters/{MATTER}.json").status_code == 404
    listed = clio.get("/matters.json?limit=1&order=id(asc)").json()
    assert [matter["id"] for matter in listed["data"]] == [MATTER + 1]
    assert listed["meta"]["records"] == 449


@pytest.mark.parametrize(
    "path", ["/matters/7.json", "/contacts/7.json", "/users/7.json", "/nonsense.json", "/matter_stages/1"]
)
def test_unknown_records_and_routes_are_404(clio, path):
    refused = clio.get(path)
    assert refused.status_code == 404
    assert refused.json()["error"]["type"] == "ResourceNotFound"


def test_another_firm_of_the_same_region_is_invisible(server, clio):
    other = server.world.firm("lark-quill").first_matter_id
    assert clio.get(f"/matters/{other}.json").status_code == 404
    assert clio.get(f"/matters.json?ids[]={other}").json()["data"] == []


def test_a_page_of_two_hundred_is_cheap_once_warm(server, clio):
    fields = (
        "id,etag,number,display_number,description,status,open_date,updated_at,matter_stage{id,name},"
        "client{id,name,first_name,last_name,type,primary_phone_number},responsible_attorney{id,name,email}"
    )
    address = f"/matters.json?order=id(asc)&limit=200&fields={fields}"
    clio.get(address)
    started = time.process_time()
    for _ in range(10):
        assert clio.get(address).status_code == 200
    assert time.process_time() - started < 10 * 0.05  # client and server together; the server alone takes 3 ms


def test_the_firm_of_a_token_is_its_own(server, connection):
    headers = {"User-Agent": "casebridge/1.0", "Authorization": f"Bearer {connection['access_token']}"}
    answer = httpx.get(connection["api_base"] + "/users/who_am_i.json?fields=account{id,name}", headers=headers)
    assert answer.json()["data"]["account"] == connection["account"]
