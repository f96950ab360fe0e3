"""RELIABILITY.md row 19: any field of a record may vanish, change its kind or be null; the page survives and says which."""

import copy
from typing import Any

import httpx
import pytest

from connectors.casestatus import CaseStatusClient
from connectors.casestatus.wire import cases_from
from tests.connectors.fakes import json_answer, shared
from tests.connectors.samples import CONTACT, MATTER, PORTAL_CASE
from tests.connectors.test_clio import listing, only_page

GONE = object()
SUBSTITUTES = [GONE, None, 7, -1.5, "strange", "", True, [], ["x"], {}, {"x": 1}]


def paths(record: Any, above: tuple = ()) -> list[tuple]:
    """Every place in a record."""
    inside = record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    return [place for key, value in inside for place in ((*above, key), *paths(value, (*above, key)))]


def spoiled(record: Any, path: tuple, value: Any) -> Any:
    record = copy.deepcopy(record)
    holder = record
    for key in path[:-1]:
        holder = holder[key]
    if value is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return record


def dotted(path: tuple) -> str:
    return ".".join(str(part) for part in path)


@pytest.mark.parametrize("path", paths(MATTER), ids=dotted)
async def test_a_matter(path):
    for value in SUBSTITUTES:
        good = {**MATTER, "id": 1}
        page = await only_page(listing(good, spoiled(MATTER, path, value), contacts=[CONTACT]))
        assert page.cases[0].integration_id == "1"
        assert len(page.cases) + len(page.unreadable) == 2
        for trouble in page.unreadable:
            assert trouble.field.startswith(dotted(path))
            assert trouble.field in trouble.sentence
        if value is GONE:
            assert page.unreadable, "a field we asked for may not vanish unnoticed"


@pytest.mark.parametrize("path", paths(CONTACT), ids=dotted)
async def test_a_contact(path):
    for value in SUBSTITUTES:
        page = await only_page(listing(MATTER, contacts=[spoiled(CONTACT, path, value)]))
        assert len(page.cases) + len(page.unreadable) == 1
        for trouble in page.unreadable:
            assert trouble.integration_id == "1480021"
            assert trouble.field.startswith(f"client.{dotted(path)}")
        if path == ("id",):
            assert page.unreadable or page.cases[0].clients[0].redacted  # not ours any more: never "has no phone"
        elif value is GONE and isinstance(path[-1], str):  # a number taken off the list is no drift
            assert page.unreadable


@pytest.mark.parametrize("path", paths(PORTAL_CASE), ids=dotted)
def test_a_portal_case(path):
    for value in SUBSTITUTES:
        cases, troubles = cases_from([PORTAL_CASE, spoiled(PORTAL_CASE, path, value)])
        assert cases[0].id == 88017
        assert len(cases) + len(troubles) == 2
        for trouble in troubles:
            assert trouble.field.startswith(dotted(path))


@pytest.mark.parametrize("record", [None, 5, "text", [], {}, {"id": None}])
async def test_a_record_that_is_none(record):
    page = await only_page(listing(record, MATTER, contacts=[record, CONTACT]))
    assert [case.integration_id for case in page.cases] == ["1480021"]
    assert len(page.unreadable) == 1
    cases, troubles = cases_from([record, PORTAL_CASE])
    assert (len(cases), len(troubles)) == (1, 1)


@pytest.mark.parametrize("meta", [None, [], {"paging": None}, {"paging": {}}, {"paging": {"next": None}}])
async def test_a_list_without_paging_ends(meta):
    def handler(request):
        return json_answer({"data": [], "meta": meta})

    assert (await only_page(handler)).cursor is None


@pytest.mark.parametrize("body", [None, [], {}, {"data": None}, {"data": {}}, 5])
async def test_a_body_that_is_no_list_is_an_error_we_know(body):
    from connectors.errors import ConnectorError  # noqa: PLC0415

    client = CaseStatusClient("k", shared=shared(), transport=httpx.MockTransport(lambda _: json_answer(body)))
    with pytest.raises(ConnectorError):
        await anext(client.cases())
    with pytest.raises(ConnectorError):
        await only_page(lambda _: json_answer(body))
