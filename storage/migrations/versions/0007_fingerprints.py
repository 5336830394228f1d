"""What makes two files the same picture; empty where a picture is too even to tell, unknown for those kept before."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("images", sa.Column("fingerprint", sa.LargeBinary()))
