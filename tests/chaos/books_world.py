"""A firm's CASEpeer and Soluno in the sandbox, pushes over a real ledger that die at any boundary, and what must be true."""

import asyncio
import contextlib
import threading
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import pytest

from blocks.casestatus import CaseStatusCredentials
from blocks.firm import Firm
from connectors.http import Connection
from domain.costs import CostStatus
from domain.posting_markers import charge_marker, cost_marker, fee_marker, trust_marker
from domain.postings import Note
from ledger import Ledger
from ledger.database import Database
from sandbox.testing import SandboxServer
from tasks.books import invoices, posting, preflight, reading, reconciling, statuses
from tasks.books.push import Push, connected_push
from tasks.relay import delivering
from tests.chaos.tries import let_holds_expire
from tests.flows.bookkeeping import answered_for, soluno_credentials
from tests.flows.office import SEEDED
from tests.flows.peers import casepeer_credentials

STEPS = (
    reading.read_money,
    preflight.check_books,
    posting.make_records,
    posting.post_entries,
    posting.tell_of_posted,
    posting.request_invoices,
    invoices.follow_invoices,
    statuses.read_entries,
    statuses.take_back_statuses,
    reconciling.compare_balances,
)
"""What a push does, in the order of its flow, without Prefect around it."""
ON_ITS_OWN = ("deposit", "reimbursement", "lien_payment", "client_payment")
CARRIED = ("fee", "cost_reimbursement")
MENDED_BY_PEOPLE = {"trust_overdraw", "invalid_amount", "waits_for_entries", "wrong_sign"}
"""Why something may rightly be waiting in the end."""


class Died(BaseException):
    """The process is no more."""


class Fuse:
    """Kills a push at the boundary before which it has passed ``left`` others; nothing of it runs after that."""

    def __init__(self, left: int) -> None:
        self._left, self.burnt, self._lock = left, False, threading.Lock()

    def pass_boundary(self) -> None:
        with self._lock:
            self.burnt = self.burnt or self._left <= 0
            self._left -= 1
        if self.burnt:
            raise Died

    @contextlib.contextmanager
    def lit(self) -> Iterator[None]:
        """Boundaries are before and after each request, and before and after each transaction of the ledger."""
        send, writing = Connection._send_in_turn, Database.writing

        async def sent(connection: Connection, *given: Any) -> Any:
            self.pass_boundary()
            answer = await send(connection, *given)
            self.pass_boundary()
            return answer

        @contextlib.contextmanager
        def written(database: Database) -> Iterator[Any]:
            self.pass_boundary()
            with writing(database) as connection:
                yield connection
            self.pass_boundary()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Connection, "_send_in_turn", sent)
            patch.setattr(Database, "writing", written)
            yield


class BooksWorld:
    """One firm; every example of a test has a world of its own."""

    def __init__(self, ledger: Ledger, sandbox: SandboxServer, slug: str) -> None:
        self.ledger, self.sandbox, self.slug = ledger, sandbox, slug
        self.peers = sandbox.casepeer.firms[SEEDED]
        self.soluno = sandbox.soluno.firms[SEEDED]
        self.firm = Firm(
            slug=slug,
            name="Harrow Pike LLP",
            time_zone="America/Chicago",
            case_system=casepeer_credentials(sandbox),
            portal=CaseStatusCredentials(api_key=f"csk-{SEEDED}", host=f"{sandbox.url}/casestatus"),
            accounting=soluno_credentials(sandbox),
        )
        self.answered_for = answered_for(self.peers, self.soluno)
        """Open cases whose lead attorney can answer for them in Soluno."""
        self.cases = self.answered_for[:3]
        self.peers.link_cases(self.cases[0], self.cases[1])
        self.pushed: set[int] = set()
        self.told: list[Note] = []
        """What the last push that came to its end has said."""

    @staticmethod
    def patched(patch: pytest.MonkeyPatch) -> None:
        """Nobody waits long for a lost answer, and every settlement is looked at in every push."""
        patch.setattr(delivering, "SETTLING", delivering.timedelta(seconds=0.05))
        patch.setattr(posting, "SETTLING", delivering.timedelta(seconds=0.05))
        patch.setattr(reading, "REREAD_EVERY", 1)

    async def push(self, left: int | None = None) -> bool:
        """Push; False when it died, or when a system stopped it."""
        fuse = Fuse(left) if left is not None else None
        try:
            with fuse.lit() if fuse else contextlib.nullcontext():
                async with self._open() as push:
                    for step in STEPS:
                        await step.fn(push)
                        if step is preflight.check_books and preflight.blocking(push.findings):
                            return False
                    self.told = list(push.notes)
        except Died:
            return False
        except delivering.ConnectorError:
            return False
        finally:
            let_holds_expire(self.ledger)
        return True

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[Push]:
        async with connected_push(self.firm, self.ledger, "test") as push:
            yield push

    async def push_until_quiet(self) -> None:
        """Push in good weather until nothing is posted any more."""
        self.ledger.limits.change(
            f"session:soluno:{self.slug}", lambda state: {**(state or {"grant": ""}), "again": False}
        )
        for _ in range(6):
            before = self.posted_rows()
            assert await self.push()
            if self.posted_rows() == before:
                return
        raise AssertionError("It never comes to rest.")

    # What is in the books.

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Everything in the books, by kind; deleted entries included."""
        books = self.soluno.books
        drawers = {
            "cost": books.costs,
            "fee": books.fees,
            "receipt": books.receipts,
            "cheque": books.cheques,
        }
        return {
            name: [
                {"marker": one.reference, "amount": one.amount, "status": one.status, "id": one.id}
                for one in drawer.every()
            ]
            for name, drawer in drawers.items()
        }

    def posted_rows(self) -> int:
        """How many entries and invoices there are."""
        return sum(len(rows) for rows in self.rows().values()) + len(list(self.soluno.books.invoices.every()))

    def lines(self, case_id: int) -> list[Any]:
        """The lines of a case's trust in CASEpeer."""
        return list(self.peers.trust.of_case(case_id, self.peers.seconds()).lines)

    # What must be true.

    def check_once(self) -> None:
        """At any time: nothing stands twice in the books."""
        for kind, rows in self.rows().items():
            counts = Counter(row["marker"] for row in rows if row["status"] != "Deleted")
            twice = {marker: count for marker, count in counts.items() if count > 1}
            assert not twice, (kind, twice)
        for shelf in (self.soluno.books.casefiles, self.soluno.books.contacts, self.soluno.books.invoices):
            counts = Counter(one.reference for one in shelf.every() if one.reference)
            assert not {marker: count for marker, count in counts.items() if count > 1}

    def check_all(self) -> None:
        """When all is quiet: the books are what CASEpeer says should be there."""
        self.check_once()
        rows = self.rows()
        self._check_costs({row["marker"]: row for row in rows["cost"]})
        self._check_trust(rows)
        self._check_charges(rows["fee"])
        self._check_invoices()
        assert not [told for told in self.told if told.code in ("trust_differs", "batch_differs", "invoice_differs")]

    def _check_costs(self, by_marker: dict[str, dict[str, Any]]) -> None:
        noted = defaultdict(set)
        for told in self.told:
            noted[told.source_id].add(told.code)
        for cost in self.peers.costs.by_change():
            row = by_marker.pop(cost_marker(self.slug, str(cost.id)), None)
            if cost.superseded:
                dead = row is None or row["status"] in ("Void", "Deleted", "Printed")
                assert dead or "posted_though_withdrawn" in noted[str(cost.id)], cost
            elif cost.status == CostStatus.OPEN:
                assert row is None, (cost, "posted and never told")
                assert cost.amount <= 0, (cost, self._waiting())
            else:
                assert row is not None, (cost, "told of and never posted")
                assert row["amount"] == cost.amount or "changed_after_posting" in noted[str(cost.id)], (cost, row)
                if cost.status == CostStatus.PENDING and row["status"] == "Deleted":
                    assert "deleted_in_accounting" in noted[str(cost.id)]
                elif cost.status == CostStatus.PENDING:
                    assert row["status"] == "Pending", (cost, row)
        for marker, row in by_marker.items():
            # Its cost was deleted: deletions do not cross, but a cheque that waits is told of.
            assert row["status"] != "Pending" or "posted_though_withdrawn" in noted[marker.rpartition(":")[2]], row

    def _check_trust(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        posted = {row["marker"]: row for kind in ("receipt", "cheque", "fee") for row in rows[kind]}
        waiting = self._waiting()
        for case_id in self.cases:
            for line in self.lines(case_id):
                taken = line.status == "posted" or (line.kind in CARRIED and case_id in self.pushed)
                own = line.kind in ON_ITS_OWN or line.kind == "fee"
                marker = (fee_marker if line.kind == "fee" else trust_marker)(self.slug, str(line.id))
                row = posted.get(marker)
                if not own or not taken or line.do_not_distribute:
                    assert row is None, (line, row)
                elif row is None:
                    assert waiting.get(marker) in MENDED_BY_PEOPLE | {None}, (line, waiting)
                    assert self._behind(case_id, waiting), (line, waiting)
                else:
                    assert row["amount"] == abs(line.amount), (line, row)

    def _behind(self, case_id: int, waiting: dict[str, str | None]) -> bool:
        """Whether something of this case's trust waits for people; what is behind it in the lane waits, too."""
        lines = {trust_marker(self.slug, str(line.id)) for line in self.lines(case_id)}
        return any(code in MENDED_BY_PEOPLE for marker, code in waiting.items() if marker in lines)

    def _check_charges(self, fees: list[dict[str, Any]]) -> None:
        for case_id in self.cases:
            charges = self.peers.charges.of_case(case_id)
            for name, charge in (("copp", charges.copp), ("pd", charges.property_damage)):
                prefix = charge_marker(self.slug, name, str(case_id), 0)[:-1]
                amounts = [row["amount"] for row in fees if (row["marker"] or "").startswith(prefix)]
                should_be = charge.amount if charge.pushed_to_disbursement else Decimal(0)
                assert sum(amounts) == should_be, (case_id, name, amounts, should_be)

    def _check_invoices(self) -> None:
        invoices = list(self.soluno.books.invoices.every())
        waiting = self._waiting()
        told = {one.case_id for one in self.told if one.kind == "invoice"}
        for one in invoices:
            assert one.released is not None or one.reference.split(":")[3] in told, one
        for case_id in self.cases:
            lines = [
                line
                for line in self.lines(case_id)
                if line.kind in CARRIED
                and not line.do_not_distribute
                and (line.status == "posted" or case_id in self.pushed)
            ]
            prefix = f"CP:{self.slug}:inv:{case_id}:"
            taken = sum(one.trust_wanted for one in invoices if (one.reference or "").startswith(prefix))
            owed = -sum(line.amount for line in lines)
            held = any(marker.startswith(prefix) and code in MENDED_BY_PEOPLE for marker, code in waiting.items())
            assert taken == owed or held, (case_id, taken, owed, waiting)

    def _waiting(self) -> dict[str, str | None]:
        """What has not ended, and why."""
        found: dict[str, str | None] = {}
        for stream in (posting.COSTS, posting.SETTLEMENTS, posting.INVOICES):
            found |= {one.marker: one.code for one in self.ledger.deliveries.pending(self.slug, stream)}
        return found


def run(world: BooksWorld, left: int | None = None) -> bool:
    """A push, from a test that is not async."""
    return asyncio.run(world.push(left))
