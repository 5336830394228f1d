"""Privacy: what must not be taken up again, who wants nothing kept, and who let the bot into a chat."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "forgotten",
        sa.Column("origin_chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("origin_chat_id", "message_id", name="pk_forgotten"),
    )
    op.create_table(
        "opt_outs",
        sa.Column("sender_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("sender_id", "chat_id", name="pk_opt_outs"),
    )
    op.create_index("ix_opt_outs_chat_id", "opt_outs", ["chat_id"])
    op.create_index("ix_photos_sender_id_chat_id", "photos", ["sender_id", "chat_id"])
    op.add_column("chats", sa.Column("admitted_by", sa.BigInteger()))
