"""Accounting: how the entries that we have posted stand in the books."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "book_entries",
        sa.Column("firm", sa.Text, primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("entry_id", sa.Text, primary_key=True),
        sa.Column("marker", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("casefile_id", sa.Text, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("dated", sa.Date),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_book_entries_firm_case_id", "book_entries", ["firm", "case_id"])
