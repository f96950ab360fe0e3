"""What a tick shows of itself in the Prefect UI, and the state it ends in."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from prefect import task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from ledger import Delivery
from tasks.markdown import needs_attention, plain
from tasks.patience import STEP
from tasks.relay.alerts import tell_of_incidents
from tasks.relay.standing import Row, shown_age, take_stock
from tasks.relay.streams import counted, source_of
from tasks.relay.tick import Tick

MOST_SHOWN = 200
"""Firms and deliveries in a tick's tables; the ledger has them all."""


async def publish_ticks(ticks: Sequence[Tick]) -> State[object]:
    """Take stock, tell whom it concerns, show it; the state the ticks end in.

    Raises:
        Exception: what stopped the one firm that was asked for.
    """
    sentences, counts, stands_out = [], Counter[str](), False
    for tick in ticks:
        rows = await take_stock(tick)
        told = await tell_of_incidents(tick, rows)
        await show_tick(tick, rows)
        sentences.append(_sentence(tick, rows))
        counts.update(_counts(rows))
        # Of the fleet's ticks those stand out in which something new went wrong: something always is.
        stands_out |= bool(told) or (tick.only is not None and any(row.wrong for row in rows))
    for tick in ticks:
        served = tick.served.get(tick.only) if tick.only is not None else None
        if served is not None and (stopped := served.busy or served.error):
            raise stopped
    counts["firms"] = len(ticks[0].served)
    name = "Exceptions" if stands_out else None
    return Completed(name=name, message=" ".join(sentences), data=dict(counts))


@task(name="show_tick", **STEP)
async def show_tick(tick: Tick, rows: Sequence[Row]) -> None:
    """Every firm with something to tell, and what was done to each item of this tick."""
    shown = [row for row in rows if row.worth_showing]
    about = tick.only or "all-firms"
    lines = [
        f"# Relay of {tick.stream.name}",
        "",
        _sentence(tick, rows),
    ]
    if len(shown) < len(rows):
        lines += ["", f"Nothing waits and nothing is wrong with {len(rows) - len(shown):,} of {len(rows):,} firms."]
    if tick.off:
        off = (
            plain(f"{slug}{tick.fleet.firms[slug].switch(tick.stream.switch).because}")
            for slug in tick.off[:MOST_SHOWN]
        )
        lines += ["", f"Switched off: {', '.join(off)}."]
    if shown:
        lines += [
            "",
            "| firm | delivered | waiting | oldest | for the firm to mend |",
            "| --- | ---: | ---: | --- | ---: |",
            *(_shown(row) for row in shown[:MOST_SHOWN]),
        ]
    lines += needs_attention((row.name, sentence) for row in shown[:MOST_SHOWN] for sentence in _troubles(row))
    notes = [f"- {plain(row.name)}: {plain(note)}" for row in shown if row.served for note in row.served.tally.notes]
    if notes:
        lines += ["", "## Worth knowing", "", *notes[:MOST_SHOWN]]
    await acreate_markdown_artifact(
        key=f"{tick.stream.name}-{about}", markdown="\n".join(lines), description=f"Relay of {tick.stream.name}"
    )
    changed = await asyncio.to_thread(
        tick.ledger.deliveries.changed_since, tick.stream.name, tick.started_at, firm=tick.only, limit=MOST_SHOWN
    )
    if changed:
        await acreate_table_artifact(
            key=f"{tick.stream.name}-{about}-items",
            table=[_item(tick, delivery) for delivery in changed],
            description=f"What this tick did · {tick.stream.name}",
        )


def _shown(row: Row) -> str:
    tally = row.served.tally if row.served else None
    done = tally.delivered + tally.recognised if tally else 0
    return f"| {plain(row.name)} | {done:,} | {row.pending:,} | {shown_age(row.age)} | {row.held:,} |"


def _troubles(row: Row) -> list[str]:
    """What a person must know of a firm, a sentence each."""
    if row.wrong or row.served is None:
        return list(row.wrong.values())
    if row.served.busy:
        return ["Another run is at it."]
    return [f"For now: {row.served.trouble[1]}"] if row.served.trouble else []


def _item(tick: Tick, delivery: Delivery) -> dict[str, str]:
    return {
        "firm": delivery.firm,
        tick.stream.word: delivery.marker,
        "case": delivery.case_id,
        "state": delivery.state.value.replace("_", " "),
        "record": delivery.remote_id or "",
        "tries": str(delivery.tries),
        "why": delivery.reason or delivery.code or "",
    }


def _counts(rows: Sequence[Row]) -> dict[str, int]:
    tallies = [row.served.tally for row in rows if row.served]
    return {
        "firms": len(rows),
        "delivered": sum(tally.delivered for tally in tallies),
        "recognised": sum(tally.recognised for tally in tallies),
        "failed": sum(tally.failed for tally in tallies),
        "held": sum(tally.held for tally in tallies),
        "given up": sum(tally.given_up for tally in tallies),
        "waiting": sum(row.pending for row in rows),
        "firms that need attention": sum(1 for row in rows if row.wrong),
    }


def _sentence(tick: Tick, rows: Sequence[Row]) -> str:
    counts = _counts(rows)
    done = counts["delivered"] + counts["recognised"]
    firms = sum(1 for row in rows if row.served and (row.served.tally.delivered or row.served.tally.recognised))
    parts = [
        f"{counted(tick.stream, done)}{_from(tick, rows)} delivered"
        + (f" for {firms:,} firm{'' if firms == 1 else 's'}" if tick.only is None and done else "")
    ]
    if counts["recognised"]:
        parts.append(f"{counts['recognised']:,} of them found after a lost answer")
    for what, words in (("failed", "to be tried again"), ("given up", "given up"), ("waiting", "waiting")):
        if counts[what]:
            parts.append(f"{counts[what]:,} {words}")
    troubled = [row for row in rows if row.wrong]
    sentence = f"{', '.join(parts)}."
    if troubled:
        first = troubled[0]
        reason = next(iter(first.wrong.values()))
        others = f" {len(troubled) - 1:,} more firms need attention." if len(troubled) > 1 else ""
        sentence += f" {first.name} needs attention: {reason}{others}"
    return sentence


def _from(tick: Tick, rows: Sequence[Row]) -> str:
    """Which case systems it was delivered from; nothing for what comes from the portal."""
    firms = [
        row.served.firm for row in rows if row.served and (row.served.tally.delivered or row.served.tally.recognised)
    ]
    systems = {source_of(tick.stream, firm) for firm in firms} - {tick.stream.source}
    return f" from {' and '.join(sorted(systems))}" if systems else ""
