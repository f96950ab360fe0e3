"""The delivery engine: reserve, call, settle. It knows nothing of what is delivered; a courier does.

Whatever instruction the process dies on, the ledger says where it was: *reserved* before the call was announced, *calling*
from then on. What may have taken effect is looked up by its marker before it is ever called again, and a look-up that
finds nothing is only believed once the vendor has had time to finish what it had begun.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic

from connectors.errors import (
    AnswerLost,
    ConnectorError,
    FixData,
    LogInAgain,
    Misconfigured,
    NotPermitted,
    UnexpectedAnswer,
    Wait,
)
from connectors.http import redact, redacting_logger
from ledger import Delivery, LeaseLost, Ledger, State
from tasks.hold import Hold
from tasks.relay.courier import Courier, Held, NotYet, Prepared, Refused

log = redacting_logger("casebridge.relay")

SETTLING = timedelta(seconds=150)
"""How long after a lost answer the vendor may still be carrying out what it was asked: longer than any request may take."""
GIVE_UP_AFTER = timedelta(days=3)
"""How long a delivery is tried in vain."""
HELD_FOR = timedelta(days=14)
"""How long a delivery waits for somebody of the firm to mend what it needs."""
UNREADABLE = "unreadable"
"""In the payload of what came in a shape nobody can read: what is wrong with it."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
_HELD_PAUSE = timedelta(hours=1)
_LAST_SECONDS = 3.0
_OUTAGE = 3
"""So many technical failures in a row, and the vendor is left alone until the next tick."""


@dataclass(slots=True)
class Tally:
    """What came of a firm's deliveries in one tick."""

    delivered: int = 0
    recognised: int = 0
    """Found by their markers after a lost answer: not sent again."""
    failed: int = 0
    held: int = 0
    given_up: int = 0
    notes: list[str] = field(default_factory=list)


class Engine(Generic[Prepared]):
    """Delivers one stream of one firm, under the hold on it.

    Args:
        ledger: where everything is on record.
        hold: the hold on this firm's stream.
        firm: the firm's slug.
        courier: how deliveries are made.
        until: monotonic seconds after which nothing more is begun; what is left is the next tick's.
    """

    def __init__(
        self, ledger: Ledger, hold: Hold, firm: str, courier: Courier[Prepared], *, until: float = float("inf")
    ) -> None:
        self._deliveries, self._hold, self._firm, self._courier = ledger.deliveries, hold, firm, courier
        self._until = until
        self._in_a_row = 0
        self._fatal: BaseException | None = None
        self.tally = Tally()

    async def run(self) -> Tally:
        """Deliver what is due, each lane in its order, until nothing is left or the time is over.

        Raises:
            LogInAgain, NotPermitted, Misconfigured: the connection itself is refused; nothing else was begun after it.
            LeaseLost: another run may have taken over.
            Wait: the vendor has stopped answering.
        """
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                for delivery in await self._claim(self._courier.at_once - len(running)):
                    running.add(asyncio.create_task(self._deliver(delivery)))
                if not running:
                    break
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        except Exception:
            # What is on its way is let finish: an answer that comes is worth more than a quick end.
            await asyncio.gather(*running, return_exceptions=True)
            raise
        except BaseException:
            # The process is being ended and has seconds left: what gets no answer in them stays *calling*, to be looked up.
            await _finish_or_break_off(running)
            raise
        if self._fatal is not None:
            raise self._fatal
        return self.tally

    async def _claim(self, most: int) -> list[Delivery]:
        if most <= 0 or self._fatal is not None or time.monotonic() >= self._until:
            return []
        return await asyncio.to_thread(
            self._deliveries.claim, self._hold.lease, self._firm, self._courier.stream, limit=most
        )

    async def _deliver(self, delivery: Delivery) -> None:
        """One delivery, from its claim to its settlement; what concerns the whole connection is kept for the end."""
        try:
            await self._attempt(delivery)
        except LeaseLost as error:
            self._stop(error)
        except Exception as error:
            # A fault of ours concerns this one, until the ledger itself cannot be told of it.
            log.exception("%s %s of %s hit a fault.", self._courier.stream, delivery.marker, self._firm)
            self.tally.failed += 1
            try:
                sentence = f"A fault of casebridge itself ({type(error).__name__}); the run's log has the details."
                await self._postpone(delivery, "internal_fault", sentence, _pause(delivery, None))
            except Exception as second:  # noqa: BLE001 - told at the end of the run
                self._stop(second)

    async def _attempt(self, delivery: Delivery) -> None:
        try:
            if delivery.state is State.UNKNOWN:
                looked_up = await self._look_up(delivery)
                if looked_up is None:
                    return
                delivery = looked_up
            if UNREADABLE in delivery.payload:
                await self._give_up(
                    delivery, "unreadable_record", f"{delivery.payload[UNREADABLE]} Pass it on by hand."
                )
                return
            prepared = await self._courier.prepare(delivery)
        except NotYet as reason:
            await self._postpone(delivery, reason.code, str(reason), reason.wait)
        except Held as reason:
            await self._hold_back(delivery, reason)
        except Refused as reason:
            await self._give_up(delivery, reason.code, str(reason))
        except (LogInAgain, NotPermitted, Misconfigured) as error:
            self._stop(error)
            await asyncio.to_thread(self._deliveries.release, delivery)
        except ConnectorError as error:
            await self._postpone(delivery, _code(error), _said(error), _pause(delivery, error))
            self._count_failure(error)
        else:
            await self._call(delivery, prepared)

    async def _look_up(self, delivery: Delivery) -> Delivery | None:
        """Ask the vendor for the marker of one that may have been made; one to go on with, None when it is settled."""
        # By the ledger's clock, as ours may be wrong; and before it is asked, as the answer may be long under way.
        asked_at = await asyncio.to_thread(self._deliveries.now)
        found = await self._courier.find(delivery)
        if found is not None:
            note = "Its answer was lost, but it was looked up and found; it was not made again."
            ended = await asyncio.to_thread(self._deliveries.settle_delivered, delivery, found, note)
            self.tally.recognised += 1
            await self._conclude(ended)
            return None
        believed_from = delivery.changed_at + SETTLING
        if asked_at < believed_from:
            why = delivery.reason or ""
            await asyncio.to_thread(self._deliveries.postpone, delivery, "answer_lost", why, again_at=believed_from)
            return None
        note = "It was looked up and not found: it had no effect, and is made again."
        absent = await asyncio.to_thread(self._deliveries.absent, delivery, note)
        if _waited(absent) > GIVE_UP_AFTER:
            await self._abandon(absent, "answer_lost", delivery.reason or "No call for it was ever answered.")
            return None
        return absent

    async def _call(self, delivery: Delivery, prepared: Prepared) -> None:
        """Announce the call, make it, and say what came of it."""
        payload, digest = self._courier.on_record(prepared) or (None, None)
        calling = await asyncio.to_thread(
            self._deliveries.calling, self._hold.lease, delivery, prepared.case_id, payload=payload, digest=digest
        )
        try:
            remote_id, note = await self._courier.call(calling, prepared)
        except LeaseLost:
            raise  # nothing was sent; the next holder finds it calling, and looks it up
        except Held as reason:
            await self._fail_held(calling, reason)
        except Refused as reason:
            await self._refuse(calling, reason)
        except ConnectorError as error:
            await self._fail_call(calling, error)
        except Exception as error:
            # Anything may have happened: whoever claims it next looks it up.
            log.exception("The call for %s %s of %s broke off.", self._courier.stream, delivery.marker, self._firm)
            await self._leave_unknown(calling, f"It broke off: {type(error).__name__}.")
            self.tally.failed += 1
        else:
            ended = await asyncio.to_thread(self._deliveries.settle_delivered, calling, remote_id, note)
            self._in_a_row = 0
            self.tally.delivered += 1
            self._note(ended, note)
            await self._conclude(ended)

    async def _conclude(self, ended: Delivery) -> None:
        """Let the courier do what is left to do. Nothing that goes wrong here makes the delivery one that has not ended."""
        try:
            self._note(ended, await self._courier.conclude(ended))
        except LeaseLost as error:
            self._stop(error)
        except Exception:
            log.exception("What follows %s %s of %s hit a fault.", ended.stream, ended.marker, self._firm)

    def _note(self, delivery: Delivery, note: str | None) -> None:
        if note:
            self.tally.notes.append(f"{delivery.marker}: {note}")

    async def _fail_call(self, calling: Delivery, error: ConnectorError) -> None:
        """Say what an error means for the call that met it."""
        match error:
            case AnswerLost() | UnexpectedAnswer():
                await self._leave_unknown(calling, _said(error))
                self._count_in_a_row(error)
            case LogInAgain() | NotPermitted() | Misconfigured():
                self._stop(error)
                await self._fail(calling, error, timedelta(0))
            case Wait():
                await self._fail(calling, error, _pause(calling, error))
                self._count_failure(error)
            case _:
                await self._fail(calling, error, _pause(calling, error))
                self.tally.failed += 1

    async def _leave_unknown(self, calling: Delivery, reason: str) -> None:
        await asyncio.to_thread(self._deliveries.unknown, calling, reason)
        await asyncio.to_thread(self._deliveries.release, calling)

    async def _fail_held(self, calling: Delivery, reason: Held) -> None:
        failed = await asyncio.to_thread(
            self._deliveries.failed, calling, reason.code, str(reason), again_at=_in(_HELD_PAUSE), held=True
        )
        self.tally.held += 1
        if _waited(calling) > HELD_FOR:
            await self._abandon(failed, reason.code, str(reason))

    async def _refuse(self, calling: Delivery, reason: Refused) -> None:
        later = _in(_LONGEST_PAUSE)  # lest it is claimed once more before it is given up
        failed = await asyncio.to_thread(self._deliveries.failed, calling, reason.code, str(reason), again_at=later)
        await self._give_up(failed, reason.code, str(reason))

    async def _fail(self, delivery: Delivery, error: ConnectorError, pause: timedelta) -> None:
        """It surely had no effect: once more later, until it has been tried for long enough."""
        failed = await asyncio.to_thread(
            self._deliveries.failed, delivery, _code(error), _said(error), again_at=_in(pause)
        )
        if _waited(delivery) > GIVE_UP_AFTER:
            await self._abandon(failed, _code(error), _said(error))

    async def _postpone(self, delivery: Delivery, code: str, reason: str, wait: timedelta) -> None:
        if _waited(delivery) > GIVE_UP_AFTER:
            await self._give_up(delivery, code, reason)
            return
        await asyncio.to_thread(self._deliveries.postpone, delivery, code, reason, again_at=_in(wait))

    async def _hold_back(self, delivery: Delivery, reason: Held) -> None:
        if _waited(delivery) > HELD_FOR:
            await self._give_up(delivery, reason.code, str(reason))
            return
        await asyncio.to_thread(
            self._deliveries.postpone, delivery, reason.code, str(reason), again_at=_in(_HELD_PAUSE), held=True
        )
        self.tally.held += 1

    async def _give_up(self, delivery: Delivery, code: str, reason: str) -> None:
        ended = await asyncio.to_thread(self._deliveries.give_up, delivery, code, reason)
        self.tally.given_up += 1
        log.warning("%s %s of %s was given up: %s", self._courier.stream, delivery.marker, self._firm, reason)
        await self._conclude(ended)

    async def _abandon(self, failed: Delivery, code: str, reason: str) -> None:
        """Give up what has just failed: nobody else can have claimed it under our hold."""
        with contextlib.suppress(LeaseLost):
            await self._give_up(failed, code, f"It was tried for {_waited(failed).days} days. {reason}")

    def _count_failure(self, error: ConnectorError) -> None:
        self.tally.failed += 1
        self._count_in_a_row(error)

    def _count_in_a_row(self, error: ConnectorError) -> None:
        self._in_a_row += 1
        if self._in_a_row >= _OUTAGE:
            self._stop(error)

    def _stop(self, error: BaseException) -> None:
        """Begin nothing more; the first reason is the one to tell."""
        self._fatal = self._fatal or error


async def _finish_or_break_off(running: set[asyncio.Task[None]]) -> None:
    if running:
        _, late = await asyncio.wait(running, timeout=_LAST_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _pause(delivery: Delivery, error: ConnectorError | None) -> timedelta:
    """How long to leave it alone: longer each time, and never less than the vendor said."""
    told = timedelta(seconds=error.retry_after or 0.0) if isinstance(error, Wait) else timedelta(0)
    doubled: timedelta = _FIRST_PAUSE * 2 ** min(delivery.tries, 10)
    return max(told, min(doubled, _LONGEST_PAUSE))


def _waited(delivery: Delivery) -> timedelta:
    return datetime.now(UTC) - delivery.waiting_since


def _in(wait: timedelta) -> datetime:
    return datetime.now(UTC) + wait


def _code(error: ConnectorError) -> str:
    match error:
        case LogInAgain():
            return "reconnect_needed"
        case NotPermitted() | Misconfigured():
            return "setup_needed"
        case FixData():
            return "vendor_refused"
        case UnexpectedAnswer():
            return "unexpected_answer"
        case _:
            return "vendor_unreachable"


def _said(error: ConnectorError) -> str:
    return redact(str(error))
