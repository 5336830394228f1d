"""Indexes from which filters by date and by sender are answered."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_photos_chat_id_state_date_id", "photos", ["chat_id", "state", "date", "id"])
    op.create_index(
        "ix_photos_chat_id_state_sender_id_date_id", "photos", ["chat_id", "state", "sender_id", "date", "id"]
    )
