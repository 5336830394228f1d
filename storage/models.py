"""Which model an archive has, which it had before, and what is left of those: its vectors can be kept side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import remains
from storage.database import Database, batches, insert
from storage.errors import ModelMismatch
from storage.remains import Files
from storage.schema import facts, vectors
from storage.uninterrupted import uninterrupted

ID, SETTING, FORMER, SETTINGS = "model", "model setting", "former models", "former model settings"
ROWS_AT_ONCE = 5_000
"""Vectors deleted in one transaction: 0.1 s, in which nothing else is written."""


@dataclass(frozen=True, slots=True)
class ArchiveModel:
    """The model whose vectors answer."""

    id: str
    setting: str | None
    """What loads it; None where nobody has noted that."""
    former: frozenset[str] = frozenset()
    """The ids of those it was changed from."""
    settings: frozenset[str] = frozenset()
    """What loaded those."""


class Models:
    """Keeps what is known of them among the facts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self) -> ArchiveModel | None:
        """None for an archive that is still to get its first model."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(facts).where(facts.c.key.in_([ID, SETTING, FORMER, SETTINGS])))
            known: dict[str, str] = {row.key: row.value for row in rows}
        if ID not in known:
            return None
        former, settings = (frozenset[str](json.loads(known.get(key, "[]"))) for key in (FORMER, SETTINGS))
        return ArchiveModel(known[ID], known.get(SETTING), former, settings)

    async def check(self, model: str) -> None:
        """Raises ModelMismatch where the archive has another model."""
        current = await self.current()
        if current is not None and current.id != model:
            raise ModelMismatch(current.id, model)

    @uninterrupted
    async def adopt(self, model: str, setting: str | None = None) -> None:
        """Bind the archive to its model at the first use, and note what loads it; raises ModelMismatch where it has
        another."""
        async with self._database.transaction() as connection:
            await connection.execute(insert(connection, facts).values(key=ID, value=model).on_conflict_do_nothing())
            recorded: str | None = await connection.scalar(select(facts.c.value).where(facts.c.key == ID))
            if recorded == model and setting is not None:
                await _note(connection, {SETTING: setting})
        if recorded != model:
            raise ModelMismatch(str(recorded), model)

    @uninterrupted
    async def change(self, model: str, setting: str) -> None:
        """From now on the archive is this model's: durable on return, and what a restart goes by."""
        before = await self.current()
        former = set() if before is None else {*before.former, before.id} - {model}
        settings = set() if before is None else {*before.settings, before.setting} - {setting, None}
        values = {ID: model, SETTING: setting, FORMER: _listed(former), SETTINGS: _listed(settings)}
        async with self._database.transaction() as connection:
            await _note(connection, values)

    async def vectors(self) -> dict[str, int]:
        """How many vectors there are of each model."""
        counted = select(vectors.c.model, func.count().label("number")).group_by(vectors.c.model)
        async with self._database.reading() as connection:
            return {row.model: row.number for row in await connection.execute(counted)}

    async def drop_others(self, model: str) -> int:
        """Delete the vectors of every other model, some at a time; returns how many.

        Of an image that the model has not seen they stay: its file may be gone, and they cannot be made again.
        """
        dropped = 0
        for other in await self.vectors():
            after = 0
            while other != model and (ids := await self._drop_some(other, model, after)):
                dropped += len(ids)
                after = ids[-1]
        return dropped

    @uninterrupted
    async def _drop_some(self, other: str, model: str, after: int) -> Sequence[int]:
        seen = vectors.alias("seen")
        some = (
            select(vectors.c.image_id)
            .join(seen, and_(seen.c.image_id == vectors.c.image_id, seen.c.model == model))
            .where(vectors.c.model == other, vectors.c.image_id > after)
            .order_by(vectors.c.image_id)
            .limit(ROWS_AT_ONCE)
        )
        async with self._database.transaction() as connection:
            ids = (await connection.scalars(some)).all()
            for batch in batches(ids):
                await connection.execute(delete(vectors).where(vectors.c.model == other, vectors.c.image_id.in_(batch)))
            if ids:
                await remains.note(connection, Files.DATABASE)
        return ids


async def _note(connection: AsyncConnection, values: dict[str, str]) -> None:
    statement = insert(connection, facts).values([{"key": key, "value": value} for key, value in values.items()])
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[facts.c.key], set_={"value": statement.excluded.value})
    )


def _listed(names: Iterable[str | None]) -> str:
    return json.dumps(sorted(filter(None, names)))
