"""The tables, as SQLAlchemy Core sees them; no query and no connection may enter.

`storage/migrations` makes them in a database; a test holds the two equal. An index is here because a question
is asked again and again, and each has a test with EXPLAIN.

photos.chat_id has no foreign key: a photo may be written before its chat is, and is never refused for it.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    literal_column,
)

from storage.column_types import BigId, UtcDateTime

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""`due_at` of a photo that waits for nothing: before every other moment, so that ids alone give the order."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

chats = Table(
    "chats",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text),
    Column("username", Text),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    Column("migrated_to", BigInteger),
    # What its admins have chosen, and nothing else: see `ChatSettings`.
    Column("settings", JSON(none_as_null=True)),
    Column("admitted_by", BigInteger),
    # How often everything in it was forgotten: an import that began before goes on no more.
    Column("purges", Integer),
    Index("ix_chats_migrated_to", "migrated_to"),
)

images = Table(
    "images",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("file_unique_id", Text, nullable=False, unique=True),
    Column("photo_file_id", Text),
    # See `storage.fingerprints`; the longest, and rarely asked for.
    Column("fingerprint", LargeBinary),
    Column("photo_unique_id", Text),
    Index("ix_images_photo_unique_id", "photo_unique_id"),
    # AUTOINCREMENT: without it SQLite gives the id of a deleted last row to the next one, and whatever still
    # remembers the old row (Chroma, a button) would point at a stranger's photo.
    sqlite_autoincrement=True,
)

photos = Table(
    "photos",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("origin_chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("image_id", BigId, ForeignKey("images.id"), nullable=False),
    Column("thread_id", BigInteger),
    Column("media_group_id", Text),
    Column("sender_id", BigInteger),
    Column("sender_name", Text, nullable=False),
    Column("sender_username", Text),
    Column("date", UtcDateTime, nullable=False),
    Column("caption", Text),
    Column("kind", String(16), nullable=False),
    Column("file_id", Text, nullable=False),
    Column("mime_type", Text),
    Column("sizes", JSON, nullable=False),
    Column("spoiler", Boolean, nullable=False),
    Column("protected", Boolean, nullable=False),
    Column("source", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("error", Text),
    Column("due_at", UtcDateTime, nullable=False),
    Column("leased", Boolean, nullable=False),
    Column("indexed_at", UtcDateTime),
    UniqueConstraint("origin_chat_id", "message_id"),
    sqlite_autoincrement=True,
)

IS_PENDING = photos.c.state == literal_column("'pending'")
"""Literal, because SQLite considers a partial index only where the query repeats its condition literally."""

# With all that the memory keeps of a photo beside its vector: 130,000 of them are not read for it one by one.
Index(
    "ix_photos_chat_id_state_id",
    photos.c.chat_id,
    photos.c.state,
    photos.c.id,
    photos.c.image_id,
    photos.c.sender_id,
    photos.c.date,
)
Index("ix_photos_chat_id_date", photos.c.chat_id, photos.c.date)
# For filters. The state stands before what is asked as a range, and each has all columns that filters ask for:
# without that, a date range of 83,000 photos takes 290 ms on SQLite instead of 50.
Index("ix_photos_chat_id_state_date_id", photos.c.chat_id, photos.c.state, photos.c.date, photos.c.id)
Index(
    "ix_photos_chat_id_state_sender_id_date_id",
    photos.c.chat_id,
    photos.c.state,
    photos.c.sender_id,
    photos.c.date,
    photos.c.id,
)
Index("ix_photos_image_id_chat_id", photos.c.image_id, photos.c.chat_id)
Index("ix_photos_sender_id_chat_id", photos.c.sender_id, photos.c.chat_id)
Index(
    "ix_photos_pending",
    photos.c.source,
    photos.c.chat_id,
    photos.c.due_at,
    photos.c.id,
    photos.c.state,  # constant here, but SQLite asks for it and would rather read another index
    sqlite_where=IS_PENDING,
    postgresql_where=IS_PENDING,
)

vectors = Table(
    "vectors",
    metadata,
    Column("image_id", BigId, ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("model", Text, primary_key=True),
    Column("dimensions", SmallInteger, nullable=False),
    # float16, little-endian, normalised: half of float32, and cosines change by less than 0.001.
    Column("vector", LargeBinary, nullable=False),
)

IS_WHOLE = func.length(vectors.c.vector) == 2 * vectors.c.dimensions
"""Of a vector as it was written; one that a sick disk cut off cannot be read."""

forgotten = Table(
    "forgotten",
    metadata,
    # A photo that people had forgotten: ids only, so that the same message is not taken up again.
    Column("origin_chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
)

taken_back = Table(
    "taken_back",
    metadata,
    # A photo that its author edited away: ids only, so that no export brings it back.
    Column("origin_chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
)

EVERYWHERE = 0
"""`opt_outs.chat_id` of one who opted out of every chat; no chat has this id."""

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("sender_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_opt_outs_chat_id", "chat_id"),
)

questions = Table(
    "questions",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger),
    Column("asker_id", BigInteger),
    Column("revision", UtcDateTime, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("query", Text),
    Column("verdict", String(16), nullable=False),
    Column("ranking", LargeBinary, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("trail", JSON, nullable=False),
    Column("shape", String(16)),
    Column("answer_ids", JSON, nullable=False),
    Column("control_id", BigInteger),
    Column("sent_at", UtcDateTime),
    UniqueConstraint("chat_id", "message_id"),
    Index("ix_questions_chat_id_control_id", "chat_id", "control_id"),
    Index("ix_questions_asked_at", "asked_at"),
    sqlite_autoincrement=True,
)

texts = Table(
    "texts",
    metadata,
    # In this order a chat's texts lie side by side: a search reads them all, and no other chat's.
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("photo_id", BigId, ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("source", String(8), primary_key=True),
    Column("text", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Index("ix_texts_photo_id", "photo_id"),
    sqlite_with_rowid=False,
)

readings = Table(
    "readings",
    metadata,
    Column("image_id", BigId, ForeignKey("images.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("state", String(8), nullable=False),
    Column("text", Text),
    Column("error", Text),
    Column("attempts", SmallInteger, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
)

IS_UNREAD = readings.c.state == literal_column("'pending'")

Index("ix_readings_pending", readings.c.due_at, readings.c.image_id, sqlite_where=IS_UNREAD, postgresql_where=IS_UNREAD)

facts = Table(
    "facts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
