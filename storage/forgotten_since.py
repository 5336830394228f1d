"""What people had forgotten after a backup was made stays forgotten where the backup takes the place of the archive in
which they said so. Blocks: for threads.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from storage.schema import EVERYWHERE

STATEMENTS = (
    "INSERT OR IGNORE INTO main.forgotten SELECT * FROM newer.forgotten",
    "INSERT OR IGNORE INTO main.opt_outs SELECT * FROM newer.opt_outs",
    (
        "DELETE FROM main.photos WHERE (origin_chat_id, message_id) IN "
        "(SELECT origin_chat_id, message_id FROM main.forgotten)"
    ),
    "DELETE FROM main.photos WHERE (sender_id, chat_id) IN (SELECT sender_id, chat_id FROM main.opt_outs)",
    f"DELETE FROM main.photos WHERE sender_id IN (SELECT sender_id FROM main.opt_outs WHERE chat_id = {EVERYWHERE})",  # noqa: S608
    "DELETE FROM main.images WHERE id NOT IN (SELECT image_id FROM main.photos)",
)
"""Each table is named with its database: SQLite takes one that is missing in the first from the other."""


def forget_since(newer: Path, restored: Path) -> bool:
    """Carry over from a newer database, which is only read, to one that was restored; whether that could be done.
    Raises nothing: an archive is often replaced because it is damaged."""
    try:
        opened = sqlite3.connect(restored.absolute().as_uri(), timeout=10, isolation_level=None, uri=True)
        with closing(opened) as connection:
            for pragma in ("foreign_keys = ON", "secure_delete = ON"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("ATTACH ? AS newer", (f"{newer.absolute().as_uri()}?mode=ro",))
            connection.execute("BEGIN IMMEDIATE")
            for statement in STATEMENTS:
                connection.execute(statement)
            connection.execute("COMMIT")
    except sqlite3.Error:
        return False
    return True
