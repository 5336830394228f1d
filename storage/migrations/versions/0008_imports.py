"""Imported photos: the queue takes them after those that people post, and an uploaded original is known again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("images", sa.Column("photo_unique_id", sa.Text()))
    op.create_index("ix_images_photo_unique_id", "images", ["photo_unique_id"])
    op.drop_index("ix_photos_pending", "photos")
    op.create_index(
        "ix_photos_pending",
        "photos",
        ["source", "chat_id", "due_at", "id", "state"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
