"""What a run has seen in the portal, page by page: a quiet night writes to no link."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sightings",
        sa.Column("firm", sa.Text, primary_key=True),
        sa.Column("run_id", sa.String(26), primary_key=True),
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("system", sa.Text),
        sa.Column("ids", sa.JSON, nullable=False),
    )
    # What an unfinished run has seen so far was noted on the links: it reads the portal from its beginning.
    op.execute("UPDATE runs SET portal_cursor = NULL WHERE NOT portal_done")
    op.drop_column("links", "portal_run")
