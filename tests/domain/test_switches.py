"""Switches: what is said of those that are off."""

from datetime import date

from domain.switches import SwitchState, all_off

OFF = SwitchState("relay_messages", on=False, reason="new server", by="Dana Reyes", since=date(2026, 11, 3))


def test_what_is_off_is_shown_with_who_when_and_why() -> None:
    assert OFF.shown == "Message relay off since 3 Nov 2026 by Dana Reyes: new server"
    assert OFF.because == " (since 3 Nov 2026 by Dana Reyes: new server)"
    undated = SwitchState("relay_messages", on=False, reason="new server", by="Dana Reyes")
    assert undated.because == " (by Dana Reyes: new server)"


def test_what_nobody_explained_says_so() -> None:
    silent = SwitchState("nightly_sync", on=False)
    assert (silent.because, silent.shown) == ("", "Nightly sync off (no reason given)")


def test_what_is_on_is_not_among_what_is_off() -> None:
    on = SwitchState("cost_push", on=True)
    assert on.shown == "Cost push on"
    assert (
        all_off([on, OFF, SwitchState("nightly_sync", on=False)]) == f"{OFF.shown}; Nightly sync off (no reason given)"
    )
    assert all_off([on]) == ""
