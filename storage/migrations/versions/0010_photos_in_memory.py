"""What the memory keeps of a chat's photos is read from an index, and not photo by photo."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.drop_index("ix_photos_chat_id_state_id", "photos")
    op.create_index("ix_photos_chat_id_state_id", "photos", ["chat_id", "state", "id", "image_id", "sender_id", "date"])
