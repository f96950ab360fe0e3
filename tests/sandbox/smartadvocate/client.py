"""A caller of one firm's SmartAdvocate and the bodies it sends, for the tests of this folder."""

from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.smartadvocate.changes import SmartAdvocateFirm
from sandbox.testing import SandboxServer

SLUG = "harrow-pike"
EVERYTHING = {"modifiedFromDateTime": "2000-01-01T00:00:00Z", "modifiedToDateTime": "2099-01-01T00:00:00Z"}


class Hub:
    """A user of a firm's instance, logged in; ``firm`` is the state behind it, ``control`` its control routes."""

    def __init__(self, server: SandboxServer, slug: str = SLUG, username: str = "hub_admin") -> None:
        self.server = server
        self.connection = server.smartadvocate.connect(slug, server.url, username)
        self.firm: SmartAdvocateFirm = server.smartadvocate.firms[slug]
        headers = {"Authorization": f"Bearer {self.connection['token']}"}
        self.http = httpx.Client(base_url=self.connection["api_base"], headers=headers, verify=False)
        self.control = httpx.Client(base_url=f"{server.url}/__sandbox__/smartadvocate/firms/{slug}", verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        self.control.close()

    def told(self) -> Any:
        return httpx.get(str(self.control.base_url).rstrip("/"), verify=False).json()

    def settings(self, **settings: Any) -> httpx.Response:
        return httpx.post(str(self.control.base_url).rstrip("/"), json=settings, verify=False)

    def case_id(self, index: int = 0) -> int:
        return self.firm.seed.first_matter_id + index

    def troubled(self, trouble: str) -> int:
        return self.firm.seed.troubles[trouble][0]

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.http.request(method, "/" + path, **options)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.call("GET", path, params=query)

    def rows(self, path: str, **query: Any) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def case(self, case_id: int) -> Any:
        return self.rows(f"case/{case_id}", AddContactInfo="true")

    def between(self, what: str, **changes: Any) -> httpx.Response:
        return self.call("POST", f"{what}/byDatePaged", json=EVERYTHING | changes)

    def login(self, password: str | None = None, username: str = "hub_admin") -> httpx.Response:
        body = {"Username": username, "Password": password or self.connection["password"]}
        return httpx.post(f"{self.connection['api_base']}/Users/authenticate", json=body, verify=False)

    def note(self, case_id: int, **changes: Any) -> httpx.Response:
        """Insert Note; a change to ``...`` leaves the field out."""
        body = {
            "caseID": case_id,
            "noteTypeID": self.firm.note_types.id_of("Case Status - Incoming"),
            "subject": "Case Status Message",
            "noteText": "Dana: done<br>today.",
            "noteDate": "2026-02-13T18:22:31Z",
            **changes,
        }
        body = {name: value for name, value in body.items() if value is not ...}
        return self.call("POST", f"case/{case_id}/notes", json=body)

    def upload(
        self, case_id: int, content: Any = b"%PDF-1.4", name: str = "er-bill.pdf", **parts: str
    ) -> httpx.Response:
        return self.call("POST", f"case/{case_id}/documents", files={"file": (name, content)}, data=parts)


def problem(answer: httpx.Response) -> list[str]:
    """The fields that a problem-details answer complains of."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    return list(answer.json()["errors"])
