"""The database: whether its file is whole, and whether its rows belong together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bot.checkups.finding import Finding, Patient, some
from search.retrying import LONGEST_PAUSE
from storage.census import Census
from storage.errors import BackupUnusable
from storage.examination import Examination
from storage.failures import Failures
from storage.meter import Meter
from storage.models import Models
from storage.online_copy import check_sqlite
from storage.queue import IndexQueue
from storage.remains import Files, Remains

PROMISE = timedelta(hours=24)
"""After which nothing of what was erased is left in any file."""
PATIENCE = 60.0
"""Seconds in which a photo that is due must move: a batch of the largest models takes half of it on a processor."""


async def file(patient: Patient) -> AsyncIterator[Finding]:
    """SQLite's own check of every page."""
    path = patient.database.file
    if path is None:  # a server looks after its own
        return
    try:
        await asyncio.to_thread(check_sqlite, path, Meter())
    except BackupUnusable as exc:
        yield Finding("damaged database", f"{exc} Stop the bot and restore a backup.")


async def rows(patient: Patient) -> AsyncIterator[Finding]:
    """Rows that belong to nothing, or are not where they should be."""
    examination = Examination(patient.database)
    orphans = await examination.orphans()
    if orphans:
        told = ", ".join(f"{count:,} {name}" for name, count in orphans.items())
        yield Finding("orphans", f"There are rows that belong to nothing: {told}.", mend=examination.drop_orphans)
    if lost := await examination.without_image():
        yield Finding(
            "photos without image",
            f"{some(lost, 'photo has', 'photos have')} lost what was known of the picture, and cannot be found.",
            mend=_again(patient, examination.give_images),
        )
    if misfiled := await examination.misfiled():
        yield Finding(
            "misfiled texts",
            f"{some(misfiled, 'text lies', 'texts lie')} with another chat than the photo.",
            mend=examination.file_rightly,
        )


async def vectors(patient: Patient) -> AsyncIterator[Finding]:
    """Whether every indexed photo can be compared with words."""
    model = await Models(patient.database).current()
    if model is None:
        return
    examination = Examination(patient.database)
    if torn := await examination.torn_vectors():
        yield Finding(
            "torn vectors",
            f"{some(torn, 'vector is', 'vectors are')} not whole: their photos are not found. "
            "Mending deletes what is left of them; the photos are then indexed again, or by `reindex`.",
            mend=examination.drop_torn_vectors,
        )
    lacking = await examination.without_vector(model.id)
    if lacking and model.former:
        yield Finding(
            "no vectors",
            f"{some(lacking, 'photo has', 'photos have')} no vector of the model {model.id}: the file could not be "
            "had when the model was changed. They are found by their words only. `reindex` tries again.",
            is_wrong=False,
        )
    elif lacking:
        yield Finding(
            "no vectors",
            f"{some(lacking, 'photo counts', 'photos count')} as indexed, and cannot be found: there is no whole "
            f"vector of the model {model.id}.",
            mend=_again(patient, lambda: examination.index_again(model.id)),
        )


async def queue(patient: Patient) -> AsyncIterator[Finding]:
    """Photos that wait and should not, and those that failed."""
    examination, waiting = Examination(patient.database), IndexQueue(patient.database)

    async def release() -> None:
        await waiting.release_all(datetime.now(UTC) + LONGEST_PAUSE)

    lying = await examination.left_lying(datetime.now(UTC))
    if lying and patient.running is not None:
        yield Finding(
            "left lying",
            f"{some(lying, 'photo has', 'photos have')} been waiting for an hour or more after being due, or are due "
            "in days: nobody takes them up.",
            mend=_again(patient, release),
        )
    elif patient.running is not None and await _stands_still(patient):
        yield Finding(
            "standing still",
            f"Photos wait, and none was indexed in {PATIENCE:.0f} seconds. If mending does not help, restart the bot; "
            "`status` and its log may say why.",
            mend=_again(patient, release),
        )
    if reasons := await examination.failures():
        told = "; ".join(f"{reason.photos:,}: {reason.text or 'for other reasons'}" for reason in reasons)
        yield Finding(
            "failed photos",
            f"Photos that could not be read, and why: {told}",
            is_wrong=False,
            mend=_again(patient, lambda: Failures(patient.database).retry(None)),
        )


async def erasure(patient: Patient) -> AsyncIterator[Finding]:
    """Whether what was erased is gone from files in time."""
    remains = Remains(patient.database)
    for kept in Files:
        since = await remains.since(kept)
        if since is not None and datetime.now(UTC) - since > PROMISE:
            yield Finding(
                str(kept),
                f"What was erased at {since:%Y-%m-%d %H:%M} UTC has left {kept}. The bot writes the files anew while "
                "it runs, given room on the disk; its log says what stands in the way.",
            )


def _again(patient: Patient, mend: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    """Mends, and tells the indexer that there is something to do."""

    async def mended() -> None:
        await mend()
        if patient.running is not None:
            patient.running.indexer.wake()

    return mended


async def _stands_still(patient: Patient) -> bool:
    """Whether photos wait and nothing becomes of any."""
    census = Census(patient.database)

    async def outcome() -> tuple[int, int, int]:
        counts, waiting = await census.photos(), await census.queue(datetime.now(UTC))
        return counts.indexed, counts.failed, waiting.postponed

    before = await outcome()
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while (waiting := await census.queue(datetime.now(UTC))).due or waiting.in_hand:
                if await outcome() != before:
                    return False
                await asyncio.sleep(0.5)
            return False
    return True
