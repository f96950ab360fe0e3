"""A firm's switches in its block: turned with a reason, kept through saving, shown in the form."""

from datetime import date

import pytest
from pydantic import ValidationError

from blocks.firm import Firm
from domain.switches import SWITCHES
from tests.blocks import samples
from tests.flows.processes import PrefectServer

TODAY = date(2026, 11, 3)


def test_every_switch_is_a_field_of_the_block() -> None:
    assert {name for name in SWITCHES if Firm.model_fields[name].annotation is bool} == set(SWITCHES)


def test_turning_off_keeps_who_when_and_why_and_turning_on_forgets_it() -> None:
    firm = samples.firm()
    firm.turn("relay_messages", on=False, reason=" new server ", by="Dana Reyes", today=TODAY)
    assert not firm.relay_messages
    assert firm.switch("relay_messages").note == "since 3 Nov 2026 by Dana Reyes: new server"
    firm.turn("relay_messages", on=False, reason="moved", by="Lee Ortiz", today=TODAY)
    assert [note.by for note in firm.switched_off] == ["Lee Ortiz"]
    firm.turn("relay_messages", on=True)
    assert firm.relay_messages
    assert firm.switched_off == []


@pytest.mark.parametrize(("reason", "by"), [("", "Dana"), ("why", " "), ("", "")])
def test_nothing_is_turned_off_without_a_reason_and_a_person(reason: str, by: str) -> None:
    firm = samples.firm()
    with pytest.raises(ValueError, match="Say why nightly sync is turned off, and who does it"):
        firm.turn("nightly_sync", on=False, reason=reason, by=by)
    assert firm.nightly_sync


def test_an_unknown_switch_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"'relays' is no switch of a firm\. Write one of: nightly_sync, relay_messages"
    ):
        samples.firm().turn("relays", on=True)
    with pytest.raises(ValidationError, match="'relays' is no switch of a firm"):
        samples.firm(switched_off=[{"switch": "relays", "reason": "why", "by": "Dana"}])


def test_a_firm_has_the_switches_that_concern_it() -> None:
    assert [state.name for state in samples.firm().switches] == ["nightly_sync", "relay_messages", "relay_documents"]
    peers = samples.firm(case_system=samples.casepeer(), accounting=samples.soluno())
    assert [state.name for state in peers.switches] == list(SWITCHES)
    assert not samples.firm().switch("cost_push").on, "there is no accounting to push to"


def test_what_is_said_of_a_switch_that_is_on_counts_for_nothing() -> None:
    firm = samples.firm(switched_off=[{"switch": "nightly_sync", "reason": "was off", "by": "Dana"}])
    assert firm.switch("nightly_sync").on
    assert firm.switch("nightly_sync").note == ""


async def test_the_reason_is_kept_with_the_block(prefect_server: PrefectServer) -> None:
    firm = await samples.save("switched-off")
    firm.turn("nightly_sync", on=False, reason="migration", by="Dana Reyes", today=TODAY)
    await firm.save_again()
    loaded = await Firm.aload("switched-off")
    assert loaded.switch("nightly_sync").note == "since 3 Nov 2026 by Dana Reyes: migration"
