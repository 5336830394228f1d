"""An archive as another program, or a sick disk, leaves it."""

import sqlite3
from contextlib import closing

from bot.settings import Settings


def break_rows(settings: Settings, *statements: str) -> None:
    """As another program at the file would."""
    with closing(sqlite3.connect(settings.data_dir / "chatlens.db", timeout=10)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
