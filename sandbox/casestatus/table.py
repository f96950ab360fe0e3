"""Every route of the portal's contract (sections 1.2 and 6.4 to 6.7 of the vendor file)."""

from sandbox.casestatus.api import cases, directory, files, messages, reporting
from sandbox.casestatus.listing import CHANGES, PAGE_NUMBER
from sandbox.casestatus.routing import Body, Handler, Route, Routes

_API = "/v1/api"


def _get(path: str, handler: Handler, query: frozenset[str] = frozenset()) -> Route:
    return Route("GET", path, handler, query=query)


def _write(
    method: str, path: str, handler: Handler, query: frozenset[str] = frozenset(), *, needs_key: bool = False
) -> Route:
    return Route(method, path, handler, "write", query, Body.JSON, needs_key)


_CASES = (
    _write("PUT", f"{_API}/cases/by_integration_id/{{integration_id:path}}", cases.upsert, frozenset({"source"})),
    _get(f"{_API}/cases", cases.listed, CHANGES | cases.FILTERS),
    _get(f"{_API}/cases/{{case_id}}", cases.read_one),
    _write("POST", f"{_API}/cases", cases.create, frozenset({"source"})),
    _write("PATCH", f"{_API}/cases/{{case_id}}", cases.change),
    _write("POST", f"{_API}/cases/{{case_id}}/stage", cases.set_stage),
    _write("POST", f"{_API}/cases/{{case_id}}/close", cases.close),
    _write("POST", f"{_API}/cases/{{case_id}}/reopen", cases.reopen),
    _write("POST", f"{_API}/cases/{{case_id}}/hold", cases.hold),
    _write("POST", f"{_API}/cases/{{case_id}}/resume", cases.resume),
    _write("POST", f"{_API}/cases/{{case_id}}/activate", cases.activate),
    _write("POST", f"{_API}/cases/{{case_id}}/clients", cases.add),
    _write("DELETE", f"{_API}/cases/{{case_id}}/clients/{{client_id}}", cases.remove),
    _write("PATCH", f"{_API}/clients/{{client_id}}", cases.change_person),
)
_DIRECTORY = (
    _get(f"{_API}/me", directory.me),
    _get(f"{_API}/users", directory.users, CHANGES | {"role", "email"}),
    _write("POST", f"{_API}/users", directory.invite),
    _write("PATCH", f"{_API}/users/{{user_id}}", directory.change_user),
    _get(f"{_API}/practice_areas", directory.practice_areas, CHANGES),
    _write("POST", f"{_API}/practice_areas", directory.create_practice_area),
    _get(f"{_API}/practice_areas/{{area_id}}", directory.practice_area),
    _write("PUT", f"{_API}/practice_areas/{{area_id}}", directory.replace_practice_area),
)
_MESSAGES = (
    _get(f"{_API}/messages", messages.feed, CHANGES | {"direction", PAGE_NUMBER}),
    _get(f"{_API}/cases/{{case_id}}/messages", messages.of_case, CHANGES),
    _write("POST", f"{_API}/cases/{{case_id}}/messages", messages.send, needs_key=True),
)
_FILES = (
    _get(f"{_API}/files", files.feed, CHANGES | {PAGE_NUMBER}),
    _get(f"{_API}/files/{{file_id}}", files.read_one),
    _get(f"{_API}/files/{{file_id}}/download", files.download),
    _get(f"{_API}/cases/{{case_id}}/files", files.of_case, CHANGES),
    Route("POST", f"{_API}/cases/{{case_id}}/files", files.upload, "write", frozenset(), Body.UPLOAD, True),  # noqa: FBT003
)
_REPORTING = (
    _get("/reporting/cases", reporting.cases, frozenset({PAGE_NUMBER, "size"})),
    _get("/reporting/firm", reporting.firm, frozenset({PAGE_NUMBER})),
)

ROUTES = Routes([*_CASES, *_DIRECTORY, *_MESSAGES, *_FILES, *_REPORTING])
