"""What other processes do in tests: compete for leases and tokens, freeze, die, open a fresh ledger."""

import contextlib
import os
import threading
import time
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from domain.token import Token
from ledger import LeaseHeld, LeaseLost, Ledger
from tests.ledger.samples import FIRM, NOON, case

processes = get_context("spawn")


class Duel:
    """Two processes that acquire one name at the same instant, until enough rounds began within a millisecond."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.gate = processes.Barrier(2)
        self.start = processes.Value("d", 0.0)
        self.asked_at = processes.Array("d", 2)
        self.won = processes.Array("i", 2)
        self.close = processes.Value("i", 0)
        self.winners: Queue[int] = processes.Queue()

    def fight(self, url: str, me: int) -> None:
        """Be one of the two, 0 or 1."""
        with Ledger.open(url) as ledger:
            number = 0
            while self.close.value < self.wanted and number < 10 * self.wanted:
                number += 1
                self._meet(me)
                self.asked_at[me] = time.monotonic()
                try:
                    ledger.leases.acquire(f"overlap:{number}", f"process {me}", 600)
                    self.won[me] = 1
                except LeaseHeld:
                    self.won[me] = 0
                self.gate.wait()
                if me == 0:
                    self.close.value += abs(self.asked_at[0] - self.asked_at[1]) < 0.001
                    self.winners.put(self.won[0] + self.won[1])
                self.gate.wait()
        if me == 0:
            self.winners.put(-1)

    def _meet(self, me: int) -> None:
        if me == 0:
            self.start.value = time.monotonic() + 0.003
        self.gate.wait()
        while time.monotonic() < self.start.value:
            pass


def write_late(url: str, run_name: str, pipe: Connection) -> None:
    """Hold the firm for a moment, say so, and write whenever the parent lets us go on; tell what came of it."""
    with Ledger.open(url) as ledger:
        lease = ledger.leases.acquire(run_name, "frozen", 1.0)
        run = ledger.runs.start(lease, firm=FIRM, kind="nightly_case_sync", trigger="nightly", system="clio")
        pipe.send(run.id)
        while datetime.now(lease.expires_at.tzinfo) < lease.expires_at and not pipe.poll(0.001):
            pass
        try:
            ledger.links.stage_source(lease, run.id, FIRM, [case()], cursor="late", done=True)
        except LeaseLost:
            pipe.send("refused")
        else:
            pipe.send("written")


def refresh_often(url: str, owner: str, times: int, threads: int, witness: Path, answers: "Queue[Any]") -> None:
    """From several threads become the only refresher again and again; report every moment in which we were not."""
    overlaps: list[str] = []
    with Ledger.open(url) as ledger:

        def refresh(name: str) -> None:
            done = 0
            while done < times:
                fence = ledger.tokens.hold("clio:a", name, 60)
                if fence is None:
                    time.sleep(0.05)
                    continue
                try:
                    os.close(os.open(witness, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    overlaps.append(name)
                if ledger.tokens.save("clio:a", fence, Token(f"access-{fence}", NOON, "refresh")) is None:
                    overlaps.append(f"{name} was overtaken")
                with contextlib.suppress(FileNotFoundError):
                    witness.unlink()
                ledger.tokens.release("clio:a", fence)
                done += 1

        workers = [threading.Thread(target=refresh, args=(f"{owner}/{number}",)) for number in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    answers.put(overlaps)


def hold_and_hang(url: str, seconds: float, pipe: Connection) -> None:
    """Become the refresher, say so, and never come back."""
    with Ledger.open(url) as ledger:
        pipe.send(ledger.tokens.hold("clio:a", "doomed", seconds))
        time.sleep(600)


def open_fresh(url: str, gate: Barrier, answers: "Queue[Any]") -> None:
    """Open a ledger that nobody has opened before, together with others; use it and its key."""
    gate.wait()
    try:
        with Ledger.open(url) as ledger:
            fence = ledger.tokens.hold(f"clio:{os.getpid()}", "me", 60)
            assert fence is not None
            ledger.tokens.save(f"clio:{os.getpid()}", fence, Token("access", NOON, "refresh"))
        answers.put(f"clio:{os.getpid()}")
    except Exception as error:  # noqa: BLE001 (whatever it is, the parent shall see it)
        answers.put(repr(error))
