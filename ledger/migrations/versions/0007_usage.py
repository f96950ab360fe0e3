"""What was asked of the vendors and what became of cases, day by day, for the metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("system", sa.String(32), primary_key=True),
        sa.Column("measure", sa.String(32), primary_key=True),
        sa.Column("amount", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
