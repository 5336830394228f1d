"""Questions and how far their answers were turned: what buttons and edits need to know after a restart."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger()),
        sa.Column("asker_id", sa.BigInteger()),
        sa.Column("revision", MOMENT, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("query", sa.Text()),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("ranking", sa.LargeBinary(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("trail", sa.JSON(), nullable=False),
        sa.Column("shape", sa.String(16)),
        sa.Column("answer_ids", sa.JSON(), nullable=False),
        sa.Column("control_id", sa.BigInteger()),
        sa.Column("sent_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
        sa.UniqueConstraint("chat_id", "message_id", name="uq_questions_chat_id_message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_questions_chat_id_control_id", "questions", ["chat_id", "control_id"])
    op.create_index("ix_questions_asked_at", "questions", ["asked_at"])
