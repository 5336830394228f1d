"""What people had forgotten after a backup was made stays forgotten where the backup takes the place of the archive in
which they said so. Blocks: for threads.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from storage.schema import EVERYWHERE

STATEMENTS = (
    "INSERT OR IGNORE INTO forgotten SELECT * FROM newer.forgotten",
    "INSERT OR IGNORE INTO opt_outs SELECT * FROM newer.opt_outs",
    "DELETE FROM photos WHERE (origin_chat_id, message_id) IN (SELECT origin_chat_id, message_id FROM forgotten)",
    "DELETE FROM photos WHERE (sender_id, chat_id) IN (SELECT sender_id, chat_id FROM opt_outs)",
    f"DELETE FROM photos WHERE sender_id IN (SELECT sender_id FROM opt_outs WHERE chat_id = {EVERYWHERE})",  # noqa: S608
    "DELETE FROM images WHERE id NOT IN (SELECT image_id FROM photos)",
)


def forget_since(newer: Path, restored: Path) -> bool:
    """Carry over from a newer database to one that was restored; whether that could be read. Raises nothing else: an
    archive is often replaced because it is damaged."""
    try:
        with closing(sqlite3.connect(restored, timeout=10, isolation_level=None)) as connection:
            for pragma in ("foreign_keys = ON", "secure_delete = ON"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("ATTACH ? AS newer", (str(newer),))
            connection.execute("BEGIN IMMEDIATE")
            for statement in STATEMENTS:
                connection.execute(statement)
            connection.execute("COMMIT")
    except sqlite3.Error:
        return False
    return True
