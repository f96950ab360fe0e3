"""A caller of the portal and the bodies it sends, for the tests of this folder."""

from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.casestatus.firm import Firm
from sandbox.casestatus.records import Case
from sandbox.testing import SandboxServer

ONE, TWO = "csk-fixture-one", "csk-fixture-two"
ATTORNEY = "of.counsel@fixture.example"
DELLA = {"external_id": "c-5501", "first_name": "Della", "last_name": "Vance", "cell_phone": "(303) 555-0120"}


def case_body(**changes: Any) -> dict[str, Any]:
    """A body that a fixture firm accepts; a change to ``...`` leaves the field out."""
    body = {
        "readable_id": "00231-Vance",
        "description": "Rear-end collision on Rt 9",
        "practice_area": "MVA",
        "stage": "Phase 1",
        "case_date": "2025-02-11",
        "attorney_email": ATTORNEY,
        "clients": [DELLA],
        "source_updated_at": "2025-06-03T16:20:09Z",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


class Office:
    """One firm's access to the portal of a running sandbox."""

    def __init__(self, server: SandboxServer, key: str = ONE) -> None:
        self.server = server
        self.key = key
        # Without certificates to load, a client is made fifty times faster; the sandbox speaks plain HTTP.
        headers = {"Authorization": f"ApiKey {key}"}
        self.http = httpx.Client(base_url=server.url + "/casestatus", headers=headers, verify=False)
        self._keys = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    @property
    def portal(self) -> Any:
        return self.server.casestatus.portal

    @property
    def firm(self) -> Firm:
        return self.portal.access[self.key].firm

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.http.request(method, "/v1/api" + path, **options)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.call("GET", path, params=query)

    def post(self, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        return self.call("POST", path, json=body or {}, headers={"Idempotency-Key": key} if key else {})

    def upsert(self, integration_id: str = "17", /, **changes: Any) -> httpx.Response:
        return self.call("PUT", f"/cases/by_integration_id/{integration_id}", json=case_body(**changes))

    def given_case(self, integration_id: str = "17", /, *, active: bool = False, **changes: Any) -> int:
        """A case that is there, by its id; the body stays valid for other ids by what ``changes`` say."""
        answer = self.upsert(integration_id, **changes)
        assert answer.status_code == 201, answer.text
        identity = int(answer.json()["case"]["id"])
        if active:
            assert self.post(f"/cases/{identity}/activate").status_code == 200
            self.firm.notices.clear()
        return identity

    def case(self, identity: int) -> dict[str, Any]:
        answer = self.get(f"/cases/{identity}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def record(self, identity: int) -> Case:
        return self.firm.case(identity)

    def message(self, case_id: int, key: str | None = None, **changes: Any) -> httpx.Response:
        self._keys += 1
        body = {"content": "Your records request went out today.", "sender_email": ATTORNEY, **changes}
        body = {name: value for name, value in body.items() if value is not ...}
        return self.post(f"/cases/{case_id}/messages", body, key or f"message-{self._keys}")

    def notices(self, kind: str | None = None) -> list[str]:
        return [notice.kind for notice in self.firm.notices if kind in (None, notice.kind)]


def codes(answer: httpx.Response) -> list[str]:
    """The codes of a refusal, after checking its shape."""
    payload = answer.json()
    assert set(payload) == {"errors", "request_id"}
    assert payload["request_id"] == answer.headers["x-request-id"]
    for entry in payload["errors"]:
        assert set(entry) == {"code", "message", "field", "details"}
        assert entry["message"].endswith(".")
    return [entry["code"] for entry in payload["errors"]]


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The details of a refusal with one entry."""
    assert (answer.status_code, codes(answer)) == (status, [code]), answer.text
    details: dict[str, Any] = answer.json()["errors"][0]["details"]
    return details


def changed(answer: httpx.Response) -> dict[str, tuple[Any, Any]]:
    """The changes of a write, by field."""
    assert answer.status_code in (200, 201), answer.text
    return {change["field"]: (change["from"], change["to"]) for change in answer.json()["changes"]}
