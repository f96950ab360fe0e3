"""What the sync of cases needs: leases, runs, links, attempts, watermarks, limits, tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_runs()
    _create_links()
    _create_attempts()
    _create_shared_state()


def _create_runs() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("since", Instant),
        sa.Column("expires_at", Instant),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("firm", sa.Text, nullable=False),
        sa.Column("system", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text),
        sa.Column("flow_run_id", sa.Text),
        sa.Column("parent_run_id", sa.String(26)),
        sa.Column("scope", sa.JSON, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("finished_at", Instant),
        sa.Column("source_cursor", sa.Text),
        sa.Column("source_done", sa.Boolean, nullable=False),
        sa.Column("portal_cursor", sa.Text),
        sa.Column("portal_done", sa.Boolean, nullable=False),
        sa.Column("totals", sa.JSON),
        sa.Column("requests", sa.JSON),
        sa.Column("outcome", sa.Text),
        sa.Column("message", sa.Text),
        sa.UniqueConstraint("flow_run_id", name="uq_runs_flow_run_id"),
    )
    op.create_index("ix_runs_firm_started_at", "runs", ["firm", "started_at"])


def _create_links() -> None:
    op.create_table(
        "links",
        sa.Column("firm", sa.Text, primary_key=True),
        sa.Column("integration_id", sa.Text, primary_key=True),
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("readable_id", sa.Text),
        sa.Column("source_digest", sa.String(32)),
        sa.Column("source_run", sa.String(26)),
        sa.Column("source_read_at", Instant),
        sa.Column("source_practice_area", sa.Text),
        sa.Column("source_stage", sa.Text),
        sa.Column("source_open", sa.Boolean),
        sa.Column("portal_id", sa.BigInteger),
        sa.Column("portal_digest", sa.String(32)),
        sa.Column("portal_run", sa.String(26)),
        sa.Column("client_name", sa.Text),
        sa.Column("agreed", sa.Text),
        sa.Column("trouble_code", sa.Text),
        sa.Column("trouble_since", Instant),
        sa.Column("trouble_nights", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("trouble_day", sa.Date),
        sa.Column("dismissed_at", Instant),
        sa.Column("dismissed_by", sa.Text),
        sa.Column("dismissed_why", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_links_firm_readable_id", "links", ["firm", "readable_id"])
    op.create_table(
        "bodies",
        sa.Column("firm", sa.Text, primary_key=True),
        sa.Column("integration_id", sa.Text, primary_key=True),
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("source", sa.Text),
        sa.Column("portal", sa.Text),
    )
    op.create_table(
        "case_clients",
        sa.Column("firm", sa.Text, primary_key=True),
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("client_id", sa.Text, primary_key=True),
        sa.Column("integration_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_clients_firm_integration_id", "case_clients", ["firm", "integration_id"])
    op.create_table(
        "landlines",
        sa.Column("firm", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("learnt_at", Instant, nullable=False),
    )


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("run_id", sa.String(26), primary_key=True),
        sa.Column("integration_id", sa.Text, primary_key=True),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("codes", sa.Text, nullable=False),
        sa.Column("defects", sa.JSON),
        sa.Column("changes", sa.JSON),
        sa.Column("warnings", sa.JSON),
        sa.Column("readable_id", sa.Text, nullable=False),
        sa.Column("client_name", sa.Text, nullable=False),
        sa.Column("portal_id", sa.BigInteger),
        sa.Column("notifies_client", sa.Boolean, nullable=False),
        sa.Column("attempted_at", Instant, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )


def _create_shared_state() -> None:
    op.create_table(
        "watermarks",
        sa.Column("firm", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("instant", Instant, nullable=False),
        sa.Column("extra", sa.JSON),
        sa.Column("advanced_at", Instant, nullable=False),
    )
    op.create_table("limits", sa.Column("key", sa.Text, primary_key=True), sa.Column("state", sa.JSON))
    op.create_table(
        "tokens",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("body", sa.LargeBinary),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("held_until", Instant),
    )
