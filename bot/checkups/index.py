"""Chroma against the database. It is derived: what is wrong with it costs time, never photos."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.checkups.finding import Finding, Patient
from bot.opening import chroma_location
from storage.chroma import ChromaIndex
from storage.differences import differences, expected
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.examination import Examination
from storage.generation import generation
from storage.index_records import Condition, Reconciled
from storage.layout import Layout
from storage.models import Models
from storage.vectors import VectorIndex

SETTLING = 30.0
"""Seconds that a comparison which is under way is waited for."""
REBUILDING = 3600.0
"""A million photos take half an hour."""
BROKEN = "Chroma is not as it should be. Questions are answered without it, more slowly in large chats."


async def index(patient: Patient) -> AsyncIterator[Finding]:
    """Whether it has what the database has, where it has it, and finds it."""
    model = await Models(patient.database).current()
    if model is None or await Examination(patient.database).torn_vectors():
        return  # there is nothing to compare, or it cannot be read: that is another finding
    found = _of_running(patient.running.index) if patient.running is not None else _alone(patient)
    async for finding in found:
        yield finding


async def _of_running(vectors: VectorIndex) -> AsyncIterator[Finding]:
    async def compare_again() -> None:
        vectors.distrust()
        await _until_equal(vectors, REBUILDING)

    async def rebuild() -> None:
        await vectors.renew()
        await _until_equal(vectors, REBUILDING)

    if not await _until_equal(vectors, SETTLING):
        if vectors.condition is Condition.MENDING:
            yield Finding("Chroma", "Chroma is being compared with the database, or made anew.", is_wrong=False)
        else:
            yield Finding("Chroma", BROKEN, mend=rebuild)
        return
    try:
        told = _told(await vectors.differences())
    except VectorIndexUnavailable as exc:
        yield Finding("Chroma", f"{BROKEN} ({exc.reason})", mend=rebuild)
    else:
        if told:
            yield Finding("Chroma", told, mend=compare_again)


async def _alone(patient: Patient) -> AsyncIterator[Finding]:
    location = chroma_location(patient.settings)
    if location.directory is not None and not location.directory.exists():
        return  # as after a restore: the bot makes it anew, and misses nothing till then
    async with _index_of(patient) as parts:
        if parts is None:
            return
        embeddings, chroma = parts
        try:
            opened = await chroma.look_into(await generation(patient.database))
            chats = await expected(embeddings, chroma, _layout(patient))
            told = _told(await differences(embeddings, chroma, asyncio.Lock(), chats, every=opened.is_suspect))
        except VectorIndexUnavailable as exc:
            told = f"{BROKEN} ({exc.reason})"
    if told:
        yield Finding("Chroma", f"{told} The bot mends it when it starts.", mend=lambda: _reconcile(patient))


@asynccontextmanager
async def _index_of(patient: Patient) -> AsyncIterator[tuple[Embeddings, ChromaIndex] | None]:
    """Of the archive's model; None where there is no vector yet."""
    model = await Models(patient.database).current()
    dimensions = None if model is None else await Examination(patient.database).dimensions(model.id)
    if model is None or dimensions is None:
        yield None
        return
    chroma = ChromaIndex.at(chroma_location(patient.settings), model.id, dimensions)
    try:
        yield Embeddings(patient.database, model.id), chroma
    finally:
        await chroma.close()


async def _reconcile(patient: Patient) -> None:
    async with _index_of(patient) as parts:
        if parts is not None:
            layout = _layout(patient)
            index = VectorIndex(*parts, exact_limit=layout.exact_limit, cache_bytes=layout.cache_bytes)
            await index.reconcile()


def _layout(patient: Patient) -> Layout:
    return Layout(patient.settings.exact_limit, patient.settings.cache_mb << 20)


def _told(found: Reconciled) -> str | None:
    parts = [
        f"{count:,} {what}"
        for count, what in (
            (found.missing, "photos are missing"),
            (found.orphaned, "are there that the database does not have"),
            (found.moved, "are filed under another picture"),
        )
        if count
    ]
    return f"Chroma differs from the database: {', '.join(parts)}." if parts else None


async def _until_equal(vectors: VectorIndex, seconds: float) -> bool:
    """Whether it is equal in time; at once where it is."""
    try:
        async with asyncio.timeout(seconds):
            while vectors.condition is not Condition.EQUAL:  # noqa: ASYNC110 - it is asked now and then only
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False
    return True
