"""Indexes from which filters by date and by sender are answered."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("ix_photos_chat_id_state_date_id", "photos", ["chat_id", "state", "date", "id"])
    op.create_index(
        "ix_photos_chat_id_state_sender_id_date_id", "photos", ["chat_id", "state", "sender_id", "date", "id"]
    )
