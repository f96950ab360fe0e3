"""The ledger's tables. Every change here needs a migration; a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from ledger.columns import Instant, Json, OutsideText

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)


def _pending_index(name: str, *columns: str) -> Index:
    """An index over what has not ended."""
    unended = text("ended_at IS NULL")
    return Index(name, *columns, sqlite_where=unended, postgresql_where=unended)


leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("fence", BigInteger, nullable=False),
    Column("owner", Text),
    Column("note", Text),
    Column("since", Instant),
    Column("expires_at", Instant),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("firm", Text, nullable=False),
    Column("system", Text),
    Column("kind", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("requested_by", Text),
    Column("flow_run_id", Text, unique=True),
    Column("parent_run_id", String(26)),
    Column("scope", Json, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("source_cursor", Text),
    Column("source_done", Boolean, nullable=False),
    Column("portal_cursor", Text),
    Column("portal_done", Boolean, nullable=False),
    Column("totals", Json),
    Column("requests", Json),
    Column("outcome", Text),
    Column("message", Text),
    Index(None, "firm", "started_at"),
)

# The bodies of both sides live in their own table: a night touches every link, but almost no body.
links = Table(
    "links",
    metadata,
    Column("firm", Text, primary_key=True),
    Column("integration_id", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("readable_id", OutsideText),
    Column("source_digest", String(32)),
    Column("source_run", String(26)),
    Column("source_read_at", Instant),
    Column("source_practice_area", OutsideText),
    Column("source_stage", OutsideText),
    Column("source_open", Boolean),
    Column("portal_id", BigInteger),
    Column("portal_digest", String(32)),
    Column("client_name", OutsideText),
    Column("agreed", Text),
    Column("trouble_code", Text),
    Column("trouble_since", Instant),
    Column("trouble_nights", Integer, nullable=False, server_default=text("0")),
    Column("trouble_day", Date),
    Column("dismissed_at", Instant),
    Column("dismissed_by", Text),
    Column("dismissed_why", Text),
    Index(None, "firm", "readable_id"),
    sqlite_with_rowid=False,
)

# A page of the portal as a run has seen it. Noting it on each link would rewrite all of a firm's links every night.
sightings = Table(
    "sightings",
    metadata,
    Column("firm", Text, primary_key=True),
    Column("run_id", String(26), primary_key=True),
    Column("id", String(26), primary_key=True),
    Column("system", Text),
    Column("ids", Json, nullable=False),
)

bodies = Table(
    "bodies",
    metadata,
    Column("firm", Text, primary_key=True),
    Column("integration_id", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("source", Text),
    Column("portal", Text),
)

case_clients = Table(
    "case_clients",
    metadata,
    Column("firm", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("integration_id", Text, primary_key=True),
    Column("version", Text),
    Index(None, "firm", "integration_id"),
    sqlite_with_rowid=False,
)

attempts = Table(
    "attempts",
    metadata,
    Column("run_id", String(26), primary_key=True),
    Column("integration_id", Text, primary_key=True),
    Column("result", String(16), nullable=False),
    Column("codes", Text, nullable=False),
    Column("defects", Json),
    Column("changes", Json),
    Column("warnings", Json),
    Column("readable_id", OutsideText, nullable=False),
    Column("client_name", OutsideText, nullable=False),
    Column("portal_id", BigInteger),
    Column("notifies_client", Boolean, nullable=False),
    Column("attempted_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    sqlite_with_rowid=False,
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("firm", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("instant", Instant, nullable=False),
    Column("extra", Json),
    Column("advanced_at", Instant, nullable=False),
)

landlines = Table(
    "landlines",
    metadata,
    Column("firm", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("learnt_at", Instant, nullable=False),
)

limits = Table(
    "limits",
    metadata,
    Column("key", Text, primary_key=True),
    Column("state", Json),
)

tokens = Table(
    "tokens",
    metadata,
    Column("key", Text, primary_key=True),
    Column("body", LargeBinary),
    Column("version", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("owner", Text),
    Column("held_until", Instant),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("firm", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("marker", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("waiting_since", Instant, nullable=False),
    Column("payload", Json, nullable=False),
    Column("digest", String(32)),
    Column("state", String(16), nullable=False),
    Column("held", Boolean, nullable=False, server_default=false()),
    Column("code", Text),
    Column("reason", OutsideText),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("owner", Text),
    Column("due_at", Instant),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("remote_id", Text),
    Column("reserved_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("ended_at", Instant),
    UniqueConstraint("firm", "stream", "marker"),
    Index(None, "firm", "stream", "case_id"),
    Index(None, "stream", "changed_at"),
    # What has ended piles up over the years; what is pending must be found without wading through it.
    _pending_index("ix_deliveries_pending_by_firm", "stream", "firm"),
    _pending_index("ix_deliveries_pending_by_lane", "firm", "stream", "lane", "occurred_at", "id"),
)

delivery_steps = Table(
    "delivery_steps",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("delivery_id", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("by", Text),
    Column("note", OutsideText),
    Index(None, "delivery_id"),
)

feeds = Table(
    "feeds",
    metadata,
    Column("firm", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("begins_at", Instant, nullable=False),
    Column("read_to", Instant, nullable=False),
    Column("swept_at", Instant),
    Column("polled_at", Instant),
    Column("tidied_at", Instant),
)

case_readings = Table(
    "case_readings",
    metadata,
    Column("firm", Text, primary_key=True),
    Column("case_id", Text, primary_key=True),
    Column("changed_at", Instant),
    Column("noticed_at", Instant),
    Column("read_at", Instant),
    Column("passed_over", Json),
    Column("told_by", Text),
    sqlite_with_rowid=False,
)

incidents = Table(
    "incidents",
    metadata,
    Column("firm", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("sentence", OutsideText, nullable=False),
    Column("since", Instant, nullable=False),
    Column("told_at", Instant),
)

book_entries = Table(
    "book_entries",
    metadata,
    Column("firm", Text, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("marker", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("casefile_id", Text, nullable=False),
    Column("amount", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("number", OutsideText),
    Column("dated", Date),
    Column("changed_at", Instant, nullable=False),
    Index(None, "firm", "case_id"),
    sqlite_with_rowid=False,
)

usage = Table(
    "usage",
    metadata,
    Column("day", Date, primary_key=True),
    Column("system", String(32), primary_key=True),
    Column("measure", String(32), primary_key=True),
    Column("amount", Double, nullable=False),
    sqlite_with_rowid=False,
)
