"""Replies: which case was last read when, and which of its notes were shared before the relay began."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "case_readings",
        sa.Column("firm", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("changed_at", Instant),
        sa.Column("noticed_at", Instant),
        sa.Column("read_at", Instant),
        sa.Column("passed_over", sa.JSON(none_as_null=True)),
        sa.Column("told_by", sa.Text),
        sqlite_with_rowid=False,
    )
