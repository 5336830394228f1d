"""`python -m bot export`: people's data, as JSON and pictures."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telegram import Bot

from bot.bare_bot import bare_bot
from bot.chat_names import chat_called
from bot.disk_files import DiskFiles
from bot.export_folder import ExportFolder, FolderUnusable, picture_name
from bot.job import Job, Told
from bot.opening import open_archive
from bot.settings import Settings
from bot.telegram_files import TelegramFiles
from bot.version import version
from search.errors import FileError, FileGone, FileUnreachable
from search.files import FileSource, checked, whole_file
from search.records import Chat, FileKind, Photo
from storage.belongings import Belongings
from storage.chats import Chats
from storage.database import Database
from storage.originals import Originals
from storage.photos import Photos
from storage.stand_ins import is_stand_in

PAGE = 100
"""Photos read, fetched and listed together."""
AT_A_TIME = 4
"""Downloads: as many as the indexer's, which come on top."""
ATTEMPTS = 4
PAUSE = 2.0
"""Seconds before a file is asked for again, doubled each time; Telegram may ask for more."""

Sources = Callable[[Photo], FileSource]
"""Where the file of a photo is."""


class Without:
    """Telegram for those who have no token."""

    async def fetch(self, file_id: str) -> bytes:
        """See `FileSource`."""
        raise FileGone("Telegram was not asked: CHATLENS_TOKEN is not set.")


class Export:
    """The job. What it has fetched before, it does not fetch again."""

    NAME = "export"

    def __init__(self, database: Database, sources: Sources, max_bytes: int) -> None:
        self._chats = Chats(database)
        self._photos = Photos(database)
        self._belongings = Belongings(database)
        self._sources = sources
        self._max_bytes = max_bytes

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        """Writes all of `chat` to `folder`. At the end: how many `photos`, and of how many the picture is `missing`."""
        chats = await self._chats.every()
        chat = chat_called(arguments["chat"], chats)
        former = [one.id for one in chats if one.migrated_to == chat.id]
        folder = ExportFolder(Path(arguments["folder"]))
        folder.open(chat.id)
        about = await self._about(chat, former)
        ids = await self._belongings.photo_ids(chat.id)
        missing = 0
        try:
            folder.describe({**about, "photos": len(ids), "is_complete": False})
            files: dict[int, str] = {}
            with folder.listing() as listing:
                for start in range(0, len(ids), PAGE):
                    yield {"step": "Photos", "at": start, "of": len(ids)}
                    for entry in await self._page(ids[start : start + PAGE], folder, files):
                        listing.add(entry)
                        missing += entry["file"] is None
            yield {"step": "Photos", "at": len(ids), "of": len(ids)}
            folder.describe({**about, "photos": len(ids), "pictures_missing": missing, "is_complete": True})
        except OSError as exc:
            raise FolderUnusable(f"The export could not be written ({exc.strerror}): make room, run it again.") from exc
        yield {"done": True, "chat": chat.title or str(chat.id), "photos": len(ids), "missing": missing}

    async def _about(self, chat: Chat, former: Sequence[int]) -> dict[str, Any]:
        kept = self._belongings
        return {
            "made_by": f"Chatlens {version()}",
            "made_at": _moment(datetime.now(UTC)),
            "id": chat.id,
            "former_ids": former,
            "kind": chat.kind,
            "title": chat.title,
            "username": chat.username,
            "joined_at": _moment(chat.joined_at),
            "left_at": chat.left_at and _moment(chat.left_at),
            "admitted_by": chat.admitted_by,
            "settings": {**asdict(await self._chats.settings(chat.id)), "chosen": await kept.choices(chat.id)},
            "opted_out": await kept.opted_out(chat.id),
            "forgotten": [{"chat": where, "message": what} for where, what in await kept.forgotten([chat.id, *former])],
            "questions": [{**one, "asked_at": _moment(one["asked_at"])} for one in await kept.questions(chat.id)],
        }

    async def _page(self, ids: Sequence[int], folder: ExportFolder, files: dict[int, str]) -> list[dict[str, Any]]:
        """Entries of the listing, in the order of the ids; what was erased meanwhile is left out."""
        found = await self._photos.get(ids)
        photos = [found[one] for one in ids if one in found]
        texts = await self._belongings.readings({photo.image_id for photo in photos})
        indexed_at = await self._belongings.indexed_at([photo.id for photo in photos])
        first = {photo.image_id: photo for photo in reversed(photos) if photo.image_id not in files}
        waiting = asyncio.Semaphore(AT_A_TIME)

        async def have(photo: Photo) -> str | None:
            async with waiting:
                return await self._have(photo, folder)

        why = dict(zip(first, await asyncio.gather(*map(have, first.values())), strict=True))
        files |= {image_id: picture_name(photo) for image_id, photo in first.items() if why[image_id] is None}
        return [
            {
                **_said(photo),
                "indexed_at": _moment(indexed_at[photo.id]) if photo.id in indexed_at else None,
                "text_in_picture": texts.get(photo.image_id),
                "file": files.get(photo.image_id),
                "why_no_file": None if photo.image_id in files else why[photo.image_id],
            }
            for photo in photos
        ]

    async def _have(self, photo: Photo, folder: ExportFolder) -> str | None:
        """Has the picture in the folder, or says why it is not."""
        name = picture_name(photo)
        if folder.has(name):
            return None
        try:
            data = await asyncio.to_thread(checked, photo, await self._fetched(photo))
        except FileError as exc:
            return str(exc)
        await asyncio.to_thread(folder.keep, name, data)
        return None

    async def _fetched(self, photo: Photo) -> bytes:
        file_id = whole_file(photo, self._max_bytes)
        pause = PAUSE
        # A disk that is not there now is not there in 14 s either, which each of its thousands of files would take.
        attempts = 1 if photo.kind is FileKind.DISK else ATTEMPTS
        for _ in range(attempts - 1):
            try:
                return await self._sources(photo).fetch(file_id)
            except FileUnreachable as exc:
                await asyncio.sleep(pause if exc.retry_after is None else exc.retry_after.total_seconds())
                pause *= 2
        return await self._sources(photo).fetch(file_id)


def _said(photo: Photo) -> dict[str, Any]:
    return {
        **({} if is_stand_in(photo.origin_chat_id) else {"chat": photo.origin_chat_id, "message": photo.message_id}),
        "thread": photo.thread_id,
        "album": photo.media_group_id,
        "date": _moment(photo.date),
        "sender": asdict(photo.sender),
        "caption": photo.caption,
        "kind": photo.kind,
        "mime_type": photo.mime_type,
        "sizes": [size.to_json() for size in photo.sizes],
        "file_id": None if photo.kind is FileKind.DISK else photo.file_id,  # else it says how this machine is laid out
        "file_unique_id": photo.file_unique_id,
        "spoiler": photo.spoiler,
        "protected": photo.protected,
        "source": photo.source,
        "state": photo.state,
        "error": photo.error,
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat()


def sources_of(settings: Settings, bot: Bot | None) -> Sources:
    """From Telegram, where there is a token; what was imported, from this machine."""
    telegram = Without() if bot is None else TelegramFiles(bot)
    disk = DiskFiles(Originals(settings.data_dir), settings.max_file_mb * 1_000_000)
    return lambda photo: disk if photo.kind is FileKind.DISK else telegram


@asynccontextmanager
async def export_alone(settings: Settings) -> AsyncIterator[Job]:
    """The job where no bot runs."""
    async with AsyncExitStack() as stack:
        database = await open_archive(stack, settings)
        bot = await stack.enter_async_context(bare_bot(settings))
        yield Export(database, sources_of(settings, bot), settings.max_file_mb * 1_000_000)
