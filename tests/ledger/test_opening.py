"""Opening a ledger: where it is, how it is brought up to date, what it refuses."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

import ledger.migrate
from domain.outcome import Result
from domain.token import Token
from ledger import Ledger, LedgerTooNew, LedgerUnusable, Reservation
from ledger.database import Database
from ledger.tables import metadata
from ledger.upgrade import HEAD, REVISION_TABLE, upgrade
from tests.ledger.samples import FIRM, NOON, case, outcome, portal_case

MIGRATIONS = Path(ledger.migrate.__file__).parent / "migrations"


def test_by_default_it_is_a_private_file_in_wal_mode(home: Path) -> None:
    with Ledger.open() as opened, opened._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1, "NORMAL"
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
    assert (home / "ledger.db").exists()
    assert home.stat().st_mode & 0o777 == 0o700


def test_the_home_directory_is_beside_the_work_when_nothing_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CASEBRIDGE_HOME")
    monkeypatch.chdir(tmp_path)
    Ledger.open().close()
    assert (tmp_path / ".casebridge" / "ledger.db").exists()


def test_the_environment_names_another_database(
    home: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEBRIDGE_DATABASE_URL", postgresql_url.replace("postgresql://", "postgres://"))
    with Ledger.open() as opened:
        assert opened._database.is_postgresql
    assert not home.exists()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://me:secret@localhost/ledger", "must begin with postgresql:// or with sqlite:///"),
        ("ledger.db", "must begin with postgresql:// or with sqlite:///"),
        ("sqlite://", "must be a file"),
        ("postgresql://me:secret@127.0.0.1:1/ledger", "postgresql.*127.0.0.1:1/ledger cannot be opened: .*refused"),
        ("sqlite:////proc/ledger.db", "cannot be opened"),
    ],
)
def test_what_cannot_be_a_ledger_is_refused_in_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(LedgerUnusable, match=sentence) as refused:
        Ledger.open(url)
    assert "secret" not in str(refused.value)


def test_migrations_and_tables_say_the_same(ledger: Ledger) -> None:
    with ledger._database.reading() as connection:
        assert (
            compare_metadata(MigrationContext.configure(connection, opts={"version_table": REVISION_TABLE}), metadata)
            == []
        )


def test_the_newest_revision_is_the_one_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_opening_twice_changes_nothing(url: str) -> None:
    with Ledger.open(url) as first:
        first.leases.acquire("cases:a", "x", 600)
    with Ledger.open(url) as second:
        assert second.leases.holder("cases:a") is not None


def test_a_newer_ledger_is_left_alone(url: str) -> None:
    with Ledger.open(url) as opened, opened._database.writing() as connection:
        connection.execute(text("UPDATE ledger_revision SET version_num = '9999'"))
    with pytest.raises(LedgerTooNew, match="9999"):
        Ledger.open(url)


def test_a_migration_that_fails_leaves_nothing(url: str) -> None:
    database = Database(url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE deliveries (a INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        upgrade(database)
    with database.reading() as connection:
        assert set(_rows(connection)) == {"deliveries"}
    database.close()


def test_a_live_ledger_of_the_first_revision_keeps_everything(url: str) -> None:
    with Ledger.open(url) as scratch:
        live = _fill(scratch)
    assert live["links"]
    assert live["attempts"]
    assert live["tokens"]
    old = Database(url)
    with old.writing() as connection:
        reflected = MetaData()
        reflected.reflect(connection)
        reflected.drop_all(connection)
    upgrade(old, "0001")
    with old.writing() as connection:
        reflected = MetaData()
        reflected.reflect(connection)
        assert "deliveries" not in reflected.tables
        kept = {}
        for name in set(live) & set(reflected.tables) - {REVISION_TABLE}:
            kept[name] = [
                {column.name: row.get(column.name) for column in reflected.tables[name].c} for row in live[name]
            ]
            if kept[name]:
                connection.execute(reflected.tables[name].insert(), kept[name])
        connection.execute(reflected.tables["runs"].update().values(portal_cursor="of before"))
    old.close()
    with Ledger.open(url) as upgraded:
        with upgraded._database.reading() as connection:
            after = _rows(connection)
        for name, rows in kept.items():
            columns = [column for column in live[name][0] if column in rows[0]] if rows else []
            assert [{column: row[column] for column in columns} for row in after[name]] == [
                {column: row[column] for column in columns} for row in rows
            ]
        assert upgraded.links.troubled_ids(FIRM) == ["1000000002"]
        assert upgraded.links.linked_ids(FIRM) == ["1000000001"]
        [run] = upgraded.runs.recent(FIRM)
        assert run.portal_cursor is None, "what it had seen was noted elsewhere: it reads the portal from its beginning"
        assert upgraded.attempts.retryable_ids(run.id) == ["1000000002"]
        token = upgraded.tokens.load("clio:a")
        assert token is not None
        assert token.refresh_token == "refresh"
        assert upgraded.deliveries.pending(FIRM, "messages") == []


EVERY_STATE = [
    ("reserved", None, "reserved", 0),
    ("calling", None, "calling", 1),
    ("delivered", "660145", "delivered", 1),
    ("unknown", None, "unknown", 2),
    ("failed", None, "failed", 3),
    ("given_up", None, "given_up", 4),
]
"""State of a delivery, its record, its case, its tries."""


def test_live_deliveries_of_the_second_revision_go_on(url: str) -> None:
    old = Database(url)
    upgrade(old, "0002")
    with old.writing() as connection:
        reflected = MetaData()
        reflected.reflect(connection, only=["deliveries"])
        for number, (state, remote_id, case_id, tries) in enumerate(EVERY_STATE, start=1):
            held = state in ("calling", "unknown")
            row = {
                "id": number, "firm": FIRM, "stream": "messages", "marker": f"message:{number}", "case_id": case_id,
                "occurred_at": NOON, "payload": {"text": state}, "state": state, "fence": 7, "tries": tries,
                "owner": "a worker of before" if held else None, "claimed_until": NOON if held else None,
                "due_at": NOON if state == "failed" else None, "remote_id": remote_id,
                "reason": "It was refused." if state in ("failed", "given_up") else None,
                "reserved_at": NOON, "changed_at": NOON,
            }  # fmt: skip
            connection.execute(reflected.tables["deliveries"].insert(), row)
    old.close()
    with Ledger.open(url) as upgraded:
        deliveries = upgraded.deliveries
        for number, (state, remote_id, case_id, tries) in enumerate(EVERY_STATE, start=1):
            found = deliveries.get(FIRM, "messages", f"message:{number}")
            assert found is not None
            assert (found.state, found.remote_id, found.lane, found.tries) == (state, remote_id, case_id, tries)
            assert (found.occurred_at, found.waiting_since, found.payload) == (NOON, NOON, {"text": state})
            assert found.ended_at == (NOON if state in ("delivered", "given_up") else None)
            assert (found.owner, found.held, found.code, found.digest) == (None, False, None, None)
            assert deliveries.receipt(FIRM, "messages", f"message:{number}").steps == ()
        pending = ["reserved", "calling", "unknown", "failed"]
        assert [one.case_id for one in deliveries.pending(FIRM, "messages")] == pending
        hold = upgraded.leases.acquire(f"messages:{FIRM}", "a worker of now", 60)
        claimed = {one.case_id: one for one in deliveries.claim(hold, FIRM, "messages")}
        assert {case_id: one.state.value for case_id, one in claimed.items()} == {
            "reserved": "reserved",
            "calling": "unknown",
            "unknown": "unknown",
            "failed": "failed",
        }, "what was being called is looked up first"
        assert deliveries.settle_delivered(claimed["calling"], "660146").ended_at is not None
        assert deliveries.reserve(FIRM, "messages", [Reservation("message:3", "delivered", NOON)]) == []
        assert deliveries.revive(FIRM, "messages", "somebody") == ["message:6"]


def _fill(opened: Ledger) -> dict[str, list[dict[str, object]]]:
    lease = opened.leases.acquire(f"cases:{FIRM}", "x", 600)
    run = opened.runs.start(
        lease, firm=FIRM, kind="nightly_case_sync", trigger="nightly", system="clio", scope={"a": 1}
    )
    opened.links.stage_source(lease, run.id, FIRM, [case(1), case(2)], cursor="c", done=True)
    settled = [outcome(1, Result.CREATED), outcome(2, Result.REJECTED, "stage_unknown")]
    opened.links.settle(lease, run.id, FIRM, settled, {"1000000001": portal_case(1)}, night=True)
    opened.watermarks.advance(lease, FIRM, "clio:cases", NOON, {"ids": ["1"]})
    opened.limits.change("clio:a", lambda _: {"granted": 1})
    opened.phones.learn_landlines(FIRM, ["+13035550112"])
    fence = opened.tokens.hold("clio:a", "x", 60)
    assert fence is not None
    opened.tokens.save("clio:a", fence, Token("access", NOON, "refresh"))
    with opened._database.reading() as connection:
        return _rows(connection)


def _rows(connection: Connection) -> dict[str, list[dict[str, object]]]:
    reflected = MetaData()
    reflected.reflect(connection)
    return {
        table.name: [dict(row._mapping) for row in connection.execute(table.select().order_by(*table.primary_key))]
        for table in reflected.tables.values()
    }
