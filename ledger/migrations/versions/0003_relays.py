"""Relays: deliveries in lanes under a firm's hold, their steps, how far each feed was read, and incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
UNENDED = sa.text("ended_at IS NULL")


def upgrade() -> None:
    _change_deliveries()
    _create_steps()
    _create_feeds()


def _change_deliveries() -> None:
    op.drop_index("ix_deliveries_firm_stream_case_id_occurred_at_id", "deliveries")
    with op.batch_alter_table("deliveries") as table:
        table.drop_column("claimed_until")
        table.add_column(sa.Column("lane", sa.Text))
        table.add_column(sa.Column("waiting_since", Instant))
        table.add_column(sa.Column("digest", sa.String(32)))
        table.add_column(sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("code", sa.Text))
        table.add_column(sa.Column("ended_at", Instant))
    op.execute("UPDATE deliveries SET lane = case_id, waiting_since = occurred_at, owner = NULL")
    op.execute("UPDATE deliveries SET ended_at = changed_at WHERE state IN ('delivered', 'given_up')")
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("lane", nullable=False)
        table.alter_column("waiting_since", nullable=False)
    op.create_index("ix_deliveries_firm_stream_case_id", "deliveries", ["firm", "stream", "case_id"])
    op.create_index("ix_deliveries_stream_changed_at", "deliveries", ["stream", "changed_at"])
    for name, columns in (
        ("ix_deliveries_pending_by_firm", ["stream", "firm"]),
        ("ix_deliveries_pending_by_lane", ["firm", "stream", "lane", "occurred_at", "id"]),
    ):
        op.create_index(name, "deliveries", columns, sqlite_where=UNENDED, postgresql_where=UNENDED)


def _create_steps() -> None:
    op.create_table(
        "delivery_steps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("delivery_id", sa.BigInteger, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("by", sa.Text),
        sa.Column("note", sa.Text),
    )
    op.create_index("ix_delivery_steps_delivery_id", "delivery_steps", ["delivery_id"])


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("firm", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("begins_at", Instant, nullable=False),
        sa.Column("read_to", Instant, nullable=False),
        sa.Column("swept_at", Instant),
        sa.Column("polled_at", Instant),
        sa.Column("tidied_at", Instant),
    )
    op.create_table(
        "incidents",
        sa.Column("firm", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("told_at", Instant),
    )
