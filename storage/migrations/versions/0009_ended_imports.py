"""Imports: how often a chat was purged, which ends those under way, and photos that were edited away."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("chats", sa.Column("purges", sa.Integer()))
    op.create_table(
        "taken_back",
        sa.Column("origin_chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("origin_chat_id", "message_id", name="pk_taken_back"),
    )
