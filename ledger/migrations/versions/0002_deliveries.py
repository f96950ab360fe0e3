"""Deliveries: what must be made exactly once at a vendor."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("firm", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("marker", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("occurred_at", Instant, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("owner", sa.Text),
        sa.Column("claimed_until", Instant),
        sa.Column("due_at", Instant),
        sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("remote_id", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("reserved_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.UniqueConstraint("firm", "stream", "marker", name="uq_deliveries_firm_stream_marker"),
    )
    op.create_index(
        "ix_deliveries_firm_stream_case_id_occurred_at_id",
        "deliveries",
        ["firm", "stream", "case_id", "occurred_at", "id"],
    )
