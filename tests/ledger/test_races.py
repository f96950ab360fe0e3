"""Several processes at once: overlaps, frozen and killed holders, a fresh ledger opened by all of them."""

import os
import signal
import time
from pathlib import Path

from ledger import Ledger
from tests.ledger import contenders
from tests.ledger.contenders import processes
from tests.ledger.samples import FIRM, case

ROUNDS = 200


def test_of_two_that_start_within_a_millisecond_one_works(url: str) -> None:
    Ledger.open(url).close()
    duel = contenders.Duel(ROUNDS)
    rivals = [processes.Process(target=duel.fight, args=(url, me), daemon=True) for me in (0, 1)]
    for rival in rivals:
        rival.start()
    winners = list(iter(lambda: duel.winners.get(timeout=60), -1))
    for rival in rivals:
        rival.join(timeout=30)
    assert duel.close.value >= ROUNDS
    assert set(winners) == {1}


def test_a_frozen_holder_that_wakes_up_writes_nothing(url: str) -> None:
    ledger = Ledger.open(url)
    ours, theirs = processes.Pipe()
    holder = processes.Process(target=contenders.write_late, args=(url, f"cases:{FIRM}", theirs), daemon=True)
    holder.start()
    assert ours.poll(30)
    run_id = ours.recv()
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGSTOP)
    try:
        deadline = time.monotonic() + 10
        while ledger.leases.holder(f"cases:{FIRM}") is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        successor = ledger.leases.acquire(f"cases:{FIRM}", "successor", 60)
    finally:
        os.kill(holder.pid, signal.SIGCONT)
    assert ours.poll(30)
    assert ours.recv() == "refused"
    holder.join(timeout=30)
    assert ledger.links.get(FIRM, case().integration_id) is None
    run = ledger.runs.get(run_id)
    assert run is not None
    assert run.source_cursor is None
    assert ledger.leases.renew(successor, 60).fence == successor.fence
    ledger.close()


def test_many_threads_of_many_processes_refresh_one_after_the_other(url: str, tmp_path: Path) -> None:
    times, threads, count = 4, 12, 4
    Ledger.open(url).close()
    answers = processes.Queue()
    workers = [
        processes.Process(
            target=contenders.refresh_often,
            args=(url, f"p{number}", times, threads, tmp_path / "witness", answers),
            daemon=True,
        )
        for number in range(count)
    ]
    for worker in workers:
        worker.start()
    assert [overlap for _ in workers for overlap in answers.get(timeout=90)] == []
    for worker in workers:
        worker.join(timeout=30)
    with Ledger.open(url) as ledger:
        token = ledger.tokens.load("clio:a")
    assert token is not None
    assert token.version == times * threads * count


def test_a_killed_refresher_frees_its_place_when_its_time_is_up(url: str) -> None:
    ours, theirs = processes.Pipe()
    with Ledger.open(url) as ledger:
        doomed = processes.Process(target=contenders.hold_and_hang, args=(url, 1.0, theirs), daemon=True)
        doomed.start()
        assert ours.poll(30)
        fence = ours.recv()
        held_at = time.monotonic()
        doomed.kill()
        doomed.join(timeout=30)
        assert ledger.tokens.hold("clio:a", "next", 60) is None or time.monotonic() - held_at > 0.9
        following = None
        while following is None and time.monotonic() - held_at < 6:
            following = ledger.tokens.hold("clio:a", "next", 60)
            time.sleep(0.02)
        assert following == fence + 1
        assert time.monotonic() - held_at < 1.0 + 5


def test_a_fresh_ledger_opened_by_many_at_once(url: str) -> None:
    count = 4
    gate, answers = processes.Barrier(count), processes.Queue()
    openers = [
        processes.Process(target=contenders.open_fresh, args=(url, gate, answers), daemon=True) for _ in range(count)
    ]
    for opener in openers:
        opener.start()
    keys = [answers.get(timeout=60) for _ in openers]
    for opener in openers:
        opener.join(timeout=30)
    with Ledger.open(url) as ledger:
        tokens = [ledger.tokens.load(key) for key in keys]
    assert [token and token.access_token for token in tokens] == ["access"] * count, keys
