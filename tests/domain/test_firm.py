import pytest
from pydantic import ValidationError

from domain.case_reference import case_id
from domain.systems import CASE_SYSTEMS
from domain.windows import parse_window
from tests.domain.builders import firm_rules


def test_a_firm_follows_its_case_system_unless_it_says_otherwise() -> None:
    assert firm_rules(case_system="clio").follows_clients
    assert not firm_rules(case_system="smartadvocate").follows_clients
    assert firm_rules(case_system="smartadvocate", follow_client_changes=True).follows_clients
    assert not firm_rules(case_system="casepeer", follow_client_changes=False).follows_clients


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"time_zone": "Denver"}, "'Denver' is not a time zone. Write it as in America/Denver."),
        ({"time_zone": "../etc"}, "is not a time zone"),
        ({"case_system": "filevine"}, "'filevine' is not a case system. Known are clio, smartadvocate, casepeer."),
        ({"first_window_by": "closed"}, "'created' or 'opened'"),
        ({"reopen": True}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        firm_rules(**settings)
    assert says in str(caught.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        firm_rules().reopen_closed = False  # type: ignore[misc]


@pytest.mark.parametrize("rules", CASE_SYSTEMS.values(), ids=CASE_SYSTEMS)
def test_the_table_of_case_systems_is_whole(rules: object) -> None:
    system = CASE_SYSTEMS[rules.key]  # type: ignore[attr-defined]
    assert firm_rules(case_system=system.key, time_zone=system.nightly_zone).system is system
    hour, minute = map(int, system.nightly_at.split(":"))
    assert 0 <= hour < 24
    assert 0 <= minute < 60
    for window in (system.first_window, system.later_window):
        assert window is None or parse_window(window)
    assert case_id(f"https://firm.example/{system.url_marker}27891/x", system.key) == "27891"
    assert set(system.places) == set(CASE_SYSTEMS["clio"].places)


def test_the_documented_facts() -> None:
    clio, smartadvocate, casepeer = CASE_SYSTEMS.values()
    assert (clio.nightly_at, clio.nightly_zone, clio.first_window, clio.later_window) == ("21:15", "UTC", "10y", "30d")
    assert (smartadvocate.follow_client_changes, smartadvocate.documents_every_minutes) == (False, 20)
    assert (casepeer.nightly_at, casepeer.nightly_zone) == ("21:00", "America/New_York")
    assert (casepeer.imports_new_at_night, casepeer.first_window, casepeer.documents_every_minutes) == (
        False,
        None,
        None,
    )
