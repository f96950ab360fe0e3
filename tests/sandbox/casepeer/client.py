"""A caller of one firm's CASEpeer, for the tests of this folder."""

from functools import cached_property
from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.casepeer.changes import CasepeerFirm
from sandbox.testing import SandboxServer

SLUG = "harrow-pike"


class Hub:
    """Whoever holds a firm's integration key; ``firm`` is the state behind it."""

    def __init__(self, server: SandboxServer, slug: str = SLUG) -> None:
        self.server = server
        self.connection = server.casepeer.connect(slug, server.url)
        self.firm: CasepeerFirm = server.casepeer.firms[slug]
        self.http = self._client(self.connection["key"])

    @cached_property
    def office(self) -> httpx.Client:
        """The firm's administrator."""
        return self._client(self.connection["admin_key"])

    @cached_property
    def control(self) -> httpx.Client:
        """The control routes of the firm."""
        address = f"{self.server.url}/__sandbox__/casepeer/firms/{self.firm.slug}"
        return httpx.Client(base_url=address, verify=False)

    def _client(self, key: str) -> httpx.Client:
        headers = {"Authorization": f"Token {key}"}
        return httpx.Client(base_url=self.connection["api_base"], headers=headers, verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in {"http", "office", "control"} & vars(self).keys():
            getattr(self, name).close()

    def told(self) -> Any:
        return httpx.get(str(self.control.base_url).rstrip("/"), verify=False).json()

    def change(self, path: str, **values: Any) -> Any:
        answer = self.control.post(path, json=values)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def case_id(self, index: int = 0) -> int:
        return self.firm.seed.first_matter_id + index

    def troubled(self, trouble: str) -> int:
        return self.firm.seed.troubles[trouble][0]

    def open_ids(self, count: int) -> list[int]:
        closed = set(self.firm.seed.troubles["closed"])
        return [case_id for case_id in self.firm.seed.matter_ids if case_id not in closed][:count]

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.http.request(method, f"/{path}", **options)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.call("GET", path, params=query)

    def body(self, path: str, **query: Any) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, path: str, **query: Any) -> Any:
        return self.body(path, **query)["results"]

    def ids(self, **query: Any) -> list[int]:
        return [row["id"] for row in self.rows("case/", **query)]

    def case(self, case_id: int) -> Any:
        return self.body(f"case/{case_id}/")

    def walk(self, **query: Any) -> list[int]:
        """The ids on all pages of the list of cases, as ``next`` leads through them."""
        page = self.body("case/", **query)
        ids = [row["id"] for row in page["results"]]
        while page["next"]:
            page = self.http.get(page["next"]).json()
            ids += [row["id"] for row in page["results"]]
        return ids

    def connect(self, case_id: int, external_id: str = "cs_1", **more: Any) -> httpx.Response:
        return self.call("PUT", f"case/{case_id}/case-status/", json={"external_id": external_id, **more})

    def note(self, case_id: int, **changes: Any) -> httpx.Response:
        return self.call("POST", f"case/{case_id}/notes/", json={"note": "Can I call at noon?", **changes})

    def upload(
        self, case_id: int, content: Any = b"%PDF-1.4", name: str = "er-bill.pdf", **parts: str
    ) -> httpx.Response:
        return self.call("POST", f"case/case-documents/{case_id}/", files={"file": (name, content)}, data=parts)


def refused(answer: httpx.Response) -> list[str]:
    """The fields that a 400 complains of."""
    assert answer.status_code == 400, answer.text
    return list(answer.json())


def detail(answer: httpx.Response) -> tuple[int, str]:
    """Status and sentence of a refusal."""
    return answer.status_code, answer.json()["detail"]
