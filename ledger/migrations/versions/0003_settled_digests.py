"""With which digests a case was last found or brought in step: the forecast counts those that have moved since."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("settled_source", sa.String(32)))
    op.add_column("links", sa.Column("settled_portal", sa.String(32)))
