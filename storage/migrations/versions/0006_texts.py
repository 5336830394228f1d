"""Words in and around pictures: what is searched, and which pictures have been read."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage.folding import fold

revision = "0006"
down_revision = "0005"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
BATCH = 1_000


def upgrade() -> None:
    _texts()
    _readings()
    _search_captions()
    _want_readings()


def _texts() -> None:
    op.create_table(
        "texts",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("photo_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "photo_id", "source", name="pk_texts"),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="fk_texts_photo_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_texts_photo_id", "texts", ["photo_id"])


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("image_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("image_id", name="pk_readings"),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_readings_image_id", ondelete="CASCADE"),
    )
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_readings_pending", "readings", ["due_at", "image_id"], sqlite_where=pending, postgresql_where=pending
    )


def _want_readings() -> None:
    """Of the pictures that are there already."""
    photos = sa.table("photos", sa.column("image_id"), sa.column("state"))
    columns = [sa.column("image_id"), sa.column("state"), sa.column("attempts"), sa.column("due_at", MOMENT)]
    at_once = sa.literal(datetime(1970, 1, 1, tzinfo=UTC), MOMENT)
    shown = sa.select(photos.c.image_id, sa.literal("pending"), sa.literal(0), at_once).distinct()
    op.get_bind().execute(
        sa.insert(sa.table("readings", *columns)).from_select(
            [column.name for column in columns], shown.where(photos.c.state == "indexed")
        )
    )


def _search_captions() -> None:
    """The captions that are there already."""
    connection = op.get_bind()
    photos = sa.table("photos", sa.column("id"), sa.column("chat_id"), sa.column("caption"))
    texts = sa.table("texts", *(sa.column(name) for name in ("chat_id", "photo_id", "source", "text", "folded")))
    last = 0
    while True:
        page = sa.select(photos).where(photos.c.id > last, photos.c.caption.is_not(None)).order_by(photos.c.id)
        rows = connection.execute(page.limit(BATCH)).all()
        said = [
            {"chat_id": row.chat_id, "photo_id": row.id, "source": "caption", "text": row.caption, "folded": folded}
            for row in rows
            if (folded := fold(row.caption)) and not folded.startswith("/")
        ]
        if said:
            connection.execute(sa.insert(texts), said)
        if len(rows) < BATCH:
            return
        last = rows[-1].id
