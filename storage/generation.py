"""Which build of the vector index belongs to this archive: a random name, kept in SQL and in the collection's name.

An index made for another archive or model, or put back from before the last rebuilding, goes by another name, and so
is never taken for this one, whatever ids it holds.
"""

from __future__ import annotations

import secrets

from sqlalchemy import select

from storage.database import Database, insert
from storage.schema import facts
from storage.uninterrupted import uninterrupted

KEY = "vector_index"


@uninterrupted
async def generation(database: Database) -> str:
    """The build that the index must be of; named at the first use."""
    async with database.transaction() as connection:
        first = insert(connection, facts).values(key=KEY, value=_name())
        await connection.execute(first.on_conflict_do_nothing())
        name: str = (await connection.scalars(select(facts.c.value).where(facts.c.key == KEY))).one()
        return name


@uninterrupted
async def next_generation(database: Database) -> str:
    """A new build, committed before the old one is given up: a crash in between finds the old one foreign."""
    name = _name()
    async with database.transaction() as connection:
        named = insert(connection, facts).values(key=KEY, value=name)
        await connection.execute(
            named.on_conflict_do_update(index_elements=[facts.c.key], set_={"value": named.excluded.value})
        )
    return name


def _name() -> str:
    return secrets.token_hex(8)
