"""Pages of cases, and how they go wrong."""

import pytest

from tests.sandbox.casepeer.client import detail


def test_an_envelope_with_absolute_addresses(hub):  # [seen] 3.1, [assumed] 6.1
    first = hub.body("case/", is_open="true", page_size=50)
    assert list(first) == ["count", "next", "previous", "results"]
    assert first["next"] == f"{hub.connection['api_base']}/case/?is_open=true&page_size=50&page=2"
    assert (first["previous"], len(first["results"])) == (None, 50)
    second = hub.http.get(first["next"]).json()
    assert second["previous"].endswith("page=1")
    assert second["count"] == first["count"] == len(hub.open_ids(150))


def test_sizes(hub):  # [assumed] 6.1: default 25, more than 200 is cut down to that
    assert len(hub.ids()) == 25
    assert len(hub.ids(page_size=1)) == 1
    for wish in ("0", "many", "-3"):
        assert len(hub.ids(page_size=wish)) == 25
    for _ in range(60):
        hub.firm.add_case(hub.case_id())
    assert len(hub.ids(page_size=1000)) == 200


@pytest.mark.parametrize("page", ["7", "0", "x"])
def test_a_page_past_the_end_is_a_404(hub, page):  # [assumed] 6.1
    assert detail(hub.get("case/", page=page)) == (404, "Invalid page.")


def test_an_empty_list_has_one_page(hub):
    assert hub.body("case/", case_status_connected="true") == {
        "count": 0,
        "next": None,
        "previous": None,
        "results": [],
    }


def test_all_pages_together_are_all_cases_once_in_order(hub):  # [assumed] 6.1: updated_at, id
    assert hub.walk(page_size=40) == [
        case_id for _, case_id in sorted((hub.firm.cases.get(case).updated, case) for case in hub.firm.seed.matter_ids)
    ]


def test_a_case_that_is_changed_goes_to_the_end(hub):
    first = hub.ids(page_size=1)[0]
    hub.firm.update_case(first, description="x")
    assert hub.walk(page_size=40)[-1] == first


def test_rows_that_move_between_pages_are_missed_by_who_only_pages(hub):  # [assumed] 6.6
    every = hub.walk(page_size=30)
    hub.change("/switches", rows_move_while_paging=2)
    walked = hub.walk(page_size=30)
    missed = [case_id for case_id in every if case_id not in walked]
    assert missed == [every[place] for place in (30, 31, 62, 63, 94, 95, 126, 127)]
    twice = {case_id for case_id in walked if walked.count(case_id) == 2}
    assert twice == {every[place] for place in (0, 1, 32, 33, 64, 65, 96, 97)}


def test_rows_that_move_can_be_caught_up_with_by_their_time(server, hub):
    server.controls.clock.freeze()
    since = hub.firm.stamps.instant(hub.firm.seconds())
    before = set(hub.walk(page_size=30))
    hub.firm.switches.rows_move_while_paging = 1
    walked = hub.walk(page_size=30)
    hub.firm.switches.rows_move_while_paging = 0
    assert before - set(walked)
    moved = set(hub.walk(updated__gte=since, page_size=200))
    assert len(moved) == 4


def test_one_page_of_named_ids_does_not_move(hub):
    hub.firm.switches.rows_move_while_paging = 2
    wanted = ",".join(str(hub.case_id(index)) for index in range(100))
    assert hub.ids(id__in=wanted, page_size=200) == hub.ids(id__in=wanted, page_size=200)


@pytest.mark.parametrize("size", [1, 2, 40])
def test_a_duplicate_at_the_boundary(hub, size):  # [assumed] 6.6
    some = ",".join(str(hub.case_id(index)) for index in range(size * 2 + 3))
    every = hub.walk(id__in=some, page_size=200)
    hub.change("/switches", duplicate_at_boundary=True)
    pages = [hub.rows("case/", id__in=some, page_size=size, page=page) for page in (1, 2)]
    assert max(map(len, pages)) <= size
    if size > 1:
        assert pages[0][-1] == pages[1][0]
    walked = hub.walk(id__in=some, page_size=size)
    assert list(dict.fromkeys(walked)) == every


def test_next_may_name_another_host(hub):  # [assumed] 6.6
    hub.change("/switches", next_host="http://elsewhere.example")
    assert hub.body("case/", page_size=1)["next"] == "http://elsewhere.example/api/v1/case/?page_size=1&page=2"
