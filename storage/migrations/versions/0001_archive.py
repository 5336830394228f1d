"""The archive: chats, photos, images, vectors and facts.

Spelled out, not taken from `storage.schema`: that one moves on, this one must stay what it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _chats()
    _images()
    _photos()
    _photo_indexes()
    _vectors()
    op.create_table(
        "facts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_facts"),
    )


def _chats() -> None:
    op.create_table(
        "chats",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("username", sa.Text()),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("left_at", MOMENT),
        sa.Column("migrated_to", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_chats"),
    )
    op.create_index("ix_chats_migrated_to", "chats", ["migrated_to"])


def _images() -> None:
    op.create_table(
        "images",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("file_unique_id", sa.Text(), nullable=False),
        sa.Column("photo_file_id", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_images"),
        sa.UniqueConstraint("file_unique_id", name="uq_images_file_unique_id"),
        sqlite_autoincrement=True,
    )


def _photos() -> None:
    op.create_table(
        "photos",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("origin_chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("thread_id", sa.BigInteger()),
        sa.Column("media_group_id", sa.Text()),
        sa.Column("sender_id", sa.BigInteger()),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("sender_username", sa.Text()),
        sa.Column("date", MOMENT, nullable=False),
        sa.Column("caption", sa.Text()),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.Text()),
        sa.Column("sizes", sa.JSON(), nullable=False),
        sa.Column("spoiler", sa.Boolean(), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("leased", sa.Boolean(), nullable=False),
        sa.Column("indexed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_photos"),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_photos_image_id"),
        sa.UniqueConstraint("origin_chat_id", "message_id", name="uq_photos_origin_chat_id_message_id"),
        sqlite_autoincrement=True,
    )


def _photo_indexes() -> None:
    op.create_index("ix_photos_chat_id_state_id", "photos", ["chat_id", "state", "id"])
    op.create_index("ix_photos_chat_id_date", "photos", ["chat_id", "date"])
    op.create_index("ix_photos_image_id_chat_id", "photos", ["image_id", "chat_id"])
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_photos_pending",
        "photos",
        ["chat_id", "due_at", "id", "state"],
        sqlite_where=pending,
        postgresql_where=pending,
    )


def _vectors() -> None:
    op.create_table(
        "vectors",
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("dimensions", sa.SmallInteger(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("image_id", "model", name="pk_vectors"),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_vectors_image_id", ondelete="CASCADE"),
    )
