"""Receipts: everything that is on record of one delivery, in words."""

import asyncio
from datetime import datetime

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import State as RunState
from prefect.states import Completed

from blocks.firm import Firm
from domain.errors import BadInput
from domain.relay_reasons import RELAY_REASONS
from ledger import Ledger, Receipt, State
from tasks.firms import load_firm
from tasks.flow_run import current_flow_run
from tasks.markdown import plain
from tasks.patience import STEP
from tasks.relay.delivering import UNREADABLE
from tasks.relay.streams import STREAMS, Stream, source_of
from tasks.usage import close_ledger


async def show_receipt(slug: str, stream: str, reference: str, *, again: bool) -> RunState[object]:
    """Put the receipt among the run's artifacts; its state, with the facts as data.

    Raises:
        FirmUnknown: no usable Firm block.
        BadInput: nothing of the kind is on record, or nothing is there to be taken up again.
    """
    firm, chosen = await load_firm(slug), STREAMS[stream]
    ledger = await asyncio.to_thread(Ledger.open)
    try:
        receipt = await asyncio.to_thread(_find, ledger, firm, chosen, reference)
        if again:
            receipt = await asyncio.to_thread(_take_up, ledger, firm, chosen, receipt)
        await write_receipt(firm, chosen, receipt)
    finally:
        await close_ledger(ledger)
    return Completed(message=said_of(receipt, chosen, firm), data=facts_of(receipt, chosen))


@task(name="write_receipt", **STEP)
async def write_receipt(firm: Firm, stream: Stream, receipt: Receipt) -> None:
    """Show a receipt as an artifact."""
    delivery = receipt.delivery
    lines = [
        f"# Receipt · {plain(delivery.marker)}",
        "",
        said_of(receipt, stream, firm),
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {plain(name)} | {plain(str(value))} |" for name, value in facts_of(receipt, stream).items()),
        "",
        "## What happened",
        "",
        "| when | state | why | run |",
        "| --- | --- | --- | --- |",
        *(
            f"| {_moment(step.at)} | {_word(step.state)} | {plain(step.note or '')} | {plain(step.by or '')} |"
            for step in receipt.steps
        ),
    ]
    await acreate_markdown_artifact(
        key=f"receipt-{firm.slug}", markdown="\n".join(lines), description=f"Receipt · {delivery.marker} · {firm.name}"
    )


def facts_of(receipt: Receipt, stream: Stream) -> dict[str, object]:
    """The facts of a receipt by name; of a message's words only their length and digest."""
    delivery = receipt.delivery
    about = {} if UNREADABLE in delivery.payload else dict(stream.told(delivery))
    return about | {
        "case": delivery.case_id,
        "marker": delivery.marker,
        "state": _word(delivery.state),
        "record": delivery.remote_id or "",
        "calls made": delivery.tries,
        "on record since": _moment(delivery.reserved_at),
        "reason": delivery.code or "",
        "next try": _moment(delivery.due_at) if delivery.due_at and not delivery.ended_at else "",
    }


def said_of(receipt: Receipt, stream: Stream, firm: Firm) -> str:
    """How it stands, and why there is no second sending, in a sentence or two."""
    delivery, word = receipt.delivery, stream.word.capitalize()
    match delivery.state:
        case State.DELIVERED if delivery.code == "echo":
            return (
                f"{word} {delivery.marker} came from the case system itself, as {delivery.remote_id}. It was recognised by "
                "its mark, so it was not sent back."
            )
        case State.DELIVERED:
            return (
                f"{word} {delivery.marker} was {stream.done.format(case=delivery.case_id, record=delivery.remote_id)} on "
                f"{_moment(delivery.ended_at or delivery.changed_at)}. Its marker stands for one sending only: "
                f"however often {source_of(stream, firm)} shows it, a second one is refused."
            )
        case State.GIVEN_UP:
            return f"{word} {delivery.marker} was given up: {delivery.reason} {_fix(delivery.code)}"
        case State.UNKNOWN | State.CALLING:
            return (
                f"Whether {stream.word} {delivery.marker} has reached {stream.target} is not known yet: it is looked up there "
                "before it is sent again."
            )
        case _:
            why = f": {delivery.reason} {_fix(delivery.code)}" if delivery.reason else "."
            return f"{word} {delivery.marker} waits to be delivered to {stream.target} for case {delivery.case_id}{why}"


def _find(ledger: Ledger, firm: Firm, stream: Stream, reference: str) -> Receipt:
    wanted = reference.strip()
    prefixes = ("", f"{firm.case_system.system}:")
    marks = [f"{prefix}{mark}{wanted}" for mark in stream.marks for prefix in prefixes]
    for marker in (wanted, *marks, f"unreadable:{wanted}"):
        receipt = ledger.deliveries.receipt(firm.slug, stream.name, marker)
        if receipt is not None:
            return receipt
    raise BadInput(
        f"Nothing is on record of {stream.word} '{wanted}' for {firm.slug}. Take its number from {source_of(stream, firm)}, or "
        "the marker from a tick's table. What was there before the relay was switched on is not on record; the relay's since= "
        "reads it."
    )


def _take_up(ledger: Ledger, firm: Firm, stream: Stream, receipt: Receipt) -> Receipt:
    marker = receipt.delivery.marker
    flow_run = current_flow_run()
    by = flow_run.name if flow_run else "by hand"
    if not ledger.deliveries.revive(firm.slug, stream.name, by, [marker]):
        said = said_of(receipt, stream, firm)
        raise BadInput(f"{marker} was not given up, so there is nothing to take up again: {said}")
    found = ledger.deliveries.receipt(firm.slug, stream.name, marker)
    assert found is not None
    return found


def _fix(code: str | None) -> str:
    reason = RELAY_REASONS.get(code or "")
    return reason.fix if reason else ""


def _word(state: State) -> str:
    return state.value.replace("_", " ")


def _moment(moment: datetime | None) -> str:
    return f"{moment:%d %b %Y, %H:%M:%S} UTC" if moment else ""
